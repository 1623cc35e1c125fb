//! A stranger's call that was taken note of without a sound.

use wimpex_protocol::DeviceId;
use wimpex_verification::CallKey;

/// So many are remembered, the newest: to tell their callers when the user calls back.
pub(crate) const MAX_SILENT_CALLS: usize = 16;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SilentCall {
    pub(crate) key: CallKey,
    /// The caller's.
    pub(crate) device: DeviceId,
}
