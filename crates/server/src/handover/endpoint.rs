//! The side of the process that runs: where the next one finds it.

use std::io;
use std::time::Duration;

use rustix::process::geteuid;
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;
use tracing::{info, warn};

use super::wire::{self, Answer, Hello, Progress, VERSION};
use crate::inherited::Inherited;
use crate::systemd;

/// For each word of the next process that it has ready.
const WORD: Duration = Duration::from_secs(10);
/// For it to read its configuration and to open what it has not been given.
const PREPARATION: Duration = Duration::from_secs(120);

/// See the module.
pub struct Endpoint {
    pub(super) listener: UnixListener,
    /// What the next process gets. Also what is held for as long as this process has its place.
    pub(super) things: Inherited,
}

/// A process that is ready to take this one's place.
pub(crate) struct Visitor {
    stream: UnixStream,
    process: u32,
}

impl Endpoint {
    /// The next process that is ready, whenever that may be; those that fail are told of in the
    /// log.
    pub(crate) async fn visitor(&self) -> Visitor {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => match self.prepare(stream).await {
                    Ok(visitor) => return visitor,
                    Err(error) => {
                        warn!(%error, "another process did not take this one's place");
                    }
                },
                Err(error) => {
                    warn!(%error, "no other process can take this one's place for now");
                    tokio::time::sleep(WORD).await;
                }
            }
        }
    }

    async fn prepare(&self, mut stream: UnixStream) -> io::Result<Visitor> {
        let peer = stream.peer_cred()?.uid();
        if peer != geteuid().as_raw() && peer != 0 {
            return Err(io::Error::other("it is another user's"));
        }
        let hello: Hello = in_time(WORD, wire::read(&mut stream)).await?;
        if hello.version != VERSION {
            in_time(WORD, wire::write(&mut stream, &Answer::Version(VERSION))).await?;
            return Err(io::Error::other("it is of another version"));
        }
        info!(
            process = hello.process,
            "another process is about to take this one's place"
        );
        in_time(WORD, wire::send(&mut stream, &self.things)).await?;
        expect(&mut stream, Progress::Ready, PREPARATION).await?;
        Ok(Visitor {
            stream,
            process: hello.process,
        })
    }
}

impl Visitor {
    /// Its process id.
    pub(crate) fn process(&self) -> u32 {
        self.process
    }

    /// Hands this over; when this returns without an error, the other process has it.
    pub(crate) async fn give(mut self, state: &[u8]) -> io::Result<()> {
        in_time(WORD, wire::write_bytes(&mut self.stream, state)).await?;
        expect(&mut self.stream, Progress::Serving, WORD).await?;
        systemd::successor(self.process);
        Ok(())
    }
}

async fn expect(stream: &mut UnixStream, expected: Progress, limit: Duration) -> io::Result<()> {
    let progress: Progress = in_time(limit, wire::read(stream)).await?;
    if progress == expected {
        Ok(())
    } else {
        Err(io::Error::other("it says what makes no sense"))
    }
}

pub(super) async fn in_time<T>(
    limit: Duration,
    future: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    timeout(limit, future).await?
}
