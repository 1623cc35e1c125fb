//! Carries out what the client asks for, and holds the browser's objects that come of it.

use std::collections::VecDeque;
use std::sync::Arc;

use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use wimpex_call::{MediaError, PeerConnectionId, PeerConnectionState};
use wimpex_client::{
    ContactWrite, ContactsRead, Input, KeyOwner, Output, SocketEvent, SocketId, View,
};
use wimpex_identity::{Signature, SignatureClaim};
use wimpex_protocol::close_code;
use wimpex_verification::{RemoteCertificate, RequestId};

use super::capture::{CaptureSlot, Waiting};
use super::connection::Connection;
use super::event::{BoxedVerifier, Event, Inbox, MakeCapture};
use super::identity::Identity;
use super::media_policy::Hardware;
use super::signals::Signals;
use super::{lazy, settings};
use crate::browser::broadcast_channel::BroadcastChannel;
use crate::browser::rtc_dtls_transport::{self, remote_certificate};
use crate::browser::rtc_peer_connection::PeerEvent;
use crate::browser::web_socket::{WebSocket, WebSocketEvent};
use crate::browser::{location, network_information, window};
use crate::chunk;

pub(super) struct Effects {
    inbox: Inbox,
    signals: Signals,
    socket: Option<(SocketId, WebSocket)>,
    key: Option<Arc<Identity>>,
    hardware: Hardware,
    capture: CaptureSlot,
    connection: Option<Connection>,
    /// Holds a connection open until its goodbye is through.
    goodbye: Option<Timeout>,
    /// Writes of contacts, one after the other.
    writes: VecDeque<Vec<ContactWrite>>,
    is_writing: bool,
    /// Tells the other tabs of changed contacts, and is told by them.
    tabs: Option<BroadcastChannel>,
}

impl Effects {
    pub(super) fn new(inbox: Inbox, signals: Signals) -> Self {
        let hardware = inbox.clone();
        spawn_local(async move {
            let found = Hardware::of_this_device().await;
            hardware.post(Event::Hardware(found));
        });
        Self {
            inbox,
            signals,
            socket: None,
            key: None,
            hardware: Hardware::default(),
            capture: CaptureSlot::Empty,
            connection: None,
            goodbye: None,
            writes: VecDeque::new(),
            is_writing: false,
            tabs: None,
        }
    }

    /// Takes an event apart: keeps the browser's object in it, and gives what the client
    /// has to know.
    pub(super) fn translate(&mut self, event: Event) -> Option<Input<BoxedVerifier>> {
        match event {
            Event::Client(input) => Some(input),
            Event::Sweep => None,
            Event::Key(found) => {
                let found = found.map(|found| found.map(Arc::new));
                self.key = found.as_ref().ok().cloned().flatten();
                let owner = found.map(|found| {
                    found.map(|key| KeyOwner {
                        user: key.user.clone(),
                        public_key: key.public.clone(),
                    })
                });
                Some(Input::Key(owner.map_err(|error| error.name)))
            }
            Event::Hardware(hardware) => {
                self.hardware = hardware;
                None
            }
            Event::Peer(id, event) => self.peer(id, event),
            Event::Capture(event) => {
                self.capture(Waiting::Event(event));
                None
            }
            Event::CaptureLoaded(made) => {
                self.capture_loaded(made);
                None
            }
            Event::StatsTick => {
                if let Some(connection) = &self.connection {
                    connection.measure();
                }
                None
            }
            Event::AudioLevelTick => {
                if let Some(connection) = &self.connection {
                    connection.listen();
                }
                None
            }
            Event::Stats(id, report) => {
                let silent = self.connection(id)?.measured(report);
                silent.then_some(Input::PathSilent(id))
            }
            Event::MonitorLoaded(id, monitor) => {
                self.connection(id)?.monitor = Some(monitor);
                None
            }
            Event::ContactsWritten(kept) => {
                self.is_writing = false;
                self.write_next();
                if let Some(tabs) = &self.tabs {
                    tabs.post();
                }
                Some(Input::ContactsWritten(kept))
            }
        }
    }

    /// The connection of that id, if it is still the call's.
    fn connection(&mut self, id: PeerConnectionId) -> Option<&mut Connection> {
        self.connection.as_mut().filter(|open| open.id == id)
    }

    fn peer(&mut self, id: PeerConnectionId, event: PeerEvent) -> Option<Input<BoxedVerifier>> {
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
                    PeerConnectionState::Connected => self.certificate(id),
                    _ => None,
                },
            }),
            PeerEvent::Closed => Some(Input::ConnectionState {
                connection: id,
                state: PeerConnectionState::Closed,
                certificate: None,
            }),
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
            PeerEvent::Gathered => note("all candidates found".to_owned()),
            PeerEvent::Ice(state) => note(format!("iceConnectionState: {state:?}")),
            PeerEvent::Signaling(state) => note(format!("signalingState: {state:?}")),
        }
    }

    fn certificate(&mut self, id: PeerConnectionId) -> Option<RemoteCertificate> {
        let connection = self.connection(id)?;
        Some(match remote_certificate(&connection.js())? {
            rtc_dtls_transport::Certificate::Der(der) => RemoteCertificate::Der(der),
            rtc_dtls_transport::Certificate::Description(sdp) => {
                RemoteCertificate::Description(sdp)
            }
        })
    }

    /// Hands this to what captures, which is loaded with the first of them.
    fn capture(&mut self, waiting: Waiting) {
        match &mut self.capture {
            CaptureSlot::Ready(sink) => {
                let sending = self.connection.as_ref().map(Connection::sending);
                match waiting {
                    Waiting::Output(output) => sink.run(output, &sending),
                    Waiting::Event(event) => sink.handle(event, &sending),
                }
            }
            CaptureSlot::Loading(queue) => queue.push(waiting),
            // There is nothing to mute or to release.
            CaptureSlot::Empty
                if matches!(
                    &waiting,
                    Waiting::Output(
                        wimpex_call::Output::ReleaseMedia { .. }
                            | wimpex_call::Output::ReleaseAllMedia
                            | wimpex_call::Output::StopCamera
                    )
                ) => {}
            CaptureSlot::Empty => {
                self.capture = CaptureSlot::Loading(vec![waiting]);
                self.later(async |inbox| {
                    inbox.post(Event::CaptureLoaded(lazy::capture_session().await));
                });
            }
        }
    }

    fn capture_loaded(&mut self, made: Result<MakeCapture, chunk::NotLoaded>) {
        let slot = match made {
            Ok(make) => CaptureSlot::Ready(make(self.inbox.clone(), self.signals)),
            Err(chunk::NotLoaded) => CaptureSlot::Empty,
        };
        let CaptureSlot::Loading(queue) = std::mem::replace(&mut self.capture, slot) else {
            return;
        };
        for waiting in queue {
            match (&self.capture, &waiting) {
                (CaptureSlot::Ready(_), _) => self.capture(waiting),
                // A call goes on without, and asks again when the user does.
                (
                    _,
                    Waiting::Output(wimpex_call::Output::RequestMedia {
                        request,
                        audio,
                        video,
                    }),
                ) => {
                    let failed = |wanted: bool| wanted.then_some(Err(MediaError::Other));
                    let media = wimpex_call::Input::Media {
                        request: *request,
                        audio: failed(*audio),
                        video: failed(*video),
                    };
                    self.inbox.post(media.into());
                }
                _ => {}
            }
        }
    }

    /// `view` is what it was when the client asked.
    pub(super) fn run(&mut self, output: Output, view: &View) {
        match output {
            Output::OpenSocket(id) => self.open_socket(id),
            Output::Transmit(text) => {
                if let Some((_, socket)) = &self.socket {
                    socket.send(&text);
                }
            }
            Output::CloseSocket(id) => {
                self.socket.take_if(|(open, _)| *open == id);
            }
            Output::AbandonSocket(id) => {
                if let Some((_, socket)) = self.socket.take_if(|(open, _)| *open == id) {
                    socket.close(close_code::RECONNECTING);
                }
            }
            Output::ProbeHttp => self.later(async |inbox| {
                // What cannot be loaded says that it does not.
                if let Ok(answer) = lazy::http_answers().await {
                    inbox.post(Event::Client(Input::HttpAnswers(answer.await)));
                }
            }),
            Output::FindKey => self.later(async |inbox| {
                inbox.post(Event::Key(Identity::kept().await));
            }),
            Output::GenerateKey => self.later(async |inbox| {
                inbox.post(Event::Key(Identity::make().await.map(Some)));
            }),
            Output::SignLogin { socket, challenge } => self.sign_login(socket, challenge),
            Output::LoadVerifier => self.later(async |inbox| {
                let verifier = lazy::verifier().await.ok();
                inbox.post(Event::Client(Input::VerifierLoaded(verifier)));
            }),
            Output::Sign { request, message } => self.sign(request, message),
            Output::CheckSignature { request, claim } => self.check_signature(request, claim),
            Output::Call(output) => self.call(output, view),
            Output::SetIceServers(servers) => {
                if let Some(connection) = &self.connection {
                    connection.use_ice_servers(&servers);
                }
            }
            Output::SendDataChannel(id, text) => {
                let sent = self.connection(id).is_some_and(|open| open.say(&text));
                let sent = Input::DataChannelSent(id, sent);
                self.inbox.post(Event::Client(sent));
            }
            Output::PreloadChunk => spawn_local(async {
                let _ = chunk::preload().await;
            }),
            Output::PrefetchChunk => spawn_local(async {
                if !network_information::saves_data() {
                    window::idle().await;
                    let _ = chunk::preload().await;
                }
            }),
            Output::RunCheck { online } => {
                let servers = view.ice_servers.clone();
                self.later(async move |inbox| {
                    match lazy::run_check(servers, online, inbox.clone()).await {
                        Ok(running) => running.await,
                        Err(chunk::NotLoaded) => {
                            inbox.post(Event::Client(Input::CheckUnavailable));
                        }
                    }
                });
            }
            Output::ReadContacts(read) => self.read_contacts(read),
            Output::WriteContacts(writes) => {
                self.writes.push_back(writes);
                self.write_next();
            }
            Output::Store(setting) => settings::store(setting),
            Output::ForgetMe => self.later(async |inbox| {
                let error = match lazy::forget_everything().await {
                    Ok(forgotten) => forgotten.await.err().map(|error| error.name),
                    Err(chunk::NotLoaded) => Some("NetworkError".to_owned()),
                };
                match error {
                    None => location::replace("/"),
                    Some(name) => inbox.post(Event::Client(Input::ForgetFailed(name))),
                }
            }),
            Output::Reload => location::replace("/"),
            // The loop's own.
            Output::Changed(_) => {}
        }
    }

    /// Runs something that takes time, and that posts what came of it.
    fn later<F: Future<Output = ()> + 'static>(&self, run: impl FnOnce(Inbox) -> F) {
        spawn_local(run(self.inbox.clone()));
    }

    fn open_socket(&mut self, id: SocketId) {
        let inbox = self.inbox.clone();
        let report = move |event| {
            let event = match event {
                WebSocketEvent::Open => SocketEvent::Open,
                WebSocketEvent::Text(text) => SocketEvent::Text(text),
                WebSocketEvent::Binary => SocketEvent::Binary,
                WebSocketEvent::Closed { code, reason } => SocketEvent::Closed { code, reason },
            };
            inbox.post(Event::Client(Input::Socket(id, event)));
        };
        self.socket = WebSocket::open("/ws", report)
            .ok()
            .map(|socket| (id, socket));
        if self.socket.is_none() {
            let refused = Input::Socket(id, SocketEvent::Refused);
            self.inbox.post(Event::Client(refused));
        }
    }

    fn sign_login(&self, socket: SocketId, challenge: String) {
        let key = self.key.clone();
        self.later(async move |inbox| {
            let signed = match key {
                Some(key) => key.sign_login(&challenge).await.map_err(|error| error.name),
                None => Err("InvalidStateError".to_owned()),
            };
            inbox.post(Event::Client(Input::LoginSigned(socket, signed)));
        });
    }

    fn sign(&self, request: RequestId, message: Vec<u8>) {
        let key = self.key.clone();
        self.later(async move |inbox| {
            let signature = match key {
                Some(key) => key.sign(&message).await.ok(),
                None => None,
            };
            let signature = signature.map(Signature::from_bytes);
            inbox.post(Event::Client(Input::Signed(request, signature)));
        });
    }

    fn check_signature(&self, request: RequestId, claim: SignatureClaim) {
        self.later(async move |inbox| {
            // Code that cannot be loaded has not said yes.
            let valid = match lazy::check_signature(claim).await {
                Ok(checking) => checking.await,
                Err(chunk::NotLoaded) => false,
            };
            inbox.post(Event::Client(Input::SignatureChecked(request, valid)));
        });
    }

    fn read_contacts(&mut self, read: ContactsRead) {
        if self.tabs.is_none() {
            let inbox = self.inbox.clone();
            self.tabs = BroadcastChannel::open("wimpex.contacts", move || {
                inbox.post(Event::Client(Input::ContactsChangedElsewhere));
            });
        }
        self.later(async move |inbox| {
            let contacts = match lazy::read_contacts().await {
                Ok(reading) => reading.await,
                Err(chunk::NotLoaded) => None,
            };
            inbox.post(Event::Client(Input::ContactsRead(read, contacts)));
        });
    }

    fn write_next(&mut self) {
        if self.is_writing {
            return;
        }
        if let Some(writes) = self.writes.pop_front() {
            self.is_writing = true;
            self.later(async move |inbox| {
                let kept = match lazy::write_contacts(writes).await {
                    Ok(writing) => writing.await,
                    Err(chunk::NotLoaded) => false,
                };
                inbox.post(Event::ContactsWritten(kept));
            });
        }
    }
}

/// The call's peer connection, its media and its devices.
impl Effects {
    fn call(&mut self, output: wimpex_call::Output, view: &View) {
        use wimpex_call::Output as Call;
        match output {
            Call::CreateConnection {
                connection,
                role,
                call_type,
            } => {
                let made = Connection::new(
                    connection,
                    role,
                    call_type,
                    view,
                    self.hardware,
                    &self.inbox,
                    self.signals,
                );
                match made {
                    Ok(made) => self.connection = Some(made),
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
            } => self.on_connection(connection, |open| open.offer(ice_restart)),
            Call::SetRemoteOffer { connection, sdp } => {
                self.on_connection(connection, |open| open.set_remote_offer(&sdp.0));
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
                let closed = self.connection.take_if(|open| open.id == connection);
                if let (Some(closed), Some(end)) = (closed, goodbye) {
                    self.goodbye = closed.say_goodbye(end);
                }
            }
            Call::RequestMedia { .. }
            | Call::AttachMedia { .. }
            | Call::SetMuted(_)
            | Call::StopCamera
            | Call::ReleaseMedia { .. }
            | Call::ReleaseAllMedia => self.capture(Waiting::Output(output)),
            // The client's own.
            Call::Send(_) | Call::Displaced(_) | Call::Changed => {}
        }
    }

    /// One that could not be made, or is closed, is asked for nothing.
    fn on_connection(&mut self, id: PeerConnectionId, run: impl FnOnce(&Connection)) {
        if let Some(connection) = self.connection(id) {
            run(connection);
        }
    }
}
