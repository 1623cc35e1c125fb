//! Who this page is: the owner of a key, or a guest.

use std::time::Duration;

use crate::signaling::KeyOwner;

/// How long the browser may look for a key before the user is told to wait. It is waited
/// for as long as it takes: whoever logged in without it would be somebody else.
pub(crate) const SLOW_STORAGE: Duration = Duration::from_secs(3);
/// A database that fails, of which an earlier visit had a key, is asked again after this.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// A newcomer's database that fails is asked again after each of these, since some browsers
/// fail once in a while when they have just started; then the newcomer is a guest.
pub(crate) const NEWCOMER_LOOKS_AGAIN: [Duration; 2] =
    [Duration::from_millis(200), Duration::from_millis(800)];

/// Whether the browser can keep no key at all, rather than fail to read the one that it
/// has. By the names of the Indexed Database API and of WebCrypto.
pub(crate) fn is_for_good(error: &str) -> bool {
    matches!(error, "NotSupportedError" | "SecurityError" | "DataError")
}

/// Who this page is, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum IdentityState {
    /// The browser's database is being asked for a key.
    #[default]
    LookingUp,
    /// The database has failed: it is asked again.
    Failing,
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
            Self::LookingUp | Self::Failing | Self::NoKey | Self::Generating | Self::Guest => None,
        }
    }

    /// Whether the browser's answer is still awaited; one that comes later is too late.
    pub(crate) fn is_pending(&self) -> bool {
        match self {
            Self::LookingUp | Self::Failing | Self::Generating => true,
            Self::NoKey | Self::Owner(_) | Self::Guest => false,
        }
    }
}
