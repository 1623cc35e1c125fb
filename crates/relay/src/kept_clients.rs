//! Clients over UDP that stay with this process when another one listens on its sockets.
//!
//! For each there is a socket of its own, bound to the same port (`SO_REUSEPORT`) and connected to
//! the client: the kernel prefers it to one that is not connected (udp(7), `compute_score` in
//! net/ipv4/udp.c), so that its packets stay here and all others reach the next process. What is
//! sent to the client goes out of the old socket as before.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Protocol, Type};
use tokio::net::UdpSocket;
use tokio::time::sleep;
use tracing::warn;

use crate::addr::{ClientAddr, ClientId};
use crate::datagrams::DatagramSocket;
use crate::dispatch::client_sent_all;
use crate::ports;
use crate::shared::Shared;
use crate::sink::Sink;

/// How often it is looked whether a client's allocation has ended.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Gives each client of this socket that has an allocation a socket of its own, and deals with
/// what has come for them already. Whoever has none asks again, as UDP must.
pub(crate) fn keep(shared: &Arc<Shared>, socket: &Arc<DatagramSocket>, listener: usize) {
    for client in shared.clients_of(listener) {
        if !shared.retirement.keep(client) {
            continue;
        }
        match connected(socket, client) {
            Ok(own) => {
                let task = serve_one(Arc::clone(shared), own, Arc::clone(socket), client);
                shared.spawn(task);
            }
            Err(error) => {
                shared.retirement.forget(client);
                warn!(%error, "a relayed call cannot outlive the change of processes");
            }
        }
    }
    socket.receive_rest(|remote, datagrams| {
        let remote = ClientAddr::new(remote);
        let client = ClientId { listener, remote };
        if shared.has_allocation(client) {
            let sink = Sink::Udp(Arc::clone(socket), remote);
            client_sent_all(shared, client, &sink, datagrams);
        }
    });
}

fn connected(socket: &DatagramSocket, client: ClientId) -> io::Result<DatagramSocket> {
    let local = socket.local_addr()?;
    let own = ports::socket(local, Type::DGRAM, Protocol::UDP)?;
    #[cfg(target_os = "linux")]
    own.set_reuse_port(true)?;
    own.bind(&local.into())?;
    own.connect(&client.remote.socket_addr().into())?;
    Ok(DatagramSocket::new(UdpSocket::from_std(own.into())?))
}

/// For as long as the client has its allocation.
async fn serve_one(
    shared: Arc<Shared>,
    own: DatagramSocket,
    socket: Arc<DatagramSocket>,
    client: ClientId,
) {
    let sink = Sink::Udp(socket, client.remote);
    let receive = own.receive(|remote, datagrams| {
        // Between bind and connect others may have found it.
        if ClientAddr::new(remote) == client.remote {
            client_sent_all(&shared, client, &sink, datagrams);
        }
    });
    tokio::select! {
        () = receive => {}
        () = allocation_ends(&shared, client) => {}
    }
    shared.retirement.forget(client);
}

async fn allocation_ends(shared: &Shared, client: ClientId) {
    while shared.has_allocation(client) {
        sleep(LOOK_EVERY).await;
    }
}
