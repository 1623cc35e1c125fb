//! What the server refused to those who attacked it, by reason.

use std::collections::BTreeMap;
use std::sync::Mutex;

use tokio_tungstenite::tungstenite::Message;

static REFUSALS: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

/// Once more for this reason.
pub(crate) fn note(reason: &str) {
    let mut refusals = REFUSALS.lock().unwrap();
    *refusals.entry(reason.to_owned()).or_default() += 1;
}

/// What an attacker reads, if it is a refusal.
pub(crate) fn note_message(message: &Message) {
    match message {
        Message::Text(text) => {
            let code = text.split("\"code\":\"").nth(1);
            if let Some(code) = code.and_then(|rest| rest.split('"').next()) {
                note(code);
            }
        }
        Message::Close(Some(frame)) => note(&format!("closed: {}", u16::from(frame.code))),
        _ => {}
    }
}

/// All of them so far.
pub(crate) fn all() -> BTreeMap<String, u64> {
    REFUSALS.lock().unwrap().clone()
}
