//! What text fields have in common.

/// The value of `aria-invalid` (WAI-ARIA 1.2) for a field with this error, or none.
pub(crate) fn invalid(error: &str) -> &'static str {
    if error.is_empty() { "false" } else { "true" }
}
