//! A second call inside the first: it waits, is answered, and one of the two is on hold.

use std::time::Duration;

use wimpex_e2e::{CallKind, Peer, Role, Scenario, holds_for, wait_until};

use crate::reconnects::close_connections;
use crate::shared::{ENDED, adds, alice_and_bob, connect, hang_up, opens_the_book, scenarios};

scenarios! {
    FirefoxToo: a_second_call_is_answered_and_the_first_waits_on_hold,
    AnyBrowsers: the_first_call_ends_for_the_second_one,
    // A script of the scene's runs before the page's own, which only DevTools can.
    Chromium: an_empty_battery_is_told_in_each_call,
    AnyBrowsers: a_second_call_is_declined,
    AnyBrowsers: whoever_talks_hangs_up_and_the_call_on_hold_is_there,
    AnyBrowsers: both_calls_outlive_a_lost_server_and_another_connection,
    AnyBrowsers: a_call_is_put_on_hold_and_goes_on,
}

/// Alice and Bob talk, and Carol, whom Bob has among his contacts, calls him.
pub(crate) async fn carol_waits(scenario: &Scenario<'_>) -> (Peer, Peer, Peer) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let carol = scenario.peer("Carol").await;
    opens_the_book(&bob).await;
    adds(&bob, &carol.link().await, "Carol").await;
    let link = bob.link().await;
    connect(&alice, &bob, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    carol.call(&link, CallKind::Video).await;
    bob.page.find(Role::Region, "Call waiting").await;
    carol.status_says("Ringing").await;
    // The call goes on meanwhile, and its controls are there.
    bob.page.find(Role::Button, "End call").await;
    (alice, bob, carol)
}

/// Bob talks with Carol, and Alice is on hold.
async fn alice_on_hold(scenario: &Scenario<'_>) -> (Peer, Peer, Peer) {
    let (alice, bob, carol) = carol_waits(scenario).await;
    bob.page.click(Role::Button, "Hold and answer").await;
    talk(&bob, &carol, &alice).await;
    (alice, bob, carol)
}

/// Bob and this one see and hear each other, and the other one is told to wait and gets nothing.
async fn talk(bob: &Peer, with: &Peer, on_hold: &Peer) {
    tokio::join!(bob.is_connected(), with.sees(), with.hears());
    is_seen(bob, &with.name).await;
    notes_say(on_hold, "has put you on hold", true).await;
    notes_say(with, "has put you on hold", false).await;
    let before = on_hold.page.media().await;
    holds_for(Duration::from_secs(1), "nothing comes", async || {
        let now = on_hold.page.media().await;
        // A frame that was on its way.
        if now.frames_decoded <= before.frames_decoded + 2 {
            Ok(())
        } else {
            Err(format!(
                "{} frames more",
                now.frames_decoded - before.frames_decoded
            ))
        }
    })
    .await;
    let region = bob.page.texts(Role::Region).await;
    let is_it = |text: &String| text.contains(&on_hold.name) && text.contains("is on hold");
    assert!(region.iter().any(is_it), "{region:?}");
}

/// The screen is that of a call with this one, and their picture moves on it.
async fn is_seen(peer: &Peer, name: &str) {
    let frames = "const video = document.querySelector('video.remote');
        return [document.querySelector('.stage h1')?.textContent ?? '',
            video?.checkVisibility({ opacityProperty: true })
                ? Math.floor(video.currentTime * 10) : -1]";
    let mut last = 0;
    for _ in 0..2 {
        last = wait_until(&format!("{} to see {name}", peer.name), async || {
            let found: (String, i64) = peer.page.evaluate(frames).await;
            match found {
                (shown, now) if shown.contains(name) && now > last => Ok(now),
                found => Err(format!("{found:?}, after {last}")),
            }
        })
        .await;
    }
}

async fn notes_say(peer: &Peer, what: &str, is_said: bool) {
    wait_until(
        &format!("{} to read {what:?}: {is_said}", peer.name),
        async || {
            let script = "return document.querySelector('.peer-notes')?.innerText ?? ''";
            let text: String = peer.page.evaluate(script).await;
            (text.contains(what) == is_said).then_some(()).ok_or(text)
        },
    )
    .await;
}

async fn a_second_call_is_answered_and_the_first_waits_on_hold(scenario: &Scenario<'_>) {
    let (alice, bob, carol) = alice_on_hold(scenario).await;
    // Nobody was asked for a microphone or camera again.
    let bobs = bob.page.snapshot().await;
    assert_eq!((bobs.live_cameras, bobs.connections_open), (1, 2));
    bob.page.click(Role::Button, "Swap").await;
    talk(&bob, &alice, &carol).await;
    bob.page.click(Role::Button, "Swap").await;
    talk(&bob, &carol, &alice).await;
    // Bob hangs up, and is back with Alice.
    bob.end().await;
    // First, for it is told for some seconds only.
    bob.page
        .wait_for_text(&["Your call with Carol is over"])
        .await;
    carol.call_is_over(ENDED).await;
    tokio::join!(bob.is_connected(), alice.sees(), alice.hears());
    is_seen(&bob, "Alice").await;
    notes_say(&alice, "has put you on hold", false).await;
    hang_up(&bob, &alice).await;
    carol.left_nothing().await;
}

async fn the_first_call_ends_for_the_second_one(scenario: &Scenario<'_>) {
    let (alice, bob, carol) = carol_waits(scenario).await;
    bob.page.click(Role::Button, "End and answer").await;
    alice.call_is_over(ENDED).await;
    tokio::join!(bob.is_connected(), carol.sees(), carol.hears());
    is_seen(&bob, "Carol").await;
    // The first one says goodbye before it closes.
    wait_until("one open connection", async || {
        let open = bob.page.snapshot().await.connections_open;
        (open == 1).then_some(()).ok_or(open.to_string())
    })
    .await;
    hang_up(&carol, &bob).await;
    alice.left_nothing().await;
}

/// The battery was low before the second call began.
async fn an_empty_battery_is_told_in_each_call(scenario: &Scenario<'_>) {
    let (alice, bob, carol) = (
        scenario.peer("Alice").await,
        scenario.unopened_peer("Bob").await,
        scenario.peer("Carol").await,
    );
    bob.page
        .before_each_load(
            "navigator.getBattery = async () =>
                Object.assign(new EventTarget(), { level: 0.1, charging: false })",
        )
        .await;
    bob.open().await;
    opens_the_book(&bob).await;
    adds(&bob, &carol.link().await, "Carol").await;
    let link = bob.link().await;
    connect(&alice, &bob, CallKind::Audio).await;
    notes_say(&alice, "battery is low", true).await;
    carol.call(&link, CallKind::Audio).await;
    bob.page.click(Role::Button, "End and answer").await;
    alice.call_is_over(ENDED).await;
    tokio::join!(bob.is_connected(), carol.is_connected());
    notes_say(&carol, "battery is low", true).await;
    hang_up(&carol, &bob).await;
}

async fn a_second_call_is_declined(scenario: &Scenario<'_>) {
    let (alice, bob, carol) = carol_waits(scenario).await;
    bob.page.click(Role::Button, "Decline").await;
    carol.call_is_over(&["declined"]).await;
    bob.page.wait_until_gone(Role::Region, "Call waiting").await;
    tokio::join!(bob.is_connected(), alice.sees(), alice.hears());
    is_seen(&bob, "Alice").await;
    // Another one that is given up is a missed one, and said to be. Where there is little room, it lies
    // over whatever is open.
    bob.page.show_on(390, 844, "dark").await;
    bob.page.click(Role::Button, "Chat").await;
    bob.page.find(Role::Region, "Chat").await;
    carol.page.click(Role::Button, "Call again").await;
    bob.page.find(Role::Region, "Call waiting").await;
    for button in ["Hold and answer", "End and answer", "Decline"] {
        wait_until(&format!("{button:?} to be within reach"), async || {
            let is_reached = bob.page.is_within_reach(Role::Button, button).await?;
            is_reached.then_some(()).ok_or_else(|| "covered".to_owned())
        })
        .await;
    }
    carol.cancel().await;
    bob.page.wait_until_gone(Role::Region, "Call waiting").await;
    bob.page.wait_for_text(&["Carol called you."]).await;
    hang_up(&bob, &alice).await;
}

async fn whoever_talks_hangs_up_and_the_call_on_hold_is_there(scenario: &Scenario<'_>) {
    let (alice, bob, carol) = alice_on_hold(scenario).await;
    carol.end().await;
    bob.page
        .wait_for_text(&["Carol hung up.", "is still on hold"])
        .await;
    // Nobody is heard or filmed who has done nothing for it.
    assert_eq!(bob.page.snapshot().await.live_cameras, 0);
    notes_say(&alice, "has put you on hold", true).await;
    bob.page.click(Role::Button, "Resume").await;
    tokio::join!(bob.is_connected(), alice.sees(), alice.hears());
    is_seen(&bob, "Alice").await;
    hang_up(&alice, &bob).await;
}

async fn both_calls_outlive_a_lost_server_and_another_connection(scenario: &Scenario<'_>) {
    let (alice, bob, carol) = alice_on_hold(scenario).await;
    scenario.server_mut().kill();
    scenario.server_mut().restart();
    // The call on hold loses its connection by itself.
    close_connections(&alice).await;
    tokio::join!(alice.is_connected(), bob.is_connected(), carol.sees());
    is_seen(&bob, "Carol").await;
    bob.page.click(Role::Button, "Swap").await;
    talk(&bob, &alice, &carol).await;
    bob.page.click(Role::Button, "End call with Carol").await;
    carol.call_is_over(ENDED).await;
    alice.end().await;
    bob.call_is_over(ENDED).await;
}

async fn a_call_is_put_on_hold_and_goes_on(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    connect(&alice, &bob, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    bob.page.click(Role::Button, "Hold").await;
    bob.status_says("On hold").await;
    notes_say(&alice, "has put you on hold", true).await;
    wait_until("no camera", async || {
        match bob.page.snapshot().await.live_cameras {
            0 => Ok(()),
            on => Err(format!("{on} on")),
        }
    })
    .await;
    let silent: bool = bob
        .page
        .evaluate("return document.querySelector('audio').srcObject === null")
        .await;
    assert!(silent, "nothing of a call on hold is heard");
    bob.page.click(Role::Button, "Resume").await;
    tokio::join!(bob.is_connected(), alice.sees(), alice.hears());
    is_seen(&bob, "Alice").await;
    hang_up(&alice, &bob).await;
}
