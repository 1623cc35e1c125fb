//! Ed25519 (RFC 8032), by WebCrypto ("Secure Curves in the Web Cryptography API").
//!
//! The private key never leaves the browser: it is not extractable, so that neither
//! this page nor whoever gets into it can take it along. It can be kept in the
//! database as it is.

use js_sys::{Array, ArrayBuffer, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};

use super::{BrowserError, window};

const ALGORITHM: &str = "Ed25519";

/// Somebody's key: a `CryptoKeyPair`.
#[derive(Clone, Debug)]
pub struct KeyPair(JsValue);

impl KeyPair {
    /// Makes one.
    ///
    /// # Errors
    /// `NotSupportedError` where the browser has no Ed25519, `TypeError` where it has
    /// no WebCrypto (a page that did not come over a secure origin).
    pub async fn generate() -> Result<Self, BrowserError> {
        let usages = Array::of2(&"sign".into(), &"verify".into());
        let made = subtle()?.generate_key_with_str(ALGORITHM, false, &usages)?;
        Ok(Self(JsFuture::from(made).await?))
    }

    /// One that was kept: see [`KeyPair::js`].
    pub fn from_js(pair: JsValue) -> Self {
        Self(pair)
    }

    /// As the database keeps it.
    pub fn js(&self) -> &JsValue {
        &self.0
    }

    /// The public key.
    ///
    /// # Errors
    /// Where what was kept is no key.
    pub async fn public(&self) -> Result<[u8; 32], BrowserError> {
        let key = self.part("publicKey")?;
        let exported = JsFuture::from(subtle()?.export_key("raw", &key)?).await?;
        exactly(exported)
    }

    /// Signs.
    ///
    /// # Errors
    /// Where the browser cannot, or what was kept is no key.
    pub async fn sign(&self, message: &[u8]) -> Result<[u8; 64], BrowserError> {
        let key = self.part("privateKey")?;
        let signed = subtle()?.sign_with_str_and_u8_array(ALGORITHM, &key, message)?;
        exactly(JsFuture::from(signed).await?)
    }

    fn part(&self, name: &str) -> Result<CryptoKey, BrowserError> {
        Ok(Reflect::get(&self.0, &name.into())?.dyn_into()?)
    }
}

/// Whether this key has signed this message.
///
/// # Errors
/// Where the browser cannot tell.
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

/// SHA-256.
///
/// # Errors
/// Where the browser has no WebCrypto.
pub async fn sha256(message: &[u8]) -> Result<[u8; 32], BrowserError> {
    let hashed = subtle()?.digest_with_str_and_u8_array("SHA-256", message)?;
    exactly(JsFuture::from(hashed).await?)
}

fn subtle() -> Result<SubtleCrypto, BrowserError> {
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
