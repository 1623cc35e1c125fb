//! A place knows only what stands above it in the table of places, and never what its row forbids.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::Finding;
use crate::krate::Crate;
use crate::places::Place;
use crate::resolve::{EdgeGoal, edges};

/// Checks every use in the code that ships, and every dependency.
pub(crate) fn check(crates: &[Crate], places: &[Place]) -> Vec<Finding> {
    let table = Table { places };
    let mut findings = Vec::new();
    for krate in crates {
        for dependency in &krate.dependencies {
            let known = Known::of(crates, std::slice::from_ref(&dependency.name));
            let manifest = krate.manifest();
            // The page's manifest is that of several places: of all that lie in its src.
            let from = if krate.directory.is_empty() {
                "src/main.rs"
            } else {
                &manifest
            };
            let broken = table.broken(from, &known);
            findings.extend(broken.map(|rule| Finding {
                sentence: format!(
                    "{rule}, but `{}` is among its dependencies.",
                    dependency.name
                ),
                line: dependency.line,
                path: manifest,
            }));
        }
        for target in krate.targets.iter().filter(|target| target.ships) {
            // Of each file and rule the first use, for the others go with it.
            let mut broken: BTreeMap<(&str, String), BTreeSet<(usize, String)>> = BTreeMap::new();
            for edge in edges(target) {
                let known = match &edge.goal {
                    EdgeGoal::File(file) => Known::Place((*file).to_owned()),
                    EdgeGoal::Outside(path) => Known::of(crates, path),
                };
                if let Some(rule) = table.broken(edge.from, &known) {
                    let uses = broken.entry((edge.from, rule)).or_default();
                    uses.insert((edge.line, edge.written));
                }
            }
            for ((from, rule), uses) in broken {
                let more = match uses.len() - 1 {
                    0 => String::new(),
                    more => format!(" (and {more} more times)"),
                };
                findings.extend(uses.first().map(|(line, written)| Finding {
                    sentence: format!("{rule}, but uses `{written}`{more}."),
                    line: *line,
                    path: from.to_owned(),
                }));
            }
        }
    }
    findings
}

/// What somebody knows: something of ours, or of others.
enum Known {
    /// A file or a folder from the root.
    Place(String),
    /// A path in code.
    Others(String),
}

impl Known {
    fn of(crates: &[Crate], path: &[String]) -> Self {
        let first = path.first().map_or("", String::as_str);
        match crates.iter().find(|krate| krate.name == first) {
            Some(krate) if krate.directory.is_empty() => Self::Place("src".to_owned()),
            Some(krate) => Self::Place(krate.directory.clone()),
            None => Self::Others(path.join("::")),
        }
    }
}

struct Table<'a> {
    places: &'a [Place],
}

impl Table<'_> {
    /// The rule that a file breaks by knowing something, as the beginning of a sentence.
    fn broken(&self, from: &str, known: &Known) -> Option<String> {
        let (rank, place) = self.place(from)?;
        if let Known::Place(other) = known {
            if is_within(other, place.path) {
                return None;
            }
            if let Some((other_rank, other)) = self.place(other)
                && other_rank > rank
            {
                return Some(format!(
                    "`{}` stands above `{}` in the table of places and must not know it",
                    place.path, other.path
                ));
            }
        }
        let forbidden = place.never.iter().find(|subject| {
            subject.paths.iter().any(|path| match known {
                Known::Place(other) => is_within(other, path),
                Known::Others(other) => other
                    .strip_prefix(path)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with("::")),
            })
        })?;
        Some(format!(
            "`{}` must never know {}",
            place.path, forbidden.what
        ))
    }

    /// The place that a path belongs to: that of the longest row.
    fn place(&self, path: &str) -> Option<(usize, &Place)> {
        let rows = self.places.iter().enumerate();
        rows.filter(|(_, place)| is_within(path, place.path))
            .max_by_key(|(_, place)| place.path.len())
    }
}

fn is_within(path: &str, place: &str) -> bool {
    path.strip_prefix(place)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::krate;
    use crate::places::{PLACES, Subject};
    use crate::tree::Tree;

    const LOW: Subject = Subject {
        what: "the machine of calls",
        paths: &["crates/call", "web_sys::WebSocket"],
    };
    const TABLE: &[Place] = &[
        Place {
            path: "crates/call",
            never: &[],
        },
        Place {
            path: "src/browser",
            never: &[&LOW],
        },
        Place {
            path: "src/ui",
            never: &[],
        },
        Place {
            path: "src",
            never: &[],
        },
        Place {
            path: "crates/server",
            never: &[],
        },
    ];

    fn findings(browser: &str, ui: &str, server: &str) -> Vec<String> {
        let tree = Tree::of(&[
            ("Cargo.toml", "[package]\nname = \"wimpex\""),
            ("src/lib.rs", "mod browser; mod ui; pub use ui::Panel;"),
            ("src/browser/mod.rs", browser),
            ("src/ui/mod.rs", ui),
            (
                "crates/call/Cargo.toml",
                "[package]\nname = \"wimpex-call\"",
            ),
            ("crates/call/src/lib.rs", "pub enum State {}"),
            ("crates/server/Cargo.toml", server),
        ]);
        let crates = krate::read(&tree).unwrap();
        let findings = check(&crates, TABLE);
        findings.iter().map(ToString::to_string).collect()
    }

    const SERVER: &str = "[package]\nname = \"wimpex-server\"";

    #[test]
    fn arrows_to_what_stands_above_are_fine() {
        let ui = "use crate::browser::Tone; use wimpex_call::State; pub struct Panel;";
        assert!(findings("pub struct Tone;", ui, SERVER).is_empty());
    }

    #[test]
    fn an_arrow_to_what_stands_below_is_found_in_a_use_and_in_code() {
        let expected =
            "stands above `src/ui` in the table of places and must not know it, but uses";
        for browser in ["use crate::ui::Panel;", "fn f() { crate::ui::Panel }"] {
            let found = findings(browser, "pub struct Panel;", SERVER);
            assert!(
                found[0].starts_with("src/browser/mod.rs:1: `src/browser`"),
                "{found:?}"
            );
            assert!(found[0].contains(expected), "{found:?}");
        }
    }

    #[test]
    fn a_re_export_hides_nothing() {
        let found = findings("use crate::Panel;", "pub struct Panel;", SERVER);
        assert!(
            found[0].contains("must not know it, but uses `crate::Panel`."),
            "{found:?}"
        );
    }

    #[test]
    fn what_a_row_forbids_is_found_though_it_stands_above_or_outside() {
        for browser in [
            "use wimpex_call::State;",
            "use web_sys::{Window, WebSocket};",
            "fn f() { view! { <a b=web_sys::WebSocket::new() /> } }",
        ] {
            let found = findings(browser, "", SERVER);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(
                found[0].contains("must never know the machine of calls"),
                "{found:?}"
            );
        }
        assert!(findings("use web_sys::WebSocketLike;", "", SERVER).is_empty());
    }

    #[test]
    fn a_dependency_is_an_arrow_too() {
        let call = "[dependencies]\nwimpex.path = \"..\"";
        let found = findings("", "", &format!("{SERVER}\n{call}"));
        // The page stands above the server.
        assert!(found.is_empty(), "{found:?}");
        let tree = Tree::of(&[
            (
                "crates/call/Cargo.toml",
                "[package]\nname = \"wimpex-call\"\n[dependencies]\nwimpex-server = \"1\"",
            ),
            ("crates/server/Cargo.toml", SERVER),
        ]);
        let found = check(&krate::read(&tree).unwrap(), TABLE);
        assert_eq!(
            found[0].to_string(),
            "crates/call/Cargo.toml:4: `crates/call` stands above `crates/server` in the table of \
             places and must not know it, but `wimpex_server` is among its dependencies."
        );
    }

    #[test]
    fn what_only_tests_use_is_not_looked_at() {
        let browser = "#[cfg(test)] mod tests { use crate::ui::Panel; }";
        assert!(findings(browser, "pub struct Panel;", SERVER).is_empty());
    }

    #[test]
    fn each_place_has_one_row() {
        for (at, place) in PLACES.iter().enumerate() {
            assert!(
                PLACES[..at].iter().all(|other| other.path != place.path),
                "{place:?}"
            );
        }
    }
}
