//! Whole calls between real browsers over the real server. See the crate's
//! documentation for how to read a scenario.

mod accessibility;
mod aiortc;
mod audio_video;
mod below_path;
mod blackouts;
mod chat;
mod claimed_names;
mod connection_check;
mod contacts;
mod device_lab;
mod devices;
mod dishonest;
mod doors;
mod during;
mod endings;
mod fields;
mod files;
mod goes_on;
mod hand;
mod hosting;
mod hot_plug;
mod invitations;
mod measurements;
mod messages;
mod middle;
mod minimal_client;
mod networks;
mod nodes;
mod noise;
mod outages;
mod page_return;
mod places;
mod push;
mod quality_sign;
mod readable;
mod real_devices;
mod reconnects;
mod record_stats;
mod recording;
mod recordings_left;
mod relays;
mod resilience;
mod ringing;
mod rounds;
mod screens;
mod shared;
mod sharing;
mod speaking;
mod strangers;
mod tabs;
mod transfers;
mod upgrades;
mod vanishing;
mod verified;
mod waiting;
mod webkit;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut scenarios = vec![
        accessibility::all(),
        hand::all(),
        audio_video::all(),
        minimal_client::all(),
        aiortc::all(),
        ringing::all(),
        claimed_names::all(),
        strangers::all(),
        doors::all(),
        endings::all(),
        during::all(),
        chat::all(),
        files::all(),
        transfers::all(),
        sharing::all(),
        readable::all(),
        recording::all(),
        recordings_left::all(),
        devices::all(),
        hot_plug::all(),
        real_devices::all(),
        speaking::all(),
        goes_on::all(),
        waiting::all(),
        reconnects::all(),
        page_return::all(),
        places::all(),
        resilience::all(),
        screens::all(),
        fields::all(),
        tabs::all(),
        webkit::all(),
        noise::all(),
        upgrades::all(),
        vanishing::all(),
        outages::all(),
        nodes::all(),
        blackouts::all(),
        rounds::all(),
        networks::all(),
        relays::all(),
        push::all(),
        messages::all(),
        hosting::all(),
        below_path::all(),
        invitations::all(),
        connection_check::all(),
        contacts::all(),
        quality_sign::all(),
        verified::all(),
        dishonest::all(),
        middle::all(),
        measurements::all(),
    ];
    if std::env::var_os(record_stats::DIRECTORY).is_some() {
        scenarios.push(record_stats::all());
    }
    wimpex_e2e::main(scenarios.into_iter().flatten().collect())
}
