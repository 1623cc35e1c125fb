//! From the bytes of a client or a peer to the machine, and from what it decides
//! to what is sent.
//!
//! Reading a message, checking its credentials and signing its answer happen here,
//! outside of the machine's lock.

use std::sync::Arc;

use stun_types::attribute::{ErrorCode, XorMappedAddress};
use stun_types::message::{BINDING, Message, MessageClass};
use turn_types::message::SEND;

use crate::addr::{ClientAddr, ClientId, PeerAddr, RelayPort};
use crate::clock::unix_time;
use crate::datagram::{Datagram, runs};
use crate::datagrams::DatagramSocket;
use crate::machine::{Amount, DataTarget, Delivery, Input, Output};
use crate::ports::RelaySocket;
use crate::request::{KNOWN, Request, Response};
use crate::shared::Shared;
use crate::sink::Sink;
use crate::wire::{self, Packet};

/// A datagram, or one frame of a stream, from a client; `sink` leads back. What
/// is none of ours is ignored, whatever it is.
fn client_sent(shared: &Arc<Shared>, client: ClientId, sink: &Sink, bytes: &[u8]) {
    if wire::is_oversized_request(bytes) {
        return;
    }
    match wire::parse(bytes) {
        Some(Packet::Channel { number, data }) => {
            relay(
                shared,
                client,
                DataTarget::Channel(number),
                &one(client, data),
            );
        }
        Some(Packet::Stun(message)) => match message.class() {
            MessageClass::Request => {
                let answer = match request(shared, client, sink, &message) {
                    Answer::Signed(answer) => answer,
                    // A source address that is forged gets nothing that it did not pay.
                    Answer::Unsigned(answer) => match sink {
                        Sink::Udp(..) if !shared.may_answer(client.remote.ip()) => return,
                        Sink::Udp(..) | Sink::Stream(_) => answer,
                    },
                };
                sink.send(answer);
            }
            MessageClass::Indication if message.has_method(SEND) => {
                send_indication(shared, client, bytes, &message);
            }
            MessageClass::Indication | MessageClass::Success | MessageClass::Error => {}
        },
        None => {}
    }
}

/// What one client has sent, in its order. What goes through one channel leaves in runs.
pub(crate) fn client_sent_all(
    shared: &Arc<Shared>,
    client: ClientId,
    sink: &Sink,
    datagrams: &[Datagram<'_>],
) {
    if let [one] = datagrams {
        return client_sent(shared, client, sink, one.bytes);
    }
    let mut channel = None;
    let mut gathered = Vec::with_capacity(datagrams.len());
    for &Datagram { from, bytes } in datagrams {
        match wire::parse(bytes) {
            Some(Packet::Channel { number, data }) => {
                if channel != Some(number) {
                    flush(shared, client, channel.replace(number), &mut gathered);
                }
                gathered.push(Datagram { from, bytes: data });
            }
            Some(Packet::Stun(_)) | None => {
                // It may change what a channel leads to.
                flush(shared, client, channel, &mut gathered);
                client_sent(shared, client, sink, bytes);
            }
        }
    }
    flush(shared, client, channel, &mut gathered);
}

fn flush(
    shared: &Shared,
    client: ClientId,
    channel: Option<u16>,
    gathered: &mut Vec<Datagram<'_>>,
) {
    if let Some(number) = channel {
        for run in runs(gathered) {
            relay(shared, client, DataTarget::Channel(number), run);
        }
    }
    gathered.clear();
}

/// The answer to a request: whoever asked has proved with a nonce that it is where
/// it says, or has proved nothing.
enum Answer {
    Signed(Vec<u8>),
    Unsigned(Vec<u8>),
}

fn request(shared: &Arc<Shared>, client: ClientId, sink: &Sink, message: &Message<'_>) -> Answer {
    if message.has_method(BINDING) {
        return Answer::Unsigned(binding(client.remote, message));
    }
    if !Request::is_known(message) {
        return Answer::Unsigned(wire::error(message, ErrorCode::BAD_REQUEST, &[], None));
    }
    let wall = unix_time();
    let authenticated = shared
        .authenticator
        .authenticate(client.remote, message, wall);
    let (caller, key) = match authenticated {
        Ok(authenticated) => authenticated,
        Err(answer) => return Answer::Unsigned(answer),
    };
    let unknown = wire::unknown(message, KNOWN);
    if !unknown.is_empty() {
        let unknown = [wire::unknown_attributes(&unknown)];
        let code = ErrorCode::UNKNOWN_ATTRIBUTE;
        return Answer::Signed(wire::error(message, code, &unknown, Some(&key)));
    }
    let response = match Request::read(message) {
        Ok(request) => respond(
            shared,
            Input::Request {
                client,
                caller,
                request,
                sink: sink.clone(),
                wall,
            },
        ),
        Err(code) => Response::Refused(code),
    };
    Answer::Signed(response.write(message, client.remote, &key))
}

/// What the machine says to a request; relay sockets that it opens are read from.
fn respond(shared: &Arc<Shared>, request: Input<Sink>) -> Response {
    let mut response = Response::Refused(ErrorCode::SERVER_ERROR);
    for output in shared.handle(request) {
        match output {
            Output::Respond(said) => response = said,
            Output::ReadFrom { socket, port } => read_from(shared, &socket, port),
            // No request leads to data.
            Output::SendToPeer { .. } | Output::SendToClient(_) => {}
        }
    }
    response
}

fn send_indication(shared: &Shared, client: ClientId, bytes: &[u8], message: &Message<'_>) {
    let unknown = !wire::unknown(message, KNOWN).is_empty();
    let peers = wire::peers(message).unwrap_or_default();
    if let (false, [peer], Some(range)) = (unknown, &peers[..], wire::data_range(message)) {
        relay(
            shared,
            client,
            DataTarget::Peer(*peer),
            &one(client, &bytes[range]),
        );
    }
}

fn one(client: ClientId, bytes: &[u8]) -> [Datagram<'_>; 1] {
    let from = client.remote.socket_addr();
    [Datagram { from, bytes }]
}

fn relay(shared: &Shared, client: ClientId, to: DataTarget, run: &[Datagram<'_>]) {
    let amount = amount(run);
    for output in shared.handle(Input::ClientData { client, to, amount }) {
        match output {
            Output::SendToPeer {
                socket,
                peer,
                passes,
            } => {
                let run = &run[..run.len().min(passes)];
                socket.socket.send_run(run, None, peer.socket_addr());
                shared.count_to_peers(run);
            }
            Output::SendToClient(delivery) => deliver(&delivery, run),
            // Only requests lead to these.
            Output::Respond(_) | Output::ReadFrom { .. } => {}
        }
    }
}

fn deliver(delivery: &Delivery<Sink>, run: &[Datagram<'_>]) {
    delivery.send_run(&run[..run.len().min(delivery.passes)]);
}

fn amount(run: &[Datagram<'_>]) -> Amount {
    let length = |datagram: Option<&Datagram<'_>>| datagram.map_or(0, |it| it.bytes.len());
    Amount {
        count: run.len(),
        each: length(run.first()),
        last: length(run.last()),
    }
}

/// RFC 8489, section 12: who asks from where. No credentials are needed.
fn binding(client: ClientAddr, message: &Message<'_>) -> Vec<u8> {
    let unknown = wire::unknown(message, &wire::CREDENTIALS);
    if !unknown.is_empty() {
        let unknown = [wire::unknown_attributes(&unknown)];
        return wire::error(message, ErrorCode::UNKNOWN_ATTRIBUTE, &unknown, None);
    }
    let address = XorMappedAddress::new(client.socket_addr(), message.transaction_id());
    wire::success(message, &[Box::new(address)], None)
}

/// Passes on what peers send to a relay socket, in a task that ends when the
/// socket closes.
fn read_from(shared: &Arc<Shared>, relay_socket: &RelaySocket, port: RelayPort) {
    let socket = Arc::clone(&relay_socket.socket);
    let closed = relay_socket.closed.clone();
    let inner = Arc::clone(shared);
    shared.tasks.spawn(async move {
        tokio::select! {
            () = closed.cancelled() => {}
            () = read_peers(&inner, &socket, port) => {}
        }
    });
}

async fn read_peers(shared: &Shared, socket: &DatagramSocket, port: RelayPort) {
    let receive = socket.receive(|remote, datagrams| {
        let peer = PeerAddr::new(remote);
        for run in runs(datagrams) {
            let amount = amount(run);
            for output in shared.handle(Input::PeerData { port, peer, amount }) {
                match output {
                    Output::SendToClient(delivery) => deliver(&delivery, run),
                    // What comes from peers leads nowhere else.
                    Output::Respond(_) | Output::ReadFrom { .. } | Output::SendToPeer { .. } => {}
                }
            }
        }
    });
    receive.await;
}
