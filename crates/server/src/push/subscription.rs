//! A browser that wants to be woken, and by whose calls.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wimpex_protocol::UserId;
use wimpex_push::{Endpoint, Ephemeral, InvalidKeys, SubscriptionKeys, VapidKey, encrypt, request};

use super::notice::Text;
use crate::random;

/// Stands for a caller of one user: whoever finds the store without the server's secret does not
/// learn from it who somebody's contacts are.
pub(crate) type CallerMark = [u8; 8];

/// Makes the marks.
pub(crate) struct Marks([u8; 32]);

impl Marks {
    /// From the server's secret.
    pub(crate) fn derive(secret: &[u8]) -> Self {
        Self(mac(secret, &[b"wimpex-callers-v1"]))
    }

    pub(crate) fn of(&self, user: &UserId, caller: &UserId) -> CallerMark {
        // No id has a space.
        let parts = [user.as_str().as_bytes(), b" ", caller.as_str().as_bytes()];
        let [a, b, c, d, e, f, g, h, ..] = mac(&self.0, &parts);
        [a, b, c, d, e, f, g, h]
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of HMAC has any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// What somebody has asked for.
pub(crate) struct Wish {
    pub(super) endpoint: String,
    pub(super) p256dh: String,
    pub(super) auth: String,
    /// `None`: everybody's calls.
    pub(super) callers: Option<Vec<UserId>>,
    pub(super) time: u64,
}

impl Wish {
    /// As it is kept.
    pub(super) fn marked(self, marks: &Marks, user: &UserId) -> Result<Subscription, InvalidKeys> {
        SubscriptionKeys::parse(&self.p256dh, &self.auth)?;
        let mark = |callers: Vec<UserId>| callers.iter().map(|it| marks.of(user, it)).collect();
        Ok(Subscription {
            endpoint: self.endpoint,
            p256dh: self.p256dh,
            auth: self.auth,
            callers: self.callers.map(mark),
            time: self.time,
        })
    }
}

/// What is kept of it.
pub(crate) struct Subscription {
    pub(super) endpoint: String,
    p256dh: String,
    auth: String,
    pub(super) callers: Option<Vec<CallerMark>>,
    /// When it was signed, in milliseconds since 1970.
    pub(super) time: u64,
}

/// Which of a user's subscriptions it is.
pub(super) fn id(endpoint: &str) -> Vec<u8> {
    let hash = Sha256::digest(endpoint.as_bytes());
    hash[..16].to_vec()
}

impl Subscription {
    pub(super) fn id(&self) -> Vec<u8> {
        id(&self.endpoint)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let callers = self.callers.as_ref();
        let callers = callers.map(|callers| BASE64URL_NOPAD.encode(callers.as_flattened()));
        let kept = json!({
            "endpoint": self.endpoint,
            "p256dh": self.p256dh,
            "auth": self.auth,
            "callers": callers,
            "time": self.time,
        });
        kept.to_string().into_bytes()
    }

    /// `None` for what is none.
    pub(super) fn decode(kept: &[u8]) -> Option<Self> {
        let kept: Value = serde_json::from_slice(kept).ok()?;
        let text = |name: &str| Some(kept.get(name)?.as_str()?.to_owned());
        let callers = match kept.get("callers")? {
            Value::Null => None,
            callers => {
                let bytes = BASE64URL_NOPAD.decode(callers.as_str()?.as_bytes()).ok()?;
                Some(bytes.as_chunks().0.to_vec())
            }
        };
        Some(Self {
            endpoint: text("endpoint")?,
            p256dh: text("p256dh")?,
            auth: text("auth")?,
            callers,
            time: kept.get("time")?.as_u64()?,
        })
    }

    /// A message to it, sealed.
    pub(super) fn request(
        &self,
        endpoint: &Endpoint,
        text: &Text,
        ttl: u32,
        signer: (&VapidKey, &str),
        now: u64,
    ) -> Option<::http::Request<Vec<u8>>> {
        let keys = SubscriptionKeys::parse(&self.p256dh, &self.auth).ok()?;
        let (secret, salt) = (random::bytes().ok()?, random::bytes().ok()?);
        let ephemeral = Ephemeral::from_random(secret, salt)?;
        let sealed = encrypt(text.message.as_bytes(), &keys, &ephemeral)?;
        request(
            endpoint,
            sealed,
            (ttl, text.urgency, &text.topic),
            signer,
            now,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_has_another_mark_with_each_user_and_each_server() {
        let [a, b, c] = ["a", "b", "c"].map(|id| UserId::parse(id).unwrap());
        let marks = Marks::derive(b"secret");
        assert_eq!(marks.of(&a, &b), Marks::derive(b"secret").of(&a, &b));
        assert_ne!(marks.of(&a, &b), marks.of(&c, &b));
        assert_ne!(marks.of(&a, &b), Marks::derive(b"other").of(&a, &b));
    }

    #[test]
    fn what_is_kept_can_be_read_again() {
        for callers in [None, Some(vec![]), Some(vec![[1; 8], [2; 8]])] {
            let kept = Subscription {
                endpoint: "https://fcm.googleapis.com/x".to_owned(),
                p256dh: "p".to_owned(),
                auth: "a".to_owned(),
                callers: callers.clone(),
                time: 7,
            };
            let read = Subscription::decode(&kept.encode()).unwrap();
            assert_eq!((read.callers, read.time), (callers, 7));
            assert_eq!(read.endpoint, kept.endpoint);
        }
        assert!(Subscription::decode(b"{}").is_none());
    }

    #[test]
    fn as_many_callers_as_may_be_named_fit_into_the_store() {
        let kept = Subscription {
            endpoint: "x".repeat(wimpex_push::ENDPOINT_BYTES),
            p256dh: "p".repeat(90),
            auth: "a".repeat(30),
            callers: Some(vec![[255; 8]; wimpex_protocol::limits::VISIBLE_TO]),
            time: u64::MAX,
        };
        let most = wimpex_store::Table::PushSubscriptions.bounds().value_bytes;
        assert!(kept.encode().len() <= most);
    }
}
