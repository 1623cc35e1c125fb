//! Why `getUserMedia` gave no track.

use serde::{Deserialize, Serialize};

/// Why there is no track: the `DOMException`s with which
/// [`getUserMedia`](https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia)
/// rejects, and two cases besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MediaError {
    /// `NotAllowedError`: the user or the system said no.
    NotAllowed,
    /// `NotFoundError`: there is no such device.
    NotFound,
    /// `NotReadableError`: the device does not start, mostly because another program
    /// has it.
    NotReadable,
    /// There is no `navigator.mediaDevices`: the page did not come over a secure origin.
    InsecureContext,
    /// There was a track, and it fired `ended`, as when the device is unplugged.
    Ended,
    /// Any other exception.
    Other,
}

impl MediaError {
    /// Of a `DOMException.name`; also of the names that browsers used before the
    /// standard had these, and of `TypeError`, which is what a missing `mediaDevices`
    /// comes to.
    pub fn from_exception_name(name: &str) -> Self {
        match name {
            "NotAllowedError" | "SecurityError" | "PermissionDeniedError" => Self::NotAllowed,
            "NotFoundError" | "OverconstrainedError" | "DevicesNotFoundError" => Self::NotFound,
            "NotReadableError" | "AbortError" | "TrackStartError" => Self::NotReadable,
            "InsecureError" | "TypeError" => Self::InsecureContext,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_told_apart_by_name() {
        for (name, error) in [
            ("NotAllowedError", MediaError::NotAllowed),
            ("OverconstrainedError", MediaError::NotFound),
            ("AbortError", MediaError::NotReadable),
            ("TypeError", MediaError::InsecureContext),
            ("UnknownError", MediaError::Other),
            ("", MediaError::Other),
        ] {
            assert_eq!(MediaError::from_exception_name(name), error, "{name}");
        }
    }
}
