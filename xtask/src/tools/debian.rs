//! Debian packages that only tests need: installed if they are missing, and if
//! that cannot be done it is said what is then not tested.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure as sure};

use super::version::on_path;
use super::{apt, cache};
use crate::workspace::Workspace;
use crate::{proc, report};

/// Programs from Debian.
pub(super) struct Programs {
    /// What they are, for people.
    what: &'static str,
    packages: &'static [&'static str],
    is_here: fn() -> bool,
    /// What becomes of the tests without them.
    without: &'static str,
    /// What a package starts by itself, and should not.
    service: Option<&'static str>,
}

/// coturn's clients, against which the relay is tested.
pub(super) const COTURN: Programs = Programs {
    what: "coturn's tools",
    packages: &["coturn"],
    is_here: || {
        are_on_path(&[
            "turnutils_uclient",
            "turnutils_peer",
            "turnutils_stunclient",
        ])
    },
    without: "the relay is not tested against them",
    // It would be where our own relay wants to be.
    service: Some("coturn"),
};

/// Let's Encrypt's test authority, from which the server's tests get certificates.
pub(super) const PEBBLE: Programs = Programs {
    what: "the test authority pebble, and clocks that are wrong for it",
    packages: &["pebble", "faketime"],
    is_here: || are_on_path(&["pebble", "pebble-challtestsrv", "faketime"]),
    without: "fetching certificates is not tested",
    service: None,
};

/// What makes several servers one, in the server's tests.
pub(super) const NATS: Programs = Programs {
    what: "nats-server",
    packages: &["nats-server"],
    is_here: || are_on_path(&["nats-server"]) || Path::new("/usr/sbin/nats-server").is_file(),
    without: "several servers as one are not tested",
    service: Some("nats-server"),
};

/// The proxy that docs/hosting.md has a configuration for, which a test tries.
pub(super) const NGINX: Programs = Programs {
    what: "nginx",
    packages: &["nginx-light"],
    is_here: || are_on_path(&["nginx"]) || Path::new("/usr/sbin/nginx").is_file(),
    without: "the configuration in docs/hosting.md is not tried",
    // It would be where the server's own https wants to be.
    service: Some("nginx"),
};

/// Another one.
pub(super) const CADDY: Programs = Programs {
    what: "Caddy",
    packages: &["caddy"],
    is_here: || are_on_path(&["caddy"]),
    without: "its configurations in docs/hosting.md are not tried",
    service: Some("caddy"),
};

/// Those that the test tries; a package of Debian's is for Debian's own.
const PYTHONS: [&str; 2] = ["/usr/bin/python3", "python3"];

/// The second implementation of the verified identity is written in Python.
pub(super) const PYTHON: Programs = Programs {
    what: "Python's cryptography",
    packages: &["python3-cryptography"],
    is_here: || {
        PYTHONS.iter().any(|python| {
            proc::succeeds(Command::new(python).args(["-c", "import cryptography.hazmat"]))
        })
    },
    without: "the test vectors cannot be checked, and their test fails",
    service: None,
};

/// What pip installs into, away from the system's own packages.
pub(super) const VENV: Programs = Programs {
    what: "Python's virtual environments",
    packages: &["python3-venv"],
    is_here: || proc::succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])),
    without: "nothing can be fetched by pip",
    service: None,
};

/// What networks of our own are made with.
pub(super) const NETWORKS: Programs = Programs {
    what: "nftables, iproute2 and tcpdump",
    packages: &["nftables", "iproute2", "tcpdump"],
    is_here: || are_on_path(&["nft", "ip", "tcpdump"]),
    without: "calls across networks of our own are not tested",
    service: None,
};

/// A sound server whose devices come and go, for the scenes about hot-plug.
pub(super) const PULSEAUDIO: Programs = Programs {
    what: "PulseAudio",
    packages: &["pulseaudio", "pulseaudio-utils"],
    is_here: || are_on_path(&["pulseaudio", "pactl"]),
    without: "hot-plug is not tested with real sound devices",
    service: None,
};

/// The C library that static programs are built with.
const MUSL: Programs = Programs {
    what: "musl's compiler",
    packages: &["musl-tools"],
    is_here: || are_on_path(&["musl-gcc"]),
    without: "nothing static can be built",
    service: None,
};

/// What compiles C for 64-bit ARM.
const CROSS_COMPILER: Programs = Programs {
    what: "the compiler for 64-bit ARM",
    packages: &["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"],
    is_here: || are_on_path(&["aarch64-linux-gnu-gcc"]),
    without: "nothing can be built for it",
    service: None,
};

/// Runs programs for other processors.
const QEMU: Programs = Programs {
    what: "qemu for programs",
    packages: &["qemu-user-static"],
    is_here: || are_on_path(&["qemu-aarch64-static"]),
    without: "programs for other processors are not tried",
    service: None,
};

/// Looks at metrics and at rules for alerts as Prometheus would. Only the program is wanted.
pub(super) const PROMTOOL: Programs = Programs {
    what: "promtool",
    packages: &["prometheus"],
    is_here: || are_on_path(&["promtool"]),
    without: "neither metrics nor rules for alerts are checked",
    service: Some("prometheus"),
};

/// What a package is installed into a bare system with.
pub(super) const DEBOOTSTRAP: Programs = Programs {
    what: "debootstrap and systemd-nspawn",
    packages: &["debootstrap", "systemd-container"],
    is_here: || Path::new("/usr/sbin/debootstrap").is_file() && are_on_path(&["systemd-nspawn"]),
    without: "the package is not installed into a bare system",
    service: None,
};

/// Reads RPM packages.
pub(super) const RPM: Programs = Programs {
    what: "rpm",
    packages: &["rpm"],
    is_here: || are_on_path(&["rpm"]),
    without: "nobody looks into the RPM package",
    service: None,
};

/// musl's compiler, installed if it is missing.
pub(crate) fn ensure_musl() {
    ensure(&MUSL);
}

/// The compiler for 64-bit ARM, installed if it is missing.
pub(crate) fn ensure_cross_compiler() {
    ensure(&CROSS_COMPILER);
}

/// What runs programs for a processor, by Linux's name for it; installed if it is missing.
pub(crate) fn emulator(processor: &str) -> Option<PathBuf> {
    ensure(&QEMU);
    on_path(&format!("qemu-{processor}-static"))
}

/// What reads RPM packages; installed if it is missing.
pub(crate) fn rpm() -> Option<PathBuf> {
    ensure(&RPM);
    on_path("rpm")
}

/// A Debian with nothing on it but systemd and certificates, made once, in the cache. It takes root.
pub(crate) fn bare_system(workspace: &Workspace) -> Result<PathBuf> {
    const SUITE: &str = "bookworm";
    sure!(
        rustix::process::geteuid().is_root(),
        "only root can make a system of its own"
    );
    ensure(&DEBOOTSTRAP);
    let name = format!("debian-{SUITE}-systemd");
    let bin = cache::installed(&workspace.cache, &name, "sh", |root| {
        // The mirror that this system has.
        let mut sites = Command::new("apt-get");
        sites.args([
            "indextargets",
            "--format",
            "$(SITE)",
            "Created-By: Packages",
        ]);
        let sites = proc::captured(&mut sites)?;
        report::step("making a bare Debian (about 2 minutes, once)", || {
            let mut make = Command::new("/usr/sbin/debootstrap");
            make.args([
                "--variant=minbase",
                "--include=ca-certificates,dbus,systemd-sysv",
            ])
            .arg(SUITE)
            .arg(root)
            .args(sites.lines().next());
            proc::captured(&mut make)
        })
        .map(drop)
    })?;
    let system = bin.parent().context("a folder of a system is in it")?;
    Ok(system.to_owned())
}

/// WebKitGTK, the nearest thing to Safari that runs on Linux, and the X server that it draws on.
pub(super) const WEBKIT: Programs = Programs {
    what: "WebKitGTK's driver and Xvfb",
    packages: &["webkit2gtk-driver", "xvfb"],
    is_here: || are_on_path(&["WebKitWebDriver", "Xvfb"]),
    without: "the page is not tested in WebKit",
    service: None,
};

/// Installs them if they are missing.
pub(super) fn ensure(programs: &Programs) {
    if (programs.is_here)() {
        return;
    }
    let installed = apt::may_install()
        && report::step(
            &format!(
                "installing {}: apt-get install {} (about 1 minute, once)",
                programs.what,
                programs.packages.join(" ")
            ),
            || apt::install(programs.packages),
        )
        .is_ok();
    if let Some(service) = programs.service.filter(|_| installed) {
        apt::silence(service);
    }
    if !(programs.is_here)() {
        report::note(&format!(
            "without {} {}; on Debian: {}",
            programs.what,
            programs.without,
            apt::by_hand(programs.packages)
        ));
    }
}

fn are_on_path(programs: &[&str]) -> bool {
    programs.iter().all(|program| on_path(program).is_some())
}
