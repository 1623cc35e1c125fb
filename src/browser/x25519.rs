//! Web Cryptography API: X25519 (RFC 7748; <https://www.w3.org/TR/webcrypto-2/#x25519>).
//!
//! The private key never leaves the browser, and can be stored in a database as it is.

use js_sys::{Array, ArrayBuffer, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::CryptoKey;

use super::BrowserError;
use super::web_crypto::subtle;

const ALGORITHM: &str = "X25519";

/// A `CryptoKeyPair` for agreements.
#[derive(Clone, Debug)]
pub struct AgreementKeys(JsValue);

impl AgreementKeys {
    /// Generates one.
    ///
    /// # Errors
    /// `NotSupportedError` where the browser has no X25519.
    pub async fn generate() -> Result<Self, BrowserError> {
        let usages = Array::of1(&"deriveBits".into());
        let made = subtle()?.generate_key_with_str(ALGORITHM, false, &usages)?;
        Ok(Self(JsFuture::from(made).await?))
    }

    /// One that was stored: see [`AgreementKeys::js`]. Whether it is one shows when it is used.
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
        exactly(JsFuture::from(subtle()?.export_key("raw", &key)?).await?)
    }

    /// The secret that this private key and that public key share.
    ///
    /// # Errors
    /// `OperationError` for a public key of small order.
    pub async fn agree(&self, public: &[u8; 32]) -> Result<[u8; 32], BrowserError> {
        let (bytes, usages) = (Uint8Array::from(&public[..]), Array::new());
        let key = subtle()?.import_key_with_str("raw", &bytes, ALGORITHM, true, &usages)?;
        let algorithm = Object::new();
        Reflect::set(&algorithm, &"name".into(), &ALGORITHM.into())?;
        Reflect::set(&algorithm, &"public".into(), &JsFuture::from(key).await?)?;
        let own = self.part("privateKey")?;
        let bits = subtle()?.derive_bits_with_object(&algorithm, &own, 256)?;
        exactly(JsFuture::from(bits).await?)
    }

    fn part(&self, name: &str) -> Result<CryptoKey, BrowserError> {
        Ok(Reflect::get(&self.0, &name.into())?.dyn_into()?)
    }
}

fn exactly(buffer: JsValue) -> Result<[u8; 32], BrowserError> {
    let buffer: ArrayBuffer = buffer.dyn_into()?;
    let bytes = Uint8Array::new(&buffer).to_vec();
    bytes
        .try_into()
        .map_err(|_| BrowserError::named("DataError"))
}
