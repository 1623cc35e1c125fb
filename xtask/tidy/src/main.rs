//! `cargo xtask tidy`: the rules of the house that the compiler does not know.
//!
//! Each rule is a module with a function from the [`Tree`] (or the crates that were read from it)
//! to findings, and has tests on made-up trees in which it fails. A finding is a sentence that says
//! what is wrong, where, and what the rule is.

mod arrows;
mod circles;
mod documents;
mod finding;
mod krate;
mod names;
mod places;
mod resolve;
mod syntax;
mod tree;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use finding::Finding;
use tree::Tree;

fn main() -> ExitCode {
    match check_checkout() {
        Ok(findings) if findings.is_empty() => ExitCode::SUCCESS,
        Ok(findings) => {
            for finding in &findings {
                println!("{finding}");
            }
            eprintln!("tidy: {} findings", findings.len());
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("tidy: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Checks the checkout that this program was compiled in.
fn check_checkout() -> Result<Vec<Finding>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .context("xtask/tidy lies in no workspace")?;
    check(&Tree::read(root)?)
}

/// All findings of all rules, in the order of files.
fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let crates = krate::read(tree)?;
    let mut findings = arrows::check(&crates, places::PLACES);
    findings.extend(circles::check(&crates));
    findings.extend(names::check(&crates));
    findings.extend(documents::check(tree));
    findings.sort();
    findings.dedup();
    Ok(findings)
}
