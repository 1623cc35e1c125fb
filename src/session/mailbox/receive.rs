//! Messages for this user: the key for them, fetching, checking, opening.

use serde_json::{Value, json};
use web_sys::Blob;
use wimpex_contacts::Contacts;
use wimpex_identity::{PublicKey, Signature};
use wimpex_mailbox::{Delivery, Envelope, MessageKey, Refused, Sender};
use wimpex_protocol::{UserId, limits};
use wimpex_sansio::UnixTime;

use super::database::{self, Entry, Known, OwnKey};
use super::seal;
use super::server::{self, ServerRefusal};
use crate::browser::{BrowserError, aes_gcm, clock, web_crypto};
use crate::session::identity::Identity;

/// What is decided by whose messages are taken.
pub(crate) struct AcceptedSenders {
    /// Who is a contact, and who is blocked.
    pub(crate) contacts: std::sync::Arc<Contacts>,
    /// Calls, and so messages, are taken from contacts only.
    pub(crate) contacts_only: bool,
}

impl AcceptedSenders {
    fn sender(&self, user: &UserId) -> Sender {
        match self.contacts.contact(user) {
            Some(contact) if contact.is_blocked => Sender::Blocked,
            Some(_) => Sender::Contact,
            None if self.contacts.may_call(user, false) => Sender::Stranger,
            None => Sender::Blocked,
        }
    }

    /// Those that the server is told of: as many as it takes; the newest matter most.
    fn senders(&self) -> Vec<UserId> {
        let all = self.contacts.contacts();
        let senders = all.iter().filter(|it| !it.is_blocked);
        let mut senders: Vec<_> = senders.map(|it| (it.added, it.id.clone())).collect();
        senders.sort_by_key(|(added, _)| std::cmp::Reverse(*added));
        let senders = senders.into_iter().map(|(_, id)| id);
        senders.take(limits::VISIBLE_TO).collect()
    }
}

/// Says that messages are taken, from whom, and the key to seal them with.
///
/// # Errors
/// As of any request; `InvalidStateError` for who has no key.
pub(crate) async fn publish(accepted: &AcceptedSenders) -> Result<(), ServerRefusal> {
    let me = me().await?;
    let key = database::current_key().await?.public;
    let owner = PublicKey::parse(&me.public).map_err(|_| damaged())?;
    let time = UnixTime::from_millis(clock::wall_millis());
    let signature = me.sign(&MessageKey::message(&owner, &key, time)).await?;
    let key = MessageKey {
        owner,
        key,
        time,
        signature: Signature::from_bytes(signature),
    };
    let senders = accepted.senders();
    let senders: Vec<&str> = senders.iter().map(UserId::as_str).collect();
    let wish = json!({
        "do": "receive",
        "key": key.encode(),
        "senders": senders,
        "strangers": !accepted.contacts_only,
    });
    server::ask(&me, wish).await?;
    // Nothing more is sealed for those before it; if that is not noted, it is the next time.
    let _ = database::retire_keys(&key.key).await;
    Ok(())
}

/// Says that no messages are taken any more; the server deletes those that wait.
///
/// # Errors
/// As of any request.
pub(crate) async fn take_none() -> Result<(), ServerRefusal> {
    let me = me().await?;
    server::ask(&me, json!({ "do": "stop" })).await.map(|_| ())
}

/// What became of the messages that waited.
#[derive(Debug, Default)]
pub(crate) struct Fetched {
    /// From whom some came, one after the other.
    pub(crate) senders: Vec<UserId>,
    /// Why some were refused, and who the sender is of whom each of them claims to be.
    pub(crate) refused: Vec<(Sender, Refused)>,
    /// What kept others from coming, the first of it; `QuotaExceededError` where this browser has no
    /// room. They stay where they are.
    pub(crate) failed: Option<ServerRefusal>,
}

/// Fetches what waits and has at most so many bytes, keeps what is to be believed, and has the server
/// delete all of that.
///
/// # Errors
/// As of any request: then nothing is known of what waits.
pub(crate) async fn fetch(accepted: &AcceptedSenders, most: u32) -> Result<Fetched, ServerRefusal> {
    let me = me().await?;
    database::sweep().await?;
    let list = server::ask(&me, json!({ "do": "list" })).await?;
    let list: Value = serde_json::from_str(&list.text().await?).map_err(|_| damaged())?;
    let list = list.as_array().into_iter().flatten();
    let mut envelopes: Vec<_> = list
        .filter_map(|it| Envelope::parse(it.as_str()?))
        .collect();
    // A stranger's, or a large one for which there is no time or no room, keeps nobody's waiting.
    envelopes.sort_by_key(|envelope| {
        let is_stranger = accepted.sender(&envelope.name().sender) != Sender::Contact;
        (is_stranger, envelope.size)
    });
    let keys = database::own_keys().await?;
    let mut fetched = Fetched::default();
    for envelope in envelopes.iter().filter(|it| it.size <= most) {
        match take_off(&me, &keys, envelope, accepted).await {
            Ok(Taken::Came) => fetched.senders.push(envelope.name().sender),
            Ok(Taken::Known) => {}
            Ok(Taken::Refused(why)) => {
                let sender = accepted.sender(&envelope.name().sender);
                fetched.refused.push((sender, why));
            }
            Err(refusal) => {
                let is_too_fast = refusal == ServerRefusal::TooFast;
                fetched.failed.get_or_insert(refusal);
                if is_too_fast {
                    break;
                }
            }
        }
    }
    Ok(fetched)
}

/// What became of one.
enum Taken {
    /// It is here now.
    Came,
    /// It was, or another tab has it.
    Known,
    Refused(Refused),
}

/// Takes one, or says why not; then the server need not have it any more.
async fn take_off(
    me: &Identity,
    keys: &[OwnKey],
    envelope: &Envelope,
    accepted: &AcceptedSenders,
) -> Result<Taken, ServerRefusal> {
    let taken = match take(me, keys, envelope, accepted).await {
        // Another tab has it, or is at it, and says so when it has.
        Err(ServerRefusal::Unknown) => return Ok(Taken::Known),
        taken => taken?,
    };
    let id = envelope.name().encode();
    server::ask(me, json!({ "do": "delete", "id": id })).await?;
    Ok(taken)
}

async fn take(
    me: &Identity,
    keys: &[OwnKey],
    envelope: &Envelope,
    accepted: &AcceptedSenders,
) -> Result<Taken, ServerRefusal> {
    let name = envelope.name();
    let known = database::known(&name).await?;
    if known == Known::Here {
        return Ok(Taken::Known);
    }
    let public: Vec<[u8; 32]> = keys.iter().map(|key| key.public).collect();
    let delivery = Delivery {
        me: &me.user,
        keys: &public,
        now: UnixTime::from_millis(clock::wall_millis()),
        sender: accepted.sender(&name.sender),
        contacts_only: accepted.contacts_only,
        is_known: known == Known::Gone,
    };
    if let Err(refused) = delivery.judge(envelope) {
        return Ok(Taken::Refused(refused));
    }
    let claim = envelope.claim();
    let is_signed = web_crypto::verify(
        claim.key.as_bytes(),
        claim.signature.as_bytes(),
        &claim.message,
    );
    match is_signed.await {
        Ok(true) => {}
        // A key that is no point of the curve is nobody's.
        Ok(false) => return Ok(Taken::Refused(Refused::Signature)),
        Err(error) if is_of_the_message(&error) => return Ok(Taken::Refused(Refused::Signature)),
        Err(error) => return Err(error.into()),
    }
    let Some(key) = key_of(keys, envelope) else {
        return Ok(Taken::Refused(Refused::OtherKey));
    };
    let fetched = server::ask(me, json!({ "do": "fetch", "id": name.encode() })).await?;
    let sealed = fetched.bytes().await?;
    if aes_gcm::sha256(&sealed).await? != envelope.hash {
        return Ok(Taken::Refused(Refused::Damaged));
    }
    match seal::open(envelope, &sealed, &key.pair).await {
        Ok((what, _)) => {
            let entry = Entry::new(envelope, what.kind, what.length.as_secs());
            database::keep(&entry, &sealed).await?;
            Ok(Taken::Came)
        }
        Err(error) if is_of_the_message(&error) => Ok(Taken::Refused(Refused::Damaged)),
        Err(error) => Err(error.into()),
    }
}

/// Whether it is the message that is at fault (a wrong tag, a wrong format), and not this browser at
/// this moment: what another moment may open must not be deleted.
fn is_of_the_message(error: &BrowserError) -> bool {
    matches!(error.name.as_str(), "OperationError" | "DataError")
}

/// The one that it is sealed for.
fn key_of<'a>(keys: &'a [OwnKey], envelope: &Envelope) -> Option<&'a OwnKey> {
    let wanted = envelope.draft.receiver_key;
    keys.iter().find(|key| key.public == wanted)
}

/// Opens one that is here: the recording, to be played, and its captions as WebVTT, if there are any.
///
/// # Errors
/// Where it is gone, or the key for it.
pub(crate) async fn open(entry: &Entry) -> Result<(Blob, String), BrowserError> {
    let envelope = entry.envelope().ok_or_else(damaged)?;
    let sealed = database::sealed(&entry.name).await?;
    let keys = database::own_keys().await?;
    let key = key_of(&keys, &envelope).ok_or_else(|| BrowserError::named("NotFoundError"))?;
    let (what, recording) = seal::open(&envelope, &sealed, &key.pair).await?;
    Ok((recording, what.captions))
}

async fn me() -> Result<Identity, BrowserError> {
    let kept = Identity::kept().await?;
    kept.ok_or_else(|| BrowserError::named("InvalidStateError"))
}

fn damaged() -> BrowserError {
    BrowserError::named("DataError")
}
