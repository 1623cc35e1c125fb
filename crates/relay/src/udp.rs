//! Clients over UDP.

use std::sync::Arc;

use crate::addr::{ClientAddr, ClientId};
use crate::datagrams::DatagramSocket;
use crate::dispatch::client_sent_all;
use crate::kept_clients;
use crate::shared::Shared;
use crate::sink::Sink;

/// Serves the clients of one socket, forever, but while another process does.
pub(crate) async fn serve(shared: &Arc<Shared>, socket: &Arc<DatagramSocket>, listener: usize) {
    let mut notice = shared.retirement.notice();
    loop {
        tokio::select! {
            () = receive(shared, socket, listener) => {}
            () = notice.wanted() => {}
        }
        kept_clients::keep(shared, socket, listener);
        shared.retirement.made_way();
        notice.cancelled().await;
    }
}

async fn receive(shared: &Arc<Shared>, socket: &Arc<DatagramSocket>, listener: usize) {
    let receive = socket.receive(|remote, datagrams| {
        let remote = ClientAddr::new(remote);
        let client = ClientId { listener, remote };
        let sink = Sink::Udp(Arc::clone(socket), remote);
        client_sent_all(shared, client, &sink, datagrams);
    });
    receive.await;
}
