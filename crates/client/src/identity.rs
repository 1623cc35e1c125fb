//! Who this page is: the owner of a key, or a guest.

use std::time::Duration;

use crate::signaling::KeyOwner;

/// How long the browser may look for a key. Some browsers never answer for a database
/// that is damaged or held up.
pub(crate) const KEY_LOOKUP_TIMEOUT: Duration = Duration::from_secs(10);

/// Who this page is, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum IdentityState {
    /// The browser's database is being asked for a key.
    #[default]
    LookingUp,
    /// There is no key; one is made when there is a name.
    NoKey,
    /// A key is being made.
    Generating,
    /// The owner of this key.
    Owner(KeyOwner),
    /// A guest: this browser keeps no key, or cannot use it.
    Guest,
}

impl IdentityState {
    pub(crate) fn owner(&self) -> Option<&KeyOwner> {
        match self {
            Self::Owner(owner) => Some(owner),
            Self::LookingUp | Self::NoKey | Self::Generating | Self::Guest => None,
        }
    }

    /// Whether the browser's answer is still awaited; one that comes later is too late.
    pub(crate) fn is_pending(&self) -> bool {
        match self {
            Self::LookingUp | Self::Generating => true,
            Self::NoKey | Self::Owner(_) | Self::Guest => false,
        }
    }
}
