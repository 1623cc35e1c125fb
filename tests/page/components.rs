//! Components, rendered from views that the test made up: what is shown, under
//! which role and name, and what a click sends.

use futures_channel::mpsc::UnboundedReceiver;
use leptos::mount::mount_to;
use leptos::prelude::*;
use leptos::task::tick;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Element, HtmlElement, HtmlInputElement};
use wimpex::session::{Event, Session};
use wimpex::ui::{
    Banner, BrowserNotices, CheckResults, ConnectionCheck, HideAddress, IncomingDialog, NoWebRtc,
    WelcomePage,
};
use wimpex_call::{
    ActiveCall, CallSnapshot, Capture, Command as CallCommand, PeerConnectionId, Role, State,
};
use wimpex_client::{Check, CheckResult, Command, Input, Loopback, Peer, ServerState};
use wimpex_protocol::{CallId, CallType, Name, UserId};
use wimpex_sansio::UnixTime;

/// A component on a page of its own; gone when it is dropped.
pub(crate) struct Mounted {
    pub(crate) element: HtmlElement,
    pub(crate) session: Session,
    sent: UnboundedReceiver<Event>,
    _handle: Box<dyn std::any::Any>,
}

impl Mounted {
    pub(crate) fn of<V: IntoView + 'static>(
        prepare: impl FnOnce(Session) + 'static,
        show: impl FnOnce() -> V + 'static,
    ) -> Self {
        let element: HtmlElement = document().create_element("div").unwrap().unchecked_into();
        document().body().unwrap().append_child(&element).unwrap();
        let (post, made) = std::sync::mpsc::channel();
        let handle = mount_to(element.clone(), move || {
            let (session, sent) = Session::detached();
            prepare(session);
            provide_context(session);
            post.send((session, sent)).unwrap();
            show()
        });
        let (session, sent) = made.recv().unwrap();
        Self {
            element,
            session,
            sent,
            _handle: Box::new(handle),
        }
    }

    pub(crate) fn find(&self, selector: &str) -> Element {
        self.element
            .query_selector(selector)
            .unwrap()
            .unwrap_or_else(|| panic!("no {selector} in {}", self.element.inner_html()))
    }

    pub(crate) fn button(&self, name: &str) -> HtmlElement {
        let buttons = self.element.query_selector_all("button").unwrap();
        (0..buttons.length())
            .filter_map(|n| buttons.get(n)?.dyn_into::<HtmlElement>().ok())
            .find(|button| button.inner_text().trim() == name)
            .unwrap_or_else(|| panic!("no button {name}"))
    }

    /// What the ui has sent so far.
    pub(crate) fn commands(&mut self) -> Vec<Command> {
        let mut commands = Vec::new();
        while let Ok(event) = self.sent.try_recv() {
            if let Event::Client(Input::Command(command)) = event {
                commands.push(command);
            }
        }
        commands
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        self.element.remove();
    }
}

fn ringing(session: Session, call_type: CallType) {
    session.view.call.set(CallSnapshot {
        state: State::Ringing,
        call: Some(ActiveCall {
            call_type,
            ..alice_calls()
        }),
        ..CallSnapshot::default()
    });
}

pub(crate) fn alice_calls() -> ActiveCall {
    ActiveCall {
        call_id: CallId::parse("call_1").unwrap(),
        peer: UserId::parse("guest-alice").unwrap(),
        peer_name: Some("Alice <b>".to_owned()),
        call_type: CallType::Video,
        role: Role::Callee,
        connection: PeerConnectionId(1),
        callee: wimpex_call::Callee::Unheard,
        connected_at: None,
        muted: false,
        microphone: Capture::Off,
        camera: Capture::Off,
        microphone_interrupted: false,
        camera_interrupted: false,
        sharing: wimpex_call::Sharing::Off,
        on_hold: false,
        video: wimpex_call::CallVideo::On,
        peer_media: None,
    }
}

/// A call with the camera on.
pub(crate) fn in_a_call() -> ActiveCall {
    ActiveCall {
        camera: Capture::On,
        ..alice_calls()
    }
}

fn prompt(call_type: CallType) -> Mounted {
    Mounted::of(
        move |session| ringing(session, call_type),
        || view! { <IncomingDialog /> },
    )
}

#[wasm_bindgen_test]
async fn prompt_names_the_caller_and_marks_it_unverified() {
    let mounted = prompt(CallType::Video);
    tick().await;
    let dialog = mounted.find("dialog[open]");
    assert_eq!(dialog.get_attribute("role").as_deref(), Some("alertdialog"));
    let named_by = dialog.get_attribute("aria-labelledby").unwrap();
    let name = mounted.find(&format!("#{named_by}"));
    assert_eq!(
        name.text_content().as_deref(),
        Some("Alice <b>"),
        "as text, not as markup"
    );
    let text = dialog.text_content().unwrap();
    assert!(text.contains("Video call") && text.contains("not verified"));
}

#[wasm_bindgen_test]
async fn each_answer_of_the_prompt_sends_its_command() {
    let mut mounted = prompt(CallType::Video);
    tick().await;
    mounted.button("Accept").click();
    mounted.button("Accept without camera").click();
    mounted.button("Decline").click();
    gloo_timers::future::TimeoutFuture::new(600).await;
    let cancel = web_sys::Event::new("cancel").unwrap();
    mounted.find("dialog").dispatch_event(&cancel).unwrap();
    assert_eq!(
        mounted.commands(),
        [
            CallCommand::Accept { camera: true },
            CallCommand::Accept { camera: false },
            CallCommand::Decline,
            CallCommand::Decline,
        ]
        .map(Command::Call)
    );
}

#[wasm_bindgen_test]
async fn a_stranger_can_be_blocked_and_silenced_from_the_prompt() {
    let mut mounted = prompt(CallType::Video);
    tick().await;
    mounted.button("Block").click();
    mounted.button("Silence strangers for an hour").click();
    assert_eq!(
        mounted.commands(),
        [Command::BlockCaller, Command::SilenceStrangers]
    );
    // A contact's call takes its place, and both are gone.
    let peer = UserId::parse("w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").unwrap();
    mounted.session.view.peers.set(vec![Peer {
        contact_name: Some("My sister".to_owned()),
        ..Peer::new(peer.clone())
    }]);
    mounted
        .session
        .view
        .call
        .update(|view| view.call.as_mut().unwrap().peer = peer);
    tick().await;
    assert!(
        mounted
            .find(".strangers")
            .unchecked_into::<HtmlElement>()
            .hidden()
    );
    let text = mounted.find("dialog").text_content().unwrap();
    assert!(text.contains("My sister"), "{text}");
}

/// The text of what is not hidden.
fn seen(mounted: &Mounted) -> String {
    mounted.element.inner_text().trim().to_owned()
}

#[wasm_bindgen_test]
async fn silence_is_shown_and_ended_at_home() {
    let mut mounted = Mounted::of(|_| {}, || view! { <BrowserNotices /> });
    tick().await;
    assert_eq!(seen(&mounted), "");
    let until = UnixTime::from_millis(1_800_000_000_000);
    let silenced = mounted.session.view.strangers_silenced_until;
    silenced.set(Some(until));
    tick().await;
    let text = seen(&mounted);
    assert!(text.contains("Strangers are silenced until "), "{text}");
    mounted.button("Ring again").click();
    assert_eq!(mounted.commands(), [Command::HearStrangers]);
    silenced.set(None);
    tick().await;
    assert_eq!(seen(&mounted), "");
}

#[wasm_bindgen_test]
async fn an_audio_call_offers_no_answer_about_the_camera() {
    let mounted = prompt(CallType::Audio);
    tick().await;
    assert!(mounted.button("Accept without camera").hidden());
    assert!(
        mounted
            .find("dialog")
            .text_content()
            .unwrap()
            .contains("Audio call")
    );
}

#[wasm_bindgen_test]
async fn banner_says_what_is_wrong_with_the_server() {
    let mounted = Mounted::of(|_| {}, || view! { <Banner /> });
    let text = |mounted: &Mounted| mounted.find("[role=alert]").text_content().unwrap();
    tick().await;
    assert_eq!(text(&mounted), "");
    for (state, words) in [
        (ServerState::Lost, "Trying again"),
        (ServerState::Blocked, "can’t open a WebSocket"),
        (ServerState::TooManyConnections, "too many connections"),
        (ServerState::LoginRejected, "doesn’t accept"),
        (ServerState::IdentityMismatch, "took you for someone else"),
    ] {
        mounted.session.view.server.set(state);
        tick().await;
        assert!(text(&mounted).contains(words), "{}", text(&mounted));
    }
    mounted.session.view.server.set(ServerState::Lost);
    mounted
        .session
        .view
        .call
        .update(|call| call.state = State::Connected);
    tick().await;
    assert!(
        text(&mounted).contains("Your call continues"),
        "{}",
        text(&mounted)
    );
}

#[wasm_bindgen_test]
fn a_browser_without_webrtc_is_told_what_would_help() {
    let mounted = Mounted::of(|_| {}, || view! { <NoWebRtc /> });
    let text = mounted.find("main").text_content().unwrap();
    assert!(text.contains("cannot make calls") && text.contains("WebRTC"));
}

fn type_name(mounted: &Mounted, text: &str) {
    let field: HtmlInputElement = mounted.find("input").unchecked_into();
    field.set_value(text);
    let input = web_sys::Event::new("input").unwrap();
    field.dispatch_event(&input).unwrap();
}

#[wasm_bindgen_test]
async fn a_bad_name_is_reported_by_the_field() {
    let mut mounted = Mounted::of(|_| {}, || view! { <WelcomePage done=|| {} /> });
    let error = |mounted: &Mounted| mounted.find("#name-error").text_content().unwrap();
    for (text, words) in [
        ("", "Please enter a name"),
        (&*"x".repeat(10_000), "too long"),
        ("a\u{7}b", "can’t be shown"),
    ] {
        type_name(&mounted, text);
        mounted.button("Continue").click();
        tick().await;
        assert!(error(&mounted).contains(words), "{}", error(&mounted));
        let field = mounted.find("input");
        assert_eq!(field.get_attribute("aria-invalid").as_deref(), Some("true"));
        assert_eq!(mounted.commands(), []);
    }
    type_name(&mounted, "  Alice ");
    tick().await;
    assert_eq!(error(&mounted), "", "it goes away as soon as one types");
    mounted.button("Continue").click();
    let name = Name::parse("Alice").unwrap();
    assert_eq!(mounted.commands(), [Command::SetName(name)]);
}

#[wasm_bindgen_test]
async fn hiding_the_address_explains_its_cost() {
    let mut mounted = Mounted::of(|_| (), || view! { <HideAddress /> });
    tick().await;
    let choice: HtmlInputElement = mounted.find("input").unchecked_into();
    let hint = || mounted.find(".hint").text_content().unwrap();
    assert!(!choice.checked());
    assert!(
        hint().contains("can see your network address"),
        "{}",
        hint()
    );
    choice.click();
    assert_eq!(mounted.commands(), [Command::SetHideAddress(true)]);
    mounted.session.view.hide_address.set(true);
    tick().await;
    let hint = || mounted.find(".hint").text_content().unwrap();
    assert!(hint().contains("relay"), "{}", hint());
    mounted.session.view.has_relay.set(false);
    tick().await;
    assert!(hint().contains("no call can connect"), "{}", hint());
    assert!(mounted.find(".hint").class_list().contains("warning"));
}

/// What the check says when all parts fare so.
async fn verdict(fares: impl Fn(Check) -> CheckResult) -> String {
    let mounted = Mounted::of(|_| (), || view! { <CheckResults /> });
    let results = Check::ALL.map(|part| (part, fares(part)));
    mounted.session.view.check.set(results.to_vec());
    tick().await;
    mounted.find("[role=status]").text_content().unwrap()
}

#[wasm_bindgen_test]
async fn the_check_says_in_words_what_to_do() {
    let relayed = CheckResult::Relayed(Loopback {
        round_trip: 31,
        lost: 5,
    });
    let without = |missing: Check| {
        let relayed = relayed.clone();
        move |part| match part {
            _ if part == missing => CheckResult::Fails(None),
            Check::RelayUdp | Check::RelayTcp | Check::RelayTls => relayed.clone(),
            _ => CheckResult::Works,
        }
    };
    for (part, word) in [
        (Check::Microphone, "No one would hear you"),
        (Check::Camera, "no one would see you"),
        (Check::Speaker, "You wouldn’t hear anyone"),
        (Check::Server, "no connection to the server"),
        (Check::RelayUdp, "blocks UDP"),
        (Check::RelayTls, "Everything works"),
    ] {
        let said = verdict(without(part)).await;
        assert!(said.contains(word), "{part:?}: {said}");
    }
    let no_relay = |part| match part {
        Check::RelayUdp | Check::RelayTcp | Check::RelayTls => CheckResult::NotOffered,
        _ => CheckResult::Works,
    };
    assert!(verdict(no_relay).await.contains("home routers"));
    let refused = |part| match part {
        Check::RelayUdp | Check::RelayTcp | Check::RelayTls => CheckResult::Fails(None),
        _ => CheckResult::Works,
    };
    assert!(verdict(refused).await.contains("can’t be reached"));
    assert!(
        verdict(|_| CheckResult::Running)
            .await
            .contains("One moment")
    );
}

#[wasm_bindgen_test]
async fn the_check_shows_each_part_and_begins_with_a_click() {
    let mut mounted = Mounted::of(
        |_| (),
        || view! { <ConnectionCheck results=|| view! { <CheckResults /> }.into_any() /> },
    );
    tick().await;
    let section = |mounted: &Mounted| mounted.element.query_selector("section").unwrap();
    assert!(section(&mounted).is_none(), "nothing to show yet");
    mounted.button("Check my connection").click();
    assert_eq!(mounted.commands(), [Command::CheckConnection]);
    let results = Check::ALL.map(|part| (part, CheckResult::Works));
    mounted.session.view.check.set(results.to_vec());
    tick().await;
    // It comes when it is loaded.
    while section(&mounted).is_none() {
        tick().await;
    }
    let rows = mounted.element.query_selector_all("li").unwrap();
    assert_eq!(rows.length() as usize, Check::ALL.len());
}

#[wasm_bindgen_test]
async fn the_check_asks_whether_its_sound_was_heard() {
    let mut mounted = Mounted::of(|_| (), || view! { <CheckResults /> });
    let fares = |part| match part {
        Check::Speaker => CheckResult::Asks,
        _ => CheckResult::Works,
    };
    mounted
        .session
        .view
        .check
        .set(Check::ALL.map(|part| (part, fares(part))).to_vec());
    tick().await;
    let question: HtmlElement = mounted.find("[role=group]").unchecked_into();
    assert!(!question.hidden());
    mounted.button("Yes").click();
    mounted.button("No").click();
    assert_eq!(
        mounted.commands(),
        [Command::SpeakerHeard(true), Command::SpeakerHeard(false)]
    );
    mounted
        .session
        .view
        .check
        .set(Check::ALL.map(|part| (part, CheckResult::Works)).to_vec());
    tick().await;
    assert!(question.hidden(), "it is settled");
}

/// Rocket.Chat #3470, skype4pidgin #158, nextcloud/spreed #6226.
#[wasm_bindgen_test]
async fn no_key_meant_for_something_else_answers() {
    let field: HtmlInputElement = document().create_element("input").unwrap().unchecked_into();
    document().body().unwrap().append_child(&field).unwrap();
    field.set_value("half a sentence");
    field.focus().unwrap();
    field.set_selection_range(4, 6).unwrap();
    let mut mounted = prompt(CallType::Video);
    tick().await;
    let dialog = mounted.find("dialog");
    assert_eq!(document().active_element().as_ref(), Some(&dialog));
    assert!(mounted.find(".answers").has_attribute("inert"));
    let cancel = web_sys::Event::new("cancel").unwrap();
    dialog.dispatch_event(&cancel).unwrap();
    assert_eq!(mounted.commands(), []);
    gloo_timers::future::TimeoutFuture::new(600).await;
    assert!(!mounted.find(".answers").has_attribute("inert"));
    dialog.dispatch_event(&cancel).unwrap();
    assert_eq!(mounted.commands(), [CallCommand::Decline.into()]);
    drop(mounted);
    gloo_timers::future::TimeoutFuture::new(50).await;
    let focused = document().active_element();
    assert!(focused.is_some_and(|it| it.is_same_node(Some(&field))));
    let selected = (field.selection_start(), field.selection_end());
    assert_eq!(selected, (Ok(Some(4)), Ok(Some(6))));
    field.remove();
}
