//! What a push message says: two ids, and words for a browser that asks nobody.
//!
//! It is a declarative one (`web_push: 8030`, <https://www.w3.org/TR/push-api/>), which Safari shows
//! by itself if the service worker does not; that one finds the name in the contacts.

use serde_json::json;
use wimpex_protocol::{CallId, UserId};
use wimpex_push::{Topic, Urgency};

/// About one call.
pub(super) struct Notice {
    caller: UserId,
    call: CallId,
}

/// One message about it.
pub(super) struct Text {
    pub(super) message: String,
    pub(super) topic: Topic,
    pub(super) urgency: Urgency,
}

impl Notice {
    pub(super) fn new(caller: &UserId, call: &CallId) -> Self {
        Self {
            caller: caller.clone(),
            call: call.clone(),
        }
    }

    /// Somebody calls.
    pub(super) fn call(&self) -> Text {
        self.text("call", "Somebody is calling you", Urgency::High)
    }

    /// They have given up.
    pub(super) fn missed(&self) -> Text {
        self.text("missed", "You missed a call", Urgency::Normal)
    }

    /// Another device has answered or declined.
    pub(super) fn over(&self) -> Text {
        self.text("over", "Answered on another device", Urgency::High)
    }

    fn text(&self, what: &str, body: &str, urgency: Urgency) -> Text {
        let (from, call) = (self.caller.as_str(), self.call.as_str());
        let message = json!({
            "web_push": 8030,
            "notification": {
                "title": "Wimpex",
                "body": body,
                "navigate": "/",
                "tag": call,
                "data": { "what": what, "from": from, "call": call },
            },
            "mutable": true,
        });
        Text {
            message: message.to_string(),
            // Also the caller's: call ids are chosen by callers.
            topic: Topic::of(&[from, " ", call].concat()),
            urgency,
        }
    }
}
