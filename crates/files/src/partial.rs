//! What is kept of a file that has not arrived as a whole, or was not saved yet.

use serde_json::{Value, json};
use wimpex_sansio::UnixTime;

use crate::file_id::FileId;
use crate::file_name::FileName;
use crate::limits;

/// A file that somebody sends, or has sent, as it is remembered beside its bytes. How many of those
/// there are, they say themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partial {
    /// Under which its bytes are kept: the id of the first time that it was sent.
    pub key: FileId,
    /// Whose it is, as whoever drives the machine knows them.
    pub from: String,
    /// As the sender calls it.
    pub name: FileName,
    /// In bytes.
    pub size: u64,
    /// The sender's time of its last change, in milliseconds since 1970.
    pub modified: u64,
    /// When it was begun here.
    pub at: UnixTime,
    /// All of it is there, and was checked.
    pub is_complete: bool,
}

impl Partial {
    /// Whether that is the same file, as far as its sender says: what is there of it is checked
    /// before anything is added.
    pub(crate) fn is_of(&self, name: &FileName, size: u64, modified: u64) -> bool {
        self.name == *name && self.size == size && self.modified == modified
    }

    /// Whether it has waited long enough.
    pub fn is_over(&self, now: UnixTime) -> bool {
        let age = now.as_millis().saturating_sub(self.at.as_millis());
        u128::from(age) > limits::PARTIAL_KEPT.as_millis()
    }

    /// As it is kept.
    pub fn encode(&self) -> String {
        let value = json!({
            "key": self.key.encode(),
            "from": self.from,
            "name": self.name.as_str(),
            "size": self.size,
            "modified": self.modified,
            "at": self.at.as_millis(),
            "complete": self.is_complete,
        });
        value.to_string()
    }

    /// What [`Partial::encode`] has written; `None` for anything else.
    pub fn decode(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let number = |name| value.get(name).and_then(Value::as_u64);
        let text = |name| value.get(name).and_then(Value::as_str);
        Some(Self {
            key: FileId::parse(text("key")?)?,
            from: text("from")?.to_owned(),
            name: FileName::parse(text("name")?),
            size: number("size")?,
            modified: number("modified")?,
            at: UnixTime::from_millis(number("at")?),
            is_complete: value.get("complete")?.as_bool()?,
        })
    }
}
