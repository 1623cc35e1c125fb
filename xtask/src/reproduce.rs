//! `cargo xtask reproduce`: whether page and packages come out the same wherever they are built, so
//! that somebody who trusts the source can know which files belong to it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;

use crate::tools::Tools;
use crate::workspace::Workspace;
use crate::{package, proc, report};

/// Where it is built: paths of different lengths.
const PLACES: [&str; 2] = ["here", "and-in-another-place"];

/// Builds the last commit twice, in different directories and from nothing, prints the
/// hashes, and fails if they differ.
pub(crate) fn reproduce(workspace: &Workspace, tools: &Tools) -> Result<ExitCode> {
    let commit = proc::captured(workspace.command("git").args(["rev-parse", "HEAD"]))?;
    let parent = workspace.state().join("reproduce");
    if parent.exists() {
        fs::remove_dir_all(&parent)?;
    }
    let mut built = Vec::new();
    for place in PLACES {
        built.push(build(workspace, tools, parent.join(place))?);
    }
    fs::remove_dir_all(&parent)?;
    println!("commit {}\n{}", commit.trim(), built[0].trim());
    if built[0] == built[1] {
        println!("the same in both places");
        return Ok(ExitCode::SUCCESS);
    }
    println!("but in another place:\n{}", built[1].trim());
    Ok(ExitCode::FAILURE)
}

/// Builds there; the SHA-256 of each file, a line each.
fn build(workspace: &Workspace, tools: &Tools, root: PathBuf) -> Result<String> {
    let clone = ["clone", "--quiet", "--no-hardlinks"];
    let mut clone_there = workspace.command("git");
    proc::check(clone_there.args(clone).arg(&workspace.root).arg(&root))?;
    report::note(&format!("in {}", root.display()));
    let place = Workspace {
        target: root.join("target"),
        root,
        cache: workspace.cache.clone(),
    };
    let packages = package::package(&place, tools, false)?;
    let packages = fs::read_to_string(packages.join("SHA256SUMS"))?;
    let mut files = Vec::new();
    collect(&place.dist(), &mut files)?;
    files.sort();
    let mut hash = workspace.command("sha256sum");
    hash.current_dir(place.dist());
    for file in &files {
        hash.arg(file.strip_prefix(place.dist())?);
    }
    let hashes = proc::captured(&mut hash)?;
    // Two of them at a time would take gigabytes more.
    fs::remove_dir_all(&place.root)?;
    Ok(hashes + &packages)
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
