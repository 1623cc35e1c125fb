//! A page that is left in the middle of a call, and comes back to it.

use std::time::{Duration, Instant};

use wimpex_e2e::{BrowserKind, CallKind, Peer, Role, Scenario, times, wait_until};

use crate::reconnects::{close_connections, has_made};
use crate::shared::{alice_and_bob, connect, hang_up, in_a_call, measured, scenarios};

scenarios! {
    FirefoxToo: report_11_a_reloaded_page_returns_to_the_call,
    AnyBrowsers: report_11_back_and_forward_returns_to_the_call,
    // Only DevTools crash a tab.
    Chromium: report_11_a_crashed_tab_returns_to_the_call,
    AnyBrowsers: a_return_takes_little_more_than_a_reconnection,
    AnyBrowsers: both_pages_reload_at_once,
    AnyBrowsers: who_does_not_return_is_told_of_at_the_other_side,
    AnyBrowsers: the_other_side_hangs_up_while_the_page_is_away,
    AnyBrowsers: nobody_returns_after_half_a_minute,
    AnyBrowsers: a_page_that_is_closed_frees_the_other_side,
    AnyBrowsers: a_second_tab_does_not_offer_the_call,
    AnyBrowsers: report_11_a_download_or_a_mail_ends_nothing,
}

const RETURN: &str = "Return to the call";

/// In a video call in which both know that the other one's page waits for this one.
async fn in_a_kept_call(scenario: &Scenario<'_>) -> (Peer, Peer) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    tokio::join!(is_kept(&alice), is_kept(&bob));
    (alice, bob)
}

pub(crate) async fn is_kept(peer: &Peer) {
    wait_until("the call to be kept", async || {
        let script = "return localStorage.getItem('wimpex.call') === '1'";
        let kept: bool = peer.page.evaluate(script).await;
        kept.then_some(()).ok_or_else(|| "not kept".to_owned())
    })
    .await;
}

/// Nothing is left of the call in the browser.
async fn is_forgotten(peer: &Peer) {
    wait_until("the call to be forgotten", async || {
        let script = "if (localStorage.getItem('wimpex.call')) return 'the mark';
            const open = indexedDB.open('wimpex', 1);
            const database = await new Promise((done, fail) => {
                open.onsuccess = () => done(open.result);
                open.onerror = fail;
            });
            const got = database.transaction('identity').objectStore('identity').get('call');
            const entry = await new Promise((done) => { got.onsuccess = () => done(got.result); });
            database.close();
            return entry === undefined ? '' : 'the entry'";
        let script = format!("return (async () => {{ {script} }})()");
        let left: String = peer.page.evaluate(&script).await;
        if left.is_empty() { Ok(()) } else { Err(left) }
    })
    .await;
}

async fn returns(peer: &Peer, other: &Peer) {
    returns_unheard(peer, other).await;
    other.hears().await;
}

/// Like [`returns`], for who may have muted themselves.
async fn returns_unheard(peer: &Peer, other: &Peer) {
    peer.page.find(Role::Button, RETURN).await;
    other.status_says("Reconnecting").await;
    let took = clicked_until_seen(peer, other).await;
    measured(&format!(
        "both see each other again {took:?} after the click"
    ));
    peer.hears().await;
    assert_eq!(peer.page.snapshot().await.connections_open, 1);
    assert_eq!(other.page.snapshot().await.connections_open, 1);
}

async fn clicked_until_seen(peer: &Peer, other: &Peer) -> Duration {
    // From here on it says that this page keeps the call, and not the one before.
    let unmark = "localStorage.removeItem('wimpex.call'); return true";
    let _: bool = peer.page.evaluate(unmark).await;
    let clicked = Instant::now();
    peer.page.click(Role::Button, RETURN).await;
    tokio::join!(peer.is_connected(), other.is_connected());
    tokio::join!(peer.sees(), other.sees());
    clicked.elapsed()
}

/// Beside a connection that is made anew in a page that stays: what a return adds is its login and its
/// devices. The browsers and the machine are the same, and so the ratio holds where no clock does.
async fn a_return_takes_little_more_than_a_reconnection(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_kept_call(scenario).await;
    let mut shortest = [Duration::MAX; 2];
    for _ in 0..times("returns", 2, 5) {
        let made = alice.page.snapshot().await.connections_made;
        let began = Instant::now();
        close_connections(&alice).await;
        has_made(&alice, made + 1).await;
        tokio::join!(alice.is_connected(), bob.is_connected());
        tokio::join!(alice.sees(), bob.sees());
        let reconnected = began.elapsed();
        is_kept(&alice).await;
        alice.page.reload().await;
        alice.page.find(Role::Button, RETURN).await;
        bob.status_says("Reconnecting").await;
        let returned = clicked_until_seen(&alice, &bob).await;
        is_kept(&alice).await;
        measured(&format!(
            "pictures after a return {returned:?}, after another connection {reconnected:?}"
        ));
        shortest = [shortest[0].min(returned), shortest[1].min(reconnected)];
    }
    let [returned, reconnected] = shortest;
    assert!(
        returned < 3 * reconnected,
        "{returned:?} and {reconnected:?}"
    );
    hang_up(&alice, &bob).await;
}

async fn report_11_a_reloaded_page_returns_to_the_call(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_kept_call(scenario).await;
    for (who, other) in [(&alice, &bob), (&bob, &alice)] {
        // At once: whoever muted themselves is not heard, however soon the page is left.
        who.page.click(Role::Button, "Mute").await;
        who.page.reload().await;
        returns_unheard(who, other).await;
        // As it was.
        other.page.wait_for_text(&["is muted"]).await;
        who.page.click(Role::Button, "Unmute").await;
        is_kept(who).await;
    }
    hang_up(&alice, &bob).await;
    tokio::join!(is_forgotten(&alice), is_forgotten(&bob));
    alice.page.reload().await;
    alice.at_home().await;
    assert!(alice.page.find_now(Role::Button, RETURN).await.is_none());
}

async fn report_11_back_and_forward_returns_to_the_call(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_kept_call(scenario).await;
    let home = alice.page.url().await;
    alice.page.goto("about:blank").await;
    bob.status_says("Reconnecting").await;
    alice.page.goto(&home).await;
    returns(&alice, &bob).await;
    hang_up(&bob, &alice).await;
}

async fn report_11_a_crashed_tab_returns_to_the_call(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_kept_call(scenario).await;
    let home = alice.page.url().await;
    // As a browser does that restores what it had.
    let restored = scenario.second_tab_of("Alice").await;
    alice.page.crash().await;
    restored.page.goto(&home).await;
    returns(&restored, &bob).await;
    bob.end().await;
    restored.call_is_over(&["hung up"]).await;
}

async fn both_pages_reload_at_once(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_kept_call(scenario).await;
    tokio::join!(alice.page.reload(), bob.page.reload());
    for peer in [&alice, &bob] {
        peer.page.click(Role::Button, RETURN).await;
    }
    tokio::join!(alice.is_connected(), bob.is_connected());
    tokio::join!(alice.sees(), bob.sees(), alice.hears(), bob.hears());
    hang_up(&alice, &bob).await;
}

async fn who_does_not_return_is_told_of_at_the_other_side(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_kept_call(scenario).await;
    bob.page.reload().await;
    bob.page.click(Role::Button, "End call").await;
    alice.call_is_over(&["hung up"]).await;
    bob.at_home().await;
    bob.page.wait_until_gone(Role::Button, RETURN).await;
    is_forgotten(&bob).await;
    tokio::join!(alice.left_nothing(), bob.left_nothing());
}

async fn the_other_side_hangs_up_while_the_page_is_away(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_kept_call(scenario).await;
    let home = bob.page.url().await;
    bob.page.goto("about:blank").await;
    alice.end().await;
    alice.call_is_over(&["you hung up"]).await;
    bob.page.goto(&home).await;
    bob.at_home().await;
    bob.page.wait_until_gone(Role::Button, RETURN).await;
    is_forgotten(&bob).await;
}

async fn nobody_returns_after_half_a_minute(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_kept_call(scenario).await;
    let home = bob.page.url().await;
    bob.page.goto("about:blank").await;
    is_left_alone(&alice).await;
    // By the clock, since that is what it is about.
    tokio::time::sleep(Duration::from_secs(21)).await;
    bob.page.goto(&home).await;
    bob.at_home().await;
    is_forgotten(&bob).await;
    assert!(bob.page.find_now(Role::Button, RETURN).await.is_none());
    // A new call is a call like any other.
    alice.page.click(Role::Button, "Back to home").await;
    connect(&alice, &bob, CallKind::Audio).await;
    hang_up(&alice, &bob).await;
}

/// Bob's page does not come back. In Firefox its last word may be lost with it, and then the path is.
async fn is_left_alone(alice: &Peer) {
    let (time, words): (u64, &[&str]) = match alice.page.kind() {
        BrowserKind::Firefox => (60, &["didn’t come back", "was lost"]),
        BrowserKind::Chromium | BrowserKind::WebKit => (15, &["didn’t come back"]),
    };
    alice
        .call_is_over_within(Duration::from_secs(time), words)
        .await;
}

async fn a_page_that_is_closed_frees_the_other_side(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_kept_call(scenario).await;
    bob.page.goto("about:blank").await;
    alice.status_says("Reconnecting").await;
    is_left_alone(&alice).await;
    alice.left_nothing().await;
}

async fn a_second_tab_does_not_offer_the_call(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_kept_call(scenario).await;
    let home = alice.page.url().await;
    // Open while the call goes on, and while the other page is away.
    let second = scenario.second_tab_of("Alice").await;
    second.page.goto(&home).await;
    second.at_home().await;
    wait_until("the tab to have looked for a call", async || {
        let script = "return performance.getEntriesByType('resource')
            .some((it) => it.name.endsWith('.wasm') && it.name.includes('split_calls') && it.responseEnd > 0)";
        let has_looked: bool = second.page.evaluate(script).await;
        has_looked
            .then_some(())
            .ok_or_else(|| "not loaded".to_owned())
    })
    .await;
    alice.page.reload().await;
    alice.page.find(Role::Button, RETURN).await;
    assert!(second.page.find_now(Role::Button, RETURN).await.is_none());
    returns(&alice, &bob).await;
    assert!(second.page.find_now(Role::Button, RETURN).await.is_none());
    hang_up(&alice, &bob).await;
}

/// A navigation that turns out to be none: the page stays, and the call does.
async fn report_11_a_download_or_a_mail_ends_nothing(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    connect(&alice, &bob, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    let elsewhere = scenario.elsewhere();
    for link in [
        // Of these the browser learns only by the answer that they lead nowhere.
        &format!("location.href = '{elsewhere}/download'"),
        &format!("location.href = '{elsewhere}/nothing'"),
        "const a = document.createElement('a');
         a.href = URL.createObjectURL(new Blob(['text']));
         a.download = 'file.txt'; a.click()",
        "location.href = 'mailto:alice@example.org'",
        "location.href = 'data:application/octet-stream,abc'",
    ] {
        let _: bool = alice.page.evaluate(&format!("{link}; return true")).await;
        tokio::join!(alice.sees(), bob.sees());
        tokio::join!(alice.is_connected(), bob.is_connected());
    }
    assert_eq!(alice.page.snapshot().await.connections_made, 1);
    hang_up(&alice, &bob).await;
}
