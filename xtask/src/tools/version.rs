//! Versions as tools print them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `MAJOR.MINOR.PATCH`, as far as the tool goes: Binaryen has one number only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32, pub(crate) u32);

impl Version {
    /// The first version in a text such as `trunk 0.21.14` or
    /// `Chromium 156.0.7390.54 built on Debian`.
    pub(crate) fn find(text: &str) -> Option<Self> {
        text.split_whitespace().find_map(Self::parse)
    }

    fn parse(word: &str) -> Option<Self> {
        let mut numbers = word.split('.');
        let major = numbers.next()?.parse().ok()?;
        let mut next = || {
            numbers.next().map_or(0, |part| {
                let digits = part.split(|c: char| !c.is_ascii_digit()).next();
                digits.and_then(|d| d.parse().ok()).unwrap_or(0)
            })
        };
        Some(Self(major, next(), next()))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// A tool that was found: its directory and what it says its version is.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) directory: PathBuf,
    pub(super) version: Version,
}

/// What `program --version` says; nothing if it does not run.
pub(crate) fn of(program: &Path) -> Option<Version> {
    let output = Command::new(program).arg("--version").output().ok()?;
    if !output.status.success() {
        return None;
    }
    Version::find(&String::from_utf8_lossy(&output.stdout))
}

/// The first program of that name on PATH.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(program))
        .find(|candidate| candidate.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_tools_print() {
        for (text, expected) in [
            ("trunk 0.21.14", Version(0, 21, 14)),
            ("wasm-bindgen 0.2.126\n", Version(0, 2, 126)),
            ("wasm-opt version 108", Version(108, 0, 0)),
            ("wasm-opt version 132 (version_132)", Version(132, 0, 0)),
            ("geckodriver 0.37.1 (abc 2026-01-01)", Version(0, 37, 1)),
            (
                "Chromium 156.0.7390.54 built on Debian",
                Version(156, 0, 7390),
            ),
            (
                "ChromeDriver 156.0.7390.54 (ab12-refs/x)",
                Version(156, 0, 7390),
            ),
            ("Mozilla Firefox 153.0esr", Version(153, 0, 0)),
            ("x 1.2.3-rc.1", Version(1, 2, 3)),
        ] {
            assert_eq!(Version::find(text), Some(expected), "{text}");
        }
        assert_eq!(Version::find("no version here"), None);
    }

    #[test]
    fn versions_are_ordered_by_number() {
        assert!(Version(0, 21, 14) > Version(0, 21, 9));
        assert!(Version(108, 0, 0) < Version(132, 0, 0));
    }
}
