//! Debian packages: installed as root or through sudo, never asking for a
//! password; or, for what needs no place in the system, unpacked without root.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::version::on_path;
use crate::proc;

/// Whether this is a system with apt.
pub(super) fn is_here() -> bool {
    on_path("apt-get").is_some()
}

/// Whether packages can be installed without asking anybody.
pub(super) fn may_install() -> bool {
    is_here() && privilege().is_some()
}

/// What a person would type to install packages.
pub(super) fn by_hand(packages: &[&str]) -> String {
    format!(
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    )
}

/// Installs packages into the system; the lists of packages are fetched only
/// when those that are there do not do.
pub(super) fn install(packages: &[&str]) -> Result<()> {
    let Some(privilege) = privilege() else {
        bail!("neither root nor sudo without a password");
    };
    let get = |arguments: &[&str]| {
        let mut command = Command::new(privilege.first().copied().unwrap_or("apt-get"));
        command
            .args(privilege.iter().skip(1))
            .args(privilege.first().map(|_| "apt-get"))
            // Another apt may be at work, as it is on freshly started machines.
            .args(["-q", "-o", "DPkg::Lock::Timeout=300"])
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        proc::captured(&mut command)
    };
    let arguments = [&["install", "-y", "--no-install-recommends"], packages].concat();
    if get(&arguments).is_err() {
        get(&["update"])?;
        get(&arguments)?;
    }
    Ok(())
}

/// Stops a service that a package has started by being installed, and keeps it
/// from starting with the system. That it was never there is fine.
pub(super) fn silence(service: &str) {
    let Some(privilege) = privilege() else { return };
    for words in [
        ["systemctl", "disable", "--now", service],
        ["invoke-rc.d", "--quiet", service, "stop"],
    ] {
        let words = [privilege, &words].concat();
        if let [program, arguments @ ..] = &words[..] {
            proc::succeeds(Command::new(program).args(arguments));
        }
    }
}

/// Downloads a package without any rights and unpacks it into a directory.
pub(super) fn unpack(package: &str, into: &Path) -> Result<()> {
    fs::create_dir_all(into)?;
    let download = |options: &[String]| {
        proc::captured(
            Command::new("apt-get")
                .args(options)
                .args(["-q", "download", package])
                .current_dir(into),
        )
    };
    if download(&[]).is_err() {
        // The system's lists are missing or old: fetch lists of our own.
        let lists = into.join("lists");
        fs::create_dir_all(lists.join("partial"))?;
        let options = [
            "-o".to_owned(),
            format!("Dir::State::lists={}", lists.display()),
            "-o".to_owned(),
            format!("Dir::Cache={}", into.display()),
        ];
        proc::captured(
            Command::new("apt-get")
                .args(&options)
                .args(["-q", "update"]),
        )?;
        download(&options)?;
    }
    let archive = fs::read_dir(into)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .context("apt-get download left no package behind")?;
    proc::captured(Command::new("dpkg-deb").arg("-x").arg(archive).arg(into))?;
    Ok(())
}

/// What to put before apt-get; nothing if there is no right to call it.
fn privilege() -> Option<&'static [&'static str]> {
    if rustix::process::geteuid().is_root() {
        return Some(&[]);
    }
    proc::succeeds(Command::new("sudo").args(["-n", "true"])).then_some(&["sudo", "-n"])
}
