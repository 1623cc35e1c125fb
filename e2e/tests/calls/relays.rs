//! Relayed calls: through a relay of ours in a process of its own, and through coturn.

use std::time::{Duration, Instant};

use tokio::time::sleep;
use wimpex_e2e::{
    BrowserKind, BrowserOptions, CallKind, PUBLIC_V4, Peer, Relay, Scenario, TURN_PORT, Uplink,
    soaks,
};

use crate::networks::{flows_again, settled_route, two};
use crate::shared::{ENDED, connect, hang_up, measured, scenarios};

scenarios! {
    Networks: a_relayed_call_outlives_the_signaling,
    Networks: coturn_serves_instead,
    Networks: guests_have_a_relay_for_as_long_as_they_call,
}

const SECRET: &str = "a secret of both";

/// The signaling, for clients that are to use the relay of another process.
fn signaling_only(scenario: &Scenario<'_>) {
    signaling_with(scenario, &[]);
}

/// The same, with more flags.
fn signaling_with(scenario: &Scenario<'_>, flags: &[&str]) {
    let listen = format!("--turn-listen={PUBLIC_V4}:{TURN_PORT}");
    let secret = format!("--turn-secret={SECRET}");
    let all = [&["--role=signaling", "--turn", &listen, &secret], flags].concat();
    scenario.server_mut().restart_with(&all);
}

async fn a_relayed_call_outlives_the_signaling(scenario: &Scenario<'_>) {
    signaling_only(scenario);
    let _relay = Relay::ours(scenario.net_lab(), SECRET);
    let (at_alices, at_bobs) = (
        scenario.net_lab().home(Uplink::SymmetricNat),
        scenario.net_lab().home(Uplink::SymmetricNat),
    );
    let (alice, bob) = two(scenario, &at_alices, &at_bobs).await;
    connect(&alice, &bob, CallKind::Video).await;
    assert!(settled_route(&alice).await.is_relayed());
    scenario.server_mut().kill();
    for _ in 0..3 {
        tokio::join!(flows_again(&alice), flows_again(&bob));
        sleep(Duration::from_secs(2)).await;
    }
    alice.end().await;
    tokio::join!(alice.call_is_over(ENDED), bob.call_is_over(ENDED));
}

/// Theirs come with the call, and run out in the middle of it; the path is another by then.
async fn guests_have_a_relay_for_as_long_as_they_call(scenario: &Scenario<'_>) {
    // Firefox gives an allocation up when ten seconds or less of its lifetime are left after a
    // refresh ("Too short lifetime", nICEr's turn_client_ctx.c); new credentials come when a
    // quarter is left, which has to be more than that.
    let has_firefox = scenario.kinds().contains(&BrowserKind::Firefox);
    let time_to_live = Duration::from_secs(if has_firefox { 60 } else { 16 });
    let ttl = format!("--turn-guest-ttl-seconds={}", time_to_live.as_secs());
    signaling_with(scenario, &[&ttl]);
    let _relay = Relay::ours(scenario.net_lab(), SECRET);
    let at = [(); 2].map(|()| scenario.net_lab().home(Uplink::SymmetricNat));
    let options = || BrowserOptions {
        keeps_nothing: true,
        ..BrowserOptions::default()
    };
    let alice = scenario
        .unopened_peer_in_with(&at[0], "Alice", options())
        .await;
    let bob = scenario
        .unopened_peer_in_with(&at[1], "Bob", options())
        .await;
    tokio::join!(alice.open(), bob.open());
    assert!(alice.id().await.starts_with("guest-") && bob.id().await.starts_with("guest-"));
    connect(&alice, &bob, CallKind::Video).await;
    assert!(settled_route(&alice).await.is_relayed());
    let start = Instant::now();
    // Long enough for the first and the second, which come at three quarters, to have run out.
    while start.elapsed() < time_to_live * 2 {
        tokio::join!(flows_again(&alice), flows_again(&bob));
        sleep(Duration::from_secs(2)).await;
    }
    assert!(settled_route(&alice).await.is_relayed());
    hang_up(&alice, &bob).await;
}

/// The same relayed call through coturn and through ours, and what each costs.
async fn coturn_serves_instead(scenario: &Scenario<'_>) {
    if !has_coturn() {
        println!("left out: coturn is not installed");
        return;
    }
    signaling_only(scenario);
    let time = Duration::from_secs(if soaks() { 30 } else { 4 });
    let names: &[&str] = if soaks() {
        &["coturn", "ours"]
    } else {
        &["coturn"]
    };
    for &name in names {
        let relay = match name {
            "coturn" => Relay::coturn(scenario.net_lab(), SECRET),
            _ => Relay::ours(scenario.net_lab(), SECRET),
        };
        let (at_alices, at_bobs) = (
            scenario.net_lab().home(Uplink::SymmetricNat),
            scenario.net_lab().home(Uplink::SymmetricNat),
        );
        let (alice, bob) = two(scenario, &at_alices, &at_bobs).await;
        connect(&alice, &bob, CallKind::Video).await;
        tokio::join!(alice.sees(), bob.sees());
        assert!(settled_route(&alice).await.is_relayed());
        // A video call takes a while to reach its bitrate.
        sleep(time / 2).await;
        let before = (
            relay.cpu_seconds(),
            packets(&alice).await + packets(&bob).await,
        );
        sleep(time).await;
        let after = (
            relay.cpu_seconds(),
            packets(&alice).await + packets(&bob).await,
        );
        let (cpu, count) = (after.0 - before.0, after.1 - before.1);
        let trip = settled_route(&alice).await.round_trip_time;
        measured(&format!(
            "{name}: {count} packets in {} s, {:.0} ms of processor time, {:.0} packets a second of a core; round trip {:?} s",
            time.as_secs(),
            cpu * 1000.0,
            count as f64 / cpu,
            trip
        ));
        assert!(count > 0, "{name} relays nothing");
        hang_up(&alice, &bob).await;
        scenario.close_browsers();
    }
}

fn has_coturn() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join("turnserver").is_file())
}

async fn packets(peer: &Peer) -> u64 {
    peer.page.media().await.packets_received
}
