//! "Check my connection": what it says is so.

use wimpex_e2e::{BrowserOptions, PUBLIC_V4, Person, Relay, Role, Stage, TURN_PORT, Uplink};

use crate::shared::scenes;

scenes! {
    AnyBrowsers: the_check_of_a_server_without_relay,
    AnyBrowsers: the_check_with_a_blocked_camera,
    Networks: the_check_where_all_is_well,
    Networks: the_check_where_udp_is_blocked,
    Networks: the_check_with_a_relay_that_trusts_somebody_else,
    ChromiumInNetworks: the_check_of_a_relay_over_tls,
    Chromium: the_check_asks_for_the_speaker,
    AnyBrowsers: the_check_without_a_server,
    AnyBrowsers: the_check_is_loaded_when_it_is_wanted,
}

async fn the_check_of_a_server_without_relay(stage: &Stage<'_>) {
    let alice = stage.person("Alice").await;
    check(
        &alice,
        &[
            "Microphone\nworks",
            "Camera\nworks",
            "Server\nworks",
            "Way out (STUN)\nnot offered",
            "Relay over UDP\nnot offered",
            "This server offers neither STUN nor a relay",
        ],
    )
    .await;
}

async fn the_check_with_a_blocked_camera(stage: &Stage<'_>) {
    let denying = BrowserOptions {
        deny_camera: true,
        ..BrowserOptions::default()
    };
    let alice = stage.visitor_with("Alice", denying).await;
    alice.open().await;
    check(&alice, &["Microphone\nworks", "Camera\nblocked"]).await;
}

async fn the_check_where_all_is_well(stage: &Stage<'_>) {
    let home = stage.lab().home(Uplink::HomeNat);
    let alice = stage.resident(&home, "Alice").await;
    check(
        &alice,
        &[
            "Way out (STUN)\nworks",
            "Relay over UDP\nworks: ",
            "Relay over TCP\nworks: ",
            "ms there and back, 0% lost",
            "All is well",
        ],
    )
    .await;
}

async fn the_check_where_udp_is_blocked(stage: &Stage<'_>) {
    let home = stage.lab().home(Uplink::UdpBlocked);
    let alice = stage.resident(&home, "Alice").await;
    check(
        &alice,
        &[
            "Way out (STUN)\ndoes not work",
            "Relay over UDP\ndoes not work",
            "Relay over TCP\nworks: ",
            "Your network blocks UDP.",
        ],
    )
    .await;
}

async fn the_check_with_a_relay_that_trusts_somebody_else(stage: &Stage<'_>) {
    let _relay = {
        let other = format!("--turn-url=turn:{PUBLIC_V4}:{TURN_PORT}?transport=udp");
        stage
            .server_mut()
            .restart_with(&["--turn=false", &other, "--turn-secret=one"]);
        Relay::ours(stage.lab(), "another")
    };
    let home = stage.lab().home(Uplink::Open);
    let alice = stage.resident(&home, "Alice").await;
    check(
        &alice,
        &[
            "Relay over UDP\ndoes not work",
            "does not take this server’s word for you",
        ],
    )
    .await;
}

/// Chromium takes a certificate that nobody vouches for when it is told to.
async fn the_check_of_a_relay_over_tls(stage: &Stage<'_>) {
    let [cert, key] = stage.server().certificate(PUBLIC_V4);
    let flag = |name: &str, value: &str| format!("--{name}={value}");
    stage.server_mut().restart_with(&[
        &flag("turn-listen", &format!("{PUBLIC_V4}:{TURN_PORT}")),
        &flag("turn-host", PUBLIC_V4),
        &flag("tls-cert", &cert.to_string_lossy()),
        &flag("tls-key", &key.to_string_lossy()),
    ]);
    let home = stage.lab().home(Uplink::UdpBlocked);
    let trusting = BrowserOptions {
        any_certificate: true,
        ..BrowserOptions::default()
    };
    let alice = stage.newcomer_with(&home, "Alice", trusting).await;
    alice.open().await;
    check(
        &alice,
        &[
            "Relay over UDP\ndoes not work",
            "Relay over TCP\nworks: ",
            "Relay over TLS\nworks: ",
        ],
    )
    .await;
}

/// Firefox without a sound device plays nothing, and says so.
async fn the_check_asks_for_the_speaker(stage: &Stage<'_>) {
    let alice = stage.person("Alice").await;
    check(
        &alice,
        &["Speaker\nHeard it?", "This server offers neither"],
    )
    .await;
    alice.page.click(Role::Button, "No").await;
    alice.page.wait_for_text(&["You would hear nobody"]).await;
    check(&alice, &["Speaker\nHeard it?"]).await;
    alice.page.click(Role::Button, "Yes").await;
    alice
        .page
        .wait_for_text(&["Speaker\nworks", "This server offers neither"])
        .await;
}

async fn the_check_without_a_server(stage: &Stage<'_>) {
    let alice = stage.person("Alice").await;
    stage.server_mut().kill();
    check(&alice, &["without it not even this check"]).await;
    stage.server_mut().restart();
    check(&alice, &["Server\n", "Relay over TLS\nnot offered"]).await;
}

async fn the_check_is_loaded_when_it_is_wanted(stage: &Stage<'_>) {
    const PARTS: &str = "return performance.getEntriesByType('resource')\
        .map((entry) => entry.name).filter((name) => name.includes('split_'))";
    let alice = stage.person("Alice").await;
    let parts: Vec<String> = alice.page.evaluate(PARTS).await;
    assert!(parts.is_empty(), "loaded from the start: {parts:?}");
    check(&alice, &["Microphone\nworks"]).await;
    let parts: Vec<String> = alice.page.evaluate(PARTS).await;
    assert_eq!(parts.len(), 1, "{parts:?}");
}

async fn check(person: &Person, words: &[&str]) {
    person.page.click(Role::Button, "Check my connection").await;
    for words in words {
        person.page.wait_for_text(&[words]).await;
    }
}
