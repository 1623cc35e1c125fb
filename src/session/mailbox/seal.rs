//! HPKE with WebCrypto: `crates/mailbox` has the key schedule, the browser the curve and the cipher.

use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use web_sys::Blob;
use wimpex_mailbox::{AeadKey, Draft, Envelope, Unsealed, key_schedule};

use crate::browser::x25519::AgreementKeys;
use crate::browser::{BrowserError, aes_gcm, blob};

/// Sealed bytes, and the ephemeral key that they are sealed with.
pub(super) struct Sealed {
    pub(super) bytes: Uint8Array,
    pub(super) encapsulated: [u8; 32],
}

/// Seals a recording for the receiver of the draft.
pub(super) async fn seal(
    draft: &Draft,
    what: &Unsealed,
    recording: &Uint8Array,
) -> Result<Sealed, BrowserError> {
    let head = what.encode().ok_or_else(damaged)?;
    let plain = Uint8Array::new_with_length(
        u32::try_from(Unsealed::padded(head.len(), what.recording)).map_err(|_| damaged())?,
    );
    let start = u32::try_from(head.len()).map_err(|_| damaged())?;
    plain.set(&Uint8Array::from(&head[..]), 0);
    plain.set(recording, start);
    let ephemeral = AgreementKeys::generate().await?;
    let encapsulated = ephemeral.public().await?;
    let secret = ephemeral.agree(&draft.receiver_key).await?;
    let info = draft.info();
    let made = key_schedule(&secret, &encapsulated, &draft.receiver_key, &info);
    let AeadKey { key, nonce } = made.ok_or_else(damaged)?;
    Ok(Sealed {
        bytes: aes_gcm::encrypt(&key, &nonce, &plain).await?,
        encapsulated,
    })
}

/// Opens what is sealed for these keys: what it is, and the recording.
pub(super) async fn open(
    envelope: &Envelope,
    sealed: &Uint8Array,
    keys: &AgreementKeys,
) -> Result<(Unsealed, Blob), BrowserError> {
    let draft = &envelope.draft;
    let secret = keys.agree(&envelope.encapsulated).await?;
    let info = draft.info();
    let made = key_schedule(&secret, &envelope.encapsulated, &draft.receiver_key, &info);
    let AeadKey { key, nonce } = made.ok_or_else(damaged)?;
    let plain = aes_gcm::decrypt(&key, &nonce, sealed).await?;
    let front = plain.subarray(0, plain.length().min(Unsealed::front() as u32));
    let read = Unsealed::parse(&front.to_vec(), plain.length() as usize);
    let (what, at) = read.ok_or_else(damaged)?;
    let recording = plain.subarray(at.start, at.end);
    let recording = blob::of(recording.unchecked_ref(), &what.mime_type)?;
    Ok((what, recording))
}

fn damaged() -> BrowserError {
    BrowserError::named("DataError")
}
