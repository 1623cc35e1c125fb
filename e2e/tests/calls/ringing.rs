//! Until somebody accepts.

use std::time::Duration;

use wimpex_e2e::{BrowserKind, CallKind, Role, Scenario, Traffic, holds_for, wait_until};

use crate::shared::{alice_and_bob, connect, hang_up, scenarios};

scenarios! {
    FirefoxToo: nothing_is_revealed_before_accept,
    FirefoxToo: declining,
    AnyBrowsers: cancelling_stops_the_ringing_at_once,
    AnyBrowsers: nobody_answers,
    AnyBrowsers: a_third_person_gets_busy,
    AnyBrowsers: calling_each_other_at_the_same_moment,
    AnyBrowsers: nobody_is_there,
    FirefoxToo: escape_declines,
    FirefoxToo: report_29_of_two_tabs_one_sounds,
}

/// What "at once" means to a person, on a loaded machine.
const AT_ONCE: Duration = Duration::from_secs(3);

async fn nothing_is_revealed_before_accept(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let quiet_title = bob.page.title().await;
    alice.call(&bob.link().await, CallKind::Video).await;
    let prompt = bob.is_called().await;
    assert!(
        prompt.contains("Alice") && prompt.to_lowercase().contains("video"),
        "{prompt:?}"
    );
    assert!(prompt.to_lowercase().contains("not verified"), "{prompt:?}");
    alice.page.wait_for_text(&["Ringing"]).await;
    wait_until("a title that shows the call", async || {
        let title = bob.page.title().await;
        if title == quiet_title {
            Err(title)
        } else {
            Ok(())
        }
    })
    .await;
    holds_for(
        Duration::from_millis(700),
        "silence before Accept",
        async || {
            let now = bob.page.snapshot().await;
            let revealed = now.sent_count("ice-candidate") + now.sent_count("call-answer");
            match (revealed, now.connections_made, now.captures) {
                (0, 0, 0) => Ok(()),
                seen => Err(format!(
                    "candidates and answers, connections, captures: {seen:?}"
                )),
            }
        },
    )
    .await;
    alice.cancel().await;
    bob.prompt_is_gone(AT_ONCE).await;
    tokio::join!(alice.left_nothing(), bob.left_nothing());
}

async fn declining(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.decline().await;
    bob.prompt_is_gone(AT_ONCE).await;
    alice.call_is_over(&["declined"]).await;
    tokio::join!(alice.left_nothing(), bob.left_nothing());
    assert_eq!(
        bob.page.snapshot().await.captures,
        0,
        "Bob's camera was asked for"
    );
}

async fn cancelling_stops_the_ringing_at_once(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let title = bob.page.title().await;
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.is_called().await;
    alice.cancel().await;
    bob.prompt_is_gone(AT_ONCE).await;
    alice.call_is_over(&["cancelled", "canceled"]).await;
    tokio::join!(alice.left_nothing(), bob.left_nothing());
    wait_until("the quiet title again", async || {
        let now = bob.page.title().await;
        if now == title || !now.contains("Alice") {
            Ok(())
        } else {
            Err(now)
        }
    })
    .await;
}

async fn nobody_answers(scenario: &Scenario<'_>) {
    let (alice, bob) = (
        scenario.unopened_peer("Alice").await,
        scenario.unopened_peer("Bob").await,
    );
    tokio::join!(
        alice.open_at("/?debug&debug-ring-seconds=3"),
        bob.open_at("/?debug&debug-ring-seconds=3")
    );
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.was_called().await;
    alice.call_is_over(&["no answer", "didn’t answer"]).await;
    bob.prompt_is_gone(AT_ONCE).await;
    tokio::join!(alice.left_nothing(), bob.left_nothing());
}

async fn a_third_person_gets_busy(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let to_bob = bob.link().await;
    connect(&alice, &bob, CallKind::Audio).await;
    let carol = scenario.peer("Carol").await;
    carol.call(&to_bob, CallKind::Audio).await;
    carol.call_is_over(&["busy", "another call"]).await;
    carol.left_nothing().await;
    tokio::join!(alice.hears(), bob.hears());
    assert!(
        bob.page.texts(Role::AlertDialog).await.is_empty(),
        "Carol disturbs Bob"
    );
    hang_up(&alice, &bob).await;
}

async fn calling_each_other_at_the_same_moment(scenario: &Scenario<'_>) {
    let proxies = [scenario.proxy().await, scenario.proxy().await];
    let (alice, bob) = (
        scenario.unopened_peer_over(&proxies[0], "Alice").await,
        scenario.unopened_peer_over(&proxies[1], "Bob").await,
    );
    tokio::join!(alice.open(), bob.open());
    let (alices, bobs) = tokio::join!(alice.id(), bob.id());
    tokio::join!(alice.enter_callee(&bobs), bob.enter_callee(&alices));
    // Both have called before either hears of it, however fast the one is and the other slow.
    let all = |traffic| proxies.iter().for_each(|proxy| proxy.traffic(traffic));
    all(Traffic::Stall);
    tokio::join!(
        alice.press_call(CallKind::Video),
        bob.press_call(CallKind::Video)
    );
    for peer in [&alice, &bob] {
        wait_until(&format!("{} to call", peer.name), async || {
            let offers = peer.page.snapshot().await.sent_count("call-offer");
            (offers > 0)
                .then_some(())
                .ok_or_else(|| "no offer".to_owned())
        })
        .await;
    }
    all(Traffic::Pass);
    // Nobody presses Accept: whose offer comes in while they call answers it.
    tokio::join!(alice.is_connected(), bob.is_connected());
    tokio::join!(alice.sees(), bob.sees(), alice.hears(), bob.hears());
    for peer in [&alice, &bob] {
        let now = peer.page.snapshot().await;
        assert_eq!(now.connections_open, 1, "{}", peer.name);
        assert!(peer.page.texts(Role::AlertDialog).await.is_empty());
    }
    hang_up(&alice, &bob).await;
}

async fn nobody_is_there(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let link = bob.link().await;
    bob.page.goto("about:blank").await;
    alice.call(&link, CallKind::Video).await;
    alice.page.wait_for_text(&["not online"]).await;
    // The call may end by itself meanwhile.
    wait_until("the end of the call", async || {
        if let Some(cancel) = alice.page.find_now(Role::Button, "Cancel").await {
            let _ = cancel.click().await;
        }
        let is_over = alice.page.find_now(Role::Button, "Back to home").await;
        is_over.map(drop).ok_or_else(|| "it goes on".to_owned())
    })
    .await;
    alice.left_nothing().await;
}

async fn escape_declines(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    alice.call(&bob.link().await, CallKind::Audio).await;
    bob.is_called().await;
    // For a moment it counts for nothing: it may have been meant for what was there before.
    wait_until("Escape to decline", async || {
        bob.page.press(ESCAPE).await;
        match bob.page.texts(Role::AlertDialog).await.first() {
            None => Ok(()),
            Some(prompt) => Err(format!("{prompt:?}")),
        }
    })
    .await;
    alice.call_is_over(&["declined"]).await;
    tokio::join!(alice.left_nothing(), bob.left_nothing());
}

/// WebDriver's code point for Escape.
const ESCAPE: char = '\u{e00c}';

async fn report_29_of_two_tabs_one_sounds(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let bob_too = scenario.second_tab_of("Bob").await;
    bob_too.visit("/").await;
    bob_too.at_home().await;
    assert_eq!(
        bob_too.id().await,
        bob.id().await,
        "another person in the second tab"
    );
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.is_called().await;
    bob_too.is_called().await;
    // macro-inc/macro PR #5651: all show it, and one is heard.
    wait_until("one of two tabs to ring", async || {
        let held = "return navigator.locks.query().then(({ held, pending }) => {
            const count = (locks) => locks.filter((lock) => lock.name === 'wimpex.ringing').length;
            return [count(held), count(pending)];
        })";
        let locks: (u32, u32) = bob.page.evaluate(held).await;
        let sound = [
            bob.page.snapshot().await.sounding,
            bob_too.page.snapshot().await.sounding,
        ];
        // Where there is no speaker, Firefox starts none.
        let heard = sound.iter().sum::<u32>();
        let quiet = u32::from(bob.page.kind() == BrowserKind::Firefox);
        if locks == (1, 1) && (1 - quiet..=1).contains(&heard) {
            Ok(())
        } else {
            Err(format!("(held, waiting): {locks:?}, sounding: {sound:?}"))
        }
    })
    .await;
    alice.cancel().await;
    bob.prompt_is_gone(AT_ONCE).await;
    bob_too.prompt_is_gone(AT_ONCE).await;
}
