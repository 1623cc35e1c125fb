//! The manual page and the shells' completions, out of the flags' own definitions.

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use super::Cli;

const PROGRAM: &str = "wimpex-server";

/// What a shell needs to complete our command line, in its own language.
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), PROGRAM, &mut text);
    text
}

/// wimpex-server(1), as roff.
pub fn manual() -> Vec<u8> {
    let mut text = Vec::new();
    // Nothing fails that is written into memory.
    let _ = Man::new(Cli::command()).render(&mut text);
    text
}
