//! Whole calls between real browsers over the real server. See the crate's
//! documentation for how to read a scene.

mod bare;
mod blackouts;
mod checks;
mod devices;
mod during;
mod endings;
mod fields;
mod media;
mod networks;
mod outages;
mod relays;
mod resilience;
mod ringing;
mod rounds;
mod screens;
mod shared;
mod vanishing;

use std::process::ExitCode;

fn main() -> ExitCode {
    let scenes = [
        media::all(),
        bare::all(),
        ringing::all(),
        endings::all(),
        during::all(),
        resilience::all(),
        screens::all(),
        fields::all(),
        devices::all(),
        vanishing::all(),
        outages::all(),
        blackouts::all(),
        rounds::all(),
        networks::all(),
        relays::all(),
        checks::all(),
    ];
    wimpex_e2e::main(scenes.into_iter().flatten().collect())
}
