//! The record of a call, to be saved or watched.

/// Saves the record.
pub const SAVE: &str = "Save diagnostics";
/// What saves it could not be loaded.
pub const NOT_SAVED: &str = "Not saved: no network";
/// What is in the record.
pub const SAVE_HINT: &str = "A record of the call, without addresses, names or keys.";
/// Opens what `?debug` shows.
pub const DEBUG: &str = "Debug";
/// Names the record.
pub const DEBUG_LOG_LABEL: &str = "Debug log";
