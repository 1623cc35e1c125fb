//! Carries out what a call asks for, and holds the browser's objects that come of it: the peer
//! connections, the tracks. It is loaded later: no call begins without its screens and its
//! verification, which are in the same chunk.

use std::time::Duration;

use gloo_timers::callback::Timeout;
use leptos::prelude::GetUntracked;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use wimpex_call::{CallVideo, PeerConnectionId, PeerConnectionState};
use wimpex_client::{Client, Input, Output, View};
use wimpex_direct::Feature;
use wimpex_verification::RemoteCertificate;

use super::call_certificates::CallCertificates;
use super::call_keeping::CallKeeping;
use super::call_recording::{CallRecording, Word, sends_picture, sends_screen};
use super::caption_event::CaptionEvent;
use super::captioning::Captioning;
use super::capture::Sending;
use super::capture_session::CaptureSession;
use super::connection::{Connection, Wanted};
use super::direct::DirectSession;
use super::direct_event::DirectEvent;
use super::event::{BoxedCalls, Event, Inbox, RunCall};
use super::files::FilesSession;
use super::files_event::FilesEvent;
use super::host::PageHost;
use super::media_policy::Hardware;
use super::recording_event::{RecordingEvent, Sources};
use super::screen_share::ScreenShare;
use super::signals::Signals;
use crate::browser::clock;
use crate::browser::rtc_certificate::Certificate;
use crate::browser::rtc_dtls_transport::{DtlsCertificate, remote_certificate};
use crate::browser::rtc_peer_connection::PeerEvent;
use crate::browser::web_audio;

/// A page that is merely slow does not stop for so many milliseconds.
const PAUSE: u64 = 5_000;

fn closed_by_browser(connection: PeerConnectionId) -> Input<BoxedCalls> {
    Input::Call(wimpex_call::Input::ConnectionClosed { connection })
}

pub(super) struct CallEffects {
    inbox: Inbox,
    signals: Signals,
    hardware: Hardware,
    capture: CaptureSession,
    direct: DirectSession,
    captioning: Captioning,
    share: ScreenShare,
    files: FilesSession,
    recording: CallRecording,
    /// One of each call that there is. What is captured goes over the one that is not on hold.
    connections: Vec<Connection>,
    certificates: CallCertificates,
    keeping: CallKeeping,
    /// The wall clock when something last happened in a call. It runs on while the device
    /// sleeps, which the monotonic clock does not everywhere.
    awake_at: Option<u64>,
    /// Holds a connection open until its goodbye is through.
    goodbye: Option<Timeout>,
}

impl CallEffects {
    pub(super) fn new(inbox: Inbox, signals: Signals, certificate: Option<Certificate>) -> Self {
        // The first touch of the page unlocks its sound.
        web_audio::unlock_on_gesture();
        let hardware = inbox.clone();
        spawn_local(async move {
            let found = Hardware::of_this_device().await;
            hardware.post(Event::Hardware(found));
        });
        Self {
            capture: CaptureSession::new(inbox.clone(), signals),
            keeping: CallKeeping::new(inbox.clone(), signals),
            direct: DirectSession::new(inbox.clone()),
            captioning: Captioning::new(inbox.clone()),
            share: ScreenShare::new(inbox.clone()),
            files: FilesSession::new(inbox.clone()),
            recording: CallRecording::new(inbox.clone(), signals),
            inbox,
            signals,
            hardware: Hardware::default(),
            connections: Vec::new(),
            certificates: CallCertificates::new(certificate),
            awake_at: None,
            goodbye: None,
        }
    }

    /// The connection of that id, if it is still a call's.
    fn connection(&mut self, id: PeerConnectionId) -> Option<&mut Connection> {
        self.connections.iter_mut().find(|open| open.id == id)
    }

    fn peer(&mut self, id: PeerConnectionId, event: PeerEvent) -> Option<Input<BoxedCalls>> {
        let note = |text: String| Some(Input::Note(text));
        match event {
            PeerEvent::Candidate(candidate) => {
                Some(Input::Call(wimpex_call::Input::LocalCandidate {
                    connection: id,
                    candidate,
                }))
            }
            PeerEvent::Connection(state) => Some(Input::ConnectionState {
                connection: id,
                state,
                certificate: match state {
                    PeerConnectionState::Connected => self.remote_certificate(id),
                    _ => None,
                },
            }),
            PeerEvent::Closed => Some(Input::ConnectionState {
                connection: id,
                state: PeerConnectionState::Closed,
                certificate: None,
            }),
            PeerEvent::ClosedByBrowser => Some(closed_by_browser(id)),
            PeerEvent::SelectedPairChanged => {
                if let Some(connection) = self.connection(id) {
                    connection.send_key_frame();
                }
                None
            }
            PeerEvent::Track(track) => {
                if let Some(connection) = self.connection(id) {
                    connection.track(&track);
                }
                note(["received track: ", &track.kind()].concat())
            }
            PeerEvent::ScreenTrack(track) => {
                if let Some(connection) = self.connection(id) {
                    connection.screen_track(&track);
                }
                self.share.look(&self.connections);
                note("received the track of a screen".to_owned())
            }
            PeerEvent::Gathered => note("all candidates found".to_owned()),
            PeerEvent::Ice(state) => note(format!("iceConnectionState: {state:?}")),
            PeerEvent::Signaling(state) => note(format!("signalingState: {state:?}")),
        }
    }

    /// Tells if the page has not run for a while: in a call something happens each second.
    fn note_sleep(&mut self) {
        let in_call = !self.connections.is_empty();
        let now = in_call.then(clock::wall_millis);
        let before = std::mem::replace(&mut self.awake_at, now);
        if let (Some(before), Some(now)) = (before, now)
            && now.saturating_sub(before) > PAUSE
        {
            let duration = Duration::from_millis(now - before);
            self.inbox
                .post(wimpex_call::Input::Slept { duration }.into());
        }
    }

    fn caption(&mut self, event: CaptionEvent) {
        if let CaptionEvent::Available(can) = event {
            return self.direct.set_can_caption(can, &self.connections);
        }
        let said = self.captioning.handle(event, self.capture.microphone());
        if let Some(said) = said {
            self.direct.caption(said, &self.connections);
        }
    }

    /// Another microphone may be in use, or none; or nobody reads any more.
    fn follow_captions(&mut self) {
        let microphone = self.capture.microphone();
        self.captioning.follow(microphone, self.direct.is_read());
    }

    fn record(&mut self, event: RecordingEvent, view: &View) {
        use wimpex_direct::Input as Direct;
        let sources = self.sources(view);
        let (call, input) = match self.recording.handle(event, &sources) {
            Some(Word::Ask(kind)) => (None, Direct::AskToRecord(kind)),
            Some(Word::Started(call)) => (Some(call), Direct::RecordingStarted),
            Some(Word::Ended(call)) => (Some(call), Direct::RecordingEnded),
            Some(Word::EndSeen) => (None, Direct::RecordingEnded),
            Some(Word::Answer(agrees)) => (None, Direct::AnswerRecording(agrees)),
            None => return,
        };
        self.direct.record(call, input, &self.connections);
    }

    /// What is recorded is what there is now, and never another call's.
    fn follow_recording(&mut self, view: &View) {
        let Some(call) = self.recording.of() else {
            return;
        };
        let seen = view.call.call.as_ref();
        let is_seen = seen.is_some_and(|it| it.call_id == *call && !it.on_hold);
        let sources = if is_seen {
            self.sources(view)
        } else {
            Sources::default()
        };
        self.recording.follow(&sources);
    }

    /// What there is to be seen and heard of the call that is seen.
    fn sources(&mut self, view: &View) -> Sources {
        let Some(call) = view.call.call.as_ref().filter(|call| !call.on_hold) else {
            return Sources::default();
        };
        let (own_screen, own_sound, peer_screen) = self.share.pictures();
        let peer = self.signals.remote_video.get_untracked();
        let peer_sound = self.signals.remote_audio.get_untracked();
        let peer_sound = peer_sound.and_then(|it| it.get_audio_tracks().iter().next());
        let has_video = call.video == CallVideo::On;
        Sources {
            has_video,
            own: self.signals.own_video.get_untracked(),
            peer: peer.filter(|_| has_video && sends_picture(call)),
            screen: peer_screen.filter(|_| sends_screen(call)).or(own_screen),
            sounds: [
                self.capture.microphone(),
                peer_sound.map(JsCast::unchecked_into),
                own_sound,
            ],
        }
    }

    fn remote_certificate(&mut self, id: PeerConnectionId) -> Option<RemoteCertificate> {
        let connection = self.connection(id)?;
        Some(match remote_certificate(&connection.js())? {
            DtlsCertificate::Der(der) => RemoteCertificate::Der(der),
            DtlsCertificate::Description(sdp) => RemoteCertificate::Description(sdp),
        })
    }

    /// What captured media is sent over, if there is a connection, and if it is this one.
    fn sending(&self, id: Option<PeerConnectionId>) -> Sending {
        let mut open = self.connections.iter();
        let open = open.find(|open| !open.is_on_hold() && id.is_none_or(|id| open.id == id));
        open.map(Connection::sending)
    }
}

impl RunCall for CallEffects {
    fn run(&mut self, output: Output, view: &View) {
        self.carry_out(output, view);
        self.recording.follow_calls(&view.call);
        self.follow_recording(view);
    }

    fn translate(&mut self, event: Event, client: &Client<PageHost>) -> Option<Input<BoxedCalls>> {
        let input = self.take(event, client);
        self.follow_recording(client.view());
        input
    }
}

impl CallEffects {
    fn carry_out(&mut self, output: Output, view: &View) {
        match output {
            Output::Call(output) => {
                self.call(output, view);
                self.share.look(&self.connections);
            }
            Output::SetIceServers(servers) => {
                for connection in &self.connections {
                    connection.use_ice_servers(&servers);
                }
            }
            Output::SendDataChannel(id, text) => {
                let sent = self.connection(id).is_some_and(|open| open.say(&text));
                let sent = Input::DataChannelSent(id, sent);
                self.inbox.post(Event::Client(sent));
            }
            // Not of a call.
            _ => {}
        }
    }

    fn take(&mut self, event: Event, client: &Client<PageHost>) -> Option<Input<BoxedCalls>> {
        self.note_sleep();
        match event {
            Event::SwitchCamera => {
                self.capture.switch_camera();
                None
            }
            Event::Hardware(hardware) => {
                let broken = self.hardware.broken;
                self.hardware = Hardware { broken, ..hardware };
                None
            }
            Event::Peer(id, event) => self.peer(id, event),
            Event::Capture(event) => {
                let sending = self.sending(None);
                self.capture.handle(event, &sending);
                self.follow_captions();
                None
            }
            Event::Direct(event) => {
                let on = match &event {
                    DirectEvent::Received(id, _) => Some(*id),
                    _ => None,
                };
                match event {
                    DirectEvent::Caption(event) => self.caption(event),
                    event => self.direct.handle(event, &self.connections),
                }
                self.follow_captions();
                // The peer may have said what it can do.
                if let Some(id) = on.filter(|id| self.direct.peer_has(*id, Feature::Files)) {
                    self.files.greeted(id, &self.connections);
                }
                None
            }
            Event::Later(event) => {
                match event.downcast::<FilesEvent>() {
                    Ok(event) => self.files.handle(*event, &self.connections),
                    Err(event) => {
                        if let Ok(event) = event.downcast::<RecordingEvent>() {
                            self.record(*event, client.view());
                        }
                    }
                }
                None
            }
            Event::Share(event) => {
                let sending = self.sending(None);
                let call = client.view().call.call.as_ref();
                self.share.handle(event, call, &sending);
                None
            }
            Event::StatsTick(id) => {
                let certificate = self.certificates.seen(&client.view().call);
                self.keeping.tick(client, certificate);
                let connection = self.connection(id)?;
                if connection.is_closed() {
                    return Some(closed_by_browser(id));
                }
                connection.measure();
                None
            }
            Event::LeftCall { returns: true } => {
                let (input, certificate) = self.keeping.return_to_call()?;
                self.certificates.use_next(certificate);
                Some(input)
            }
            Event::LeftCall { returns: false } => self.keeping.end_call(),
            Event::AudioLevelTick(id) => {
                self.connection(id)?.listen();
                None
            }
            Event::Stats(id, report) => {
                let content = self.share.content(id);
                let findings = self.connection(id)?.measured(report, content);
                self.files.measured(id, self.signals, &self.connections);
                if let Some(codec) = findings.broken_codec {
                    self.connection(id)?.refuse_video_codec(&codec);
                    self.hardware.give_up(&codec);
                    let note = ["video does not work in ", &codec, ": another codec"].concat();
                    self.inbox.post(Event::Client(Input::Note(note)));
                    // A new description, in which it is not.
                    return Some(Input::Call(wimpex_call::Input::NetworkChanged));
                }
                findings
                    .receiving_timed_out
                    .then_some(Input::PathSilent(id))
            }
            // Not of a call.
            _ => None,
        }
    }
}

/// The calls' peer connections, their media and their devices.
impl CallEffects {
    fn call(&mut self, output: wimpex_call::Output, view: &View) {
        use wimpex_call::Output as Call;
        self.direct.follow(&view.call, &self.connections);
        self.follow_captions();
        self.share.follow(&view.call, &self.connections);
        self.files.follow(&view.call);
        match output {
            Call::CreateConnection {
                connection,
                offers,
                call_type,
            } => {
                let wanted = Wanted {
                    id: connection,
                    offers,
                    call_type,
                    certificate: self.certificates.of(connection, &view.call),
                };
                self.direct.connect(connection, &view.call);
                self.files
                    .connect(connection, &view.call, &self.connections);
                let made = Connection::new(wanted, view, self.hardware, &self.inbox, self.signals);
                match made {
                    Ok(made) => {
                        self.share.connect(&made, &view.call);
                        self.connections.push(made);
                    }
                    Err(error) => {
                        let note = Input::Note(format!("no connection: {error}"));
                        self.inbox.post(Event::Client(note));
                        let failed = wimpex_call::Input::CreateConnectionFailed { connection };
                        self.inbox.post(failed.into());
                    }
                }
            }
            Call::CreateOffer {
                connection,
                ice_restart,
                video,
            } => self.on_connection(connection, |open| open.offer(ice_restart, video)),
            Call::SetRemoteOffer {
                connection,
                sdp,
                video,
            } => {
                self.on_connection(connection, |open| open.set_remote_offer(&sdp.0, video));
            }
            Call::SetRemoteAnswer { connection, sdp } => {
                self.on_connection(connection, |open| open.set_remote_answer(&sdp.0));
            }
            Call::AddCandidate {
                connection,
                candidate,
            } => self.on_connection(connection, |open| open.add_candidate(&candidate)),
            Call::CloseConnection {
                connection,
                goodbye,
            } => {
                self.direct.disconnect(connection);
                self.files.disconnect(connection, &self.connections);
                let mut open = self.connections.iter();
                let at = open.position(|open| open.id == connection);
                let closed = at.map(|at| self.connections.remove(at));
                if let (Some(closed), Some(end)) = (closed, goodbye) {
                    self.goodbye = closed.say_goodbye(end);
                }
            }
            Call::SetOnHold {
                connection,
                on_hold,
            } => {
                if let Some(open) = self.connection(connection) {
                    open.set_on_hold(on_hold);
                }
            }
            Call::AttachMedia { connection, .. } => {
                let sending = self.sending(Some(connection));
                self.capture.run(output, &sending);
            }
            Call::ReleaseAllMedia => {
                let sending = self.sending(None);
                self.capture.run(output, &sending);
                self.keeping.forget();
            }
            Call::RequestMedia { .. }
            | Call::SetMuted(_)
            | Call::StopCamera
            | Call::ReleaseMedia { .. } => {
                match &output {
                    Call::SetMuted(muted) => self.keeping.change(|call| call.muted = *muted),
                    Call::StopCamera => self.keeping.change(|call| call.camera = false),
                    _ => {}
                }
                let sending = self.sending(None);
                self.capture.run(output, &sending);
            }
            // The client's own.
            Call::Send(_) | Call::TellPeer { .. } | Call::Displaced(_) | Call::Changed => {}
        }
    }

    /// One that could not be made, or is closed, is asked for nothing.
    fn on_connection(&mut self, id: PeerConnectionId, run: impl FnOnce(&Connection)) {
        if let Some(connection) = self.connection(id) {
            run(connection);
        }
    }
}
