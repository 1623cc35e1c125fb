//! No circle of imports among the files or the folders of a crate.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::finding::Finding;
use crate::krate::Crate;
use crate::resolve::{Edge, EdgeGoal, edges};
use crate::tree::{join, parent};

/// Who uses whom, with one use of each as the proof.
type Graph<'a> = BTreeMap<String, BTreeMap<String, &'a Edge<'a>>>;

/// Checks every target of every crate.
pub(crate) fn check(crates: &[Crate]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for target in crates.iter().flat_map(|krate| &krate.targets) {
        let edges = edges(target);
        let files = edges.iter().filter_map(|edge| match edge.goal {
            EdgeGoal::File(to) => Some((edge.from, to, edge)),
            EdgeGoal::Outside(_) => None,
        });
        let files: Vec<_> = files.collect();
        let of_files = files
            .iter()
            .map(|(from, to, edge)| ((*from).to_owned(), (*to).to_owned(), *edge));
        let circles = circles(&graph(of_files));
        let in_circles: Vec<BTreeSet<&str>> = circles
            .iter()
            .map(|circle| circle.iter().map(|step| step.from.as_str()).collect())
            .collect();
        findings.extend(circles.iter().map(|circle| finding("files", circle)));

        // Folders: the entries of each directory, with all that is in them.
        let directories: BTreeSet<&str> = files.iter().map(|(from, ..)| parent(from)).collect();
        let mut all: BTreeSet<&str> = BTreeSet::new();
        for directory in directories {
            let mut directory = directory;
            while all.insert(directory) && !directory.is_empty() {
                directory = parent(directory);
            }
        }
        for directory in all {
            let of_entries = files.iter().filter_map(|(from, to, edge)| {
                let (from, to) = (entry(directory, from)?, entry(directory, to)?);
                (from != to).then_some((from, to, *edge))
            });
            for circle in self::circles(&graph(of_entries)) {
                // One that its files make is told already.
                let told = in_circles
                    .iter()
                    .any(|told| circle.iter().all(|step| told.contains(step.edge.from)));
                if !told {
                    findings.push(finding("folders", &circle));
                }
            }
        }
    }
    findings
}

/// What a file belongs to among the entries of a directory: `a/mod.rs`, `a.rs` and `a/b.rs` are
/// all of `a`. The directory's own module is no entry: it may use its children.
fn entry(directory: &str, file: &str) -> Option<String> {
    let rest = if directory.is_empty() {
        file
    } else {
        file.strip_prefix(directory)?.strip_prefix('/')?
    };
    let name = rest.split('/').next()?;
    let name = name.strip_suffix(".rs").unwrap_or(name);
    let is_own =
        rest.ends_with(".rs") && !rest.contains('/') && matches!(name, "mod" | "lib" | "main");
    (!is_own).then(|| join(directory, name))
}

fn graph<'a>(edges: impl Iterator<Item = (String, String, &'a Edge<'a>)>) -> Graph<'a> {
    let mut graph = Graph::new();
    for (from, to, edge) in edges {
        graph.entry(to.clone()).or_default();
        graph.entry(from).or_default().entry(to).or_insert(edge);
    }
    graph
}

/// One arrow of a circle.
struct Step<'a> {
    from: String,
    edge: &'a Edge<'a>,
}

/// Circles that have no arrow in common, the shortest first: each must be broken.
fn circles<'a>(graph: &Graph<'a>) -> Vec<Vec<Step<'a>>> {
    let mut graph = graph.clone();
    let mut circles = Vec::new();
    loop {
        let of_nodes = graph.keys().map(|node| path_back(&graph, node));
        let Some(shortest) = of_nodes
            .filter(|path| !path.is_empty())
            .min_by_key(Vec::len)
        else {
            return circles;
        };
        for step in &shortest {
            if let Some(arrows) = graph.get_mut(&step.from) {
                arrows.retain(|_, edge| !std::ptr::eq(*edge, step.edge));
            }
        }
        circles.push(shortest);
    }
}

/// The shortest way from a node back to it; nothing if there is none.
fn path_back<'a>(graph: &Graph<'a>, node: &str) -> Vec<Step<'a>> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut left = VecDeque::from([node]);
    while let Some(at) = left.pop_front() {
        for next in graph[at].keys() {
            if before.contains_key(next.as_str()) {
                continue;
            }
            before.insert(next, at);
            left.push_back(next);
        }
    }
    let mut steps = Vec::new();
    if !before.contains_key(node) {
        return steps;
    }
    let mut to = node;
    while let Some(&from) = before.get(to) {
        steps.push(Step {
            from: from.to_owned(),
            edge: graph[from][to],
        });
        to = from;
        if to == node {
            break;
        }
    }
    steps.reverse();
    steps
}

fn finding(what: &str, circle: &[Step<'_>]) -> Finding {
    let arrows: Vec<String> = circle
        .iter()
        .map(|step| {
            let Edge {
                from,
                line,
                written,
                ..
            } = step.edge;
            if step.from == *from {
                format!("{from}:{line} uses `{written}`")
            } else {
                format!("{} ({from}:{line} uses `{written}`)", step.from)
            }
        })
        .collect();
    Finding {
        path: circle[0].edge.from.to_owned(),
        line: circle[0].edge.line,
        sentence: format!("{what} use each other in a circle: {}.", arrows.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::krate;
    use crate::tree::Tree;

    fn findings(files: &[(&str, &str)]) -> Vec<String> {
        let manifest = ("a/Cargo.toml", "[package]\nname = \"a\"");
        let files: Vec<_> = files.iter().copied().chain([manifest]).collect();
        let findings = check(&krate::read(&Tree::of(&files)).unwrap());
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn two_files_that_use_each_other_are_found() {
        assert_eq!(
            findings(&[
                ("a/src/lib.rs", "mod b; mod c;"),
                ("a/src/b.rs", "use crate::c::C;\npub struct B;"),
                ("a/src/c.rs", "\npub struct C(super::b::B);"),
            ]),
            [
                "a/src/b.rs:1: files use each other in a circle: a/src/b.rs:1 uses `crate::c::C`, \
                 a/src/c.rs:2 uses `super::b::B`."
            ]
        );
    }

    #[test]
    fn a_longer_circle_is_found_as_one() {
        let found = findings(&[
            ("a/src/lib.rs", "mod b; mod c; mod d;"),
            ("a/src/b.rs", "use crate::c::C; pub struct B;"),
            ("a/src/c.rs", "use crate::d::D; pub struct C;"),
            ("a/src/d.rs", "use crate::b::B; pub struct D;"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].matches(" uses ").count(), 3);
    }

    #[test]
    fn folders_are_found_though_their_files_make_no_circle() {
        let found = findings(&[
            ("a/src/lib.rs", "mod b; mod c;"),
            ("a/src/b/mod.rs", "mod x; pub mod y;"),
            ("a/src/b/x.rs", "use crate::c::x::X;"),
            ("a/src/b/y.rs", "pub struct Y;"),
            ("a/src/c.rs", "pub mod x; mod y;"),
            ("a/src/c/x.rs", "pub struct X;"),
            ("a/src/c/y.rs", "use crate::b::y::Y;"),
        ]);
        assert_eq!(
            found,
            [
                "a/src/b/x.rs:1: folders use each other in a circle: a/src/b (a/src/b/x.rs:1 uses \
                 `crate::c::x::X`), a/src/c (a/src/c/y.rs:1 uses `crate::b::y::Y`)."
            ]
        );
    }

    #[test]
    fn a_parent_that_hands_on_is_no_circle_and_one_that_uses_is() {
        let child = ("a/src/b.rs", "use super::C; pub struct B;");
        let handing = "mod b; pub use b::B; pub struct C;";
        assert!(findings(&[("a/src/lib.rs", handing), child]).is_empty());
        let using = "mod b; pub use b::B; pub struct C(B);";
        assert_eq!(findings(&[("a/src/lib.rs", using), child]).len(), 1);
    }

    #[test]
    fn a_sibling_that_is_found_through_the_parent_is_that_sibling() {
        assert!(
            findings(&[
                (
                    "a/src/lib.rs",
                    "mod b; mod c; pub use c::C; fn f() -> b::B {}"
                ),
                ("a/src/b.rs", "use super::C; pub struct B;"),
                ("a/src/c.rs", "pub struct C;"),
            ])
            .is_empty()
        );
        let found = findings(&[
            ("a/src/lib.rs", "mod b; mod c; pub use b::B; pub use c::*;"),
            ("a/src/b.rs", "use super::*; pub struct B(C);"),
            ("a/src/c.rs", "use super::B; pub struct C;"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn circles_of_tests_inside_a_file_are_none() {
        assert!(
            findings(&[
                ("a/src/lib.rs", "mod b; fn f() -> b::B {}"),
                (
                    "a/src/b.rs",
                    "pub struct B; #[cfg(test)] mod tests { use super::super::f; }"
                ),
            ])
            .is_empty()
        );
    }
}
