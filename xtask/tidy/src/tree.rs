//! The files of the repository that rules are about, as text.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Directories that nobody writes by hand.
const GENERATED: &[&str] = &["dist", "target", "fuzz/corpus", "fuzz/target"];

/// The texts by their paths relative to the root, with `/` between the parts, and the names of all
/// other files.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    texts: BTreeMap<String, String>,
    paths: BTreeSet<String>,
}

impl Tree {
    /// Reads what is below `root`, without hidden and generated files.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut tree = Self::default();
        let mut directories = vec![String::new()];
        while let Some(directory) = directories.pop() {
            let entries = fs::read_dir(root.join(&directory))
                .with_context(|| format!("cannot read {}", root.join(&directory).display()))?;
            for entry in entries {
                let entry = entry?;
                let Ok(name) = entry.file_name().into_string() else {
                    continue;
                };
                let path = join(&directory, &name);
                if name.starts_with('.') || GENERATED.contains(&&*path) {
                    continue;
                }
                if entry.file_type()?.is_dir() {
                    directories.push(path);
                } else if [".rs", ".md", ".toml"]
                    .iter()
                    .any(|end| name.ends_with(end))
                {
                    let text = fs::read_to_string(entry.path())
                        .with_context(|| format!("cannot read {path}"))?;
                    tree.insert(&path, &text);
                } else {
                    tree.paths.insert(path);
                }
            }
        }
        Ok(tree)
    }

    /// A made-up tree.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            tree.insert(path, text);
        }
        tree
    }

    fn insert(&mut self, path: &str, text: &str) {
        self.paths.insert(path.to_owned());
        self.texts.insert(path.to_owned(), text.to_owned());
    }

    /// The text of a file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// All texts whose paths end so, in the order of their paths.
    pub(crate) fn texts<'a>(&'a self, end: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let texts = self
            .texts
            .iter()
            .filter(move |(path, _)| path.ends_with(end));
        texts.map(|(path, text)| (&**path, &**text))
    }

    /// Whether there is a file or a directory of this path.
    pub(crate) fn exists(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let inside = format!("{path}/");
        let mut after = self.paths.range(path.to_owned()..);
        path.is_empty()
            || self.paths.contains(path)
            // Between the two lie names such as `path-other`.
            || after.any(|other| other.starts_with(&inside))
    }
}

/// A path below a directory; the root is empty.
pub(crate) fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() {
        name.to_owned()
    } else {
        format!("{directory}/{name}")
    }
}

/// The directory of a path; empty for the root.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}
