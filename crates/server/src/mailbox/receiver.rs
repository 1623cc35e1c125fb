//! Who takes messages, and from whom: what is kept of it.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use wimpex_mailbox::MessageKey;
use wimpex_protocol::UserId;

use super::request::ReceiverWish;
use crate::push::{CallerMark, Marks};

/// What somebody is to somebody who takes messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Contact,
    Stranger,
}

/// See the module. Contacts are kept as marks, as for web push: the file alone does not say who they
/// are.
pub(super) struct Receiver {
    pub(super) key: String,
    pub(super) senders: Vec<CallerMark>,
    strangers: bool,
    /// When that was signed, in milliseconds since 1970.
    pub(super) time: u64,
}

impl Receiver {
    pub(super) fn new(wish: &ReceiverWish, marks: &Marks, user: &UserId, time: u64) -> Self {
        let senders = wish.senders.iter().map(|sender| marks.of(user, sender));
        Self {
            key: wish.key.encode(),
            senders: senders.collect(),
            strangers: wish.strangers,
            time,
        }
    }

    /// Whether they take messages from this sender; `None` if not.
    pub(super) fn standing(&self, sender: &CallerMark) -> Option<Standing> {
        if self.senders.contains(sender) {
            return Some(Standing::Contact);
        }
        self.strangers.then_some(Standing::Stranger)
    }

    /// Whether it is the key that messages are to be sealed with.
    pub(super) fn has_key(&self, key: &[u8; 32]) -> bool {
        MessageKey::parse(&self.key).is_some_and(|own| own.key == *key)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let kept = json!({
            "key": self.key,
            "senders": BASE64URL_NOPAD.encode(self.senders.as_flattened()),
            "strangers": self.strangers,
            "time": self.time,
        });
        kept.to_string().into_bytes()
    }

    /// `None` for what is none.
    pub(super) fn decode(kept: &[u8]) -> Option<Self> {
        let kept: Value = serde_json::from_slice(kept).ok()?;
        let text = |name: &str| kept.get(name)?.as_str();
        let senders = BASE64URL_NOPAD.decode(text("senders")?.as_bytes()).ok()?;
        Some(Self {
            key: text("key")?.to_owned(),
            senders: senders.as_chunks().0.to_vec(),
            strangers: kept.get("strangers")?.as_bool()?,
            time: kept.get("time")?.as_u64()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_contacts_as_may_be_named_fit_into_the_store() {
        let kept = Receiver {
            key: "x".repeat(183),
            senders: vec![[255; 8]; wimpex_protocol::limits::VISIBLE_TO],
            strangers: true,
            time: u64::MAX,
        };
        let most = wimpex_store::Table::MessageReceivers.bounds().value_bytes;
        assert!(kept.encode().len() <= most);
        let read = Receiver::decode(&kept.encode()).unwrap();
        assert_eq!(read.senders, kept.senders);
        assert_eq!(read.standing(&[255; 8]), Some(Standing::Contact));
        assert_eq!(read.standing(&[1; 8]), Some(Standing::Stranger));
    }
}
