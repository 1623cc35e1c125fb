//! Where things are: the checkout, cargo's target directory, the cache of
//! tools; and commands that run there with a clean environment.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The target that the page is compiled for.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The checkout and the directories beside it.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    /// The root of the repository, which is also the client's crate.
    pub(crate) root: PathBuf,
    /// Cargo's target directory, absolute.
    pub(crate) target: PathBuf,
    /// Tools installed by `setup`, shared by all checkouts.
    pub(crate) cache: PathBuf,
}

impl Workspace {
    /// Finds the checkout that this xtask was compiled in.
    pub(crate) fn locate() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask lies in no workspace")?
            .to_owned();
        // A relative CARGO_TARGET_DIR means the caller's directory, but the
        // commands run in the root.
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(dir) if !dir.is_empty() => std::path::absolute(dir)?,
            _ => root.join("target"),
        };
        let cache = cache_dir(std::env::var_os("XDG_CACHE_HOME"), std::env::home_dir())?;
        Ok(Self {
            root,
            target,
            cache,
        })
    }

    /// Where the page is built: `dist`.
    pub(crate) fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// A directory for xtask's own notes, inside the target directory.
    pub(crate) fn state(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// A command in the root. It does not inherit what `cargo run` told xtask
    /// about xtask's own package: build scripts that watch those variables
    /// would run again each time.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        for (name, _) in std::env::vars_os() {
            if is_about_xtask(&name) {
                command.env_remove(name);
            }
        }
        command.env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// Cargo in the root.
    pub(crate) fn cargo<I, S>(&self, arguments: I) -> Command
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = self.command("cargo");
        command.args(arguments);
        command
    }
}

/// Puts directories before those in PATH, for a command.
pub(crate) fn path_with(first: &[PathBuf]) -> Result<OsString> {
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let all = first
        .iter()
        .cloned()
        .chain(std::env::split_paths(&inherited));
    std::env::join_paths(all).context("a directory's name does not fit into PATH")
}

fn is_about_xtask(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| {
        name.starts_with("CARGO_PKG_")
            || name.starts_with("CARGO_MANIFEST_")
            || matches!(name, "CARGO_BIN_NAME" | "CARGO_CRATE_NAME" | "OUT_DIR")
    })
}

fn cache_dir(xdg: Option<OsString>, home: Option<PathBuf>) -> Result<PathBuf> {
    // The XDG specification has relative values ignored.
    if let Some(dir) = xdg.map(PathBuf::from).filter(|dir| dir.is_absolute()) {
        return Ok(dir.join("wimpex"));
    }
    let home = home.context("no home directory; set HOME or XDG_CACHE_HOME")?;
    Ok(home.join(".cache").join("wimpex"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_follows_xdg() {
        let home = Some(PathBuf::from("/home/a"));
        let of = |xdg: Option<&str>| cache_dir(xdg.map(Into::into), home.clone()).unwrap();
        assert_eq!(of(None), Path::new("/home/a/.cache/wimpex"));
        assert_eq!(of(Some("")), Path::new("/home/a/.cache/wimpex"));
        assert_eq!(of(Some("relative")), Path::new("/home/a/.cache/wimpex"));
        assert_eq!(of(Some("/c")), Path::new("/c/wimpex"));
        assert!(cache_dir(None, None).is_err());
    }

    #[test]
    fn what_cargo_says_about_xtask_is_not_passed_on() {
        assert!(is_about_xtask(OsStr::new("CARGO_PKG_VERSION")));
        assert!(is_about_xtask(OsStr::new("CARGO_MANIFEST_DIR")));
        assert!(!is_about_xtask(OsStr::new("CARGO_HOME")));
        assert!(!is_about_xtask(OsStr::new("CARGO_TARGET_DIR")));
    }
}
