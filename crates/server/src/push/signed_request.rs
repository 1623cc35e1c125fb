//! What the owner of a key asks of the server over http, signed with the key: a service worker has
//! no session, and outlives the page.

use serde_json::Value;
use wimpex_identity::{PublicKey, Signature, SignatureClaim};
use wimpex_protocol::{CallId, UserId, limits};

use super::subscription::Wish;

const DOMAIN: &[u8] = b"wimpex-push-v1";

/// A request whose signature holds.
pub(crate) struct SignedRequest {
    pub(crate) user: UserId,
    pub(crate) wish: PushWish,
}

pub(crate) enum PushWish {
    /// Wake this browser.
    Subscribe(Wish),
    /// Do not wake it any more.
    Unsubscribe { endpoint: String, time: u64 },
    /// Decline a call for which it was woken.
    Decline { caller: UserId, call: CallId },
}

/// Why it is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Invalid {
    Malformed,
    Signature,
}

impl SignedRequest {
    /// Reads and checks `{"message": TEXT, "publicKey": …, "signature": …}`. What is signed is
    /// "wimpex-push-v1" ‖ the server's VAPID key as text ‖ TEXT, so that another server has no use
    /// for it.
    pub(crate) fn read(body: &[u8], server_key: &str) -> Result<Self, Invalid> {
        let outer: Value = serde_json::from_slice(body).map_err(|_| Invalid::Malformed)?;
        let message = text(&outer, "message")?;
        let key = PublicKey::parse(text(&outer, "publicKey")?).map_err(|_| Invalid::Malformed)?;
        let signature = text(&outer, "signature")?;
        let signature = Signature::parse(signature).map_err(|_| Invalid::Malformed)?;
        let inner: Value = serde_json::from_str(message).map_err(|_| Invalid::Malformed)?;
        let user = user(inner.get("userId"))?;
        // First what costs less.
        let wish = asked(&inner)?;
        if key.user_id() != user {
            return Err(Invalid::Signature);
        }
        let claim = SignatureClaim {
            key,
            message: [DOMAIN, server_key.as_bytes(), message.as_bytes()].concat(),
            signature,
        };
        if !claim.verify() {
            return Err(Invalid::Signature);
        }
        Ok(Self { user, wish })
    }
}

fn asked(inner: &Value) -> Result<PushWish, Invalid> {
    let string = |name: &str| text(inner, name).map(str::to_owned);
    let time = || {
        inner
            .get("time")
            .and_then(Value::as_u64)
            .ok_or(Invalid::Malformed)
    };
    Ok(match text(inner, "do")? {
        "subscribe" => PushWish::Subscribe(Wish {
            endpoint: string("endpoint")?,
            p256dh: string("p256dh")?,
            auth: string("auth")?,
            callers: callers(inner.get("callers"))?,
            time: time()?,
        }),
        "unsubscribe" => PushWish::Unsubscribe {
            endpoint: string("endpoint")?,
            time: time()?,
        },
        "decline" => PushWish::Decline {
            caller: user(inner.get("callerId"))?,
            call: CallId::parse(string("callId")?).map_err(|_| Invalid::Malformed)?,
        },
        _ => return Err(Invalid::Malformed),
    })
}

fn callers(value: Option<&Value>) -> Result<Option<Vec<UserId>>, Invalid> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(list)) if list.len() <= limits::VISIBLE_TO => list
            .iter()
            .map(|id| user(Some(id)))
            .collect::<Result<_, _>>()
            .map(Some),
        Some(_) => Err(Invalid::Malformed),
    }
}

fn user(value: Option<&Value>) -> Result<UserId, Invalid> {
    let text = value.and_then(Value::as_str).ok_or(Invalid::Malformed)?;
    UserId::parse(text).map_err(|_| Invalid::Malformed)
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, Invalid> {
    value
        .get(name)
        .and_then(Value::as_str)
        .ok_or(Invalid::Malformed)
}
