//! Documents: links lead somewhere, files that are named exist, the glossary stays short.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::finding::Finding;
use crate::krate::normalized;
use crate::tree::{Tree, join, parent};

const GLOSSARY: &str = "docs/glossary.md";
/// The most lines of the glossary: who needs more words than that has a language of their own.
const GLOSSARY_LINES: usize = 60;
/// Where paths from the root begin, in documents and comments.
const ROOTS: &[&str] = &[
    "crates/", "docs/", "e2e/", "fuzz/", "src/", "style/", "tests/", "vendor/", "xtask/",
];
/// What files that documents name end with.
const ENDS: &[&str] = &[".rs", ".md", ".toml", ".html", ".txt", ".json", ".css"];

/// Checks every document, and the comments of every source.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let documents: BTreeMap<&str, Document<'_>> = tree
        .texts(".md")
        .map(|(path, text)| (path, Document::read(text)))
        .collect();
    let mut findings = Vec::new();
    for (&path, document) in &documents {
        for (line, target) in &document.links {
            if let Some(why) = dead(tree, &documents, path, target) {
                findings.push(Finding {
                    path: path.to_owned(),
                    line: *line,
                    sentence: format!("The link `{target}` leads nowhere: {why}."),
                });
            }
        }
        for (line, code) in &document.code {
            findings.extend(missing(tree, path, *line, code));
        }
    }
    for (path, text) in tree.texts(".rs") {
        for (at, line) in text.lines().enumerate() {
            if let Some(comment) = line.trim_start().strip_prefix("//") {
                findings.extend(missing(tree, path, at + 1, comment));
            }
        }
    }
    if let Some(text) = tree.text(GLOSSARY)
        && text.lines().count() > GLOSSARY_LINES
    {
        findings.push(Finding {
            path: GLOSSARY.to_owned(),
            line: GLOSSARY_LINES + 1,
            sentence: format!(
                "The glossary has {} lines; {GLOSSARY_LINES} are the most: rename things instead.",
                text.lines().count()
            ),
        });
    }
    findings
}

/// What is read from one document.
#[derive(Debug, Default)]
struct Document<'a> {
    links: Vec<(usize, String)>,
    /// Texts between backticks.
    code: Vec<(usize, pulldown_cmark::CowStr<'a>)>,
    /// What links call its headings.
    anchors: BTreeSet<String>,
}

impl<'a> Document<'a> {
    fn read(text: &'a str) -> Self {
        let mut document = Self::default();
        let mut heading: Option<String> = None;
        // A reference without a definition is text to Markdown, but was meant as a link.
        for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            let line = || text[..range.start].matches('\n').count() + 1;
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    document.links.push((line(), dest_url.into_string()));
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    document.add_anchor(&heading.take().unwrap_or_default());
                }
                Event::Text(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                Event::Code(code) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&code);
                    }
                    document.code.push((line(), code));
                }
                _ => {}
            }
        }
        document
    }

    /// As forges make them: lower case, without punctuation, `-` for spaces; of equals the second
    /// ends with `-1`.
    fn add_anchor(&mut self, heading: &str) {
        let kept = heading.to_lowercase();
        let kept = kept
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let mut unique = anchor.clone();
        let mut number = 0;
        while self.anchors.contains(&unique) {
            number += 1;
            unique = format!("{anchor}-{number}");
        }
        self.anchors.insert(unique);
    }
}

/// Why a link leads nowhere, if it does.
fn dead(
    tree: &Tree,
    documents: &BTreeMap<&str, Document<'_>>,
    from: &str,
    target: &str,
) -> Option<String> {
    let is_elsewhere = target
        .split_once(':')
        .is_some_and(|(scheme, _)| scheme.bytes().all(|b| b.is_ascii_alphanumeric()));
    if is_elsewhere || target.starts_with("//") {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = match path.strip_prefix('/') {
        _ if path.is_empty() => from.to_owned(),
        Some(path) => normalized(path),
        None => normalized(&join(parent(from), path)),
    };
    if !tree.exists(&path) {
        return Some(format!("there is no `{path}`"));
    }
    match documents.get(&*path) {
        Some(document) if !anchor.is_empty() && !document.anchors.contains(anchor) => {
            Some(format!("`{path}` has no heading `#{anchor}`"))
        }
        _ => None,
    }
}

/// Files that a text names by their paths from the root and that do not exist.
fn missing<'a>(
    tree: &'a Tree,
    path: &'a str,
    line: usize,
    text: &'a str,
) -> impl Iterator<Item = Finding> + 'a {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "_-./*<>{}…".contains(c)));
    let named = words.map(|word| word.trim_end_matches('.'));
    let named = named.filter(|word| {
        // Not `crates/*/Cargo.toml` and the like.
        let plain = word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b));
        plain
            && ROOTS.iter().any(|root| word.starts_with(root))
            && ENDS.iter().any(|end| word.ends_with(end))
    });
    // A crate's documents may name files from its own folder.
    let missing = named.filter(move |word| {
        let mut folders = std::iter::successors(Some(parent(path)), |at| {
            (!at.is_empty()).then(|| parent(at))
        });
        !folders.any(|folder| tree.exists(&join(folder, word)))
    });
    missing.map(move |word| Finding {
        path: path.to_owned(),
        line,
        sentence: format!("There is no file `{word}`."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(files: &[(&str, &str)]) -> Vec<String> {
        let findings = check(&Tree::of(files));
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_link_to_a_file_that_is_missing_is_found() {
        assert_eq!(
            findings(&[("docs/a.md", "x\n\n[b](b.md) ![c](../c.png)")]),
            [
                "docs/a.md:3: The link `b.md` leads nowhere: there is no `docs/b.md`.",
                "docs/a.md:3: The link `../c.png` leads nowhere: there is no `c.png`.",
            ]
        );
    }

    #[test]
    fn a_link_to_a_heading_that_is_missing_is_found() {
        let b = ("docs/b.md", "# One `two`, three\n## Same\n## Same\n");
        let a = |link: &str| findings(&[("docs/a.md", &format!("[x]({link})")), b]);
        assert!(a("b.md#one-two-three").is_empty());
        assert!(a("b.md#same-1").is_empty());
        assert_eq!(
            a("b.md#same-2"),
            [
                "docs/a.md:1: The link `b.md#same-2` leads nowhere: `docs/b.md` has no heading `#same-2`."
            ]
        );
    }

    #[test]
    fn good_links_are_fine() {
        let text = "[a](https://example.org/x.md) [b](docs) [c](/docs/b.md) [d](#x) `[e](f)`\n\n\
                    ```\n[g](h)\n```\n# X\n[i]: docs/b.md\n";
        assert!(findings(&[("README.md", text), ("docs/b.md", "")]).is_empty());
    }

    #[test]
    fn a_file_that_is_named_and_missing_is_found_in_documents_and_comments() {
        assert_eq!(
            findings(&[
                ("README.md", "`src/a.rs`, `crates/*/Cargo.toml`, `src/b.rs`"),
                (
                    "src/a.rs",
                    "//! See `src/b.rs` (and docs/c.md).\nlet x = \"src/d.rs\";"
                ),
            ]),
            [
                "README.md:1: There is no file `src/b.rs`.",
                "src/a.rs:1: There is no file `src/b.rs`.",
                "src/a.rs:1: There is no file `docs/c.md`.",
            ]
        );
        let own = [
            ("crates/a/README.md", "`src/lib.rs`"),
            ("crates/a/src/lib.rs", ""),
        ];
        assert!(findings(&own).is_empty());
    }

    #[test]
    fn a_long_glossary_is_found() {
        assert!(findings(&[(GLOSSARY, &"word\n".repeat(60))]).is_empty());
        assert_eq!(
            findings(&[(GLOSSARY, &"word\n".repeat(61))]),
            [
                "docs/glossary.md:61: The glossary has 61 lines; 60 are the most: rename things instead."
            ]
        );
    }
}
