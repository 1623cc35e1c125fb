//! Leaving a message for somebody.

use serde_json::json;
use wimpex_identity::{PublicKey, Signature};
use wimpex_mailbox::{Draft, MessageId, MessageKey, Unsealed, limits};
use wimpex_protocol::UserId;
use wimpex_sansio::UnixTime;

use super::recording::Recorded;
use super::seal::{Sealed, seal};
use super::server::{self, ServerRefusal};
use crate::browser::{BrowserError, aes_gcm, blob, clock, random, web_crypto, xml_http_request};
use crate::session::identity::Identity;

/// The page that the message would have gone straight to has lost it, or the server is another process.
const AGAIN: u16 = 503;
/// Asks the server to keep it.
const REST: &str = "?rest";

/// A key that a person has signed to have messages sealed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReceiverKey {
    receiver: UserId,
    key: [u8; 32],
}

/// Asks the server for it, and checks that it is theirs: the id pins the key that signed it.
///
/// # Errors
/// Where they take no messages from this user, and as of any request.
pub(crate) async fn receiver_key(of: &UserId) -> Result<ReceiverKey, ServerRefusal> {
    let me = me().await?;
    let answer = server::ask(&me, json!({ "do": "key", "of": of.as_str() })).await?;
    let text = answer.text().await?;
    // A server that gives out another key is taken for one that has none.
    let key = MessageKey::parse(text.trim()).ok_or(ServerRefusal::NotWanted)?;
    let claim = key.claim();
    let is_theirs = key.owner.user_id() == *of
        && web_crypto::verify(
            claim.key.as_bytes(),
            claim.signature.as_bytes(),
            &claim.message,
        )
        .await?;
    if !is_theirs {
        return Err(ServerRefusal::NotWanted);
    }
    Ok(ReceiverKey {
        receiver: of.clone(),
        key: key.key,
    })
}

/// Seals a recording, signs it and brings it to the server, and tells how much of it has gone, from
/// 0 to 1. It can be tried again: the same recording is another message then, if the first came.
///
/// # Errors
/// As of any request.
pub(crate) async fn leave(
    to: &ReceiverKey,
    recorded: &Recorded,
    progress: impl Fn(f64) + Clone + 'static,
) -> Result<(), ServerRefusal> {
    let me = me().await?;
    let recording = blob::bytes(&recorded.blob).await?;
    let draft = Draft {
        sender: PublicKey::parse(&me.public).map_err(|_| damaged())?,
        receiver: to.receiver.clone(),
        receiver_key: to.key,
        id: MessageId::from_bytes(random::bytes()?),
        time: UnixTime::from_millis(clock::wall_millis()),
    };
    let what = Unsealed {
        kind: recorded.kind,
        length: recorded.length,
        mime_type: recorded.mime_type.clone(),
        captions: recorded.captions.clone(),
        recording: recording.length(),
    };
    let Sealed {
        bytes,
        encapsulated,
    } = seal(&draft, &what, &recording).await?;
    let size = bytes.length();
    if size > limits::SEALED_BYTES {
        return Err(damaged().into());
    }
    let hash = aes_gcm::sha256(&bytes).await?;
    let signature = me.sign(&draft.message(&encapsulated, size, &hash)).await?;
    let signature = Signature::from_bytes(signature);
    let envelope = draft.sign(encapsulated, size, hash, signature).encode();
    let header = ("wimpex-envelope", envelope.as_str());
    let path = server::path();
    let mut answer = xml_http_request::put(&path, header, &bytes, progress.clone()).await?;
    if answer.status == AGAIN {
        answer = xml_http_request::put(&(path + REST), header, &bytes, progress).await?;
    }
    match answer.status {
        200 | 201 => Ok(()),
        status => Err(ServerRefusal::of(status, &answer.text)),
    }
}

async fn me() -> Result<Identity, BrowserError> {
    let kept = Identity::kept().await?;
    kept.ok_or_else(|| BrowserError::named("InvalidStateError"))
}

fn damaged() -> BrowserError {
    BrowserError::named("DataError")
}
