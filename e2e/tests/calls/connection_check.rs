//! "Check my connection": what it says is so.

use wimpex_e2e::{
    BrowserOptions, PUBLIC_V4, Peer, Relay, Role, Scenario, TURN_PORT, Uplink, wait_until,
};

use crate::shared::scenarios;

scenarios! {
    AnyBrowsers: the_check_of_a_server_without_relay,
    AnyBrowsers: the_check_with_a_blocked_camera,
    Networks: the_check_where_all_is_well,
    Networks: the_check_where_udp_is_blocked,
    Networks: the_check_with_a_relay_that_trusts_somebody_else,
    // Only Chromium's flag lets a relay's own certificate pass.
    ChromiumInNetworks: the_check_of_a_relay_over_tls,
    // Firefox's `AudioContext` stands still on a machine without a sound device.
    Chromium: the_check_asks_for_the_speaker,
    AnyBrowsers: the_check_without_a_server,
    // DevTools set what Firefox's driver cannot: that data is saved.
    Chromium: the_check_is_loaded_when_it_is_wanted,
}

async fn the_check_of_a_server_without_relay(scenario: &Scenario<'_>) {
    let alice = scenario.peer("Alice").await;
    check(
        &alice,
        &[
            "Microphone\nworks",
            "Camera\nworks",
            "Server\nworks",
            "Public address (STUN)\nnot offered",
            "Relay over UDP\nnot offered",
            "This server offers neither STUN nor a relay",
        ],
    )
    .await;
}

async fn the_check_with_a_blocked_camera(scenario: &Scenario<'_>) {
    let denying = BrowserOptions {
        deny_camera: true,
        ..BrowserOptions::default()
    };
    let alice = scenario.unopened_peer_with("Alice", denying).await;
    alice.open().await;
    check(&alice, &["Microphone\nworks", "Camera\nblocked"]).await;
}

async fn the_check_where_all_is_well(scenario: &Scenario<'_>) {
    let home = scenario.net_lab().home(Uplink::HomeNat);
    let alice = scenario.peer_in(&home, "Alice").await;
    check(
        &alice,
        &[
            "Public address (STUN)\nworks",
            "Relay over UDP\nworks: ",
            "Relay over TCP\nworks: ",
            "ms round trip, 0% lost",
            "Everything works",
        ],
    )
    .await;
}

async fn the_check_where_udp_is_blocked(scenario: &Scenario<'_>) {
    let home = scenario.net_lab().home(Uplink::UdpBlocked);
    let alice = scenario.peer_in(&home, "Alice").await;
    check(
        &alice,
        &[
            "Public address (STUN)\ndoesn’t work",
            "Relay over UDP\ndoesn’t work",
            "Relay over TCP\nworks: ",
            "Your network blocks UDP.",
        ],
    )
    .await;
}

async fn the_check_with_a_relay_that_trusts_somebody_else(scenario: &Scenario<'_>) {
    let _relay = {
        let other = format!("--turn-url=turn:{PUBLIC_V4}:{TURN_PORT}?transport=udp");
        scenario
            .server_mut()
            .restart_with(&["--turn=false", &other, "--turn-secret=one"]);
        Relay::ours(scenario.net_lab(), "another")
    };
    let home = scenario.net_lab().home(Uplink::Open);
    let alice = scenario.peer_in(&home, "Alice").await;
    check(
        &alice,
        &[
            "Relay over UDP\ndoesn’t work",
            "it rejects this server’s credentials",
        ],
    )
    .await;
}

/// Chromium takes a certificate that nobody vouches for when it is told to.
async fn the_check_of_a_relay_over_tls(scenario: &Scenario<'_>) {
    let [cert, key] = scenario.server().certificate(PUBLIC_V4);
    let flag = |name: &str, value: &str| format!("--{name}={value}");
    scenario.server_mut().restart_with(&[
        &flag("turn-listen", &format!("{PUBLIC_V4}:{TURN_PORT}")),
        &flag("turn-host", PUBLIC_V4),
        &flag("tls-cert", &cert.to_string_lossy()),
        &flag("tls-key", &key.to_string_lossy()),
    ]);
    let home = scenario.net_lab().home(Uplink::UdpBlocked);
    let trusting = BrowserOptions {
        any_certificate: true,
        ..BrowserOptions::default()
    };
    let alice = scenario
        .unopened_peer_in_with(&home, "Alice", trusting)
        .await;
    alice.open().await;
    check(
        &alice,
        &[
            "Relay over UDP\ndoesn’t work",
            "Relay over TCP\nworks: ",
            "Relay over TLS\nworks: ",
        ],
    )
    .await;
}

/// Firefox without a sound device plays nothing, and says so.
async fn the_check_asks_for_the_speaker(scenario: &Scenario<'_>) {
    let alice = scenario.peer("Alice").await;
    check(
        &alice,
        &["Speaker\nDid you hear it?", "This server offers neither"],
    )
    .await;
    alice.page.click(Role::Button, "No").await;
    alice
        .page
        .wait_for_text(&["You wouldn’t hear anyone"])
        .await;
    check(&alice, &["Speaker\nDid you hear it?"]).await;
    alice.page.click(Role::Button, "Yes").await;
    alice
        .page
        .wait_for_text(&["Speaker\nworks", "This server offers neither"])
        .await;
}

async fn the_check_without_a_server(scenario: &Scenario<'_>) {
    let alice = scenario.peer("Alice").await;
    the_rest_is_there(&alice).await;
    scenario.server_mut().kill();
    check(
        &alice,
        &[
            "Microphone\nworks",
            "Server\ndoesn’t work",
            "There’s no connection to the server",
        ],
    )
    .await;
    scenario.server_mut().restart();
    wait_until("the server to be back", async || {
        let text = alice.page.visible_text().await;
        (!text.contains("Trying again")).then_some(()).ok_or(text)
    })
    .await;
    check(&alice, &["Server\nworks", "Relay over TLS\nnot offered"]).await;
}

/// Whoever saves data has not got it yet.
async fn the_check_is_loaded_when_it_is_wanted(scenario: &Scenario<'_>) {
    let alice = scenario.unopened_peer("Alice").await;
    alice.page.save_data().await;
    alice.open().await;
    let parts = parts_of(&alice).await;
    assert!(parts.is_empty(), "loaded from the start: {parts:?}");
    scenario.server_mut().kill();
    check(&alice, &["even this check needs one"]).await;
    scenario.server_mut().restart();
    check(&alice, &["Server\n", "Relay over TLS\nnot offered"]).await;
    let parts = parts_of(&alice).await;
    assert!(!parts.is_empty(), "it has not come over the network");
}

/// The browser has had nothing to do since the login, and has fetched what a call needs.
async fn the_rest_is_there(peer: &Peer) {
    wait_until("the rest of the page", async || {
        let parts = parts_of(peer).await;
        let has = |part: &str| parts.iter().any(|name| name.contains(part));
        ["split_ring", "split_calls", "split_extras"]
            .iter()
            .all(|part| has(part))
            .then_some(())
            .ok_or_else(|| format!("{parts:?}"))
    })
    .await;
}

/// The names of what was loaded later.
async fn parts_of(peer: &Peer) -> Vec<String> {
    let script = "return performance.getEntriesByType('resource')\
        .filter((entry) => entry.responseEnd > 0)\
        .map((entry) => entry.name).filter((name) => name.includes('split_'))";
    peer.page.evaluate(script).await
}

async fn check(peer: &Peer, words: &[&str]) {
    peer.page.click(Role::Button, "Check my connection").await;
    for words in words {
        peer.page.wait_for_text(&[words]).await;
    }
}
