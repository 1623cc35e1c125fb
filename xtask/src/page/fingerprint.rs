//! Fingerprints (SHA-256) of what the page is built from and of what came out. While both are the
//! same as at the last build, there is nothing to build.
//!
//! Everything in the checkout is an input unless it is known to be no part of the page. A file too
//! many costs a rebuild; a file too few serves a stale page.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::sha256::Sha256;
use crate::workspace::Workspace;

/// Paths from the root that are no part of the page.
const APART: &[&str] = &[
    "crates/hub",
    "crates/jetstream",
    "crates/limits",
    "crates/model",
    "crates/push",
    "crates/relay",
    "crates/server",
    "crates/store",
    "dist",
    "docs",
    "e2e",
    "fuzz",
    "target",
    "tests",
    "webdriver.json",
    "xtask",
];
/// What builds the page, inside of what is apart. Cargo has just compiled the running xtask from
/// these files, so they say how the page is built now.
const PIPELINE: &str = "xtask/src/page";
/// Of the hidden entries only this one shapes the page.
const CARGO_CONFIGURATION: &str = ".cargo";

/// The fingerprint of everything that the page is built from, `tools` (their versions) included.
pub(super) fn of_inputs(workspace: &Workspace, tools: &str) -> Result<String> {
    let mut hasher = Sha256::new();
    hasher.part(tools.as_bytes());
    let mut variables: Vec<_> = std::env::vars_os()
        .filter(|(name, _)| name.to_str().is_some_and(shapes_a_build))
        .collect();
    // The order of the environment is nobody's choice.
    variables.sort();
    for (name, value) in variables {
        hasher.part(name.as_bytes());
        hasher.part(value.as_bytes());
    }
    let target = &workspace.target;
    of_files(&workspace.root, &mut hasher, &|path, relative| {
        path != target && is_input(relative)
    })?;
    Ok(hasher.hex())
}

/// The fingerprint of all files in a directory.
pub(super) fn of_outputs(dist: &Path) -> Result<String> {
    let mut hasher = Sha256::new();
    of_files(dist, &mut hasher, &|_, _| true)?;
    Ok(hasher.hex())
}

fn is_input(relative: &Path) -> bool {
    let pipeline = Path::new(PIPELINE);
    // The directories on the way to it have to be entered.
    if relative.starts_with(pipeline) || pipeline.starts_with(relative) {
        return true;
    }
    // By whole components: nothing else below "xtask" is entered.
    if APART.iter().any(|apart| relative.starts_with(apart)) {
        return false;
    }
    let name = relative.file_name().unwrap_or_default().to_string_lossy();
    let hidden = name.starts_with('.') && relative != Path::new(CARGO_CONFIGURATION);
    let document = relative
        .extension()
        .is_some_and(|extension| extension == "md");
    !hidden && !document
}

fn shapes_a_build(variable: &str) -> bool {
    variable.contains("RUSTFLAGS")
        || variable.starts_with("CARGO_PROFILE_")
        || variable.starts_with("TRUNK_")
        || variable == "RUSTUP_TOOLCHAIN"
}

fn of_files(root: &Path, hasher: &mut Sha256, counts: &dyn Fn(&Path, &Path) -> bool) -> Result<()> {
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for path in sorted_entries(&directory)? {
            let relative = path.strip_prefix(root)?;
            if !counts(&path, relative) {
                continue;
            }
            // A link is followed, as cargo and Trunk do; a broken one, or a
            // file that an editor has just removed, is passed over.
            let Ok(metadata) = fs::metadata(&path) else {
                continue;
            };
            if metadata.is_dir() {
                directories.push(path);
            } else if metadata.is_file() {
                let content =
                    fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
                hasher.part(relative.as_os_str().as_bytes());
                hasher.part(&content);
            }
        }
    }
    Ok(())
}

fn sorted_entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(directory)
        .with_context(|| format!("cannot read {}", directory.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Checkout {
        directory: tempfile::TempDir,
    }

    impl Checkout {
        fn new() -> Self {
            let checkout = Self {
                directory: tempfile::tempdir().unwrap(),
            };
            checkout.write("src/main.rs", "fn main() {}");
            checkout.write("index.html", "<html>");
            checkout
        }

        fn write(&self, path: &str, content: &str) {
            let path = self.directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }

        fn fingerprint(&self) -> String {
            let root = self.directory.path().to_owned();
            let workspace = Workspace {
                target: root.join("other-target"),
                cache: root.join("cache-is-elsewhere"),
                root,
            };
            of_inputs(&workspace, "tools").unwrap()
        }
    }

    #[test]
    fn it_is_the_same_while_nothing_changes() {
        let checkout = Checkout::new();
        assert_eq!(checkout.fingerprint(), checkout.fingerprint());
    }

    #[test]
    fn every_part_of_the_page_counts() {
        for path in [
            "src/main.rs",
            "src/ui/new.rs",
            "style/main.css",
            "crates/call/src/lib.rs",
            "index.html",
            "Cargo.lock",
            "Trunk.toml",
            ".cargo/config.toml",
            "assets/tone.ogg",
        ] {
            let checkout = Checkout::new();
            let before = checkout.fingerprint();
            checkout.write(path, "something else");
            assert_ne!(checkout.fingerprint(), before, "{path}");
        }
    }

    #[test]
    fn every_file_that_builds_the_page_counts() {
        let pipeline = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/page");
        let mut directories = vec![pipeline.clone()];
        let mut seen = 0;
        while let Some(directory) = directories.pop() {
            for path in sorted_entries(&directory).unwrap() {
                if path.is_dir() {
                    directories.push(path);
                    continue;
                }
                let name = path.strip_prefix(&pipeline).unwrap().to_str().unwrap();
                let checkout = Checkout::new();
                let place = format!("{PIPELINE}/{name}");
                checkout.write(&place, &fs::read_to_string(&path).unwrap());
                let before = checkout.fingerprint();
                checkout.write(&place, "something else");
                assert_ne!(checkout.fingerprint(), before, "{place}");
                seen += 1;
            }
        }
        assert!(seen >= 5, "only {seen} files in {}", pipeline.display());
    }

    #[test]
    fn what_is_apart_does_not_count() {
        let checkout = Checkout::new();
        let before = checkout.fingerprint();
        for path in [
            "crates/server/src/lib.rs",
            "xtask/src/main.rs",
            "e2e/tests/call.rs",
            "dist/index.html",
            "target/debug/a",
            "other-target/debug/a",
            ".git/index",
            "README.md",
            "src/.main.rs.swp",
        ] {
            checkout.write(path, "something else");
            assert_eq!(checkout.fingerprint(), before, "{path}");
        }
    }

    #[test]
    fn a_file_that_moved_counts() {
        let checkout = Checkout::new();
        checkout.write("style/a.css", "a");
        let before = checkout.fingerprint();
        let style = checkout.directory.path().join("style");
        fs::rename(style.join("a.css"), style.join("b.css")).unwrap();
        assert_ne!(checkout.fingerprint(), before);
    }
}
