//! Where the page is open: in a frame of another page, or in the browser inside of another app. What is
//! missing there is said for what it is, with the way out.

use wimpex_e2e::{BrowserOptions, CallKind, Page, Peer, Scenario};

use crate::shared::scenarios;

scenarios! {
    AnyBrowsers: a_page_in_a_frame_names_the_way_out,
    AnyBrowsers: a_page_in_a_frame_that_passes_all_on_calls,
    AnyBrowsers: report_22_inside_another_app_the_way_out_is_named,
}

/// Alice's page, in a frame of a page of another site, with this `allow`.
async fn framed(scenario: &Scenario<'_>, allow: &str) -> Peer {
    let around = scenario.elsewhere().to_owned();
    let argument = format!("--frame-ancestor={around}");
    scenario.server_mut().restart_with(&[&argument]);
    let options = BrowserOptions {
        frames_in_process: true,
        ..BrowserOptions::default()
    };
    let alice = scenario.unopened_peer_with("Alice", options).await;
    alice.page.goto(&format!("{around}/around")).await;
    let frame = format!(
        "const frame = document.createElement('iframe');
        frame.allow = {allow:?};
        frame.src = '{}/';
        [frame.width, frame.height] = [1000, 700];
        const loaded = new Promise((done) => {{ frame.onload = done; }});
        document.body.append(frame);
        return loaded.then(() => true)",
        scenario.server().url()
    );
    let _: bool = alice.page.evaluate(&frame).await;
    alice.page.enter_frame().await;
    alice.enter_name().await;
    alice.at_home().await;
    alice
}

async fn reads(page: &Page, parts: &[&str]) {
    for part in parts {
        page.wait_for_text(&[part]).await;
    }
}

async fn a_page_in_a_frame_names_the_way_out(scenario: &Scenario<'_>) {
    let alice = framed(scenario, "").await;
    if alice.page.kind() == wimpex_e2e::BrowserKind::Chromium {
        // Firefox says it only to who asks for them.
        let before = ["shown inside another one", "Open it in a tab of its own"];
        reads(&alice.page, &before).await;
    }
    let bob = scenario.peer("Bob").await;
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    let during = [
        "The page around this one passes no microphone on",
        "passes no camera on",
        "in a tab of its own",
    ];
    reads(&alice.page, &during).await;
    // What needs neither works.
    tokio::join!(alice.sees(), alice.hears());
    alice.end().await;
    bob.call_is_over(&["hung up"]).await;
}

async fn a_page_in_a_frame_that_passes_all_on_calls(scenario: &Scenario<'_>) {
    let alice = framed(scenario, "microphone; camera; autoplay").await;
    let bob = scenario.peer("Bob").await;
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    tokio::join!(alice.sees(), bob.sees(), alice.hears(), bob.hears());
    let text = alice.page.visible_text().await;
    assert!(!text.contains("tab of its own"), "{text}");
    alice.end().await;
    bob.call_is_over(&["hung up"]).await;
}

/// philnash/mediadevices-camera-selection #3, webrtc/samples #1273: the APIs are there, and refuse.
async fn report_22_inside_another_app_the_way_out_is_named(scenario: &Scenario<'_>) {
    let agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 \
        (KHTML, like Gecko) Mobile/15E148 Instagram 385.0.0.31.65";
    let options = BrowserOptions {
        user_agent: Some(agent.to_owned()),
        deny_camera: true,
        deny_microphone: true,
        ..BrowserOptions::default()
    };
    let alice = scenario.unopened_peer_with("Alice", options).await;
    alice.open().await;
    let bob = scenario.peer("Bob").await;
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    let during = [
        "This app gives pages no microphone",
        "This app gives pages no camera",
        "Open the page in Safari or Chrome",
    ];
    reads(&alice.page, &during).await;
    tokio::join!(alice.sees(), alice.hears());
    alice.end().await;
    bob.call_is_over(&["hung up"]).await;
}
