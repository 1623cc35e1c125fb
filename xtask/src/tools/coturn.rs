//! coturn's clients, against which the relay is tested.

use super::apt;
use super::version::on_path;
use crate::say;

const PACKAGE: &str = "coturn";
const TOOLS: &[&str] = &[
    "turnutils_uclient",
    "turnutils_peer",
    "turnutils_stunclient",
];

/// Installs them if they are missing. If that cannot be done it says so, and
/// the tests that need them say that they were skipped.
pub(super) fn ensure() {
    let is_here = || TOOLS.iter().all(|tool| on_path(tool).is_some());
    if is_here() {
        return;
    }
    let by_hand = || apt::by_hand(&[PACKAGE]);
    if !apt::may_install() {
        say::note(&format!(
            "coturn's tools are missing, so the relay is not tested against them; on Debian: {}",
            by_hand()
        ));
        return;
    }
    let installed = say::step(
        "installing coturn's tools: apt-get install coturn (about 1 minute, once)",
        || apt::install(&[PACKAGE]),
    );
    // The package starts a relay of its own, where ours wants to be.
    apt::silence(PACKAGE);
    if installed.is_err() || !is_here() {
        say::note(&format!(
            "coturn's tools cannot be installed, so the relay is not tested against them; \
             on Debian: {}",
            by_hand()
        ));
    }
}
