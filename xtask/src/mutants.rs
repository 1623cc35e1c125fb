//! `cargo xtask mutants`: faults are seeded into a copy of the repository, and must be
//! found: those of the call and of the client by their tests or the small model, others by
//! the tests of their own crate.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};

use crate::tools::lock;
use crate::workspace::Workspace;
use crate::{proc, report};

/// One fault: a text of a file, and what takes its place.
#[derive(Debug, PartialEq, Eq)]
struct Mutant<'a> {
    fault: &'a str,
    file: &'a str,
    search: &'a str,
    replace: &'a str,
}

/// What the model runs, and which of its configurations do; without any, all.
const MODELLED: [(&str, &[&str]); 3] = [
    ("crates/call/", &[]),
    ("crates/client/", &["clients:"]),
    ("crates/cluster/", &["nodes:"]),
];

/// Applies every fault whose description or file has `only` in it.
pub(crate) fn mutants(workspace: &Workspace, only: Option<&str>) -> Result<ExitCode> {
    let list = fs::read_to_string(workspace.root.join("crates/model/mutants.txt"))?;
    let mut all = parse(&list)?;
    all.retain(|it| only.is_none_or(|only| it.fault.contains(only) || it.file.contains(only)));
    let place = workspace.state().join("mutants");
    let _lock = lock(&workspace.state().join("mutants.lock"), "testing mutants")?;
    let tree = place.join("tree");
    copy(workspace, &tree)?;
    report::step("the tests and the model without a fault", || {
        let mut files: Vec<&str> = all.iter().map(|mutant| package(mutant.file)).collect();
        files.sort_unstable();
        files.dedup();
        for package in files {
            proc::captured(&mut tests(workspace, &place, package))?;
        }
        if all.iter().any(|mutant| modelled(mutant.file).is_some()) {
            proc::captured(&mut model(workspace, &place, &[]))?;
        }
        Ok(())
    })?;
    let mut table = String::from(
        "# What finds which fault\n\n`cargo xtask mutants` writes this table.\n\n\
         | seeded fault | tests | small model |\n| --- | --- | --- |\n",
    );
    let mut survivors = 0;
    for mutant in all {
        let path = tree.join(mutant.file);
        let original = fs::read_to_string(&path)?;
        let places = original.matches(mutant.search).count();
        ensure!(places == 1, "{}: found {places} times", mutant.fault);
        fs::write(&path, original.replacen(mutant.search, mutant.replace, 1))?;
        let found = hunt(workspace, &place, mutant.file);
        fs::write(&path, original)?;
        let (tests, model) = found.with_context(|| mutant.fault.to_owned())?;
        let row = format!("| {} | {tests} | {model} |", mutant.fault);
        println!("{row}");
        writeln!(table, "{row}")?;
        if (&*tests, &*model) == ("–", "–") {
            survivors += 1;
        }
    }
    println!("{survivors} survived");
    if survivors > 0 {
        return Ok(ExitCode::FAILURE);
    }
    if only.is_none() {
        fs::write(workspace.root.join("docs/mutants.md"), table)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What finds the fault that the copy has now: a test, a rule of the model.
fn hunt(workspace: &Workspace, place: &Path, file: &str) -> Result<(String, String)> {
    let mut build = tests(workspace, place, package(file));
    build.arg("--no-run");
    proc::captured(&mut build).context("the fault does not compile")?;
    let mut failed: Vec<String> = Vec::new();
    proc::lines(&mut tests(workspace, place, package(file)), |_, line| {
        let test = line
            .strip_prefix("test ")
            .and_then(|l| l.strip_suffix(" ... FAILED"));
        failed.extend(test.map(str::to_owned));
    })?;
    let tests = match failed.len() {
        0 => "–".to_owned(),
        1 => format!("`{}`", failed[0]),
        more => format!("`{}` and {} more", failed[0], more - 1),
    };
    let Some(only) = modelled(file) else {
        return Ok((tests, "–".to_owned()));
    };
    let mut rule = None;
    let status = proc::lines(&mut model(workspace, place, only), |_, line| {
        for found in ["VIOLATED: ", "NEVER SEEN: ", "panicked at "] {
            let name = line.split_once(found).map(|(_, name)| name.to_owned());
            rule = rule.take().or(name);
        }
    })?;
    let model = match (status.success(), rule) {
        (true, _) => "–".to_owned(),
        (false, Some(rule)) => rule,
        (false, None) => "failed".to_owned(),
    };
    Ok((tests, model))
}

/// The configurations of the model that run the code of a file, if any does.
fn modelled(file: &str) -> Option<&'static [&'static str]> {
    let known = MODELLED.iter().find(|(place, _)| file.starts_with(place));
    known.map(|(_, only)| *only)
}

/// The directory of the crate that a file is in.
fn package(file: &str) -> &str {
    let rest = file.strip_prefix("crates/").unwrap_or(file);
    rest.split_once('/').map_or(rest, |(package, _)| package)
}

fn tests(workspace: &Workspace, place: &Path, package: &str) -> Command {
    let mut command = cargo(workspace, place, &["test"]);
    command
        .args(["--package", &format!("wimpex-{package}")])
        .args(match package {
            "call" => &["--test", "scenarios"][..],
            // Whatever it has.
            _ => &["--tests"],
        })
        .env("RUST_BACKTRACE", "0");
    command
}

fn model(workspace: &Workspace, place: &Path, only: &[&str]) -> Command {
    let run = [
        "run",
        "--quiet",
        "--release",
        "--package",
        "wimpex-model",
        "--",
    ];
    let mut command = cargo(workspace, place, &run);
    command.args(["small", "fast"]).args(only);
    command
}

fn cargo(workspace: &Workspace, place: &Path, arguments: &[&str]) -> Command {
    let mut command = workspace.cargo(arguments);
    command
        .current_dir(place.join("tree"))
        .env("CARGO_TARGET_DIR", place.join("target"));
    command
}

/// Copies what git knows, or would; files that are the same keep their time.
fn copy(workspace: &Workspace, tree: &Path) -> Result<()> {
    let mut list = workspace.command("git");
    list.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    for name in proc::captured(&mut list)?.lines() {
        let (from, to): (PathBuf, PathBuf) = (workspace.root.join(name), tree.join(name));
        // A file that is deleted and not committed is listed still.
        let Ok(text) = fs::read(&from) else { continue };
        if fs::read(&to).is_ok_and(|there| there == text) {
            continue;
        }
        if let Some(directory) = to.parent() {
            fs::create_dir_all(directory)?;
        }
        fs::write(&to, text)?;
    }
    Ok(())
}

/// Reads the list: see its first lines.
fn parse(list: &str) -> Result<Vec<Mutant<'_>>> {
    let blocks = list.split("\n== ").skip(1);
    let mutants = blocks.map(|block| {
        let (fault, rest) = block.split_once("\nin ").context("no file")?;
        let (file, rest) = rest.split_once("\n-- search\n").context("no search")?;
        let (search, replace) = rest
            .split_once("\n-- replace\n")
            .context("no replacement")?;
        let replace = replace.trim_end_matches('\n');
        Ok(Mutant {
            fault,
            file,
            search,
            replace,
        })
    });
    mutants.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_the_list_finds_its_place() {
        let list = include_str!("../../crates/model/mutants.txt");
        let all = parse(list).unwrap();
        assert!(all.len() >= 12);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for mutant in all {
            let text = fs::read_to_string(root.join(mutant.file)).unwrap();
            assert_eq!(text.matches(mutant.search).count(), 1, "{}", mutant.fault);
        }
    }
}
