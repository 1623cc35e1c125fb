//! A TCP proxy in front of the server, which can stall, cut and truncate connections.
//!
//! The page is opened at the proxy's own address, so that its socket goes through it.
//! `Host` and `Origin` pass as they are, and so they agree.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::server::fresh_address;

/// Where [`Traffic::Truncate`] cuts a response, in bytes: more than the page itself has,
/// less than its program.
const TRUNCATED_LENGTH: usize = 16 * 1024;
/// How a request begins for what the page loads later (xtask/src/page/release.rs).
const LATER: &[u8] = b"GET /split_";

/// What a proxy does with what is sent through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// Forwards it.
    Pass,
    /// Nothing passes, either way, and nobody is told: the network is gone.
    Stall,
    /// All connections are cut, and new ones are refused.
    Cut,
    /// An answer of more than a few kilobytes ends in the middle.
    Truncate,
    /// The same of what the page loads later, and of whatever comes over that connection after it.
    TruncateLater,
}

/// A running proxy; it ends when it is dropped.
pub struct TcpProxy {
    address: String,
    traffic: watch::Sender<Traffic>,
    task: AbortHandle,
}

impl TcpProxy {
    /// A proxy to a server's address and port.
    pub(crate) async fn to(server: &str) -> Self {
        Self::to_first_of(vec![server.to_owned()]).await
    }

    /// A balancer: each connection goes to the first of these servers that is there.
    pub async fn to_first_of(servers: Vec<String>) -> Self {
        let listener = TcpListener::bind(fresh_address()).await;
        let listener = listener.expect("a loopback address of its own");
        let address = listener.local_addr().expect("it is bound").to_string();
        let (traffic, state) = watch::channel(Traffic::Pass);
        let task = tokio::spawn(accept(listener, servers, state));
        Self {
            address,
            traffic,
            task: task.abort_handle(),
        }
    }

    /// Where the page is: `http://ADDRESS:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Applies to open and new connections from now on.
    pub fn traffic(&self, traffic: Traffic) {
        self.traffic.send_replace(traffic);
    }
}

impl Drop for TcpProxy {
    fn drop(&mut self) {
        self.traffic.send_replace(Traffic::Cut);
        self.task.abort();
    }
}

async fn accept(
    listener: TcpListener,
    servers: Vec<String>,
    mut state: watch::Receiver<Traffic>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let mut listener = Some(listener);
    loop {
        if *state.borrow() == Traffic::Cut {
            // Whoever connects to a port without a listener is refused.
            listener = None;
            if until(&mut state, |traffic| traffic != Traffic::Cut).await {
                continue;
            }
            return Ok(());
        }
        let open = match listener.take() {
            Some(listener) => listener,
            None => TcpListener::bind(address).await?,
        };
        tokio::select! {
            accepted = open.accept() => {
                if let Ok((client, _)) = accepted {
                    tokio::spawn(connect(client, servers.clone(), state.clone()));
                }
            }
            changed = state.changed() => if changed.is_err() { return Ok(()); },
        }
        listener = Some(open);
    }
}

async fn connect(
    client: TcpStream,
    servers: Vec<String>,
    mut state: watch::Receiver<Traffic>,
) -> io::Result<()> {
    // A packet that does not arrive opens no connection at the server either.
    if !until(&mut state, |traffic| traffic != Traffic::Stall).await {
        return Ok(());
    }
    let server = first_of(&servers).await?;
    for end in [&client, &server] {
        // The proxy must not add what the network between two machines would not.
        end.set_nodelay(true)?;
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let cut = state.clone();
    let is_later = AtomicBool::new(false);
    tokio::select! {
        _ = async { tokio::join!(
            pass(from_client, to_server, state.clone(), &is_later),
            pass(from_server, to_client, state.clone(), &is_later),
        ) } => {}
        // Dropping both ends cuts them.
        () = until_cut(cut) => {}
    }
    Ok(())
}

async fn first_of(servers: &[String]) -> io::Result<TcpStream> {
    let mut result = Err(io::ErrorKind::ConnectionRefused.into());
    for server in servers {
        result = TcpStream::connect(server).await;
        if result.is_ok() {
            break;
        }
    }
    result
}

/// Copies until the end, and waits before each piece while traffic is stalled. Notes whether something
/// is asked for that the page loads later.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<Traffic>,
    is_later: &AtomicBool,
) -> io::Result<()> {
    let mut piece = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut piece).await?;
        if !until(&mut state, does_pass).await {
            return Ok(());
        }
        if piece[..length].starts_with(LATER) {
            is_later.store(true, Ordering::Relaxed);
        }
        let truncates = match *state.borrow() {
            Traffic::Truncate => true,
            Traffic::TruncateLater => is_later.load(Ordering::Relaxed),
            Traffic::Pass | Traffic::Stall | Traffic::Cut => false,
        };
        if truncates && length > TRUNCATED_LENGTH {
            return to.write_all(&piece[..TRUNCATED_LENGTH]).await;
        }
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&piece[..length]).await?;
    }
}

fn does_pass(traffic: Traffic) -> bool {
    match traffic {
        Traffic::Pass | Traffic::Truncate | Traffic::TruncateLater => true,
        Traffic::Stall | Traffic::Cut => false,
    }
}

async fn until_cut(mut state: watch::Receiver<Traffic>) {
    until(&mut state, |traffic| traffic == Traffic::Cut).await;
}

/// Waits for a state; `false` when the proxy is gone.
async fn until(state: &mut watch::Receiver<Traffic>, is: impl Fn(Traffic) -> bool) -> bool {
    state.wait_for(|traffic| is(*traffic)).await.is_ok()
}
