//! Web push: this browser's subscription, and what the server is told of it. Loaded when it is
//! wanted.

use std::fmt::Write;
use std::time::Duration;

use wimpex_protocol::{CallId, UserId};

use super::identity::{Identity, database};
use crate::browser::push_manager::{self, Subscription};
use crate::browser::{BrowserError, clock, web_storage};

/// That the user wants to be woken, and by whom.
const WANTED: &str = "wimpex.push";
/// The word of the service worker (assets/service-worker.js): which call may be taken.
const WORD: (&str, &str) = ("identity", "answer");
/// A word counts for as long as a call rings, and then some, in milliseconds.
const WORD_COUNTS: u64 = 90_000;

/// Seconds before the server is asked again.
const WAITS: [u64; 3] = [1, 3, 0];

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

/// Subscribes, for calls of these contacts or of everybody, and remembers that it is wanted.
///
/// # Errors
/// `NotAllowedError` where the user has blocked notifications; whatever the browser says; and
/// `NetworkError` where the server does not take it.
pub async fn subscribe(callers: Callers, contacts: &[UserId]) -> Result<(), BrowserError> {
    let key = server_key().await.ok_or_else(away)?;
    let subscription = push_manager::subscribe(&key).await?;
    let me = me().await?;
    let mut message = begin("subscribe", &me);
    field(&mut message, "endpoint", &subscription.endpoint);
    field(&mut message, "p256dh", &subscription.p256dh);
    field(&mut message, "auth", &subscription.auth);
    if callers == Callers::Contacts {
        let ids: Vec<String> = contacts.iter().map(|id| quoted(id.as_str())).collect();
        // Writing to a text does not fail.
        let _ = write!(message, ",\"callers\":[{}]", ids.join(","));
    }
    ask(&key, &me, message).await?;
    web_storage::write(
        WANTED,
        match callers {
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

/// Whether the user has said "Answer" to the notice of this call. It says so once.
pub async fn takes(call: &CallId) -> bool {
    let Ok(database) = database().await else {
        return false;
    };
    let (store, key) = WORD;
    let word = database
        .get(store, key)
        .await
        .ok()
        .and_then(|it| it.as_string());
    let Some((at, named)) = word.as_deref().and_then(|it| it.split_once(' ')) else {
        return false;
    };
    let age = at
        .parse()
        .map_or(u64::MAX, |at| clock::wall_millis().saturating_sub(at));
    if named != call.as_str() && age < WORD_COUNTS {
        return false;
    }
    let _ = database.delete(store, key).await;
    push_manager::close_notices(call.as_str()).await;
    named == call.as_str() && age < WORD_COUNTS
}

async fn server_key() -> Option<String> {
    let answer = gloo_net::http::Request::get("/push").send().await.ok()?;
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
    for seconds in WAITS {
        let request = gloo_net::http::Request::post("/push")
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
        gloo_timers::future::sleep(Duration::from_secs(seconds)).await;
    }
    Err(away())
}
