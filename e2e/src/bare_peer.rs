//! A peer at the bare page: the minimal client of docs/protocol.md, which knows the guest
//! login and four messages only. It comes from a site, so an origin, of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::page::{Page, Role};
use crate::peer::{CallKind, Peer};
use crate::wait::wait_until;

const INDEX: &str = include_str!("../bare/index.html");
const SCRIPT: &str = include_str!("../bare/bare.js");

/// The bare page's own little web site, there until the process ends.
#[derive(Clone, Debug)]
pub struct BareSite {
    origin: String,
}

impl BareSite {
    /// Serves the two files on a port of its own.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("the port's address");
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Browsers open connections ahead of need: none may block the others.
                thread::spawn(move || serve(stream));
            }
        });
        Self {
            origin: format!("http://{address}"),
        }
    }

    /// Its origin, for the server's `--allow-origin`.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

fn serve(mut stream: TcpStream) -> Option<()> {
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .ok()?;
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let request = lines.next()?.ok()?;
    while !lines.next()?.ok()?.is_empty() {}
    let (status, kind, body) = match request.split(['?', ' ']).nth(1)? {
        "/bare.js" => ("200 OK", "text/javascript", SCRIPT),
        "/around" => ("200 OK", "text/html", ""),
        // What no page is made of: whoever goes there stays where they are.
        "/download" => (
            "200 OK",
            "text/plain\r\nContent-Disposition: attachment",
            "text",
        ),
        "/nothing" => ("204 No Content", "text/plain", ""),
        _ => ("200 OK", "text/html", INDEX),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()
}

/// A peer at the bare page. What they see and hear is asked by the same means as for a
/// [`Peer`]: [`BarePeer::peer`].
pub struct BarePeer {
    peer: Peer,
}

impl BarePeer {
    /// Opens the page and logs in.
    pub async fn open(page: Page, name: &str, site: &BareSite, socket_url: &str) -> Self {
        page.goto(&format!("{}/?server={socket_url}", site.origin))
            .await;
        let bare = Self {
            peer: Peer::new(page, name, &site.origin),
        };
        bare.page().fill("Name", name).await;
        bare.page().click(Role::Button, "Log in").await;
        bare.id().await;
        bare
    }

    /// Their tab.
    pub fn page(&self) -> &Page {
        &self.peer.page
    }

    /// What any page can be asked: whether video and audio arrive, and what is left over.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Their id.
    pub async fn id(&self) -> String {
        wait_until("the bare page's id", async || {
            let script = "return document.getElementById('my-id').textContent";
            let id: String = self.page().evaluate(script).await;
            if id.is_empty() {
                Err("not logged in".to_owned())
            } else {
                Ok(id)
            }
        })
        .await
    }

    /// Calls an id.
    pub async fn call(&self, id: &str, kind: CallKind) {
        self.page().fill("Call id", id).await;
        self.peer.press_call(kind).await;
    }

    /// Waits to be called and takes the call.
    pub async fn accept(&self) {
        self.page().click(Role::Button, "Accept").await;
    }

    /// Waits to be called and declines.
    pub async fn decline(&self) {
        self.page().click(Role::Button, "Decline").await;
    }

    /// Hangs up: closes the connection and says nothing, for none of its messages does.
    pub async fn end(&self) {
        self.page().click(Role::Button, "End call").await;
    }

    /// Waits until the page shows a state.
    pub async fn state_is(&self, state: &str) {
        wait_until(&format!("the bare page to be {state:?}"), async || {
            let script = "return document.getElementById('state').textContent";
            let now: String = self.page().evaluate(script).await;
            if now == state { Ok(()) } else { Err(now) }
        })
        .await;
    }
}
