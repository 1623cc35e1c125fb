//! What this browser keeps of messages: the keys that they are sealed for, those that came, sealed as
//! they came, and which there have been.

use js_sys::Uint8Array;
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue};
use wimpex_mailbox::{Envelope, Kind, MessageName, limits};

use crate::browser::indexed_db::Database;
use crate::browser::x25519::AgreementKeys;
use crate::browser::{BrowserError, clock};

const KEYS: &str = "keys";
/// Under which the keys are there: with a space and the number of the [`RENEWED_EVERY`] since 1970 in
/// which it was made. Without them: one from before there was more than one.
const OWN: &str = "own";
/// With that number: until when a key that is not the newest is kept, in milliseconds since 1970.
const UNTIL: &str = "until ";
/// Another key for so many milliseconds: whoever gets hold of one can open a month's messages.
const RENEWED_EVERY: u64 = 30 * 24 * 60 * 60 * 1000;
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

/// Forgets names that nobody would believe any more, and keys that nothing is sealed for.
pub(super) async fn sweep() -> Result<(), BrowserError> {
    let database = database().await?;
    sweep_keys(&database).await?;
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

/// A key that messages to this user are sealed for, or were.
#[derive(Clone, Debug)]
pub(super) struct OwnKey {
    /// What others seal with.
    pub(super) public: [u8; 32],
    /// What opens it.
    pub(super) pair: AgreementKeys,
    /// In which of the [`RENEWED_EVERY`] since 1970 it was made.
    period: u64,
}

/// All that are here, the newest first.
pub(super) async fn own_keys() -> Result<Vec<OwnKey>, BrowserError> {
    let database = database().await?;
    let mut keys = Vec::new();
    for name in database.keys(KEYS).await? {
        if let Some(period) = period_of(&name) {
            let pair = AgreementKeys::from_js(database.get(KEYS, &name).await?);
            keys.push(own_key(pair, period).await?);
        }
    }
    keys.sort_by_key(|key| std::cmp::Reverse(key.period));
    Ok(keys)
}

/// The one that is to be published; made when there is none of this month.
pub(super) async fn current_key() -> Result<OwnKey, BrowserError> {
    let period = clock::wall_millis() / RENEWED_EVERY;
    let newest = own_keys().await?.into_iter().next();
    if let Some(newest) = newest.filter(|newest| newest.period >= period) {
        return Ok(newest);
    }
    let made = AgreementKeys::generate().await?;
    let name = name_of(period);
    // If another tab was faster, it is that one.
    let kept = database().await?.put_first(KEYS, &name, made.js()).await?;
    own_key(AgreementKeys::from_js(kept), period).await
}

/// Notes that this key is published, and until when those before it are kept: what is sealed for one
/// may still be on its way, or wait at the server.
pub(super) async fn retire_keys(published: &[u8; 32]) -> Result<(), BrowserError> {
    let keys = own_keys().await?;
    let Some(current) = keys.iter().find(|key| key.public == *published) else {
        return Ok(());
    };
    let until = clock::wall_millis() + limits::REMEMBER.as_millis() as u64;
    let database = database().await?;
    for key in keys.iter().filter(|key| key.period < current.period) {
        let name = [UNTIL, &key.period.to_string()].concat();
        database
            .put_first(KEYS, &name, &(until as f64).into())
            .await?;
    }
    Ok(())
}

/// Deletes keys that nothing is sealed for any more: neither what may still come, nor what is here.
async fn sweep_keys(database: &Database) -> Result<(), BrowserError> {
    let needed: Vec<[u8; 32]> = entries()
        .await?
        .iter()
        .filter_map(|entry| Some(entry.envelope()?.draft.receiver_key))
        .collect();
    let now = clock::wall_millis() as f64;
    for key in own_keys().await? {
        let noted = [UNTIL, &key.period.to_string()].concat();
        let until = database.get(KEYS, &noted).await?.as_f64();
        if until.is_some_and(|until| until < now) && !needed.contains(&key.public) {
            database.delete(KEYS, &name_of(key.period)).await?;
            database.delete(KEYS, &noted).await?;
        }
    }
    Ok(())
}

async fn own_key(pair: AgreementKeys, period: u64) -> Result<OwnKey, BrowserError> {
    let public = pair.public().await?;
    Ok(OwnKey {
        public,
        pair,
        period,
    })
}

fn name_of(period: u64) -> String {
    match period {
        0 => OWN.to_owned(),
        period => [OWN, " ", &period.to_string()].concat(),
    }
}

fn period_of(name: &str) -> Option<u64> {
    match name.strip_prefix(OWN)? {
        "" => Some(0),
        number => number.strip_prefix(' ')?.parse().ok(),
    }
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
