//! `RTCDtlsTransport` and the `RTCIceTransport` below it, which all media of a connection
//! share (BUNDLE, RFC 9143)
//! (<https://www.w3.org/TR/webrtc/#rtcdtlstransport-interface>).

use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{EventTarget, RtcPeerConnection};

use super::Listener;
use super::reflect::{call, property};
use super::rtc_rtp_transceiver::transceivers;

/// Listens to the transport: to its end, and to a candidate pair that takes the place of
/// another. `None` while no media is negotiated, or where the browser shows no transport.
pub(super) fn watch(
    pc: &RtcPeerConnection,
    closed: impl Fn() + 'static,
    pair_changed: impl Fn() + 'static,
) -> Option<[Listener; 2]> {
    let sender = transceivers(pc).first()?.sender();
    let inner = |outer: &JsValue, name: &str| -> Option<EventTarget> {
        property(outer, name)?.dyn_into().ok()
    };
    let dtls = inner(&sender, "transport")?;
    let ice = inner(&dtls, "iceTransport")?;
    let watched = dtls.clone();
    Some([
        Listener::new(&dtls, "statechange", move |_| {
            let state = property(&watched, "state").and_then(|state| state.as_string());
            if state.as_deref() == Some("closed") {
                closed();
            }
        }),
        Listener::new(&ice, "selectedcandidatepairchange", move |_| pair_changed()),
    ])
}

/// The certificate that the peer really uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DtlsCertificate {
    /// In DER (`getRemoteCertificates`).
    Der(Vec<u8>),
    /// Where the browser does not give it out (Firefox): the description that is
    /// applied. DTLS accepts no certificate without its fingerprint there
    /// (RFC 8122, section 6.2).
    Description(String),
}

/// The peer's certificate on a connection that is up; `None` before.
pub fn remote_certificate(pc: &RtcPeerConnection) -> Option<DtlsCertificate> {
    der(pc).map(DtlsCertificate::Der).or_else(|| {
        let description = pc.remote_description()?;
        Some(DtlsCertificate::Description(description.sdp()))
    })
}

/// The first of the chain is the peer's own.
fn der(pc: &RtcPeerConnection) -> Option<Vec<u8>> {
    let transceiver = transceivers(pc).into_iter().next()?;
    let transport = property(&transceiver.receiver(), "transport")?;
    let chain = call(&transport, "getRemoteCertificates", &JsValue::UNDEFINED)?;
    let der: ArrayBuffer = chain.dyn_into::<Array>().ok()?.get(0).dyn_into().ok()?;
    Some(Uint8Array::new(&der).to_vec())
}
