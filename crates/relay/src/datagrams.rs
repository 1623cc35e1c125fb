//! Sending and receiving datagrams, many with one system call: those of a burst that the
//! kernel hands over as one (generic receive offload), and gets as one (generic
//! segmentation offload), where the system has that.
//!
//! ```text
//!  recvmmsg ──► by sender ──► handle ──► runs ──► one sendmsg each
//! ```

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::UdpSocket;
use tokio::time::sleep;
use tracing::{debug, trace};

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
use portable as system;

use crate::datagram::{Datagram, Sent, by_sender};
use crate::moderation;

/// Datagrams in a row before other tasks have their turn.
const TURN: usize = 256;

/// A UDP socket.
pub(crate) struct DatagramSocket {
    socket: UdpSocket,
    /// Until the system says that it cannot send runs out of this one.
    sends_runs: AtomicBool,
}

impl DatagramSocket {
    pub(crate) fn new(socket: UdpSocket) -> Self {
        Self {
            socket,
            sends_runs: AtomicBool::new(true),
        }
    }

    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Receives forever; `handle` gets, in their order, all datagrams of one sender that are
    /// there. Nobody has to wait for another sender's more than some hundred.
    pub(crate) async fn receive(&self, mut handle: impl FnMut(SocketAddr, &[Datagram<'_>])) {
        system::prepare(&self.socket);
        loop {
            if let Err(error) = self.socket.readable().await {
                rest(&error).await;
                continue;
            }
            match self.receive_turn(&mut handle) {
                // There is more.
                Ok(()) => tokio::task::yield_now().await,
                Err(error) => rest(&error).await,
            }
        }
    }

    fn receive_turn(&self, handle: &mut impl FnMut(SocketAddr, &[Datagram<'_>])) -> io::Result<()> {
        let mut count = 0;
        while count < TURN {
            system::receive(&self.socket, |datagrams| {
                count += datagrams.len();
                moderation::received(datagrams.len());
                by_sender(datagrams, handle);
            })?;
        }
        Ok(())
    }

    /// Receives what is there, and no more.
    pub(crate) fn receive_rest(&self, mut handle: impl FnMut(SocketAddr, &[Datagram<'_>])) {
        while self.receive_turn(&mut handle).is_ok() {}
    }

    /// Sends a datagram now or never. No error counts: neither a full buffer, nor
    /// that there is no way to the address (ENETUNREACH), nor that nobody is there
    /// (ECONNREFUSED) is the end of anything; peers come and go while ICE looks for
    /// a way.
    pub(crate) fn send(&self, data: &[u8], to: SocketAddr) {
        // Tokio's own try_send_to would first want to hear that the socket is
        // writable, which for a new one takes until its next turn.
        if let Err(error) = SockRef::from(&self.socket).send_to(data, &to.into()) {
            trace!(%error, "a datagram was not sent");
        }
    }

    /// The same for a run ([`crate::datagram::runs`]), each as channel data if there is a channel.
    pub(crate) fn send_run(&self, run: &[Datagram<'_>], channel: Option<u16>, to: SocketAddr) {
        if let ([one], None) = (run, channel) {
            return self.send(one.bytes, to);
        }
        if run.len() > 1 && self.sends_runs.load(Ordering::Relaxed) {
            match system::send_run(&self.socket, run, channel, to) {
                Sent::Done => return,
                Sent::NotThisOne => {}
                Sent::NeverInRuns => self.sends_runs.store(false, Ordering::Relaxed),
            }
        }
        for datagram in run {
            match channel {
                Some(number) => system::send_channel_data(&self.socket, number, datagram.bytes, to),
                None => self.send(datagram.bytes, to),
            }
        }
    }
}

/// An error may be about an earlier datagram, and passes; a lasting one must
/// not keep a core busy.
async fn rest(error: &io::Error) {
    if error.kind() != io::ErrorKind::WouldBlock {
        debug!(%error, "receiving");
        sleep(Duration::from_millis(1)).await;
    }
}
