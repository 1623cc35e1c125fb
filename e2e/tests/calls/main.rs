//! Whole calls between real browsers over the real server. See the crate's
//! documentation for how to read a scene.

mod bare;
mod blackouts;
mod checks;
mod devices;
mod dishonest;
mod during;
mod endings;
mod fields;
mod golden;
mod media;
mod middle;
mod networks;
mod outages;
mod people;
mod quality;
mod relays;
mod resilience;
mod ringing;
mod rounds;
mod screens;
mod shared;
mod trust;
mod truth;
mod vanishing;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut scenes = vec![
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
        people::all(),
        quality::all(),
        trust::all(),
        dishonest::all(),
        middle::all(),
        truth::all(),
    ];
    if std::env::var_os(golden::DIRECTORY).is_some() {
        scenes.push(golden::all());
    }
    wimpex_e2e::main(scenes.into_iter().flatten().collect())
}
