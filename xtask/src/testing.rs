//! `cargo xtask test`: the three parts of the tests, counted together.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::proc::{self, Stream};
use crate::report;
use crate::test_counts::TestCounts;
use crate::tools::{Tools, Wanted};
use crate::workspace::{WASM_TARGET, Workspace};
use crate::{page, server};

/// One part of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Native unit, scenario and server tests
    Unit,
    /// The page's components and adapters in headless Chromium
    Wasm,
    /// Whole calls between real browsers
    E2e,
}

/// Seconds that all tests of one binary have in the browser.
const WASM_TIMEOUT: &str = "180";

/// Runs one part, or all; the last line on stdout is `N passed, N failed`.
pub(crate) fn test(
    workspace: &Workspace,
    only: Option<Part>,
    arguments: &[String],
) -> Result<ExitCode> {
    let wanted = Wanted {
        test_runner: matches!(only, None | Some(Part::Wasm)),
        chromium: only != Some(Part::Unit),
        coturn: matches!(only, None | Some(Part::Unit)),
        hosting: matches!(only, None | Some(Part::Unit)),
        traefik: matches!(only, None | Some(Part::Unit)),
        python: matches!(only, None | Some(Part::Unit)),
        networks: matches!(only, None | Some(Part::E2e)),
        firefox: matches!(only, None | Some(Part::E2e)),
        sound: matches!(only, None | Some(Part::E2e)),
        axe: matches!(only, None | Some(Part::E2e)),
        webkit: matches!(only, None | Some(Part::E2e)),
        ..Wanted::default()
    };
    let tools = Tools::ensure(workspace, wanted)?;
    let mut all = TestCounts::default();
    for part in [Part::Unit, Part::Wasm, Part::E2e] {
        if only.is_some_and(|only| only != part) {
            continue;
        }
        all.add(run_part(workspace, &tools, part, arguments));
    }
    println!("{} passed, {} failed", all.passed, all.failed);
    Ok(if all.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Tells the e2e crate where the server and the browsers are.
pub(crate) fn tell_browsers(command: &mut Command, tools: &Tools, server: &Path) {
    command.env("WIMPEX_SERVER_BIN", server);
    if let Some(chromium) = &tools.chromium {
        command
            .env("WIMPEX_CHROMIUM", &chromium.browser)
            .env("WIMPEX_CHROMEDRIVER", &chromium.driver);
    }
    if let Some(axe) = &tools.axe {
        command.env("WIMPEX_AXE", axe);
    }
    if let Some(aiortc) = &tools.aiortc {
        command.env("WIMPEX_AIORTC", aiortc);
    }
    if let Some(firefox) = &tools.firefox {
        command
            .env("WIMPEX_FIREFOX", &firefox.browser)
            .env("WIMPEX_GECKODRIVER", &firefox.driver);
    }
}

fn run_part(workspace: &Workspace, tools: &Tools, part: Part, arguments: &[String]) -> TestCounts {
    let mut counts = TestCounts::default();
    let result = report::step(announcement(part), || {
        let mut command = match part {
            Part::Unit => unit(workspace, tools),
            Part::Wasm => wasm(workspace, tools)?,
            Part::E2e => e2e(workspace, tools)?,
        };
        command.args(arguments);
        let status = proc::lines(&mut command, |stream, line| {
            counts.read(line);
            match stream {
                Stream::Out => println!("{line}"),
                Stream::Err => eprintln!("{line}"),
            }
        })?;
        // No test failed, yet the part did: it did not compile, or crashed.
        if !status.success() && counts.failed == 0 {
            anyhow::bail!("the tests did not run to their end ({status})");
        }
        Ok(())
    });
    if let Err(error) = result {
        report::error(&error);
        counts.failed += 1;
    }
    report::note(&format!(
        "{} passed, {} failed",
        counts.passed, counts.failed
    ));
    counts
}

fn announcement(part: Part) -> &'static str {
    match part {
        Part::Unit => "unit: native tests (about 10 minutes at first, then 5)",
        Part::Wasm => "wasm: tests in headless Chromium (about 3 minutes at first)",
        Part::E2e => "e2e: calls between real browsers (about 30 minutes)",
    }
}

/// The page is among them: its screens, words and policies need no browser.
fn unit(workspace: &Workspace, tools: &Tools) -> Command {
    let mut command = workspace.cargo([
        "test",
        "--workspace",
        "--exclude",
        "wimpex-e2e",
        "--no-fail-fast",
        "--",
    ]);
    if let Some(traefik) = &tools.traefik {
        command.env("WIMPEX_TRAEFIK", traefik);
    }
    command
}

fn wasm(workspace: &Workspace, tools: &Tools) -> Result<Command> {
    let chromium = tools.chromium.as_ref().context("no Chromium")?;
    let runner = tools.test_runner.as_ref().context("no test runner")?;
    let mut command = workspace.cargo([
        "test",
        "--package",
        "wimpex",
        "--tests",
        "--target",
        WASM_TARGET,
        "--no-fail-fast",
        "--",
    ]);
    let capabilities = workspace.state().join("webdriver.json");
    std::fs::create_dir_all(workspace.state())?;
    std::fs::write(
        &capabilities,
        with_browser(
            &std::fs::read_to_string(workspace.root.join("webdriver.json"))?,
            &chromium.browser,
        )?,
    )?;
    command
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner)
        .env("CHROMEDRIVER", &chromium.driver)
        .env("WASM_BINDGEN_TEST_ONLY_WEB", "1")
        .env("WASM_BINDGEN_TEST_TIMEOUT", WASM_TIMEOUT)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &capabilities);
    Ok(command)
}

/// webdriver.json with the path of the browser that was found.
fn with_browser(capabilities: &str, browser: &Path) -> Result<String> {
    let options = "\"goog:chromeOptions\": {";
    let (before, after) = capabilities
        .split_once(options)
        .context("webdriver.json has no goog:chromeOptions")?;
    Ok(format!(
        "{before}{options}\n    \"binary\": {:?},{after}",
        browser.to_string_lossy()
    ))
}

fn e2e(workspace: &Workspace, tools: &Tools) -> Result<Command> {
    page::build(workspace, tools)?;
    let binary = server::build(workspace)?;
    let mut command = workspace.cargo(["test", "--package", "wimpex-e2e", "--no-fail-fast", "--"]);
    tell_browsers(&mut command, tools, &binary);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_is_put_into_the_capabilities() {
        let given = include_str!("../../webdriver.json");
        let made = with_browser(given, Path::new("/opt/a \"b\"/chrome")).unwrap();
        assert!(
            made.contains(r#""binary": "/opt/a \"b\"/chrome","#),
            "{made}"
        );
        assert_eq!(made.matches('{').count(), given.matches('{').count());
        assert!(with_browser("{}", Path::new("/a")).is_err());
    }
}
