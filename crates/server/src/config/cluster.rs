//! The flags of several servers that are one.

use std::path::PathBuf;

use clap::{ArgAction, Args};

/// Several servers as one, by NATS.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Several servers as one")]
pub struct ClusterConfig {
    /// The NATS servers by which this server is one with others that name the same; separate several
    /// by commas, like nats://a.example,tls://b.example:4222. A user and a password may stand before
    /// the name [default: it is alone]
    #[arg(long, env = "WIMPEX_NATS", value_name = "URL", value_delimiter = ',')]
    pub nats: Vec<String>,

    /// What the subjects of these servers begin with, where others use the same NATS
    #[arg(
        long,
        env = "WIMPEX_NATS_PREFIX",
        value_name = "PREFIX",
        default_value = "wimpex"
    )]
    pub nats_prefix: String,

    /// A file with credentials for NATS (.creds)
    #[arg(long, env = "WIMPEX_NATS_CREDENTIALS", value_name = "FILE")]
    pub nats_credentials: Option<PathBuf>,

    /// A file with the certificates (PEM) that those of the NATS servers are checked by, beside the
    /// system's
    #[arg(long, env = "WIMPEX_NATS_CA", value_name = "FILE")]
    pub nats_ca: Option<PathBuf>,

    /// A file with the certificate (PEM) that this server shows to NATS
    #[arg(
        long,
        env = "WIMPEX_NATS_CERT",
        value_name = "FILE",
        requires = "nats_key"
    )]
    pub nats_cert: Option<PathBuf>,

    /// A file with the key to it
    #[arg(
        long,
        env = "WIMPEX_NATS_KEY",
        value_name = "FILE",
        requires = "nats_cert"
    )]
    pub nats_key: Option<PathBuf>,

    /// Where this process is, as the host calls it; on a server, the next names are of regions that are
    /// near, the nearest first. People are told the nearest two relays of those that run elsewhere
    /// (--role turn with --nats)
    #[arg(
        long,
        env = "WIMPEX_REGION",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub region: Vec<String>,

    /// Keep in NATS what the servers keep of people: calls that were missed, subscriptions to web push,
    /// messages; each server finds what another has kept. NATS needs JetStream for it
    /// (`nats-server -js`)
    #[arg(long, env = "WIMPEX_NATS_STORE", value_name = "BOOL", num_args = 0..=1,
          require_equals = true, default_missing_value = "true", default_value_t = false,
          action = ArgAction::Set)]
    pub nats_store: bool,

    /// On how many servers of a NATS cluster that is kept: 3 outlive the loss of one
    #[arg(long, env = "WIMPEX_NATS_REPLICAS", value_name = "NUMBER", default_value_t = 1,
          value_parser = clap::value_parser!(u8).range(1..=5))]
    pub nats_replicas: u8,
}

impl Default for ClusterConfig {
    fn default() -> Self {
        Self {
            nats: Vec::new(),
            nats_prefix: "wimpex".to_owned(),
            nats_credentials: None,
            nats_ca: None,
            nats_cert: None,
            nats_key: None,
            region: Vec::new(),
            nats_store: false,
            nats_replicas: 1,
        }
    }
}
