//! Every screen, wide and narrow, light and dark: axe-core finds nothing.
//!
//! `WIMPEX_AXE` names its file; without it the scenes only visit the screens. `WIMPEX_SCREENSHOTS`
//! names a folder into which each is saved, for somebody to look at.

use std::env;
use std::fs;
use std::path::PathBuf;

use serde_json::json;
use wimpex_e2e::{BrowserKind, BrowserOptions, CallKind, Peer, Role, Scenario};

use crate::page_return::is_kept;
use crate::shared::{adds, alice_and_bob, in_a_call, opens_the_book, scenarios, unfold};
use crate::waiting::carol_waits;

scenarios! {
    // DevTools set what Firefox's driver cannot: sizes, colours, letters, what is preferred.
    Chromium: axe_finds_nothing_before_a_call,
    Chromium: axe_finds_nothing_while_it_rings,
    Chromium: axe_finds_nothing_in_a_call,
    Chromium: axe_finds_nothing_in_what_a_call_becomes,
    Chromium: axe_finds_nothing_with_two_calls,
    Chromium: axe_finds_nothing_in_a_recording,
    Chromium: axe_finds_nothing_on_the_way_back_to_a_call,
    Chromium: axe_finds_nothing_where_a_message_is_left,
    Chromium: report_21_online_is_told_by_shape_too,
    Chromium: axe_finds_nothing_where_something_is_missing,
    Chromium: twice_as_large_a_text_fits,
    Chromium: nothing_moves_for_who_wants_no_motion,
    Chromium: no_state_is_told_by_colour_alone,
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
    alice
        .page
        .click(Role::Button, "Check camera and microphone")
        .await;
    alice.page.find(Role::Video, "Preview of your camera").await;
    audit.look(&alice, "devices-at-home").await;
    alice.page.click(Role::Button, "Close").await;
    unfold(&alice, "New link").await;
    alice.page.fill("What it’s for", "For the plumber").await;
    alice.page.click(Role::Button, "Make a link").await;
    alice
        .page
        .click(Role::Button, "QR code: For the plumber")
        .await;
    unfold(&alice, "Who may ring all the same").await;
    alice.page.click(Role::Button, "For 30 minutes").await;
    alice.page.wait_for_text(&["Do not disturb until"]).await;
    audit.look(&alice, "doors").await;
    alice.page.click(Role::Button, "Turn off").await;
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

async fn axe_finds_nothing_on_the_way_back_to_a_call(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    let mut audit = Audit::new();
    let back = "Return to the call";
    // The call waits for some seconds: too short for all sizes at once.
    for size in SIZES {
        is_kept(&bob).await;
        bob.page.reload().await;
        bob.page.find(Role::Button, back).await;
        audit.look_in(&bob, "return", size).await;
        // From here on it says that this page keeps the call, and not the one before.
        let unmark = "localStorage.removeItem('wimpex.call'); return true";
        let _: bool = bob.page.evaluate(unmark).await;
        // It has been there all the time.
        bob.page.click(Role::Button, back).await;
        tokio::join!(alice.is_connected(), bob.is_connected());
    }
    alice.end().await;
    audit.verdict();
}

async fn axe_finds_nothing_where_a_message_is_left(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let mut audit = Audit::new();
    let link = bob.link().await;
    opens_the_book(&bob).await;
    adds(&bob, &alice.link().await, "My Alice").await;
    bob.page
        .wait_for_text(&["Anyone who can call you can leave you a message"])
        .await;
    // As a browser that can install the page says so.
    let offer = "dispatchEvent(new Event('beforeinstallprompt')); return true";
    let _: bool = bob.page.evaluate(offer).await;
    bob.page.find(Role::Button, "Install").await;
    audit.look(&bob, "message-settings").await;
    bob.visit("/healthz").await;
    alice.call(&link, CallKind::Video).await;
    alice.call_is_over(&["offline", "isn’t online"]).await;
    let click = async |name: &str| alice.page.click(Role::Button, name).await;
    alice.page.find(Role::Button, "Leave a message").await;
    audit.look(&alice, "message-offered").await;
    click("Leave a message").await;
    audit.look(&alice, "message-choosing").await;
    click("Record with picture").await;
    alice.page.wait_for_text(&["Recording: 0"]).await;
    audit.look(&alice, "message-recording").await;
    click("Stop").await;
    alice
        .page
        .wait_for_text(&["Nothing has been sent yet"])
        .await;
    audit.look(&alice, "message-preview").await;
    click("Send message").await;
    alice.page.wait_for_text(&["Sent."]).await;
    audit.look(&alice, "message-sent").await;
    bob.visit("/").await;
    bob.at_home().await;
    let play = "Play the message from My Alice";
    bob.page.find(Role::Button, play).await;
    audit.look(&bob, "message-came").await;
    bob.page.click(Role::Button, play).await;
    bob.page.find(Role::Video, "Message from My Alice").await;
    audit.look(&bob, "message-played").await;
    audit.verdict();
}

/// rustdesk #13765, ChatSecure-iOS #1019, stoatchat/for-android #126.
async fn report_21_online_is_told_by_shape_too(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    alice.visit(&format!("/u/{}", bob.id().await)).await;
    alice.page.wait_for_text(&["online"]).await;
    let border = |is_online: bool| {
        format!(
            "const sign = document.querySelector('.presence');
             sign.classList.toggle('online', {is_online});
             return getComputedStyle(sign, '::before').borderTopWidth"
        )
    };
    for colours in ["none", "active"] {
        let features = json!({ "features": [{ "name": "forced-colors", "value": colours }] });
        alice
            .page
            .devtools("Emulation.setEmulatedMedia", features)
            .await;
        let online: String = alice.page.evaluate(&border(true)).await;
        let away: String = alice.page.evaluate(&border(false)).await;
        assert_ne!(online, away, "forced colours: {colours}");
    }
}

/// A call for each screen: all of them would take too much of the minute that one rings for.
async fn axe_finds_nothing_while_it_rings(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let mut audit = Audit::new();
    let rings = async |caller: &Peer, callee: &Peer| {
        caller.call(&callee.link().await, CallKind::Video).await;
        callee.is_called().await;
        callee.page.find(Role::Button, "Accept").await;
    };
    let is_over = async |caller: &Peer, callee: &Peer| {
        caller.cancel().await;
        callee.back_home().await;
        caller.back_home().await;
    };
    rings(&alice, &bob).await;
    audit.look(&bob, "prompt").await;
    is_over(&alice, &bob).await;
    rings(&alice, &bob).await;
    bob.page
        .click(Role::Button, "Check camera and microphone")
        .await;
    bob.page.find(Role::Video, "Preview of your camera").await;
    audit.look(&bob, "devices-in-the-prompt").await;
    bob.page.click(Role::Button, "Close").await;
    is_over(&alice, &bob).await;
    // The third call of who gave up twice would not ring.
    rings(&bob, &alice).await;
    audit.look(&bob, "calling").await;
    is_over(&bob, &alice).await;
    audit.verdict();
}

async fn axe_finds_nothing_in_a_call(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    let mut audit = Audit::new();
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
    let say = |peer: &Peer, text: &'static str| {
        let page = peer.page.clone();
        async move {
            page.paste("Message", text).await;
            page.click(Role::Button, "Send").await;
        }
    };
    bob.page.click(Role::Button, "Chat").await;
    say(&bob, "Can you hear me?").await;
    alice.page.find(Role::Button, "Bob: Can you hear me?").await;
    audit.look(&alice, "chat-notice").await;
    alice.page.click(Role::Button, "Chat").await;
    say(&alice, "Yes!").await;
    say(
        &alice,
        "The plan is at https://example.org/plan, have a look.",
    )
    .await;
    say(
        &bob,
        "Thank you. I’ll read it tonight,\nand call you tomorrow.",
    )
    .await;
    alice.page.wait_for_text(&["tomorrow", "Read"]).await;
    audit.look(&alice, "chat").await;
    alice.page.click(Role::Button, "Chat").await;
    alice.page.click(Role::Button, "Devices").await;
    alice.page.find(Role::Region, "Devices").await;
    audit.look(&alice, "devices").await;
    alice.end().await;
    audit.verdict();
}

async fn axe_finds_nothing_in_what_a_call_becomes(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    let mut audit = Audit::new();
    alice.page.click(Role::Button, "Share screen").await;
    alice.page.find(Role::Region, "Your shared screen").await;
    bob.page.wait_for_text(&["is sharing their screen"]).await;
    audit.look(&alice, "sharing").await;
    audit.look(&bob, "shared").await;
    alice.page.click(Role::Button, "Stop sharing").await;
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
    bob.page.click(Role::Button, "Turn camera on").await;
    alice.page.find(Role::Button, "Stay unseen").await;
    audit.look(&alice, "video-asked-for").await;
    audit.verdict();
}

async fn axe_finds_nothing_with_two_calls(scenario: &Scenario<'_>) {
    let (alice, bob, carol) = carol_waits(scenario).await;
    let mut audit = Audit::new();
    audit.look(&bob, "call-waiting").await;
    bob.page.click(Role::Button, "Hold and answer").await;
    tokio::join!(bob.is_connected(), carol.sees());
    audit.look(&bob, "two-calls").await;
    audit.look(&alice, "put-on-hold").await;
    carol.end().await;
    bob.page.find(Role::Button, "Resume").await;
    audit.look(&bob, "on-hold").await;
    audit.verdict();
}

async fn axe_finds_nothing_in_a_recording(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    let mut audit = Audit::new();
    let click = async |peer: &Peer, name: &str| {
        peer.page.keep_awake().await;
        peer.page.click(Role::Button, name).await;
    };
    click(&alice, "Record").await;
    bob.page.find(Role::Button, "Agree").await;
    audit.look(&alice, "recording-waits").await;
    audit.look(&bob, "recording-asked-for").await;
    click(&bob, "Agree").await;
    bob.page.find(Role::Button, "Take back my consent").await;
    audit.look(&alice, "recording").await;
    audit.look(&bob, "recorded").await;
    click(&alice, "Stop recording").await;
    let kept = "Recordings you haven’t saved";
    alice.page.find(Role::Region, kept).await;
    audit.look(&alice, "recording-kept").await;
    click(&alice, "Take a photo").await;
    click(&bob, "Refuse").await;
    alice.page.wait_for_text(&["doesn’t want a photo"]).await;
    audit.look(&alice, "photo-refused").await;
    click(&alice, "End call").await;
    alice.page.find(Role::Button, "Back to home").await;
    alice.page.find(Role::Region, kept).await;
    audit.look(&alice, "recording-ended").await;
    alice.back_home().await;
    alice.page.find(Role::Region, kept).await;
    audit.look(&alice, "recording-at-home").await;
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

/// WCAG 1.4.4: text of twice the size loses nothing.
async fn twice_as_large_a_text_fits(scenario: &Scenario<'_>) {
    let open = async |name| {
        let large = BrowserOptions {
            large_text: true,
            ..BrowserOptions::default()
        };
        let peer = scenario.unopened_peer_with(name, large).await;
        peer.open().await;
        let size: String = peer
            .page
            .evaluate("return getComputedStyle(document.documentElement).fontSize")
            .await;
        assert_eq!(size, "32px");
        peer
    };
    let (alice, bob) = (open("Alice").await, open("Bob").await);
    is_whole_at_twice_the_size(&alice, "home").await;
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.is_called().await;
    is_whole_at_twice_the_size(&bob, "prompt").await;
    bob.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    is_whole_at_twice_the_size(&alice, "call").await;
    alice.end().await;
    alice.page.find(Role::Button, "Back to home").await;
    is_whole_at_twice_the_size(&alice, "ended").await;
}

async fn is_whole_at_twice_the_size(peer: &Peer, screen: &str) {
    for (width, height) in [(1280, 800), (390, 844)] {
        peer.page.show_on(width, height, "light").await;
        peer.page.keep_awake().await;
        let script = "const wider = document.scrollingElement.scrollWidth - innerWidth;
            const cut = [...document.querySelectorAll('button, input, h1, h2')].filter((it) => {
                if (!it.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false;
                it.scrollIntoView({ block: 'center' });
                const box = it.getBoundingClientRect();
                return box.width > 1 && (box.left < -1 || box.right > innerWidth + 1
                    || box.top < -1 || box.bottom > innerHeight + 1);
            }).map((it) => it.getAttribute('aria-label') ?? it.innerText);
            return [wider, cut]";
        let (wider, cut): (i32, Vec<String>) = peer.page.evaluate(script).await;
        assert!(
            wider <= 0 && cut.is_empty(),
            "{screen}, {width}: {wider} pixels too wide, cut: {cut:?}"
        );
    }
}

/// The prompt ripples, and panels arrive; not where that makes somebody ill.
async fn nothing_moves_for_who_wants_no_motion(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    alice.call(&bob.link().await, CallKind::Audio).await;
    bob.is_called().await;
    for (wish, moves) in [("no-preference", true), ("reduce", false)] {
        let features = json!({ "features": [{ "name": "prefers-reduced-motion", "value": wish }] });
        bob.page
            .devtools("Emulation.setEmulatedMedia", features)
            .await;
        let running: usize = bob
            .page
            .evaluate("return document.getAnimations().length")
            .await;
        assert_eq!(running > 0, moves, "{wish}: {running}");
    }
}

/// In forced colours a system takes all of ours: what is on still says so, by its words for who
/// hears it and by its shape for who sees it.
async fn no_state_is_told_by_colour_alone(scenario: &Scenario<'_>) {
    let (alice, _bob) = in_a_call(scenario, CallKind::Video).await;
    let features = json!({ "features": [{ "name": "forced-colors", "value": "active" }] });
    alice
        .page
        .devtools("Emulation.setEmulatedMedia", features)
        .await;
    let look = async |names: [&str; 2]| -> (String, String) {
        let script = format!(
            "const it = [...document.querySelectorAll('button')]
                .find((it) => {names:?}.includes(it.getAttribute('aria-label')));
             const style = getComputedStyle(it);
             return [it.getAttribute('aria-label') + it.ariaExpanded + it.ariaPressed,
                it.innerHTML + style.borderStyle + style.borderWidth + style.outlineStyle]"
        );
        alice.page.evaluate(&script).await
    };
    for names in [["Mute", "Unmute"], ["Turn camera off", "Turn camera on"]] {
        alice.page.keep_awake().await;
        let off = look(names).await;
        alice.page.click(Role::Button, names[0]).await;
        alice.page.find(Role::Button, names[1]).await;
        let on = look(names).await;
        assert_ne!(off.0, on.0, "{names:?} in words");
        assert_ne!(off.1, on.1, "{names:?} in shape");
    }
}

pub(crate) struct Audit {
    axe: Option<String>,
    screenshots: Option<PathBuf>,
    found: Vec<String>,
}

impl Audit {
    pub(crate) fn new() -> Self {
        let axe = env::var_os("WIMPEX_AXE");
        Self {
            axe: axe.map(|file| fs::read_to_string(file).expect("axe-core's file")),
            screenshots: env::var_os("WIMPEX_SCREENSHOTS").map(PathBuf::from),
            found: Vec::new(),
        }
    }

    /// Looks at what is shown now, in every way.
    pub(crate) async fn look(&mut self, peer: &Peer, screen: &str) {
        for size in SIZES {
            self.look_in(peer, screen, size).await;
        }
    }

    /// The same in one size.
    async fn look_in(&mut self, peer: &Peer, screen: &str, (width, height): (u32, u32)) {
        for colours in ["light", "dark"] {
            if colours == "dark" && peer.page.kind() != BrowserKind::Chromium {
                continue;
            }
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
                .evaluate(
                    "const it = document.scrollingElement; return it.scrollWidth - it.clientWidth",
                )
                .await;
            if overflow > 0 {
                self.found
                    .push(format!("{way}: {overflow} pixels wider than the screen"));
            }
        }
    }

    pub(crate) fn verdict(self) {
        assert!(self.found.is_empty(), "{:#?}", self.found);
    }
}
