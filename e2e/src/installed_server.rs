//! The server's Debian package, installed into a bare system and started there as its unit would:
//! in a root of its own, without any right but that to low ports, told by `NOTIFY_SOCKET` from.
//!
//! Nothing is done that docs/hosting.md does not say, but for what stands for the world: a network
//! of our own, and a certificate authority of tests.

use std::env;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::net_lab::{Namespace, PUBLIC_V4, command_in};
use crate::process::Process;
use crate::wait::wait_until;

/// What the host has in DNS.
pub const NAME: &str = "call.example.test";
/// An id that nobody else has, as `DynamicUser=` picks one.
const USER: u32 = 64_123;
const AUTHORITY_PORT: u16 = 14_000;
const MANAGEMENT_PORT: u16 = 15_000;
const DNS_PORT: u16 = 8053;
/// systemd's `DefaultTimeoutStartSec=`.
const START: Duration = Duration::from_secs(90);

/// A system with nothing on it, and the package.
pub struct BareSystem {
    root: TempDir,
    package: PathBuf,
}

impl BareSystem {
    /// A copy of the system that debootstrap has made in `WIMPEX_BARE_ROOT`, for the package in
    /// `WIMPEX_DEB`; `None` where these say nothing.
    pub fn new() -> Option<Self> {
        let (made, package) = (env::var_os("WIMPEX_BARE_ROOT")?, env::var_os("WIMPEX_DEB")?);
        let root = TempDir::with_prefix("wimpex-e2e-root-").expect("a temporary directory");
        run(Command::new("cp")
            .arg("--archive")
            .arg(Path::new(&made).join("."))
            .arg(root.path()));
        // Made by a service that runs under this name in the other half.
        fs::set_permissions(root.path(), PermissionsExt::from_mode(0o755)).expect("our own root");
        Some(Self {
            root,
            package: package.into(),
        })
    }

    /// A command in it, as root.
    fn command(&self, namespace: &Namespace, words: &[&str]) -> Command {
        let mut command = command_in(Some(namespace.name()), "/usr/sbin/chroot");
        command.arg(self.root.path()).args(words);
        command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("DEBIAN_FRONTEND", "noninteractive");
        command
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.root.path().join(inside.trim_start_matches('/'))
    }

    /// `apt-get install ./wimpex-server_….deb`.
    pub fn install(&self, namespace: &Namespace) {
        let inside = self.path("/tmp/wimpex-server.deb");
        fs::copy(&self.package, inside).expect("the package can be copied");
        let words = ["apt-get", "install", "--yes", "/tmp/wimpex-server.deb"];
        run(&mut self.command(namespace, &words));
    }

    /// Writes the configuration file.
    pub fn configure(&self, text: &str) {
        fs::write(self.path("/etc/wimpex/server.toml"), text).expect("the package made the folder");
    }

    /// What `wimpex-server check` says as root, whether all is well or not: the name and the authority are
    /// the laboratory's own.
    pub fn check(&self, namespace: &Namespace) -> String {
        let words = [
            "wimpex-server",
            "--config",
            "/etc/wimpex/server.toml",
            "check",
        ];
        let output = self.command(namespace, &words).output();
        let output = output.expect("the package has the program");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What systemd would do with the unit; waits until the server has said that it is ready.
    pub fn start(&self, namespace: &Namespace) -> InstalledServer {
        let unit = self.path("/usr/lib/systemd/system/wimpex-server.service");
        let unit = fs::read_to_string(unit).expect("the package has a unit");
        let setting = |key: &str| {
            let mut lines = unit.lines();
            lines.find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
        };
        assert_eq!(setting("Type"), Some("notify"));
        assert_eq!(setting("DynamicUser"), Some("yes"));
        assert_eq!(setting("StateDirectory"), Some("wimpex"));
        let start: Vec<&str> = setting("ExecStart").unwrap_or("").split(' ').collect();
        let state = self.path("/var/lib/wimpex");
        fs::create_dir_all(&state).expect("our own root");
        fs::set_permissions(&state, PermissionsExt::from_mode(0o700)).expect("our own root");
        chown(&state, Some(USER), Some(USER)).expect("root may");
        let notified = self.path("/run/notify");
        let notify = UnixDatagram::bind(&notified).expect("a socket in our own root");
        chown(&notified, Some(USER), Some(USER)).expect("root may");
        notify.set_read_timeout(Some(START)).expect("a time");
        let user = USER.to_string();
        let low_ports = "-all,+net_bind_service";
        let mut words = vec!["setpriv", "--reuid", &user, "--regid", &user];
        words.extend(["--clear-groups", "--no-new-privs"]);
        words.extend(["--inh-caps", low_ports, "--ambient-caps", low_ports]);
        words.extend(["--bounding-set", low_ports]);
        words.extend(start);
        let mut command = self.command(namespace, &words);
        command
            .env("STATE_DIRECTORY", "/var/lib/wimpex")
            .env("NOTIFY_SOCKET", "/run/notify")
            .env("WATCHDOG_USEC", "3000000");
        let process = Process::start("the installed server", &mut command);
        let server = InstalledServer { process, notify };
        server.says("READY=1");
        server
    }
}

/// The server, running in a [`BareSystem`]. Dropping it kills it.
pub struct InstalledServer {
    process: Process,
    notify: UnixDatagram,
}

impl InstalledServer {
    /// Waits until it has told the system's manager this.
    pub fn says(&self, state: &str) {
        loop {
            let mut bytes = [0; 4096];
            let length = match self.notify.recv(&mut bytes) {
                Ok(length) => length,
                Err(error) => panic!("no {state}: {error}\n{:#?}", self.process.log_tail(25)),
            };
            let text = String::from_utf8_lossy(&bytes[..length]);
            if text.lines().any(|line| line == state) {
                return;
            }
        }
    }

    /// The last lines of its log.
    pub fn log_tail(&self) -> Vec<String> {
        self.process.log_tail(25)
    }
}

impl Drop for InstalledServer {
    /// The report of a scene has the log of the server that the harness runs only.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the installed server:");
            for line in self.log_tail() {
                eprintln!("  {line}");
            }
        }
    }
}

/// pebble, Let's Encrypt's test authority, in the public network.
pub struct TestAuthority {
    folder: TempDir,
    namespace: String,
    _processes: [Process; 2],
}

impl TestAuthority {
    /// Starts it; every name leads to the public address.
    pub fn start(namespace: &Namespace) -> Self {
        let folder = TempDir::with_prefix("wimpex-e2e-pebble-").expect("a temporary directory");
        let file = |name: &str| folder.path().join(name);
        let made =
            rcgen::generate_simple_self_signed([PUBLIC_V4.to_owned()]).expect("a certificate");
        fs::write(file("cert.pem"), made.cert.pem()).expect("our own folder");
        fs::write(file("key.pem"), made.signing_key.serialize_pem()).expect("our own folder");
        let config = serde_json::json!({"pebble": {
            "listenAddress": format!("{PUBLIC_V4}:{AUTHORITY_PORT}"),
            "managementListenAddress": format!("{PUBLIC_V4}:{MANAGEMENT_PORT}"),
            "certificate": file("cert.pem"),
            "privateKey": file("key.pem"),
            "httpPort": 80,
            "tlsPort": 443,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
        }});
        fs::write(file("pebble.json"), config.to_string()).expect("our own folder");
        let inside = Some(namespace.name());
        let dns = SocketAddr::new(PUBLIC_V4.parse().expect("an address"), DNS_PORT).to_string();
        let mut names = command_in(inside, "pebble-challtestsrv");
        names
            .args(["-defaultIPv6", "", "-defaultIPv4", PUBLIC_V4])
            .args([
                "-http01",
                "",
                "-https01",
                "",
                "-tlsalpn01",
                "",
                "-dns01",
                &dns,
            ])
            .args(["-management", "127.0.0.1:8055"]);
        let mut authority = command_in(inside, "pebble");
        authority
            .args(["-dnsserver", &dns, "-config"])
            .arg(file("pebble.json"))
            .env("PEBBLE_VA_NOSLEEP", "1");
        let names = Process::start("pebble-challtestsrv", &mut names);
        let mut authority = Process::start("pebble", &mut authority);
        authority.wait_for_line(|line| line.contains("ACME directory available").then_some(()));
        Self {
            namespace: namespace.name().to_owned(),
            _processes: [names, authority],
            folder,
        }
    }

    /// What a host says beside the name, since the authority is not Let's Encrypt.
    pub fn settings(&self, system: &BareSystem) -> String {
        let vouches = "/etc/wimpex/test-authority.pem";
        fs::copy(self.folder.path().join("cert.pem"), system.path(vouches)).expect("our own root");
        format!(
            "acme-directory = \"https://{PUBLIC_V4}:{AUTHORITY_PORT}/dir\"\nacme-root = \"{vouches}\"\n"
        )
    }

    /// What its certificates are trusted by, as PEM: its root, and who signs under that.
    fn certificate(&self, path: &str) -> PathBuf {
        let file = self.folder.path().join(path.replace('/', "-"));
        let mut curl = command_in(Some(&self.namespace), "curl");
        curl.args(["--silent", "--fail", "--cacert"])
            .arg(self.folder.path().join("cert.pem"))
            .arg(format!("https://{PUBLIC_V4}:{MANAGEMENT_PORT}/{path}"))
            .arg("--output")
            .arg(&file);
        run(&mut curl);
        file
    }

    /// SHA-256 of the public key that signs its certificates, in base64.
    pub fn key_hash(&self) -> String {
        let pem = self.certificate("intermediates/0");
        let script = "openssl x509 -in \"$0\" -noout -pubkey | openssl pkey -pubin -outform der \
             | openssl dgst -sha256 -binary | openssl base64";
        let output = Command::new("sh").args(["-c", script]).arg(pem).output();
        let output = output.expect("openssl is there");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Waits until a client that trusts this authority, and no other, gets the page by https.
    pub async fn until_served(&self, server: &InstalledServer) {
        let root = self.certificate("roots/0");
        wait_until("the page over https", async || {
            let mut curl = command_in(Some(&self.namespace), "curl");
            curl.args([
                "--silent",
                "--show-error",
                "--fail",
                "--output",
                "/dev/null",
            ])
            .arg("--cacert")
            .arg(&root)
            .args(["--resolve", &format!("{NAME}:443:{PUBLIC_V4}")])
            .arg(format!("https://{NAME}/"));
            let output = curl.output().map_err(|error| error.to_string())?;
            if output.status.success() {
                return Ok(());
            }
            let why = String::from_utf8_lossy(&output.stderr).into_owned();
            Err(format!("{why}{:#?}", server.log_tail()))
        })
        .await;
    }
}

fn run(command: &mut Command) {
    let output = command.output();
    let output = output.unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
