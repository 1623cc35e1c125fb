//! The real server as a child process, that can be killed and started again.

use std::env;
use std::net::Ipv4Addr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::net_lab::command_in;
use crate::process::Process;

/// For a server that has begun to listen to answer its host too.
const ANSWERS: Duration = Duration::from_secs(10);

/// What differs from the server's defaults.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// Origins of pages from elsewhere that may use it.
    pub allow_origins: Vec<String>,
    /// More arguments.
    pub arguments: Vec<String>,
    /// The network namespace that it runs in.
    pub namespace: Option<String>,
    /// Where it listens, instead of at a loopback address of its own.
    pub listen: Option<String>,
}

/// A running server at an address of its own.
pub struct Server {
    process: Process,
    address: String,
    options: ServerOptions,
    // Guests keep their ids over a restart because the secret stays.
    directory: Arc<TempDir>,
}

impl Server {
    /// Starts a server and waits until it listens.
    pub fn start(options: ServerOptions) -> Self {
        let directory = TempDir::with_prefix("wimpex-e2e-server-").expect("a temporary directory");
        let listen = options.listen.clone().unwrap_or_else(fresh_address);
        let (process, address) = launch(&listen, &options, directory.path());
        Self {
            process,
            address,
            options,
            directory: Arc::new(directory),
        }
    }

    /// Another one with the same secret and the same flags.
    pub fn beside(&self) -> Self {
        let directory = Arc::clone(&self.directory);
        let (process, address) = launch(&fresh_address(), &self.options, directory.path());
        Self {
            process,
            address,
            options: self.options.clone(),
            directory,
        }
    }

    /// Where its page is: `http://ADDRESS:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its address with the port.
    pub fn host_and_port(&self) -> &str {
        &self.address
    }

    /// Its address without the port, and its port.
    pub fn address(&self) -> (&str, &str) {
        self.address.rsplit_once(':').unwrap_or((&self.address, ""))
    }

    /// Where its WebSocket is.
    pub fn socket_url(&self) -> String {
        format!("ws://{}/ws", self.address)
    }

    /// Kills it with SIGKILL: no goodbye to anybody.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again on the same port with the same secret.
    pub fn restart(&mut self) {
        self.kill();
        let (process, address) = launch(&self.address, &self.options, self.directory.path());
        assert_eq!(address, self.address, "the server came back elsewhere");
        self.process = process;
    }

    /// Starts it again on the same port with the same secret and other flags.
    pub fn restart_with(&mut self, arguments: &[&str]) {
        self.options.arguments = arguments.iter().map(ToString::to_string).collect();
        self.restart();
    }

    /// `wimpex-server admin …` with the state folder `folder`, as its host types it; what it prints for
    /// programs.
    pub fn admin(&self, folder: &Path, words: &[&str]) -> serde_json::Value {
        let start = Instant::now();
        while UnixStream::connect(folder.join("admin.sock")).is_err() {
            let is_slow = start.elapsed() > ANSWERS;
            assert!(!is_slow, "nothing answers in {}", folder.display());
            sleep(Duration::from_millis(10));
        }
        let mut command = Command::new(program());
        command
            .args(["admin", "--json", "--folder"])
            .arg(folder)
            .args(words);
        let output = command.output().expect("the program is there");
        assert!(output.status.success(), "{words:?}: {output:?}");
        serde_json::from_slice(&output.stdout).expect("it prints JSON")
    }

    /// Writes a certificate of its own making for this name or address, with its
    /// key, and returns where: what `--tls-cert` and `--tls-key` take.
    pub fn certificate(&self, name: &str) -> [PathBuf; 2] {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
        let files = ["cert.pem", "key.pem"].map(|file| self.directory.path().join(file));
        let texts = [made.cert.pem(), made.signing_key.serialize_pem()];
        for (file, text) in files.iter().zip(texts) {
            std::fs::write(file, text).expect("the server's directory can be written");
        }
        files
    }

    /// How many lines of its log have these words; since its last start.
    pub fn log_count(&self, words: &str) -> usize {
        self.process.count_lines(|line| line.contains(words))
    }

    /// The last lines of its log.
    pub fn log_tail(&self) -> Vec<String> {
        self.process.log_tail(25)
    }
}

fn launch(listen: &str, options: &ServerOptions, directory: &Path) -> (Process, String) {
    let program = program();
    assert!(
        program.is_file(),
        "no server at {}: build it (cargo build --release -p wimpex-server) or set WIMPEX_SERVER_BIN",
        program.display()
    );
    let mut command = command_in(options.namespace.as_deref(), program);
    command
        .args(["--listen", listen, "--secret-file"])
        .arg(directory.join("secret"));
    if let Some(page) = env::var_os("WIMPEX_E2E_PAGE_DIR") {
        command.arg("--page-dir").arg(page);
    }
    if !options.allow_origins.is_empty() {
        command.args(["--allow-origin", &options.allow_origins.join(",")]);
    }
    command.args(&options.arguments);
    let mut process = Process::start("the server", &mut command);
    let address = process.wait_for_line(|line| {
        let (_, address) = line.split_once("listening on http://")?;
        Some(address.trim().to_owned())
    });
    (process, address)
}

/// Every server and proxy of a run has a loopback address of its own. A port would not do:
/// the system gives it out again, and then a browser would still hold what the
/// page of an earlier scenario stored for the same origin.
pub(crate) fn fresh_address() -> String {
    static STARTED: AtomicU32 = AtomicU32::new(0);
    let number = STARTED.fetch_add(1, Ordering::Relaxed) + 1;
    let address = Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + number);
    format!("{address}:0")
}

pub(crate) fn program() -> PathBuf {
    env::var_os("WIMPEX_SERVER_BIN").map_or_else(
        || repository().join("target/release/wimpex-server"),
        PathBuf::from,
    )
}

/// The repository's root.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this crate lies in the repository")
}
