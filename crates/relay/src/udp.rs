//! Clients over UDP.

use std::sync::Arc;

use tokio::net::UdpSocket;

use crate::addr::{ClientAddr, ClientId};
use crate::datagrams;
use crate::dispatch::client_sent;
use crate::shared::Shared;
use crate::sink::Sink;

/// Serves the clients of one socket, forever.
pub(crate) async fn serve(shared: &Arc<Shared>, socket: &Arc<UdpSocket>, listener: usize) {
    let mut buffer = vec![0; datagrams::LARGEST];
    datagrams::receive(socket, &mut buffer, 0, |buffer, length, remote| {
        let remote = ClientAddr::new(remote);
        let client = ClientId { listener, remote };
        let sink = Sink::Udp(Arc::clone(socket), remote);
        client_sent(shared, client, &sink, &buffer[..length]);
    })
    .await;
}
