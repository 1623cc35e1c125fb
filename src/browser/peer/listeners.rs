//! From the connection's callbacks to events.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    EventTarget, RtcPeerConnection, RtcPeerConnectionIceEvent, RtcPeerConnectionState,
    RtcTrackEvent,
};

use super::{Candidate, Kind, PeerEvent, Report, call, method, transceivers};
use crate::browser::Listener;

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
            let state = pc.connection_state();
            let mut transport = transport.borrow_mut();
            if state == RtcPeerConnectionState::Connected && transport.is_none() {
                *transport = watch_transport(&pc, report.clone());
            }
            report(PeerEvent::Connection(state));
        })
    };
    [
        on("connectionstatechange", connection),
        on(
            "iceconnectionstatechange",
            state(|pc| PeerEvent::Ice(pc.ice_connection_state())),
        ),
        on(
            "signalingstatechange",
            state(|pc| PeerEvent::Signaling(pc.signaling_state())),
        ),
        on(
            "icecandidate",
            Box::new(move |event| {
                let event: &RtcPeerConnectionIceEvent = event.unchecked_ref();
                candidate(match event.candidate() {
                    Some(found) => PeerEvent::Candidate(Candidate {
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

const WHOLE_PICTURE: &str = r#"{"encodingOptions":[{"keyFrame":true}]}"#;

/// Sends a picture that needs no other (`RTCEncodingOptions.keyFrame`): on a new
/// path the peer has nothing to build on, and the one that it asked for over the
/// old path is lost; it would ask again after three seconds.
fn send_whole_picture(pc: &RtcPeerConnection) {
    for transceiver in transceivers(pc) {
        if transceiver.receiver().track().kind() == Kind::Video.name() {
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
