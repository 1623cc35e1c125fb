//! What the user wants.

use wimpex_contacts::{BlockedStranger, Contact};
use wimpex_protocol::{CallType, Name, Sec, UserId};
use wimpex_sansio::UnixTime;

use crate::audience::Audience;
use crate::contact_write::ContactWrite;

/// A command of the user, from the page's screens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Go by this name.
    SetName(Name),
    /// Call somebody.
    StartCall {
        /// Whom.
        peer: UserId,
        /// Audio and video, or audio alone.
        call_type: CallType,
    },
    /// Block who rings, and decline.
    BlockCaller,
    /// Let no stranger ring for an hour; declines one who does.
    SilenceStrangers,
    /// Let strangers ring again.
    HearStrangers,
    /// Let nobody ring until then but contacts who always may; or everybody again.
    DoNotDisturb(Option<UnixTime>),
    /// Anything else about the call.
    Call(wimpex_call::Command),
    /// Call through a relay only, so that the peer never sees an IP address.
    SetHideAddress(bool),
    /// Let these learn that the user is online.
    SetAudience(Audience),
    /// Check everything that a call needs.
    CheckConnection,
    /// Answers the check's question whether the sound was heard.
    SpeakerHeard(bool),
    /// Says whether the other side sees the same SAS; `None` takes it back.
    SasCompared(Option<bool>),
    /// The alert has been read.
    DismissAlert,
    /// Learn whether this user is online.
    Watch(UserId),
    /// The same of somebody whose link was opened, or typed in; and what makes it one that ends.
    OpenLink(UserId, Option<Sec>),
    /// About contacts and past calls.
    Contacts(ContactCommand),
    /// Forget the user: key, name, contacts, calls; everything of this origin.
    ForgetMe,
}

impl From<wimpex_call::Command> for Command {
    fn from(command: wimpex_call::Command) -> Self {
        Self::Call(command)
    }
}

/// A command about contacts and past calls.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ContactCommand {
    /// Read them from the browser's database, if that has not been done.
    Load,
    /// Add somebody, or rename them if they are a contact already.
    Add(Contact),
    /// Add those of a file; whoever is a contact already stays as they are.
    Import(Vec<Contact>),
    /// Rename a contact.
    Rename(UserId, Name),
    /// Remove a contact.
    Remove(UserId),
    /// Whether a contact may ring.
    Block(UserId, bool),
    /// Whether a contact rings even while the user is not to be disturbed.
    RingAlways(UserId, bool),
    /// Keep links that end, or forget them; nothing else is written so.
    WriteLinks(Vec<ContactWrite>),
    /// Block somebody who is no contact.
    BlockStranger(BlockedStranger),
    /// Let such a one ring again.
    UnblockStranger(UserId),
    /// Forget that the SAS once differed.
    TrustAgain(UserId),
    /// Take calls from contacts only, or from everybody.
    SetContactsOnly(bool),
    /// The missed calls have been seen.
    MarkCallsSeen,
    /// Forget the past calls.
    ForgetCalls,
}
