//! Web push: this browser's subscription, and what the server is told of it. Loaded when it is
//! wanted.

use std::fmt::Write;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::select;
use gloo_timers::future::TimeoutFuture;
use wimpex_protocol::{CallId, UserId};

use super::identity::{Identity, database};
use crate::browser::push_manager::{self, Subscription};
use crate::browser::{BrowserError, clock, location, web_storage, window};

/// Where the server is asked.
const PATH: &str = "/push";
/// That the user wants to be woken, and by whom.
const WANTED: &str = "wimpex.push";
/// The word of the service worker (assets/service-worker.js): whose call may be taken, and which.
const WORD: (&str, &str) = ("identity", "answer");
/// A word counts for as long as a call rings, and then some, in milliseconds.
const WORD_COUNTS: u64 = 90_000;

/// Nobody who is to be forgotten waits longer for a server that is away, in milliseconds: the push
/// service tells it that the subscription is gone.
const PATIENCE: u32 = 3_000;

/// Seconds before the server is asked a second and a third time.
const WAITS: [u64; 2] = [1, 3];

/// By whose calls this browser is woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callers {
    /// Contacts'.
    Contacts,
    /// Everybody's.
    Everybody,
}

/// What the user has said, on this device.
pub fn wanted() -> Option<Callers> {
    match web_storage::read(WANTED)?.as_str() {
        "contacts" => Some(Callers::Contacts),
        "everybody" => Some(Callers::Everybody),
        _ => None,
    }
}

/// Whether this server and this browser can do it at all.
pub async fn is_possible() -> bool {
    push_manager::is_supported() && server_key().await.is_some()
}

/// Subscribes, for calls of these contacts or of everybody, and remembers what is wanted. While the
/// page takes calls from contacts only, nobody else's wake it, whatever is wanted.
///
/// # Errors
/// `NotAllowedError` where the user has blocked notifications; whatever the browser says; and
/// `NetworkError` where the server does not take it.
pub async fn subscribe(
    wanted: Callers,
    contacts_only: bool,
    contacts: &[UserId],
) -> Result<(), BrowserError> {
    let key = server_key().await.ok_or_else(away)?;
    let subscription = push_manager::subscribe(&key).await?;
    let me = me().await?;
    let mut message = begin("subscribe", &me);
    field(&mut message, "endpoint", &subscription.endpoint);
    field(&mut message, "p256dh", &subscription.p256dh);
    field(&mut message, "auth", &subscription.auth);
    if contacts_only || wanted == Callers::Contacts {
        let ids: Vec<String> = contacts.iter().map(|id| quoted(id.as_str())).collect();
        // Writing to a text does not fail.
        let _ = write!(message, ",\"callers\":[{}]", ids.join(","));
    }
    ask(&key, &me, message).await?;
    web_storage::write(
        WANTED,
        match wanted {
            Callers::Contacts => "contacts",
            Callers::Everybody => "everybody",
        },
    );
    Ok(())
}

/// Ends the subscription, here and at the server.
///
/// # Errors
/// `NetworkError` where the server cannot be told: it will learn it from the push service.
pub async fn unsubscribe() -> Result<(), BrowserError> {
    web_storage::remove(WANTED);
    let Some(Subscription { endpoint, .. }) = push_manager::current().await? else {
        return Ok(());
    };
    push_manager::unsubscribe().await?;
    let (key, me) = (server_key().await.ok_or_else(away)?, me().await?);
    let mut message = begin("unsubscribe", &me);
    field(&mut message, "endpoint", &endpoint);
    ask(&key, &me, message).await
}

/// Forgets the user: ends the subscription while there is a key to say so with, and takes away what
/// the notices say of calls. To be called while the key is there.
pub async fn forget() {
    // A page that has no service worker waits for one; and the browser's part comes first.
    let told = pin!(async {
        let _ = unsubscribe().await;
    });
    let _ = select(told, TimeoutFuture::new(PATIENCE)).await;
    let closed = pin!(push_manager::close_all_notices());
    let _ = select(closed, TimeoutFuture::new(PATIENCE)).await;
}

/// Whether the user has said "Answer" to the notice of this call by this caller. It says so once. The
/// id of a call alone says nothing: the server may have anybody call by it.
pub async fn takes(caller: &UserId, call: &CallId) -> bool {
    let Ok(database) = database().await else {
        return false;
    };
    // The prompt says it now, to who sees it; beside that a notice tells of a call that is over soon.
    if window::is_visible() {
        push_manager::close_notices(call.as_str()).await;
    }
    let (store, key) = WORD;
    let word = database
        .get(store, key)
        .await
        .ok()
        .and_then(|it| it.as_string());
    let Some(word) = word else {
        return false;
    };
    let said = answered(&word, clock::wall_millis());
    let is_this = said == Some((caller.as_str(), call.as_str()));
    if said.is_some() && !is_this {
        // The one that is meant may come yet.
        return false;
    }
    let _ = database.delete(store, key).await;
    push_manager::close_notices(call.as_str()).await;
    is_this
}

/// Whose call it is that the word means, and which; `None` for one that is over, or is none.
fn answered(word: &str, now: u64) -> Option<(&str, &str)> {
    let (at, named) = word.split_once(' ')?;
    let at: u64 = at.parse().ok()?;
    // A clock that has been set back makes no word last.
    let is_young = now.checked_sub(at).is_some_and(|age| age < WORD_COUNTS);
    named.split_once(' ').filter(|_| is_young)
}

async fn server_key() -> Option<String> {
    let answer = gloo_net::http::Request::get(&location::below_base(PATH))
        .send()
        .await
        .ok()?;
    // 204: this server has no web push.
    if answer.status() != 200 {
        return None;
    }
    answer.text().await.ok()
}

async fn me() -> Result<Identity, BrowserError> {
    let kept = Identity::kept().await?;
    kept.ok_or_else(|| BrowserError::named("InvalidStateError"))
}

fn away() -> BrowserError {
    BrowserError::named("NetworkError")
}

fn begin(what: &str, me: &Identity) -> String {
    let (what, user) = (quoted(what), quoted(me.user.as_str()));
    let time = clock::wall_millis();
    format!("{{\"do\":{what},\"userId\":{user},\"time\":{time}")
}

fn field(message: &mut String, name: &str, value: &str) {
    let _ = write!(message, ",{}:{}", quoted(name), quoted(value));
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

async fn ask(server_key: &str, me: &Identity, mut message: String) -> Result<(), BrowserError> {
    message.push('}');
    let signed = ["wimpex-push-v1", server_key, &message].concat();
    let signature = me.sign(signed.as_bytes()).await?;
    let signature = wimpex_identity::Signature::from_bytes(signature).encode();
    let body = format!(
        "{{\"message\":{},\"publicKey\":{},\"signature\":{}}}",
        quoted(&message),
        quoted(&me.public),
        quoted(&signature)
    );
    let mut waits = WAITS.into_iter();
    loop {
        let request = gloo_net::http::Request::post(&location::below_base(PATH))
            .body(body.clone())
            .map_err(|_| away())?;
        match request.send().await {
            Ok(answer) if answer.ok() => return Ok(()),
            // One process of the server has let go of what it keeps, and the next one has it soon.
            Ok(answer) if answer.status() == 503 => {}
            Ok(_) => break,
            // What is away at this moment may be there in the next.
            Err(_) => {}
        }
        let Some(seconds) = waits.next() else {
            break;
        };
        gloo_timers::future::sleep(Duration::from_secs(seconds)).await;
    }
    Err(away())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_names_a_caller_and_a_call_and_does_not_last() {
        let word = "1000 mum c1";
        assert_eq!(answered(word, 1000), Some(("mum", "c1")));
        assert_eq!(answered(word, 999 + WORD_COUNTS), Some(("mum", "c1")));
        for now in [1000 + WORD_COUNTS, 999] {
            assert_eq!(answered(word, now), None);
        }
        // Of a service worker from before, and nonsense.
        for word in ["1000 c1", "", "c1", "mum c1 1000"] {
            assert_eq!(answered(word, 1000), None, "{word}");
        }
    }
}
