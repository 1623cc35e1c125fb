//! What a call is.
