//! The closing handshake (RFC 6455, section 7), done so that the peer learns why.

use std::future::poll_fn;
use std::task::Context;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, sink};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use wimpex_protocol::ServerMessage;

use super::close_cause::CloseCause;
use super::web_socket::WebSocket;
use crate::send_queue::SendQueueReader;

/// What is thrown away at most while waiting for the peer to close.
const DISCARDED_BYTES: u64 = 64 * 1024 * 1024;

/// Writes what is left, the reason and the close frame, and waits a moment for
/// the peer to close; `limit` for each of the two.
pub(super) async fn perform<S>(
    mut ws: WebSocket<S>,
    end: CloseCause,
    queue: Option<SendQueueReader>,
    limit: Duration,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if matches!(
        end,
        CloseCause::PeerLost | CloseCause::Silent | CloseCause::Stuck
    ) {
        return;
    }
    // A peer that does not take it in time is none to wait for either.
    if let Ok(Ok(())) = timeout(limit, write(&mut ws, &end, queue)).await {
        let _ = timeout(limit, linger(ws.io())).await;
    }
}

async fn write<S>(
    ws: &mut WebSocket<S>,
    end: &CloseCause,
    mut queue: Option<SendQueueReader>,
) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if end.flushes() {
        while let Some(text) = queue.as_mut().and_then(SendQueueReader::try_next) {
            send(ws, Message::Text(text)).await?;
        }
    }
    if let Some(error) = end.last_words() {
        let text = ServerMessage::Error(error).encode();
        send(ws, Message::text(text)).await?;
    }
    match end.close() {
        Some((code, reason)) => {
            let frame = CloseFrame {
                code,
                reason: reason.as_ref().into(),
            };
            send(ws, Message::Close(Some(frame))).await
        }
        // The library has an answer to the peer's close frame ready.
        None => match poll_fn(|context| ws.poll_flush(context)).await {
            Err(Error::ConnectionClosed) => Ok(()),
            flushed => flushed,
        },
    }
}

async fn send<S>(ws: &mut WebSocket<S>, message: Message) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut message = Some(message);
    poll_fn(|context: &mut Context<'_>| {
        if let Some(message) = message.take() {
            ws.feed(context, message)?;
        }
        ws.poll_flush(context)
    })
    .await
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
