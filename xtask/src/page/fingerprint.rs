//! What the page is made of, as one number: when it is the same as at the last
//! build, there is nothing to build.
//!
//! Everything in the checkout counts unless it is known to be no part of the
//! page. A file too many costs a rebuild; a file too few, an afternoon.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// Paths from the root that are no part of the page.
const APART: &[&str] = &[
    "crates/hub",
    "crates/model",
    "crates/relay",
    "crates/server",
    "dist",
    "docs",
    "e2e",
    "fuzz",
    "target",
    "tests",
    "webdriver.json",
    "xtask",
];
/// Of the hidden entries only this one shapes the page.
const CARGO_CONFIGURATION: &str = ".cargo";

/// The fingerprint of all that the page is made of.
pub(super) fn of_inputs(workspace: &Workspace, tools: &str) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    tools.hash(&mut hasher);
    // A new way to build or compress has a new xtask.
    include_str!("mod.rs").hash(&mut hasher);
    include_str!("compress.rs").hash(&mut hasher);
    include_str!("split.rs").hash(&mut hasher);
    include_str!("styles.rs").hash(&mut hasher);
    include_str!("glue/mod.rs").hash(&mut hasher);
    include_str!("glue/externref.rs").hash(&mut hasher);
    include_str!("glue/names.rs").hash(&mut hasher);
    for (name, value) in std::env::vars_os() {
        if name.to_str().is_some_and(shapes_a_build) {
            (name, value).hash(&mut hasher);
        }
    }
    let target = &workspace.target;
    of_files(&workspace.root, &mut hasher, &|path, relative| {
        path != target && is_input(relative)
    })?;
    Ok(hasher.finish())
}

/// The fingerprint of all files in a directory.
pub(super) fn of_outputs(dist: &Path) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    of_files(dist, &mut hasher, &|_, _| true)?;
    Ok(hasher.finish())
}

/// The fingerprint of a text.
pub(super) fn of_text(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The fingerprint of some contents.
pub(super) fn of_bytes(contents: &[&[u8]]) -> u64 {
    let mut hasher = DefaultHasher::new();
    contents.hash(&mut hasher);
    hasher.finish()
}

fn is_input(relative: &Path) -> bool {
    if APART.iter().any(|apart| relative == Path::new(apart)) {
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

fn of_files(
    root: &Path,
    hasher: &mut DefaultHasher,
    counts: &dyn Fn(&Path, &Path) -> bool,
) -> Result<()> {
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
                (relative, content).hash(hasher);
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

        fn fingerprint(&self) -> u64 {
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
