//! What can be set, where it comes from, and what it is when nobody says.
//!
//! Every flag has an environment variable `WIMPEX_…` and, under its own name, a key in the
//! configuration file; see [`crate::cli`]. A limit of 0 is no limit.

mod access;
mod base_path;
mod cluster;
mod given;
mod https;
mod mailbox;
mod operation;
mod push;
mod turn;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, ValueEnum};
use ipnet::IpNet;
use wimpex_protocol::limits;
use wimpex_relay::peers::parse_block;

pub use crate::client_address::ForwardedHeader;
pub use access::{AccessConfig, AccessPolicy, Colour, InvalidColour, InvalidSiteLink, SiteLink};
pub use base_path::{BasePath, InvalidBasePath};
pub use cluster::ClusterConfig;
pub use given::{Given, Values};
pub use https::{Domain, HttpsConfig, InvalidDomain};
pub use mailbox::MailboxConfig;
pub use operation::{LogFormat, OperationConfig};
pub use push::PushConfig;
pub use turn::{PortRange, TurnConfig};

/// The Wimpex server: serves the page and carries the signaling between people.
#[derive(Clone, Debug, Parser)]
#[command(name = "wimpex-server", version)]
pub struct Config {
    /// The address and port to listen on for http, which is for a proxy or this machine; port 0
    /// lets the system choose [default: 127.0.0.1:8080; none where https is served]
    #[arg(long, env = "WIMPEX_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,

    /// What this process does; several share the work with the same --secret-file
    #[arg(long, env = "WIMPEX_ROLE", value_enum, default_value_t = Role::All)]
    pub role: Role,

    /// Serve the page from this folder instead of the copy built into the program
    #[arg(long, env = "WIMPEX_PAGE_DIR", value_name = "DIR")]
    pub page_dir: Option<PathBuf>,

    /// The key that keeps guests the same across restarts; made if it does not exist
    /// [default: server-secret in the state folder of this user]
    #[arg(long, env = "WIMPEX_SECRET_FILE", value_name = "FILE")]
    pub secret_file: Option<PathBuf>,

    /// What stands in people's address bars, such as https://call.example.org; logins by key
    /// must be signed for it [default: whatever Host says]
    #[arg(long, env = "WIMPEX_ORIGIN", value_name = "ORIGIN")]
    pub origin: Option<String>,

    /// The path that the page is below, such as /wimpex, where a proxy has other apps at the same
    /// origin; whether it takes that path away when it asks here does not matter
    #[arg(long, env = "WIMPEX_BASE_PATH", value_name = "PATH", default_value_t)]
    pub base_path: BasePath,

    /// Let pages of this origin connect, beside our own; may be repeated
    #[arg(
        long,
        env = "WIMPEX_ALLOW_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub allow_origin: Vec<String>,

    /// Believe what proxies with these addresses, such as 127.0.0.1 or 10.0.0.0/8, say about where
    /// visitors come from; may be repeated
    #[arg(
        long,
        env = "WIMPEX_TRUSTED_PROXY",
        value_name = "CIDR",
        value_parser = parse_block,
        value_delimiter = ','
    )]
    pub trusted_proxy: Vec<IpNet>,

    /// Where trusted proxies say it
    #[arg(long, env = "WIMPEX_FORWARDED_HEADER", value_enum, default_value_t = ForwardedHeader::XForwardedFor)]
    pub forwarded_header: ForwardedHeader,

    #[allow(missing_docs)]
    #[command(flatten)]
    pub https: HttpsConfig,

    #[allow(missing_docs)]
    #[command(flatten)]
    pub access: AccessConfig,

    #[allow(missing_docs)]
    #[command(flatten)]
    pub operation: OperationConfig,

    #[allow(missing_docs)]
    #[command(flatten)]
    pub ice: IceConfig,

    #[allow(missing_docs)]
    #[command(flatten)]
    pub turn: TurnConfig,

    #[allow(missing_docs)]
    #[command(flatten)]
    pub push: PushConfig,

    #[allow(missing_docs)]
    #[command(flatten)]
    pub mailbox: MailboxConfig,

    #[allow(missing_docs)]
    #[command(flatten)]
    pub cluster: ClusterConfig,

    #[allow(missing_docs)]
    #[command(flatten)]
    pub limits: Limits,

    #[allow(missing_docs)]
    #[arg(skip)]
    pub timing: Timing,

    /// How all of it was given.
    #[arg(skip)]
    pub given: Given<Self>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: None,
            role: Role::All,
            page_dir: None,
            secret_file: None,
            origin: None,
            base_path: BasePath::default(),
            allow_origin: Vec::new(),
            trusted_proxy: Vec::new(),
            forwarded_header: ForwardedHeader::default(),
            https: HttpsConfig::default(),
            access: AccessConfig::default(),
            operation: OperationConfig::default(),
            ice: IceConfig::default(),
            turn: TurnConfig::default(),
            push: PushConfig::default(),
            mailbox: MailboxConfig::default(),
            cluster: ClusterConfig::default(),
            limits: Limits::default(),
            timing: Timing::default(),
            given: Given::default(),
        }
    }
}

/// What one process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Everything
    All,
    /// The page and the signaling; clients are told of a relay that runs elsewhere
    Signaling,
    /// STUN and TURN only, so that relayed calls outlive the signaling
    Turn,
}

/// The STUN and TURN servers that clients are told to use.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Other STUN and TURN")]
pub struct IceConfig {
    /// A STUN server, such as stun:stun.example.org:3478; may be repeated
    #[arg(
        long,
        env = "WIMPEX_STUN_URL",
        value_name = "URL",
        value_delimiter = ','
    )]
    pub stun_url: Vec<String>,

    /// A TURN server, such as turn:turn.example.org:3478?transport=udp; may be repeated
    #[arg(
        long,
        env = "WIMPEX_TURN_URL",
        value_name = "URL",
        value_delimiter = ','
    )]
    pub turn_url: Vec<String>,

    /// The secret shared with the TURN server (coturn: static-auth-secret)
    /// [default: for our own, one that follows from the secret file]
    #[arg(
        long,
        env = "WIMPEX_TURN_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub turn_secret: Option<Secret>,

    /// How long TURN credentials of the owners of keys count
    #[arg(long, env = "WIMPEX_TURN_TTL_SECONDS", value_name = "N",
          default_value_t = Self::default().turn_ttl_seconds)]
    pub turn_ttl_seconds: u64,

    /// How long those of guests count, which come with a call; renewed while it lasts
    #[arg(long, env = "WIMPEX_TURN_GUEST_TTL_SECONDS", value_name = "N",
          default_value_t = Self::default().turn_guest_ttl_seconds)]
    pub turn_guest_ttl_seconds: u64,
}

impl Default for IceConfig {
    fn default() -> Self {
        Self {
            stun_url: Vec::new(),
            turn_url: Vec::new(),
            turn_secret: None,
            turn_ttl_seconds: 24 * 60 * 60,
            turn_guest_ttl_seconds: 60 * 60,
        }
    }
}

/// How much one client may ask of the server. 0 turns a limit off.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Limits (0 turns one off)")]
pub struct Limits {
    /// The largest WebSocket message; a larger one closes the socket with 1009
    #[arg(long, env = "WIMPEX_MAX_FRAME_BYTES", value_name = "N",
          default_value_t = Self::default().max_frame_bytes)]
    pub max_frame_bytes: usize,

    /// Messages a second from one connection, with bursts of four times as many
    #[arg(long, env = "WIMPEX_MESSAGES_PER_SECOND", value_name = "N",
          default_value_t = Self::default().messages_per_second)]
    pub messages_per_second: u32,

    /// Bytes a second from one connection, with bursts of eight times as many; more are read
    /// more slowly
    #[arg(long, env = "WIMPEX_BYTES_PER_SECOND", value_name = "N",
          default_value_t = Self::default().bytes_per_second)]
    pub bytes_per_second: u32,

    /// WebSockets from one address (IPv6: from one /64), with the sessions whose WebSocket is lost
    #[arg(long, env = "WIMPEX_CONNECTIONS_PER_ADDRESS", value_name = "N",
          default_value_t = Self::default().connections_per_address)]
    pub connections_per_address: usize,

    /// WebSockets in all, with the sessions whose WebSocket is lost
    #[arg(long, env = "WIMPEX_MAX_CONNECTIONS", value_name = "N",
          default_value_t = Self::default().max_connections)]
    pub max_connections: usize,

    /// Devices of one person; when there is one more, the oldest gives way, first one whose
    /// connection is lost
    #[arg(long, env = "WIMPEX_DEVICES_PER_USER", value_name = "N",
          default_value_t = Self::default().devices_per_user)]
    pub devices_per_user: usize,

    /// Bytes that may wait for all those together whose connection is lost; when there are
    /// more, whoever is owed most is given up
    #[arg(long, env = "WIMPEX_ABSENT_BYTES", value_name = "N",
          default_value_t = Self::default().absent_bytes)]
    pub absent_bytes: usize,

    /// Bytes a second that one address may send to somebody who is not in a call with the
    /// sender, with bursts of eight times as many; more are refused
    #[arg(long, env = "WIMPEX_STRANGER_BYTES_PER_SECOND", value_name = "N",
          default_value_t = Self::default().stranger_bytes_per_second)]
    pub stranger_bytes_per_second: u32,

    /// Calls a minute from one address to one such person, with bursts of 20; more are refused
    #[arg(long, env = "WIMPEX_STRANGER_OFFERS_PER_MINUTE", value_name = "N",
          default_value_t = Self::default().stranger_offers_per_minute)]
    pub stranger_offers_per_minute: u32,

    /// Messages that may wait for one connection; people's are refused beyond it, and beyond
    /// half of it a stranger's; with the server's own it is dropped as too slow
    #[arg(long, env = "WIMPEX_QUEUE_MESSAGES", value_name = "N",
          default_value_t = Self::default().queue_messages)]
    pub queue_messages: usize,

    /// Bytes that may wait for one connection; the same
    #[arg(long, env = "WIMPEX_QUEUE_BYTES", value_name = "N",
          default_value_t = Self::default().queue_bytes)]
    pub queue_bytes: usize,

    /// Seconds between pings; a peer silent for up to three times as long is dropped
    #[arg(long, env = "WIMPEX_PING_SECONDS", value_name = "N",
          default_value_t = Self::default().ping_seconds)]
    pub ping_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_frame_bytes: limits::FRAME_BYTES,
            messages_per_second: 50,
            // What a call needs, many times over; sixteen of the largest messages a second
            // for eight seconds.
            bytes_per_second: 256 * 1024,
            connections_per_address: 64,
            max_connections: 10_000,
            devices_per_user: 16,
            absent_bytes: 8 << 20,
            stranger_bytes_per_second: 32 * 1024,
            stranger_offers_per_minute: 12,
            // Room for the answer to the largest presence-watch, twice.
            queue_messages: 2 * limits::WATCHED_USERS,
            // A client acknowledges every 16 frames at the latest; twice as many of the
            // largest, because whoever is no stranger may always fill half of it.
            queue_bytes: 32 * limits::FRAME_BYTES,
            ping_seconds: 10,
        }
    }
}

/// How long the server waits for what. These are part of the contract, so they
/// are no flags; tests shorten them.
#[derive(Clone, Debug)]
pub struct Timing {
    /// For `login` after `hello`.
    pub login: Duration,
    /// For the whole head of an HTTP request, from the end of the one before.
    pub http_head: Duration,
    /// For a message that comes in fragments, from the first of them.
    pub fragments: Duration,
    /// For any progress of a write.
    pub write: Duration,
    /// For a page that is there to ask for a message that may go straight to it: else it rests.
    pub message_asked: Duration,
    /// For it to say that it has it.
    pub message_kept: Duration,
    /// For each half of the closing handshake, when a socket is closed.
    pub close_handshake: Duration,
    /// How often a peer is pinged; None means [`Limits::ping_seconds`].
    pub ping: Option<Duration>,
    /// With a frame unacknowledged for so long a session that numbers its frames counts
    /// as away, though its socket is there.
    pub unacked: Duration,
    /// After this much silence a session that has lost its socket counts as away.
    pub away: Duration,
    /// After this much silence it ends. Half a minute without a network, and
    /// time to notice and to come back.
    pub keep: Duration,
    /// How often the two are looked after.
    pub tick: Duration,
    /// How many seconds in a row a flood may last before the socket is closed.
    pub flood_seconds: u32,
    /// For all connections to end after a shutdown began.
    pub shutdown: Duration,
    /// Before a certificate authority that was away is asked again for the first time.
    pub acme_retry: Duration,
    /// Between two certificates that are fetched, whatever the clocks say.
    pub acme_pause: Duration,
    /// How often the files of a certificate are looked at.
    pub certificate_files: Duration,
    /// How often it is looked whether this host has another public address.
    pub own_address: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            login: Duration::from_secs(limits::LOGIN_SECONDS),
            http_head: Duration::from_secs(8),
            fragments: Duration::from_secs(10),
            write: Duration::from_secs(10),
            message_asked: Duration::from_secs(5),
            message_kept: Duration::from_secs(10),
            close_handshake: Duration::from_secs(1),
            ping: None,
            unacked: Duration::from_secs(8),
            away: Duration::from_secs(14),
            keep: Duration::from_secs(45),
            tick: Duration::from_millis(500),
            flood_seconds: 5,
            shutdown: Duration::from_secs(4),
            acme_retry: Duration::from_secs(30),
            acme_pause: Duration::from_secs(60 * 60),
            certificate_files: Duration::from_secs(10),
            own_address: Duration::from_secs(5),
        }
    }
}

impl Config {
    /// Where plain http is served, if it is.
    pub fn http_listen(&self) -> Option<SocketAddr> {
        let by_default = SocketAddr::from(([127, 0, 0, 1], 8080));
        self.listen
            .or_else(|| (!self.serves_https()).then_some(by_default))
    }

    /// Where the page is served to people: over https if it is served that way.
    pub fn page_listen(&self) -> IpAddr {
        let https = self.https.listen().first().copied();
        https
            .or_else(|| self.http_listen())
            .map_or(IpAddr::from([127, 0, 0, 1]), |address| address.ip())
    }

    /// Whether this server ends https itself.
    pub fn serves_https(&self) -> bool {
        !self.https.listen().is_empty()
    }

    /// Where the key is kept that guests stay the same by, if not in the place of the platform.
    pub fn secret_file(&self) -> Option<PathBuf> {
        let in_state = || Some(self.operation.state_dir.as_ref()?.join("server-secret"));
        self.secret_file.clone().or_else(in_state)
    }

    /// The folder that state is kept in, if somebody has named one: a flag, or systemd.
    pub fn state_dir(&self) -> Option<PathBuf> {
        let of_systemd = || std::env::var_os("STATE_DIRECTORY").map(PathBuf::from);
        self.operation.state_dir.clone().or_else(of_systemd)
    }

    /// Where the page's earlier builds are kept: in the state folder, or beside the secret file of
    /// who has put that elsewhere.
    pub(crate) fn page_state_folder(&self) -> Option<PathBuf> {
        let beside_secret = || Some(self.secret_file.as_ref()?.parent()?.to_owned());
        self.state_dir()
            .or_else(beside_secret)
            .or_else(crate::secret::state_dir)
    }

    /// What stands in people's address bars, if it is known.
    pub fn own_origin(&self) -> Option<String> {
        self.origin.clone().or_else(|| self.https.origin())
    }

    /// Where the page's links begin, if that is known: its origin, and the path that it is below.
    pub fn home(&self) -> Option<String> {
        Some(self.own_origin()? + self.base_path.as_str())
    }

    /// How often a peer is pinged; None means never, and then silence is no
    /// reason to drop it either.
    pub fn ping_every(&self) -> Option<Duration> {
        let from_flag = Duration::from_secs(self.limits.ping_seconds);
        Some(self.timing.ping.unwrap_or(from_flag)).filter(|every| !every.is_zero())
    }
}

/// A text that must not show up in logs.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_are_consistent_and_their_defaults_are_the_documented_ones() {
        use clap::CommandFactory;
        Config::command().debug_assert();
        let parsed = Config::parse_from(["wimpex-server"]);
        assert_eq!(
            parsed.http_listen(),
            Some(SocketAddr::from(([127, 0, 0, 1], 8080)))
        );
        assert_eq!(parsed.limits.max_frame_bytes, 65_536);
        assert_eq!(parsed.ping_every(), Some(Duration::from_secs(10)));
    }

    #[test]
    fn lists_are_repeated_or_separated_by_commas() {
        let config = Config::parse_from([
            "wimpex-server",
            "--stun-url",
            "stun:a,stun:b",
            "--stun-url=stun:c",
        ]);
        assert_eq!(config.ice.stun_url, ["stun:a", "stun:b", "stun:c"]);
    }

    #[test]
    fn the_turn_secret_is_not_printed() {
        let config = Config::parse_from(["wimpex-server", "--turn-secret", "hush"]);
        assert!(!format!("{config:?}").contains("hush"));
    }
}
