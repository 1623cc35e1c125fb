//! Web Cryptography API: AES-GCM (<https://www.w3.org/TR/webcrypto-2/#aes-gcm>) and SHA-256 over
//! bytes that stay on the browser's side: a recording need not pass through this page's memory.

use js_sys::{Array, ArrayBuffer, Object, Reflect, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::CryptoKey;

use super::BrowserError;
use super::web_crypto::subtle;

/// Encrypts, and appends the tag of 16 bytes.
///
/// # Errors
/// Where the browser has no WebCrypto.
pub async fn encrypt(
    key: &[u8; 16],
    nonce: &[u8; 12],
    plain: &Uint8Array,
) -> Result<Uint8Array, BrowserError> {
    let (key, algorithm) = (import(key, "encrypt").await?, algorithm(nonce)?);
    let sealed = subtle()?.encrypt_with_object_and_buffer_source(&algorithm, &key, plain)?;
    bytes(JsFuture::from(sealed).await?)
}

/// Decrypts, and checks the tag.
///
/// # Errors
/// `OperationError` where the tag is wrong.
pub async fn decrypt(
    key: &[u8; 16],
    nonce: &[u8; 12],
    sealed: &Uint8Array,
) -> Result<Uint8Array, BrowserError> {
    let (key, algorithm) = (import(key, "decrypt").await?, algorithm(nonce)?);
    let plain = subtle()?.decrypt_with_object_and_buffer_source(&algorithm, &key, sealed)?;
    bytes(JsFuture::from(plain).await?)
}

/// The SHA-256 hash.
///
/// # Errors
/// Where the browser has no WebCrypto.
pub async fn sha256(message: &Uint8Array) -> Result<[u8; 32], BrowserError> {
    let hashed = subtle()?.digest_with_str_and_buffer_source("SHA-256", message)?;
    let hash = bytes(JsFuture::from(hashed).await?)?.to_vec();
    hash.try_into()
        .map_err(|_| BrowserError::named("DataError"))
}

async fn import(key: &[u8; 16], usage: &str) -> Result<CryptoKey, BrowserError> {
    let (key, usages) = (Uint8Array::from(&key[..]), Array::of1(&usage.into()));
    let key = subtle()?.import_key_with_str("raw", &key, "AES-GCM", false, &usages)?;
    Ok(JsFuture::from(key).await?.dyn_into()?)
}

fn algorithm(nonce: &[u8; 12]) -> Result<Object, BrowserError> {
    let algorithm = Object::new();
    Reflect::set(&algorithm, &"name".into(), &"AES-GCM".into())?;
    Reflect::set(&algorithm, &"iv".into(), &Uint8Array::from(&nonce[..]))?;
    Ok(algorithm)
}

fn bytes(buffer: wasm_bindgen::JsValue) -> Result<Uint8Array, BrowserError> {
    let buffer: ArrayBuffer = buffer.dyn_into()?;
    Ok(Uint8Array::new(&buffer))
}
