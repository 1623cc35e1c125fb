//! "Check my connection": what it says is so.

use wimpex_e2e::{BrowserOptions, PUBLIC_V4, Person, Relay, Role, Stage, TURN_PORT, Uplink};

use crate::shared::scenes;

scenes! {
    AnyBrowsers: the_check_of_a_server_without_relay,
    AnyBrowsers: the_check_with_a_blocked_camera,
    Networks: the_check_where_all_is_well,
    Networks: the_check_where_udp_is_blocked,
    Networks: the_check_with_a_relay_that_trusts_somebody_else,
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

async fn check(person: &Person, words: &[&str]) {
    person.page.click(Role::Button, "Check my connection").await;
    for words in words {
        person.page.wait_for_text(&[words]).await;
    }
}
