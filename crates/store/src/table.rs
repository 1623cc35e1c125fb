//! The tables, and how much each may hold.

use redb::TableDefinition;

/// A kind of entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// Where a person's browsers are told of calls while no page is open, by user id.
    PushSubscriptions,
}

/// How much a table may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Entries of one owner.
    pub per_owner: usize,
    /// Entries of all owners.
    pub total: u64,
    /// Bytes of one value.
    pub value_bytes: usize,
}

/// Bytes of an owner, and of an id.
pub(crate) const KEY_BYTES: usize = 128;

impl Table {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::PushSubscriptions];

    /// How much it may hold. Full of the longest values the file has about 600 MB; with
    /// what is usual, a tenth of that.
    pub const fn bounds(self) -> Bounds {
        match self {
            // Phones, tablets and computers of one person; 256 callers of 8 bytes, and an endpoint.
            Self::PushSubscriptions => Bounds {
                per_owner: 8,
                total: 100_000,
                value_bytes: 6 * 1024,
            },
        }
    }

    /// Never changes: it is in the files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PushSubscriptions => "push-subscriptions",
        }
    }

    pub(crate) const fn definition(self) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
        TableDefinition::new(self.name())
    }
}
