//! `cargo xtask replay FILE`: plays a saved record again, and shows what happened.

use std::process::ExitCode;

use wimpex_record::{Record, replay};

fn main() -> ExitCode {
    let Some(file) = std::env::args_os().nth(1) else {
        eprintln!("which file? one that \"Save diagnostics\" has written");
        return ExitCode::from(2);
    };
    match show(file.as_ref()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {}: {error}", file.display());
            ExitCode::from(2)
        }
    }
}

/// Whether the replay went the way that was recorded.
fn show(file: &std::path::Path) -> Result<bool, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let record = Record::parse(&text).map_err(|error| error.to_string())?;
    let replay = replay(&record);
    println!("{}", record.browser);
    for line in record.timeline() {
        println!("{line}");
    }
    println!("{} readings of the quality", record.readings.len());
    if let Some(ended) = &replay.machine.snapshot().ended {
        println!("the last call ended: {:?}", ended.reason);
    }
    for difference in &replay.differences {
        println!("another way than recorded: {difference}");
    }
    if record.dropped > 0 && record.memory.is_none() {
        println!(
            "{} inputs before these are not in the record, so that differences mean little",
            record.dropped
        );
    }
    Ok(replay.differences.is_empty())
}
