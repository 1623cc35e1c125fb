//! A call's peer connection, between the call machine's words and the browser's.

use std::cell::Cell;
use std::rc::Rc;

use gloo_timers::callback::{Interval, Timeout};
use js_sys::Uint8Array;
use leptos::prelude::Set;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MediaStream, RtcPeerConnection};
use wimpex_call::{Capture, Input, PeerConnectionId};
use wimpex_client::View;
use wimpex_protocol::{CallEnd, CallType, DirectMessage, MediaFlag, Sdp, Signal};
use wimpex_webrtc::{IceCandidateInit, IceServer, TrackKind};

use super::direct_event::DirectEvent;
use super::event::{Event, Inbox};
use super::files_event::FilesEvent;
use super::media_policy::{self, Hardware};
use super::share_event::ShareEvent;
use super::signals::Signals;
use super::stats::CallFacts;
use super::stats_monitor::{Findings, StatsMonitor};
use crate::browser::rtc_certificate::Certificate;
use crate::browser::rtc_data_channel::{DataChannel, DataChannelInit};
use crate::browser::rtc_peer_connection::{PeerConnection, Settings};
use crate::browser::rtc_rtp_sender::{self, ContentHint};
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

/// For what the pages exchange beside the media (`super::direct`).
const STREAM_CHANNEL: DataChannelInit = DataChannelInit {
    label: "wimpex-stream",
    id: 1,
    reliable: true,
};

/// For files (`super::files`): of its own, so that a line of chat or a word that the call is over
/// never waits behind a block.
const FILES_CHANNEL: DataChannelInit = DataChannelInit {
    label: "wimpex-files",
    id: 2,
    reliable: true,
};

/// Bytes that the browser may have in its buffer for files, and from which on it is filled again: so
/// much that it never runs dry, and so little that a pause is one.
const FILES_BUFFER: u32 = 1024 * 1024;
const FILES_BUFFER_LOW: u32 = 256 * 1024;

pub(super) struct Connection {
    pub(super) id: PeerConnectionId,
    peer: Rc<PeerConnection>,
    channel: DataChannel,
    stream: DataChannel,
    files: DataChannel,
    _listeners: [Listener; 4],
    _files_listeners: [Listener; 4],
    hardware: Hardware,
    /// Whether audio is sent as RED (RFC 2198), once both descriptions say.
    red: Cell<Option<bool>>,
    inbox: Inbox,
    signals: Signals,
    monitor: StatsMonitor,
    /// What comes from the peer, whether it is played or not.
    remote_audio: Option<MediaStream>,
    remote_video: Option<MediaStream>,
    remote_screen: Option<MediaStream>,
    /// Nothing is sent over it, and nothing that comes is played.
    on_hold: bool,
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
            refused_video_codecs: hardware.broken.names(),
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
        let opened = inbox.clone();
        let channel_open = channel.on_open(move || {
            let open = wimpex_client::Input::DataChannelOpen(id);
            opened.post(Event::Client(open));
        });
        let stream = peer.data_channel(STREAM_CHANNEL);
        let (opened, received) = (inbox.clone(), inbox.clone());
        let open = stream.on_open(move || opened.post(DirectEvent::Opened(id).into()));
        let stream_message =
            stream.on_message(move |text| received.post(DirectEvent::Received(id, text).into()));
        let files = peer.data_channel(FILES_CHANNEL);
        let files_listeners = listen_for_files(id, &files, inbox);
        if offers {
            peer.add_transceivers(call_type == CallType::Video);
        }
        let every = |millis, event: fn(PeerConnectionId) -> Event| {
            let inbox = inbox.clone();
            Interval::new(millis, move || inbox.post(event(id)))
        };
        Ok(Self {
            id,
            channel,
            stream,
            files,
            _listeners: [message, channel_open, open, stream_message],
            _files_listeners: files_listeners,
            hardware,
            red: Cell::default(),
            inbox: inbox.clone(),
            signals,
            monitor: StatsMonitor::new(signals, peer.js()),
            peer: Rc::new(peer),
            remote_audio: None,
            remote_video: None,
            remote_screen: None,
            on_hold: false,
            _stats_tick: every(1000, Event::StatsTick),
            _audio_level_tick: (call_type == CallType::Audio)
                .then(|| every(100, Event::AudioLevelTick)),
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
        let (inbox, id) = (self.inbox.clone(), self.id);
        spawn_local(async move {
            let done = step.await;
            if let Err(error) = &done {
                let note = format!("negotiation failed: {error}");
                inbox.post(Event::Client(wimpex_client::Input::Note(note)));
            }
            if let Some(input) = outcome(done) {
                inbox.post(input.into());
            }
            Self::described(&inbox, id);
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

    /// Tells whoever shows a screen, after a step of the negotiation, that the connection may say
    /// now whether it has a video of its own.
    fn described(inbox: &Inbox, connection: PeerConnectionId) {
        inbox.post(ShareEvent::Described(connection).into());
    }

    /// To send media over.
    pub(super) fn sending(&self) -> Rc<PeerConnection> {
        self.peer.clone()
    }

    /// A track of the peer's is there to be played. Audio and video are played apart:
    /// Chromium's `<video>` plays no sound until the first frame comes, which may be
    /// never. They stay in step, since the peer names them as one stream (webrtc,
    /// section 5.3).
    pub(super) fn track(&mut self, track: &web_sys::MediaStreamTrack) {
        let stream = media_capture::stream_of([track]);
        let (kept, shown) = if track.kind() == "video" {
            (&mut self.remote_video, self.signals.remote_video)
        } else {
            (&mut self.remote_audio, self.signals.remote_audio)
        };
        kept.clone_from(&stream);
        if !self.on_hold {
            shown.set(stream);
        }
    }

    /// The same of the screen that the peer shows beside its camera.
    pub(super) fn screen_track(&mut self, track: &web_sys::MediaStreamTrack) {
        self.remote_screen = media_capture::stream_of([track]);
    }

    /// It, if there is one.
    pub(super) fn remote_screen(&self) -> Option<&MediaStream> {
        self.remote_screen.as_ref()
    }

    pub(super) fn is_on_hold(&self) -> bool {
        self.on_hold
    }

    /// What is captured is attached anew after it was on hold: see
    /// [`wimpex_call::Output::SetOnHold`].
    pub(super) fn set_on_hold(&mut self, on_hold: bool) {
        let was_shown = self.remote_audio.is_some() || self.remote_video.is_some();
        let was_on_hold = std::mem::replace(&mut self.on_hold, on_hold);
        if on_hold {
            for kind in [TrackKind::Audio, TrackKind::Video] {
                self.peer.replace_track(kind, None);
            }
            // Of one that was made on hold nothing was shown: what is there is another call's.
            if was_shown && !was_on_hold {
                self.signals.clear_connection();
            }
        } else {
            self.signals.remote_audio.set(self.remote_audio.clone());
            self.signals.remote_video.set(self.remote_video.clone());
        }
    }

    /// Whether the browser has closed it, of which not all tell.
    pub(super) fn is_closed(&self) -> bool {
        self.peer.is_closed()
    }

    pub(super) fn measure(&self) {
        // Nobody sees how a call on hold fares.
        if self.on_hold {
            return;
        }
        let (stats, inbox, id) = (self.peer.stats(), self.inbox.clone(), self.id);
        spawn_local(async move {
            // Fails only on a connection that is closed.
            if let Ok(report) = stats.await {
                inbox.post(Event::Stats(id, report));
            }
        });
    }

    /// What has to be done about it.
    pub(super) fn measured(&mut self, report: JsValue, shared: Option<ContentHint>) -> Findings {
        let is_beside = self.peer.takes_screen() == Some(true);
        let (beside, shared) = if is_beside {
            (shared, None)
        } else {
            (None, shared)
        };
        // It was asked for before.
        if self.on_hold {
            return Findings::default();
        }
        let call = self.signals.call.with_untracked(|view| view.call.clone());
        let camera = call.as_ref().map(|call| call.camera);
        let facts = CallFacts {
            red: self.uses_red(),
            camera_off: camera != Some(Capture::On) && shared.is_none(),
            shared,
            beside,
        };
        let peer = call.and_then(|call| call.peer_media);
        let is_held = peer.is_some_and(|state| state.has(MediaFlag::OnHold));
        // A peer that has put the call on hold sends nothing.
        let mut findings = self.monitor.on_report(report, facts);
        findings.receiving_timed_out &= !is_held;
        findings
    }

    /// From the next negotiation on, neither side sends this video codec.
    pub(super) fn refuse_video_codec(&self, name: &str) {
        self.peer.refuse_video_codec(name);
    }

    /// Says this to the peer over the connection itself; returns whether it can be said.
    pub(super) fn say(&self, text: &str) -> bool {
        self.channel.send(text)
    }

    /// Sends a frame of the exchange; one that the browser does not take is lost.
    pub(super) fn send_frame(&self, frame: &str) {
        self.stream.send(frame);
    }

    /// Bytes that the channel for files takes now; none while it is not open.
    pub(super) fn room_for_files(&self) -> u64 {
        let free = FILES_BUFFER.saturating_sub(self.files.buffered());
        if self.files.is_open() { free.into() } else { 0 }
    }

    /// Says something about a file; what the browser does not take is lost with the connection.
    pub(super) fn send_file_text(&self, text: &str) {
        self.files.send(text);
    }

    /// Sends a part of a file.
    pub(super) fn send_file_bytes(&self, bytes: &Uint8Array) {
        self.files.send_bytes(bytes);
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
        peer.share(None, None);
        for kind in [TrackKind::Audio, TrackKind::Video] {
            peer.replace_track(kind, None);
        }
        Some(Timeout::new(GOODBYE, move || drop(peer)))
    }

    pub(super) fn listen(&self) {
        if self.on_hold {
            return;
        }
        self.signals
            .level
            .set(self.peer.audio_level().unwrap_or(0.0));
    }
}

fn listen_for_files(id: PeerConnectionId, files: &DataChannel, inbox: &Inbox) -> [Listener; 4] {
    let post = |event: FilesEvent, inbox: &Inbox| inbox.post(event.into());
    let [opened, text, bytes, low] = [(); 4].map(|()| inbox.clone());
    [
        files.on_open(move || post(FilesEvent::Opened(id), &opened)),
        files.on_message(move |it| post(FilesEvent::Text(id, it), &text)),
        files.on_bytes(move |it| post(FilesEvent::Bytes(id, it), &bytes)),
        files.on_low(FILES_BUFFER_LOW, move || post(FilesEvent::Low(id), &low)),
    ]
}

impl Drop for Connection {
    fn drop(&mut self) {
        // What is shown is another call's.
        if !self.on_hold {
            self.signals.clear_connection();
        }
    }
}
