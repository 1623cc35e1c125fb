//! The flags of several servers that are one.

use std::path::PathBuf;

use clap::Args;

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
        }
    }
}
