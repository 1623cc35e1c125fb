//! The tables, and how much each may hold.

use redb::TableDefinition;

/// A kind of entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// Where a person's browsers are told of calls while no page is open, by user id.
    PushSubscriptions,
    /// Calls that nobody has heard, by the id of who was called.
    MissedCalls,
    /// Who takes messages and the key to seal them with, by user id.
    MessageReceivers,
    /// Messages that have come and are deleted, by the id of who got them: none comes twice.
    MessagesGone,
    /// Messages that wait, by the id of who is to get them, where several servers share them: what was
    /// signed of each. One server alone has a file for each.
    Messages,
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
pub const KEY_BYTES: usize = 128;

impl Table {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::PushSubscriptions,
        Self::MissedCalls,
        Self::MessageReceivers,
        Self::MessagesGone,
        Self::Messages,
    ];

    /// How much it may hold. Full of the longest values the file has about 1 GB; with
    /// what is usual, a tenth of that.
    pub const fn bounds(self) -> Bounds {
        match self {
            // Phones, tablets and computers of one person; 256 callers of 8 bytes, and an endpoint.
            Self::PushSubscriptions => Bounds {
                per_owner: 8,
                total: 100_000,
                value_bytes: 6 * 1024,
            },
            // Two ids and a time.
            Self::MissedCalls => Bounds {
                per_owner: 32,
                total: 100_000,
                value_bytes: 256,
            },
            // 256 contacts of 8 bytes, and a key.
            Self::MessageReceivers => Bounds {
                per_owner: 1,
                total: 100_000,
                value_bytes: 4 * 1024,
            },
            // More than come within a week from whoever is not a nuisance; that it is there says all.
            Self::MessagesGone => Bounds {
                per_owner: 256,
                total: 500_000,
                value_bytes: 0,
            },
            // 60 of contacts and 5 of strangers; a signature, ids and keys.
            Self::Messages => Bounds {
                per_owner: 65,
                total: 100_000,
                value_bytes: 4 * 1024,
            },
        }
    }

    /// Never changes: it is in the files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PushSubscriptions => "push-subscriptions",
            Self::MissedCalls => "missed-calls",
            Self::MessageReceivers => "message-receivers",
            Self::MessagesGone => "messages-gone",
            Self::Messages => "messages",
        }
    }

    pub(crate) const fn definition(self) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
        TableDefinition::new(self.name())
    }
}
