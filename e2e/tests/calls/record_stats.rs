//! Records statistics of real calls for the tests of `crates/quality`, into the
//! directory that `WIMPEX_SAVE_STATS` names. Not played otherwise.

use std::path::Path;
use std::time::Duration;

use tokio::time::sleep;
use wimpex_e2e::{CallKind, Peer, Role, Scenario, Uplink};

use crate::networks::two;
use crate::shared::{connect, scenarios};

scenarios! {
    Networks: record_statistics_of_real_calls,
}

/// Where to.
pub(crate) const DIRECTORY: &str = "WIMPEX_SAVE_STATS";

/// The longest that a figure takes to settle after a change.
const SETTLED: Duration = Duration::from_secs(6);

async fn record_statistics_of_real_calls(scenario: &Scenario<'_>) {
    let home = || scenario.net_lab().home(Uplink::HomeNat);
    let (at_alices, at_bobs) = (home(), home());
    let (alice, bob) = two(scenario, &at_alices, &at_bobs).await;
    connect(&alice, &bob, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    sleep(SETTLED).await;
    keep(&alice, "good").await;
    at_alices.impair(5, 0);
    sleep(SETTLED).await;
    keep(&alice, "lossy").await;
    at_alices.impair(0, 400);
    sleep(SETTLED).await;
    keep(&alice, "policed").await;
    at_alices.impair(0, 0);
    alice.page.click(Role::Button, "Turn camera off").await;
    sleep(SETTLED).await;
    keep(&alice, "camera-off").await;
    alice.page.click(Role::Button, "Turn camera on").await;
    at_alices.switch();
    sleep(SETTLED).await;
    alice.is_connected().await;
    alice.sees().await;
    keep(&alice, "after-ice-restart").await;
    alice.end().await;
    bob.call_is_over(&["ended"]).await;
    tokio::join!(alice.back_home(), bob.back_home());
    connect(&alice, &bob, CallKind::Audio).await;
    sleep(SETTLED).await;
    keep(&alice, "audio-only").await;
    alice.end().await;
    bob.call_is_over(&["ended"]).await;
    let strict = [(); 2].map(|()| scenario.net_lab().home(Uplink::SymmetricNat));
    scenario.close_browsers();
    let (carol, dave) = two(scenario, &strict[0], &strict[1]).await;
    connect(&carol, &dave, CallKind::Video).await;
    tokio::join!(carol.sees(), dave.sees());
    sleep(SETTLED).await;
    keep(&carol, "relayed").await;
}

async fn keep(peer: &Peer, what: &str) {
    let agent: String = peer.page.evaluate("return navigator.userAgent").await;
    let browser = if agent.contains("Firefox") {
        "firefox"
    } else {
        "chromium"
    };
    let mut golden = peer.page.golden().await;
    golden["browser"] = agent.into();
    let directory = std::env::var_os(DIRECTORY).expect("it is set, or this is not played");
    let file = Path::new(&directory).join(format!("{browser}-{what}.json"));
    let text = serde_json::to_string_pretty(&golden).expect("it came as JSON");
    std::fs::write(&file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}
