//! The connection to NATS, on a thread of its own.

use std::error::Error;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::stream::{Config, Stream};
use async_nats::jetstream::{Context, ContextBuilder, ErrorCode, context::GetStreamErrorKind};
use async_nats::{Client, ConnectOptions, Event, ServerAddr};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep};
use tracing::warn;

/// For one answer of JetStream's.
const ANSWER: Duration = Duration::from_secs(3);
/// How often it is looked whether NATS is there.
const LOOK: Duration = Duration::from_millis(20);

/// How to reach NATS, and what to make there.
#[derive(Clone)]
pub struct JetStreamOptions {
    /// The next is tried when one is away.
    pub servers: Vec<ServerAddr>,
    /// Who one is, and whom to trust.
    pub options: ConnectOptions,
    /// What the names of buckets begin with; points in it become dashes.
    pub prefix: String,
    /// On how many servers of the NATS cluster everything is kept.
    pub replicas: usize,
}

/// See the module. Whoever drops the last one ends it.
pub(crate) struct Connection {
    runtime: Option<Runtime>,
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    options: JetStreamOptions,
    context: OnceCell<(Client, Context)>,
    was_up: AtomicBool,
}

/// Whether it is waited for NATS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Somebody waits for the answer: where NATS has gone away, there is none.
    Little,
    /// It is to be kept: NATS may be back in time.
    Much,
}

impl Patience {
    const fn limit(self) -> Duration {
        match self {
            Self::Little => Duration::from_secs(5),
            Self::Much => Duration::from_secs(30),
        }
    }
}

impl Connection {
    /// Does not wait until NATS is there.
    pub(crate) fn open(options: JetStreamOptions) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("jetstream")
            .enable_all()
            .build()?;
        let shared = Arc::new(Shared {
            options,
            context: OnceCell::new(),
            was_up: AtomicBool::new(false),
        });
        let early = Arc::clone(&shared);
        runtime.spawn(async move { early.ready(Patience::Much).await.map(drop) });
        Ok(Self {
            runtime: Some(runtime),
            shared,
        })
    }

    /// Waits for what is done on the other thread.
    pub(crate) fn wait<T: Send + 'static>(
        &self,
        patience: Patience,
        work: impl Future<Output = io::Result<T>> + Send + 'static,
    ) -> io::Result<T> {
        let (done, wait) = mpsc::sync_channel(1);
        let task = self.runtime.as_ref().map(|runtime| {
            runtime.spawn(async move {
                let _ = done.send(work.await);
            })
        });
        let result = wait.recv_timeout(patience.limit() + ANSWER);
        result.unwrap_or_else(|_| {
            if let Some(task) = task {
                task.abort();
            }
            Err(away())
        })
    }

    /// The same for who need not hold a thread meanwhile.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = io::Result<T>> + Send + 'static,
    ) -> io::Result<T> {
        match &self.runtime {
            Some(runtime) => runtime.spawn(work).await.map_err(io::Error::other)?,
            None => Err(away()),
        }
    }

    /// The same for what nobody waits for.
    pub(crate) fn leave(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.runtime {
            runtime.spawn(work);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Dropping it otherwise waits, which must not be done in a task.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Shared {
    pub(crate) fn replicas(&self) -> usize {
        self.options.replicas.max(1)
    }

    /// The name of a bucket.
    pub(crate) fn bucket(&self, name: &str) -> String {
        format!("{}-{name}", self.options.prefix.replace('.', "-"))
    }

    /// JetStream, when NATS is there.
    pub(crate) async fn ready(&self, patience: Patience) -> io::Result<&Context> {
        let connected = self.context.get_or_try_init(|| self.connect());
        let (client, context) = connected.await?;
        let until = Instant::now() + patience.limit();
        while client.connection_state() != State::Connected {
            let has_gone = self.was_up.load(Ordering::Relaxed);
            if Instant::now() >= until || has_gone && patience == Patience::Little {
                return Err(away());
            }
            sleep(LOOK).await;
        }
        self.was_up.store(true, Ordering::Relaxed);
        Ok(context)
    }

    /// The stream of that name, made like this if there is none.
    pub(crate) async fn stream(&self, context: &Context, config: Config) -> io::Result<Stream> {
        match context.get_stream(&config.name).await {
            Ok(stream) => Ok(stream),
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(error)
                    if error.error_code() == ErrorCode::STREAM_NOT_FOUND =>
                {
                    // Another server may make it at the same moment, with the same.
                    context.create_stream(config).await.map_err(other)
                }
                _ => Err(other(error)),
            },
        }
    }

    async fn connect(&self) -> io::Result<(Client, Context)> {
        let JetStreamOptions {
            servers, options, ..
        } = &self.options;
        let options =
            options
                .clone()
                .retry_on_initial_connect()
                .event_callback(|event| async move {
                    match event {
                        // Something that is not permitted, perhaps.
                        Event::ServerError(_) | Event::ClientError(_) => warn!(%event, "JetStream"),
                        // The other connection tells of it.
                        _ => {}
                    }
                });
        let client = options.connect(&servers[..]).await.map_err(other)?;
        let context = ContextBuilder::new().timeout(ANSWER).build(client.clone());
        Ok((client, context))
    }
}

pub(crate) fn other(error: impl Error + Send + Sync + 'static) -> io::Error {
    io::Error::other(error)
}

pub(crate) fn away() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "NATS does not answer")
}
