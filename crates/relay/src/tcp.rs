//! Streams: TCP, and TLS over it. A client's allocation ends with its
//! connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, warn};
use wimpex_limits::Permit;

use crate::addr::{ClientAddr, ClientId};
use crate::datagram::Datagram;
use crate::dispatch::client_sent_all;
use crate::machine::Input;
use crate::shared::Shared;
use crate::sink::{SendQueue, Sink, Unsent};
use crate::wire::{CHANNEL_HEADER, STUN_HEADER};

/// The longest frame: a STUN message with a length field of all ones.
const FRAME: usize = STUN_HEADER + u16::MAX as usize;

/// Lets connections in, forever, but while another process does; with TLS if there is an acceptor.
pub(crate) async fn serve(
    shared: &Arc<Shared>,
    listener: &TcpListener,
    number: usize,
    tls: Option<TlsAcceptor>,
) {
    let mut notice = shared.retirement.notice();
    loop {
        tokio::select! {
            () = accept_all(shared, listener, number, tls.as_ref()) => {}
            () = notice.wanted() => {}
        }
        shared.retirement.made_way();
        notice.cancelled().await;
    }
}

async fn accept_all(
    shared: &Arc<Shared>,
    listener: &TcpListener,
    number: usize,
    tls: Option<&TlsAcceptor>,
) {
    let mut is_told = false;
    loop {
        let (stream, remote) = match listener.accept().await {
            Ok(accepted) => {
                is_told = false;
                accepted
            }
            Err(error) => {
                // Out of file descriptors, most likely: it passes when others end.
                // It is said once, not for each try.
                if !std::mem::replace(&mut is_told, true) {
                    warn!(%error, "the relay cannot accept connections");
                }
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let remote = ClientAddr::new(remote);
        let Some(permit) = shared.admit(remote.ip()) else {
            debug!("too many connections to the relay");
            continue;
        };
        // A picture's packets are not to wait for each other.
        let _ = stream.set_nodelay(true);
        let client = ClientId {
            listener: number,
            remote,
        };
        let task = connection(Arc::clone(shared), stream, tls.cloned(), client, permit);
        shared.tasks.spawn(task);
    }
}

async fn connection(
    shared: Arc<Shared>,
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    client: ClientId,
    _permit: Permit,
) {
    let serve = async {
        match tls {
            None => {
                let (reader, writer) = stream.into_split();
                exchange(&shared, reader, writer, client).await;
            }
            Some(tls) => match timeout(shared.timing.handshake, tls.accept(stream)).await {
                Ok(Ok(stream)) => {
                    let (reader, writer) = tokio::io::split(stream);
                    exchange(&shared, reader, writer, client).await;
                }
                Ok(Err(error)) => debug!(%error, "no TLS"),
                Err(_) => debug!("TLS took too long"),
            },
        }
    };
    tokio::select! {
        () = serve => {}
        () = shared.stopping.cancelled() => {}
    }
    // Nobody is told.
    let _ = shared.handle(Input::Disconnected { client });
}

/// Serves a client over a connection that somebody else has accepted, who has also dealt with its
/// TLS; `held` is what it holds meanwhile.
pub(crate) fn serve_accepted<T: Send + 'static>(
    shared: &Arc<Shared>,
    stream: impl AsyncRead + AsyncWrite + Send + 'static,
    remote: ClientAddr,
    held: T,
) {
    let Some(permit) = shared.admit(remote.ip()) else {
        return debug!("too many connections to the relay");
    };
    let client = ClientId {
        listener: shared.foreign_listener(),
        remote,
    };
    let inner = Arc::clone(shared);
    shared.tasks.spawn(async move {
        let (reader, writer) = tokio::io::split(stream);
        tokio::select! {
            () = exchange(&inner, reader, writer, client) => {}
            () = inner.stopping.cancelled() => {}
        }
        // Nobody is told.
        let _ = inner.handle(Input::Disconnected { client });
        drop((permit, held));
    });
}

async fn exchange(
    shared: &Arc<Shared>,
    reader: impl AsyncRead + Unpin,
    writer: impl AsyncWrite + Unpin,
    client: ClientId,
) {
    let (queue, unsent) = SendQueue::new(shared.limits.queue_bytes);
    tokio::select! {
        () = read(shared, reader, client, Sink::Stream(queue)) => {}
        () = write(writer, unsent, shared.timing.write) => {}
        () = idle(shared, client) => debug!("a connection without an allocation"),
    }
}

/// Ends when the connection was without an allocation for too long, whatever
/// else it said.
async fn idle(shared: &Arc<Shared>, client: ClientId) {
    let limit = shared.timing.idle;
    let mut since = Instant::now();
    while since.elapsed() < limit {
        sleep((limit / 4).min(Duration::from_secs(1))).await;
        if shared.has_allocation(client) {
            since = Instant::now();
        }
    }
}

async fn read(
    shared: &Arc<Shared>,
    mut reader: impl AsyncRead + Unpin,
    client: ClientId,
    sink: Sink,
) {
    let mut buffer = Vec::with_capacity(4 * 1024);
    loop {
        let Ok(done) = whole_frames(shared, client, &sink, &buffer) else {
            return;
        };
        buffer.drain(..done);
        match reader.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        tokio::task::yield_now().await;
    }
}

/// Deals with all frames that are there; how many bytes are they?
fn whole_frames(
    shared: &Arc<Shared>,
    client: ClientId,
    sink: &Sink,
    bytes: &[u8],
) -> Result<usize, NoFrame> {
    let from = client.remote.socket_addr();
    let (mut done, mut frames) = (0, Vec::new());
    let end = loop {
        let rest = &bytes[done..];
        match frame(rest) {
            Ok(Some((length, padded))) => {
                let bytes = &rest[..length];
                frames.push(Datagram { from, bytes });
                done += padded;
            }
            Ok(None) => break Ok(done),
            Err(NoFrame) => break Err(NoFrame),
        }
    };
    client_sent_all(shared, client, sink, &frames);
    end
}

async fn write(mut writer: impl AsyncWrite + Unpin, mut unsent: Unsent, limit: Duration) {
    while let Some(bytes) = unsent.next().await {
        let written = async {
            writer.write_all(&bytes).await?;
            writer.flush().await
        };
        match timeout(limit, written).await {
            Ok(Ok(())) => unsent.written(bytes.len()),
            Ok(Err(_)) => return,
            Err(_) => {
                debug!("a client takes nothing");
                return;
            }
        }
    }
}

/// Neither STUN nor channel data.
#[derive(Debug, PartialEq, Eq)]
struct NoFrame;

/// The length of the first frame, without and with padding (RFC 8656, section
/// 12.5); None if it is not all there yet.
fn frame(bytes: &[u8]) -> Result<Option<(usize, usize)>, NoFrame> {
    let Some(header) = bytes.first_chunk::<CHANNEL_HEADER>() else {
        return Ok(None);
    };
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let length = match header[0] >> 6 {
        0 => STUN_HEADER + length,
        1 => CHANNEL_HEADER + length,
        _ => return Err(NoFrame),
    };
    debug_assert!(length <= FRAME);
    let padded = length.next_multiple_of(4);
    Ok((bytes.len() >= padded).then_some((length, padded)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_in_a_stream() {
        assert_eq!(frame(&[]), Ok(None));
        assert_eq!(frame(&[0, 1, 0]), Ok(None));
        assert_eq!(frame(&[0, 1, 0, 0]), Ok(None));
        let mut request = [0; 24];
        request[3] = 4;
        assert_eq!(frame(&request), Ok(Some((24, 24))));
        assert_eq!(frame(&request[..23]), Ok(None));
        let data = [0x40, 0, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0];
        assert_eq!(frame(&data), Ok(Some((9, 12))));
        assert_eq!(frame(&data[..9]), Ok(None));
        assert_eq!(frame(b"\x80abc"), Err(NoFrame));
        assert_eq!(frame(b"\xffabc"), Err(NoFrame));
    }
}
