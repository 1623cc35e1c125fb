//! What the server is asked about messages, signed with the key; and why it refuses.

use js_sys::{ArrayBuffer, Uint8Array};
use serde_json::{Value, json};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use wimpex_identity::Signature;

use crate::browser::{BrowserError, clock, location};
use crate::session::identity::Identity;

/// Where messages are.
pub(super) fn path() -> String {
    location::below_base("/messages")
}

/// Why the server does not do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ServerRefusal {
    /// It cannot be reached.
    Away,
    /// It keeps no messages.
    Off,
    /// Whoever is meant takes no messages, or none from this user.
    NotWanted,
    /// Too many wait for whoever is meant.
    ReceiverFull,
    /// Too many of this user's are waiting.
    SenderFull,
    /// The server has no room.
    HostFull,
    /// Too much was asked of it.
    TooFast,
    /// The clock of this device is wrong.
    Clock,
    /// What it knows of the receiver has changed: ask anew.
    OtherKey,
    /// It is not there (any more).
    Unknown,
    /// It finds something wrong with the request.
    Other(u16),
    /// This browser cannot do it.
    Browser(String),
}

impl From<BrowserError> for ServerRefusal {
    fn from(error: BrowserError) -> Self {
        match error.name.as_str() {
            "NetworkError" => Self::Away,
            _ => Self::Browser(error.name),
        }
    }
}

impl ServerRefusal {
    /// From an answer that is none of the good ones.
    pub(super) fn of(status: u16, text: &str) -> Self {
        match (status, text.trim()) {
            (404, "off") => Self::Off,
            (404, "not-wanted") => Self::NotWanted,
            (404, "unknown") => Self::Unknown,
            // An older server, which serves a page there.
            (404 | 405, _) => Self::Off,
            (507, "receiver-full") => Self::ReceiverFull,
            (507, "sender-full") => Self::SenderFull,
            (507, _) => Self::HostFull,
            (429, _) => Self::TooFast,
            (422, _) => Self::Clock,
            (409, "other-key") => Self::OtherKey,
            (502..=504, _) => Self::Away,
            (status, _) => Self::Other(status),
        }
    }
}

/// An answer that is a good one.
pub(super) struct MailboxAnswer(gloo_net::http::Response);

impl MailboxAnswer {
    pub(super) async fn text(self) -> Result<String, ServerRefusal> {
        self.0.text().await.map_err(|_| ServerRefusal::Away)
    }

    pub(super) async fn bytes(self) -> Result<Uint8Array, ServerRefusal> {
        let raw: web_sys::Response = self.0.into();
        let buffer = raw.array_buffer().map_err(BrowserError::from)?;
        let buffer = JsFuture::from(buffer).await;
        let buffer: ArrayBuffer = buffer
            .map_err(|_| ServerRefusal::Away)?
            .dyn_into()
            .map_err(BrowserError::from)?;
        Ok(Uint8Array::new(&buffer))
    }
}

/// Asks. `what` is an object with `do`.
pub(super) async fn ask(me: &Identity, mut what: Value) -> Result<MailboxAnswer, ServerRefusal> {
    what["userId"] = me.user.as_str().into();
    what["time"] = clock::wall_millis().into();
    let message = what.to_string();
    let signed = ["wimpex-messages-v1", &location::origin(), &message].concat();
    let signature = Signature::from_bytes(me.sign(signed.as_bytes()).await?);
    let body = json!({
        "message": message,
        "publicKey": me.public,
        "signature": signature.encode(),
    });
    let request = gloo_net::http::Request::post(&path()).body(body.to_string());
    let request = request.map_err(|_| ServerRefusal::Away)?;
    let answer = request.send().await.map_err(|_| ServerRefusal::Away)?;
    if answer.ok() {
        return Ok(MailboxAnswer(answer));
    }
    let text = answer.text().await.unwrap_or_default();
    Err(ServerRefusal::of(answer.status(), &text))
}
