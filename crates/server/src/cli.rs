//! The command line: what to do, and the configuration for it out of flags, environment
//! and a file.
//!
//! The definitions of [`Config`] are the only source. A key of the file is a flag without
//! its dashes, and its value becomes the flag's default, so that environment and flags go
//! before it.

mod check;
mod documents;
mod environment;
mod example;
mod fault;
mod file;
mod value;

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::{OsStr, Resettable};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::{Config, Given};
pub use documents::{completions, manual};
pub use example::example;
pub use fault::{Fault, Place};

/// What was typed.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "wimpex-server",
    version,
    about = "The Wimpex server: serves the page and carries the signaling between people"
)]
pub struct Cli {
    /// What to do [default: serve]
    #[command(subcommand)]
    pub action: Option<Action>,

    /// A TOML file with the flags below as keys, such as listen = "127.0.0.1:8080"; environment
    /// and flags go before it
    #[arg(long, env = "WIMPEX_CONFIG", value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,

    #[allow(missing_docs)]
    #[command(flatten)]
    pub settings: Config,
}

/// What else the program does.
#[derive(Clone, Debug, Subcommand)]
pub enum Action {
    /// Say everything that is wrong with the configuration, and where; nothing is started
    CheckConfig,
    /// Print a configuration file with everything that can be set and what it is by default
    ExampleConfig,
    /// Print what a shell needs to complete this command line
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, as roff
    Man,
    /// Talk to the server that runs on this host
    #[cfg(unix)]
    Admin(crate::admin::AdminArgs),
    /// Ask three questions, write configuration and unit, start the server, and check it
    #[cfg(unix)]
    Setup(SetupArgs),
    /// Look from within whether all that people need answers: name, ports, certificate, STUN and
    /// TURN, and say what to do where it does not
    #[cfg(unix)]
    Check,
}

/// What `setup` is told on the command line.
#[derive(Clone, Debug, Args)]
pub struct SetupArgs {
    /// The configuration file that is written; one that is there is kept beside it
    #[arg(long, value_name = "FILE", default_value = "/etc/wimpex/server.toml")]
    pub file: PathBuf,

    /// Only write the file: no unit, nothing started, nothing checked
    #[arg(long)]
    pub write_only: bool,
}

/// Why there is no [`Cli`].
#[derive(Debug)]
pub enum ParseError {
    /// Flags that make no sense; or help, which was asked for.
    Flags(clap::Error),
    /// Everything that is wrong with file and environment, in the order of the places.
    Faults(Vec<Fault>),
}

impl Cli {
    /// From the arguments of this process, its environment, and the file that is named in either.
    ///
    /// # Errors
    /// See [`ParseError`].
    pub fn parse_all(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, ParseError> {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        Self::parse_as(&arguments, false)
    }

    /// With everything checked, as `check-config` does, if `is_checked`.
    fn parse_as(arguments: &[OsString], is_checked: bool) -> Result<Self, ParseError> {
        let mut command = Self::command();
        command.build();
        let early = command
            .clone()
            .ignore_errors(true)
            .try_get_matches_from(arguments)
            // Help and version are all that is left of errors.
            .map_err(ParseError::Flags)?;
        let is_check = is_checked || matches!(early.subcommand(), Some(("check-config", _)));

        let mut faults = Vec::new();
        let mut lines = HashMap::new();
        let path: Option<PathBuf> = early.get_one::<PathBuf>("config").cloned();
        let mut with_file = Self::command();
        if let Some(path) = &path {
            let read = file::read(path, &command);
            faults.extend(read.faults);
            for setting in read.settings {
                lines.insert(setting.id.clone(), setting.place);
                with_file = with_file.mut_arg(setting.id, |arg| arg.default_values(setting.values));
            }
        }
        faults.extend(environment::faults(&command, is_check));
        if !faults.is_empty() && !is_check {
            return Err(ParseError::Faults(faults));
        }
        // What is known to be wrong is left out, so that the rest is looked at too.
        let is_broken = |name: &str| {
            let place = Place::Environment(name.to_owned());
            faults.iter().any(|fault| fault.place == place)
        };
        with_file = with_file.mut_args(|arg| match arg.get_env() {
            Some(name) if is_broken(&name.to_string_lossy()) => arg.env(Resettable::<OsStr>::Reset),
            _ => arg,
        });
        let matches = with_file
            .try_get_matches_from(arguments)
            .map_err(ParseError::Flags)?;
        let mut cli = Self::from_arg_matches(&matches).map_err(ParseError::Flags)?;
        cli.settings.given = given(&command, &matches, arguments);
        if is_check {
            let places = Places {
                command: &command,
                matches: &matches,
                file: path.as_deref(),
                lines: &lines,
            };
            let wrong = check::faults(&cli.settings);
            faults.extend(wrong.into_iter().map(|wrong| Fault {
                place: places.of(wrong.key),
                text: format!("{}: {}", wrong.key, wrong.text),
            }));
            if !faults.is_empty() {
                // One after another as they stand; what is said of the whole file at its end.
                faults.sort_by(|a, b| a.place.cmp(&b.place));
                return Err(ParseError::Faults(faults));
            }
        }
        Ok(cli)
    }
}

/// What every setting was given as, and how to read all of it again.
fn given(command: &Command, matches: &ArgMatches, arguments: &[OsString]) -> Given<Config> {
    let values = value::settings(command).filter_map(|arg| {
        let raw = matches.get_raw(arg.get_id().as_str());
        let values = raw.map(|values| values.map(ToOwned::to_owned).collect());
        Some((arg.get_long()?.to_owned(), values.unwrap_or_default()))
    });
    let arguments = arguments.to_vec();
    Given::new(values.collect(), move || {
        let read = Cli::parse_as(&arguments, true);
        read.map(|cli| cli.settings).map_err(|error| match error {
            ParseError::Flags(error) => vec![error.to_string()],
            ParseError::Faults(faults) => faults.iter().map(ToString::to_string).collect(),
        })
    })
}

/// Where values came from.
struct Places<'a> {
    command: &'a Command,
    matches: &'a ArgMatches,
    file: Option<&'a Path>,
    /// By the id of the argument.
    lines: &'a HashMap<String, Place>,
}

impl Places<'_> {
    fn of(&self, key: &str) -> Place {
        let flag = || Place::Flag(format!("--{key}"));
        let Some(arg) = value::argument(self.command, key) else {
            return flag();
        };
        let id = arg.get_id().as_str();
        match self.matches.value_source(id) {
            Some(ValueSource::CommandLine) => flag(),
            Some(ValueSource::EnvVariable) => arg.get_env().map_or_else(flag, |name| {
                Place::Environment(name.to_string_lossy().into_owned())
            }),
            _ => match (self.lines.get(id), self.file) {
                (Some(place), _) => place.clone(),
                // It is missing there, or its default does not suit the rest.
                (None, Some(file)) => Place::File {
                    path: file.to_owned(),
                    position: None,
                },
                (None, None) => flag(),
            },
        }
    }
}
