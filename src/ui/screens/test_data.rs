//! People and calls for the tests of screens.

use wimpex_call::{
    ActiveCall, CallSnapshot, CallVideo, Callee, Capture, EndReason, Ended, PeerConnectionId, Role,
    State,
};
use wimpex_protocol::{CallId, CallType, MediaFlag, MediaState, UserId};

use crate::ui::words::ended::Circumstances;
use wimpex_client::{Peer, Routes};

/// The id of somebody with a key.
pub(super) fn key_id() -> UserId {
    UserId::parse("w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").expect("of the form of a key's id")
}

/// The id of a guest.
pub(super) fn guest_id() -> UserId {
    UserId::parse("guest-alice").expect("of the form of a guest's id")
}

/// A contact by their link, whom the person calls so.
pub(super) fn contact(user: UserId, name: &str) -> Peer {
    Peer {
        contact_name: Some(name.to_owned()),
        by_link: true,
        ..Peer::new(user)
    }
}

/// A video call from Alice, a guest, in which nothing is captured.
pub(super) fn alice_calls() -> ActiveCall {
    ActiveCall {
        call_id: CallId::parse("call_1").expect("letters, digits and _"),
        peer: guest_id(),
        peer_name: Some("Alice".to_owned()),
        call_type: CallType::Video,
        role: Role::Callee,
        connection: PeerConnectionId(1),
        callee: Callee::Unheard,
        connected_at: None,
        muted: false,
        microphone: Capture::Off,
        camera: Capture::Off,
        microphone_interrupted: false,
        camera_interrupted: false,
        sharing: wimpex_call::Sharing::Off,
        on_hold: false,
        video: CallVideo::On,
        peer_media: None,
    }
}

/// A peer that is seen and heard.
pub(super) fn peer_media() -> MediaState {
    MediaState::new(CallId::parse("call_1").expect("letters, digits and _"))
        .with(MediaFlag::Camera, true)
        .with(MediaFlag::VideoUpgrade, true)
}

/// That call in this state.
pub(super) fn call_in(state: State, call: ActiveCall) -> CallSnapshot {
    CallSnapshot {
        state,
        call: Some(call),
        ..CallSnapshot::default()
    }
}

/// How a call that Bob, a guest, was called with ended.
pub(super) fn ended(reason: EndReason) -> Ended {
    Ended {
        call_id: CallId::parse("call_1").expect("letters, digits and _"),
        peer: UserId::parse("guest-bob").expect("of the form of a guest's id"),
        peer_name: None,
        call_type: CallType::Video,
        role: Role::Caller,
        reason,
        duration: None,
        microphone: None,
        camera: None,
    }
}

/// Everything was fine when the call ended.
pub(super) const AT_END: Circumstances = Circumstances {
    server: true,
    has_relay: true,
    hides_address: false,
    lacks_local_network: false,
    routes: Routes {
        local: wimpex_client::CandidateSummary {
            any: true,
            relayed: false,
        },
        remote: wimpex_client::CandidateSummary {
            any: true,
            relayed: false,
        },
    },
};
