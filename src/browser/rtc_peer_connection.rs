//! `RTCPeerConnection` (<https://www.w3.org/TR/webrtc/#rtcpeerconnection-interface>).
//!
//! Every method that the browser answers later calls it at once, and returns a
//! future for the answer only: the browser does the calls in their order, so a
//! candidate that is added after a description always finds it.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Event, MediaStream, MediaStreamTrack, RtcIceCandidateInit, RtcIceConnectionState,
    RtcPeerConnection, RtcPeerConnectionIceEvent, RtcPeerConnectionState,
    RtcRtpTransceiverDirection, RtcRtpTransceiverInit, RtcSdpType, RtcSessionDescriptionInit,
    RtcSignalingState, RtcTrackEvent,
};
use wimpex_webrtc::{
    IceCandidateInit, IceConnectionState, IceServer, PeerConnectionState, SignalingState, TrackKind,
};

use super::reflect::{call, property};
use super::rtc_certificate::Certificate;
use super::rtc_configuration::configuration;
use super::rtc_data_channel::{DataChannel, DataChannelInit};
use super::rtc_rtp_transceiver::{
    Tracks, VideoCodecs, is_of, screen_transceiver, set_stream, transceiver, transceivers,
};
use super::window::window;
use super::{BrowserError, Listener, rtc_dtls_transport, rtc_rtp_sender, sdp_content};

/// Whether the browser can make calls: an extension or a setting may have taken
/// `RTCPeerConnection` away.
pub fn is_supported() -> bool {
    property(&window(), "RTCPeerConnection").is_some()
}

/// What a connection reports.
pub enum PeerEvent {
    /// `onicecandidate`.
    Candidate(IceCandidateInit),
    /// `onicecandidate` without a candidate: there are no more of this generation.
    Gathered,
    /// `onconnectionstatechange`.
    Connection(PeerConnectionState),
    /// `oniceconnectionstatechange`.
    Ice(IceConnectionState),
    /// `onsignalingstatechange`.
    Signaling(SignalingState),
    /// `RTCIceTransport.onselectedcandidatepairchange`: media goes over another path.
    SelectedPairChanged,
    /// This browser has closed the connection by itself. Chromium does so when the device goes
    /// to sleep, and its DTLS transport tells of it.
    ClosedByBrowser,
    /// The peer has closed its connection: the DTLS transport says so within milliseconds,
    /// where `connectionState` takes tens of seconds to find out.
    Closed,
    /// `ontrack`.
    Track(MediaStreamTrack),
    /// `ontrack`, of the video that a screen has of its own.
    ScreenTrack(MediaStreamTrack),
}

/// How a connection is set up, besides its servers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// `iceTransportPolicy: "relay"`: only paths through a relay. The peer learns its
    /// address, and none of ours.
    pub relay_only: bool,
    /// The video codecs that the peer is asked for first (`setCodecPreferences`), by the
    /// subtypes of their media types: `VP9`.
    pub preferred_video_codecs: Vec<&'static str>,
    /// The video codecs that are in no description of ours, likewise.
    pub refused_video_codecs: Vec<&'static str>,
}

/// A local answer that is applied only with the first remote candidate.
#[derive(Default)]
struct HeldAnswer {
    answer: Option<RtcSessionDescriptionInit>,
    has_candidate: bool,
}

/// Where events go.
type Report = Rc<dyn Fn(PeerEvent)>;

/// A connection; it is closed when it is dropped.
pub struct PeerConnection {
    pc: RtcPeerConnection,
    settings: Settings,
    certificate: Option<Certificate>,
    /// Names our tracks as one stream to the peer, so that they play in step.
    stream: MediaStream,
    tracks: Rc<RefCell<Tracks>>,
    held: Rc<RefCell<HeldAnswer>>,
    /// Beside those of the settings.
    refused: RefCell<Vec<String>>,
    _listeners: [Listener; 5],
    _transport: Rc<RefCell<Option<[Listener; 2]>>>,
}

impl PeerConnection {
    /// Makes one, with this certificate or one of its own.
    ///
    /// # Errors
    /// `SyntaxError` where the browser refuses the URL of a server, `TypeError` where it
    /// has no WebRTC.
    pub fn new(
        servers: &[IceServer],
        settings: Settings,
        certificate: Option<Certificate>,
        report: impl Fn(PeerEvent) + 'static,
    ) -> Result<Self, BrowserError> {
        Self::reporting(servers, settings, certificate, Rc::new(report))
    }

    /// The same, once for all callers, since each copy costs the page its bytes.
    fn reporting(
        servers: &[IceServer],
        settings: Settings,
        certificate: Option<Certificate>,
        report: Report,
    ) -> Result<Self, BrowserError> {
        let configuration = configuration(servers, settings.relay_only, certificate.as_ref())?;
        let pc = RtcPeerConnection::new_with_configuration(&configuration)?;
        let transport = Rc::default();
        let listeners = listeners(&pc, report, &transport);
        Ok(Self {
            pc,
            settings,
            certificate,
            stream: MediaStream::new()?,
            tracks: Rc::default(),
            held: Rc::default(),
            refused: RefCell::default(),
            _listeners: listeners,
            _transport: transport,
        })
    }

    /// The browser's own object, for what is no part of the first load.
    pub fn js(&self) -> RtcPeerConnection {
        Clone::clone(&self.pc)
    }

    /// For the one who offers: a transceiver for audio, one for video, and with `video` one for the
    /// video of a screen, that send and receive (`addTransceiver`). Without `video` that for video
    /// is inactive, so that it can begin later without another media description.
    pub fn add_transceivers(&self, video: bool) {
        for kind in [TrackKind::Audio, TrackKind::Video] {
            let init = RtcRtpTransceiverInit::new();
            init.set_direction(direction(kind, video));
            init.set_streams(&Array::of1(&self.stream));
            let transceiver = self
                .pc
                .add_transceiver_with_str_and_init(kind.as_str(), &init);
            if kind == TrackKind::Video {
                self.video_codecs().apply(&transceiver);
            }
        }
        // In an audio call a screen goes in place of the camera, once the peer has agreed to video.
        if video {
            let kind = TrackKind::Video.as_str();
            let screen = self.pc.add_transceiver_with_str(kind);
            self.video_codecs().apply(&screen);
            rtc_rtp_sender::rest(&screen.sender());
        }
        self.tracks.borrow().attach(&self.pc);
    }

    /// From the next offer or answer on, this codec is in no description of ours, so that neither
    /// side sends it.
    pub fn refuse_video_codec(&self, name: &str) {
        self.refused.borrow_mut().push(name.to_owned());
        if let Some(transceiver) = transceiver(&self.pc, TrackKind::Video) {
            self.video_codecs().apply(&transceiver);
        }
    }

    fn video_codecs(&self) -> VideoCodecs {
        let refused = self.settings.refused_video_codecs.iter();
        let refused = refused.map(|name| (*name).to_owned());
        VideoCodecs {
            preferred: self.settings.preferred_video_codecs.clone(),
            refused: refused
                .chain(self.refused.borrow().iter().cloned())
                .collect(),
        }
    }

    /// Whether it is closed, by whomever (`signalingState`).
    pub fn is_closed(&self) -> bool {
        is_closed(&self.pc)
    }

    /// Opens a data channel: before the first description.
    pub fn data_channel(&self, init: DataChannelInit) -> DataChannel {
        DataChannel::new(&self.pc, init)
    }

    /// Uses these from the next ICE restart on (`setConfiguration`).
    pub fn set_ice_servers(&self, servers: &[IceServer]) {
        // web-sys has no `setConfiguration`. A browser that refuses goes on with
        // those that it has.
        let (relay_only, certificate) = (self.settings.relay_only, self.certificate.as_ref());
        if let Ok(configuration) = configuration(servers, relay_only, certificate) {
            let _ = call(&self.pc, "setConfiguration", &configuration);
        }
    }

    /// Makes an offer and applies it as the local description; resolves with its SDP.
    /// With `ice_restart`, it has new ICE credentials; its video section is inactive without
    /// `video`.
    pub fn offer(
        &self,
        ice_restart: bool,
        video: bool,
    ) -> impl Future<Output = Result<String, BrowserError>> + use<> {
        direct(&self.pc, video, true);
        if ice_restart {
            call(&self.pc, "restartIce", &JsValue::UNDEFINED);
        }
        local_sdp(self.pc.clone(), set_local_description(&self.pc), true)
    }

    /// Applies the remote offer (rolling back a local one), makes an answer and applies it
    /// as the local description; resolves with the answer's SDP.
    ///
    /// With `hold`, the first answer of a connection is applied only together with the
    /// first remote candidate, if none has come yet. Without `video`, video stays inactive
    /// whatever the offer says.
    pub fn answer(
        &self,
        offer: &str,
        hold: bool,
        video: bool,
    ) -> impl Future<Output = Result<String, BrowserError>> + use<> {
        let takes_screen = sdp_content::has_slides(offer);
        let offer = sdp_content::opened(offer);
        let applied = self.set_remote_description(RtcSdpType::Offer, &offer);
        // Not `self.stream.clone()`: that is the browser's method of this name, and
        // makes another stream.
        let stream = Clone::clone(&self.stream);
        let (pc, tracks) = (self.pc.clone(), self.tracks.clone());
        let codecs = self.video_codecs();
        let held = (hold && pc.local_description().is_none()).then(|| self.held.clone());
        async move {
            JsFuture::from(applied).await?;
            direct(&pc, video, takes_screen);
            let screen = screen_transceiver(&pc);
            for transceiver in transceivers(&pc) {
                // It is out of step with the voice as far as it has to be, and not the camera.
                if screen.as_ref() != Some(&transceiver) {
                    set_stream(&transceiver, &stream);
                }
                if is_of(&transceiver, TrackKind::Video) {
                    codecs.apply(&transceiver);
                }
            }
            tracks.borrow_mut().set_takes_screen(takes_screen);
            tracks.borrow().attach(&pc);
            if let Some(held) = held {
                let answer = JsFuture::from(pc.create_answer()).await?;
                let answer: RtcSessionDescriptionInit = answer.unchecked_into();
                let sdp = answer.get_sdp().unwrap_or_default();
                let sdp = sdp_content::described(&sdp, takes_screen);
                let mut held = held.borrow_mut();
                if !held.has_candidate {
                    held.answer = Some(answer);
                    return Ok(sdp);
                }
            }
            let applied = set_local_description(&pc);
            let described = local_sdp(pc, applied, takes_screen).await;
            // Before that it has no encodings in Chromium.
            if let Some(screen) = screen
                && screen.sender().track().is_none()
            {
                rtc_rtp_sender::rest(&screen.sender());
            }
            described
        }
    }

    /// Applies the remote answer.
    pub fn set_remote_answer(
        &self,
        answer: &str,
    ) -> impl Future<Output = Result<(), BrowserError>> + use<> {
        let takes_screen = sdp_content::has_slides(answer);
        let answer = sdp_content::opened(answer);
        let applied = self.set_remote_description(RtcSdpType::Answer, &answer);
        let (pc, tracks) = (self.pc.clone(), self.tracks.clone());
        async move {
            JsFuture::from(applied).await?;
            tracks.borrow_mut().set_takes_screen(takes_screen);
            tracks.borrow().attach(&pc);
            Ok(())
        }
    }

    /// `addIceCandidate`.
    pub fn add_ice_candidate(
        &self,
        candidate: &IceCandidateInit,
    ) -> impl Future<Output = Result<(), BrowserError>> + use<> {
        let init = RtcIceCandidateInit::new(&candidate.candidate);
        init.set_sdp_mid(candidate.sdp_mid.as_deref());
        init.set_sdp_m_line_index(candidate.sdp_m_line_index);
        if let Some(fragment) = &candidate.username_fragment {
            // web-sys has no setter for it.
            let _ = Reflect::set(&init, &"usernameFragment".into(), &fragment.into());
        }
        let added = self
            .pc
            .add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(&init));
        let mut held = self.held.borrow_mut();
        held.has_candidate = true;
        if let Some(answer) = held.answer.take() {
            // The browser reports what becomes of it as `connectionState`.
            let _ = self.pc.set_local_description(&answer);
        }
        async move {
            JsFuture::from(added).await?;
            Ok(())
        }
    }

    /// Sends this track from now on, or nothing; needs no new description
    /// (`RTCRtpSender.replaceTrack`).
    pub fn replace_track(&self, kind: TrackKind, track: Option<&MediaStreamTrack>) {
        let mut tracks = self.tracks.borrow_mut();
        tracks.set(kind, track);
        tracks.attach(&self.pc);
    }

    /// [`Self::replace_track`] of a track that is sent by another one, for who wants to know what
    /// came of it: if it fails, the one before is sent as it was.
    ///
    /// # Errors
    /// As `RTCRtpSender.replaceTrack` rejects, as when the encoder cannot take the track without
    /// a new description.
    pub fn exchange_track(
        &self,
        kind: TrackKind,
        track: &MediaStreamTrack,
    ) -> impl Future<Output = Result<(), BrowserError>> + use<> {
        let before = self.tracks.borrow().get(kind);
        self.tracks.borrow_mut().set(kind, Some(track));
        let is_covered = self.tracks.borrow().is_covered(kind);
        if is_covered {
            self.tracks.borrow().attach(&self.pc);
        }
        let replaced = transceiver(&self.pc, kind)
            .filter(|_| !is_covered)
            .map(|transceiver| transceiver.sender().replace_track(Some(track)));
        let tracks = self.tracks.clone();
        async move {
            // Without a transceiver so far, it is attached with the description.
            let Some(replaced) = replaced else {
                return Ok(());
            };
            if let Err(error) = JsFuture::from(replaced).await {
                tracks.borrow_mut().set(kind, before.as_ref());
                return Err(error.into());
            }
            Ok(())
        }
    }

    /// Sends a screen beside the camera, or where the descriptions have no video of its own in
    /// place of it, and its sound with the voice; or no longer.
    /// What becomes of camera and microphone meanwhile is sent after it.
    pub fn share(&self, screen: Option<&MediaStreamTrack>, audio: Option<&MediaStreamTrack>) {
        let mut tracks = self.tracks.borrow_mut();
        tracks.share(screen, audio);
        tracks.attach(&self.pc);
    }

    /// Whether a screen is sent in place of the camera.
    pub fn is_covered(&self) -> bool {
        self.tracks.borrow().is_covered(TrackKind::Video)
    }

    /// Whether a screen has a video of its own, once both descriptions say.
    pub fn takes_screen(&self) -> Option<bool> {
        self.tracks.borrow().takes_screen()
    }

    /// The SDP of the local and the remote description, once both are applied.
    pub fn descriptions(&self) -> Option<[String; 2]> {
        Some([self.pc.local_description()?, self.pc.remote_description()?].map(|it| it.sdp()))
    }

    /// `getStats`.
    pub fn stats(&self) -> impl Future<Output = Result<JsValue, BrowserError>> + use<> {
        let stats = self.pc.get_stats();
        async move { Ok(JsFuture::from(stats).await?) }
    }

    /// How loud the peer's audio is now, 0 to 1
    /// (`RTCRtpReceiver.getSynchronizationSources`); `None` where the browser does not say.
    pub fn audio_level(&self) -> Option<f64> {
        let receiver = transceiver(&self.pc, TrackKind::Audio)?.receiver();
        let sources = call(&receiver, "getSynchronizationSources", &JsValue::UNDEFINED)?;
        let source = sources.dyn_into::<Array>().ok()?.get(0);
        Reflect::get(&source, &"audioLevel".into()).ok()?.as_f64()
    }

    fn set_remote_description(&self, kind: RtcSdpType, sdp: &str) -> Promise {
        let description = RtcSessionDescriptionInit::new(kind);
        description.set_sdp(sdp);
        self.pc.set_remote_description(&description)
    }
}

impl Drop for PeerConnection {
    fn drop(&mut self) {
        self.pc.close();
    }
}

fn is_closed(pc: &RtcPeerConnection) -> bool {
    pc.signaling_state() == RtcSignalingState::Closed
}

fn direction(kind: TrackKind, video: bool) -> RtcRtpTransceiverDirection {
    if kind == TrackKind::Audio || video {
        RtcRtpTransceiverDirection::Sendrecv
    } else {
        RtcRtpTransceiverDirection::Inactive
    }
}

/// Says which transceivers are to send and receive; that of a screen only if `screen`.
fn direct(pc: &RtcPeerConnection, video: bool, screen: bool) {
    let of_screen = screen_transceiver(pc);
    for transceiver in transceivers(pc) {
        let video = video && (screen || of_screen.as_ref() != Some(&transceiver));
        let kind = if is_of(&transceiver, TrackKind::Video) {
            TrackKind::Video
        } else {
            TrackKind::Audio
        };
        transceiver.set_direction(direction(kind, video));
    }
}

/// `setLocalDescription` without an argument: the browser makes whichever
/// description the state asks for, so that none can be outdated when it is set.
/// web-sys knows only the form with one.
fn set_local_description(pc: &RtcPeerConnection) -> Option<Promise> {
    call(pc, "setLocalDescription", &JsValue::UNDEFINED)?
        .dyn_into()
        .ok()
}

async fn local_sdp(
    pc: RtcPeerConnection,
    applied: Option<Promise>,
    has_screen: bool,
) -> Result<String, BrowserError> {
    let invalid = || BrowserError::named("InvalidStateError");
    JsFuture::from(applied.ok_or_else(invalid)?).await?;
    let description = pc.local_description().ok_or_else(invalid)?;
    Ok(sdp_content::described(&description.sdp(), has_screen))
}

fn listeners(
    pc: &RtcPeerConnection,
    report: Report,
    transport: &Rc<RefCell<Option<[Listener; 2]>>>,
) -> [Listener; 5] {
    let on = |event: &'static str, run: Box<dyn Fn(Event)>| Listener::new(pc, event, run);
    let state = |read: fn(&RtcPeerConnection) -> PeerEvent| {
        let (pc, report) = (pc.clone(), report.clone());
        Box::new(move |_: Event| report(read(&pc)))
    };
    let (candidate, track, of_track) = (report.clone(), report.clone(), pc.clone());
    let connection = {
        let (pc, transport, report) = (pc.clone(), transport.clone(), report.clone());
        Box::new(move |_: Event| {
            let state = connection_state(&pc);
            let mut transport = transport.borrow_mut();
            if state == PeerConnectionState::Connected && transport.is_none() {
                let (closed, changed, own) = (report.clone(), report.clone(), pc.clone());
                *transport = rtc_dtls_transport::watch(
                    &pc,
                    move || {
                        closed(if is_closed(&own) {
                            PeerEvent::ClosedByBrowser
                        } else {
                            PeerEvent::Closed
                        });
                    },
                    move || changed(PeerEvent::SelectedPairChanged),
                );
            }
            report(PeerEvent::Connection(state));
        })
    };
    [
        on("connectionstatechange", connection),
        on(
            "iceconnectionstatechange",
            state(|pc| PeerEvent::Ice(ice_connection_state(pc))),
        ),
        on(
            "signalingstatechange",
            state(|pc| PeerEvent::Signaling(signaling_state(pc))),
        ),
        on(
            "icecandidate",
            Box::new(move |event| {
                let event: &RtcPeerConnectionIceEvent = event.unchecked_ref();
                candidate(match event.candidate() {
                    Some(found) => PeerEvent::Candidate(IceCandidateInit {
                        candidate: found.candidate(),
                        sdp_mid: found.sdp_mid(),
                        sdp_m_line_index: found.sdp_m_line_index(),
                        username_fragment: property(&found, "usernameFragment")
                            .and_then(|fragment| fragment.as_string()),
                    }),
                    None => PeerEvent::Gathered,
                });
            }),
        ),
        on(
            "track",
            Box::new(move |event| {
                let event: &RtcTrackEvent = event.unchecked_ref();
                let of_screen = screen_transceiver(&of_track);
                let is_screen = of_screen.is_some_and(|it| it == event.transceiver());
                track(if is_screen {
                    PeerEvent::ScreenTrack(event.track())
                } else {
                    PeerEvent::Track(event.track())
                });
            }),
        ),
    ]
}

// web-sys's enums are open: a state that is new to it counts as one that means nothing.

fn connection_state(pc: &RtcPeerConnection) -> PeerConnectionState {
    match pc.connection_state() {
        RtcPeerConnectionState::Connecting => PeerConnectionState::Connecting,
        RtcPeerConnectionState::Connected => PeerConnectionState::Connected,
        RtcPeerConnectionState::Disconnected => PeerConnectionState::Disconnected,
        RtcPeerConnectionState::Failed => PeerConnectionState::Failed,
        RtcPeerConnectionState::Closed => PeerConnectionState::Closed,
        _ => PeerConnectionState::New,
    }
}

fn ice_connection_state(pc: &RtcPeerConnection) -> IceConnectionState {
    match pc.ice_connection_state() {
        RtcIceConnectionState::Checking => IceConnectionState::Checking,
        RtcIceConnectionState::Connected => IceConnectionState::Connected,
        RtcIceConnectionState::Completed => IceConnectionState::Completed,
        RtcIceConnectionState::Disconnected => IceConnectionState::Disconnected,
        RtcIceConnectionState::Failed => IceConnectionState::Failed,
        RtcIceConnectionState::Closed => IceConnectionState::Closed,
        _ => IceConnectionState::New,
    }
}

fn signaling_state(pc: &RtcPeerConnection) -> SignalingState {
    match pc.signaling_state() {
        RtcSignalingState::HaveLocalOffer => SignalingState::HaveLocalOffer,
        RtcSignalingState::HaveRemoteOffer => SignalingState::HaveRemoteOffer,
        RtcSignalingState::HaveLocalPranswer => SignalingState::HaveLocalPranswer,
        RtcSignalingState::HaveRemotePranswer => SignalingState::HaveRemotePranswer,
        RtcSignalingState::Closed => SignalingState::Closed,
        _ => SignalingState::Stable,
    }
}
