//! `RTCCertificate` (<https://www.w3.org/TR/webrtc/#rtccertificate-interface>): the key and
//! certificate that DTLS uses.

use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::reflect::{call, property};
use super::window::window;
use super::{BrowserError, clock};

/// One certificate, which any number of connections may use. Its private key cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate(JsValue);

impl Certificate {
    /// Makes one with a new key (ECDSA on P-256), which takes a millisecond or two.
    ///
    /// # Errors
    /// `NotSupportedError` where the browser cannot.
    pub async fn generate() -> Result<Self, BrowserError> {
        let unsupported = || BrowserError::named("NotSupportedError");
        let class = property(&window(), "RTCPeerConnection").ok_or_else(unsupported)?;
        let algorithm = Object::new();
        for (name, value) in [("name", "ECDSA"), ("namedCurve", "P-256")] {
            Reflect::set(&algorithm, &name.into(), &value.into())?;
        }
        let made = call(&class, "generateCertificate", &algorithm).ok_or_else(unsupported)?;
        let made: Promise = made.dyn_into().map_err(|_| unsupported())?;
        Ok(Self(JsFuture::from(made).await?))
    }

    /// The browser's own object.
    pub fn js(&self) -> &JsValue {
        &self.0
    }

    /// Whether a connection may still be made with it (`expires`).
    pub fn is_valid(&self) -> bool {
        let expires = property(&self.0, "expires").and_then(|it| it.as_f64());
        expires.is_some_and(|expires| expires > clock::wall_millis() as f64)
    }
}
