//! A scenario while it runs: a server of its own, and browsers borrowed from the harness.

use std::cell::{Ref, RefCell, RefMut};
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::runtime::Runtime;
use tokio::sync::RwLock;

use crate::bare_peer::{BarePeer, BareSite};
use crate::browser::Browser;
use crate::browser_options::{BrowserKind, BrowserOptions};
use crate::net_lab::{Home, NetLab, PUBLIC_V4, PUBLIC_V6, TURN_PORT};
use crate::page::Page;
use crate::peer::Peer;
use crate::proxy::TcpProxy;
use crate::server::{Server, ServerOptions, repository};

/// What all scenarios of a test run share: the runtime, the bare page, and idle browsers.
pub struct Harness {
    pub(crate) runtime: Runtime,
    bare_site: BareSite,
    idle: Mutex<Vec<Browser>>,
    /// Held for reading by scenarios that run side by side, for writing by one that runs alone.
    pub(crate) machine: RwLock<()>,
    /// What has failed so far, each with its name and in short.
    pub(crate) troubles: Mutex<Vec<String>>,
}

impl Harness {
    /// Without browsers: they are started when they are first needed.
    pub fn new() -> Self {
        Self {
            runtime: Runtime::new().expect("the tokio runtime"),
            bare_site: BareSite::start(),
            idle: Mutex::new(Vec::new()),
            machine: RwLock::new(()),
            troubles: Mutex::new(Vec::new()),
        }
    }

    /// Runs a scenario outside of the test runner, as the benchmark does.
    pub fn run<T>(&self, kinds: [BrowserKind; 2], run: impl AsyncFnOnce(&Scenario) -> T) -> T {
        self.runtime.block_on(async {
            let scenario = Scenario::new(self, kinds, "run", None);
            match AssertUnwindSafe(run(&scenario)).catch_unwind().await {
                Ok(value) => value,
                Err(panic) => {
                    eprintln!("{}", scenario.report().await);
                    resume_unwind(panic)
                }
            }
        })
    }

    async fn borrow(&self, kind: BrowserKind, options: &BrowserOptions) -> Browser {
        let idle = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            let found = idle
                .iter()
                .position(|b| b.kind() == kind && b.options() == options);
            found.map(|index| idle.swap_remove(index))
        };
        match idle {
            Some(browser) => browser,
            None => Browser::start(kind, options.clone()).await,
        }
    }

    fn give_back(&self, browser: Browser) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(browser);
    }
}

impl Default for Harness {
    fn default() -> Self {
        Self::new()
    }
}

/// A running scenario. Dropping it kills its server and its browsers; [`Scenario::finish`]
/// gives the browsers back instead.
pub struct Scenario<'w> {
    harness: &'w Harness,
    kinds: [BrowserKind; 2],
    name: String,
    server: RefCell<Server>,
    browsers: RefCell<Vec<Browser>>,
    pages: RefCell<Vec<(String, Page)>>,
    // Dropped last, after everything that runs in its networks.
    net_lab: Option<NetLab>,
}

/// The port of the server in a network laboratory.
const SERVER_PORT: u16 = 8080;

impl<'w> Scenario<'w> {
    /// On this machine's loopback, or with the server in the public network of a
    /// network laboratory.
    pub(crate) fn new(
        harness: &'w Harness,
        kinds: [BrowserKind; 2],
        name: &str,
        net_lab: Option<NetLab>,
    ) -> Self {
        let options = match &net_lab {
            None => ServerOptions {
                allow_origins: vec![harness.bare_site.origin().to_owned()],
                ..ServerOptions::default()
            },
            Some(net_lab) => ServerOptions {
                namespace: Some(net_lab.public().name().to_owned()),
                listen: Some(format!("[::]:{SERVER_PORT}")),
                // Not all addresses: answers leave from the one that was asked.
                arguments: vec![format!(
                    "--turn-listen={PUBLIC_V4}:{TURN_PORT},[{PUBLIC_V6}]:{TURN_PORT}"
                )],
                ..ServerOptions::default()
            },
        };
        Self {
            harness,
            kinds,
            name: name.to_owned(),
            server: RefCell::new(Server::start(options)),
            browsers: RefCell::new(Vec::new()),
            pages: RefCell::new(Vec::new()),
            net_lab,
        }
    }

    /// The network laboratory, in a scenario that [`Needs::Networks`](crate::Needs::Networks).
    pub fn net_lab(&self) -> &NetLab {
        self.net_lab.as_ref().expect("the scenario has networks")
    }

    /// A peer who is logged in, in a browser of their own in a home of the laboratory.
    pub async fn peer_in(&self, home: &Home, name: &str) -> Peer {
        let peer = self.unopened_peer_in(home, name).await;
        peer.open().await;
        peer
    }

    /// [`Scenario::peer_in`], but the page is not opened yet.
    pub async fn unopened_peer_in(&self, home: &Home, name: &str) -> Peer {
        self.unopened_peer_in_with(home, name, BrowserOptions::default())
            .await
    }

    /// [`Scenario::unopened_peer_in`] in a browser that is set up in another way.
    pub async fn unopened_peer_in_with(
        &self,
        home: &Home,
        name: &str,
        options: BrowserOptions,
    ) -> Peer {
        let host = if home.is_v6() {
            format!("[{PUBLIC_V6}]")
        } else {
            PUBLIC_V4.to_owned()
        };
        let origin = format!("http://{host}:{SERVER_PORT}");
        let options = BrowserOptions {
            namespace: Some(home.machine().name().to_owned()),
            trusted_origin: Some(origin.clone()),
            ..options
        };
        Peer::new(self.page(name, &options).await, name, &origin)
    }

    /// The server, to ask it for its address.
    pub fn server(&self) -> Ref<'_, Server> {
        self.server.borrow()
    }

    /// The browsers of the first and of every other person.
    pub fn kinds(&self) -> [BrowserKind; 2] {
        self.kinds
    }

    /// The server, to kill and restart it.
    pub fn server_mut(&self) -> RefMut<'_, Server> {
        self.server.borrow_mut()
    }

    /// Where a page from elsewhere is: an empty one at `/around`, a download at `/download`, and at
    /// `/nothing` an answer without content.
    pub fn elsewhere(&self) -> &str {
        self.harness.bare_site.origin()
    }

    /// A peer who has opened the page and is logged in, in a browser of their own.
    pub async fn peer(&self, name: &str) -> Peer {
        let peer = self.unopened_peer(name).await;
        peer.open().await;
        peer
    }

    /// [`Scenario::peer`], but the page is not opened yet.
    pub async fn unopened_peer(&self, name: &str) -> Peer {
        self.unopened_peer_with(name, BrowserOptions::default())
            .await
    }

    /// [`Scenario::unopened_peer`] in a browser that is set up in another way.
    pub async fn unopened_peer_with(&self, name: &str, options: BrowserOptions) -> Peer {
        let page = self.page(name, &options).await;
        let home = match &options.host_on_loopback {
            Some((host, _)) => format!("http://{host}:{}", self.server().address().1),
            None => self.server().url(),
        };
        Peer::new(page, name, &home)
    }

    /// [`Scenario::peer`], connected to the server through `proxy`.
    pub async fn peer_over(&self, proxy: &TcpProxy, name: &str) -> Peer {
        let peer = self.unopened_peer_over(proxy, name).await;
        peer.open().await;
        peer
    }

    /// [`Scenario::peer_over`], but the page is not opened yet.
    pub async fn unopened_peer_over(&self, proxy: &TcpProxy, name: &str) -> Peer {
        self.unopened_peer_over_with(proxy, name, BrowserOptions::default())
            .await
    }

    /// The same in such a browser.
    pub async fn unopened_peer_over_with(
        &self,
        proxy: &TcpProxy,
        name: &str,
        options: BrowserOptions,
    ) -> Peer {
        Peer::new(self.page(name, &options).await, name, &proxy.url())
    }

    /// A proxy to the server, which can stall and cut connections.
    pub async fn proxy(&self) -> TcpProxy {
        let server = self.server().host_and_port().to_owned();
        TcpProxy::to(&server).await
    }

    /// Bytes of memory that all processes of a peer's browser hold.
    pub fn memory_of(&self, name: &str) -> u64 {
        self.browsers.borrow()[self.index_of(name)].memory()
    }

    /// Where a peer's browser keeps everything.
    pub fn profile_of(&self, name: &str) -> PathBuf {
        self.browsers.borrow()[self.index_of(name)]
            .profile()
            .to_owned()
    }

    /// Stops a peer's browser for that long: all of its processes, as a device that sleeps does.
    pub async fn stop_browser_of(&self, name: &str, time: Duration) {
        let index = self.index_of(name);
        self.browsers.borrow()[index].set_stopped(true);
        tokio::time::sleep(time).await;
        self.browsers.borrow()[index].set_stopped(false);
    }

    /// Kills a peer's browser with SIGKILL.
    pub fn kill_browser_of(&self, name: &str) {
        let index = self.index_of(name);
        self.browsers.borrow_mut()[index].kill();
    }

    /// Kills a peer's browser with SIGKILL, and starts it again with what it keeps; its first tab, with
    /// no page opened yet. Chromium only.
    pub async fn restart_browser_of(&self, name: &str) -> Peer {
        let index = self.index_of(name);
        let mut browser = self.browsers.borrow_mut().remove(index);
        browser.restart().await;
        let page = browser.page().await;
        self.browsers.borrow_mut().insert(index, browser);
        self.pages.borrow_mut()[index].1 = page.clone();
        Peer::new(page, name, &self.server().url())
    }

    /// A peer at the bare page, logged in.
    pub async fn bare_peer(&self, name: &str) -> BarePeer {
        let page = self.page(name, &BrowserOptions::default()).await;
        self.at_bare_page(&page, name).await
    }

    /// Takes a tab to the bare page and logs in there.
    pub async fn at_bare_page(&self, page: &Page, name: &str) -> BarePeer {
        let socket_url = self.server().socket_url();
        BarePeer::open(page.clone(), name, &self.harness.bare_site, &socket_url).await
    }

    /// The same peer in one more tab of their browser, with no page opened yet.
    pub async fn second_tab_of(&self, name: &str) -> Peer {
        let index = self.index_of(name);
        let browser = self.browsers.borrow_mut().remove(index);
        let page = browser.new_tab().await;
        self.browsers.borrow_mut().insert(index, browser);
        self.pages
            .borrow_mut()
            .push((format!("{name}, second tab"), page.clone()));
        Peer::new(page, name, &self.server().url())
    }

    fn index_of(&self, name: &str) -> usize {
        let pages = self.pages.borrow();
        let index = pages.iter().position(|(whose, _)| whose == name);
        index.unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    async fn page(&self, name: &str, options: &BrowserOptions) -> Page {
        let kind = self.kinds[self.browsers.borrow().len() % 2];
        let browser = self.harness.borrow(kind, options).await;
        let page = browser.page().await;
        self.browsers.borrow_mut().push(browser);
        self.pages
            .borrow_mut()
            .push((name.to_owned(), page.clone()));
        page
    }

    /// Closes all browsers, so that the next peers get fresh ones.
    pub fn close_browsers(&self) {
        self.pages.borrow_mut().clear();
        self.browsers.borrow_mut().clear();
    }

    /// Gives the browsers back for the next scenario, after a success.
    pub(crate) async fn finish(self) {
        for browser in self.browsers.take() {
            // One in a network of its own is of no use without it.
            let elsewhere = browser.options().namespace.is_some();
            if !elsewhere && !browser.is_altered() && browser.recycle().await.is_ok() {
                self.harness.give_back(browser);
            }
        }
    }

    /// What every page showed, and the end of the server's log, after a failure.
    pub(crate) async fn report(&self) -> String {
        let directory = repository().join("target/e2e");
        let _ = std::fs::create_dir_all(&directory);
        let mut report = String::new();
        for (name, page) in self.pages.take() {
            let file: String = format!("{}-{name}", self.name)
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
                .collect();
            let screenshot: PathBuf = directory.join(format!("{file}.png"));
            let _ = writeln!(report, "{name}:\n{}", page.report(&screenshot).await);
        }
        for browser in self.browsers.borrow().iter() {
            let _ = writeln!(report, "browser:\n  {}", browser.last_words());
        }
        if let Ok(server) = self.server.try_borrow() {
            let _ = write!(report, "server:\n  {}", server.log_tail().join("\n  "));
        }
        report
    }
}
