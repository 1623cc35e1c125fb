//! A browser with its driver: started, lent to scenarios, and surely killed.

use std::env;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fantoccini::{Client, ClientBuilder};
use serde_json::json;
use tempfile::TempDir;

use crate::browser_options::{BrowserKind, BrowserOptions};
use crate::capabilities::{capabilities, last_words, write_launcher};
use crate::command::{browser_log, devtools};
use crate::net_lab::{Connector, command_in};
use crate::page::Page;
use crate::probe;
use crate::process::Process;
use crate::wait::WAIT_TIMEOUT;

/// A running browser with a fresh profile. Dropping it kills it and its driver.
pub struct Browser {
    kind: BrowserKind,
    options: BrowserOptions,
    client: Client,
    /// See [`Page::altered`].
    altered: Arc<AtomicBool>,
    // Killed before the profile is removed: fields drop in this order.
    driver: Process,
    profile: TempDir,
}

/// So often a browser that ends by itself while it starts is started again.
const STARTS: u8 = 2;

impl Browser {
    /// Starts a browser.
    pub async fn start(kind: BrowserKind, options: BrowserOptions) -> Self {
        let profile = TempDir::with_prefix("wimpex-e2e-profile-").expect("a temporary directory");
        if kind == BrowserKind::Chromium {
            write_launcher(profile.path()).expect("a script in the profile");
        }
        let (driver, url) = start_driver(kind, &options, profile.path());
        let connect = async || {
            ClientBuilder::new(Connector(options.namespace.clone()))
                .capabilities(capabilities(kind, &options, profile.path()))
                .connect(&url)
                .await
        };
        let mut client = connect().await;
        for _ in 0..STARTS {
            // Nothing of ours has run in it.
            if matches!(&client, Err(error) if error.to_string().contains("instance exited")) {
                client = connect().await;
            }
        }
        let client = client.unwrap_or_else(|error| {
            let log = driver.log_tail(20).join("\n");
            panic!("no {} session: {error}\n{log}", kind.name())
        });
        let browser = Self {
            kind,
            options,
            client,
            altered: Arc::default(),
            driver,
            profile,
        };
        browser.prepare_window().await;
        browser
    }

    /// Which browser it is.
    pub fn kind(&self) -> BrowserKind {
        self.kind
    }

    /// How it was started.
    pub fn options(&self) -> &BrowserOptions {
        &self.options
    }

    /// Its first tab.
    pub async fn page(&self) -> Page {
        let window = self
            .client
            .window()
            .await
            .expect("the browser has a window");
        Page::new(self.client.clone(), self.kind, window, self.altered.clone())
    }

    /// One more tab, with the same storage.
    pub async fn new_tab(&self) -> Page {
        let created = self.client.new_window(true).await.expect("a new tab");
        let handle = created.handle;
        self.client
            .switch_to_window(handle.clone())
            .await
            .expect("the new tab");
        self.prepare_window().await;
        Page::new(self.client.clone(), self.kind, handle, self.altered.clone())
    }

    /// Whether a scenario has changed it for good: scripts and devices stay with a tab.
    pub(crate) fn is_altered(&self) -> bool {
        self.altered.load(Ordering::Relaxed)
    }

    /// What it said of errors on its standard error, if it is Chromium.
    pub(crate) fn last_words(&self) -> String {
        last_words(self.profile.path())
    }

    /// Bytes of memory that all of its processes hold.
    pub(crate) fn memory(&self) -> u64 {
        self.driver.memory()
    }

    /// Where it keeps everything.
    pub(crate) fn profile(&self) -> &Path {
        self.profile.path()
    }

    /// Stops all of it, as a device that sleeps does, or lets it go on.
    pub(crate) fn set_stopped(&self, is_stopped: bool) {
        self.driver.set_stopped(is_stopped);
    }

    /// Kills it with SIGKILL: no goodbye to anybody.
    pub(crate) fn kill(&mut self) {
        self.driver.kill();
    }

    /// Kills it, and starts it again with what it keeps; Chromium only, since geckodriver makes a
    /// profile for each session.
    pub(crate) async fn restart(&mut self) {
        self.driver.kill();
        let (driver, url) = start_driver(self.kind, &self.options, self.profile.path());
        self.driver = driver;
        self.client = ClientBuilder::new(Connector(self.options.namespace.clone()))
            .capabilities(capabilities(self.kind, &self.options, self.profile.path()))
            .connect(&url)
            .await
            .unwrap_or_else(|error| panic!("no {} session again: {error}", self.kind.name()));
        self.altered.store(true, Ordering::Relaxed);
        self.prepare_window().await;
    }

    /// Makes it as good as new for the next scenario. Storage needs no clearing:
    /// it goes by origin, and every scenario's server has an address of its own.
    pub(crate) async fn recycle(&self) -> Result<(), fantoccini::error::CmdError> {
        self.client.release_actions().await?;
        while self.client.windows().await?.len() > 1 {
            self.client.close_window().await?;
            if let Some(first) = self.client.windows().await?.into_iter().next() {
                self.client.switch_to_window(first).await?;
            }
        }
        self.client.goto("about:blank").await?;
        if self.kind == BrowserKind::Chromium {
            browser_log(&self.client).await?;
        }
        Ok(())
    }

    /// Chromium runs the probe before every page's own scripts. For Firefox it is
    /// put in right after loading instead (see [`Page::goto`]).
    async fn prepare_window(&self) {
        if self.kind == BrowserKind::Chromium {
            devtools(
                &self.client,
                "Page.addScriptToEvaluateOnNewDocument",
                json!({ "source": probe::SCRIPT }),
            )
            .await
            .expect("chromedriver takes DevTools commands");
        }
    }
}

fn start_driver(kind: BrowserKind, options: &BrowserOptions, profile: &Path) -> (Process, String) {
    let program = match kind {
        BrowserKind::Chromium => from_env("WIMPEX_CHROMEDRIVER", || "/usr/bin/chromedriver".into()),
        BrowserKind::Firefox => from_env("WIMPEX_GECKODRIVER", cached_geckodriver),
        // It has no mode without a screen.
        BrowserKind::WebKit => "/usr/bin/xvfb-run".into(),
    };
    let mut command = command_in(options.namespace.as_deref(), &program);
    if let Some(address) = &options.sound_server {
        command.env("PULSE_SERVER", address);
    }
    // What a killed browser leaves behind goes with its profile.
    command.env("TMPDIR", profile);
    match kind {
        // chromedriver reads only the form with the equals sign.
        BrowserKind::Chromium => command.arg("--port=0"),
        BrowserKind::Firefox => command.args(["--port", "0"]),
        BrowserKind::WebKit => {
            // It takes no port of its own choice, and does not say when it listens: the connection
            // is tried until it does.
            let port = free_port();
            command.args(["-a", "WebKitWebDriver", &format!("--port={port}")]);
            let driver = Process::start(kind.name(), &mut command);
            let deadline = Instant::now() + WAIT_TIMEOUT;
            while TcpStream::connect(("127.0.0.1", port)).is_err() {
                assert!(Instant::now() < deadline, "WebKitWebDriver does not listen");
                std::thread::sleep(Duration::from_millis(50));
            }
            return (driver, format!("http://127.0.0.1:{port}"));
        }
    };
    // chromedriver has the system choose a port for IPv6 and wants the same one for IPv4, where
    // somebody else may have it: it says so and ends.
    for _ in 0..5 {
        let mut driver = Process::start(kind.name(), &mut command);
        let port = driver.wait_for_line(|line| {
            if line.contains("IPv4 port not available") {
                return Some(None);
            }
            let (_, rest) = line
                .split_once("started successfully on port ")
                .or_else(|| line.split_once("Listening on 127.0.0.1:"))?;
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u16>().ok().map(Some)
        });
        if let Some(port) = port {
            return (driver, format!("http://127.0.0.1:{port}"));
        }
    }
    panic!("{} found no port that is free in five tries", kind.name());
}

/// One that nobody uses at the moment.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("it is bound").port()
}

fn from_env(variable: &str, otherwise: impl FnOnce() -> PathBuf) -> PathBuf {
    env::var_os(variable).map_or_else(otherwise, PathBuf::from)
}

/// Where `cargo xtask` installs it; the newest, if there are several.
fn cached_geckodriver() -> PathBuf {
    let cache = env::var_os("XDG_CACHE_HOME").map_or_else(
        || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cache"),
        PathBuf::from,
    );
    let mut found: Vec<PathBuf> = std::fs::read_dir(cache.join("wimpex"))
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .starts_with("geckodriver-")
        })
        .map(|entry| entry.path().join("bin/geckodriver"))
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| "geckodriver".into())
}
