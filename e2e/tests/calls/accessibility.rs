//! Every screen, wide and narrow, light and dark: axe-core finds nothing.
//!
//! `WIMPEX_AXE` names its file; without it the scenes only visit the screens. `WIMPEX_SCREENSHOTS`
//! names a folder into which each is saved, for somebody to look at.

use std::env;
use std::fs;
use std::path::PathBuf;

use wimpex_e2e::{CallKind, Peer, Role, Scenario};

use crate::shared::{adds, alice_and_bob, opens_the_book, scenarios, unfold};

scenarios! {
    Chromium: axe_finds_nothing_before_a_call,
    Chromium: axe_finds_nothing_in_a_call,
    Chromium: axe_finds_nothing_where_something_is_missing,
}

const SIZES: [(u32, u32); 3] = [(1280, 800), (390, 844), (844, 390)];

async fn axe_finds_nothing_before_a_call(scenario: &Scenario<'_>) {
    let bob = scenario.peer("Bob").await;
    let alice = scenario.unopened_peer("Alice").await;
    let mut audit = Audit::new();
    alice.visit("/").await;
    alice.page.find(Role::Textbox, "Your name").await;
    audit.look(&alice, "welcome").await;
    alice.enter_name().await;
    alice.at_home().await;
    // Beside the link there is room for contacts only where it is wide.
    alice.page.show_on(390, 844, "light").await;
    alice.page.reload().await;
    alice.at_home().await;
    audit.look(&alice, "home-untouched").await;
    alice.page.click(Role::Button, "QR code").await;
    opens_the_book(&alice).await;
    adds(&alice, &bob.link().await, "Bob, my brother").await;
    audit.look(&alice, "contacts").await;
    unfold(&alice, "Keyboard shortcuts").await;
    unfold(&alice, "Forget me").await;
    alice.page.click(Role::Button, "Check my connection").await;
    alice.page.fill("Call link or ID", "no link!").await;
    alice.press_call(CallKind::Video).await;
    audit.look(&alice, "home-all-open").await;
    let own = alice.id().await;
    alice.visit(&format!("/u/{}", bob.id().await)).await;
    alice.page.find(Role::Button, "Video call").await;
    audit.look(&alice, "person").await;
    alice.visit(&format!("/u/{own}")).await;
    alice.page.wait_for_text(&["your own link"]).await;
    audit.look(&alice, "own-link").await;
    alice.visit("/u/!").await;
    alice.page.find(Role::Button, "Back to home").await;
    audit.look(&alice, "broken-link").await;
    audit.verdict();
}

async fn axe_finds_nothing_in_a_call(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let mut audit = Audit::new();
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.is_called().await;
    bob.page.find(Role::Button, "Accept").await;
    audit.look(&bob, "prompt").await;
    audit.look(&alice, "calling").await;
    bob.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    tokio::join!(alice.sees(), bob.sees());
    audit.look(&alice, "call").await;
    alice.page.keep_awake().await;
    alice.page.press('?').await;
    alice.page.find(Role::Dialog, "Keyboard shortcuts").await;
    audit.look(&alice, "shortcuts").await;
    alice.page.click(Role::Button, "Close").await;
    alice.page.click(Role::Button, "Quality").await;
    alice.page.find(Role::Region, "Call quality").await;
    audit.look(&alice, "quality").await;
    alice.page.click(Role::Button, "Quality").await;
    let lock = "document.querySelector('.lock').click(); return true";
    let _: bool = alice.page.evaluate(lock).await;
    audit.look(&alice, "verification").await;
    alice.end().await;
    alice.page.find(Role::Button, "Back to home").await;
    audit.look(&alice, "ended").await;
    bob.back_home().await;
    alice.back_home().await;
    bob.call(&alice.link().await, CallKind::Audio).await;
    alice.accept().await;
    alice.is_connected().await;
    audit.look(&alice, "audio-call").await;
    audit.verdict();
}

async fn axe_finds_nothing_where_something_is_missing(scenario: &Scenario<'_>) {
    let (alice, bob) = (
        scenario.unopened_peer("Alice").await,
        scenario.unopened_peer("Bob").await,
    );
    let mut audit = Audit::new();
    bob.page
        .before_each_load("delete window.RTCPeerConnection")
        .await;
    bob.visit("/").await;
    bob.page.wait_for_text(&["cannot make calls"]).await;
    audit.look(&bob, "no-webrtc").await;
    alice
        .page
        .before_each_load("delete Navigator.prototype.mediaDevices")
        .await;
    alice.open().await;
    scenario.server_mut().kill();
    alice
        .page
        .wait_for_text(&["No connection to the server"])
        .await;
    audit.look(&alice, "missing").await;
    audit.verdict();
}

struct Audit {
    axe: Option<String>,
    screenshots: Option<PathBuf>,
    found: Vec<String>,
}

impl Audit {
    fn new() -> Self {
        let axe = env::var_os("WIMPEX_AXE");
        Self {
            axe: axe.map(|file| fs::read_to_string(file).expect("axe-core's file")),
            screenshots: env::var_os("WIMPEX_SCREENSHOTS").map(PathBuf::from),
            found: Vec::new(),
        }
    }

    /// Looks at what is shown now, in every way.
    async fn look(&mut self, peer: &Peer, screen: &str) {
        for (width, height) in SIZES {
            for colours in ["light", "dark"] {
                peer.page.show_on(width, height, colours).await;
                peer.page.keep_awake().await;
                let way = format!("{screen}-{width}-{colours}");
                if let Some(axe) = &self.axe {
                    let found = peer.page.accessibility_violations(axe).await;
                    self.found
                        .extend(found.into_iter().map(|it| format!("{way}: {it}")));
                }
                if let Some(folder) = &self.screenshots {
                    let file = folder.join(format!("{way}.png"));
                    peer.page.save_screenshot(&file).await;
                }
                let overflow: i32 = peer
                    .page
                    .evaluate("const it = document.scrollingElement; return it.scrollWidth - it.clientWidth")
                    .await;
                if overflow > 0 {
                    self.found
                        .push(format!("{way}: {overflow} pixels wider than the screen"));
                }
            }
        }
    }

    fn verdict(self) {
        assert!(self.found.is_empty(), "{:#?}", self.found);
    }
}
