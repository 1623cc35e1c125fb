//! The texts of the channel: JSON objects with a `type`. A binary message is a part of the block
//! that the last `block` has announced.

use serde_json::{Map, Value, json};

use crate::digest::{Chain, Digest};
use crate::end_reason::EndReason;
use crate::file_id::FileId;
use crate::file_name::FileName;
use crate::limits;

/// One text of the channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Of the sender: this could be had. Said again over each connection, until it has ended.
    Offer(Offer),
    /// Of the receiver: send it from there on.
    Want {
        /// Which.
        file: FileId,
        /// Bytes that are there.
        from: u64,
        /// What they are: the sender compares.
        chain: Chain,
        /// But not now.
        paused: bool,
    },
    /// Of the sender: the next binary messages are this block. One of no bytes ends the file.
    Block {
        /// Of which file.
        file: FileId,
        /// Where it begins.
        at: u64,
        /// Its length, at most [`limits::BLOCK`]; only the last one of a file is shorter.
        bytes: u64,
        /// Its hash.
        digest: Digest,
    },
    /// Of the receiver: so much of it is kept.
    Have {
        /// Of which file.
        file: FileId,
        /// In bytes.
        bytes: u64,
    },
    /// Of the sender: what is there of it is something else; ask for all of it.
    Anew {
        /// Of which file.
        file: FileId,
    },
    /// Of either: not now, or now again.
    Pause {
        /// Which.
        file: FileId,
        /// Whether it is to stand.
        paused: bool,
    },
    /// Of the receiver: all of it is kept, and was checked.
    Done {
        /// Which.
        file: FileId,
    },
    /// Of either: no more of it.
    End {
        /// Of which file.
        file: FileId,
        /// Why.
        reason: EndReason,
    },
}

/// What a sender says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Names it from now on.
    pub file: FileId,
    /// What it is called.
    pub name: FileName,
    /// In bytes.
    pub size: u64,
    /// When it was last changed, in milliseconds since 1970: whoever has a part of a file of this
    /// name, size and time may have a part of this one.
    pub modified: u64,
    /// It is not sent for the time being.
    pub paused: bool,
}

/// A text is none of this version: it is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

impl Frame {
    /// Reads what came over the channel.
    ///
    /// # Errors
    /// It is longer than [`limits::FRAME_BYTES`], no JSON object, of no known type, or lacks a
    /// field.
    pub fn decode(text: &str) -> Result<Self, Unreadable> {
        if text.len() > limits::FRAME_BYTES {
            return Err(Unreadable);
        }
        let Ok(Value::Object(fields)) = serde_json::from_str(text) else {
            return Err(Unreadable);
        };
        let fields = Fields(fields);
        let file = FileId::parse(fields.text("file")?).ok_or(Unreadable)?;
        Ok(match fields.text("type")? {
            "offer" => Self::Offer(Offer {
                file,
                name: FileName::parse(fields.text("name")?),
                size: fields.number("size")?,
                modified: fields.number("modified")?,
                paused: fields.flag("paused"),
            }),
            "want" => Self::Want {
                file,
                from: fields.number("from")?,
                chain: Chain::new(fields.digest("chain")?),
                paused: fields.flag("paused"),
            },
            "block" => Self::Block {
                file,
                at: fields.number("at")?,
                bytes: fields.number("bytes")?,
                digest: fields.digest("sha256")?,
            },
            "have" => Self::Have {
                file,
                bytes: fields.number("bytes")?,
            },
            "anew" => Self::Anew { file },
            "pause" => Self::Pause {
                file,
                paused: fields.flag("paused"),
            },
            "done" => Self::Done { file },
            "end" => Self::End {
                file,
                reason: EndReason::named(fields.text("reason")?),
            },
            _ => return Err(Unreadable),
        })
    }

    /// The text that [`Frame::decode`] reads.
    pub fn encode(&self) -> String {
        let value = match self {
            Self::Offer(offer) => json!({
                "type": "offer",
                "file": offer.file.encode(),
                "name": offer.name.as_str(),
                "size": offer.size,
                "modified": offer.modified,
                "paused": offer.paused,
            }),
            Self::Want {
                file,
                from,
                chain,
                paused,
            } => json!({
                "type": "want",
                "file": file.encode(),
                "from": from,
                "chain": chain.digest().encode(),
                "paused": paused,
            }),
            Self::Block {
                file,
                at,
                bytes,
                digest,
            } => json!({
                "type": "block",
                "file": file.encode(),
                "at": at,
                "bytes": bytes,
                "sha256": digest.encode(),
            }),
            Self::Have { file, bytes } => {
                json!({ "type": "have", "file": file.encode(), "bytes": bytes })
            }
            Self::Anew { file } => json!({ "type": "anew", "file": file.encode() }),
            Self::Pause { file, paused } => {
                json!({ "type": "pause", "file": file.encode(), "paused": paused })
            }
            Self::Done { file } => json!({ "type": "done", "file": file.encode() }),
            Self::End { file, reason } => {
                json!({ "type": "end", "file": file.encode(), "reason": reason.name() })
            }
        };
        value.to_string()
    }
}

struct Fields(Map<String, Value>);

impl Fields {
    fn text(&self, name: &str) -> Result<&str, Unreadable> {
        let text = self.0.get(name).and_then(Value::as_str);
        text.ok_or(Unreadable)
    }

    fn number(&self, name: &str) -> Result<u64, Unreadable> {
        let number = self.0.get(name).and_then(Value::as_u64);
        number.filter(|it| *it < limits::SIZE).ok_or(Unreadable)
    }

    fn digest(&self, name: &str) -> Result<Digest, Unreadable> {
        Digest::parse(self.text(name)?).ok_or(Unreadable)
    }

    /// Not there means no.
    fn flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(false)
    }
}
