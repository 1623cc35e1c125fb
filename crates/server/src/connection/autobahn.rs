//! Autobahn's test suite (<https://github.com/crossbario/autobahn-testsuite>) against the WebSocket
//! that all connections have: what it sends comes back. `cargo xtask soak` plays it.

use std::future::poll_fn;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

use super::close_cause::CloseCause;
use super::close_handshake;
use super::frame_meter::FrameMeter;
use super::web_socket::WebSocket;
use crate::app::App;
use crate::{Config, Server};

/// Where the program `wstest` is.
const WSTEST: &str = "WIMPEX_WSTEST";

/// All cases but those of compression, which is not offered.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "wants a program that needs Python 2.7: cargo xtask soak"]
async fn every_case_of_autobahn_passes() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(echo(listener, app(&folder.path().join("secret"))));
    let reports = folder.path().join("reports");
    let cases = json!({
        "servers": [{ "agent": "wimpex", "url": format!("ws://{address}") }],
        "cases": ["*"],
        "exclude-cases": ["12.*", "13.*"],
        "outdir": reports,
    });
    let spec = folder.path().join("spec.json");
    std::fs::write(&spec, cases.to_string()).expect("room for it");
    let program = std::env::var_os(WSTEST).expect(WSTEST);
    let mut command = Command::new(program);
    command
        .args(["--mode", "fuzzingclient", "--spec"])
        .arg(&spec);
    let status = tokio::task::spawn_blocking(move || command.status()).await;
    assert!(status.expect("it ends").expect("it starts").success());
    let index = std::fs::read(reports.join("index.json")).expect("the report");
    let index: Value = serde_json::from_slice(&index).expect("JSON");
    let cases = index["wimpex"].as_object().expect("our results");
    println!("measured: {} cases of Autobahn's test suite", cases.len());
    assert!(cases.len() > 200, "only {} cases", cases.len());
    let failed: Vec<_> = cases
        .iter()
        .filter(|(_, result)| !is_fine(result))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

/// What the suite itself lets pass; not strict is who reports bad UTF-8 at the end of a frame only.
fn is_fine(result: &Value) -> bool {
    let behavior = |name: &str| result[name].as_str().unwrap_or_default().to_owned();
    let fine = ["OK", "NON-STRICT", "INFORMATIONAL"];
    fine.contains(&behavior("behavior").as_str())
        && fine.contains(&behavior("behaviorClose").as_str())
}

/// A server without limits on what a client sends, of which the suite has a lot.
fn app(secret: &std::path::Path) -> Arc<App> {
    let mut config = Config {
        secret_file: Some(secret.to_owned()),
        ..Config::default()
    };
    config.limits.max_frame_bytes = 0;
    config.limits.bytes_per_second = 0;
    config.limits.messages_per_second = 0;
    config.timing.close_handshake = Duration::from_secs(1);
    Server::new(config).expect("a server").app
}

async fn echo(listener: TcpListener, app: Arc<App>) {
    while let Ok((stream, _)) = listener.accept().await {
        let app = Arc::clone(&app);
        tokio::spawn(async move {
            if let Ok(ws) = accept_async(stream).await {
                serve(ws.into_inner(), app).await;
            }
        });
    }
}

async fn serve(io: TcpStream, app: Arc<App>) {
    let limit = app.config.timing.close_handshake;
    let mut ws = WebSocket::new(FrameMeter::new(io, app));
    let cause = loop {
        match poll_fn(|context| ws.poll_next(context)).await {
            None | Some(Ok(Message::Close(_))) => break CloseCause::PeerClosed,
            Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                if let Err(cause) = answer(&mut ws, message).await {
                    break cause;
                }
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => break error.into(),
        }
    };
    close_handshake::perform(ws, cause, None, limit).await;
}

async fn answer<S>(ws: &mut WebSocket<S>, message: Message) -> Result<(), CloseCause>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut message = Some(message);
    poll_fn(|context| {
        if let Some(message) = message.take() {
            ws.feed(context, message)?;
        }
        ws.poll_flush(context)
    })
    .await?;
    Ok(())
}
