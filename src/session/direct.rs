//! The exchange of the two pages of each call: drives `wimpex_direct::Direct` over the channels of
//! the call's connections, and keeps what the user wants kept. Loaded with the call.

use std::sync::Arc;

use gloo_timers::callback::Timeout;
use leptos::prelude::{RwSignal, Set};
use wasm_bindgen_futures::spawn_local;
use wimpex_call::{ActiveCall, CallSnapshot, PeerConnectionId};
use wimpex_direct::{Caption, Direct, Feature, Input, Line, Output, StreamId};
use wimpex_identity::is_key_id;
use wimpex_protocol::{CallId, UserId};
use wimpex_sansio::{Machine, UnixTime};

use super::chat_database;
use super::connection::Connection;
use super::direct_event::{ChatView, ConsentView, DirectEvent, LiveView};
use super::event::{Event, Inbox};
use super::recording_event::RecordingEvent;
use crate::browser::{clock, random};

/// In milliseconds: a crash loses no more than what was written in so long.
const WRITE_AFTER: u32 = 500;

/// People whose last chat is remembered as long as the page is open.
const REMEMBERED: usize = 8;

pub(super) struct DirectSession {
    inbox: Inbox,
    /// One of each call that has a connection.
    calls: Vec<Exchange>,
    /// The call that the user sees.
    seen: Option<CallId>,
    /// Whether the user has its chat in sight.
    in_sight: bool,
    shown: Option<RwSignal<Arc<ChatView>>>,
    live: Option<RwSignal<LiveView>>,
    /// This page can write down what its user says.
    can_caption: bool,
    /// Chats of earlier calls, the last at the end.
    earlier: Vec<(UserId, Vec<Line>)>,
}

/// That of one call.
struct Exchange {
    call: CallId,
    peer: UserId,
    /// Whose channel is used.
    connection: PeerConnectionId,
    direct: Direct,
    can_keep: bool,
    is_kept: bool,
    keep_failed: bool,
    timer: Option<Timeout>,
    write: Option<Timeout>,
}

impl DirectSession {
    pub(super) fn new(inbox: Inbox) -> Self {
        Self {
            inbox,
            calls: Vec::new(),
            seen: None,
            in_sight: false,
            shown: None,
            live: None,
            can_caption: false,
            earlier: Vec::new(),
        }
    }

    /// Of these calls the first is seen. What is exchanged in a call on hold goes on, unseen; that of
    /// one that is over ends.
    pub(super) fn follow(&mut self, calls: &CallSnapshot, connections: &[Connection]) {
        let is_over = |it: &Exchange| all(calls).all(|call| call.call_id != it.call);
        while let Some(at) = self.calls.iter().position(is_over) {
            self.call_is_over(at);
        }
        let seen = calls.call.as_ref().map(|call| call.call_id.clone());
        if self.seen == seen {
            return;
        }
        let before = std::mem::replace(&mut self.seen, seen);
        if let Some(before) = before {
            // That the user points there no longer is said to its peer.
            for input in [Input::InSight(false), Input::Point(None)] {
                self.run(&before, input, connections);
            }
        }
        let in_sight = DirectEvent::InSight(self.in_sight);
        self.inbox.post(in_sight.into());
        self.show();
        self.show_live();
    }

    /// Whether the peer at the other end of this connection has said that it can do that.
    pub(super) fn peer_has(&self, connection: PeerConnectionId, feature: Feature) -> bool {
        let mut calls = self.calls.iter();
        let exchange = calls.find(|it| it.connection == connection);
        exchange.is_some_and(|it| it.direct.features().has(feature))
    }

    fn exchange(&mut self, call: &CallId) -> Option<&mut Exchange> {
        self.calls.iter_mut().find(|it| it.call == *call)
    }

    fn call_on(&self, connection: PeerConnectionId) -> Option<CallId> {
        let exchange = self.calls.iter().find(|it| it.connection == connection)?;
        Some(exchange.call.clone())
    }

    /// A connection is being made: of the same call, or of another one.
    pub(super) fn connect(&mut self, connection: PeerConnectionId, calls: &CallSnapshot) {
        let Some(call) = all(calls).find(|call| call.connection == connection) else {
            return;
        };
        if let Some(exchange) = self.exchange(&call.call_id) {
            exchange.connection = connection;
            exchange.direct.handle(Input::Closed, clock::now());
            return;
        }
        // A browser without random numbers makes no connections either.
        let Ok(bytes) = random::bytes() else { return };
        let can_keep = is_key_id(&call.peer);
        self.calls.push(Exchange {
            call: call.call_id.clone(),
            peer: call.peer.clone(),
            connection,
            direct: Direct::new(StreamId::from_random(bytes)),
            can_keep,
            is_kept: false,
            keep_failed: false,
            timer: None,
            write: None,
        });
        if can_keep {
            let (inbox, peer) = (self.inbox.clone(), call.peer.clone());
            spawn_local(async move {
                // What cannot be read is not kept either.
                let kept = chat_database::read(&peer).await.ok().flatten();
                inbox.post(DirectEvent::Kept(peer, kept).into());
            });
        }
        let can_caption = self.can_caption;
        self.run(&call.call_id, Input::CanCaption(can_caption), &[]);
        let remembered = self.earlier.iter().find(|(peer, _)| *peer == call.peer);
        let lines = remembered.map_or_else(Vec::new, |(_, lines)| lines.clone());
        self.run(&call.call_id, Input::Earlier(lines), &[]);
    }

    /// The connection is closed; another one may follow.
    pub(super) fn disconnect(&mut self, connection: PeerConnectionId) {
        let mut calls = self.calls.iter_mut();
        if let Some(exchange) = calls.find(|it| it.connection == connection) {
            exchange.direct.handle(Input::Closed, clock::now());
            exchange.timer = None;
        }
        self.show_live();
    }

    /// What was said is remembered as long as the page is open, and longer if that is wanted.
    fn call_is_over(&mut self, at: usize) {
        let mut exchange = self.calls.remove(at);
        exchange.direct.handle(Input::Closed, clock::now());
        if exchange.is_kept {
            exchange.write(&self.inbox);
        }
        let lines = exchange.lines();
        self.earlier.retain(|(peer, _)| *peer != exchange.peer);
        if !lines.is_empty() {
            self.earlier.push((exchange.peer, lines));
        }
        if self.earlier.len() > REMEMBERED {
            self.earlier.remove(0);
        }
        // Marked as they are told from now on.
        self.show();
    }

    pub(super) fn handle(&mut self, event: DirectEvent, connections: &[Connection]) {
        // Of a call that is over there is nothing to be done.
        let of = match &event {
            DirectEvent::Show(_)
            | DirectEvent::InSight(_)
            | DirectEvent::ShowLive(_)
            | DirectEvent::Point(_)
            | DirectEvent::ReadCaptions(_)
            | DirectEvent::Caption(_) => self.seen.clone(),
            DirectEvent::Opened(id) | DirectEvent::Received(id, _) => self.call_on(*id),
            DirectEvent::Timeout(call)
            | DirectEvent::Say(call, _)
            | DirectEvent::Keep(call, _)
            | DirectEvent::Write(call) => Some(call.clone()),
            DirectEvent::Kept(peer, _) | DirectEvent::NotKept(peer) => {
                let exchange = self.calls.iter().find(|it| it.peer == *peer);
                exchange.map(|it| it.call.clone())
            }
        };
        if let DirectEvent::Show(signal) = event {
            self.shown = Some(signal);
            return self.show();
        }
        if let DirectEvent::ShowLive(signal) = event {
            self.live = Some(signal);
            return self.show_live();
        }
        if let DirectEvent::InSight(in_sight) = event {
            self.in_sight = in_sight;
        }
        let Some(call) = of else { return };
        let inbox = self.inbox.clone();
        let Some(exchange) = self.exchange(&call) else {
            return;
        };
        let wall = UnixTime::from_millis(clock::wall_millis());
        let input = match event {
            DirectEvent::Opened(_) => Some(Input::Opened),
            DirectEvent::Received(_, text) => Some(Input::Received { text, wall }),
            DirectEvent::Timeout(_) => Some(Input::Timeout),
            DirectEvent::Say(_, text) => Some(Input::Say { text, wall }),
            DirectEvent::InSight(in_sight) => Some(Input::InSight(in_sight)),
            DirectEvent::Keep(_, keep) => {
                exchange.keep(keep, &inbox);
                self.show();
                None
            }
            DirectEvent::Kept(peer, kept) => {
                exchange.is_kept = kept.is_some();
                let is_remembered = self.earlier.iter().any(|(it, _)| *it == peer);
                // The page remembers what is kept, and more.
                let lines = kept.filter(|_| !is_remembered);
                if lines.is_none() {
                    self.show();
                }
                lines.map(Input::Earlier)
            }
            DirectEvent::NotKept(_) => {
                exchange.is_kept = false;
                exchange.keep_failed = true;
                self.show();
                None
            }
            DirectEvent::Write(_) => {
                exchange.write(&inbox);
                None
            }
            DirectEvent::Point(at) => Some(Input::Point(at)),
            DirectEvent::ReadCaptions(reads) => Some(Input::ReadCaptions(reads)),
            DirectEvent::Show(_) | DirectEvent::ShowLive(_) | DirectEvent::Caption(_) => None,
        };
        if let Some(input) = input {
            self.run(&call, input, connections);
        }
    }

    fn run(&mut self, call: &CallId, input: Input, connections: &[Connection]) {
        let inbox = self.inbox.clone();
        let Some(exchange) = self.exchange(call) else {
            return;
        };
        let now = clock::now();
        exchange.direct.handle(input, now);
        let (mut changed, mut live_changed) = (false, false);
        while let Some(output) = exchange.direct.poll_output() {
            match output {
                Output::Transmit(frame) => {
                    let mut open = connections.iter();
                    if let Some(open) = open.find(|open| open.id == exchange.connection) {
                        open.send_frame(&frame);
                    }
                }
                Output::LineReceived => {
                    let note = wimpex_client::Input::Note("received a line of chat".to_owned());
                    inbox.post(Event::Client(note));
                }
                Output::Changed => changed = true,
                Output::LiveChanged => live_changed = true,
                Output::StartRecording(kind) => {
                    inbox.post(RecordingEvent::Start(call.clone(), kind).into());
                }
                Output::StopRecording => inbox.post(RecordingEvent::Stop(call.clone()).into()),
                Output::RecordingDeclined(kind) => {
                    inbox.post(RecordingEvent::Declined(kind).into());
                }
                Output::RecordingWithdrawn(kind) => {
                    inbox.post(RecordingEvent::Withdrawn(kind).into());
                }
            }
        }
        let later = |millis, event: fn(CallId) -> DirectEvent| {
            let (inbox, call) = (inbox.clone(), call.clone());
            Timeout::new(millis, move || inbox.post(event(call).into()))
        };
        exchange.timer = exchange.direct.poll_timeout().map(|at| {
            let millis = at.since(now).as_millis() + 1;
            let millis = u32::try_from(millis).unwrap_or(u32::MAX);
            later(millis, DirectEvent::Timeout)
        });
        if changed && exchange.is_kept {
            let write = || later(WRITE_AFTER, DirectEvent::Write);
            exchange.write.get_or_insert_with(write);
        }
        if changed {
            self.show();
        }
        if live_changed {
            self.show_live();
        }
    }

    /// Whether the peer of the call that is seen wants to read what the user says.
    pub(super) fn is_read(&self) -> bool {
        self.seen_exchange().is_some_and(|it| it.direct.is_read())
    }

    /// The user has said this in the call that is seen.
    pub(super) fn caption(&mut self, caption: Caption, connections: &[Connection]) {
        if let Some(call) = self.seen.clone() {
            self.run(&call, Input::Caption(caption), connections);
        }
    }

    /// Tells the peer's page of a recording of that call, or of the one that is seen.
    pub(super) fn record(
        &mut self,
        call: Option<CallId>,
        input: Input,
        connections: &[Connection],
    ) {
        if let Some(call) = call.or_else(|| self.seen.clone()) {
            self.run(&call, input, connections);
        }
    }

    /// This page can write down what its user says, or cannot.
    pub(super) fn set_can_caption(&mut self, can: bool, connections: &[Connection]) {
        self.can_caption = can;
        let calls: Vec<_> = self.calls.iter().map(|it| it.call.clone()).collect();
        for call in calls {
            self.run(&call, Input::CanCaption(can), connections);
        }
    }

    fn seen_exchange(&self) -> Option<&Exchange> {
        let mut calls = self.calls.iter();
        calls.find(|it| self.seen.as_ref() == Some(&it.call))
    }

    fn show_live(&self) {
        let Some(shown) = self.live else { return };
        let view = self.seen_exchange().map(|exchange| {
            let direct = &exchange.direct;
            LiveView {
                features: direct.features(),
                peer_points: direct.peer_points(),
                reads_captions: direct.reads_captions(),
                captions: direct.captions().clone(),
                is_read: direct.is_read(),
                consent: ConsentView::of(direct.consent()),
            }
        });
        // The screen may be gone.
        let _ = shown.try_set(view.unwrap_or_default());
    }

    fn show(&self) {
        let Some(shown) = self.shown else { return };
        let view = self.seen_exchange().map(|exchange| ChatView {
            call: Some(exchange.call.clone()),
            chat: exchange.direct.chat(),
            can_keep: exchange.can_keep,
            is_kept: exchange.is_kept,
            keep_failed: exchange.keep_failed,
            is_full: !exchange.direct.has_room(),
        });
        // The screen may be gone.
        let _ = shown.try_set(Arc::new(view.unwrap_or_default()));
    }
}

/// Every call that is not over.
fn all(calls: &CallSnapshot) -> impl Iterator<Item = &ActiveCall> {
    let all = [&calls.call, &calls.waiting, &calls.held];
    all.into_iter().flatten()
}

impl Exchange {
    fn lines(&self) -> Vec<Line> {
        let chat = self.direct.chat();
        chat.lines.into_iter().map(Arc::unwrap_or_clone).collect()
    }

    fn keep(&mut self, keep: bool, inbox: &Inbox) {
        self.is_kept = keep && self.can_keep;
        self.keep_failed = false;
        if self.is_kept {
            self.write(inbox);
        } else {
            self.write = None;
            let peer = self.peer.clone();
            spawn_local(async move {
                // What cannot be deleted could not be written either.
                let _ = chat_database::delete(&peer).await;
            });
        }
    }

    fn write(&mut self, inbox: &Inbox) {
        self.write = None;
        if !self.is_kept {
            return;
        }
        let (inbox, peer, lines) = (inbox.clone(), self.peer.clone(), self.lines());
        spawn_local(async move {
            if chat_database::write(&peer, &lines).await.is_err() {
                inbox.post(DirectEvent::NotKept(peer).into());
            }
        });
    }
}
