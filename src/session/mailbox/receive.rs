//! Messages for this user: the key for them, fetching, checking, opening.

use serde_json::{Value, json};
use web_sys::Blob;
use wimpex_contacts::Contacts;
use wimpex_identity::{PublicKey, Signature};
use wimpex_mailbox::{Delivery, Envelope, MessageKey, Refused, Sender};
use wimpex_protocol::{UserId, limits};
use wimpex_sansio::UnixTime;

use super::database::{self, Entry, Known};
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
    let key = database::own_key().await?.public().await?;
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
    server::ask(&me, wish).await.map(|_| ())
}

/// Says that no messages are taken any more; the server deletes those that wait.
///
/// # Errors
/// As of any request.
pub(crate) async fn take_none() -> Result<(), ServerRefusal> {
    let me = me().await?;
    server::ask(&me, json!({ "do": "stop" })).await.map(|_| ())
}

/// Fetches what waits, keeps what is to be believed, and has the server delete all of it. Returns
/// why messages were refused.
///
/// # Errors
/// As of any request; `QuotaExceededError` where this browser has no room: then they stay where they
/// are.
pub(crate) async fn fetch(accepted: &AcceptedSenders) -> Result<Vec<Refused>, ServerRefusal> {
    let me = me().await?;
    database::sweep().await?;
    let list = server::ask(&me, json!({ "do": "list" })).await?;
    let list: Value = serde_json::from_str(&list.text().await?).map_err(|_| damaged())?;
    let envelopes = list.as_array().into_iter().flatten();
    let mut refused = Vec::new();
    for envelope in envelopes.filter_map(|it| Envelope::parse(it.as_str()?)) {
        let taken = take(&me, &envelope, accepted).await?;
        refused.extend(taken.err());
        let id = envelope.name().encode();
        server::ask(&me, json!({ "do": "delete", "id": id })).await?;
    }
    Ok(refused)
}

/// Takes one, or says why not.
async fn take(
    me: &Identity,
    envelope: &Envelope,
    accepted: &AcceptedSenders,
) -> Result<Result<(), Refused>, ServerRefusal> {
    let (keys, name) = (database::own_key().await?, envelope.name());
    let known = database::known(&name).await?;
    if known == Known::Here {
        return Ok(Ok(()));
    }
    let key = keys.public().await?;
    let delivery = Delivery {
        me: &me.user,
        key: &key,
        now: UnixTime::from_millis(clock::wall_millis()),
        sender: accepted.sender(&name.sender),
        contacts_only: accepted.contacts_only,
        is_known: known == Known::Gone,
    };
    if let Err(refused) = delivery.judge(envelope) {
        return Ok(Err(refused));
    }
    let claim = envelope.claim();
    let is_signed = web_crypto::verify(
        claim.key.as_bytes(),
        claim.signature.as_bytes(),
        &claim.message,
    );
    // A key that is no point of the curve is nobody's.
    if !is_signed.await.unwrap_or(false) {
        return Ok(Err(Refused::Signature));
    }
    let fetched = server::ask(me, json!({ "do": "fetch", "id": name.encode() })).await;
    let sealed = match fetched {
        // Another tab was faster.
        Err(ServerRefusal::Unknown) => return Ok(Ok(())),
        fetched => fetched?.bytes().await?,
    };
    if aes_gcm::sha256(&sealed).await? != envelope.hash {
        return Ok(Err(Refused::Damaged));
    }
    match seal::open(envelope, &sealed, &keys).await {
        Ok((what, _)) => {
            let entry = Entry::new(envelope, what.kind, what.length.as_secs());
            database::keep(&entry, &sealed).await?;
            Ok(Ok(()))
        }
        Err(_) => Ok(Err(Refused::Damaged)),
    }
}

/// Opens one that is here: the recording, to be played, and its captions as WebVTT, if there are any.
///
/// # Errors
/// Where it is gone, or the key for it.
pub(crate) async fn open(entry: &Entry) -> Result<(Blob, String), BrowserError> {
    let envelope = entry.envelope().ok_or_else(damaged)?;
    let sealed = database::sealed(&entry.name).await?;
    let keys = database::own_key().await?;
    let (what, recording) = seal::open(&envelope, &sealed, &keys).await?;
    Ok((recording, what.captions))
}

async fn me() -> Result<Identity, BrowserError> {
    let kept = Identity::kept().await?;
    kept.ok_or_else(|| BrowserError::named("InvalidStateError"))
}

fn damaged() -> BrowserError {
    BrowserError::named("DataError")
}
