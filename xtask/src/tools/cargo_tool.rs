//! Tools that cargo installs from crates.io: Trunk, wasm-bindgen's CLI, geckodriver,
//! cargo-deb, cargo-generate-rpm and cargo-fuzz.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::cache;
use super::version::{self, Found, Version};
use crate::workspace::Workspace;
use crate::{proc, report};

const TRUNK: Version = Version(0, 21, 14);
const GECKODRIVER: Version = Version(0, 37, 1);
const CARGO_DEB: Version = Version(3, 8, 0);
const CARGO_GENERATE_RPM: Version = Version(0, 21, 1);
const CARGO_FUZZ: Version = Version(0, 13, 2);

/// A crate whose program is wanted.
struct CargoTool {
    package: &'static str,
    program: &'static str,
    version: Version,
    /// Measured on two cores.
    estimate: &'static str,
    /// For the build of this tool only.
    environment: &'static [(&'static str, &'static str)],
}

/// Trunk, which builds and serves the page while somebody works on it.
pub(super) fn trunk(workspace: &Workspace) -> Result<Found> {
    let tool = CargoTool {
        package: "trunk",
        program: "trunk",
        version: TRUNK,
        estimate: "about 6 minutes on two cores",
        // Half of a plain build is the optimization of the last crate, which
        // gains nothing here.
        environment: &[
            ("CARGO_PROFILE_RELEASE_LTO", "false"),
            ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
            ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
        ],
    };
    tool.ensure(workspace, |found| {
        (found.0, found.1) == (TRUNK.0, TRUNK.1) && found >= TRUNK
    })
}

/// wasm-bindgen's CLI, at exactly the version of the crate in Cargo.lock.
pub(super) fn wasm_bindgen(workspace: &Workspace) -> Result<Found> {
    let lock = workspace.root.join("Cargo.lock");
    let lock =
        fs::read_to_string(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let version = locked(&lock, "wasm-bindgen").context("Cargo.lock names no wasm-bindgen")?;
    let tool = CargoTool {
        package: "wasm-bindgen-cli",
        program: "wasm-bindgen",
        version,
        estimate: "about 3 minutes on two cores",
        environment: &[],
    };
    let found = tool.ensure(workspace, |found| found == version)?;
    ensure!(
        found.directory.join("wasm-bindgen-test-runner").is_file(),
        "there is a wasm-bindgen in {}, but no wasm-bindgen-test-runner beside it",
        found.directory.display()
    );
    Ok(found)
}

/// cargo-deb, which makes Debian packages.
pub(crate) fn cargo_deb(workspace: &Workspace) -> Result<PathBuf> {
    let tool = CargoTool {
        package: "cargo-deb",
        program: "cargo-deb",
        version: CARGO_DEB,
        estimate: "about 2 minutes on two cores",
        environment: &[],
    };
    let found = tool.ensure(workspace, |found| found >= CARGO_DEB)?;
    Ok(found.directory.join("cargo-deb"))
}

/// cargo-generate-rpm, which makes RPM packages.
pub(crate) fn cargo_generate_rpm(workspace: &Workspace) -> Result<PathBuf> {
    let tool = CargoTool {
        package: "cargo-generate-rpm",
        program: "cargo-generate-rpm",
        version: CARGO_GENERATE_RPM,
        estimate: "about 3 minutes on two cores",
        environment: &[],
    };
    let found = tool.ensure(workspace, |found| found >= CARGO_GENERATE_RPM)?;
    Ok(found.directory.join("cargo-generate-rpm"))
}

/// cargo-fuzz, which builds and runs the fuzz targets.
pub(crate) fn cargo_fuzz(workspace: &Workspace) -> Result<PathBuf> {
    let tool = CargoTool {
        package: "cargo-fuzz",
        program: "cargo-fuzz",
        version: CARGO_FUZZ,
        estimate: "about 1 minute on two cores",
        environment: &[],
    };
    let found = tool.ensure(workspace, |found| found >= CARGO_FUZZ)?;
    Ok(found.directory.join("cargo-fuzz"))
}

/// geckodriver if it is there, without installing it.
pub(super) fn geckodriver_present(workspace: &Workspace) -> Option<PathBuf> {
    let tool = geckodriver_tool();
    let cached = workspace.cache.join(tool.name()).join("bin/geckodriver");
    version::on_path("geckodriver").or_else(|| cached.is_file().then_some(cached))
}

/// geckodriver, for Firefox.
pub(super) fn geckodriver(workspace: &Workspace) -> Result<PathBuf> {
    let found = geckodriver_tool().ensure(workspace, |found| found >= GECKODRIVER)?;
    Ok(found.directory.join("geckodriver"))
}

fn geckodriver_tool() -> CargoTool {
    CargoTool {
        package: "geckodriver",
        program: "geckodriver",
        version: GECKODRIVER,
        estimate: "about 2 minutes on two cores",
        environment: &[],
    }
}

impl CargoTool {
    fn name(&self) -> String {
        format!("{}-{}", self.package, self.version)
    }

    fn ensure(&self, workspace: &Workspace, fits: impl Fn(Version) -> bool) -> Result<Found> {
        if let Some(found) = self.on_path(&fits) {
            return Ok(found);
        }
        let directory = cache::installed(&workspace.cache, &self.name(), self.program, |root| {
            report::step(
                &format!("building {} ({}, once)", self.name(), self.estimate),
                || self.install(workspace, root),
            )
        })?;
        Ok(Found {
            directory,
            version: self.version,
        })
    }

    fn on_path(&self, fits: impl Fn(Version) -> bool) -> Option<Found> {
        let program = version::on_path(self.program)?;
        let version = version::of(&program).filter(|found| fits(*found))?;
        let directory = program.parent()?.to_owned();
        Some(Found { directory, version })
    }

    fn install(&self, workspace: &Workspace, root: &Path) -> Result<()> {
        // Kept when the installation is killed, so that the next one goes on
        // where it ended.
        let build = workspace.cache.join(format!(".{}.build", self.name()));
        let version = self.version.to_string();
        let mut command = workspace.cargo(["install", "--locked", "--no-track", self.package]);
        command
            .args(["--version", &version])
            .arg("--root")
            .arg(root)
            // The checkout's cargo configuration is not meant for tools, and
            // neither are flags in the environment.
            .current_dir(&workspace.cache)
            .env("CARGO_TARGET_DIR", &build)
            .envs(self.environment.iter().copied());
        for variable in [
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_BUILD_TARGET",
            "CARGO_ENCODED_RUSTFLAGS",
            "RUSTFLAGS",
        ] {
            command.env_remove(variable);
        }
        proc::check(&mut command)?;
        cache::remove(&build)
    }
}

/// The version of a package in the text of a Cargo.lock.
fn locked(lock: &str, package: &str) -> Option<Version> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.next()?;
    let version = lines.next()?.strip_prefix("version = \"")?;
    Version::find(version.strip_suffix('"')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
[[package]]
name = "wasm-bindgen-backend"
version = "0.2.99"

[[package]]
name = "wasm-bindgen"
version = "0.2.126"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = [
 "wasm-bindgen-macro",
]
"#;

    #[test]
    fn the_locked_version_is_that_of_exactly_the_package() {
        assert_eq!(locked(LOCK, "wasm-bindgen"), Some(Version(0, 2, 126)));
        assert_eq!(locked(LOCK, "wasm-bindgen-macro"), None);
    }
}
