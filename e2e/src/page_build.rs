//! Another build of the page, for servers that are upgraded under an open one.

use std::fs;

use tempfile::TempDir;

use crate::server::repository;

/// The page as `cargo xtask build` left it, under the names of another build: what is in it is the
/// same, and nothing of it is at an address of the first.
pub fn another_build() -> TempDir {
    let folder = TempDir::with_prefix("wimpex-e2e-page-").expect("a temporary directory");
    let dist = repository().join("dist");
    let index = fs::read_to_string(dist.join("index.html")).expect("the page is built");
    let between = |before: &str, after: &str| {
        let (_, rest) = index.split_once(before)?;
        rest.split_once(after).map(|(found, _)| found.to_owned())
    };
    let code = between("data-js=/page-", ".js").expect("the page's code has a hash");
    let build = between("data-build=", ">").expect("the page says its build");
    let worker = fs::read_to_string(dist.join("service-worker.js")).unwrap_or_default();
    let version = worker
        .split_once("VERSION")
        .and_then(|(_, rest)| rest.split('"').nth(1));
    let other = |text: &str| {
        let reversed = |hash: &str| hash.chars().rev().collect::<String>();
        let text = match version {
            Some(version) => text.replace(version, &reversed(version)),
            None => text.to_owned(),
        };
        text.replace(&code, &reversed(&code))
            .replace(&build, &reversed(&build))
    };
    for entry in fs::read_dir(&dist).expect("the page is built") {
        let path = entry.expect("an entry of the page").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // The compressed ones would be the old ones.
        if path.is_dir() || name.ends_with(".br") || name.ends_with(".gz") {
            continue;
        }
        let content = fs::read(&path).expect("a file of the page");
        let content = match String::from_utf8(content) {
            Ok(text) => other(&text).into_bytes(),
            Err(binary) => binary.into_bytes(),
        };
        fs::write(folder.path().join(other(&name)), content).expect("a file of the page");
    }
    folder
}
