//! The bill of materials (SBOM): every crate that is in the server's program, and every one that
//! is in the page inside it, as CycloneDX 1.6. Out of what cargo itself has resolved and locked.
//!
//! cargo-cyclonedx knows one target at a time, and writes paths of the machine that it ran on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::files;
use super::image::rfc3339;
use crate::proc;
use crate::workspace::{WASM_TARGET, Workspace};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Writes `wimpex-server-VERSION.cdx.json` into `folder`.
pub(super) fn write(workspace: &Workspace, target: &str, folder: &Path, epoch: &str) -> Result<()> {
    let lock = fs::read_to_string(workspace.root.join("Cargo.lock"))?;
    let mut parts = Parts::default();
    // The order says nothing: what is in both is listed once.
    for (root, target) in [("wimpex-server", target), ("wimpex", WASM_TARGET)] {
        let mut command = workspace.cargo(["metadata", "--format-version", "1", "--locked"]);
        let text = proc::captured(command.args(["--filter-platform", target]))?;
        let metadata: Value = serde_json::from_str(&text)?;
        parts.add(&metadata, root)?;
    }
    let hashes = checksums(&lock);
    let bill = parts.bill(
        &hashes,
        &rfc3339(epoch.parse().context("a date is a number")?),
    );
    let name = format!("wimpex-server-{VERSION}.cdx.json");
    files::write(&folder.join(name), format!("{bill:#}\n").as_bytes())
}

/// SHA-256 of a crate's file by its name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let value = |line: &str, key: &str| {
        let value = line.strip_prefix(key)?.strip_prefix(" = \"")?;
        Some(value.strip_suffix('"')?.to_owned())
    };
    let packages = lock.split("[[package]]").skip(1);
    packages
        .filter_map(|package| {
            let find = |key: &str| package.lines().find_map(|line| value(line, key));
            Some(((find("name")?, find("version")?), find("checksum")?))
        })
        .collect()
}

#[derive(Default)]
struct Parts {
    components: BTreeMap<String, Component>,
}

struct Component {
    name: String,
    version: String,
    license: Option<String>,
    is_ours: bool,
    needs: BTreeSet<String>,
}

impl Parts {
    /// Everything that `root` is built of, as programs of build scripts and macros are not.
    fn add(&mut self, metadata: &Value, root: &str) -> Result<()> {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let packages: BTreeMap<String, Value> = list(&metadata["packages"])
            .into_iter()
            .map(|package| (text(&package["id"]), package))
            .collect();
        let nodes: BTreeMap<String, Value> = list(&metadata["resolve"]["nodes"])
            .into_iter()
            .map(|node| (text(&node["id"]), node))
            .collect();
        let is_ours = |package: &Value| package["source"].is_null();
        let (first, _) = packages
            .iter()
            .find(|(_, package)| package["name"] == root && is_ours(package))
            .with_context(|| format!("there is no package {root}"))?;
        let mut to_visit = vec![first.clone()];
        let mut seen = BTreeSet::new();
        while let Some(id) = to_visit.pop() {
            if !seen.insert(id.clone()) {
                continue;
            }
            let package = &packages[&id];
            let needs: Vec<String> = list(&nodes[&id]["deps"])
                .iter()
                .filter(|needed| {
                    let kinds = list(&needed["dep_kinds"]);
                    kinds.iter().any(|kind| kind["kind"].is_null())
                })
                .map(|needed| text(&needed["pkg"]))
                .filter(|id| !is_macro(&packages[id]))
                .collect();
            let component = Component {
                name: text(&package["name"]),
                version: text(&package["version"]),
                license: package["license"]
                    .as_str()
                    .map(|text| text.replace('/', " OR ")),
                is_ours: is_ours(package),
                needs: needs.iter().map(|id| reference(&packages[id])).collect(),
            };
            let known = self
                .components
                .entry(reference(package))
                .or_insert(component);
            known
                .needs
                .extend(needs.iter().map(|id| reference(&packages[id])));
            to_visit.extend(needs);
        }
        Ok(())
    }

    fn bill(&self, hashes: &BTreeMap<(String, String), String>, timestamp: &str) -> Value {
        let components: Vec<Value> = self
            .components
            .iter()
            .map(|(reference, component)| {
                let Component { name, version, .. } = component;
                let mut entry = json!({
                    "type": "library",
                    "bom-ref": reference,
                    "name": name,
                    "version": version,
                    "scope": "required",
                });
                if let Some(license) = &component.license {
                    entry["licenses"] = json!([{ "expression": license }]);
                }
                if !component.is_ours {
                    entry["purl"] = json!(reference);
                }
                if let Some(hash) = hashes.get(&(name.clone(), version.clone())) {
                    entry["hashes"] = json!([{ "alg": "SHA-256", "content": hash }]);
                }
                entry
            })
            .collect();
        let dependencies: Vec<Value> = self
            .components
            .iter()
            .map(|(reference, component)| json!({ "ref": reference, "dependsOn": component.needs }))
            .collect();
        json!({
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": {
                "timestamp": timestamp,
                "component": {
                    "type": "application",
                    "bom-ref": format!("wimpex-server-program@{VERSION}"),
                    "name": "wimpex-server",
                    "version": VERSION,
                    "licenses": [{ "expression": "MIT OR Apache-2.0" }],
                },
            },
            "components": components,
            "dependencies": dependencies,
        })
    }
}

fn is_macro(package: &Value) -> bool {
    let targets = package["targets"].as_array();
    let kinds = targets.into_iter().flatten().map(|target| &target["kind"]);
    kinds
        .filter_map(Value::as_array)
        .any(|kinds| kinds.iter().any(|kind| kind == "proc-macro"))
}

/// A package URL (purl) of what comes from crates.io; of our own the name and version.
fn reference(package: &Value) -> String {
    let text = |key: &str| package[key].as_str().unwrap_or_default();
    let prefix = if package["source"].is_null() {
        ""
    } else {
        "pkg:cargo/"
    };
    format!("{prefix}{}@{}", text("name"), text("version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata() -> Value {
        let package = |name: &str, source: Option<&str>, kind: &str| {
            json!({
                "id": name, "name": name, "version": "1.0.0", "source": source,
                "license": "MIT/Apache-2.0", "targets": [{ "kind": [kind] }],
            })
        };
        let needs = |name: &str, kind: Option<&str>| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        json!({
            "packages": [
                package("root", None, "bin"),
                package("used", Some("registry"), "lib"),
                package("macro", Some("registry"), "proc-macro"),
                package("tested", Some("registry"), "lib"),
            ],
            "resolve": { "nodes": [
                { "id": "root", "deps": [
                    needs("used", None), needs("macro", None), needs("tested", Some("dev")),
                ] },
                { "id": "used", "deps": [] },
                { "id": "macro", "deps": [] },
                { "id": "tested", "deps": [] },
            ] },
        })
    }

    #[test]
    fn it_lists_what_is_inside_and_nothing_else() {
        let mut parts = Parts::default();
        parts.add(&metadata(), "root").unwrap();
        let lock = "[[package]]\nname = \"used\"\nversion = \"1.0.0\"\nchecksum = \"abc\"\n";
        let bill = parts.bill(&checksums(lock), "1970-01-01T00:00:00Z");
        let names: Vec<_> = bill["components"]
            .as_array()
            .unwrap()
            .iter()
            .map(|component| component["bom-ref"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["pkg:cargo/used@1.0.0", "root@1.0.0"]);
        let used = &bill["components"][0];
        assert_eq!(used["hashes"][0]["content"], "abc");
        assert_eq!(used["licenses"][0]["expression"], "MIT OR Apache-2.0");
        let of_root = &bill["dependencies"][1]["dependsOn"];
        assert_eq!(*of_root, json!(["pkg:cargo/used@1.0.0"]));
    }

    #[test]
    fn a_root_that_is_not_there_is_an_error() {
        assert!(Parts::default().add(&metadata(), "nobody").is_err());
    }
}
