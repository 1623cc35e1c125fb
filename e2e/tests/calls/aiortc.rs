//! Calls with aiortc, whose candidates name a section that no description has, and which ends
//! them by an empty, a `null` and a missing one. Played where there is an aiortc
//! (`WIMPEX_AIORTC`): by `cargo xtask soak`.

use std::path::PathBuf;

use wimpex_e2e::{AiortcPeer, CallKind, Scenario};

use crate::shared::scenarios;

scenarios! {
    AnyBrowsers: aiortc_calls_wimpex,
    AnyBrowsers: wimpex_calls_aiortc,
}

fn python() -> Option<PathBuf> {
    let python = AiortcPeer::python();
    if python.is_none() {
        eprintln!("there is no aiortc: WIMPEX_AIORTC names none");
    }
    python
}

async fn aiortc_calls_wimpex(scenario: &Scenario<'_>) {
    let Some(python) = python() else { return };
    let alice = scenario.peer("Alice").await;
    let url = scenario.server().socket_url();
    let mut peer = AiortcPeer::calling(python, &url, &alice.id().await);
    let prompt = alice.is_called().await;
    assert!(prompt.contains("aiortc"), "{prompt:?}");
    alice.accept().await;
    alice.is_connected().await;
    peer.is_connected();
    alice.sees().await;
    peer.sees();
    alice.end().await;
    alice.call_is_over(&["ended"]).await;
    peer.is_over();
    alice.left_nothing().await;
}

async fn wimpex_calls_aiortc(scenario: &Scenario<'_>) {
    let Some(python) = python() else { return };
    let alice = scenario.peer("Alice").await;
    let url = scenario.server().socket_url();
    let mut peer = AiortcPeer::answering(python, &url);
    alice.call(&peer.id(), CallKind::Video).await;
    alice.is_connected().await;
    peer.is_connected();
    alice.sees().await;
    peer.sees();
    alice.end().await;
    alice.call_is_over(&["ended"]).await;
    peer.is_over();
    alice.left_nothing().await;
}
