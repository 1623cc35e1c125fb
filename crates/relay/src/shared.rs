//! The machine behind its lock, and what all tasks share beside it.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wimpex_limits::{PerNetworkLimiter, Permit};
use wimpex_sansio::{Machine, outputs};

use crate::addr::ClientId;
use crate::auth::Authenticator;
use crate::clock::Clock;
use crate::config::{Limits, Timing};
use crate::datagram::Datagram;
use crate::machine::{Counts, Input, Output, TurnServer};
use crate::ports::{RelaySocket, UdpPorts};
use crate::reflection::ReflectionLimiter;
use crate::retirement::Retirement;
use crate::sink::Sink;

/// See the module.
pub(crate) struct Shared {
    machine: Mutex<TurnServer<UdpPorts, Sink>>,
    clock: Clock,
    /// The machine has a deadline where it had none.
    has_deadline: Notify,
    pub(crate) authenticator: Authenticator,
    reflection: ReflectionLimiter,
    pub(crate) limits: Limits,
    pub(crate) timing: Timing,
    pub(crate) tasks: TaskTracker,
    pub(crate) stopping: CancellationToken,
    pub(crate) retirement: Retirement,
    connections: Arc<PerNetworkLimiter>,
    /// Sent out of relay sockets.
    bytes_to_peers: AtomicU64,
    packets_to_peers: AtomicU64,
    /// Connections that others have accepted.
    foreign: AtomicUsize,
}

impl Shared {
    pub(crate) fn new(
        machine: TurnServer<UdpPorts, Sink>,
        authenticator: Authenticator,
        limits: Limits,
        timing: Timing,
        stopping: CancellationToken,
    ) -> Self {
        Self {
            machine: Mutex::new(machine),
            clock: Clock::start(),
            has_deadline: Notify::new(),
            authenticator,
            reflection: ReflectionLimiter::new(limits.unproven_answers_per_second),
            connections: PerNetworkLimiter::new(limits.connections_per_network, limits.connections),
            limits,
            timing,
            tasks: TaskTracker::new(),
            stopping,
            retirement: Retirement::default(),
            bytes_to_peers: AtomicU64::new(0),
            packets_to_peers: AtomicU64::new(0),
            foreign: AtomicUsize::new(0),
        }
    }

    /// Has the machine handle an input. What is to be done comes back, so that it
    /// is done without the lock.
    pub(crate) fn handle(&self, input: Input<Sink>) -> Vec<Output<Arc<RelaySocket>, Sink>> {
        let mut machine = self.lock();
        let had_deadline = machine.poll_timeout().is_some();
        machine.handle(input, self.clock.now());
        if !had_deadline && machine.poll_timeout().is_some() {
            self.has_deadline.notify_one();
        }
        outputs(&mut *machine).collect()
    }

    /// Comes to the machine with every deadline that it has, forever.
    pub(crate) async fn keep_time(&self) {
        loop {
            let due = self.lock().poll_timeout();
            match due {
                Some(due) => {
                    sleep_until(self.clock.instant(due).into()).await;
                    // Nothing is said about deadlines.
                    let _ = self.handle(Input::Timeout);
                }
                None => self.has_deadline.notified().await,
            }
        }
    }

    /// Runs a task until the relay stops.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stopping = self.stopping.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = task => {}
                () = stopping.cancelled() => {}
            }
        });
    }

    /// Who has an allocation by way of that socket.
    pub(crate) fn clients_of(&self, listener: usize) -> Vec<ClientId> {
        self.lock().clients_of(listener, self.clock.now())
    }

    pub(crate) fn has_allocation(&self, client: ClientId) -> bool {
        self.lock().has_allocation(client, self.clock.now())
    }

    /// Whether a source that has proved nothing may get one more datagram.
    pub(crate) fn may_answer(&self, source: IpAddr) -> bool {
        self.reflection.admits(source, self.clock.now())
    }

    /// A place for a TCP connection from this address, if there is one.
    pub(crate) fn admit(&self, remote: IpAddr) -> Option<Permit> {
        self.connections.acquire(remote)
    }

    /// A number for the listener of a connection that somebody else has accepted: one that no
    /// listener here has, and another for each.
    pub(crate) fn foreign_listener(&self) -> usize {
        usize::MAX - self.foreign.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            connections: self.connections.taken(),
            tasks: self.tasks.len(),
            ..self.lock().counts()
        }
    }

    /// These have left for a peer.
    pub(crate) fn count_to_peers(&self, run: &[Datagram<'_>]) {
        let bytes: usize = run.iter().map(|datagram| datagram.bytes.len()).sum();
        let (bytes, packets) = (bytes as u64, run.len() as u64);
        self.bytes_to_peers.fetch_add(bytes, Ordering::Relaxed);
        self.packets_to_peers.fetch_add(packets, Ordering::Relaxed);
    }

    pub(crate) fn packets_to_peers(&self) -> u64 {
        self.packets_to_peers.load(Ordering::Relaxed)
    }

    pub(crate) fn bytes_to_peers(&self) -> u64 {
        self.bytes_to_peers.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, TurnServer<UdpPorts, Sink>> {
        // A panic in there would be a bug, but not one to end all other calls for.
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
