//! The client's state as screens need it: plain data, no signals, no words.

use std::sync::Arc;

use wimpex_call::CallSnapshot;
use wimpex_contacts::Contacts;
use wimpex_identity::LinkId;
use wimpex_protocol::{CallId, IceServer, Name, UserId};
use wimpex_sansio::UnixTime;

use crate::audience::Audience;
use crate::check::{Check, CheckResult};
use crate::peer::Peer;
use crate::trust::Trust;

/// How the page stands with the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ServerState {
    /// There is no name yet to log in with.
    #[default]
    NoName,
    /// The first connection is being made.
    Connecting,
    /// Logged in.
    Online,
    /// The connection was lost, or none came about; it is being tried again.
    Lost,
    /// The server answers over http, but not over a WebSocket: something between blocks it.
    Blocked,
    /// The server answers over http, and lets no page of this origin open a WebSocket: it does
    /// not know itself by this name.
    Misdirected,
    /// Too many connections from this network; tried again, slowly.
    TooManyConnections,
    /// The server did not accept the login: the signature or the name. Tried again, slowly.
    LoginRejected,
    /// The server let in somebody else than who had asked, under another id than that of
    /// the key. It is not to be trusted.
    IdentityMismatch,
    /// Only people who were invited, or whom the host knows, may use this server.
    NotInvited,
    /// The invitation that the page was opened by counts no more.
    InvitationOver,
    /// Only owners of keys may use this server, and this browser keeps none.
    NoGuests,
    /// The host has shut out this person.
    ShutOut,
}

/// The ICE candidates of one side (RFC 8445, section 5.1.1), as far as the end of a call
/// has to tell of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CandidateSummary {
    /// There was one at all.
    pub any: bool,
    /// There was a relayed one.
    pub relayed: bool,
}

impl CandidateSummary {
    /// Counts one more, by its `candidate-attribute` (RFC 8839, section 5.1).
    pub(crate) fn add(&mut self, candidate: &str) {
        self.any = true;
        self.relayed |= candidate.contains(" typ relay");
    }
}

/// The candidates of both sides in the last call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Routes {
    /// This side's.
    pub local: CandidateSummary,
    /// The peer's.
    pub remote: CandidateSummary,
}

/// A call that came by a link that ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LinkedCall {
    /// Whose.
    pub peer: UserId,
    /// The call.
    pub call_id: CallId,
    /// By which link.
    pub link: LinkId,
}

/// Snapshot of the client. What changed since the last look is told by
/// [`crate::Output::Changed`], part by part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct View {
    /// The name that the user goes by.
    pub name: Option<Name>,
    /// The id under which the user can be called; kept from earlier visits.
    pub me: Option<UserId>,
    /// How the page stands with the server.
    pub server: ServerState,
    /// How often the server has said that messages were left for the user: each time there is
    /// something to fetch.
    pub messages_waiting: u32,
    /// Whether calls go through a relay only, so that the peer never sees an IP address.
    pub hide_address: bool,
    /// STUN and TURN servers to use, as the server gave them.
    pub ice_servers: Vec<IceServer>,
    /// Whether the server offers a relay (TURN). Until the first login, it may.
    pub has_relay: bool,
    /// Results of the connection check, in order; empty before the first.
    pub check: Vec<(Check, CheckResult)>,
    /// The check was asked for and its code could not be loaded.
    pub check_unavailable: bool,
    /// The call, or how the last one ended.
    pub call: CallSnapshot,
    /// Who rings, or is talked with, has called by one of the user's links that end.
    pub linked_call: Option<LinkedCall>,
    /// Which routes the two sides of the last call named.
    pub routes: Routes,
    /// How far the user can know whom they deal with.
    pub trust: Trust,
    /// Everybody whose presence is watched: contacts, opened links, who is looked at.
    pub peers: Vec<Peer>,
    /// Contacts and past calls.
    pub contacts: Arc<Contacts>,
    /// There are contacts or past calls: the first screen shows them at once.
    pub has_contacts: bool,
    /// The contacts have been read from the browser's database.
    pub contacts_loaded: bool,
    /// The browser could not keep the last change of the contacts.
    pub contacts_unsaved: bool,
    /// Calls are taken from contacts only.
    pub contacts_only: bool,
    /// Until when no stranger rings, by this device's clock.
    pub strangers_silenced_until: Option<UnixTime>,
    /// Until when nobody rings but contacts who always may, by this device's clock;
    /// [`crate::UNTIL_TURNED_OFF`] has no end.
    pub do_not_disturb_until: Option<UnixTime>,
    /// Who may learn that the user is online: their choice, or what holds without one.
    pub audience: Audience,
    /// The browser's error name for why not everything could be forgotten.
    pub forget_error: Option<String>,
}

impl View {
    /// That of a client of which nothing is known yet; the server may offer a relay.
    pub fn new() -> Self {
        Self {
            has_relay: true,
            ..Self::default()
        }
    }

    /// What is known of this user.
    pub fn peer(&self, user: &UserId) -> Option<&Peer> {
        self.peers.iter().find(|peer| peer.user == *user)
    }

    /// Whether this is the call that was stopped since the peer could not be verified.
    pub fn is_stopped(&self, call: &CallId) -> bool {
        self.trust.stopped.as_ref() == Some(call)
    }
}

/// A part of the [`View`]: which signal of the page to patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// [`View::name`].
    Name,
    /// [`View::me`].
    Me,
    /// [`View::server`] and [`View::messages_waiting`].
    Server,
    /// [`View::hide_address`], [`View::contacts_only`], [`View::audience`],
    /// [`View::strangers_silenced_until`], [`View::do_not_disturb_until`] and
    /// [`View::has_relay`].
    Settings,
    /// [`View::check`] and [`View::check_unavailable`].
    Check,
    /// [`View::call`] and [`View::linked_call`].
    Call,
    /// [`View::trust`].
    Trust,
    /// [`View::peers`].
    Peers,
    /// [`View::contacts`] and what belongs to them.
    Contacts,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 9] = [
        Self::Name,
        Self::Me,
        Self::Server,
        Self::Settings,
        Self::Check,
        Self::Call,
        Self::Trust,
        Self::Peers,
        Self::Contacts,
    ];
}
