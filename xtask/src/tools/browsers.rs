//! Real browsers and their WebDriver servers, for the tests.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::version;
use super::{apt, cargo_tool};
use crate::report;
use crate::workspace::Workspace;

/// A browser and the program that drives it.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    /// The browser itself.
    pub(crate) browser: PathBuf,
    /// Its WebDriver server.
    pub(crate) driver: PathBuf,
}

const CHROMIUM: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/snap/bin/chromium",
];
const CHROMEDRIVER: &[&str] = &[
    "chromedriver",
    "chromium.chromedriver",
    "/snap/bin/chromium.chromedriver",
    "/usr/lib/chromium-browser/chromedriver",
];
const FIREFOX: &[&str] = &["firefox-esr", "firefox", "/snap/bin/firefox"];

/// Chromium (or Chrome) with its driver; installed if missing, and an error if
/// that cannot be done.
pub(super) fn chromium() -> Result<Browser> {
    if let Some(browser) = find_chromium()? {
        return Ok(browser);
    }
    let packages = ["chromium", "chromium-driver"];
    if is_ubuntu() {
        bail!(
            "the browser tests need Chromium and its driver, which on Ubuntu is a snap: \
             sudo snap install chromium"
        );
    }
    ensure!(
        apt::may_install(),
        "the browser tests need Chromium (or Chrome) and the chromedriver of the same version; \
         on Debian: {}",
        apt::by_hand(&packages)
    );
    report::step(
        "installing Chromium: apt-get install chromium chromium-driver (about 1 minute, once)",
        || apt::install(&packages),
    )?;
    find_chromium()?.context("Chromium is installed, but it does not run")
}

/// Firefox with geckodriver, if both are there.
pub(super) fn firefox_present(workspace: &Workspace) -> Option<Browser> {
    Some(Browser {
        browser: first(FIREFOX)?,
        driver: cargo_tool::geckodriver_present(workspace)?,
    })
}

/// Firefox with geckodriver; installed if missing.
pub(super) fn firefox(workspace: &Workspace) -> Result<Browser> {
    let browser = match first(FIREFOX) {
        Some(browser) => browser,
        None => {
            ensure!(
                apt::may_install() && !is_ubuntu(),
                "Firefox is missing; on Debian: {}; on Ubuntu: sudo snap install firefox",
                apt::by_hand(&["firefox-esr"])
            );
            report::step(
                "installing Firefox: apt-get install firefox-esr (about 1 minute, once)",
                || apt::install(&["firefox-esr"]),
            )?;
            first(FIREFOX).context("firefox-esr is installed but not found on PATH")?
        }
    };
    let driver = cargo_tool::geckodriver(workspace)?;
    Ok(Browser { browser, driver })
}

fn find_chromium() -> Result<Option<Browser>> {
    let (Some(browser), Some(driver)) = (first(CHROMIUM), first(CHROMEDRIVER)) else {
        return Ok(None);
    };
    // Ubuntu has placeholders of these names that do not run.
    let (Some(b), Some(d)) = (version::of(&browser), version::of(&driver)) else {
        return Ok(None);
    };
    // A driver refuses a browser of another major version, with a message that
    // is easily lost among the tests.
    ensure!(
        b.0 == d.0,
        "{} is version {b} but {} is version {d}; install two of the same major version",
        browser.display(),
        driver.display()
    );
    Ok(Some(Browser { browser, driver }))
}

fn first(candidates: &[&str]) -> Option<PathBuf> {
    candidates.iter().find_map(|candidate| {
        let path = Path::new(candidate);
        if path.is_absolute() {
            path.is_file().then(|| path.to_owned())
        } else {
            version::on_path(candidate)
        }
    })
}

/// Ubuntu's packages `chromium-browser` and `firefox` only call snap.
fn is_ubuntu() -> bool {
    std::fs::read_to_string("/etc/os-release")
        .is_ok_and(|text| text.lines().any(|line| line == "ID=ubuntu"))
}
