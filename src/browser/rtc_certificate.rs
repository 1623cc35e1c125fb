//! `RTCCertificate` (<https://www.w3.org/TR/webrtc/#rtccertificate-interface>): the key and
//! certificate that DTLS uses.

use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::reflect::{call, property};
use super::window::window;
use super::{BrowserError, clock};

/// What browsers give one of which nobody says how long it is to last, in milliseconds (W3C webrtc,
/// section 4.9.1).
const LIFETIME: u64 = 30 * 24 * 60 * 60 * 1000;

/// One certificate, which any number of connections may use. Its private key cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate(JsValue);

impl Certificate {
    /// Makes one with a new key (ECDSA on P-256), which takes a millisecond or two.
    ///
    /// # Errors
    /// `NotSupportedError` where the browser cannot.
    pub async fn generate() -> Result<Self, BrowserError> {
        Self::generate_for(LIFETIME).await
    }

    /// Makes one that lasts for so many milliseconds.
    ///
    /// # Errors
    /// As [`Certificate::generate`].
    pub async fn generate_for(millis: u64) -> Result<Self, BrowserError> {
        let unsupported = || BrowserError::named("NotSupportedError");
        let class = property(&window(), "RTCPeerConnection").ok_or_else(unsupported)?;
        let algorithm = Object::new();
        for (name, value) in [("name", "ECDSA"), ("namedCurve", "P-256")] {
            Reflect::set(&algorithm, &name.into(), &value.into())?;
        }
        let expires = millis as f64;
        Reflect::set(&algorithm, &"expires".into(), &expires.into())?;
        let made = call(&class, "generateCertificate", &algorithm).ok_or_else(unsupported)?;
        let made: Promise = made.dyn_into().map_err(|_| unsupported())?;
        Ok(Self(JsFuture::from(made).await?))
    }

    /// One that the browser has kept (it is serializable: W3C webrtc, section 4.9.1); `None` of
    /// anything else.
    pub fn from_js(kept: JsValue) -> Option<Self> {
        property(&kept, "getFingerprints").map(|_| Self(kept))
    }

    /// The browser's own object.
    pub fn js(&self) -> &JsValue {
        &self.0
    }

    /// Whether a connection may still be made with it (`expires`).
    pub fn is_valid(&self) -> bool {
        self.lasts_for(0)
    }

    /// Whether one may be made with it for so many milliseconds from now on.
    pub fn lasts_for(&self, millis: u64) -> bool {
        let expires = property(&self.0, "expires").and_then(|it| it.as_f64());
        expires.is_some_and(|expires| expires > (clock::wall_millis() + millis) as f64)
    }
}
