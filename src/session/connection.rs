//! The call's peer connection, between the call machine's words and the browser's.

use std::cell::Cell;
use std::rc::Rc;

use gloo_timers::callback::{Interval, Timeout};
use leptos::prelude::Set;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::RtcPeerConnection;
use wimpex_call::{Capture, Input, PeerConnectionId};
use wimpex_client::View;
use wimpex_protocol::{CallEnd, CallType, DirectMessage, Sdp, Signal};
use wimpex_webrtc::{IceCandidateInit, IceServer, TrackKind};

use super::event::{Event, Inbox};
use super::media_policy::{self, Hardware};
use super::signals::Signals;
use super::stats::CallFacts;
use super::stats_monitor::StatsMonitor;
use crate::browser::rtc_certificate::Certificate;
use crate::browser::rtc_data_channel::{DataChannel, DataChannelInit};
use crate::browser::rtc_peer_connection::{PeerConnection, Settings};
use crate::browser::rtc_rtp_sender;
use crate::browser::{BrowserError, Listener, media_capture, navigator};

/// How long a connection stays open for the goodbye to get through, in milliseconds: a
/// lost packet is sent again after half a second.
const GOODBYE: u32 = 1_000;

/// For what must arrive even while the server is away (docs/protocol.md).
const CHANNEL: DataChannelInit = DataChannelInit {
    label: "wimpex",
    id: 0,
    reliable: true,
};

pub(super) struct Connection {
    pub(super) id: PeerConnectionId,
    peer: Rc<PeerConnection>,
    channel: DataChannel,
    _message: Listener,
    hardware: Hardware,
    /// Whether audio is sent as RED (RFC 2198), once both descriptions say.
    red: Cell<Option<bool>>,
    inbox: Inbox,
    signals: Signals,
    monitor: StatsMonitor,
    _stats_tick: Interval,
    _audio_level_tick: Option<Interval>,
}

/// What the call wants of a connection.
pub(super) struct Wanted {
    pub(super) id: PeerConnectionId,
    /// This side makes the first offer.
    pub(super) offers: bool,
    pub(super) call_type: CallType,
    /// The call's; `None` lets the browser make one.
    pub(super) certificate: Option<Certificate>,
}

impl Connection {
    pub(super) fn new(
        wanted: Wanted,
        view: &View,
        hardware: Hardware,
        inbox: &Inbox,
        signals: Signals,
    ) -> Result<Self, BrowserError> {
        let Wanted {
            id,
            offers,
            call_type,
            certificate,
        } = wanted;
        let settings = Settings {
            relay_only: view.hide_address,
            preferred_video_codecs: hardware.decodes.names(),
        };
        let reports = inbox.clone();
        let report = move |event| reports.post(Event::Peer(id, event));
        let peer = PeerConnection::new(&view.ice_servers, settings, certificate, report)?;
        let channel = peer.data_channel(CHANNEL);
        let messages = inbox.clone();
        let message = channel.on_message(move |text| {
            let message = wimpex_client::Input::DataChannelMessage(id, text);
            messages.post(Event::Client(message));
        });
        if offers {
            peer.add_transceivers(call_type == CallType::Video);
        }
        let every = |millis, event: fn() -> Event| {
            let inbox = inbox.clone();
            Interval::new(millis, move || inbox.post(event()))
        };
        Ok(Self {
            id,
            channel,
            _message: message,
            hardware,
            red: Cell::default(),
            inbox: inbox.clone(),
            signals,
            monitor: StatsMonitor::new(signals, peer.js()),
            peer: Rc::new(peer),
            _stats_tick: every(1000, || Event::StatsTick),
            _audio_level_tick: (call_type == CallType::Audio)
                .then(|| every(100, || Event::AudioLevelTick)),
        })
    }

    /// The browser's own object.
    pub(super) fn js(&self) -> RtcPeerConnection {
        self.peer.js()
    }

    /// For the next ICE restart.
    pub(super) fn use_ice_servers(&self, servers: &[IceServer]) {
        self.peer.set_ice_servers(servers);
    }

    pub(super) fn offer(&self, ice_restart: bool, video: bool) {
        let connection = self.id;
        self.negotiate(self.peer.offer(ice_restart, video), move |described| {
            Some(match described {
                Ok(sdp) => Input::LocalOffer {
                    connection,
                    sdp: Sdp(sdp),
                },
                Err(_) => Input::LocalDescriptionFailed { connection },
            })
        });
    }

    pub(super) fn set_remote_offer(&self, sdp: &str, video: bool) {
        let connection = self.id;
        let hold = media_policy::holds_answer(sdp, &navigator::user_agent());
        let offer = media_policy::remote_description(sdp, self.hardware.encodes);
        self.negotiate(self.peer.answer(&offer, hold, video), move |described| {
            Some(match described {
                Ok(sdp) => Input::LocalAnswer {
                    connection,
                    sdp: Sdp(sdp),
                },
                Err(_) => Input::LocalDescriptionFailed { connection },
            })
        });
    }

    pub(super) fn set_remote_answer(&self, sdp: &str) {
        let connection = self.id;
        let answer = media_policy::remote_description(sdp, self.hardware.encodes);
        self.negotiate(self.peer.set_remote_answer(&answer), move |set| {
            set.is_err()
                .then_some(Input::SetRemoteAnswerFailed { connection })
        });
    }

    /// Awaits a step of the offer/answer negotiation and posts what came of it.
    fn negotiate<T: 'static>(
        &self,
        step: impl Future<Output = Result<T, BrowserError>> + 'static,
        outcome: impl FnOnce(Result<T, BrowserError>) -> Option<Input> + 'static,
    ) {
        let inbox = self.inbox.clone();
        spawn_local(async move {
            let done = step.await;
            if let Err(error) = &done {
                let note = format!("negotiation failed: {error}");
                inbox.post(Event::Client(wimpex_client::Input::Note(note)));
            }
            if let Some(input) = outcome(done) {
                inbox.post(input.into());
            }
        });
    }

    pub(super) fn add_candidate(&self, candidate: &IceCandidateInit) {
        let added = self.peer.add_ice_candidate(candidate);
        // A path that the browser cannot use, or one of an ICE generation that
        // is over, is one path fewer and nothing more.
        spawn_local(async move {
            let _ = added.await;
        });
    }

    /// To send media over.
    pub(super) fn sending(&self) -> Rc<PeerConnection> {
        self.peer.clone()
    }

    /// A track of the peer's is there to be played. Audio and video are played apart:
    /// Chromium's `<video>` plays no sound until the first frame comes, which may be
    /// never. They stay in step, since the peer names them as one stream (webrtc,
    /// section 5.3).
    pub(super) fn track(&self, track: &web_sys::MediaStreamTrack) {
        let stream = media_capture::stream_of([track]);
        if track.kind() == "video" {
            self.signals.remote_video.set(stream);
        } else {
            self.signals.remote_audio.set(stream);
        }
    }

    /// Whether the browser has closed it, of which not all tell.
    pub(super) fn is_closed(&self) -> bool {
        self.peer.is_closed()
    }

    pub(super) fn measure(&self) {
        let (stats, inbox, id) = (self.peer.stats(), self.inbox.clone(), self.id);
        spawn_local(async move {
            // Fails only on a connection that is closed.
            if let Ok(report) = stats.await {
                inbox.post(Event::Stats(id, report));
            }
        });
    }

    /// Whether the path has fallen silent.
    pub(super) fn measured(&mut self, report: JsValue) -> bool {
        let camera = |view: &wimpex_call::CallSnapshot| view.call.as_ref().map(|call| call.camera);
        let facts = CallFacts {
            red: self.uses_red(),
            camera_off: self.signals.call.with_untracked(camera) != Some(Capture::On),
        };
        self.monitor.on_report(report, facts)
    }

    /// Says this to the peer over the connection itself; returns whether it can be said.
    pub(super) fn say(&self, text: &str) -> bool {
        self.channel.send(text)
    }

    /// On a new path the peer has no frame to build on, and the key frame that it asked for
    /// over the old path is lost; it would ask again after three seconds.
    pub(super) fn send_key_frame(&self) {
        rtc_rtp_sender::send_key_frame(&self.peer.js());
    }

    fn uses_red(&self) -> bool {
        if self.red.get().is_none() {
            let descriptions = self.peer.descriptions();
            self.red
                .set(descriptions.map(|[local, remote]| media_policy::uses_red(&local, &remote)));
        }
        self.red.get() == Some(true)
    }

    /// Tells the peer over the connection itself that the call is over. What is returned
    /// holds the connection open for a moment; everything else of it ends.
    pub(super) fn say_goodbye(self, end: CallEnd) -> Option<Timeout> {
        if !self
            .channel
            .send(&DirectMessage::Signal(Signal::CallEnd(end)).encode())
        {
            return None;
        }
        let peer = self.peer.clone();
        for kind in [TrackKind::Audio, TrackKind::Video] {
            peer.replace_track(kind, None);
        }
        Some(Timeout::new(GOODBYE, move || drop(peer)))
    }

    pub(super) fn listen(&self) {
        self.signals
            .level
            .set(self.peer.audio_level().unwrap_or(0.0));
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.signals.clear_connection();
    }
}
