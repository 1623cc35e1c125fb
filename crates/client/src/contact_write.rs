//! What is to be written to the browser's database.

use wimpex_contacts::{BlockedStranger, Contact, PastCall};
use wimpex_identity::LinkId;
use wimpex_protocol::{CallId, UserId};

/// One write to the browser's database.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ContactWrite {
    /// Keep this contact.
    PutContact(Contact),
    /// Delete a contact.
    DeleteContact(UserId),
    /// Keep that this stranger is blocked.
    PutBlocked(BlockedStranger),
    /// Forget that a stranger was blocked.
    DeleteBlocked(UserId),
    /// Keep this link that ends, as [`wimpex_contacts::GivenLink::encode`] wrote it.
    PutLink(LinkId, String),
    /// A call that came by this link was answered.
    UseLink(LinkId, CallId),
    /// Forget a link that ends.
    DeleteLink(LinkId),
    /// Keep this past call.
    PutCall(PastCall),
    /// Keep this past call, unless one with its id is there: another tab knows better.
    PutCallIfAbsent(PastCall),
    /// Delete a past call.
    DeleteCall(CallId),
    /// All missed calls up to this are kept: [`crate::Stored::missed_since`].
    KnowMissed(u64),
}
