//! Whom somebody has named to the server: whose calls ring where no page is open, or from whom
//! messages are taken. Strangers cost nothing; what they do must take no place from these.

use std::sync::Arc;

use tracing::warn;
use wimpex_protocol::UserId;
use wimpex_store::{Entry, Store, StoreError, Table};

use crate::push::{CallerMark, Marks};
use crate::store_file::{StoreFile, millis};
use crate::{mailbox, push};

/// See the module.
pub(crate) struct Acquaintances {
    store: Arc<StoreFile>,
    marks: Marks,
}

impl Acquaintances {
    /// `secret` is the server's.
    pub(crate) fn new(store: &Arc<StoreFile>, secret: &[u8]) -> Arc<Self> {
        Arc::new(Self {
            store: Arc::clone(store),
            marks: Marks::derive(secret),
        })
    }

    /// Somebody calls that user, perhaps in vain: whom they have named may be asked for soon.
    pub(crate) fn ask_soon(&self, user: &UserId) {
        self.store.fetch_soon(user);
    }

    /// Those of one user, as far as is known here. Waits neither for whoever writes nor for other
    /// machines.
    pub(crate) fn of(&self, user: &UserId) -> Named<'_> {
        self.named(user, |table| self.store.at_hand(table, user))
    }

    /// The same where it may take its time.
    pub(crate) fn found(&self, user: &UserId) -> Named<'_> {
        let owner = user.as_str().as_bytes();
        self.named(user, |table| self.store.of(table, owner, millis()))
    }

    fn named(
        &self,
        user: &UserId,
        of: impl Fn(Table) -> Result<Vec<Entry>, StoreError>,
    ) -> Named<'_> {
        let marks = marks_of(of).unwrap_or_else(|error| {
            warn!(%error, "cannot read whom somebody has named");
            Vec::new()
        });
        Named {
            user: user.clone(),
            made_by: &self.marks,
            marks,
        }
    }
}

fn marks_of(
    of: impl Fn(Table) -> Result<Vec<Entry>, StoreError>,
) -> Result<Vec<CallerMark>, StoreError> {
    let mut marks = push::named(&of(Table::PushSubscriptions)?);
    marks.extend(mailbox::named(&of(Table::MessageReceivers)?));
    Ok(marks)
}

/// Those whom one user has named.
pub(crate) struct Named<'a> {
    user: UserId,
    made_by: &'a Marks,
    marks: Vec<CallerMark>,
}

impl Named<'_> {
    pub(crate) fn include(&self, other: &UserId) -> bool {
        self.marks.contains(&self.made_by.of(&self.user, other))
    }
}
