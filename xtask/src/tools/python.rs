//! Python with its package cryptography: the second implementation of the
//! verified identity is written in it.

use std::process::Command;

use super::apt;
use crate::{proc, say};

const PACKAGE: &str = "python3-cryptography";
/// Those that the test tries; a package of Debian's is for Debian's own.
const PYTHONS: [&str; 2] = ["/usr/bin/python3", "python3"];

/// Installs it if it is missing. If that cannot be done it says so, and the
/// test that needs it fails.
pub(super) fn ensure() {
    if is_here() {
        return;
    }
    let installed = apt::may_install()
        && say::step(
            "installing Python's cryptography: apt-get install python3-cryptography (once)",
            || apt::install(&[PACKAGE]),
        )
        .is_ok();
    if !installed || !is_here() {
        say::note(&format!(
            "Python's package cryptography is missing, so the test vectors cannot be checked; \
             on Debian: {}",
            apt::by_hand(&[PACKAGE])
        ));
    }
}

fn is_here() -> bool {
    PYTHONS.iter().any(|python| {
        proc::succeeds(Command::new(python).args(["-c", "import cryptography.hazmat"]))
    })
}
