//! Why a file did not arrive.

/// Why no more of a file is sent or taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// The receiver did not want it.
    Refused,
    /// Either side has had enough.
    Cancelled,
    /// The receiver's device has no room for it.
    NoRoom,
    /// The receiver's browser cannot keep it.
    CannotStore,
    /// The sender's file is gone, or has changed.
    CannotRead,
    /// What came made no sense, or came broken again and again.
    Failed,
}

impl EndReason {
    const ALL: [Self; 6] = [
        Self::Refused,
        Self::Cancelled,
        Self::NoRoom,
        Self::CannotStore,
        Self::CannotRead,
        Self::Failed,
    ];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
            Self::NoRoom => "no-room",
            Self::CannotStore => "cannot-store",
            Self::CannotRead => "cannot-read",
            Self::Failed => "failed",
        }
    }

    /// That of this name; one of a later version is a failure.
    pub(crate) fn named(name: &str) -> Self {
        let known = Self::ALL.into_iter().find(|it| it.name() == name);
        known.unwrap_or(Self::Failed)
    }
}
