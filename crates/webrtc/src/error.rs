//! Why `getUserMedia` gave no track.

use serde::{Deserialize, Serialize};

/// Why there is no track: the `DOMException`s with which
/// [`getUserMedia`](https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia)
/// rejects, and three cases besides.
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
    /// There is none although the origin is secure: browsers inside of other apps, or an
    /// extension, leave it out.
    Unsupported,
    /// There was a track, and it fired `ended`, as when the device is unplugged.
    Ended,
    /// Any other exception.
    Other,
}

impl MediaError {
    /// Of a `DOMException.name`; also of the names that browsers used before the
    /// standard had these; `InsecureError` and `UnsupportedError` are the page's own, and a
    /// `TypeError` is a missing `getUserMedia`.
    pub fn from_exception_name(name: &str) -> Self {
        match name {
            "NotAllowedError" | "SecurityError" | "PermissionDeniedError" => Self::NotAllowed,
            "NotFoundError" | "OverconstrainedError" | "DevicesNotFoundError" => Self::NotFound,
            "NotReadableError" | "AbortError" | "TrackStartError" => Self::NotReadable,
            "InsecureError" => Self::InsecureContext,
            "UnsupportedError" | "TypeError" => Self::Unsupported,
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
            ("InsecureError", MediaError::InsecureContext),
            ("TypeError", MediaError::Unsupported),
            ("UnknownError", MediaError::Other),
            ("", MediaError::Other),
        ] {
            assert_eq!(MediaError::from_exception_name(name), error, "{name}");
        }
    }
}
