//! Other builds of the page: for servers that are upgraded under an open one, and for a browser without WebRTC.

use std::fs;

use tempfile::TempDir;

use crate::server::repository;

/// The page as `cargo xtask build` left it, under the names of another build: what is in it is the
/// same, and nothing of it is at an address of the first.
pub fn another_build() -> TempDir {
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
        .and_then(|(_, rest)| rest.split('"').nth(1))
        .and_then(|version| version.strip_prefix("wimpex-"));
    let other = |text: &str| {
        let reversed = |hash: &str| hash.chars().rev().collect::<String>();
        let text = match version {
            Some(version) => text.replace(version, &reversed(version)),
            None => text.to_owned(),
        };
        text.replace(&code, &reversed(&code))
            .replace(&build, &reversed(&build))
    };
    copy_of_page(|_, text| other(text), other)
}

/// The page as it was built, for a browser that has no WebRTC: it is told that it has, so that all that
/// needs none is there.
pub fn build_without_webrtc() -> TempDir {
    let pretend = "globalThis.RTCPeerConnection ??= class {};\n";
    let text = |name: &str, text: &str| {
        if name.starts_with("start-") {
            format!("{pretend}{text}")
        } else {
            text.to_owned()
        }
    };
    copy_of_page(text, str::to_owned)
}

/// A folder with the page, whose texts and names are changed.
fn copy_of_page(change: impl Fn(&str, &str) -> String, rename: impl Fn(&str) -> String) -> TempDir {
    let folder = TempDir::with_prefix("wimpex-e2e-page-").expect("a temporary directory");
    let dist = repository().join("dist");
    for entry in fs::read_dir(&dist).expect("the page is built") {
        let path = entry.expect("an entry of the page").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // The compressed ones would be the old ones.
        if path.is_dir() || name.ends_with(".br") || name.ends_with(".gz") {
            continue;
        }
        let content = fs::read(&path).expect("a file of the page");
        let content = match String::from_utf8(content) {
            Ok(text) => change(&name, &text).into_bytes(),
            Err(binary) => binary.into_bytes(),
        };
        fs::write(folder.path().join(rename(&name)), content).expect("a file of the page");
    }
    folder
}
