//! The end of a push service that Firefox holds open: as much of autopush's WebSocket protocol as it
//! needs to subscribe, to get messages as they came, and to acknowledge them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use data_encoding::BASE64URL_NOPAD;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Message;

use crate::wait::wait_until;

/// The one browser that it serves.
const BROWSER: &str = "0123456789abcdef0123456789abcdef";

/// See the module.
pub(crate) struct Autopush {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// For the browser, in their order.
    waiting: Mutex<VecDeque<Value>>,
    has_come: Notify,
    /// What the browser has acknowledged, with its code: 100 is delivered.
    acknowledged: Mutex<Vec<Value>>,
}

impl Autopush {
    /// Starts one at a free port; endpoints are below that address.
    pub(crate) async fn start(endpoints: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("it is bound").port();
        let state = Arc::<State>::default();
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared), endpoints.clone()));
            }
        });
        Self { port, state }
    }

    /// What Firefox's preference has to say.
    pub(crate) fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/", self.port)
    }

    /// Takes what was sent to an endpoint.
    pub(crate) fn sender(&self) -> impl Fn(&str, &[u8]) + Clone + use<> {
        let state = Arc::clone(&self.state);
        move |channel, sealed| {
            let mut waiting = state.waiting.lock().expect("nobody panics with it");
            waiting.push_back(json!({
                "messageType": "notification",
                "channelID": channel,
                // No two may be alike: the browser takes each once.
                "version": format!("{channel} {}", crate::wait::now_millis()),
                "headers": { "encoding": "aes128gcm" },
                "data": BASE64URL_NOPAD.encode(sealed),
            }));
            drop(waiting);
            state.has_come.notify_one();
        }
    }

    /// Waits until the browser says that it has opened so many and given them to the service worker.
    pub(crate) async fn acknowledged(&self, count: usize) {
        wait_until(&format!("{count} messages in Firefox"), async || {
            let waiting = self
                .state
                .waiting
                .lock()
                .expect("nobody panics with it")
                .len();
            let all = self.state.acknowledged.lock();
            let all = all.expect("nobody panics with it").clone();
            let is_delivered = |it: &&Value| it["code"] == 100;
            let delivered = all.iter().filter(is_delivered).count();
            (delivered == count)
                .then_some(())
                .ok_or_else(|| format!("acknowledged {all:?}, not sent: {waiting}"))
        })
        .await;
    }
}

async fn serve(stream: TcpStream, state: Arc<State>, endpoints: String) {
    let Ok(socket) = tokio_tungstenite::accept_async(stream).await else {
        return;
    };
    let (mut to, mut from) = socket.split();
    let mut is_greeted = false;
    loop {
        let answer = tokio::select! {
            message = from.next() => {
                let Some(Ok(message)) = message else {
                    return;
                };
                let Message::Text(text) = message else {
                    continue;
                };
                // A ping of this protocol is an empty object, answered by the same.
                let Ok(message) = serde_json::from_str::<Value>(&text) else {
                    return;
                };
                is_greeted |= message["messageType"] == "hello";
                match answer(&message, &state, &endpoints) {
                    Some(answer) => answer,
                    None => continue,
                }
            }
            waiting = next(&state), if is_greeted => waiting,
        };
        if to.send(Message::text(answer.to_string())).await.is_err() {
            return;
        }
    }
}

async fn next(state: &State) -> Value {
    loop {
        let first = state
            .waiting
            .lock()
            .expect("nobody panics with it")
            .pop_front();
        match first {
            Some(first) => return first,
            None => state.has_come.notified().await,
        }
    }
}

fn answer(message: &Value, state: &State, endpoints: &str) -> Option<Value> {
    let channel = &message["channelID"];
    match message["messageType"].as_str() {
        Some("hello") => Some(json!({
            "messageType": "hello", "status": 200, "uaid": BROWSER,
            "use_webpush": true, "broadcasts": {},
        })),
        Some("register") => Some(json!({
            "messageType": "register", "status": 200, "channelID": channel,
            "pushEndpoint": format!("{endpoints}{}", channel.as_str()?),
        })),
        Some("unregister") => Some(json!({
            "messageType": "unregister", "status": 200, "channelID": channel,
        })),
        Some("ack") => {
            let updates = message["updates"].as_array()?;
            let mut all = state.acknowledged.lock().expect("nobody panics with it");
            all.extend(updates.iter().cloned());
            None
        }
        None => Some(json!({})),
        // What it wants to be told of Mozilla's own, and errors.
        Some(_) => None,
    }
}
