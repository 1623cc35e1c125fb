//! The certificate that the other end really uses.

use js_sys::{Array, ArrayBuffer, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::RtcPeerConnection;

use super::sending::transceivers;
use crate::browser::reflect::call;

/// What the browser tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// The certificate in DER (webrtc, section 5.5: `getRemoteCertificates`).
    Der(Vec<u8>),
    /// Where the browser does not give it out (Firefox): the description that is
    /// applied. DTLS accepts no certificate without its fingerprint there
    /// (RFC 8122, section 6.2).
    Description(String),
}

/// That of a connection that is up.
pub fn certificate(pc: &RtcPeerConnection) -> Option<Certificate> {
    der(pc).map(Certificate::Der).or_else(|| {
        let description = pc.remote_description()?;
        Some(Certificate::Description(description.sdp()))
    })
}

/// The first of the chain is the other end's own.
fn der(pc: &RtcPeerConnection) -> Option<Vec<u8>> {
    let transceiver = transceivers(pc).into_iter().next()?;
    let transport = Reflect::get(&transceiver.receiver(), &"transport".into()).ok()?;
    let chain = call(&transport, "getRemoteCertificates", &JsValue::UNDEFINED)?;
    let der: ArrayBuffer = chain.dyn_into::<Array>().ok()?.get(0).dyn_into().ok()?;
    Some(Uint8Array::new(&der).to_vec())
}
