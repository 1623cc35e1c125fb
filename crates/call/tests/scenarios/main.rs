//! The stories of a call, told with whole pages in virtual time.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

mod devices;
mod glare;
mod media;
mod page_return;
mod presence;
mod reconnect;
mod renewal;
mod repair;
mod ringing;
mod strangers;
mod strays;
mod video;
mod waiting;
#[path = "../world/mod.rs"]
mod world;

use std::time::Duration;

use wimpex_call::{
    Callee, Capture, Command, EndReason, Input, MediaError, Output, PeerConnectionId,
    PeerConnectionState, State, limits,
};
use wimpex_protocol::{
    Answer, CallAnswer, CallEnd, CallEndReason, CallOffer, CallReject, CallRejectReason,
    CallRinging, CallType, IceCandidate, Offer, Sdp, Signal,
};
use wimpex_sansio::{Machine, Now};
use wimpex_webrtc::IceCandidateInit;
use world::{ALICE, BOB, CAROL, World, call_id};

const SECOND: Duration = Duration::from_secs(1);

fn candidate(id: Option<&str>, text: &str) -> Signal {
    Signal::IceCandidate(IceCandidate {
        call_id: id.map(call_id),
        candidate: IceCandidateInit {
            candidate: text.into(),
            sdp_m_line_index: Some(0),
            sdp_mid: None,
            username_fragment: None,
        },
    })
}

fn offer(id: &str, call_type: CallType) -> Signal {
    Signal::CallOffer(CallOffer {
        call_id: call_id(id),
        offer: Offer::new(Sdp(format!("offer of {id}"))),
        call_type,
        from_username: Some("Somebody".into()),
        sec: None,
        link: None,
    })
}

fn end(id: &str, reason: CallEndReason) -> Signal {
    Signal::CallEnd(CallEnd {
        call_id: call_id(id),
        reason,
    })
}
