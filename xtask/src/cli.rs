//! The command line: which commands there are, and which module does each.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::testing::Part;
use crate::tools::{Tools, Wanted, ensure_trunk};
use crate::workspace::Workspace;
use crate::{
    audit, bench, checks, dev, first_call, fuzz, model, mutants, natlab, package, page, proc,
    reproduce, run, server, size, sizes, soak, stress, testing, tidy, town,
};

/// Wimpex: the developer's commands.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set up, build in release, and serve on http://127.0.0.1:8080
    Run {
        /// Flags for the server, after `--` (see `cargo xtask run -- --help`)
        #[arg(last = true, value_name = "SERVER FLAGS")]
        flags: Vec<String>,
    },
    /// Serve on http://127.0.0.1:8081, rebuild and reload on every change
    Dev {
        /// Flags for the server, after `--`
        #[arg(last = true, value_name = "SERVER FLAGS")]
        flags: Vec<String>,
    },
    /// Build the page and the server in release
    Build,
    /// Build the server as packages: .deb, .rpm, an OCI image, and a program that needs no library
    Package {
        /// For 64-bit ARM too
        #[arg(long)]
        arm64: bool,
    },
    /// From the package and a bare Debian to the first call over https, by the clock; takes root
    FirstCall,
    /// Run the tests: unit, wasm (in headless Chromium) and e2e (two browsers, one server)
    Test {
        /// Only this part
        part: Option<Part>,
        /// Arguments for the test harness, after `--`, such as part of a test's name
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// fmt, tidy, clippy with warnings denied, size budget, tests
    Ci {
        /// Everything but the tests
        #[arg(long)]
        no_test: bool,
    },
    /// Arrows between places, circles of imports, names used twice, links that lead nowhere
    Tidy,
    /// The long runs: restarts, hundreds of calls, random stories, the whole model
    Soak,
    /// The bytes of a first load, by file, and their budget
    Size,
    /// Build the last commit once more, at another path from nothing, and compare page and packages
    Reproduce,
    /// Compare with a bare page: time to the first frame; size; cost of the relay
    Bench,
    /// What Lighthouse says of the page's speed, accessibility and practices
    Audit,
    /// How many people and relayed calls a machine is good for, measured on this one
    Sizes,
    /// A town on this machine: people, logins and calls on one, two and three nodes, one of which dies;
    /// and larger towns, reckoned and simulated from that
    Town {
        /// How many people
        people: Option<u32>,
    },
    /// Calls across NATs of every kind, in network namespaces; takes root
    Natlab {
        /// Only scenes with this in their names
        only: Option<String>,
        /// What the page measures beside what the routers count in Firefox too
        #[arg(long)]
        firefox: bool,
    },
    /// Explore every state of a call within bounds, and draw the state diagram
    Model {
        /// Only configurations with this in their name
        only: Vec<String>,
    },
    /// Seed faults into the call, verification and the handshake: each must be found
    Mutants {
        /// Only faults with this in their description or file
        only: Option<String>,
    },
    /// Fuzz the frame decoder, the call's machine, and what comes over data channels
    Fuzz {
        /// How long each, after `--`
        #[arg(last = true, value_name = "SECONDS")]
        seconds: Option<u32>,
    },
    /// Attack one server in every known way at once, and print what honest people notice
    Stress {
        /// How long, after `--`
        #[arg(last = true, value_name = "SECONDS")]
        seconds: Option<u32>,
    },
    /// Play a file of "Save diagnostics" again, and show what happened
    Replay {
        /// The file
        file: std::path::PathBuf,
    },
    /// Install the tools that the other commands need
    Setup {
        /// Chromium, Firefox and WebKitGTK with their drivers, axe-core, coturn's clients, pebble,
        /// nats-server, nginx, Caddy, Traefik, promtool and debootstrap too, which the tests need
        #[arg(long)]
        tests: bool,
        /// Firefox and its driver too; `--tests` has them
        #[arg(long)]
        firefox: bool,
        /// WebKitGTK's driver and Xvfb too; `--tests` has them
        #[arg(long)]
        webkit: bool,
    },
}

impl Cli {
    /// Does what the command line asks for.
    pub(crate) fn perform(self) -> Result<ExitCode> {
        proc::end_children_on_signals()?;
        let workspace = Workspace::locate()?;
        match self.command {
            Command::Run { flags } => run::run(&workspace, &flags),
            Command::Dev { flags } => dev::dev(&workspace, &flags),
            Command::Build => {
                let tools = Tools::ensure(&workspace, Wanted::default())?;
                page::build(&workspace, &tools)?;
                server::build(&workspace)?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Package { arm64 } => {
                let tools = Tools::ensure(&workspace, Wanted::default())?;
                package::package(&workspace, &tools, arm64)?;
                Ok(ExitCode::SUCCESS)
            }
            Command::FirstCall => first_call::first_call(&workspace),
            Command::Test { part, args } => testing::test(&workspace, part, &args),
            Command::Ci { no_test } => checks::ci(&workspace, !no_test),
            Command::Tidy => {
                tidy::tidy(&workspace)?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Size => {
                let tools = Tools::ensure(&workspace, Wanted::default())?;
                size::size(&workspace, &tools)?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Reproduce => {
                let tools = Tools::ensure(&workspace, Wanted::default())?;
                reproduce::reproduce(&workspace, &tools)
            }
            Command::Replay { file } => {
                let run = [
                    "run",
                    "--quiet",
                    "--package",
                    "wimpex-record",
                    "--bin",
                    "replay",
                    "--",
                ];
                // Cargo is called in the root, wherever we are.
                let here = std::env::current_dir()?;
                proc::check(workspace.cargo(run).arg(here.join(file)))?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Soak => soak::soak(&workspace),
            Command::Natlab { only, firefox } => {
                natlab::natlab(&workspace, only.as_deref(), firefox)
            }
            Command::Audit => audit::audit(&workspace),
            Command::Bench => bench::bench(&workspace),
            Command::Sizes => sizes::sizes(&workspace),
            Command::Town { people } => town::town(&workspace, people),
            Command::Model { only } => model::model(&workspace, &only),
            Command::Mutants { only } => mutants::mutants(&workspace, only.as_deref()),
            Command::Stress { seconds } => {
                stress::stress(&workspace, seconds.unwrap_or(stress::SECONDS))
            }
            Command::Fuzz { seconds } => fuzz::fuzz(&workspace, seconds.unwrap_or(60)),
            Command::Setup {
                tests,
                firefox,
                webkit,
            } => {
                ensure_trunk(&workspace)?;
                Tools::ensure(
                    &workspace,
                    Wanted {
                        test_runner: tests,
                        chromium: tests,
                        firefox: firefox || tests,
                        axe: tests,
                        node_ws: false,
                        aiortc: false,
                        webkit: webkit || tests,
                        coturn: tests,
                        hosting: tests,
                        traefik: tests,
                        packages: tests,
                        python: tests,
                        networks: tests,
                        sound: tests,
                    },
                )?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_after_the_dashes_go_to_the_server() {
        let cli = Cli::parse_from(["xtask", "run", "--", "--listen", "127.0.0.1:0"]);
        let Command::Run { flags } = cli.command else {
            panic!("expected run");
        };
        assert_eq!(flags, ["--listen", "127.0.0.1:0"]);
    }

    #[test]
    fn a_test_takes_a_part_and_a_filter() {
        let cli = Cli::parse_from(["xtask", "test", "e2e", "--", "glare"]);
        let Command::Test { part, args } = cli.command else {
            panic!("expected test");
        };
        assert_eq!(part, Some(Part::E2e));
        assert_eq!(args, ["glare"]);
    }

    #[test]
    fn the_laboratory_takes_a_name_and_firefox() {
        let cli = Cli::parse_from(["xtask", "natlab", "relay", "--firefox"]);
        let Command::Natlab { only, firefox } = cli.command else {
            panic!("expected natlab");
        };
        assert_eq!((only.as_deref(), firefox), (Some("relay"), true));
    }

    #[test]
    fn an_unknown_command_is_refused_with_a_hint() {
        let message = Cli::try_parse_from(["xtask", "rum"])
            .expect_err("rum is no command")
            .to_string();
        assert!(message.contains("'run'"), "{message}");
    }
}
