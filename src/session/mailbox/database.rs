//! What this browser keeps of messages: the key that they are sealed for, those that came, sealed as
//! they came, and which there have been.

use js_sys::Uint8Array;
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue};
use wimpex_mailbox::{Envelope, Kind, MessageName, limits};

use crate::browser::indexed_db::Database;
use crate::browser::x25519::AgreementKeys;
use crate::browser::{BrowserError, clock};

const KEYS: &str = "keys";
/// The one entry of it.
const OWN: &str = "own";
/// What is known of each without opening it.
const MESSAGES: &str = "messages";
/// What was sealed, under the same key.
const SEALED: &str = "sealed";
/// Names of messages that are gone, until nobody believes them any more.
const SEEN: &str = "seen";
/// A database of its own: a new store in the other would be a new version of it, which no tab of an
/// older page can open.
const STORES: [&str; 4] = [KEYS, MESSAGES, SEALED, SEEN];

/// A message that is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Which it is, and from whom.
    pub(crate) name: MessageName,
    /// When it was left, by the sender's clock, in milliseconds since 1970.
    pub(crate) at: u64,
    /// Sound or picture.
    pub(crate) kind: Kind,
    /// How long, in seconds.
    pub(crate) seconds: u64,
    /// Somebody has played it here.
    pub(crate) is_played: bool,
    envelope: String,
}

impl Entry {
    pub(super) fn new(envelope: &Envelope, kind: Kind, seconds: u64) -> Self {
        Self {
            name: envelope.name(),
            at: envelope.draft.time.as_millis(),
            kind,
            seconds,
            is_played: false,
            envelope: envelope.encode(),
        }
    }

    pub(super) fn envelope(&self) -> Option<Envelope> {
        Envelope::parse(&self.envelope)
    }

    fn encode(&self) -> JsValue {
        let kept = json!({
            "name": self.name.encode(),
            "at": self.at,
            "video": self.kind == Kind::Video,
            "seconds": self.seconds,
            "played": self.is_played,
            "envelope": self.envelope,
        });
        kept.to_string().into()
    }

    fn decode(kept: &JsValue) -> Option<Self> {
        let kept: Value = serde_json::from_str(&kept.as_string()?).ok()?;
        let text = |name: &str| kept.get(name)?.as_str();
        let is = |name: &str| kept.get(name)?.as_bool();
        Some(Self {
            name: MessageName::parse(text("name")?)?,
            at: kept.get("at")?.as_u64()?,
            kind: if is("video")? {
                Kind::Video
            } else {
                Kind::Audio
            },
            seconds: kept.get("seconds")?.as_u64()?,
            is_played: is("played")?,
            envelope: text("envelope")?.to_owned(),
        })
    }
}

/// All that are here, the newest first.
pub(crate) async fn entries() -> Result<Vec<Entry>, BrowserError> {
    let all = database().await?.all(MESSAGES).await?;
    let mut entries: Vec<Entry> = all.iter().filter_map(Entry::decode).collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    Ok(entries)
}

/// Somebody has played it.
pub(crate) async fn mark_played(entry: &Entry) -> Result<(), BrowserError> {
    let played = Entry {
        is_played: true,
        ..entry.clone()
    };
    let database = database().await?;
    // Another tab may have deleted it.
    let key = entry.name.encode();
    if database.get(MESSAGES, &key).await?.is_undefined() {
        return Ok(());
    }
    database.put(MESSAGES, &key, &played.encode()).await
}

/// Deletes one; that it was here is remembered, so that nobody plays it again.
pub(crate) async fn delete(name: &MessageName) -> Result<(), BrowserError> {
    let (database, key) = (database().await?, name.encode());
    let until = clock::wall_millis() + limits::REMEMBER.as_millis() as u64;
    let seen = format!("{until} {key}");
    database.put(SEEN, &key, &seen.into()).await?;
    database.delete(MESSAGES, &key).await?;
    database.delete(SEALED, &key).await
}

/// What is known of a message by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing.
    No,
    /// It is here: another tab was faster.
    Here,
    /// It was here, and is deleted.
    Gone,
}

/// Whether it has been here before.
pub(super) async fn known(name: &MessageName) -> Result<Known, BrowserError> {
    let (database, key) = (database().await?, name.encode());
    for (store, known) in [(MESSAGES, Known::Here), (SEEN, Known::Gone)] {
        if !database.get(store, &key).await?.is_undefined() {
            return Ok(known);
        }
    }
    Ok(Known::No)
}

/// Keeps one that came.
pub(super) async fn keep(entry: &Entry, sealed: &Uint8Array) -> Result<(), BrowserError> {
    let (database, key) = (database().await?, entry.name.encode());
    // What is listed is there.
    database.put(SEALED, &key, sealed).await?;
    database.put(MESSAGES, &key, &entry.encode()).await
}

/// What was sealed.
pub(super) async fn sealed(name: &MessageName) -> Result<Uint8Array, BrowserError> {
    let sealed = database().await?.get(SEALED, &name.encode()).await?;
    Ok(sealed.dyn_into()?)
}

/// Forgets names that nobody would believe any more.
pub(super) async fn sweep() -> Result<(), BrowserError> {
    let database = database().await?;
    let now = clock::wall_millis();
    for seen in database.all(SEEN).await? {
        let Some(seen) = seen.as_string() else {
            continue;
        };
        let Some((until, key)) = seen.split_once(' ') else {
            continue;
        };
        let until = until.parse().unwrap_or(0);
        if until < now {
            database.delete(SEEN, key).await?;
        }
    }
    Ok(())
}

/// The key that messages to this user are sealed for; made when it is first wanted.
pub(super) async fn own_key() -> Result<AgreementKeys, BrowserError> {
    let database = database().await?;
    let kept = database.get(KEYS, OWN).await?;
    if !kept.is_undefined() {
        return Ok(AgreementKeys::from_js(kept));
    }
    let made = AgreementKeys::generate().await?;
    // If another tab was faster, it is that one.
    let kept = database.put_first(KEYS, OWN, made.js()).await?;
    Ok(AgreementKeys::from_js(kept))
}

/// Forgets all of it.
pub(super) async fn clear() -> Result<(), BrowserError> {
    let database = database().await?;
    for store in STORES {
        database.clear(store).await?;
    }
    Ok(())
}

async fn database() -> Result<Database, BrowserError> {
    Database::open("wimpex-messages", 1, &STORES).await
}
