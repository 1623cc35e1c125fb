//! The loop: event → machine → outputs → adapters → view.

use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender};
use futures_util::StreamExt;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wimpex_call::limits;
use wimpex_call::{Generation, Input, Machine, MediaRequest, PeerConnectionState, State};
use wimpex_protocol::{Sdp, Signal, UserId};
use wimpex_webrtc::IceServer;

use super::connection::{self, Connection};
use super::devices::Devices;
use super::event::Event;
use super::guard::{Pair, Post, Word};
use super::link::Link;
use super::media_policy::Hardware;
use super::person::{self, Who};
use super::trace::{Trace, candidate_kind};
use super::{CONTACTS, Options, ServerState, View};
use crate::browser::rtc_peer_connection::PeerEvent;
use crate::browser::{Listener, clock, location, media_capture, network_information, window};
use crate::chunk;

/// Starts the loop.
pub(super) fn spawn(
    options: Options,
    view: View,
    inbox: UnboundedSender<Event>,
    mut events: UnboundedReceiver<Event>,
) {
    let mut runtime = Runtime::new(options, view, inbox);
    spawn_local(async move {
        runtime.begin();
        while let Some(event) = events.next().await {
            runtime.handle(event);
        }
    });
}

pub(super) struct Runtime {
    pub(super) machine: Machine,
    pub(super) view: View,
    pub(super) inbox: UnboundedSender<Event>,
    pub(super) link: Link,
    pub(super) ice_servers: Vec<IceServer>,
    pub(super) hardware: Hardware,
    pub(super) devices: Devices,
    pub(super) identity: Who,
    /// Until the browser has found a key, or none.
    pub(super) looking: Option<Timeout>,
    pub(super) post: Post,
    /// So many times the guard could not be loaded.
    pub(super) unloaded: u32,
    /// The guard's verdicts are being followed.
    pub(super) follows: bool,
    /// What is still to be said over the call's own connection.
    pub(super) unsaid: Option<String>,
    /// The call that the guard knows of.
    pub(super) kept: Option<Pair>,
    pub(super) connection: Option<Connection>,
    pub(super) farewell: Option<Timeout>,
    wake: Option<Timeout>,
    /// Screens have come and gone.
    sweeps: bool,
    pub(super) trace: Trace,
    _network: Option<Listener>,
    _listeners: [Listener; 6],
}

impl Runtime {
    fn new(options: Options, view: View, inbox: UnboundedSender<Event>) -> Self {
        if options.ring != limits::RING {
            view.record(&mut |recorder| recorder.ring = Some(options.ring));
        }
        let on = |name, event: fn() -> Event| {
            let inbox = inbox.clone();
            window::on(name, move |_| {
                let _ = inbox.unbounded_send(event());
            })
        };
        Self {
            machine: Machine::with_ring_time(options.ring),
            view,
            link: Link::new(inbox.clone()),
            ice_servers: Vec::new(),
            hardware: Hardware::default(),
            devices: Devices::default(),
            identity: Who::default(),
            looking: None,
            post: Post::default(),
            unloaded: 0,
            follows: false,
            unsaid: None,
            kept: None,
            connection: None,
            farewell: None,
            wake: None,
            sweeps: false,
            trace: Trace::new(view, options.debug),
            _network: network_information::on_type_change({
                let inbox = inbox.clone();
                move || {
                    let _ = inbox.unbounded_send(Event::NetworkChanged);
                }
            }),
            _listeners: [
                on("online", || Event::NetworkChanged),
                on("storage", || Event::Stored),
                on("focus", || Event::Back),
                on("pageshow", || Event::Back),
                on("pagehide", || Event::Leaving),
                // In Firefox the socket is closing already when `pagehide` comes.
                on("beforeunload", || Event::Leaving),
            ],
            inbox,
        }
    }

    pub(super) fn handle(&mut self, event: Event) {
        match event {
            Event::Person(intent) => self.person(intent),
            Event::Socket(number, event) => {
                if let Some(news) = self.link.socket(number, event) {
                    self.news(news);
                }
            }
            Event::Reconnect => self.link.open(),
            Event::Beat => {
                if std::mem::take(&mut self.sweeps) {
                    self.view.sweep();
                }
                let in_call = self.machine.view().call.is_some();
                if let Some(news) = self.link.beat(in_call) {
                    self.news(news);
                }
            }
            Event::Back => self.link.hurry(),
            Event::Stored => {
                // Another tab has forgotten the person: so does this one.
                if self.view.name.with_untracked(Option::is_some) && !person::is_remembered() {
                    self.link.close();
                    location::replace("/");
                }
            }
            Event::HttpWorks(works) => {
                let lost = self.view.server.get_untracked() == ServerState::Lost;
                if works && lost {
                    self.view.server.set(ServerState::Blocked);
                }
            }
            Event::Hardware(hardware) => self.hardware = hardware,
            Event::Identity(found) => self.identified(found),
            Event::SignedLogin(number, signature) => self.signed_login(number, signature),
            Event::Guard(guard) => self.post_guard(guard),
            Event::LoadGuard => self.load_guard_again(),
            Event::Guarded(word) => self.guard(word),
            Event::Peer(generation, event) => self.peer(generation, event),
            Event::DataChannelMessage(generation, text) => {
                self.data_channel_message(generation, &text);
            }
            Event::Offered(generation, Ok(sdp)) => {
                let sdp = Sdp(sdp);
                self.input(Input::LocalOffer { generation, sdp });
            }
            Event::Answered(generation, Ok(sdp)) => {
                let sdp = Sdp(sdp);
                self.input(Input::LocalAnswer { generation, sdp });
            }
            Event::Accepted(_, Ok(())) => {}
            Event::Offered(generation, Err(error))
            | Event::Answered(generation, Err(error))
            | Event::Accepted(generation, Err(error)) => {
                self.trace.note(format!("negotiation failed: {error}"));
                self.input(Input::NegotiationFailed { generation });
            }
            Event::Captured(request, captured) => self.captured(request, captured),
            Event::TrackEnded(request, kind) => self.input(Input::TrackEnded { request, kind }),
            Event::Checked(part, finding) => self.view.check.update(|check| {
                let known = check.iter_mut().find(|(known, _)| *known == part);
                if let Some((_, before)) = known {
                    *before = finding;
                }
            }),
            Event::NoCheck => {
                self.view.check.set(Vec::new());
                self.view.no_check.set(true);
            }
            Event::Second => {
                self.say_directly();
                if let Some(connection) = &self.connection {
                    connection.measure();
                }
            }
            Event::Tenth => {
                if let Some(connection) = &self.connection {
                    connection.listen();
                }
            }
            Event::Measured(generation, report) => {
                let camera = self.machine.view().call.map(|call| call.camera);
                let current = self.connection.as_mut();
                let current = current.filter(|c| c.generation == generation);
                if current.is_some_and(|connection| connection.measured(report, camera)) {
                    self.trace.note("nothing comes any more".to_owned());
                    // Sooner than ICE gives up, and where the browser does not say that
                    // the network has changed (Firefox). Without harm if it is wrong:
                    // the way in use stays until there is a better one.
                    self.handle(Event::NetworkChanged);
                }
            }
            Event::Gauge(generation, gauge) => {
                let current = self.connection.as_mut();
                if let Some(connection) = current.filter(|c| c.generation == generation) {
                    connection.gauge = Some(gauge);
                }
            }
            Event::NetworkChanged => {
                self.link.network_changed();
                self.input(Input::NetworkChanged);
            }
            Event::Wake => self.input(Input::Timeout),
            Event::Leaving => {
                // Nothing can be heard or said after this. A prompt is left to the
                // person's other devices.
                if self.machine.state() != State::Ringing {
                    self.input(Input::HangUp);
                }
                self.link.close();
            }
        }
    }

    fn peer(&mut self, generation: Generation, event: PeerEvent) {
        match event {
            PeerEvent::Candidate(found) => {
                self.trace.note(format!(
                    "local candidate: {}",
                    candidate_kind(&found.candidate)
                ));
                self.view
                    .routes
                    .update_value(|routes| routes.own.add(&found.candidate));
                self.input(Input::LocalCandidate {
                    generation,
                    candidate: found,
                });
            }
            PeerEvent::Connection(state) => {
                self.trace.note(format!("connectionState: {state:?}"));
                let current = self.connection.as_ref();
                let current = current.filter(|c| c.generation == generation);
                if let (
                    wimpex_webrtc::PeerConnectionState::Connected,
                    Some(connection),
                    Some(call),
                ) = (state, current, &self.kept)
                {
                    let connected = Word::Connected(call.clone(), connection.js());
                    self.guard(connected);
                }
                let state = connection::state(state);
                self.input(Input::Connection { generation, state });
            }
            PeerEvent::Gathered => self.trace.note("all candidates found".to_owned()),
            PeerEvent::Ice(state) => self.trace.note(format!("iceConnectionState: {state:?}")),
            PeerEvent::Signaling(state) => self.trace.note(format!("signalingState: {state:?}")),
            PeerEvent::Closed => {
                self.trace.note("the peer closed the connection".to_owned());
                let state = PeerConnectionState::Closed;
                self.input(Input::Connection { generation, state });
            }
            PeerEvent::SelectedPairChanged => {
                let current = self.connection.as_ref();
                if let Some(connection) = current.filter(|c| c.generation == generation) {
                    connection.send_key_frame();
                }
            }
            PeerEvent::Track(track) => {
                self.trace.note(format!("received track: {}", track.kind()));
                let current = self.connection.as_ref();
                if let Some(connection) = current.filter(|c| c.generation == generation) {
                    connection.track(&track);
                }
            }
        }
    }

    fn data_channel_message(&mut self, generation: Generation, text: &str) {
        // Only these are worth saying twice; whatever else it is, is ignored.
        match (Signal::decode(text), &self.kept) {
            (Ok(Signal::CallEnd(end)), _) => {
                self.trace.note("received call-end directly".to_owned());
                self.input(Input::Direct { generation, end });
            }
            (Ok(Signal::CallConfirm(confirm)), Some(call)) => {
                let word = Word::Direct(call.clone(), confirm);
                self.guard(word);
            }
            _ => {}
        }
    }

    fn captured(&mut self, request: MediaRequest, captured: media_capture::Captured) {
        let inbox = self.inbox.clone();
        let (audio, video) = self.devices.take(request, captured, move |kind| {
            let _ = inbox.unbounded_send(Event::TrackEnded(request, kind));
        });
        self.input(Input::Media {
            request,
            audio,
            video,
        });
    }

    /// One input to the machine, and everything that comes of it.
    pub(super) fn input(&mut self, input: Input) {
        let (before, now) = (self.machine.state(), clock::now());
        let view = self.view;
        view.record(&mut |recorder| recorder.begin(now, &input));
        self.machine.handle(input, now);
        let after = self.machine.state();
        if before != after {
            self.sweeps = true;
            if matches!(after, State::Calling | State::Ringing) {
                // In the call the server, and with it the rest of the page, may be away.
                spawn_local(async {
                    let _ = chunk::preload().await;
                });
            }
        }
        view.record(&mut |recorder| recorder.end(after));
        while let Some(output) = self.machine.poll_output() {
            view.record(&mut |recorder| recorder.output(output.name()));
            self.perform(output);
        }
        self.keep_call();
        self.trace.changed();
        self.watch();
        self.set_wake();
    }

    /// Whoever is looked at, and whoever the call is with.
    pub(super) fn watch(&mut self) {
        let mut users: Vec<UserId> = self
            .machine
            .view()
            .call
            .map(|call| call.peer)
            .into_iter()
            .collect();
        self.view.people.with_untracked(|people| {
            // Who was opened last comes last.
            for person in people.iter().rev() {
                if users.len() < CONTACTS && !users.contains(&person.user) {
                    users.push(person.user.clone());
                }
            }
        });
        self.link.watch(users);
    }

    /// One timer, set anew after each input.
    fn set_wake(&mut self) {
        self.wake = self.machine.poll_timeout().map(|at| {
            let inbox = self.inbox.clone();
            // Rounded up: a timer that comes a little early would find nothing due.
            let millis = at.saturating_sub(clock::now()).as_millis() + 1;
            let millis = u32::try_from(millis).unwrap_or(u32::MAX);
            Timeout::new(millis, move || {
                let _ = inbox.unbounded_send(Event::Wake);
            })
        });
    }
}
