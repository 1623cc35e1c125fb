//! The host's end of the socket: `wimpex-server admin …`.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Answer, Request, SOCKET, backup};

/// Longer than the server takes for anything.
const PATIENCE: Duration = Duration::from_secs(10);
/// Before a server is asked again whose place another one takes.
const PAUSE: Duration = Duration::from_millis(50);
/// The disk may be slow, and the store large.
const SNAPSHOT_PATIENCE: Duration = Duration::from_secs(10 * 60);
const ANSWER_BYTES: u64 = 16 << 20;
/// Where the packages' unit keeps it.
const PACKAGED: &str = "/var/lib/wimpex";

/// Talks to the server that runs on this host
#[derive(Clone, Debug, Args)]
pub struct AdminArgs {
    /// What to do
    #[command(subcommand)]
    command: AdminCommand,

    /// The server's state folder [default: --state-dir, /var/lib/wimpex, or that of this user]
    #[arg(long, value_name = "DIR", global = true)]
    folder: Option<PathBuf>,

    /// Print JSON, for programs
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Clone, Debug, Subcommand)]
enum AdminCommand {
    /// Who is there, since when it runs, and whether it is drained
    Status,
    /// The devices that are logged in, by people's ids
    Sessions {
        /// So many at most
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Disconnect somebody, who may come back
    Kick {
        /// Their id or link
        user: String,
    },
    /// Disconnect somebody, and let them in no more
    Block {
        /// Their id or link
        user: String,
    },
    /// Let somebody in again
    Unblock {
        /// Their id or link
        user: String,
    },
    /// Make an invitation link, for a server with --access invited
    Invite {
        /// So many people may come by it
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        uses: u32,
        /// For so long, such as 12h, 7d or 4w
        #[arg(long, default_value = "7d", value_parser = duration)]
        expires: Duration,
    },
    /// The invitations that there are, and who is shut out
    Invitations,
    /// Take an invitation back
    Revoke {
        /// As `invitations` lists it
        id: String,
        /// Let those in no more either who have come by it
        #[arg(long)]
        with_people: bool,
    },
    /// What the relay does
    Turn,
    /// The certificate that people are shown
    Certificates,
    /// Let nobody new in, before the server is stopped; those who are there stay, or go to other
    /// servers if there are any
    Drain {
        /// Let people in again
        #[arg(long)]
        off: bool,
    },
    /// Read the configuration, certificates and the list of people again; says what needs a restart
    Reload,
    /// Copy the state folder into one new file
    Backup {
        /// The file, which must not be there
        file: PathBuf,
    },
    /// Put a backup in the place of the state folder; the server must be stopped
    Restore {
        /// The file
        file: PathBuf,
    },
}

/// Does it, and returns what to print.
///
/// # Errors
/// Why it was not done, in words.
pub fn perform(args: &AdminArgs, state_dir: Option<&Path>) -> Result<String, String> {
    let folder = args
        .folder
        .clone()
        .or_else(|| state_dir.map(Path::to_owned));
    let folder = folder.unwrap_or_else(default_folder);
    let answer = match &args.command {
        AdminCommand::Backup { file } => {
            // What a server that runs is writing at this moment is of no use.
            let runs = UnixStream::connect(folder.join(SOCKET)).is_ok();
            if runs {
                ask(&folder, &Request::Snapshot)?;
            }
            let count = backup::backup(&folder, file, runs)
                .map_err(|error| format!("cannot back up {}: {error}", folder.display()))?;
            json!({ "file": file, "files": count })
        }
        AdminCommand::Restore { file } => {
            if UnixStream::connect(folder.join(SOCKET)).is_ok() {
                return Err(
                    "the server runs: stop it first (systemctl stop wimpex-server)".to_owned(),
                );
            }
            let before = backup::restore(file, &folder)
                .map_err(|error| format!("cannot restore {}: {error}", file.display()))?;
            json!({ "folder": folder, "before": before })
        }
        command => ask(&folder, &request(command))?,
    };
    Ok(if args.json {
        format!("{answer}\n")
    } else {
        in_words(&args.command, &answer)
    })
}

/// Where packages have the state folder, or where this user has it.
pub(crate) fn default_folder() -> PathBuf {
    let packaged = PathBuf::from(PACKAGED);
    let own = crate::secret::state_dir();
    match own {
        Some(own) if !packaged.exists() => own,
        _ => packaged,
    }
}

fn request(command: &AdminCommand) -> Request {
    match command.clone() {
        AdminCommand::Status | AdminCommand::Backup { .. } | AdminCommand::Restore { .. } => {
            Request::Status
        }
        AdminCommand::Sessions { limit } => Request::Sessions { limit },
        AdminCommand::Kick { user } => Request::Kick { user },
        AdminCommand::Block { user } => Request::Block { user },
        AdminCommand::Unblock { user } => Request::Unblock { user },
        AdminCommand::Invite { uses, expires } => Request::Invite {
            uses,
            seconds: expires.as_secs(),
        },
        AdminCommand::Invitations => Request::Invitations,
        AdminCommand::Revoke { id, with_people } => Request::Revoke { id, with_people },
        AdminCommand::Turn => Request::Turn,
        AdminCommand::Certificates => Request::Certificates,
        AdminCommand::Drain { off } => Request::Drain { on: !off },
        AdminCommand::Reload => Request::Reload,
    }
}

fn ask(folder: &Path, request: &Request) -> Result<Value, String> {
    let path = folder.join(SOCKET);
    let asked = Instant::now();
    loop {
        let mut stream = UnixStream::connect(&path).map_err(|error| {
            let hint = match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                    "; no server runs with this state folder: systemctl status wimpex-server, or --folder"
                }
                io::ErrorKind::PermissionDenied => "; only root and the server's own user may",
                _ => "",
            };
            format!("cannot reach the server at {}: {error}{hint}", path.display())
        })?;
        let error = match talk(&mut stream, request) {
            Ok(Answer::Done(value)) => return Ok(value),
            Ok(Answer::Refused(why)) => return Err(why),
            Ok(Answer::AskAgain) => io::Error::other("another one is taking its place"),
            // It has ended, and another one may have its place: what is carried out is answered.
            Err(error) if is_cut_off(&error) => error,
            Err(error) => return Err(format!("the server did not answer: {error}")),
        };
        if asked.elapsed() > PATIENCE {
            return Err(format!("the server did not answer: {error}"));
        }
        thread::sleep(PAUSE);
    }
}

fn talk(stream: &mut UnixStream, request: &Request) -> io::Result<Answer> {
    let patience = match request {
        Request::Snapshot => SNAPSHOT_PATIENCE,
        _ => PATIENCE,
    };
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut text = String::new();
    BufReader::new(stream.take(ANSWER_BYTES)).read_line(&mut text)?;
    if text.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_str(&text)?)
}

fn is_cut_off(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof
    )
}

/// For people.
fn in_words(command: &AdminCommand, answer: &Value) -> String {
    let text = |key: &str| match &answer[key] {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    match command {
        AdminCommand::Kick { .. } => format!("Disconnected {} devices.\n", text("ended-sessions")),
        AdminCommand::Block { .. } => format!(
            "Shut out; disconnected {} devices.\n",
            text("ended-sessions")
        ),
        AdminCommand::Unblock { .. } => "Let in again.\n".to_owned(),
        AdminCommand::Revoke { .. } => "Taken back.\n".to_owned(),
        AdminCommand::Invite { .. } => {
            let mut words = format!("{}\n", text("link"));
            if answer["counts"] == false {
                words += "Everybody whom --access lets in needs no invitation: this link counts only \
                          with --access invited.\n";
            }
            if text("link").starts_with('/') {
                words += "Put the address of this server before it; with --domain or --origin it \
                          would stand there.\n";
            }
            words
        }
        AdminCommand::Drain { off: true } => "People are let in again.\n".to_owned(),
        AdminCommand::Drain { off: false } if answer["moving"] == true => format!(
            "Nobody new is let in; {} devices are still there, and go to other servers.\n",
            text("sessions")
        ),
        AdminCommand::Drain { off: false } => format!(
            "Nobody new is let in; {} devices are still there.\n",
            text("sessions")
        ),
        AdminCommand::Reload => {
            let listed = |key: &str| {
                let keys = answer[key].as_array().into_iter().flatten();
                let keys: Vec<&str> = keys.filter_map(Value::as_str).collect();
                keys.join(", ")
            };
            let mut words =
                "Read again: the configuration, certificates and the list of people.\n".to_owned();
            for (key, what) in [("changed", "New"), ("restart-needed", "Restart needed for")] {
                let listed = listed(key);
                if !listed.is_empty() {
                    let _ = writeln!(words, "{what}: {listed}");
                }
            }
            words
        }
        AdminCommand::Backup { .. } => {
            format!("{} files are in it. Keep it secret.\n", text("files"))
        }
        AdminCommand::Restore { .. } => match &answer["before"] {
            Value::String(before) => format!("Restored. What was there before is in {before}.\n"),
            _ => "Restored.\n".to_owned(),
        },
        AdminCommand::Certificates => {
            let domains = answer["domains"].as_array().map_or(0, Vec::len);
            match answer["until"].as_u64() {
                Some(until) => format!("For {domains} names; it ends {}.\n", from_now(until)),
                None => "There is none yet; the log says why.\n".to_owned(),
            }
        }
        AdminCommand::Sessions { .. } => {
            let mut words = format!("{} devices are logged in.\n", text("count"));
            for session in answer["sessions"].as_array().into_iter().flatten() {
                let state = if session["is_connected"] == true {
                    ""
                } else {
                    "  connection lost"
                };
                let user = session["user"].as_str().unwrap_or_default();
                let _ = writeln!(
                    words,
                    "{:>8}  {user}{state}",
                    session["session"].to_string()
                );
            }
            words
        }
        AdminCommand::Invitations => {
            let mut words = String::new();
            for one in answer["invitations"].as_array().into_iter().flatten() {
                let _ = writeln!(
                    words,
                    "{}  {} of {} used, {} {}",
                    one["id"].as_str().unwrap_or_default(),
                    one["used"],
                    one["uses"],
                    if one["good"] == true { "ends" } else { "over;" },
                    one["until"].as_u64().map(from_now).unwrap_or_default(),
                );
            }
            let _ = writeln!(
                words,
                "{} people have come by invitations.",
                text("admitted")
            );
            for user in answer["blocked"].as_array().into_iter().flatten() {
                let _ = writeln!(words, "shut out: {}", user.as_str().unwrap_or_default());
            }
            words
        }
        AdminCommand::Status | AdminCommand::Turn => {
            let mut words = String::new();
            for (key, value) in answer.as_object().into_iter().flatten() {
                let value = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                let _ = writeln!(words, "{:<22}{value}", key.replace('-', " "));
            }
            words
        }
    }
}

fn from_now(until: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |since| since.as_secs());
    let in_units = |seconds: u64| match seconds {
        0..7_200 => format!("{} minutes", seconds / 60),
        7_200..172_800 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    };
    match until.checked_sub(now) {
        Some(left) => format!("in {}", in_units(left)),
        None => format!("{} ago", in_units(now - until)),
    }
}

/// Such as 90m, 12h, 7d or 4w; a year at most.
fn duration(text: &str) -> Result<Duration, String> {
    const MOST: Duration = Duration::from_secs(366 * 86_400);
    let wrong = || "it looks like 12h, 7d or 4w, and is a year at most".to_owned();
    let split = text.len().checked_sub(1).ok_or_else(wrong)?;
    let (number, unit) = text.split_at_checked(split).ok_or_else(wrong)?;
    let seconds = match unit {
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let duration = number.checked_mul(seconds).map(Duration::from_secs);
    duration
        .filter(|duration| !duration.is_zero() && *duration <= MOST)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_and_an_end() {
        assert_eq!(duration("7d"), Ok(Duration::from_secs(604_800)));
        assert_eq!(duration("90m"), Ok(Duration::from_secs(5_400)));
        for wrong in [
            "",
            "7",
            "d",
            "0d",
            "-1d",
            "99999999999999999999d",
            "2000d",
            "7ä",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
