//! Clients over UDP.

use std::sync::Arc;

use tokio::net::UdpSocket;

use crate::addr::{ClientAddr, ClientId};
use crate::datagrams::{self, Outgoing};
use crate::dispatch::{client_sent, client_sent_run};
use crate::kept_clients;
use crate::shared::Shared;
use crate::sink::Sink;

/// Serves the clients of one socket, forever, but while another process does.
pub(crate) async fn serve(shared: &Arc<Shared>, socket: &Arc<UdpSocket>, listener: usize) {
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

async fn receive(shared: &Arc<Shared>, socket: &Arc<UdpSocket>, listener: usize) {
    let mut outgoing = Outgoing::default();
    datagrams::receive(socket, |remote, run| {
        let remote = ClientAddr::new(remote);
        let client = ClientId { listener, remote };
        let sink = Sink::Udp(Arc::clone(socket), remote);
        if run.is_long() {
            client_sent_run(shared, client, &sink, run, &mut outgoing);
        } else {
            client_sent(shared, client, &sink, run.bytes());
        }
    })
    .await;
}
