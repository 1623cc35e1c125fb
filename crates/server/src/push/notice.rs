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
    /// Absolute if the server knows what people call it: Safari resolves nothing else.
    page: String,
}

/// One message about it.
pub(super) struct Text {
    pub(super) message: String,
    pub(super) topic: Topic,
    pub(super) urgency: Urgency,
}

impl Notice {
    pub(super) fn new(caller: &UserId, call: &CallId, page: &str) -> Self {
        Self {
            caller: caller.clone(),
            call: call.clone(),
            page: page.to_owned(),
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
                "navigate": self.page,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_that_asks_no_worker_can_show_it() {
        let [from, call] = ["w1alice", "c1"];
        let (caller, id) = (UserId::parse(from).unwrap(), CallId::parse(call).unwrap());
        let notice = Notice::new(&caller, &id, "https://calls.example/");
        for text in [notice.call(), notice.missed(), notice.over()] {
            let read: serde_json::Value = serde_json::from_str(&text.message).unwrap();
            // What makes a message a declarative one, and what one must have.
            assert_eq!(
                (&read["web_push"], &read["mutable"]),
                (&json!(8030), &json!(true))
            );
            let shown = &read["notification"];
            assert_eq!(shown["navigate"], "https://calls.example/");
            assert!(!shown["title"].as_str().unwrap().is_empty());
            // Two ids, and nothing else of anybody.
            assert_eq!(
                (&shown["data"]["from"], &shown["data"]["call"]),
                (&json!(from), &json!(call))
            );
            assert_eq!(shown["data"].as_object().unwrap().len(), 3);
            assert!(text.message.len() <= 3000, "push services take no more");
        }
    }
}
