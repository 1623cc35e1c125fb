//! When something is denied or breaks.

use wimpex_e2e::{BrowserOptions, CallKind, Peer, Scenario, wait_until};

use crate::shared::{ENDED, connect, hang_up, in_a_call, scenarios};

scenarios! {
    FirefoxToo: a_denied_camera_does_not_stop_the_call,
    AnyBrowsers: a_denied_microphone_does_not_stop_the_call,
    AnyBrowsers: a_caller_without_camera_is_told_and_heard,
    FirefoxToo: the_server_dies_and_the_picture_runs_on,
    // Only Chromium's flag leads a name to loopback.
    Chromium: an_insecure_page_says_why_there_is_no_camera,
    // Firefox 140 has no Trusted Types.
    Chromium: markup_that_could_run_is_refused,
}

async fn a_denied_camera_does_not_stop_the_call(scenario: &Scenario<'_>) {
    let alice = scenario.unopened_peer("Alice").await;
    let denying = BrowserOptions {
        deny_camera: true,
        ..BrowserOptions::default()
    };
    let bob = scenario.unopened_peer_with("Bob", denying).await;
    tokio::join!(alice.open(), bob.open());
    connect(&alice, &bob, CallKind::Video).await;
    bob.page
        .wait_for_text(&[
            "camera is blocked",
            "no camera",
            "without your camera",
            "camera is not allowed",
            "camera was not allowed",
        ])
        .await;
    tokio::join!(alice.hears(), bob.hears(), bob.sees());
    hang_up(&alice, &bob).await;
}

async fn a_denied_microphone_does_not_stop_the_call(scenario: &Scenario<'_>) {
    let alice = scenario.unopened_peer("Alice").await;
    let denying = BrowserOptions {
        deny_microphone: true,
        ..BrowserOptions::default()
    };
    let bob = scenario.unopened_peer_with("Bob", denying).await;
    tokio::join!(alice.open(), bob.open());
    connect(&alice, &bob, CallKind::Video).await;
    bob.page.wait_for_text(&["microphone"]).await;
    tokio::join!(alice.sees(), bob.hears(), bob.sees());
    hang_up(&bob, &alice).await;
}

async fn a_caller_without_camera_is_told_and_heard(scenario: &Scenario<'_>) {
    let denying = BrowserOptions {
        deny_camera: true,
        ..BrowserOptions::default()
    };
    let alice = scenario.unopened_peer_with("Alice", denying).await;
    let bob = scenario.unopened_peer("Bob").await;
    tokio::join!(alice.open(), bob.open());
    connect(&alice, &bob, CallKind::Video).await;
    alice.page.wait_for_text(&["camera"]).await;
    tokio::join!(alice.hears(), bob.hears(), alice.sees());
    hang_up(&alice, &bob).await;
}

async fn the_server_dies_and_the_picture_runs_on(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    scenario.server_mut().kill();
    for peer in [&alice, &bob] {
        peer.page
            .wait_for_text(&[
                "reconnecting",
                "no connection to the server",
                "offline",
                "server",
            ])
            .await;
    }
    tokio::join!(alice.sees(), bob.sees(), alice.hears(), bob.hears());
    scenario.server_mut().restart();
    tokio::join!(logged_in_again(&alice), logged_in_again(&bob));
    tokio::join!(alice.sees(), bob.sees());
    tokio::join!(alice.is_connected(), bob.is_connected());
    alice.end().await;
    tokio::join!(alice.call_is_over(ENDED), bob.call_is_over(ENDED));
    // What the browser itself writes about a server that is not there.
    let broken = ["WebSocket connection to", "net::ERR_CONNECTION"];
    tokio::join!(
        alice.left_nothing_but(&broken),
        bob.left_nothing_but(&broken)
    );
}

async fn logged_in_again(peer: &Peer) {
    wait_until(&format!("{} to log in again", peer.name), async || {
        let logins = peer.page.snapshot().await.sent_count("login");
        // The probe comes after the first login where it cannot come earlier.
        let expected = if peer.page.kind() == wimpex_e2e::BrowserKind::Firefox {
            1
        } else {
            2
        };
        if logins >= expected {
            Ok(())
        } else {
            Err(format!("{logins} logins"))
        }
    })
    .await;
}

async fn an_insecure_page_says_why_there_is_no_camera(scenario: &Scenario<'_>) {
    let address = scenario.server().address().0.to_owned();
    let elsewhere = BrowserOptions {
        host_on_loopback: Some(("wimpex.test".to_owned(), address)),
        ..BrowserOptions::default()
    };
    let alice = scenario.unopened_peer_with("Alice", elsewhere).await;
    alice.visit("/").await;
    let secure: bool = alice.page.evaluate("return isSecureContext").await;
    assert!(!secure, "the scenario is not what it says");
    alice.enter_name().await;
    alice.page.wait_for_text(&["https"]).await;
}

/// Trusted Types: whatever finds a way to make markup of a text makes no script of it.
async fn markup_that_could_run_is_refused(scenario: &Scenario<'_>) {
    let alice = scenario.peer("Alice").await;
    let refused = |what: &str| {
        format!(
            "try {{ {what}; return false }} catch (error) {{ return error instanceof TypeError }}"
        )
    };
    for what in [
        "document.createElement('div').innerHTML = '<img src=x onerror=alert(1)>'",
        "document.createElement('div').innerHTML = '<iframe srcdoc=x></iframe>'",
        "document.createElement('script').text = 'alert(1)'",
        "document.createElement('script').src = 'https://evil.example/x.js'",
        "trustedTypes.createPolicy('another', {})",
    ] {
        let is_refused: bool = alice.page.evaluate(&refused(what)).await;
        assert!(is_refused, "{what}");
    }
}
