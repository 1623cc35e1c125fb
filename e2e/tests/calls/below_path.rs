//! The page below a path of an origin where another app lives at `/`.

use wimpex_e2e::{CallKind, Nginx, Peer, Role, Scenario, wait_until};

use crate::shared::{hang_up, scenarios, unfold};

scenarios! {
    AnyBrowsers: report_15_a_call_below_a_path_beside_another_app,
}

const PATH: &str = "/wimpex";
/// What somebody else's app has stored, in each place that this origin has.
const STORE: &str =
    "localStorage.theme = 'dark'; localStorage['wimpexes'] = '1'; sessionStorage.draft = 'x';
    return (async () => {
        await (await caches.open('app-v1')).put('/logo', new Response('logo'));
        await new Promise((done, failed) => {
            const opening = indexedDB.open('app');
            opening.onupgradeneeded = () => opening.result.createObjectStore('notes');
            opening.onsuccess = () => { opening.result.close(); done(); };
            opening.onerror = failed;
        });
        return true;
    })()";
/// What is stored, by name.
const STORED: &str = "return (async () => [
        ...Object.keys(localStorage), ...Object.keys(sessionStorage), ...await caches.keys(),
        ...(await indexedDB.databases()).map((it) => it.name),
    ].sort())()";
const OTHERS: [&str; 5] = ["app", "app-v1", "draft", "theme", "wimpexes"];

async fn stored(peer: &Peer) -> Vec<String> {
    peer.page.evaluate(STORED).await
}

async fn report_15_a_call_below_a_path_beside_another_app(scenario: &Scenario<'_>) {
    let address = Nginx::free_address();
    let origin = format!("http://{address}");
    let arguments = [
        "--base-path",
        PATH,
        "--origin",
        &origin,
        "--trusted-proxy",
        "127.0.0.0/8",
    ];
    scenario.server_mut().restart_with(&arguments);
    let app = "<!doctype html><title>Another app</title><h1>Another app</h1>";
    let server = scenario.server().host_and_port().to_owned();
    let Some(nginx) = Nginx::start(&address, &server, PATH, app).await else {
        eprintln!("SKIPPED: nginx is missing; cargo xtask setup --tests installs it");
        return;
    };
    let base = format!("{}{PATH}", nginx.origin());
    let mut people = Vec::new();
    for name in ["Alice", "Bob"] {
        let peer = scenario.unopened_peer(name).await;
        people.push(Peer::new(peer.page, name, &base));
    }
    let [alice, bob] = &people[..] else {
        panic!("two people were asked in")
    };
    alice.page.goto(&nginx.origin()).await;
    let _: bool = alice.page.evaluate(STORE).await;
    // Without the slash, as people type it.
    alice.visit("").await;
    alice.enter_name().await;
    alice.at_home().await;
    assert_eq!(alice.page.url().await, format!("{base}/"));
    let link = alice.link().await;
    assert!(link.starts_with(&format!("{base}/u/")), "{link}");
    // By her link.
    let id = alice.id().await;
    bob.visit(&format!("/u/{id}")).await;
    bob.enter_name().await;
    bob.press_call(CallKind::Video).await;
    alice.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    tokio::join!(alice.sees(), bob.sees());
    hang_up(alice, bob).await;

    // All that was loaded is below the path, and so is what the worker sees.
    let strays: Vec<String> = alice
        .page
        .evaluate(
            "return performance.getEntriesByType('resource').map((it) => new URL(it.name).pathname)
                 .filter((path) => !path.startsWith('/wimpex/'))",
        )
        .await;
    assert_eq!(strays, [""; 0]);
    let scope: String = alice
        .page
        .evaluate("return navigator.serviceWorker.ready.then((it) => it.scope)")
        .await;
    assert_eq!(scope, format!("{base}/"));
    let ours = stored(alice).await;
    let is_named = |name: &String| {
        OTHERS.contains(&name.as_str()) || name.starts_with("wimpex") && name.ends_with(PATH)
    };
    assert!(
        ours.len() > OTHERS.len() && ours.iter().all(is_named),
        "{ours:?}"
    );

    alice.page.click(Role::Button, "Back to home").await;
    unfold(alice, "Forget me").await;
    alice
        .page
        .click(Role::Checkbox, "I know that this cannot be undone")
        .await;
    alice.page.click(Role::Button, "Forget everything").await;
    wait_until("the first screen", async || {
        let text = alice.page.visible_text().await;
        let is_new = text.contains("What’s your name?");
        is_new.then_some(()).ok_or(text)
    })
    .await;
    assert_eq!(alice.page.url().await, format!("{base}/"));
    let left = stored(alice).await;
    for other in OTHERS {
        assert!(left.iter().any(|name| name == other), "{other} in {left:?}");
    }
    let kept: Vec<_> = left
        .iter()
        .filter(|name| name.starts_with("wimpex."))
        .collect();
    assert!(kept.is_empty(), "{kept:?}");
    alice.enter_name().await;
    alice.at_home().await;
    assert_ne!(alice.id().await, id);
}
