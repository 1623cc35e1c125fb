//! The path that the page is hosted below, where its origin has other apps too.

use std::fmt;
use std::str::FromStr;

/// What the page has at the root of its links (`/u/ID`), and what the server answers itself: a path
/// that begins so could be either, behind a proxy that takes the base path away.
const TAKEN: [&str; 7] = [
    "u", "ws", "push", "messages", "healthz", "reports", "host.css",
];

/// A path without a slash at its end, such as `/wimpex`; empty at the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    /// What goes before a path of the server: nothing, or such as `/wimpex`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the page has its origin for itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for BasePath {
    type Err = InvalidBasePath;

    fn from_str(text: &str) -> Result<Self, InvalidBasePath> {
        let inside = text.strip_prefix('/').unwrap_or(text);
        let inside = inside.strip_suffix('/').unwrap_or(inside);
        if inside.is_empty() {
            return Ok(Self::default());
        }
        // RFC 3986, section 2.3: what means the same however it is written.
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        for segment in inside.split('/') {
            if segment.is_empty()
                || !segment.bytes().all(is_plain)
                || [".", ".."].contains(&segment)
            {
                return Err(InvalidBasePath::NoPath);
            }
            if TAKEN.contains(&segment) {
                return Err(InvalidBasePath::Taken(segment.to_owned()));
            }
        }
        Ok(Self(["/", inside].concat()))
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_root() { "/" } else { &self.0 })
    }
}

/// Why a text is no [`BasePath`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBasePath {
    /// It would have to be percent-encoded, or goes up.
    #[error("it looks like /wimpex or /apps/wimpex, of letters, digits, and -._~")]
    NoPath,
    /// The page has something there.
    #[error("/{0} is the server's own; take another name")]
    Taken(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_at_the_ends_do_not_matter() {
        for (text, path) in [
            ("/wimpex", "/wimpex"),
            ("wimpex/", "/wimpex"),
            ("/a/b-1.2_~/", "/a/b-1.2_~"),
            ("/", ""),
            ("", ""),
        ] {
            let base: BasePath = text.parse().unwrap();
            assert_eq!(base.as_str(), path, "{text}");
        }
        assert_eq!(BasePath::default().to_string(), "/");
    }

    #[test]
    fn what_is_no_path_or_the_servers_own_is_refused() {
        for wrong in [
            "///",
            "/a//b",
            "/../a",
            "/a b",
            "/a?b",
            "/ä",
            "/a%20b",
            "https://a/b",
            "/u",
            "/a/ws",
            "/push/a",
        ] {
            assert!(wrong.parse::<BasePath>().is_err(), "{wrong}");
        }
    }
}
