//! Whom somebody has named to the server: whose calls ring where no page is open, or from whom
//! messages are taken. Strangers cost nothing; what they do must take no place from these.

use std::sync::Arc;

use tracing::warn;
use wimpex_protocol::UserId;
use wimpex_store::StoreError;

use crate::push::{CallerMark, Marks};
use crate::store_file::StoreFile;
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

    /// Those of one user. Does not wait for whoever writes.
    pub(crate) fn of(&self, user: &UserId) -> Named<'_> {
        let marks = self.marks_of(user).unwrap_or_else(|error| {
            warn!(%error, "cannot read whom somebody has named");
            Vec::new()
        });
        Named {
            user: user.clone(),
            made_by: &self.marks,
            marks,
        }
    }

    fn marks_of(&self, user: &UserId) -> Result<Vec<CallerMark>, StoreError> {
        let mut marks = push::named(user, &*self.store)?;
        marks.extend(mailbox::named(user, &*self.store)?);
        Ok(marks)
    }
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
