//! From the connection's callbacks to events.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Reflect;
use wasm_bindgen::JsCast;
use web_sys::{
    EventTarget, RtcPeerConnection, RtcPeerConnectionIceEvent, RtcPeerConnectionState,
    RtcTrackEvent,
};

use super::{Candidate, PeerEvent, Report, transceivers};
use crate::browser::Listener;

/// Listens for the end of the DTLS transport, which all media share (BUNDLE).
fn watch_dtls(pc: &RtcPeerConnection, report: Report) -> Option<Listener> {
    let sender = transceivers(pc).first()?.sender();
    let transport: EventTarget = Reflect::get(&sender, &"transport".into())
        .ok()?
        .dyn_into()
        .ok()?;
    let watched = transport.clone();
    Some(Listener::new(&transport, "statechange", move |_| {
        let state = Reflect::get(&watched, &"state".into()).ok();
        if state.and_then(|state| state.as_string()).as_deref() == Some("closed") {
            report(PeerEvent::Closed);
        }
    }))
}

pub(super) fn listeners(
    pc: &RtcPeerConnection,
    report: Report,
    dtls: &Rc<RefCell<Option<Listener>>>,
) -> [Listener; 5] {
    let on = |event: &'static str, run: Box<dyn Fn(web_sys::Event)>| Listener::new(pc, event, run);
    let state = |read: fn(&RtcPeerConnection) -> PeerEvent| {
        let (pc, report) = (pc.clone(), report.clone());
        Box::new(move |_: web_sys::Event| report(read(&pc)))
    };
    let (candidate, track) = (report.clone(), report.clone());
    let connection = {
        let (pc, dtls, report) = (pc.clone(), dtls.clone(), report.clone());
        Box::new(move |_: web_sys::Event| {
            let state = pc.connection_state();
            let mut dtls = dtls.borrow_mut();
            if state == RtcPeerConnectionState::Connected && dtls.is_none() {
                *dtls = watch_dtls(&pc, report.clone());
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
