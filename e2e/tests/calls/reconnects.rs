//! A call that goes on over another peer connection: the browser has closed the one before, or
//! slept.

use std::time::Duration;

use wimpex_e2e::{CallKind, Peer, Role, Scenario, now_millis, wait_until};

use crate::shared::{alice_and_bob, connect, hang_up, in_a_call, measured, scenarios};

scenarios! {
    FirefoxToo: report_8_the_browser_closes_the_connection_by_itself,
    AnyBrowsers: the_browser_closes_both_connections,
    AnyBrowsers: report_8_the_browser_closes_the_connection_without_a_word,
    AnyBrowsers: a_connection_that_is_closed_early_was_hung_up_by_nobody,
    AnyBrowsers: a_browser_that_is_killed_early_has_hung_up_on_nobody,
    AnyBrowsers: an_audio_call_goes_on_over_another_connection,
    AnyBrowsers: a_browser_that_stops_for_a_moment_goes_on,
    AnyBrowsers: report_8_a_browser_that_stops_for_long_says_so,
}

/// Both know that the other one's page can go on over another connection.
pub(crate) async fn introduced(alice: &Peer, bob: &Peer) {
    for (who, other) in [(alice, bob), (bob, alice)] {
        who.page.click(Role::Button, "Mute").await;
        other.page.wait_for_text(&["is muted"]).await;
        who.page.click(Role::Button, "Unmute").await;
    }
}

pub(crate) async fn close_connections(peer: &Peer) {
    let script = "window.__probe.closeConnections(); return true";
    let _: bool = peer.page.evaluate(script).await;
}

/// How many connections the page has made.
pub(crate) async fn has_made(peer: &Peer, number: u32) {
    wait_until("another connection", async || {
        let made: u32 = peer
            .page
            .evaluate("return window.__probe.snapshot().connectionsMade")
            .await;
        (made == number)
            .then_some(())
            .ok_or_else(|| format!("{made} made"))
    })
    .await;
}

async fn goes_on(alice: &Peer, bob: &Peer, connections: u32) {
    tokio::join!(has_made(alice, connections), has_made(bob, connections));
    tokio::join!(alice.is_connected(), bob.is_connected());
    tokio::join!(alice.sees(), bob.sees(), alice.hears(), bob.hears());
    for peer in [alice, bob] {
        let snapshot = peer.page.snapshot().await;
        assert_eq!(snapshot.live_cameras, 1, "{}", peer.name);
        assert_eq!(snapshot.connections_open, 1, "{}", peer.name);
    }
}

/// Report 8: a lid that is closed for a moment.
async fn report_8_the_browser_closes_the_connection_by_itself(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    introduced(&alice, &bob).await;
    // Of either side, and a second time.
    for (who, connections) in [(&alice, 2), (&bob, 3), (&alice, 4)] {
        let start = now_millis();
        close_connections(who).await;
        goes_on(&alice, &bob, connections).await;
        measured(&format!(
            "another connection: pictures after {} ms",
            now_millis() - start
        ));
    }
    hang_up(&alice, &bob).await;
}

async fn the_browser_closes_both_connections(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    introduced(&alice, &bob).await;
    tokio::join!(close_connections(&alice), close_connections(&bob));
    tokio::join!(alice.is_connected(), bob.is_connected());
    tokio::join!(alice.sees(), bob.sees(), alice.hears(), bob.hears());
    hang_up(&bob, &alice).await;
}

/// Report 8, in a browser that does not tell.
async fn report_8_the_browser_closes_the_connection_without_a_word(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let deaf = "const listen = EventTarget.prototype.addEventListener;
        EventTarget.prototype.addEventListener = function (type, ...rest) {
            const isDtls = this instanceof RTCDtlsTransport && type === 'statechange';
            return isDtls ? undefined : listen.call(this, type, ...rest);
        };
        return true";
    for peer in [&alice, &bob] {
        let _: bool = peer.page.evaluate(deaf).await;
    }
    connect(&alice, &bob, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    introduced(&alice, &bob).await;
    close_connections(&bob).await;
    goes_on(&alice, &bob, 2).await;
    hang_up(&bob, &alice).await;
}

/// In a call in which neither has told the other one how it stands, so that neither may wait.
async fn in_an_untold_call(scenario: &Scenario<'_>) -> (Peer, Peer) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let untold = "const send = RTCDataChannel.prototype.send;
        RTCDataChannel.prototype.send = function (data) {
            if (!String(data).includes('media-state')) send.call(this, data);
        };
        return true";
    for peer in [&alice, &bob] {
        let _: bool = peer.page.evaluate(untold).await;
    }
    connect(&alice, &bob, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    (alice, bob)
}

async fn nobody_hung_up(peer: &Peer) {
    let text = peer.page.visible_text().await;
    assert!(!text.contains("hung up"), "{}: {text}", peer.name);
}

async fn a_connection_that_is_closed_early_was_hung_up_by_nobody(scenario: &Scenario<'_>) {
    let (alice, bob) = in_an_untold_call(scenario).await;
    close_connections(&bob).await;
    bob.call_is_over(&["was lost"]).await;
    alice
        .call_is_over(&["closed the connection", "was lost"])
        .await;
    for peer in [&alice, &bob] {
        nobody_hung_up(peer).await;
        peer.left_nothing().await;
    }
}

async fn a_browser_that_is_killed_early_has_hung_up_on_nobody(scenario: &Scenario<'_>) {
    let (alice, _bob) = in_an_untold_call(scenario).await;
    scenario.kill_browser_of("Bob");
    // What a path gets that is lost.
    let lost = Duration::from_secs(60);
    let words = ["was lost", "closed the connection"];
    alice.call_is_over_within(lost, &words).await;
    nobody_hung_up(&alice).await;
    alice.left_nothing().await;
}

async fn an_audio_call_goes_on_over_another_connection(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    introduced(&alice, &bob).await;
    close_connections(&bob).await;
    tokio::join!(has_made(&alice, 2), has_made(&bob, 2));
    tokio::join!(alice.hears(), bob.hears());
    for peer in [&alice, &bob] {
        assert_eq!(peer.page.snapshot().await.live_cameras, 0, "{}", peer.name);
    }
    hang_up(&alice, &bob).await;
}

/// Report 8: all processes of the browser are stopped for less than the path may be lost.
async fn a_browser_that_stops_for_a_moment_goes_on(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    introduced(&alice, &bob).await;
    scenario
        .stop_browser_of("Bob", Duration::from_secs(20))
        .await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    tokio::join!(alice.sees(), bob.sees(), alice.hears(), bob.hears());
    hang_up(&alice, &bob).await;
}

/// The same for longer: what the end says is true on both sides.
async fn report_8_a_browser_that_stops_for_long_says_so(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    introduced(&alice, &bob).await;
    scenario
        .stop_browser_of("Bob", Duration::from_secs(50))
        .await;
    alice.call_is_over(&["was lost"]).await;
    bob.call_is_over(&["was asleep"]).await;
}
