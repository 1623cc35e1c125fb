//! The crates of the repository: their manifests, and their modules as a tree for each target.

use std::collections::HashMap;

use anyhow::{Context, Result};

use crate::syntax::Scope;
use crate::tree::{Tree, join, parent};

/// A dependency as a manifest names it.
#[derive(Debug)]
pub(crate) struct Dependency {
    /// The name in code, with `_`.
    pub(crate) name: String,
    pub(crate) line: usize,
}

/// One package of the repository.
#[derive(Debug)]
pub(crate) struct Crate {
    /// Where its manifest lies; empty for the root.
    pub(crate) directory: String,
    /// What code calls its library.
    pub(crate) name: String,
    /// What it ships with: neither what only tests need nor what builds it.
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
}

/// Something that cargo compiles as one: a library, a program, a test.
#[derive(Debug)]
pub(crate) struct Target {
    /// The root module is the first.
    pub(crate) modules: Vec<Module>,
    /// Part of what ships, unlike tests, benches and examples.
    pub(crate) ships: bool,
}

/// One module of a target.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) file: String,
    /// The index of the module that it is in.
    pub(crate) parent: Option<usize>,
    pub(crate) children: HashMap<String, usize>,
    pub(crate) scope: Scope,
}

impl Crate {
    /// The path of its manifest.
    pub(crate) fn manifest(&self) -> String {
        join(&self.directory, "Cargo.toml")
    }
}

/// Reads every package in the tree.
pub(crate) fn read(tree: &Tree) -> Result<Vec<Crate>> {
    let manifests = tree.texts("Cargo.toml").filter_map(|(path, text)| {
        let read = || -> Result<Option<Crate>> {
            let manifest: toml::Table = text.parse()?;
            let Some(package) = manifest.get("package") else {
                return Ok(None);
            };
            let name = package.get("name").and_then(toml::Value::as_str);
            let directory = parent(path).to_owned();
            Ok(Some(Crate {
                name: name.context("a package without a name")?.replace('-', "_"),
                dependencies: dependencies(&manifest, text),
                targets: targets(tree, &directory)?,
                directory,
            }))
        };
        read()
            .with_context(|| format!("cannot read {path}"))
            .transpose()
    });
    manifests.collect()
}

fn dependencies(manifest: &toml::Table, text: &str) -> Vec<Dependency> {
    let Some(table) = manifest.get("dependencies").and_then(toml::Value::as_table) else {
        return Vec::new();
    };
    let of = |(key, value): (&String, &toml::Value)| {
        let package = value.get("package").and_then(toml::Value::as_str);
        let line = text.lines().position(|line| {
            let rest = line
                .trim_start_matches("[dependencies.")
                .strip_prefix(&**key);
            rest.is_some_and(|rest| rest.starts_with([' ', '.', '=', ']']))
        });
        Dependency {
            name: package.unwrap_or(key).replace('-', "_"),
            line: line.map_or(0, |line| line + 1),
        }
    };
    table.iter().map(of).collect()
}

fn targets(tree: &Tree, directory: &str) -> Result<Vec<Target>> {
    let src = join(directory, "src");
    let mut roots = Vec::new();
    for name in ["lib.rs", "main.rs"] {
        roots.push((join(&src, name), true));
    }
    for (folder, ships) in [
        (join(&src, "bin"), true),
        (join(directory, "tests"), false),
        (join(directory, "benches"), false),
        (join(directory, "examples"), false),
        // Cargo-fuzz has its targets here.
        (join(directory, "fuzz_targets"), true),
    ] {
        for (path, _) in tree.texts(".rs") {
            let Some(name) = path
                .strip_prefix(&folder)
                .and_then(|it| it.strip_prefix('/'))
            else {
                continue;
            };
            let parts: Vec<&str> = name.split('/').collect();
            if matches!(parts[..], [_] | [_, "main.rs"]) {
                roots.push((path.to_owned(), ships));
            }
        }
    }
    let there = roots
        .into_iter()
        .filter(|(root, _)| tree.text(root).is_some());
    there
        .map(|(root, ships)| {
            let mut modules = Vec::new();
            // The root's children lie beside it, whatever it is called.
            add_file(tree, &mut modules, &root, parent(&root), None)?;
            Ok(Target { modules, ships })
        })
        .collect()
}

/// Adds the module of a file, whose children's files lie in `folder`; its index.
fn add_file(
    tree: &Tree,
    modules: &mut Vec<Module>,
    file: &str,
    folder: &str,
    parent: Option<usize>,
) -> Result<usize> {
    let text = tree
        .text(file)
        .with_context(|| format!("{file} is missing"))?;
    let syntax = syn::parse_file(text).with_context(|| format!("cannot parse {file}"))?;
    add_scope(
        tree,
        modules,
        Scope::read(&syntax.items),
        file,
        folder,
        parent,
    )
}

fn add_scope(
    tree: &Tree,
    modules: &mut Vec<Module>,
    mut scope: Scope,
    file: &str,
    folder: &str,
    up: Option<usize>,
) -> Result<usize> {
    let inline = std::mem::take(&mut scope.inline);
    let files = std::mem::take(&mut scope.files);
    let index = modules.len();
    modules.push(Module {
        file: file.to_owned(),
        parent: up,
        children: HashMap::new(),
        scope,
    });
    for (name, scope) in inline {
        let folder = join(folder, &name);
        let child = add_scope(tree, modules, scope, file, &folder, Some(index))?;
        modules[index].children.insert(name, child);
    }
    for (name, path) in files {
        let (beside, within) = (
            join(folder, &format!("{name}.rs")),
            join(folder, &format!("{name}/mod.rs")),
        );
        let (child_file, child_folder) = match path {
            // The children of a file with such an attribute lie beside it.
            Some(path) => {
                let file = normalized(&join(parent(file), &path));
                let folder = parent(&file).to_owned();
                (file, folder)
            }
            None if tree.text(&within).is_some() => (within, join(folder, &name)),
            None => (beside, join(folder, &name)),
        };
        let child = add_file(tree, modules, &child_file, &child_folder, Some(index))?;
        modules[index].children.insert(name, child);
    }
    Ok(index)
}

/// Without `.` and `..`.
pub(crate) fn normalized(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_in_every_place() {
        let tree = Tree::of(&[
            (
                "crates/a/Cargo.toml",
                "[package]\nname = \"wimpex-a\"\n[dependencies]\nserde = \"1\"\nwimpex-b.workspace = true\nc = { package = \"d-e\" }\n[dev-dependencies]\nrand = \"1\"",
            ),
            ("crates/a/src/lib.rs", "mod b; mod c; mod i { mod j; }"),
            ("crates/a/src/b.rs", "mod d;"),
            ("crates/a/src/b/d.rs", ""),
            ("crates/a/src/c/mod.rs", "mod e;"),
            ("crates/a/src/c/e.rs", ""),
            ("crates/a/src/i/j.rs", ""),
            (
                "crates/a/tests/all/main.rs",
                "mod f; #[path = \"../world.rs\"] mod world;",
            ),
            ("crates/a/tests/all/f.rs", ""),
            ("crates/a/tests/world.rs", "mod g;"),
            ("crates/a/tests/g.rs", ""),
        ]);
        let crates = read(&tree).unwrap();
        let names: Vec<_> = crates[0]
            .dependencies
            .iter()
            .map(|it| (&*it.name, it.line))
            .collect();
        assert_eq!(names, [("d_e", 6), ("serde", 4), ("wimpex_b", 5)]);
        let files = |target: &Target| -> Vec<String> {
            target
                .modules
                .iter()
                .map(|module| module.file.replace("crates/a/", ""))
                .collect()
        };
        assert_eq!(
            files(&crates[0].targets[0]),
            [
                "src/lib.rs",
                "src/lib.rs",
                "src/i/j.rs",
                "src/b.rs",
                "src/b/d.rs",
                "src/c/mod.rs",
                "src/c/e.rs"
            ]
        );
        assert_eq!(
            files(&crates[0].targets[1]),
            [
                "tests/all/main.rs",
                "tests/all/f.rs",
                "tests/world.rs",
                "tests/g.rs"
            ]
        );
        assert!(!crates[0].targets[1].ships);
    }
}
