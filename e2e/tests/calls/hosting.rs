//! From a package and a bare system to the first call, by the clock.
//!
//! `cargo xtask first-call` makes both; where they are missing this says so and passes.

use std::time::Instant;

use wimpex_e2e::{
    BareSystem, BrowserOptions, CallKind, INSTALLED_NAME, PUBLIC_V4, Peer, Scenario, TestAuthority,
    Uplink,
};

use crate::shared::{measured, scenarios};

scenarios! {
    // Only Chromium's flags trust a certificate authority of the scene's, and lead a name to loopback.
    ChromiumInNetworks: from_the_package_to_the_first_call,
}

async fn from_the_package_to_the_first_call(scenario: &Scenario<'_>) {
    let Some(system) = BareSystem::new() else {
        eprintln!("SKIPPED: no package or no bare system; cargo xtask first-call makes them");
        return;
    };
    // It has the ports of the relay.
    scenario.server_mut().kill();
    let public = scenario.net_lab().public();
    let authority = TestAuthority::start(public);
    let homes = [Uplink::HomeNat, Uplink::HomeNat].map(|uplink| scenario.net_lab().home(uplink));

    let start = Instant::now();
    let passed = |what: &str| {
        measured(&format!("{:5.1} s {what}", start.elapsed().as_secs_f64()));
    };
    system.install(public);
    passed("installed");
    let settings = authority.settings(&system);
    system.configure(&format!("domain = \"{INSTALLED_NAME}\"\n{settings}"));
    let server = system.start(public);
    passed("ready, as systemd would see it");
    authority.until_served(&server).await;
    passed("https with a certificate of the authority");
    let said = system.check(public);
    println!("{said}");
    for words in ["leads to https://", "answers at", "relays from"] {
        assert!(said.contains(words), "{words} in {said}");
    }
    passed("looked at from within");
    let mut peers = Vec::new();
    for (home, name) in homes.iter().zip(["Alice", "Bob"]) {
        let options = BrowserOptions {
            host_on_loopback: Some((INSTALLED_NAME.to_owned(), PUBLIC_V4.to_owned())),
            trusted_key: Some(authority.key_hash()),
            ..BrowserOptions::default()
        };
        let peer = scenario.unopened_peer_in_with(home, name, options).await;
        let peer = Peer::new(peer.page, name, &format!("https://{INSTALLED_NAME}"));
        peer.open().await;
        peers.push(peer);
    }
    passed("two people are at the page");
    let [alice, bob] = &peers[..] else {
        panic!("two people were asked in")
    };
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.is_called().await;
    bob.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    tokio::join!(alice.sees(), bob.sees());
    passed("the first call: both see each other");
    assert!(start.elapsed().as_secs() < 60, "it should take no minute");
    server.says("WATCHDOG=1");
}
