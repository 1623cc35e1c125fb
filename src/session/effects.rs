//! Carries out what a call asks for, and holds the browser's objects that come of it: the peer
//! connection, the tracks. It is loaded later: no call begins without its screens and its
//! verification, which are in the same chunk.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use wimpex_call::{PeerConnectionId, PeerConnectionState};
use wimpex_client::{Input, Output, View};
use wimpex_verification::RemoteCertificate;

use super::capture::Sending;
use super::capture_session::CaptureSession;
use super::connection::{Connection, Wanted};
use super::event::{BoxedVerifier, Event, Inbox, RunCall};
use super::media_policy::Hardware;
use super::signals::Signals;
use crate::browser::clock;
use crate::browser::rtc_certificate::Certificate;
use crate::browser::rtc_dtls_transport::{DtlsCertificate, remote_certificate};
use crate::browser::rtc_peer_connection::PeerEvent;
use crate::browser::web_audio;

/// A page that is merely slow does not stop for so many milliseconds.
const PAUSE: u64 = 5_000;

fn closed_by_browser(connection: PeerConnectionId) -> Input<BoxedVerifier> {
    Input::Call(wimpex_call::Input::ConnectionClosed { connection })
}

pub(super) struct CallEffects {
    inbox: Inbox,
    signals: Signals,
    hardware: Hardware,
    capture: CaptureSession,
    connection: Option<Connection>,
    /// The certificate of the call, or of the next one: another for each, so that nobody can
    /// tell that two calls are of one person.
    certificate: Rc<RefCell<Option<Certificate>>>,
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
            inbox,
            signals,
            hardware: Hardware::default(),
            connection: None,
            certificate: Rc::new(RefCell::new(certificate)),
            awake_at: None,
            goodbye: None,
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
            PeerEvent::Gathered => note("all candidates found".to_owned()),
            PeerEvent::Ice(state) => note(format!("iceConnectionState: {state:?}")),
            PeerEvent::Signaling(state) => note(format!("signalingState: {state:?}")),
        }
    }

    /// Tells if the page has not run for a while: in a call something happens each second.
    fn note_sleep(&mut self) {
        let now = self.connection.is_some().then(clock::wall_millis);
        let before = std::mem::replace(&mut self.awake_at, now);
        if let (Some(before), Some(now)) = (before, now)
            && now.saturating_sub(before) > PAUSE
        {
            let duration = Duration::from_millis(now - before);
            self.inbox
                .post(wimpex_call::Input::Slept { duration }.into());
        }
    }

    /// The next call has a certificate of its own.
    fn renew_certificate(&self) {
        let certificate = self.certificate.clone();
        spawn_local(async move {
            if let Ok(made) = Certificate::generate().await {
                *certificate.borrow_mut() = Some(made);
            }
        });
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
        let open = self.connection.as_ref();
        let open = open.filter(|open| id.is_none_or(|id| open.id == id));
        open.map(Connection::sending)
    }
}

impl RunCall for CallEffects {
    fn run(&mut self, output: Output, view: &View) {
        match output {
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
            // Not of a call.
            _ => {}
        }
    }

    fn translate(&mut self, event: Event) -> Option<Input<BoxedVerifier>> {
        self.note_sleep();
        match event {
            Event::SwitchCamera => {
                self.capture.switch_camera();
                None
            }
            Event::Hardware(hardware) => {
                self.hardware = hardware;
                None
            }
            Event::Peer(id, event) => self.peer(id, event),
            Event::Capture(event) => {
                let sending = self.sending(None);
                self.capture.handle(event, &sending);
                None
            }
            Event::StatsTick => {
                let connection = self.connection.as_ref()?;
                if connection.is_closed() {
                    return Some(closed_by_browser(connection.id));
                }
                connection.measure();
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
            // Not of a call.
            _ => None,
        }
    }
}

/// The call's peer connection, its media and its devices.
impl CallEffects {
    fn call(&mut self, output: wimpex_call::Output, view: &View) {
        use wimpex_call::Output as Call;
        match output {
            Call::CreateConnection {
                connection,
                offers,
                call_type,
            } => {
                let certificate = self.certificate.borrow().clone();
                let wanted = Wanted {
                    id: connection,
                    offers,
                    call_type,
                    certificate: certificate.filter(Certificate::is_valid),
                };
                let made = Connection::new(wanted, view, self.hardware, &self.inbox, self.signals);
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
                let closed = self.connection.take_if(|open| open.id == connection);
                if let (Some(closed), Some(end)) = (closed, goodbye) {
                    self.goodbye = closed.say_goodbye(end);
                }
            }
            Call::AttachMedia { connection, .. } => {
                let sending = self.sending(Some(connection));
                self.capture.run(output, &sending);
            }
            Call::ReleaseAllMedia => {
                let sending = self.sending(None);
                self.capture.run(output, &sending);
                self.renew_certificate();
            }
            Call::RequestMedia { .. }
            | Call::SetMuted(_)
            | Call::StopCamera
            | Call::ReleaseMedia { .. } => {
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
