//! The call's peer connection, between the machine's words and the browser's.

use std::cell::Cell;
use std::rc::Rc;

use futures_channel::mpsc::UnboundedSender;
use gloo_timers::callback::{Interval, Timeout};
use leptos::prelude::{GetUntracked, Set};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::RtcPeerConnection;
use wimpex_call::{Capture, Generation, PeerConnectionState, Role, TrackKind};
use wimpex_protocol::{CallEnd, CallType, Signal};
use wimpex_webrtc::{IceCandidateInit, IceServer};

use super::View;
use super::event::Event;
use super::gauge::{Measure, Told};
use super::lazy;
use super::media_policy::{self, Hardware};
use crate::browser::rtc_data_channel::{DataChannel, DataChannelInit};
use crate::browser::rtc_peer_connection::{PeerConnection, Settings};
use crate::browser::rtc_rtp_sender;
use crate::browser::{BrowserError, Listener, media_capture, navigator};

/// How long a connection stays open for the farewell to get through, in
/// milliseconds: a lost packet is sent again after half a second.
const FAREWELL: u32 = 1_000;

/// For what must arrive even while the server is away (docs/protocol.md).
const CHANNEL: DataChannelInit = DataChannelInit {
    label: "wimpex",
    id: 0,
    reliable: true,
};

pub(super) struct Connection {
    pub(super) generation: Generation,
    peer: Rc<PeerConnection>,
    channel: DataChannel,
    _message: Listener,
    hardware: Hardware,
    /// Whether audio is sent as RED, as soon as both descriptions say so or not.
    red: Cell<Option<bool>>,
    inbox: UnboundedSender<Event>,
    view: View,
    /// What reads the statistics, as soon as it is loaded.
    pub(super) gauge: Option<Box<dyn Measure + Send>>,
    _second: Interval,
    _tenth: Option<Interval>,
}

impl Connection {
    pub(super) fn new(
        generation: Generation,
        role: Role,
        call_type: CallType,
        servers: &[IceServer],
        hardware: Hardware,
        inbox: &UnboundedSender<Event>,
        view: View,
    ) -> Result<Self, BrowserError> {
        let post = poster(inbox);
        let settings = Settings {
            relay_only: view.hide_address.get_untracked(),
            preferred_video_codecs: hardware.decodes.names(),
        };
        let report = move |event| post(Event::Peer(generation, event));
        let peer = PeerConnection::new(servers, settings, report)?;
        let channel = peer.data_channel(CHANNEL);
        let post = poster(inbox);
        let message =
            channel.on_message(move |text| post(Event::DataChannelMessage(generation, text)));
        if role == Role::Caller {
            peer.add_transceivers(call_type == CallType::Video);
        }
        let (gauge, loaded) = (lazy::gauge(view, peer.js()), poster(inbox));
        spawn_local(async move {
            // A call without numbers is a call all the same.
            if let Ok(gauge) = gauge.await {
                loaded(Event::Gauge(generation, gauge));
            }
        });
        let every = |millis, event: fn() -> Event| {
            let post = poster(inbox);
            Interval::new(millis, move || post(event()))
        };
        Ok(Self {
            generation,
            peer: Rc::new(peer),
            channel,
            _message: message,
            hardware,
            red: Cell::default(),
            inbox: inbox.clone(),
            view,
            gauge: None,
            _second: every(1000, || Event::Second),
            _tenth: (call_type == CallType::Audio).then(|| every(100, || Event::Tenth)),
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

    pub(super) fn offer(&self, ice_restart: bool) {
        let (offer, post, generation) = (
            self.peer.offer(ice_restart),
            poster(&self.inbox),
            self.generation,
        );
        spawn_local(async move { post(Event::Offered(generation, offer.await)) });
    }

    pub(super) fn accept_offer(&self, sdp: &str) {
        let hold = media_policy::holds_answer(sdp, &navigator::user_agent());
        let offer = media_policy::remote_description(sdp, self.hardware.encodes);
        let (answer, post, generation) = (
            self.peer.answer(&offer, hold),
            poster(&self.inbox),
            self.generation,
        );
        spawn_local(async move { post(Event::Answered(generation, answer.await)) });
    }

    pub(super) fn accept_answer(&self, sdp: &str) {
        let answer = media_policy::remote_description(sdp, self.hardware.encodes);
        let (accepted, post, generation) = (
            self.peer.set_remote_answer(&answer),
            poster(&self.inbox),
            self.generation,
        );
        spawn_local(async move { post(Event::Accepted(generation, accepted.await)) });
    }

    pub(super) fn add_candidate(&self, candidate: &IceCandidateInit) {
        let added = self.peer.add_ice_candidate(candidate);
        // A path that the browser cannot use, or one of an ICE generation that
        // is over, is one path fewer and nothing more.
        spawn_local(async move {
            let _ = added.await;
        });
    }

    pub(super) fn send(&self, kind: TrackKind, track: Option<&media_capture::Track>) {
        let kind = match kind {
            TrackKind::Audio => wimpex_webrtc::TrackKind::Audio,
            TrackKind::Video => wimpex_webrtc::TrackKind::Video,
        };
        self.peer
            .replace_track(kind, track.map(media_capture::Track::js));
    }

    /// A track of the peer's is there to be played. Sound and picture are played
    /// apart: Chromium's `<video>` plays no sound until the first picture comes,
    /// which may be never. They stay in step, since the peer names them as one
    /// stream (webrtc, section 5.3).
    pub(super) fn track(&self, track: &web_sys::MediaStreamTrack) {
        let stream = media_capture::stream_of([track]);
        if track.kind() == "video" {
            self.view.remote_picture.set(stream);
        } else {
            self.view.remote_sound.set(stream);
        }
    }

    pub(super) fn measure(&self) {
        if self.gauge.is_none() {
            return;
        }
        let (stats, post, generation) = (self.peer.stats(), poster(&self.inbox), self.generation);
        spawn_local(async move {
            // Fails only on a connection that is closed.
            if let Ok(report) = stats.await {
                post(Event::Measured(generation, report));
            }
        });
    }

    /// Whether the way has fallen silent.
    pub(super) fn measured(&mut self, report: JsValue, camera: Option<Capture>) -> bool {
        let told = Told {
            redundant: self.uses_red(),
            camera_off: camera != Some(Capture::On),
        };
        self.gauge
            .as_mut()
            .is_some_and(|gauge| gauge.measure(report, told))
    }

    /// Says this to the peer over the connection itself; says whether it can be.
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

    /// Tells the peer over the connection itself that the call is over. What is
    /// returned holds the connection open for a moment; everything else of it ends.
    pub(super) fn say_goodbye(self, end: CallEnd) -> Option<Timeout> {
        if !self.channel.send(&Signal::CallEnd(end).encode()) {
            return None;
        }
        let peer = self.peer.clone();
        for kind in [
            wimpex_webrtc::TrackKind::Audio,
            wimpex_webrtc::TrackKind::Video,
        ] {
            peer.replace_track(kind, None);
        }
        Some(Timeout::new(FAREWELL, move || drop(peer)))
    }

    pub(super) fn listen(&self) {
        self.view.level.set(self.peer.audio_level().unwrap_or(0.0));
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.view.remote_picture.set(None);
        self.view.remote_sound.set(None);
        self.view.quality.set(None);
        self.view.picture_arrives.set(None);
        self.view.level.set(0.0);
    }
}

fn poster(inbox: &UnboundedSender<Event>) -> impl Fn(Event) + Clone + 'static {
    let inbox = inbox.clone();
    move |event| {
        // The inbox lives as long as the page.
        let _ = inbox.unbounded_send(event);
    }
}

/// The browser's word for a state, as the machine's.
pub(super) fn state(state: wimpex_webrtc::PeerConnectionState) -> PeerConnectionState {
    use wimpex_webrtc::PeerConnectionState as Of;
    match state {
        Of::Connecting => PeerConnectionState::Connecting,
        Of::Connected => PeerConnectionState::Connected,
        Of::Disconnected => PeerConnectionState::Disconnected,
        Of::Failed => PeerConnectionState::Failed,
        // `closed` follows our own close; the peer's is an event of its own.
        Of::New | Of::Closed => PeerConnectionState::New,
    }
}
