//! Web Cryptography API: SHA-256, and Ed25519 (RFC 8032)
//! (<https://www.w3.org/TR/webcrypto-2/>).
//!
//! The private key never leaves the browser: it is not extractable, so that neither
//! this page nor whoever gets into it can copy it. It can be stored in a database as it is.

use js_sys::{Array, ArrayBuffer, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};

use super::{BrowserError, window};

const ALGORITHM: &str = "Ed25519";

/// A `CryptoKeyPair`.
#[derive(Clone, Debug)]
pub struct KeyPair(JsValue);

impl KeyPair {
    /// Generates one.
    ///
    /// # Errors
    /// `NotSupportedError` where the browser has no Ed25519, `TypeError` where it has
    /// no WebCrypto (a page that did not come over a secure origin).
    pub async fn generate() -> Result<Self, BrowserError> {
        let usages = Array::of2(&"sign".into(), &"verify".into());
        let made = subtle()?.generate_key_with_str(ALGORITHM, false, &usages)?;
        Ok(Self(JsFuture::from(made).await?))
    }

    /// One that was stored: see [`KeyPair::js`]. Whether it is one shows when it is used.
    pub fn from_js(pair: JsValue) -> Self {
        Self(pair)
    }

    /// The browser's object, which a database can store.
    pub fn js(&self) -> &JsValue {
        &self.0
    }

    /// The public key.
    ///
    /// # Errors
    /// `TypeError` and others where it was not made of a key pair.
    pub async fn public(&self) -> Result<[u8; 32], BrowserError> {
        let key = self.part("publicKey")?;
        let exported = JsFuture::from(subtle()?.export_key("raw", &key)?).await?;
        exactly(exported)
    }

    /// The signature of a message.
    ///
    /// # Errors
    /// Where the browser cannot sign, or it was not made of a key pair.
    pub async fn sign(&self, message: &[u8]) -> Result<[u8; 64], BrowserError> {
        let key = self.part("privateKey")?;
        let signed = subtle()?.sign_with_str_and_u8_array(ALGORITHM, &key, message)?;
        exactly(JsFuture::from(signed).await?)
    }

    fn part(&self, name: &str) -> Result<CryptoKey, BrowserError> {
        Ok(Reflect::get(&self.0, &name.into())?.dyn_into()?)
    }
}

/// Whether the signature of this message is that of the key.
///
/// # Errors
/// `NotSupportedError` where the browser has no Ed25519, `DataError` where the key is no
/// point of the curve.
pub async fn verify(
    public: &[u8; 32],
    signature: &[u8; 64],
    message: &[u8],
) -> Result<bool, BrowserError> {
    let subtle = subtle()?;
    let usages = Array::of1(&"verify".into());
    let bytes = Uint8Array::from(&public[..]);
    let key: Promise = subtle.import_key_with_str("raw", &bytes, ALGORITHM, true, &usages)?;
    let key: CryptoKey = JsFuture::from(key).await?.dyn_into()?;
    let verified =
        subtle.verify_with_str_and_u8_array_and_u8_array(ALGORITHM, &key, signature, message)?;
    Ok(JsFuture::from(verified).await?.is_truthy())
}

/// The SHA-256 hash of a message.
///
/// # Errors
/// `TypeError` where the browser has no WebCrypto.
pub async fn sha256(message: &[u8]) -> Result<[u8; 32], BrowserError> {
    let hashed = subtle()?.digest_with_str_and_u8_array("SHA-256", message)?;
    exactly(JsFuture::from(hashed).await?)
}

/// The SHA-256 hash of what is on the browser's side.
///
/// # Errors
/// As [`sha256`].
pub async fn sha256_of(message: &Uint8Array) -> Result<[u8; 32], BrowserError> {
    let hashed = subtle()?.digest_with_str_and_buffer_source("SHA-256", message)?;
    exactly(JsFuture::from(hashed).await?)
}

pub(super) fn subtle() -> Result<SubtleCrypto, BrowserError> {
    // Undefined where the origin is not secure, whatever its type says.
    let crypto: JsValue = window::window().crypto()?.into();
    let subtle = Reflect::get(&crypto, &"subtle".into())?;
    Ok(subtle.dyn_into()?)
}

fn exactly<const N: usize>(buffer: JsValue) -> Result<[u8; N], BrowserError> {
    let buffer: ArrayBuffer = buffer.dyn_into()?;
    let bytes = Uint8Array::new(&buffer).to_vec();
    bytes
        .try_into()
        .map_err(|_| BrowserError::named("DataError"))
}
