//! Called while no page is open: woken by web push.

use serde_json::json;
use wimpex_e2e::{CallKind, Peer, PushService, Role, Scenario, wait_until};

use crate::shared::{adds, alice_and_bob, hang_up_but, measured, opens_the_book, scenarios};

scenarios! {
    Chromium: a_closed_page_is_woken_and_takes_the_call,
    Chromium: a_woken_device_declines_without_a_page,
    Chromium: a_caller_who_gives_up_leaves_a_missed_call,
    Chromium: the_page_starts_without_a_network,
}

const RING: &str = "Ring me when this page is closed";
/// A page of the same origin that is not the page.
const ELSEWHERE: &str = "/healthz";

async fn a_closed_page_is_woken_and_takes_the_call(scenario: &Scenario<'_>) {
    let (service, alice, bob) = bob_wants_to_be_woken(scenario).await;
    let (link, caller) = (bob.link().await, alice.id().await);
    bob.visit(ELSEWHERE).await;
    alice.call(&link, CallKind::Video).await;
    alice.status_says("Waking").await;
    let message = service.message(0, "call").await;
    assert_eq!(
        (message.ttl.as_str(), message.urgency.as_str()),
        ("60", "high")
    );
    // Two ids, and nothing of what people call themselves.
    assert!(!message.text.contains("Alice") && message.text.contains(&caller));
    let began = std::time::Instant::now();
    deliver(scenario, &bob, &message.text).await;
    let notices = notices(&bob, 1).await;
    assert!(notices[0].starts_with("My Alice is calling"), "{notices:?}");
    // What a click on "Answer" does before it opens the page: only people can click on it.
    in_the_worker(
        &bob,
        "registration.getNotifications().then(([it]) => leaveWord(it.tag))",
    )
    .await;
    bob.visit("/").await;
    bob.is_connected().await;
    alice.is_connected().await;
    measured(&format!(
        "from the push message to the call: {} ms",
        began.elapsed().as_millis()
    ));
    tokio::join!(alice.sees(), bob.sees());
    // Which only the page has.
    hang_up_but(&alice, &bob, &["favicon.ico"]).await;
}

async fn a_woken_device_declines_without_a_page(scenario: &Scenario<'_>) {
    let (service, alice, bob) = bob_wants_to_be_woken(scenario).await;
    let link = bob.link().await;
    bob.visit(ELSEWHERE).await;
    alice.call(&link, CallKind::Audio).await;
    let message = service.message(0, "call").await;
    deliver(scenario, &bob, &message.text).await;
    notices(&bob, 1).await;
    let decline = "registration.getNotifications()
        .then(([it]) => decline(it.data.from, it.data.call).then(() => it.close()))";
    in_the_worker(&bob, decline).await;
    alice.call_is_over(&["declined"]).await;
    notices(&bob, 0).await;
}

async fn a_caller_who_gives_up_leaves_a_missed_call(scenario: &Scenario<'_>) {
    let (service, alice, bob) = bob_wants_to_be_woken(scenario).await;
    let link = bob.link().await;
    bob.visit(ELSEWHERE).await;
    alice.call(&link, CallKind::Audio).await;
    alice.status_says("Waking").await;
    let call = service.message(0, "call").await;
    deliver(scenario, &bob, &call.text).await;
    notices(&bob, 1).await;
    alice.cancel().await;
    let missed = service.message(1, "missed").await;
    assert_eq!(missed.topic, call.topic);
    deliver(scenario, &bob, &missed.text).await;
    wait_until("the notice of a missed call", async || {
        let notices = titles(&bob).await;
        let is_one = notices == ["You missed a call from My Alice"];
        is_one.then_some(()).ok_or_else(|| format!("{notices:?}"))
    })
    .await;
}

async fn the_page_starts_without_a_network(scenario: &Scenario<'_>) {
    let bob = scenario.peer("Bob").await;
    is_kept(&bob).await;
    scenario.server_mut().kill();
    bob.visit("/").await;
    // As it was, and it says why nobody can be called.
    bob.page.find(Role::Button, "Change name").await;
    bob.page
        .wait_for_text(&["No connection to the server"])
        .await;
}

/// Waits until the service worker has all that the page needs.
async fn is_kept(peer: &Peer) {
    wait_until("the service worker", async || {
        let script = "return navigator.serviceWorker.getRegistration()
            .then((it) => it?.active?.state ?? 'none');";
        let state: String = peer.page.evaluate(script).await;
        (state == "activated").then_some(()).ok_or(state)
    })
    .await;
}

async fn bob_wants_to_be_woken(scenario: &Scenario<'_>) -> (PushService, Peer, Peer) {
    let service = PushService::start().await;
    let arguments = service.arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    scenario.server_mut().restart_with(&arguments);
    let (alice, bob) = alice_and_bob(scenario).await;
    let origin = scenario.server().url();
    let allowed = json!({ "permissions": ["notifications"], "origin": origin });
    bob.page.devtools("Browser.grantPermissions", allowed).await;
    is_kept(&bob).await;
    let link = alice.link().await;
    opens_the_book(&bob).await;
    adds(&bob, &link, "My Alice").await;
    let script = format!("{} return true;", service.subscribing_script());
    let _: bool = bob.page.evaluate(&script).await;
    bob.page.click(Role::Checkbox, RING).await;
    bob.page
        .wait_for_text(&["This device rings, even when the page is closed"])
        .await;
    (service, alice, bob)
}

/// A browser that has played all scenes before this one has seen one origin for each.
const REGISTRATIONS: usize = 400;

/// Hands the service worker a message as the browser's push service would, opened.
async fn deliver(scenario: &Scenario<'_>, to: &Peer, text: &str) {
    let origin = scenario.server().url();
    to.page.devtools("ServiceWorker.enable", json!({})).await;
    // The browser counts its registrations; a message for one that is not of this origin, or not at
    // all, does nothing.
    for registration in 0..REGISTRATIONS {
        let message = json!({
            "origin": origin, "registrationId": registration.to_string(), "data": text,
        });
        to.page
            .devtools("ServiceWorker.deliverPushMessage", message)
            .await;
    }
}

/// What the notices say, once there are so many.
async fn notices(peer: &Peer, count: usize) -> Vec<String> {
    wait_until(&format!("{count} notices"), async || {
        let titles = titles(peer).await;
        let is_so = titles.len() == count;
        is_so
            .then_some(titles.clone())
            .ok_or_else(|| format!("{titles:?}"))
    })
    .await
}

async fn titles(peer: &Peer) -> Vec<String> {
    let script = "return navigator.serviceWorker.getRegistration()
        .then((it) => it.getNotifications()).then((all) => all.map((it) => it.title));";
    peer.page.evaluate(script).await
}

/// Runs a script where the service worker runs.
async fn in_the_worker(peer: &Peer, script: &str) {
    let targets = peer.page.devtools("Target.getTargets", json!({})).await;
    let origin = peer.page.url().await.replace(ELSEWHERE, "");
    let all = targets["targetInfos"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let is_worker = |target: &&serde_json::Value| {
        target["type"] == "service_worker"
            && target["url"]
                .as_str()
                .is_some_and(|url| url.starts_with(&origin))
    };
    let target = all.iter().find(is_worker).expect("the service worker runs");
    let attach = json!({ "targetId": target["targetId"], "flatten": false });
    let attached = peer.page.devtools("Target.attachToTarget", attach).await;
    let command = json!({
        "id": 1, "method": "Runtime.evaluate",
        "params": { "expression": script, "awaitPromise": true },
    });
    let message = json!({ "sessionId": attached["sessionId"], "message": command.to_string() });
    peer.page
        .devtools("Target.sendMessageToTarget", message)
        .await;
}
