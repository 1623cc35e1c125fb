//! Whatever goes wrong ends it.

/// See the module.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;
