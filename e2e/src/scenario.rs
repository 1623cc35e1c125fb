//! What one scenario plays on: a server of its own, and browsers lent to it.

use std::cell::{Ref, RefCell, RefMut};
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt;
use tokio::runtime::Runtime;
use tokio::sync::RwLock;

use crate::bare_peer::{BarePerson, BareSite};
use crate::browser::{Browser, BrowserKind, BrowserOptions};
use crate::net_lab::{Home, Lab, PUBLIC_V4, PUBLIC_V6, TURN_PORT};
use crate::page::Page;
use crate::peer::Person;
use crate::proxy::Wire;
use crate::server::{Server, ServerOptions, repository};

/// What all scenarios of a run share.
pub struct World {
    pub(crate) runtime: Runtime,
    bare_site: BareSite,
    idle: Mutex<Vec<Browser>>,
    /// Who plays holds it: with others, or alone.
    pub(crate) machine: RwLock<()>,
}

impl World {
    /// An empty world: browsers are started when they are first needed.
    pub fn new() -> Self {
        Self {
            runtime: Runtime::new().expect("the tokio runtime"),
            bare_site: BareSite::start(),
            idle: Mutex::new(Vec::new()),
            machine: RwLock::new(()),
        }
    }

    /// Plays something on a stage of its own, outside of the test runner.
    pub fn play<T>(&self, kinds: [BrowserKind; 2], scene: impl AsyncFnOnce(&Stage) -> T) -> T {
        self.runtime.block_on(async {
            let stage = Stage::new(self, kinds, "play", None);
            match AssertUnwindSafe(scene(&stage)).catch_unwind().await {
                Ok(value) => value,
                Err(panic) => {
                    eprintln!("{}", stage.report().await);
                    resume_unwind(panic)
                }
            }
        })
    }

    async fn lend(&self, kind: BrowserKind, options: &BrowserOptions) -> Browser {
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

    fn take_back(&self, browser: Browser) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(browser);
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// What one scenario plays on. Dropping it kills its server and its browsers;
/// [`Stage::clear`] gives the browsers back instead.
pub struct Stage<'w> {
    world: &'w World,
    kinds: [BrowserKind; 2],
    name: String,
    server: RefCell<Server>,
    browsers: RefCell<Vec<Browser>>,
    pages: RefCell<Vec<(String, Page)>>,
    // Dropped last: what runs in its networks ends before.
    lab: Option<Lab>,
}

/// The port of the server in a network of our own.
const LAB_PORT: u16 = 8080;

impl<'w> Stage<'w> {
    /// On this machine's loopback, or with the server in the public network of a
    /// laboratory.
    pub(crate) fn new(
        world: &'w World,
        kinds: [BrowserKind; 2],
        name: &str,
        lab: Option<Lab>,
    ) -> Self {
        let options = match &lab {
            None => ServerOptions {
                allow_origins: vec![world.bare_site.origin().to_owned()],
                ..ServerOptions::default()
            },
            Some(lab) => ServerOptions {
                namespace: Some(lab.public().name().to_owned()),
                listen: Some(format!("[::]:{LAB_PORT}")),
                // Not all addresses: answers leave from the one that was asked.
                arguments: vec![format!(
                    "--turn-listen={PUBLIC_V4}:{TURN_PORT},[{PUBLIC_V6}]:{TURN_PORT}"
                )],
                ..ServerOptions::default()
            },
        };
        Self {
            world,
            kinds,
            name: name.to_owned(),
            server: RefCell::new(Server::start(options)),
            browsers: RefCell::new(Vec::new()),
            pages: RefCell::new(Vec::new()),
            lab,
        }
    }

    /// The networks, in a scene that [`Needs::Networks`](crate::Needs::Networks).
    pub fn lab(&self) -> &Lab {
        self.lab.as_ref().expect("the scene has networks")
    }

    /// Somebody in a browser of their own, in a home of the laboratory.
    pub async fn resident(&self, home: &Home, name: &str) -> Person {
        let person = self.newcomer(home, name).await;
        person.open().await;
        person
    }

    /// [`Stage::resident`] who has not opened the page yet.
    pub async fn newcomer(&self, home: &Home, name: &str) -> Person {
        self.newcomer_with(home, name, BrowserOptions::default())
            .await
    }

    /// [`Stage::newcomer`] in a browser that is set up in another way.
    pub async fn newcomer_with(&self, home: &Home, name: &str, options: BrowserOptions) -> Person {
        let host = if home.is_v6() {
            format!("[{PUBLIC_V6}]")
        } else {
            PUBLIC_V4.to_owned()
        };
        let origin = format!("http://{host}:{LAB_PORT}");
        let options = BrowserOptions {
            namespace: Some(home.machine().name().to_owned()),
            trusted_origin: Some(origin.clone()),
            ..options
        };
        Person::new(self.page(name, &options).await, name, &origin)
    }

    /// The server, to ask it for its address.
    pub fn server(&self) -> Ref<'_, Server> {
        self.server.borrow()
    }

    /// The server, to kill and restart it.
    pub fn server_mut(&self) -> RefMut<'_, Server> {
        self.server.borrow_mut()
    }

    /// Somebody in a browser of their own, at home.
    pub async fn person(&self, name: &str) -> Person {
        let person = self.visitor(name).await;
        person.open().await;
        person
    }

    /// Somebody in a browser of their own, who has not opened the page yet.
    pub async fn visitor(&self, name: &str) -> Person {
        self.visitor_with(name, BrowserOptions::default()).await
    }

    /// [`Stage::visitor`] in a browser that is set up in another way.
    pub async fn visitor_with(&self, name: &str, options: BrowserOptions) -> Person {
        let page = self.page(name, &options).await;
        let home = match &options.host_on_loopback {
            Some((host, _)) => format!("http://{host}:{}", self.server().address().1),
            None => self.server().url(),
        };
        Person::new(page, name, &home)
    }

    /// Somebody in a browser of their own, at home, whose way to the server is `wire`.
    pub async fn person_over(&self, wire: &Wire, name: &str) -> Person {
        let person = self.visitor_over(wire, name).await;
        person.open().await;
        person
    }

    /// The same, who has not opened the page yet.
    pub async fn visitor_over(&self, wire: &Wire, name: &str) -> Person {
        let page = self.page(name, &BrowserOptions::default()).await;
        Person::new(page, name, &wire.url())
    }

    /// A way to the server that can be held up.
    pub async fn wire(&self) -> Wire {
        let server = self.server().host_and_port().to_owned();
        Wire::to(&server).await
    }

    /// Kills somebody's browser with SIGKILL.
    pub fn kill_browser_of(&self, name: &str) {
        let index = self.index_of(name);
        self.browsers.borrow_mut()[index].kill();
    }

    /// Somebody at the bare page, logged in.
    pub async fn bare_person(&self, name: &str) -> BarePerson {
        let page = self.page(name, &BrowserOptions::default()).await;
        self.at_bare_page(&page, name).await
    }

    /// Takes a tab to the bare page and logs in there.
    pub async fn at_bare_page(&self, page: &Page, name: &str) -> BarePerson {
        let socket_url = self.server().socket_url();
        BarePerson::open(page.clone(), name, &self.world.bare_site, &socket_url).await
    }

    /// The same person in one more tab of their browser, which has opened nothing yet.
    pub async fn second_tab_of(&self, name: &str) -> Person {
        let index = self.index_of(name);
        let browser = self.browsers.borrow_mut().remove(index);
        let page = browser.new_tab().await;
        self.browsers.borrow_mut().insert(index, browser);
        self.pages
            .borrow_mut()
            .push((format!("{name}, second tab"), page.clone()));
        Person::new(page, name, &self.server().url())
    }

    fn index_of(&self, name: &str) -> usize {
        let pages = self.pages.borrow();
        let index = pages.iter().position(|(whose, _)| whose == name);
        index.unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    async fn page(&self, name: &str, options: &BrowserOptions) -> Page {
        let kind = self.kinds[self.browsers.borrow().len() % 2];
        let browser = self.world.lend(kind, options).await;
        let page = browser.page().await;
        self.browsers.borrow_mut().push(browser);
        self.pages
            .borrow_mut()
            .push((name.to_owned(), page.clone()));
        page
    }

    /// Closes all browsers: others come.
    pub fn send_home(&self) {
        self.pages.borrow_mut().clear();
        self.browsers.borrow_mut().clear();
    }

    /// Gives the browsers back for the next scenario, after a success.
    pub(crate) async fn clear(self) {
        for browser in self.browsers.take() {
            // One in a network of its own is of no use without it.
            let elsewhere = browser.options().namespace.is_some();
            if !elsewhere && browser.recycle().await.is_ok() {
                self.world.take_back(browser);
            }
        }
    }

    /// What stood on every page, and the end of the server's log, after a failure.
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
        if let Ok(server) = self.server.try_borrow() {
            let _ = write!(report, "server:\n  {}", server.log_tail().join("\n  "));
        }
        report
    }
}
