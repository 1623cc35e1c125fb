//! The end of a socket, done so that the peer gets to hear why.

use std::time::Duration;

use futures_util::SinkExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, sink};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use wimpex_protocol::ServerMessage;

use super::end::End;
use crate::outbox::Queue;

/// What is thrown away at most while waiting for the peer to close.
const DISCARDED_BYTES: u64 = 64 * 1024 * 1024;

/// Writes what is left, the reason and the close frame, and waits a moment for
/// the peer to close; `limit` for each of the two.
pub(super) async fn say<S>(
    ws: &mut WebSocketStream<S>,
    end: End,
    queue: Option<Queue>,
    limit: Duration,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if matches!(end, End::PeerLost | End::Silent | End::Stuck) {
        return;
    }
    // A peer that does not take it in time is none to wait for either.
    if let Ok(Ok(())) = timeout(limit, write(ws, &end, queue)).await {
        let _ = timeout(limit, linger(ws.get_mut())).await;
    }
}

async fn write<S>(ws: &mut WebSocketStream<S>, end: &End, queue: Option<Queue>) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if end.flushes() {
        let mut queue = queue;
        while let Some(frame) = queue.as_mut().and_then(Queue::try_next) {
            ws.feed(Message::Text(frame.text)).await?;
        }
    }
    if let Some(error) = end.last_words() {
        let text = ServerMessage::Error(error).encode();
        ws.feed(Message::text(text)).await?;
    }
    match end.close() {
        Some((code, reason)) => {
            let frame = CloseFrame {
                code,
                reason: reason.into(),
            };
            ws.send(Message::Close(Some(frame))).await
        }
        // The library has an answer to the peer's close frame ready.
        None => match ws.flush().await {
            Err(Error::ConnectionClosed) => Ok(()),
            flushed => flushed,
        },
    }
}

/// A socket that is closed while unread data waits in it is reset, and the
/// reset can overtake the close frame. So read on for a moment.
async fn linger<S>(io: &mut S) -> std::io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    io.shutdown().await?;
    copy(&mut io.take(DISCARDED_BYTES), &mut sink()).await?;
    Ok(())
}
