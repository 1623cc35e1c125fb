//! The tools beyond cargo: which versions fit, and that they are there.
//!
//! A tool on PATH is taken when its version fits; what is missing is installed
//! into the cache (or, for Debian packages and with the right to, into the
//! system). Everything that takes long is announced with an estimate.

mod aiortc;
mod apt;
mod axe;
mod binaryen;
mod browsers;
mod cache;
mod cargo_tool;
mod debian;
mod lighthouse;
mod node_ws;
mod npm;
mod rust_target;
mod traefik;
mod version;

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;

use crate::report;
use crate::workspace::{Workspace, path_with};
pub(crate) use browsers::Browser;
pub(crate) use cache::lock;
pub(crate) use cargo_tool::{cargo_deb, cargo_fuzz, cargo_generate_rpm};
pub(crate) use debian::{bare_system, emulator, ensure_cross_compiler, ensure_musl, rpm};
pub(crate) use lighthouse::lighthouse;
pub(crate) use rust_target::{ensure_components, ensure_nightly, ensure_target};

/// Autobahn's test suite, where it is on PATH; it wants Python 2.7, which Debian has no more, so that
/// it is not installed.
pub(crate) fn wstest() -> Option<PathBuf> {
    version::on_path("wstest")
}

/// What a command needs besides what builds the page.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted {
    /// wasm-bindgen's test runner.
    pub(crate) test_runner: bool,
    /// Chromium and chromedriver.
    pub(crate) chromium: bool,
    /// Firefox and geckodriver, even if they have to be installed.
    pub(crate) firefox: bool,
    /// aiortc, if it can be had.
    pub(crate) aiortc: bool,
    /// axe-core, if it can be had.
    pub(crate) axe: bool,
    /// Node's package ws, if it can be had.
    pub(crate) node_ws: bool,
    /// WebKitGTK's WebDriver server, and a screen for it, if they can be had.
    pub(crate) webkit: bool,
    /// Coturn's clients, if they can be had.
    pub(crate) coturn: bool,
    /// The test authority pebble, nats-server, nginx, Caddy and promtool, if they can be had.
    pub(crate) hosting: bool,
    /// Traefik, if it can be had.
    pub(crate) traefik: bool,
    /// What packages are installed into a bare system with, and looked into.
    pub(crate) packages: bool,
    /// Python with its package cryptography.
    pub(crate) python: bool,
    /// A sound server of our own, if it can be had.
    pub(crate) sound: bool,
    /// What networks of our own are made with, where they can be made.
    pub(crate) networks: bool,
}

/// Where the tools are.
#[derive(Debug)]
pub(crate) struct Tools {
    /// wasm-opt.
    pub(crate) wasm_opt: PathBuf,
    /// wasm-bindgen's test runner, when it was wanted.
    pub(crate) test_runner: Option<PathBuf>,
    /// What the tools that are not in Cargo.lock say their versions are, for they shape the page.
    pub(crate) versions: String,
    /// Chromium, when it was wanted.
    pub(crate) chromium: Option<Browser>,
    /// Firefox, when there is one.
    pub(crate) firefox: Option<Browser>,
    /// The Python that has aiortc, when it was wanted and could be had.
    pub(crate) aiortc: Option<PathBuf>,
    /// axe-core's file, when it was wanted and could be had.
    pub(crate) axe: Option<PathBuf>,
    /// The folder of Node's package ws, when it was wanted and could be had.
    pub(crate) node_ws: Option<PathBuf>,
    /// Traefik, when it was wanted and could be had.
    pub(crate) traefik: Option<PathBuf>,
}

impl Tools {
    /// Finds every tool, and installs what is missing.
    pub(crate) fn ensure(workspace: &Workspace, wanted: Wanted) -> Result<Self> {
        rust_target::ensure(workspace)?;
        let wasm_opt = binaryen::ensure(workspace)?;
        let bindgen = wanted
            .test_runner
            .then(|| cargo_tool::wasm_bindgen(workspace))
            .transpose()?;
        // Without root there can be no namespaces either.
        let networks = wanted.networks && rustix::process::geteuid().is_root();
        for (wanted, programs) in [
            (wanted.coturn, &debian::COTURN),
            (wanted.hosting, &debian::PEBBLE),
            (wanted.hosting, &debian::NATS),
            (wanted.hosting, &debian::CADDY),
            (wanted.hosting, &debian::NGINX),
            (wanted.hosting, &debian::PROMTOOL),
            (wanted.packages, &debian::DEBOOTSTRAP),
            (wanted.packages, &debian::RPM),
            (wanted.python, &debian::PYTHON),
            (wanted.sound, &debian::PULSEAUDIO),
            (networks, &debian::NETWORKS),
            (wanted.webkit, &debian::WEBKIT),
        ] {
            if wanted {
                debian::ensure(programs);
            }
        }
        let chromium = wanted.chromium.then(browsers::chromium).transpose()?;
        let firefox = if wanted.firefox {
            // Where it cannot be had, as on Ubuntu, Chromium alone is tested.
            browsers::firefox(workspace)
                .inspect_err(|error| report::note(&format!("without Firefox: {error:#}")))
                .ok()
        } else {
            browsers::firefox_present(workspace)
        };
        Ok(Self {
            wasm_opt: wasm_opt.directory.join("wasm-opt"),
            test_runner: bindgen.map(|found| found.directory.join("wasm-bindgen-test-runner")),
            versions: format!("wasm-opt {}", wasm_opt.version),
            chromium,
            firefox,
            aiortc: wanted.aiortc.then(|| aiortc::ensure(workspace)).flatten(),
            axe: wanted.axe.then(|| axe::ensure(workspace)).flatten(),
            node_ws: wanted.node_ws.then(|| node_ws::ensure(workspace)).flatten(),
            traefik: wanted.traefik.then(|| traefik::ensure(workspace)).flatten(),
        })
    }
}

/// Trunk and what it calls, installed if missing: a PATH on which it finds everything.
pub(crate) fn ensure_trunk(workspace: &Workspace) -> Result<OsString> {
    rust_target::ensure(workspace)?;
    let bindgen = cargo_tool::wasm_bindgen(workspace)?;
    let trunk = cargo_tool::trunk(workspace)?;
    path_with(&[trunk.directory, bindgen.directory])
}
