//! The flags of whoever runs the server, and its eyes on it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

/// State, logs and measurements.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Operation")]
pub struct OperationConfig {
    /// The folder that the server keeps its state in
    /// [default: what systemd says, or the state folder of this user]
    #[arg(long, env = "WIMPEX_STATE_DIR", value_name = "DIR")]
    pub state_dir: Option<PathBuf>,

    /// Keep who called people of whom no device was there, so that each of their devices learns it: who
    /// and when, for 30 days, or until they clear their list of calls
    #[arg(long, env = "WIMPEX_MISSED_CALLS", value_name = "BOOL", num_args = 0..=1,
          require_equals = true, default_missing_value = "true", default_value_t = true,
          action = ArgAction::Set)]
    pub missed_calls: bool,

    /// Take the place of the server that uses the same state folder: its ports and its sessions;
    /// it serves its relayed calls to their end. Without one, just start
    #[arg(long, env = "WIMPEX_TAKE_OVER", value_name = "BOOL", num_args = 0..=1,
          require_equals = true, default_missing_value = "true", default_value_t = false,
          action = ArgAction::Set)]
    pub take_over: bool,

    /// Where to serve measurements for Prometheus (/metrics), and /livez and /readyz; not for the
    /// public [default: nowhere]
    #[arg(long, env = "WIMPEX_METRICS_LISTEN", value_name = "ADDRESS")]
    pub metrics_listen: Option<SocketAddr>,

    /// Ask browsers to tell this server when they could not reach it, or something on the page was
    /// refused (Reporting API, Network Error Logging); it is counted and logged, without addresses
    #[arg(long, env = "WIMPEX_REPORTS", value_name = "BOOL", num_args = 0..=1,
          require_equals = true, default_missing_value = "true", default_value_t = false,
          action = ArgAction::Set)]
    pub reports: bool,

    /// What the lines of the log look like
    #[arg(long, env = "WIMPEX_LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
}

impl Default for OperationConfig {
    fn default() -> Self {
        Self {
            state_dir: None,
            missed_calls: true,
            take_over: false,
            metrics_listen: None,
            reports: false,
            log_format: LogFormat::default(),
        }
    }
}

/// What the lines of the log look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    #[default]
    Text,
    /// For programs, one object a line
    Json,
}
