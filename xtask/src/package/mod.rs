//! `cargo xtask package`: the server as hosts get it. One static program, as it is, as `.deb`, as
//! `.rpm` and as an OCI image; what it is made of (SBOM); and the sums by which others know it.
//!
//! The same commit gives the same bytes, wherever it is built: see `reproduce`.

mod architecture;
mod files;
mod image;
mod sbom;
mod trial;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};

use architecture::{ARM64, Architecture, X86_64};
use files::{gzip, write};

use crate::tools::{
    Tools, cargo_deb, cargo_generate_rpm, ensure_cross_compiler, ensure_musl, ensure_target,
};
use crate::workspace::Workspace;
use crate::{page, proc, report};

/// What the program prints, and under which name crates/server/Cargo.toml looks for it.
const PRINTED: [(&str, &[&str]); 5] = [
    ("server.toml", &["example-config"]),
    ("wimpex-server.1.gz", &["man"]),
    ("wimpex-server.bash", &["completions", "bash"]),
    ("_wimpex-server", &["completions", "zsh"]),
    ("wimpex-server.fish", &["completions", "fish"]),
];
/// What packages have straight from the repository.
const FROM_REPOSITORY: [&str; 8] = [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "docs/hosting.md",
    "docs/turn.md",
    "packaging/grafana-dashboard.json",
    "packaging/prometheus-rules.yml",
    "packaging/sysusers.conf",
    "packaging/wimpex-server.service",
];
/// Of [profile.dist] in the root's Cargo.toml.
const PROFILE: &str = "dist";

/// Builds everything, and the packages out of it, into `target/package`.
pub(crate) fn package(workspace: &Workspace, tools: &Tools, arm64: bool) -> Result<PathBuf> {
    page::build(workspace, tools)?;
    let folder = fresh(workspace.target.join("package"))?;
    let epoch = commit_time(workspace)?;
    let committed = UNIX_EPOCH + Duration::from_secs(epoch.parse()?);
    for name in FROM_REPOSITORY {
        // The .rpm has the times of files that are older than the commit, as after a checkout of another.
        let file = File::options()
            .append(true)
            .open(workspace.root.join(name))?;
        file.set_modified(committed)?;
    }
    ensure_musl();
    let native = build(workspace, X86_64, &epoch)?;
    trial::run(workspace, X86_64, &native)?;
    let texts = printed(&native)?;
    pack(workspace, X86_64, &native, &texts, &folder, &epoch)?;
    if arm64 {
        ensure_cross_compiler();
        let program = build(workspace, ARM64, &epoch)?;
        trial::run(workspace, ARM64, &program)?;
        pack(workspace, ARM64, &program, &texts, &folder, &epoch)?;
    }
    report::step("writing down what it is made of", || {
        sbom::write(workspace, X86_64.target, &folder, &epoch)
    })?;
    report::step("looking into the packages", || {
        trial::packages(workspace, &folder)
    })?;
    sums(workspace, &folder)?;
    Ok(folder)
}

/// The program that needs no library, for this machine, among the packages in `folder`.
pub(crate) fn program(folder: &Path) -> PathBuf {
    alone(folder, X86_64)
}

fn alone(folder: &Path, architecture: Architecture) -> PathBuf {
    folder.join(format!("wimpex-server-{}", architecture.name))
}

/// All that is built for one processor.
fn pack(
    workspace: &Workspace,
    architecture: Architecture,
    program: &Path,
    texts: &[(&str, Vec<u8>)],
    folder: &Path,
    epoch: &str,
) -> Result<()> {
    // Where cargo-deb and cargo-generate-rpm take them for something that was built.
    let beside = program.parent().context("the program is in a folder")?;
    let beside = fresh(beside.join("package"))?;
    for (name, text) in texts {
        write(&beside.join(name), text)?;
    }
    let for_it = ["--target", architecture.target, "--profile", PROFILE];
    let deb = cargo_deb(workspace)?;
    report::step("packing the .deb", || {
        let mut command = workspace.command(deb);
        command
            .args(["--no-build", "--no-strip", "--quiet"])
            .args(["--package", "wimpex-server"])
            .args(for_it)
            .arg("--output")
            .arg(folder)
            .env("SOURCE_DATE_EPOCH", epoch);
        proc::captured(&mut command).map(drop)
    })?;
    let rpm = cargo_generate_rpm(workspace)?;
    report::step("packing the .rpm", || {
        let mut command = workspace.command(rpm);
        command
            .args(["--package", "crates/server", "--auto-req", "disabled"])
            .args(for_it)
            .args(["--source-date", epoch])
            .arg("--output")
            .arg(folder)
            .env("SOURCE_DATE_EPOCH", epoch);
        proc::captured(&mut command).map(drop)
    })?;
    let bytes = fs::read(program).with_context(|| format!("cannot read {}", program.display()))?;
    report::step("packing the image", || {
        image::write(&bytes, architecture, folder, epoch)
    })?;
    let alone = alone(folder, architecture);
    fs::copy(program, &alone).with_context(|| format!("cannot write {}", alone.display()))?;
    Ok(())
}

/// The static program.
fn build(workspace: &Workspace, architecture: Architecture, epoch: &str) -> Result<PathBuf> {
    let Architecture { target, name, .. } = architecture;
    let mut command = cargo(workspace, architecture, epoch, "build")?;
    command.args(["--package", "wimpex-server"]);
    report::step(
        &format!("building the static program for {name} (about 4 minutes at first)"),
        || proc::check(&mut command),
    )?;
    let built = workspace.target.join(target).join(PROFILE);
    Ok(built.join("wimpex-server"))
}

/// Runs an example of a package of ours, built as what hosts get.
pub(crate) fn example(workspace: &Workspace, package: &str, example: &str) -> Result<Command> {
    ensure_musl();
    let epoch = commit_time(workspace)?;
    let mut command = cargo(workspace, X86_64, &epoch, "run")?;
    command.args(["--package", package, "--example", example]);
    Ok(command)
}

/// cargo, for a static program without any path of this machine in it.
fn cargo(
    workspace: &Workspace,
    architecture: Architecture,
    epoch: &str,
    subcommand: &str,
) -> Result<Command> {
    let Architecture { target, .. } = architecture;
    ensure_target(workspace, target)?;
    let cargo_home = std::env::var_os("CARGO_HOME").map_or_else(
        || std::env::home_dir().unwrap_or_default().join(".cargo"),
        PathBuf::from,
    );
    // rustc leads what comes of the standard library to its source, where that is installed.
    let mut sysroot = workspace.command("rustc");
    let sysroot = proc::captured(sysroot.args(["--print", "sysroot"]))?;
    let sysroot = PathBuf::from(sysroot.trim());
    let remaps = [
        (&workspace.root, "/wimpex"),
        (&workspace.target, "/wimpex/target"),
        (&cargo_home, "/cargo"),
        (&sysroot, "/rust"),
    ]
    .map(|(from, to)| {
        format!(
            "{:?}",
            format!("--remap-path-prefix={}={to}", from.display())
        )
    });
    let flags = format!("target.{target}.rustflags=[{}]", remaps.join(","));
    let mut command = workspace.cargo([subcommand, "--quiet", "--locked"]);
    command
        .args(["--profile", PROFILE, "--target", target])
        .args(["--config", &flags])
        .envs(architecture.tools.iter().copied())
        // C is compiled with paths too.
        .env(
            format!("CFLAGS_{}", target.replace('-', "_")),
            format!(
                "-ffile-prefix-map={}=/wimpex -ffile-prefix-map={}=/cargo",
                workspace.root.display(),
                cargo_home.display()
            ),
        )
        .env("SOURCE_DATE_EPOCH", epoch);
    Ok(command)
}

/// What the program says about itself.
fn printed(program: &Path) -> Result<Vec<(&'static str, Vec<u8>)>> {
    PRINTED
        .into_iter()
        .map(|(name, arguments)| {
            let mut command = Command::new(program);
            // Its defaults, not those of whoever builds.
            command.args(arguments).env_clear();
            let text = proc::captured(&mut command)?.into_bytes();
            let is_packed = name.ends_with(".gz");
            Ok((name, if is_packed { gzip(&text)? } else { text }))
        })
        .collect()
}

/// Seconds since the epoch of the last commit: the date that everything packed bears.
fn commit_time(workspace: &Workspace) -> Result<String> {
    let mut command = workspace.command("git");
    let time = proc::captured(command.args(["log", "-1", "--format=%ct"]))?;
    let time = time.trim();
    ensure!(time.parse::<u64>().is_ok(), "the last commit has no date");
    Ok(time.to_owned())
}

/// The folder, empty.
fn fresh(folder: PathBuf) -> Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// One line for each file, as `sha256sum --check` reads them.
fn sums(workspace: &Workspace, folder: &Path) -> Result<()> {
    let mut files: Vec<String> = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    files.sort();
    let mut command = workspace.command("sha256sum");
    let text = proc::captured(command.args(files).current_dir(folder))?;
    write(&folder.join("SHA256SUMS"), text.as_bytes())?;
    print!("{text}");
    report::note(&format!("in {}", folder.display()));
    Ok(())
}
