//! What a call says of its two sides, and how it becomes another.

use wimpex_e2e::{CallKind, Peer, Role, Scenario, wait_until};

use crate::shared::{hang_up, in_a_call, scenarios};

scenarios! {
    AnyBrowsers: report_30_the_other_side_sees_who_is_muted,
    AnyBrowsers: report_14_an_audio_call_becomes_a_video_call_and_back,
    AnyBrowsers: who_is_asked_for_video_may_stay_unseen,
    AnyBrowsers: report_11_beforeunload_alone_ends_nothing,
    // Firefox runs a scene's script in a realm of its own, whose promises are none to the page.
    Chromium: report_6_the_screen_stays_on_during_a_call,
    // Firefox's Media Session knows no `togglemicrophone`, `togglecamera` and `hangup`.
    Chromium: the_keys_of_the_system_mute_and_hang_up,
    AnyBrowsers: the_bare_page_knows_nothing_of_states,
    AnyBrowsers: a_candidate_that_names_no_section_is_taken_by_its_index,
}

/// What the page says of the other side.
async fn notes_say(peer: &Peer, what: &str, is_said: bool) {
    wait_until(
        &format!("{} to read {what:?}: {is_said}", peer.name),
        async || {
            let script = "return document.querySelector('.peer-notes')?.innerText ?? ''";
            let text: String = peer.page.evaluate(script).await;
            if text.contains(what) == is_said {
                Ok(())
            } else {
                Err(text)
            }
        },
    )
    .await;
}

/// Report 30: nobody sees that the other one is muted.
async fn report_30_the_other_side_sees_who_is_muted(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    bob.sees().await;
    alice.page.click(Role::Button, "Mute").await;
    notes_say(&bob, "is muted", true).await;
    alice.page.click(Role::Button, "Turn camera off").await;
    notes_say(&bob, "camera is off", true).await;
    alice.page.click(Role::Button, "Unmute").await;
    alice.page.click(Role::Button, "Turn camera on").await;
    notes_say(&bob, "is muted", false).await;
    notes_say(&bob, "camera is off", false).await;
    bob.sees().await;
    hang_up(&alice, &bob).await;
}

/// Report 14: an audio call cannot become a video call.
async fn report_14_an_audio_call_becomes_a_video_call_and_back(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    tokio::join!(alice.hears(), bob.hears());
    bob.page.click(Role::Button, "Turn camera on").await;
    alice.page.find(Role::Button, "Stay unseen").await;
    // Until there is an answer nothing is seen, and nobody else is filmed.
    assert_eq!(alice.page.media().await.frames_decoded, 0);
    assert_eq!(alice.page.snapshot().await.live_cameras, 0);
    alice.page.click(Role::Button, "Accept video").await;
    tokio::join!(alice.sees(), bob.sees(), alice.hears(), bob.hears());
    for peer in [&alice, &bob] {
        peer.page.find(Role::Video, "Remote video").await;
        peer.page.click(Role::Button, "Turn camera off").await;
    }
    // Back: no camera is on, and whoever turns theirs on asks again.
    for peer in [&alice, &bob] {
        wait_until("no camera", async || {
            match peer.page.snapshot().await.live_cameras {
                0 => Ok(()),
                on => Err(format!("{on} on")),
            }
        })
        .await;
    }
    alice.page.click(Role::Button, "Turn camera on").await;
    bob.page.click(Role::Button, "Accept video").await;
    tokio::join!(alice.sees(), bob.sees());
    hang_up(&bob, &alice).await;
}

async fn who_is_asked_for_video_may_stay_unseen(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    alice.page.click(Role::Button, "Turn camera on").await;
    bob.page.click(Role::Button, "Stay unseen").await;
    bob.sees().await;
    notes_say(&alice, "camera is off", true).await;
    assert_eq!(bob.page.snapshot().await.live_cameras, 0);
    hang_up(&alice, &bob).await;
}

/// Report 11: `beforeunload` came, and the page stays.
async fn report_11_beforeunload_alone_ends_nothing(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    let leave = "const event = new Event('beforeunload', { cancelable: true });
        window.dispatchEvent(event);
        return event.defaultPrevented";
    let asks: bool = alice.page.evaluate(leave).await;
    assert!(asks, "the page asks before it is left in a call");
    tokio::join!(
        alice.sees(),
        bob.sees(),
        alice.is_connected(),
        bob.is_connected()
    );
    hang_up(&alice, &bob).await;
    let asks: bool = alice.page.evaluate(leave).await;
    assert!(!asks, "there is no call to be left");
}

/// Media Session: what a headset's keys, a lock screen or a window of the browser's own do.
async fn the_keys_of_the_system_mute_and_hang_up(scenario: &Scenario<'_>) {
    let (alice, bob) = crate::shared::alice_and_bob(scenario).await;
    let keep = "window.__keys = {};
        const set = MediaSession.prototype.setActionHandler;
        MediaSession.prototype.setActionHandler = function (action, handler) {
            window.__keys[action] = handler;
            return set.call(this, action, handler);
        };
        return true";
    let _: bool = alice.page.evaluate(keep).await;
    crate::shared::connect(&alice, &bob, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    wait_until("the system to show whom the call is with", async || {
        let script = "return navigator.mediaSession.metadata?.title ?? ''";
        let title: String = alice.page.evaluate(script).await;
        title.contains("Bob").then_some(()).ok_or(title)
    })
    .await;
    let press = async |action: &str| {
        let script = format!("window.__keys[{action:?}](); return true");
        let _: bool = alice.page.evaluate(&script).await;
    };
    press("togglemicrophone").await;
    notes_say(&bob, "is muted", true).await;
    alice.page.find(Role::Button, "Unmute").await;
    press("togglemicrophone").await;
    notes_say(&bob, "is muted", false).await;
    press("togglecamera").await;
    notes_say(&bob, "camera is off", true).await;
    press("hangup").await;
    bob.call_is_over(&["hung up"]).await;
    alice.call_is_over(&["you hung up"]).await;
    wait_until("the system to show nothing more", async || {
        let script = "return [Object.values(window.__keys).filter((it) => it).length,
            navigator.mediaSession.metadata !== null]";
        let left: (u32, bool) = alice.page.evaluate(script).await;
        (left == (0, false))
            .then_some(())
            .ok_or(format!("{left:?}"))
    })
    .await;
}

/// Report 6: the screen goes off in the middle of a call.
async fn report_6_the_screen_stays_on_during_a_call(scenario: &Scenario<'_>) {
    let (alice, bob) = crate::shared::alice_and_bob(scenario).await;
    // What is meant is a page in sight, wherever its window is on this machine.
    let watch = "window.locks = { asked: 0, released: 0 };
        Object.defineProperty(document, 'visibilityState', { get: () => 'visible' });
        Object.defineProperty(document, 'hidden', { get: () => false });
        navigator.wakeLock.request = async () => {
            window.locks.asked += 1;
            return { release: async () => { window.locks.released += 1; } };
        };
        return true";
    let _: bool = bob.page.evaluate(watch).await;
    crate::shared::connect(&alice, &bob, CallKind::Audio).await;
    // The browser may tell of a return of its own, too: each is a request more.
    let asked_again = async |before: u32| -> u32 {
        wait_until("a wake lock", async || {
            let now: u32 = bob.page.evaluate("return window.locks.asked").await;
            if now > before {
                Ok(now)
            } else {
                Err(format!("{now}"))
            }
        })
        .await
    };
    let before = asked_again(0).await;
    // The browser has taken it away meanwhile.
    let back = "document.dispatchEvent(new Event('visibilitychange')); return true";
    let _: bool = bob.page.evaluate(back).await;
    asked_again(before).await;
    hang_up(&alice, &bob).await;
    wait_until("all locks to be released", async || {
        let script = "return [window.locks.asked, window.locks.released]";
        let [asked, released]: [u32; 2] = bob.page.evaluate(script).await;
        if asked == released {
            Ok(())
        } else {
            Err(format!("{released} of {asked}"))
        }
    })
    .await;
}

/// A minimal client is told over a channel that it has not opened, and cannot be asked for video.
async fn the_bare_page_knows_nothing_of_states(scenario: &Scenario<'_>) {
    let alice = scenario.peer("Alice").await;
    let bare = scenario.bare_peer("Bare").await;
    alice.call(&bare.id().await, CallKind::Audio).await;
    bare.accept().await;
    alice.is_connected().await;
    tokio::join!(alice.hears(), bare.peer().hears());
    alice.page.click(Role::Button, "Mute").await;
    alice.page.click(Role::Button, "Unmute").await;
    for button in ["Turn camera on", "Turn camera off"] {
        assert!(
            alice.page.find_now(Role::Button, button).await.is_none(),
            "{button}"
        );
    }
    alice.hears().await;
    alice.end().await;
    bare.state_is("ended").await;
}

/// The minimal client of the document prints `sdpMid: 'video'` beside `sdpMLineIndex: 0`.
async fn a_candidate_that_names_no_section_is_taken_by_its_index(scenario: &Scenario<'_>) {
    let alice = scenario.peer("Alice").await;
    let bare = scenario.bare_peer("Bare").await;
    // Its own description has no candidates in it, and theirs come under another name.
    let rename = "const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (text) {
            const message = JSON.parse(text);
            if (message.candidate) message.candidate.sdpMid = 'video';
            return send.call(this, JSON.stringify(message));
        };
        const add = RTCPeerConnection.prototype.addIceCandidate;
        window.deaf = 0;
        RTCPeerConnection.prototype.addIceCandidate = async function () { window.deaf += 1; };
        return true";
    let _: bool = bare.page().evaluate(rename).await;
    bare.call(&alice.id().await, CallKind::Video).await;
    alice.accept().await;
    alice.is_connected().await;
    tokio::join!(alice.sees(), bare.peer().sees());
    alice.end().await;
    alice.call_is_over(&["ended"]).await;
}
