//! The developer's commands: `cargo xtask COMMAND`.
//!
//! It knows how the pieces are built, served and tested, and which tools that
//! takes. It must not use their code: it talks to them through cargo, command-line
//! flags, environment variables and what they print.

mod audit;
mod bench;
mod checks;
mod cli;
mod dev;
mod first_call;
mod fuzz;
mod model;
mod mutants;
mod natlab;
mod package;
mod page;
mod proc;
mod report;
mod reproduce;
mod run;
mod server;
mod size;
mod sizes;
mod soak;
mod stress;
mod test_counts;
mod testing;
mod tidy;
mod tools;
mod town;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match cli.perform() {
        Ok(code) => code,
        Err(error) => {
            report::error(&error);
            ExitCode::FAILURE
        }
    }
}
