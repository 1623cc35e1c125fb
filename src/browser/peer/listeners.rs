//! From the connection's callbacks to events.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    EventTarget, RtcIceConnectionState, RtcPeerConnection, RtcPeerConnectionIceEvent,
    RtcPeerConnectionState, RtcSignalingState, RtcTrackEvent,
};
use wimpex_webrtc::{
    IceCandidateInit, IceConnectionState, PeerConnectionState, SignalingState, TrackKind,
};

use super::{PeerEvent, Report, transceivers};
use crate::browser::Listener;
use crate::browser::reflect::{call, method};

/// Listens to the transport that all media share (BUNDLE): to its end, and to a
/// path that takes the place of another.
fn watch_transport(pc: &RtcPeerConnection, report: Report) -> Option<[Listener; 2]> {
    let sender = transceivers(pc).first()?.sender();
    let inner = |outer: &JsValue, name: &str| -> Option<EventTarget> {
        Reflect::get(outer, &name.into()).ok()?.dyn_into().ok()
    };
    let dtls = inner(&sender, "transport")?;
    let ice = inner(&dtls, "iceTransport")?;
    let (watched, pc) = (dtls.clone(), pc.clone());
    Some([
        Listener::new(&dtls, "statechange", move |_| {
            let state = Reflect::get(&watched, &"state".into()).ok();
            if state.and_then(|state| state.as_string()).as_deref() == Some("closed") {
                report(PeerEvent::Closed);
            }
        }),
        Listener::new(&ice, "selectedcandidatepairchange", move |_| {
            send_whole_picture(&pc);
        }),
    ])
}

pub(super) fn listeners(
    pc: &RtcPeerConnection,
    report: Report,
    transport: &Rc<RefCell<Option<[Listener; 2]>>>,
) -> [Listener; 5] {
    let on = |event: &'static str, run: Box<dyn Fn(web_sys::Event)>| Listener::new(pc, event, run);
    let state = |read: fn(&RtcPeerConnection) -> PeerEvent| {
        let (pc, report) = (pc.clone(), report.clone());
        Box::new(move |_: web_sys::Event| report(read(&pc)))
    };
    let (candidate, track) = (report.clone(), report.clone());
    let connection = {
        let (pc, transport, report) = (pc.clone(), transport.clone(), report.clone());
        Box::new(move |_: web_sys::Event| {
            let state = connection_state(&pc);
            let mut transport = transport.borrow_mut();
            if state == PeerConnectionState::Connected && transport.is_none() {
                *transport = watch_transport(&pc, report.clone());
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
                        username_fragment: Reflect::get(&found, &"usernameFragment".into())
                            .ok()
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
                track(PeerEvent::Track(event.track()));
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

const WHOLE_PICTURE: &str = r#"{"encodingOptions":[{"keyFrame":true}]}"#;

/// Sends a picture that needs no other (`RTCEncodingOptions.keyFrame`): on a new
/// path the peer has nothing to build on, and the one that it asked for over the
/// old path is lost; it would ask again after three seconds.
fn send_whole_picture(pc: &RtcPeerConnection) {
    for transceiver in transceivers(pc) {
        if transceiver.receiver().track().kind() == TrackKind::Video.as_str() {
            let sender = transceiver.sender();
            let set = call(&sender, "getParameters", &JsValue::UNDEFINED)
                .zip(js_sys::JSON::parse(WHOLE_PICTURE).ok())
                .zip(method(&sender, "setParameters"))
                .and_then(|((now, options), set)| set.call2(&sender, &now, &options).ok());
            if let Some(set) = set.and_then(|set| set.dyn_into::<js_sys::Promise>().ok()) {
                wasm_bindgen_futures::spawn_local(async move {
                    // A browser that does not know the option sets what there is already.
                    let _ = JsFuture::from(set).await;
                });
            }
        }
    }
}
