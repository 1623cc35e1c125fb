//! What the examples of docs/hosting.md have in common, whichever proxy they are for.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::sleep;
use wimpex_server::Config;

use crate::support::{Reply, TestServer, free_address, soon};
use crate::tls_support::{Authority, Files, Trusting, folder};

/// What the examples call the host.
pub(crate) const NAME: &str = "call.example.org";

/// The `nth` example of this kind in the document.
pub(crate) fn example(kind: &str, nth: usize) -> String {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/hosting.md");
    let document = std::fs::read_to_string(document).unwrap();
    let rest = document
        .split(&format!("```{kind}\n"))
        .nth(nth + 1)
        .unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// The example with other places in it, each of which must be there.
pub(crate) fn with_places<const N: usize>(
    mut example: String,
    places: [(&str, String); N],
) -> String {
    for (place, here) in places {
        assert!(example.contains(place), "{place} in {example}");
        example = example.replace(place, &here);
    }
    example
}

/// A server, and what a proxy in front of it needs.
pub(crate) struct Site {
    pub(crate) server: TestServer,
    pub(crate) folder: TempDir,
    pub(crate) files: Files,
    /// Where the proxy is to be.
    pub(crate) https: SocketAddr,
    /// A client that trusts the proxy's certificate.
    trusting: Trusting,
}

impl Site {
    /// A server that has room for one person of each household.
    pub(crate) async fn new() -> Self {
        Self::with(|config, _| config.limits.connections_per_address = 1).await
    }

    /// A server below `/wimpex`, with a small page.
    pub(crate) async fn below_path() -> Self {
        Self::with(|config, folder| {
            let page = folder.path().join("page");
            std::fs::create_dir(&page).unwrap();
            let index = "<html><script src=/a.js></script>";
            std::fs::write(page.join("index.html"), index).unwrap();
            config.page_dir = Some(page);
            config.base_path = "/wimpex".parse().unwrap();
        })
        .await
    }

    async fn with(change: impl FnOnce(&mut Config, &TempDir)) -> Self {
        let (folder, authority) = (folder(), Authority::new());
        let files = Files::new(folder.path(), authority.issue(NAME));
        let server = TestServer::with(|config| {
            config.origin = Some(format!("https://{NAME}"));
            config.trusted_proxy = vec!["127.0.0.1/32".parse().unwrap()];
            change(config, &folder);
        })
        .await;
        Self {
            server,
            folder,
            files,
            https: free_address(),
            trusting: Trusting::new(authority.root),
        }
    }

    /// Waits until the proxy listens.
    pub(crate) async fn listens(&self) {
        let is_there = async {
            while TcpStream::connect(self.https).await.is_err() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        soon(is_there).await;
    }

    /// Waits until the proxy passes this path on, which some do later than they listen.
    pub(crate) async fn serves(&self, path: &str) {
        self.listens().await;
        let is_served = async {
            while self.trusting.connect(self.https, NAME).await.is_err()
                || self.ask(path).await.status != 200
            {
                sleep(Duration::from_millis(20)).await;
            }
        };
        soon(is_served).await;
    }

    /// What the proxy answers.
    pub(crate) async fn ask(&self, path: &str) -> Reply {
        self.trusting.get(self.https, NAME, path).await
    }

    /// People of three households get in, and are told apart.
    pub(crate) async fn tells_people_apart(&self) {
        let health = self.ask("/healthz").await;
        assert_eq!((health.status, health.text()), (200, "ok\n"));
        let mut people = Vec::new();
        for household in 1..=3 {
            let mut ws = self
                .trusting
                .websocket_from(self.https, NAME, household)
                .await;
            let hello = soon(ws.next()).await.unwrap().unwrap();
            assert!(hello.to_text().unwrap().contains("\"hello\""), "{hello}");
            people.push(ws);
        }
        assert_eq!(self.server.handle.counts().addresses, 3);
        // What somebody makes up before it is not believed.
        let mut again = self.trusting.websocket_from(self.https, NAME, 1).await;
        let refused = soon(again.next()).await.unwrap().unwrap();
        assert!(!refused.to_string().contains("\"hello\""), "{refused}");
    }

    /// The page, its health and its socket are at `/wimpex`, and led to from there.
    pub(crate) async fn is_below_path(&self) {
        assert_eq!(self.ask("/wimpex/healthz").await.text(), "ok\n");
        let index = "<html data-base=\"/wimpex\"><script src=/wimpex/a.js></script>";
        for path in ["/wimpex/", "/wimpex/u/guest-bob"] {
            assert_eq!(self.ask(path).await.text(), index, "{path}");
        }
        let slash = self.ask("/wimpex").await;
        assert!([301, 302, 308].contains(&slash.status), "{slash:?}");
        let to = slash.header("location").unwrap();
        assert!(to.ends_with("/wimpex/"), "{slash:?}");
        let mut ws = self
            .trusting
            .websocket_at(self.https, NAME, "/wimpex/ws", 1)
            .await;
        let hello = soon(ws.next()).await.unwrap().unwrap();
        assert!(hello.to_text().unwrap().contains("\"hello\""), "{hello}");
    }
}
