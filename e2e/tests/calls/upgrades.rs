//! A server that is upgraded under open pages: it comes back with another build of the page.

use wimpex_e2e::{CallKind, Peer, Role, Scenario, another_build, wait_until};

use crate::shared::{BROKEN, ENDED, alice_and_bob, connect, hang_up_but, in_a_call, scenarios};

scenarios! {
    AnyBrowsers: idle_pages_follow_an_upgrade_unseen,
    AnyBrowsers: a_call_outlives_an_upgrade,
    AnyBrowsers: somebody_who_types_is_left_alone,
    AnyBrowsers: report_2_a_newcomer_with_an_old_page_is_called,
    AnyBrowsers: report_2_a_visitor_with_an_old_page_calls,
}

async fn build(peer: &Peer) -> String {
    let script = "return document.querySelector('[data-build]')?.dataset.build ?? ''";
    // A page on its way out gives no answer, or has no document any more.
    let build: Result<Option<String>, String> = peer.page.try_evaluate(script).await;
    build.ok().flatten().unwrap_or_default()
}

async fn is_of_another_build(peer: &Peer, before: &str) {
    wait_until("another build of the page", async || {
        let now = build(peer).await;
        (!now.is_empty() && now != before)
            .then_some(())
            .ok_or_else(|| format!("it is {now:?}"))
    })
    .await;
}

/// The server comes back with another build. `forgetful`: it has kept nothing of the first one.
fn upgrade(scenario: &Scenario<'_>, forgetful: bool) -> [tempfile::TempDir; 2] {
    let page = another_build();
    let state = tempfile::TempDir::with_prefix("wimpex-e2e-state-").expect("a folder");
    let path = |folder: &tempfile::TempDir| folder.path().display().to_string();
    let (page_dir, state_dir) = (path(&page), path(&state));
    let mut arguments = vec!["--page-dir", &page_dir];
    if forgetful {
        arguments.extend(["--state-dir", &state_dir]);
    }
    scenario.server_mut().restart_with(&arguments);
    [page, state]
}

async fn idle_pages_follow_an_upgrade_unseen(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let before = build(&alice).await;
    let _upgraded = upgrade(scenario, true);
    tokio::join!(
        is_of_another_build(&alice, &before),
        is_of_another_build(&bob, &before)
    );
    tokio::join!(alice.at_home(), bob.at_home());
    // Not in a loop: what is typed now stays.
    alice.enter_callee(&bob.link().await).await;
    alice.press_call(CallKind::Audio).await;
    bob.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    hang_up_but(&alice, &bob, BROKEN).await;
}

async fn a_call_outlives_an_upgrade(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    let before = build(&bob).await;
    let _upgraded = upgrade(scenario, false);
    bob.grows("received video", |media| media.frames_decoded as f64)
        .await;
    // The page is still the old one, and so may need the old parts.
    let part: u16 = bob
        .page
        .evaluate(
            "const { js, wasm } = document.querySelector('[data-build]').dataset;
             return (async () => {
                 for (let tries = 0; ; tries++) {
                     const answers = await Promise.all([fetch(js), fetch(wasm)]).catch((e) => e);
                     if (Array.isArray(answers)) {
                         return Math.max(...answers.map((it) => it.status));
                     }
                     if (tries == 20) throw answers;
                     await new Promise((later) => setTimeout(later, 500));
                 }
             })()",
        )
        .await;
    assert_eq!(part, 200, "the old build's parts");
    assert_eq!(build(&bob).await, before);
    alice.end().await;
    tokio::join!(alice.call_is_over(ENDED), bob.call_is_over(ENDED));
    bob.page.click(Role::Button, "Back to home").await;
    is_of_another_build(&bob, &before).await;
    bob.at_home().await;
    // Who still reads how it ended is not disturbed.
    assert_eq!(build(&alice).await, before);
}

async fn somebody_who_types_is_left_alone(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let before = build(&alice).await;
    let link = bob.link().await;
    alice.enter_callee("https://exam").await;
    let _upgraded = upgrade(scenario, true);
    is_of_another_build(&bob, &before).await;
    bob.at_home().await;
    wait_until("Alice to have logged in again", async || {
        let logins = alice.page.snapshot().await.sent_count("login");
        (logins > 1)
            .then_some(())
            .ok_or_else(|| format!("{logins}"))
    })
    .await;
    let typed = alice.page.value("Call link or ID").await;
    assert_eq!(
        (typed.as_str(), build(&alice).await),
        ("https://exam", before)
    );
    connect_by(&alice, &bob, &link).await;
}

async fn connect_by(alice: &Peer, bob: &Peer, link: &str) {
    alice.enter_callee(link).await;
    alice.press_call(CallKind::Audio).await;
    bob.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
}

/// The page was opened before the upgrade, and has loaded nothing but its first load.
async fn report_2_a_newcomer_with_an_old_page_is_called(scenario: &Scenario<'_>) {
    let bob = scenario.unopened_peer("Bob").await;
    bob.visit("/").await;
    bob.page.find(Role::Textbox, "Your name").await;
    let before = build(&bob).await;
    let _upgraded = upgrade(scenario, true);
    bob.enter_name().await;
    is_of_another_build(&bob, &before).await;
    bob.at_home().await;
    let alice = scenario.peer("Alice").await;
    connect(&alice, &bob, CallKind::Audio).await;
}

async fn report_2_a_visitor_with_an_old_page_calls(scenario: &Scenario<'_>) {
    let alice = scenario.peer("Alice").await;
    let bob = scenario.unopened_peer("Bob").await;
    bob.visit(&format!("/u/{}", alice.id().await)).await;
    bob.page.find(Role::Textbox, "Your name").await;
    let before = build(&bob).await;
    let _upgraded = upgrade(scenario, true);
    bob.enter_name().await;
    // At once: whatever is still of the old page when it is pressed leads to the new one, which
    // offers the same call.
    is_of_another_build(&bob, &before).await;
    bob.press_call(CallKind::Audio).await;
    alice.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
}
