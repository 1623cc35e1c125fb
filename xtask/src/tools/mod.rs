//! The tools beyond cargo: which versions fit, and that they are there.
//!
//! A tool on PATH is taken when its version fits; what is missing is installed
//! into the cache (or, for Debian packages and with the right to, into the
//! system). Everything that takes long is announced with an estimate.

mod apt;
mod binaryen;
mod browsers;
mod cache;
mod cargo_tool;
mod debian;
mod rust_target;
mod version;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::workspace::{Workspace, path_with};
pub(crate) use browsers::Browser;
pub(crate) use cache::lock;
pub(crate) use cargo_tool::cargo_fuzz;
pub(crate) use rust_target::{ensure_components, ensure_nightly, library_manifest};

/// What a command needs besides the tools that build the page.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted {
    /// Chromium and chromedriver.
    pub(crate) chromium: bool,
    /// Firefox and geckodriver, even if they have to be installed.
    pub(crate) firefox: bool,
    /// Coturn's clients, if they can be had.
    pub(crate) coturn: bool,
    /// Python with its package cryptography.
    pub(crate) python: bool,
    /// What networks of our own are made with, where they can be made.
    pub(crate) networks: bool,
}

/// Where the tools are.
#[derive(Debug)]
pub(crate) struct Tools {
    /// Directories to put before PATH so that Trunk finds what it calls.
    directories: Vec<PathBuf>,
    /// wasm-bindgen itself.
    pub(crate) bindgen: PathBuf,
    /// What splits the parts that are loaded later off the page's module.
    pub(crate) splitter: PathBuf,
    /// wasm-opt.
    pub(crate) wasm_opt: PathBuf,
    /// wasm-bindgen's test runner, which comes with its CLI.
    pub(crate) test_runner: PathBuf,
    /// What the tools say their versions are, for they shape the page.
    pub(crate) versions: String,
    /// Chromium, when it was wanted.
    pub(crate) chromium: Option<Browser>,
    /// Firefox, when there is one.
    pub(crate) firefox: Option<Browser>,
}

impl Tools {
    /// Finds every tool, and installs what is missing.
    pub(crate) fn ensure(workspace: &Workspace, wanted: Wanted) -> Result<Self> {
        rust_target::ensure(workspace)?;
        let wasm_opt = binaryen::ensure(workspace)?;
        let bindgen = cargo_tool::wasm_bindgen(workspace)?;
        let trunk = cargo_tool::trunk(workspace)?;
        let splitter = cargo_tool::splitter(workspace)?;
        // Without root there can be no namespaces either.
        let networks = wanted.networks && rustix::process::geteuid().is_root();
        for (wanted, programs) in [
            (wanted.coturn, &debian::COTURN),
            (wanted.python, &debian::PYTHON),
            (networks, &debian::NETWORKS),
        ] {
            if wanted {
                debian::ensure(programs);
            }
        }
        let chromium = wanted.chromium.then(browsers::chromium).transpose()?;
        let firefox = if wanted.firefox {
            Some(browsers::firefox(workspace)?)
        } else {
            browsers::firefox_present(workspace)
        };
        Ok(Self {
            bindgen: bindgen.directory.join("wasm-bindgen"),
            splitter: splitter.directory.join("wasm-split-cli"),
            wasm_opt: wasm_opt.directory.join("wasm-opt"),
            test_runner: bindgen.directory.join("wasm-bindgen-test-runner"),
            versions: format!(
                "{} {} {} {}",
                trunk.version, bindgen.version, wasm_opt.version, splitter.version
            ),
            directories: vec![trunk.directory, bindgen.directory, wasm_opt.directory],
            chromium,
            firefox,
        })
    }

    /// PATH with the tools in front.
    pub(crate) fn path(&self) -> Result<OsString> {
        path_with(&self.directories)
    }

    /// The same, with another directory before all of them.
    pub(crate) fn path_after(&self, first: &Path) -> Result<OsString> {
        let directories = &self.directories;
        let all: Vec<PathBuf> = std::iter::once(first)
            .chain(directories.iter().map(PathBuf::as_path))
            .map(Path::to_owned)
            .collect();
        path_with(&all)
    }
}
