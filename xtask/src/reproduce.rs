//! `cargo xtask reproduce`: whether page and packages come out the same wherever they are built, so
//! that somebody who trusts the source can know which files belong to it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, ensure};

use crate::tools::Tools;
use crate::workspace::Workspace;
use crate::{package, proc, report};

/// Builds the last commit where it is and, from nothing, at another path; prints the hashes, and fails
/// if they differ. What is here already counts: so it is also seen that nothing older is left in it.
pub(crate) fn reproduce(workspace: &Workspace, tools: &Tools) -> Result<ExitCode> {
    let changed = proc::captured(workspace.command("git").args(["status", "--porcelain"]))?;
    ensure!(
        changed.is_empty(),
        "commit this first, it is in no other place:\n{changed}"
    );
    let commit = commit(workspace)?;
    let here = hashes(workspace, tools)?;
    let there = elsewhere(workspace, &commit)?;
    report::note(&format!("in {}", there.root.display()));
    let hashes_there = hashes(&there, tools)?;
    fs::remove_dir_all(&there.root)?;
    println!("commit {commit}\n{}", here.trim());
    if here == hashes_there {
        println!("the same in both places");
        return Ok(ExitCode::SUCCESS);
    }
    println!("but in another place:\n{}", hashes_there.trim());
    Ok(ExitCode::FAILURE)
}

fn commit(workspace: &Workspace) -> Result<String> {
    let commit = proc::captured(workspace.command("git").args(["rev-parse", "HEAD"]))?;
    Ok(commit.trim().to_owned())
}

/// A clone with nothing built in it, or as far as a run that was cut short has come with it.
fn elsewhere(workspace: &Workspace, of: &str) -> Result<Workspace> {
    let root = workspace.state().join("in-another-place");
    let there = Workspace {
        target: root.join("target"),
        root,
        cache: workspace.cache.clone(),
    };
    if there.root.exists() {
        if commit(&there).is_ok_and(|commit| commit == of) {
            return Ok(there);
        }
        fs::remove_dir_all(&there.root)?;
    }
    let mut clone = workspace.command("git");
    clone.args(["clone", "--quiet", "--no-hardlinks"]);
    proc::check(clone.arg(&workspace.root).arg(&there.root))?;
    Ok(there)
}

/// Builds page and packages; the SHA-256 of each file, a line each.
fn hashes(place: &Workspace, tools: &Tools) -> Result<String> {
    let packages = package::package(place, tools, false)?;
    let packages = fs::read_to_string(packages.join("SHA256SUMS"))?;
    let mut files = Vec::new();
    collect(&place.dist(), &mut files)?;
    files.sort();
    let mut hash = place.command("sha256sum");
    hash.current_dir(place.dist());
    for file in &files {
        hash.arg(file.strip_prefix(place.dist())?);
    }
    Ok(proc::captured(&mut hash)? + &packages)
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
