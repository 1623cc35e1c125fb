//! Contacts and past calls in the browser's database. Loaded when they are wanted
//! (`super::lazy`).

use wasm_bindgen::JsValue;
use wimpex_client::ContactWrite;
use wimpex_contacts::{Contacts, GivenLink};
use wimpex_identity::LinkId;
use wimpex_protocol::UserId;

use super::identity::database;
use super::settings;
use crate::browser::{BrowserError, web_storage};

const CONTACT_STORE: &str = "contacts";
const CALL_STORE: &str = "calls";

/// Everything that this browser keeps.
///
/// # Errors
/// Where the browser has no database, or refuses.
pub(super) async fn read() -> Result<Contacts, BrowserError> {
    let database = database().await?;
    let contacts = database.all(CONTACT_STORE).await?;
    let calls = database.all(CALL_STORE).await?;
    let texts = |values: Vec<JsValue>| values.into_iter().filter_map(|value| value.as_string());
    Ok(Contacts::from_entries(texts(contacts), texts(calls)))
}

/// Carries out one write after the other.
///
/// # Errors
/// Where the browser cannot write; those before it are written.
pub(super) async fn write(writes: Vec<ContactWrite>) -> Result<(), BrowserError> {
    let database = database().await?;
    for write in writes {
        match write {
            ContactWrite::PutContact(contact) => {
                let text = contact.encode().into();
                database
                    .put(CONTACT_STORE, contact.id.as_str(), &text)
                    .await?;
            }
            ContactWrite::DeleteContact(id) => {
                database.delete(CONTACT_STORE, id.as_str()).await?;
            }
            ContactWrite::PutBlocked(stranger) => {
                let (key, text) = (blocked_key(&stranger.id), stranger.encode().into());
                database.put(CONTACT_STORE, &key, &text).await?;
            }
            ContactWrite::DeleteBlocked(id) => {
                database.delete(CONTACT_STORE, &blocked_key(&id)).await?;
            }
            ContactWrite::PutLink(id, text) => {
                database
                    .put(CONTACT_STORE, &link_key(id), &text.into())
                    .await?;
            }
            ContactWrite::UseLink(id, call) => {
                let key = link_key(id);
                let kept = database.get(CONTACT_STORE, &key).await?.as_string();
                // Another tab may have forgotten it.
                if let Some(link) = kept.and_then(|text| GivenLink::decode(&text).ok()) {
                    let text = link.used_by(call).encode().into();
                    database.put(CONTACT_STORE, &key, &text).await?;
                }
            }
            ContactWrite::DeleteLink(id) => {
                database.delete(CONTACT_STORE, &link_key(id)).await?;
            }
            ContactWrite::PutCall(call) => {
                let text = call.encode().into();
                database
                    .put(CALL_STORE, call.call_id.as_str(), &text)
                    .await?;
            }
            ContactWrite::PutCallIfAbsent(call) => {
                let text = call.encode().into();
                database
                    .put_first(CALL_STORE, call.call_id.as_str(), &text)
                    .await?;
            }
            ContactWrite::DeleteCall(id) => database.delete(CALL_STORE, id.as_str()).await?,
            ContactWrite::KnowMissed(until) => settings::know_missed(until),
        }
    }
    Ok(())
}

/// Under which a blocked stranger is kept, among the contacts: a store of its own would be a
/// new version of the database, which no tab of an older page can open. No id has a space.
fn blocked_key(id: &UserId) -> String {
    ["blocked ", id.as_str()].concat()
}

/// The same of a link that ends.
fn link_key(id: LinkId) -> String {
    ["link ", &id.encode()].concat()
}

/// Forgets the user: the key, the contacts, the name, all that is ours in this browser.
///
/// # Errors
/// Where the browser cannot write.
pub(super) async fn forget_everything() -> Result<(), BrowserError> {
    super::push::forget().await;
    super::mailbox::forget().await?;
    super::chat_database::forget().await?;
    super::files_database::forget().await?;
    super::recordings::forget().await?;
    let database = database().await?;
    for store in super::identity::STORES {
        database.clear(store).await?;
    }
    // Last: that is how other tabs hear of it, and they must not find the key again.
    web_storage::clear();
    Ok(())
}
