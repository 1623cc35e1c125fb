//! `cargo xtask size`: what a first visit loads, by file, and its budget.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::page::{self, LATER, NOISE};
use crate::tools::Tools;
use crate::workspace::Workspace;

/// The most that a first load may weigh, with brotli, in bytes. Formatting floats and the case
/// conversion of Unicode cost ten kilobytes each, and each distinct type in a Leptos view some: the
/// page does without.
const BUDGET: u64 = 150_000;

/// Builds the page, prints the table, and fails when it is over budget.
pub(crate) fn size(workspace: &Workspace, tools: &Tools) -> Result<()> {
    page::build(workspace, tools)?;
    let files = first_load(&workspace.dist())?;
    print!("{}", table(&files));
    for part in later(&workspace.dist())? {
        let Weight { name, brotli, .. } = part;
        println!("loaded when it is needed: {name}, {brotli} bytes");
    }
    let total = total(&files);
    ensure!(
        total <= BUDGET,
        "the first load is {} bytes over its budget of {BUDGET}",
        total - BUDGET
    );
    Ok(())
}

/// What a browser fetches when the page is there, if it may be installed: no part of its start.
const AFTERWARDS: [&str; 4] = ["service-worker.", "manifest-", "icon-", "touch-icon-"];

/// A file of the first load.
#[derive(Debug, PartialEq, Eq)]
struct Weight {
    name: String,
    plain: u64,
    brotli: u64,
}

/// `index.html` and every file that it, or a text that it loads, names.
fn first_load(dist: &Path) -> Result<Vec<Weight>> {
    let mut left = Vec::new();
    collect(dist, &mut left)?;
    let index = dist.join("index.html");
    left.retain(|path| *path != index);

    let mut weights = Vec::new();
    let mut next = vec![index];
    while let Some(path) = next.pop() {
        weights.push(weigh(dist, &path)?);
        if is_binary(&path) {
            continue;
        }
        let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
        let (named, unnamed) = left.into_iter().partition(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let is_later = name.starts_with(LATER)
                || !name.ends_with(".svg") && AFTERWARDS.iter().any(|it| name.starts_with(it));
            text.contains(name.as_ref()) && !is_later
        });
        left = unnamed;
        next.extend::<Vec<_>>(named);
    }
    weights.sort_by_key(|weight| std::cmp::Reverse(weight.brotli));
    Ok(weights)
}

/// The parts that are loaded when they are first needed.
fn later(dist: &Path) -> Result<Vec<Weight>> {
    let mut files = Vec::new();
    collect(dist, &mut files)?;
    files.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(LATER) || name.starts_with(NOISE)
    });
    files.iter().map(|path| weigh(dist, path)).collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if !page::is_compressed_copy(&path) {
            files.push(path);
        }
    }
    Ok(())
}

fn weigh(dist: &Path, path: &Path) -> Result<Weight> {
    let plain = fs::metadata(path)
        .with_context(|| format!("cannot read {}", path.display()))?
        .len();
    // The server sends the copy only where there is one.
    let brotli = fs::metadata(page::sibling(path, "br")).map_or(plain, |copy| copy.len());
    let name = path.strip_prefix(dist)?.to_string_lossy().into_owned();
    Ok(Weight {
        name,
        plain,
        brotli,
    })
}

fn is_binary(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    !matches!(
        extension,
        Some("html" | "css" | "js" | "mjs" | "webmanifest" | "json")
    )
}

fn total(files: &[Weight]) -> u64 {
    files.iter().map(|file| file.brotli).sum()
}

fn table(files: &[Weight]) -> String {
    let width = files.iter().map(|file| file.name.len()).max().unwrap_or(0);
    let width = width.max("first load".len());
    let mut text = format!(
        "{:width$}  {:>10}  {:>10}\n",
        "first load", "bytes", "brotli"
    );
    let rows = files
        .iter()
        .map(|file| (file.name.as_str(), file.plain, file.brotli));
    let plain = files.iter().map(|file| file.plain).sum();
    for (name, plain, brotli) in rows.chain([("total", plain, total(files))]) {
        text += &format!("{name:width$}  {plain:>10}  {brotli:>10}\n");
    }
    text += &format!("{:width$}  {:>10}  {BUDGET:>10}\n", "budget", "");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dist(files: &[(&str, usize)], texts: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let put = |name: &str, content: &[u8]| {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        for (name, size) in files {
            put(name, &vec![0; *size]);
        }
        for (name, text) in texts {
            put(name, text.as_bytes());
        }
        directory
    }

    #[test]
    fn only_what_is_loaded_first_counts() {
        let dist = dist(
            &[
                ("index.html.br", 10),
                ("a-1.js.br", 20),
                ("a-1_bg.wasm", 900),
                ("a-1_bg.wasm.br", 300),
                ("fonts/f.woff2", 40),
                ("later.js", 5000),
            ],
            &[
                (
                    "index.html",
                    "<link href=/a-1.css> import '/a-1.js' '/a-1_bg.wasm'",
                ),
                ("a-1.js", "init()"),
                ("a-1.css", "src: url(fonts/f.woff2)"),
            ],
        );
        let files = first_load(dist.path()).unwrap();
        let names: Vec<_> = files
            .iter()
            .map(|file| (file.name.as_str(), file.brotli))
            .collect();
        assert_eq!(
            names,
            [
                ("a-1_bg.wasm", 300),
                ("fonts/f.woff2", 40),
                ("a-1.css", 23),
                ("a-1.js", 20),
                ("index.html", 10),
            ]
        );
        assert_eq!(total(&files), 393);
    }

    #[test]
    fn the_table_ends_with_total_and_budget() {
        let files = [Weight {
            name: "a.js".to_owned(),
            plain: 100,
            brotli: 40,
        }];
        let table = table(&files);
        let lines: Vec<Vec<&str>> = table
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(lines[1], ["a.js", "100", "40"]);
        assert_eq!(lines[2], ["total", "100", "40"]);
        assert_eq!(lines[3], ["budget", "150000"]);
    }
}
