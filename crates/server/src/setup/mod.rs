//! `wimpex-server setup`: three questions, a file, a unit; then a look from within whether all that
//! people need answers, which `wimpex-server check` is alone.

mod answers;
mod files;
mod probes;
mod verdict;

use std::io;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::cli::{Cli, ParseError, SetupArgs};
use crate::config::Config;
use answers::Answers;
use verdict::Verdict;

/// Asks, writes, starts, and checks.
pub async fn setup(args: &SetupArgs) -> ExitCode {
    let answers = match Answers::ask(&mut io::stdin().lock(), &mut io::stdout()) {
        Ok(answers) => answers,
        Err(error) => return failed(&format!("nothing was written: {error}")),
    };
    match files::write_config(&args.file, &answers.to_toml()) {
        Ok(None) => println!("\nWrote {}.", args.file.display()),
        Ok(Some(before)) => println!(
            "\nWrote {}; what was there is in {}.",
            args.file.display(),
            before.display()
        ),
        Err(error) => {
            return failed(&format!("cannot write {}: {error}", args.file.display()));
        }
    }
    let config = match read(&args.file) {
        Ok(config) => config,
        Err(why) => return failed(&why),
    };
    if args.write_only {
        return ExitCode::SUCCESS;
    }
    if let Err(why) = start(&args.file) {
        println!("{why}");
        return ExitCode::SUCCESS;
    }
    println!("Started. Looking whether it answers; a first certificate may take a minute…\n");
    probes::until_ready(&config).await;
    check(&config).await
}

/// Looks from within whether all that people need answers, and says what to do where it does not.
pub async fn check(config: &Config) -> ExitCode {
    let verdicts = probes::all(config).await;
    for verdict in &verdicts {
        println!("{verdict}");
    }
    if verdicts.iter().any(Verdict::is_failure) {
        println!("\nSomething is in people's way: see above.");
        return ExitCode::FAILURE;
    }
    match config.home() {
        Some(home) => {
            println!("\nEverything answers from within. Now open {home}/ from outside.")
        }
        None => println!("\nEverything answers from within."),
    }
    ExitCode::SUCCESS
}

fn failed(why: &str) -> ExitCode {
    eprintln!("{why}");
    ExitCode::FAILURE
}

fn read(file: &Path) -> Result<Config, String> {
    let words = ["wimpex-server", "--config", &file.display().to_string()].map(Into::into);
    match Cli::parse_all(words) {
        Ok(cli) => Ok(cli.settings),
        Err(ParseError::Flags(error)) => Err(error.to_string()),
        Err(ParseError::Faults(faults)) => {
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Err(lines.join("\n"))
        }
    }
}

/// By systemd, where it runs; otherwise in words how.
fn start(file: &Path) -> Result<(), String> {
    if !Path::new("/run/systemd/system").is_dir() {
        return Err(format!(
            "systemd does not run here. Start the server with\n\n    wimpex-server --config {0}\n\nand \
             then look whether everything answers:\n\n    wimpex-server --config {0} check",
            file.display()
        ));
    }
    if let Some(unit) =
        files::write_unit(file).map_err(|error| format!("cannot write the unit: {error}"))?
    {
        println!("Wrote {}.", unit.display());
    }
    for words in [
        &["daemon-reload"][..],
        &["enable", "wimpex-server"],
        &["restart", "wimpex-server"],
    ] {
        let status = Command::new("systemctl").args(words).status();
        if !status.is_ok_and(|status| status.success()) {
            return Err(format!(
                "systemctl {} failed: journalctl --unit wimpex-server says why. Then:\n\n    \
                 wimpex-server --config {} check",
                words.join(" "),
                file.display()
            ));
        }
    }
    Ok(())
}
