//! What there is to be known about the exchange beside the media, and what the screens show of it.

use std::sync::Arc;

use leptos::prelude::RwSignal;
use wimpex_call::PeerConnectionId;
use wimpex_direct::{Captions, Chat, Features, Line, LineText, Pointer};
use wimpex_protocol::{CallId, UserId};
use wimpex_recording::{Consent, Kind};

use super::caption_event::CaptionEvent;

/// Something about the exchange of the two pages of a call.
pub enum DirectEvent {
    /// The channel of this connection is open.
    Opened(PeerConnectionId),
    /// This came over it.
    Received(PeerConnectionId, String),
    /// The time has come that the machine named.
    Timeout(CallId),
    /// A screen shows the chat in this signal from now on.
    Show(RwSignal<Arc<ChatView>>),
    /// The same of what counts only now.
    ShowLive(RwSignal<LiveView>),
    /// The user points there in the call that is seen, or nowhere any more.
    Point(Option<Pointer>),
    /// Whether the user wants to read what the peer of that call says.
    ReadCaptions(bool),
    /// About writing down what the user says.
    Caption(CaptionEvent),
    /// The user has written a line in this call.
    Say(CallId, LineText),
    /// Whether the user has the chat in sight.
    InSight(bool),
    /// Whether the chats with this person are to be kept on this device.
    Keep(CallId, bool),
    /// What is kept of this person's; `None` if nothing is to be.
    Kept(UserId, Option<Vec<Line>>),
    /// The browser could not keep it.
    NotKept(UserId),
    /// Some time has passed since the chat has changed.
    Write(CallId),
}

/// What counts only now of the exchange, as screens show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveView {
    /// What both pages can do.
    pub features: Features,
    /// Where the peer points.
    pub peer_points: Option<Pointer>,
    /// The user wants to read what the peer says.
    pub reads_captions: bool,
    /// What the peer says.
    pub captions: Captions,
    /// The peer reads what the user says.
    pub is_read: bool,
    /// Who may record whom.
    pub consent: ConsentView,
}

/// What the pages of a call have agreed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConsentView {
    /// The peer can be asked.
    pub can_ask: bool,
    /// What the peer is asked for.
    pub waits_for: Option<Kind>,
    /// What the peer asks for.
    pub peer_asks: Option<Kind>,
    /// What the peer makes, or may begin to.
    pub peer_records: Option<Kind>,
}

impl ConsentView {
    pub(super) fn of(consent: &Consent) -> Self {
        Self {
            can_ask: consent.can_ask(),
            waits_for: consent.waits_for(),
            peer_asks: consent.peer_asks(),
            peer_records: consent.peer_records(),
        }
    }
}

/// The chat of a call, as screens show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatView {
    /// Of which call; `None` before there is one.
    pub call: Option<CallId>,
    /// The lines.
    pub chat: Chat,
    /// The peer is known by a key, so that what was kept can be found again.
    pub can_keep: bool,
    /// It is kept on this device.
    pub is_kept: bool,
    /// The browser has refused to keep it.
    pub keep_failed: bool,
    /// So many lines wait that no more are taken.
    pub is_full: bool,
}
