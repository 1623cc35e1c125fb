//! One name, one thing: no two public types of one crate share a name.

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::krate::Crate;

/// Checks the types of each crate that are `pub` or `pub(crate)`.
pub(crate) fn check(crates: &[Crate]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for krate in crates {
        let mut places: BTreeMap<&str, Vec<(&str, usize)>> = BTreeMap::new();
        let targets = krate.targets.iter().filter(|target| target.ships);
        for module in targets.flat_map(|target| &target.modules) {
            for public in &module.scope.public_types {
                let places = places.entry(&public.name).or_default();
                // Of two in one file, the compiler sees only one (`cfg`), or says so.
                if places.iter().all(|(file, _)| *file != module.file) {
                    places.push((&module.file, public.line));
                }
            }
        }
        for (name, mut places) in places {
            places.sort_unstable();
            let [(path, line), others @ ..] = &places[..] else {
                continue;
            };
            if others.is_empty() {
                continue;
            }
            let others: Vec<String> = others
                .iter()
                .map(|(path, line)| format!("{path}:{line}"))
                .collect();
            findings.push(Finding {
                sentence: format!(
                    "`{name}` is the name of another public type of this crate too: {}.",
                    others.join(", ")
                ),
                path: (*path).to_owned(),
                line: *line,
            });
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::krate;
    use crate::tree::Tree;

    fn findings(b: &str, c: &str) -> Vec<String> {
        let tree = Tree::of(&[
            ("crates/a/Cargo.toml", "[package]\nname = \"a\""),
            ("crates/a/src/lib.rs", "mod b; mod c;"),
            ("crates/a/src/b.rs", b),
            ("crates/a/src/c.rs", c),
        ]);
        let findings = check(&krate::read(&tree).unwrap());
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn two_public_types_of_one_name_are_found() {
        assert_eq!(
            findings("\npub enum Verdict {}", "pub(crate) struct Verdict;"),
            [
                "crates/a/src/b.rs:2: `Verdict` is the name of another public type of this crate \
                 too: crates/a/src/c.rs:1."
            ]
        );
        assert_eq!(findings("pub trait A {}", "pub type A = u8;").len(), 1);
    }

    #[test]
    fn private_types_and_re_exports_may_share_names() {
        assert!(findings("pub enum Verdict {}", "struct Verdict;").is_empty());
        assert!(findings("pub enum Verdict {}", "pub use super::b::Verdict;").is_empty());
        assert!(findings("#[cfg(a)] pub struct A;\n#[cfg(not(a))] pub struct A;", "").is_empty());
    }
}
