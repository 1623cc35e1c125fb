//! What the owner of a key asks about messages, signed with the key.

use serde_json::Value;
use wimpex_identity::{PublicKey, Signature, SignatureClaim};
use wimpex_mailbox::{MessageKey, MessageName};
use wimpex_protocol::{UserId, limits};

const DOMAIN: &[u8] = b"wimpex-messages-v1";
/// A request counts for so long, in milliseconds: clocks are wrong, and what is asked twice does no
/// harm.
const COUNTS: u64 = 10 * 60 * 1000;

/// A request whose signature holds.
pub(crate) struct MailboxRequest {
    pub(crate) user: UserId,
    pub(crate) asked: MailboxWish,
    /// When it was signed, in milliseconds since 1970.
    pub(crate) time: u64,
}

pub(crate) enum MailboxWish {
    /// Keep messages that are sealed with this key, from these people.
    Receive(ReceiverWish),
    /// Keep none any more, and delete those that are here.
    Stop,
    /// The key of somebody for whom a message is to be left.
    Key(UserId),
    /// Which messages wait.
    List,
    /// One of them.
    Fetch(MessageName),
    /// It has come.
    Delete(MessageName),
}

/// Whose messages somebody wants.
pub(crate) struct ReceiverWish {
    pub(super) key: MessageKey,
    /// The contacts.
    pub(super) senders: Vec<UserId>,
    /// And everybody else.
    pub(super) strangers: bool,
}

/// Why it is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidRequest {
    Malformed,
    Signature,
    /// Signed too long ago, or in the future.
    Clock,
}

impl MailboxRequest {
    /// Reads and checks `{"message": TEXT, "publicKey": …, "signature": …}`. What is signed is
    /// "wimpex-messages-v1" ‖ the page's origin ‖ TEXT; TEXT begins with a brace, as no origin does.
    pub(crate) fn read(body: &[u8], origins: &[String], now: u64) -> Result<Self, InvalidRequest> {
        let outer: Value = serde_json::from_slice(body).map_err(|_| InvalidRequest::Malformed)?;
        let message = text(&outer, "message")?;
        let key =
            PublicKey::parse(text(&outer, "publicKey")?).map_err(|_| InvalidRequest::Malformed)?;
        let signature = text(&outer, "signature")?;
        let signature = Signature::parse(signature).map_err(|_| InvalidRequest::Malformed)?;
        let inner: Value = serde_json::from_str(message).map_err(|_| InvalidRequest::Malformed)?;
        let user = user(inner.get("userId"))?;
        let time = inner.get("time").and_then(Value::as_u64);
        let time = time.ok_or(InvalidRequest::Malformed)?;
        // First what costs less.
        let asked = asked(&inner)?;
        if key.user_id() != user {
            return Err(InvalidRequest::Signature);
        }
        if time.abs_diff(now) > COUNTS {
            return Err(InvalidRequest::Clock);
        }
        let is_signed = origins.iter().any(|origin| {
            let message = [DOMAIN, origin.as_bytes(), message.as_bytes()].concat();
            let claim = SignatureClaim {
                key,
                message,
                signature,
            };
            claim.verify()
        });
        if !is_signed {
            return Err(InvalidRequest::Signature);
        }
        if let MailboxWish::Receive(wish) = &asked
            && (wish.key.owner != key || !wish.key.claim().verify())
        {
            return Err(InvalidRequest::Signature);
        }
        Ok(Self { user, asked, time })
    }
}

fn asked(inner: &Value) -> Result<MailboxWish, InvalidRequest> {
    let name = || MessageName::parse(text(inner, "id")?).ok_or(InvalidRequest::Malformed);
    Ok(match text(inner, "do")? {
        "receive" => MailboxWish::Receive(ReceiverWish {
            key: MessageKey::parse(text(inner, "key")?).ok_or(InvalidRequest::Malformed)?,
            senders: senders(inner.get("senders"))?,
            strangers: inner.get("strangers").and_then(Value::as_bool) == Some(true),
        }),
        "stop" => MailboxWish::Stop,
        "key" => MailboxWish::Key(user(inner.get("of"))?),
        "list" => MailboxWish::List,
        "fetch" => MailboxWish::Fetch(name()?),
        "delete" => MailboxWish::Delete(name()?),
        _ => return Err(InvalidRequest::Malformed),
    })
}

fn senders(value: Option<&Value>) -> Result<Vec<UserId>, InvalidRequest> {
    let list = value
        .and_then(Value::as_array)
        .ok_or(InvalidRequest::Malformed)?;
    if list.len() > limits::VISIBLE_TO {
        return Err(InvalidRequest::Malformed);
    }
    list.iter().map(|id| user(Some(id))).collect()
}

fn user(value: Option<&Value>) -> Result<UserId, InvalidRequest> {
    let text = value
        .and_then(Value::as_str)
        .ok_or(InvalidRequest::Malformed)?;
    UserId::parse(text).map_err(|_| InvalidRequest::Malformed)
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, InvalidRequest> {
    value
        .get(name)
        .and_then(Value::as_str)
        .ok_or(InvalidRequest::Malformed)
}
