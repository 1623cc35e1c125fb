//! The prompt of an incoming call.

use wimpex_call::ActiveCall;
use wimpex_protocol::CallType;

use super::icon::{Icon, of_call};
use super::names::{Claim, caller, peer_claim, peer_name};
use crate::ui::words::{common, trust};
use wimpex_client::{Caller, Peer};

/// Who calls, and how sure that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncomingPrompt {
    /// The caller.
    pub name: String,
    /// The name is the caller's own choice.
    pub claim: Option<Claim>,
    /// The kind of call.
    pub kind: &'static str,
    /// On the button that accepts.
    pub icon: Icon,
    /// It can be accepted without the camera.
    pub is_video: bool,
    /// Who it is, in two words.
    pub tag: &'static str,
    /// What they mean.
    pub tag_title: &'static str,
    /// The key is that of somebody whom the person means.
    pub is_known: bool,
    /// Anybody: can be blocked, and silenced with all others.
    pub is_stranger: bool,
    /// What a contact calls themselves now, where that is something else.
    pub alias: String,
}

/// From the call, and what is known of everybody.
pub fn incoming_prompt(call: Option<&ActiveCall>, people: &[Peer]) -> IncomingPrompt {
    let caller = caller(people, call);
    let call_type = call.map_or(CallType::Audio, |call| call.call_type);
    let is_video = call_type == CallType::Video;
    IncomingPrompt {
        name: peer_name(people, call),
        claim: peer_claim(people, call),
        kind: common::call_type(call_type),
        icon: of_call(is_video),
        is_video,
        tag: trust::caller(&caller),
        tag_title: trust::caller_title(&caller),
        is_known: caller.is_known(),
        is_stranger: caller == Caller::Unknown,
        alias: trust::calls_themselves(&caller),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screens::test_data::{alice_calls, contact, guest_id, key_id};

    #[test]
    fn a_stranger_is_not_verified_under_any_name() {
        let prompt = incoming_prompt(Some(&alice_calls()), &[contact(guest_id(), "Alice")]);
        assert_eq!(prompt.tag, "not verified");
        assert!(prompt.is_stranger && !prompt.is_known);
        assert_eq!(prompt.alias, "");
        // The user's own name for them, though nobody but the server says that it is them.
        assert_eq!(prompt.claim, None);
        let prompt = incoming_prompt(Some(&alice_calls()), &[]);
        assert_eq!(prompt.claim.expect("her own").tail, "ID …alice");
        assert_eq!((prompt.kind, prompt.is_video), ("Video call", true));
    }

    #[test]
    fn a_contact_rings_under_the_given_name() {
        let mut call = alice_calls();
        call.peer = key_id();
        call.call_type = CallType::Audio;
        let prompt = incoming_prompt(Some(&call), &[contact(key_id(), "My sister")]);
        assert_eq!((&*prompt.name, prompt.tag), ("My sister", "contact"));
        assert!(prompt.is_known && !prompt.is_stranger && !prompt.is_video);
        assert!(prompt.claim.is_none());
        assert_eq!(prompt.alias, "They call themselves “Alice” now.");
        assert_eq!((prompt.kind, prompt.icon), ("Audio call", Icon::PHONE));
        // Known from a call or a file only.
        let added = wimpex_client::Peer {
            by_link: false,
            ..contact(key_id(), "My sister")
        };
        let prompt = incoming_prompt(Some(&call), &[added]);
        assert_eq!(prompt.tag, "contact, not compared");
        assert!(!prompt.is_known);
    }
}
