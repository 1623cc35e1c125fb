//! The least that passes messages on with the library that everybody uses: a task and a channel for
//! each connection, a map of people behind a lock. No limit, no timer, no session that outlives its
//! connection; it reads a message as JSON, sets who it is from and writes it anew, as this server
//! does.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_tungstenite::accept_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::failure::Failure;

type People = Arc<Mutex<HashMap<String, UnboundedSender<Message>>>>;

#[tokio::main]
pub(crate) async fn serve() -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    tokio::spawn(accept(listener));
    tokio::task::spawn_blocking(|| std::io::stdin().lines().count()).await?;
    Ok(())
}

async fn accept(listener: TcpListener) {
    let people = People::default();
    let last = Arc::new(AtomicU64::new(0));
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let id = format!("guest-{:020}", last.fetch_add(1, Ordering::Relaxed));
        let people = Arc::clone(&people);
        tokio::spawn(async move {
            let _ = talk(stream, &id, &people).await;
            lock(&people).remove(&id);
        });
    }
}

async fn talk(stream: TcpStream, id: &str, people: &People) -> Result<(), Failure> {
    // What it takes at least to serve somebody; its default is 128 KiB for each.
    let config = WebSocketConfig::default().read_buffer_size(4 * 1024);
    let mut ws = accept_async_with_config(stream, Some(config)).await?;
    ws.send(Message::text(json!({"type": "hello"}).to_string()))
        .await?;
    let (sender, mut queue) = unbounded_channel();
    loop {
        tokio::select! {
            Some(text) = queue.recv() => {
                ws.feed(text).await?;
                while let Ok(text) = queue.try_recv() {
                    ws.feed(text).await?;
                }
                ws.flush().await?;
            }
            message = ws.next() => {
                let Message::Text(text) = message.ok_or("closed")?? else {
                    continue;
                };
                let mut message: Value = serde_json::from_str(&text)?;
                if message["type"] == "login" {
                    lock(people).insert(id.to_owned(), sender.clone());
                    let welcome = json!({"type": "welcome", "userId": id, "username": message["username"]});
                    ws.send(Message::text(welcome.to_string())).await?;
                } else {
                    message["fromId"] = id.into();
                    let text = Message::text(message.to_string());
                    if let Some(to) = lock(people).get(message["toId"].as_str().unwrap_or_default()) {
                        let _ = to.send(text);
                    }
                }
            }
        }
    }
}

fn lock(people: &People) -> std::sync::MutexGuard<'_, HashMap<String, UnboundedSender<Message>>> {
    people.lock().unwrap_or_else(PoisonError::into_inner)
}
