//! `RTCPeerConnection`.
//!
//! Every method that the browser answers later calls it at once, and returns a
//! future for the answer only: the browser does the calls in their order, so a
//! candidate that is added after a description always finds it.

mod certificate;
mod channel;
mod codecs;
mod configuration;
mod limit;
mod listeners;
mod sending;
mod start;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    MediaStream, MediaStreamTrack, RtcDataChannel, RtcIceCandidateInit, RtcPeerConnection,
    RtcRtpTransceiverDirection, RtcRtpTransceiverInit, RtcSdpType, RtcSessionDescriptionInit,
};

use wimpex_webrtc::{
    IceCandidateInit, IceConnectionState, IceServer, PeerConnectionState, SignalingState, TrackKind,
};

use super::reflect::{call, property};
use super::window::window;
use super::{BrowserError, Listener, navigator};
use channel::Channel;
use codecs::{RED, prefer};
use configuration::configuration;
use listeners::listeners;
use sending::{Sending, name_stream, place, transceivers};

pub use certificate::{Certificate, certificate};
pub use codecs::{Codecs, Hardware};
pub use configuration::Policy;
pub use limit::{limit_picture, lines, prefer_motion};
pub use start::with_wishes;

/// What a connection reports.
pub enum PeerEvent {
    /// `onicecandidate`.
    Candidate(IceCandidateInit),
    /// There are no more candidates for now.
    Gathered,
    /// `onconnectionstatechange`.
    Connection(PeerConnectionState),
    /// `oniceconnectionstatechange`.
    Ice(IceConnectionState),
    /// `onsignalingstatechange`.
    Signaling(SignalingState),
    /// The peer has closed its connection: DTLS says so within milliseconds,
    /// where `connectionState` takes tens of seconds to find out.
    Closed,
    /// `ontrack`.
    Track(MediaStreamTrack),
    /// The peer says this over the connection itself.
    Direct(String),
}

/// Where events go.
type Report = Rc<dyn Fn(PeerEvent)>;

/// An answer that becomes ours with the peer's first candidate; see [`may_hold`].
#[derive(Default)]
struct Held {
    answer: Option<RtcSessionDescriptionInit>,
    has_candidate: bool,
}

/// Whether the browser can make calls: an extension or a setting may have taken
/// `RTCPeerConnection` away.
pub fn is_supported() -> bool {
    property(&window(), "RTCPeerConnection").is_some()
}

/// A connection that is closed when it is dropped.
pub struct PeerConnection {
    pc: RtcPeerConnection,
    policy: Policy,
    /// Names our tracks as one stream to the peer, so that they play in step.
    stream: MediaStream,
    sending: Rc<RefCell<Sending>>,
    channel: Channel,
    held: Rc<RefCell<Held>>,
    red: Cell<Option<bool>>,
    _listeners: [Listener; 5],
    _transport: Rc<RefCell<Option<[Listener; 2]>>>,
}

impl PeerConnection {
    /// Makes one.
    ///
    /// # Errors
    /// Where the browser refuses the servers, or has no WebRTC.
    pub fn new(
        servers: &[IceServer],
        policy: Policy,
        report: impl Fn(PeerEvent) + 'static,
    ) -> Result<Self, BrowserError> {
        Self::reporting(servers, policy, Rc::new(report))
    }

    /// The same, once for all callers, since each copy costs the page its bytes.
    fn reporting(
        servers: &[IceServer],
        policy: Policy,
        report: Report,
    ) -> Result<Self, BrowserError> {
        let configuration = configuration(servers, policy)?;
        let pc = RtcPeerConnection::new_with_configuration(&configuration)?;
        let channel = Channel::new(&pc, report.clone());
        let transport = Rc::default();
        let listeners = listeners(&pc, report, &transport);
        Ok(Self {
            pc,
            policy,
            _transport: transport,
            stream: MediaStream::new()?,
            sending: Rc::default(),
            channel,
            held: Rc::default(),
            red: Cell::default(),
            _listeners: listeners,
        })
    }

    /// For who offers: a place for sound, and one for picture, both ways.
    ///
    /// # Errors
    /// Where the browser refuses.
    pub fn add_transceivers(&self, video: bool) -> Result<(), BrowserError> {
        let kinds: &[TrackKind] = if video {
            &[TrackKind::Audio, TrackKind::Video]
        } else {
            &[TrackKind::Audio]
        };
        for kind in kinds {
            let init = RtcRtpTransceiverInit::new();
            init.set_direction(RtcRtpTransceiverDirection::Sendrecv);
            init.set_streams(&Array::of1(&self.stream));
            let transceiver = self
                .pc
                .add_transceiver_with_str_and_init(kind.as_str(), &init);
            if *kind == TrackKind::Video {
                prefer(&transceiver, self.policy.hardware.decodes);
            }
        }
        place(&self.pc, &self.sending.borrow());
        Ok(())
    }

    /// Uses these from the next ICE restart on (`setConfiguration`).
    pub fn use_ice_servers(&self, servers: &[IceServer]) {
        // web-sys has no `setConfiguration`. A browser that refuses goes on with
        // those that it has.
        if let Ok(configuration) = configuration(servers, self.policy) {
            let _ = call(&self.pc, "setConfiguration", &configuration);
        }
    }

    /// Makes an offer ours; resolves with its SDP.
    pub fn offer(
        &self,
        ice_restart: bool,
    ) -> impl Future<Output = Result<String, BrowserError>> + use<> {
        if ice_restart {
            call(&self.pc, "restartIce", &JsValue::UNDEFINED);
        }
        describe(self.pc.clone(), set_local_description(&self.pc))
    }

    /// Takes the peer's offer (rolling back our own) and makes an answer ours;
    /// resolves with its SDP.
    pub fn accept_offer(
        &self,
        sdp: &str,
    ) -> impl Future<Output = Result<String, BrowserError>> + use<> {
        let accepted = self.set_remote(RtcSdpType::Offer, sdp);
        // Not `self.stream.clone()`: that is the browser's method of this name, and
        // makes another stream.
        let stream = Clone::clone(&self.stream);
        let (pc, sending) = (self.pc.clone(), self.sending.clone());
        let decodes = self.policy.hardware.decodes;
        let held = (may_hold(sdp) && pc.local_description().is_none()).then(|| self.held.clone());
        async move {
            JsFuture::from(accepted).await?;
            for transceiver in transceivers(&pc) {
                transceiver.set_direction(RtcRtpTransceiverDirection::Sendrecv);
                name_stream(&transceiver, &stream);
                if transceiver.receiver().track().kind() == TrackKind::Video.as_str() {
                    prefer(&transceiver, decodes);
                }
            }
            place(&pc, &sending.borrow());
            if let Some(held) = held {
                let answer = JsFuture::from(pc.create_answer()).await?;
                let answer: RtcSessionDescriptionInit = answer.unchecked_into();
                let sdp = answer.get_sdp().unwrap_or_default();
                let mut held = held.borrow_mut();
                if !held.has_candidate {
                    held.answer = Some(answer);
                    return Ok(sdp);
                }
            }
            let described = set_local_description(&pc);
            describe(pc, described).await
        }
    }

    /// Takes the peer's answer.
    pub fn accept_answer(
        &self,
        sdp: &str,
    ) -> impl Future<Output = Result<(), BrowserError>> + use<> {
        let accepted = self.set_remote(RtcSdpType::Answer, sdp);
        async move {
            JsFuture::from(accepted).await?;
            Ok(())
        }
    }

    /// Adds a path of the peer's.
    pub fn add_candidate(
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

    /// Sends this track from now on, or nothing; needs no new description.
    pub fn send(&self, kind: TrackKind, track: Option<&MediaStreamTrack>) {
        let mut sending = self.sending.borrow_mut();
        match kind {
            TrackKind::Audio => sending.audio = track.cloned(),
            TrackKind::Video => sending.video = track.cloned(),
        }
        place(&self.pc, &sending);
    }

    /// Both sides have RED for sound.
    pub fn knows_red(&self) -> bool {
        let known = || {
            let [ours, theirs] = [self.pc.local_description()?, self.pc.remote_description()?];
            Some([ours, theirs].iter().all(|known| known.sdp().contains(RED)))
        };
        if self.red.get().is_none() {
            self.red.set(known());
        }
        self.red.get() == Some(true)
    }

    /// The browser's own object, for what is no part of the first load.
    pub fn js(&self) -> RtcPeerConnection {
        Clone::clone(&self.pc)
    }

    /// `getStats`.
    pub fn stats(&self) -> impl Future<Output = Result<JsValue, BrowserError>> + use<> {
        let stats = self.pc.get_stats();
        async move { Ok(JsFuture::from(stats).await?) }
    }

    /// Says this to the peer over the connection itself; says whether it can be.
    pub fn say(&self, text: &str) -> bool {
        self.channel.say(text)
    }

    /// A channel that loses what the network loses, for measuring it. Both sides
    /// have to open it.
    pub fn lossy_channel(&self) -> RtcDataChannel {
        channel::lossy(&self.pc)
    }

    /// Sends no sound and no picture any more.
    pub fn silence(&self) {
        self.send(TrackKind::Audio, None);
        self.send(TrackKind::Video, None);
    }

    /// How loud the peer's sound is now, 0 to 1
    /// (`RTCRtpReceiver.getSynchronizationSources`).
    pub fn audio_level(&self) -> Option<f64> {
        let transceiver = transceivers(&self.pc)
            .into_iter()
            .find(|t| t.receiver().track().kind() == TrackKind::Audio.as_str())?;
        let sources = call(
            &transceiver.receiver(),
            "getSynchronizationSources",
            &JsValue::UNDEFINED,
        )?;
        let source = sources.dyn_into::<Array>().ok()?.get(0);
        Reflect::get(&source, &"audioLevel".into()).ok()?.as_f64()
    }

    fn set_remote(&self, kind: RtcSdpType, sdp: &str) -> js_sys::Promise {
        let description = RtcSessionDescriptionInit::new(kind);
        description.set_sdp(&with_wishes(sdp, self.policy.hardware.encodes));
        self.pc.set_remote_description(&description)
    }
}

impl Drop for PeerConnection {
    fn drop(&mut self) {
        self.pc.close();
    }
}

/// `setLocalDescription` without an argument: the browser makes whichever
/// description the state asks for, so that none can be outdated when it is set.
/// web-sys knows only the form with one.
fn set_local_description(pc: &RtcPeerConnection) -> Option<js_sys::Promise> {
    call(pc, "setLocalDescription", &JsValue::UNDEFINED)?
        .dyn_into()
        .ok()
}

/// Firefox (seen in 153) gives a connection up when five seconds after its answer
/// no candidate of the peer has come, and one that was given up before it ever
/// connected sends no media after a restart either, though it says that it is
/// connected. The peer's candidates come only when it has our answer, which a
/// network that is away for a moment delays. So there our answer is made, and
/// sent, but becomes ours only when the first candidate shows that the peer has it.
fn may_hold(offer: &str) -> bool {
    let has_candidates = offer.contains("a=candidate:");
    !has_candidates && navigator::user_agent().contains("Firefox/")
}

async fn describe(
    pc: RtcPeerConnection,
    described: Option<js_sys::Promise>,
) -> Result<String, BrowserError> {
    let invalid = || BrowserError::named("InvalidStateError");
    JsFuture::from(described.ok_or_else(invalid)?).await?;
    let description = pc.local_description().ok_or_else(invalid)?;
    Ok(description.sdp())
}
