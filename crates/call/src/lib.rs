//! What a call *is*: a pure state machine.
//!
//! There is no clock in here, no randomness, no network and no browser: time and ids
//! come in as arguments, and whatever should happen comes out as an [`Output`] for
//! somebody else to carry out. One [`CallMachine`] is one tab; it has at most one call that is
//! talked in.
//!
//! ```text
//!          StartCall                        remote offer
//!   ┌─────────────────────────── Idle ◄──────────────────────────┐ Dismiss
//!   │                             │                              │
//!   ▼                             ▼                              │
//! Calling ──── glare: lost ──► Connecting ◄── Accept ── Ringing  │
//!   │ └─────── answer ──────────► │ │                      │     │
//!   │                             │ │ connected            │     │
//!   │        new, connecting ─────┘ ▼                      │     │
//!   │                           Connected ◄─┐              │     │
//!   │              disconnected, │  ▲       │ connected    │     │
//!   │                     failed ▼  │       │ (ICE restart)│     │
//!   │                       Reconnecting ───┘              │     │
//!   │                             │                        │     │
//!   └──────────────────────────► Ended ◄───────────────────┘ ────┘
//!        cancel, decline, busy, offline, gone, hang up, lost, time
//! ```
//!
//! A new offer of the same peer ends the call that it replaces, and rings. A prompt of a
//! stranger's gives way to a call of somebody whom the user knows ([`Standing`]). Whatever is
//! lost on the way is retransmitted: after [`Input::SessionRenewed`] each side sends its
//! last description again, and whoever gets one again sends again what belongs to it.
//! Nothing that is repeated counts twice, and a call that is over is remembered for a
//! while, so that it never rings again.
//!
//! While a call is going on, a second one, of somebody whom the user knows, rings inside it (call
//! waiting). It has a diagram of its own, and so has one that is on hold behind the call that is
//! talked in. Whoever calls third is told "busy". When the first call ends, the second takes its
//! place: one that was on hold stays so, unless it was the user who has hung up.
//!
//! The words `new`, `connecting`, `connected`, `disconnected`, `failed` and `closed` are
//! those of `RTCPeerConnectionState` (webrtc, section 4.3.3); they come in as
//! [`Input::ConnectionStateChanged`].
//!
//! It is driven as every [`wimpex_sansio::Machine`] is:
//!
//! ```
//! use wimpex_call::{CallMachine, Command, Input, Output, State, limits};
//! use wimpex_sansio::{Machine, Now, outputs};
//! use wimpex_protocol::{CallId, CallType, UserId};
//!
//! let mut machine = CallMachine::new();
//! let now = Now::ZERO;
//! machine.handle(
//!     Input::Command(Command::StartCall {
//!         call_id: CallId::parse("call_1").unwrap(),
//!         peer: UserId::parse("guest-bob").unwrap(),
//!         call_type: CallType::Audio,
//!     }),
//!     now,
//! );
//! for output in outputs(&mut machine) {
//!     // Create the peer connection, ask for the microphone, create the offer …
//!     let _: Output = output;
//! }
//! assert_eq!(machine.state(), State::Calling);
//! assert_eq!(machine.poll_timeout(), Some(now + limits::RING));
//! ```

mod call;
mod callee;
mod calls;
mod collision;
mod command;
mod hold;
mod ids;
mod input;
mod kept;
pub mod limits;
mod machine;
mod media;
mod memory;
mod negotiation;
mod output;
mod outputs;
mod peer;
mod peer_media;
mod phase;
mod place;
mod presence;
mod sections;
mod sharing;
mod snapshot;
mod standing;
mod timer;
mod video;

pub use callee::Callee;
pub use calls::Calls;
pub use command::Command;
pub use input::{Input, MediaRequest, PeerConnectionId};
pub use kept::KeptCall;
pub use machine::CallMachine;
pub use memory::{EarlyCandidate, EndedCall, Memory, Outcome};
pub use output::Output;
pub use sharing::Sharing;
pub use snapshot::{ActiveCall, CallSnapshot, CallVideo, Capture, EndReason, Ended, Role, State};
pub use standing::Standing;
// They are part of `Input`.
pub use wimpex_webrtc::{MediaError, PeerConnectionState, TrackKind};
