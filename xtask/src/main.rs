//! The developer's commands: `cargo xtask COMMAND`.
//!
//! It knows how the pieces are built, served and tested, and which tools that
//! takes. It must not know what the pieces do: it talks to them through cargo,
//! command-line flags and environment variables only.

mod bench;
mod checks;
mod cli;
mod dev;
mod fuzz;
mod mutants;
mod natlab;
mod page;
mod proc;
mod proof;
mod reproduce;
mod run;
mod say;
mod server;
mod size;
mod soak;
mod tally;
mod testing;
mod tidy;
mod tools;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match cli.perform() {
        Ok(code) => code,
        Err(error) => {
            say::error(&error);
            ExitCode::FAILURE
        }
    }
}
