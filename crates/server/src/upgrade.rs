//! From an HTTP request to a WebSocket, or to the reason why not.

use std::io::Cursor;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::header::UPGRADE;
use http::{HeaderValue, StatusCode};
use hyper::upgrade::Parts;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, join, split};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tracing::debug;
use wimpex_limits::Permit;

use crate::app::App;
use crate::tcp_client::TcpClient;
use crate::write_timeout::WriteTimeout;
use crate::{connection, page};

/// `GET /ws`.
pub(crate) async fn to_websocket(
    State(app): State<Arc<App>>,
    Extension(tcp): Extension<Arc<TcpClient>>,
    mut request: Request,
) -> Response {
    if !app.origins.allow(request.headers()) {
        app.refused_origin(request.headers());
        let text = "This origin is not allowed here; see --allow-origin.\n";
        return page::text(StatusCode::FORBIDDEN, text);
    }
    let Ok(response) = create_response_with_body(&request, Body::empty) else {
        let text = "This is for WebSockets (RFC 6455, version 13).\n";
        let mut response = page::text(StatusCode::UPGRADE_REQUIRED, text);
        let websocket = HeaderValue::from_static("websocket");
        response.headers_mut().insert(UPGRADE, websocket);
        return response;
    };
    let permit = if app.is_draining() {
        app.metrics.refused_connection("draining");
        None
    } else {
        app.admit(tcp.peer, request.headers())
    };
    let origins = app.origins.signable(request.headers());
    let upgrade = hyper::upgrade::on(&mut request);
    let tasks = app.tasks.clone();
    tasks.spawn(async move {
        let upgraded = match upgrade.await {
            Ok(upgraded) => upgraded,
            Err(error) => return debug!(%error, "upgrade failed"),
        };
        // A task of its own, which is as small as what a connection needs from now on. What hyper
        // has wrapped around a plain socket is taken off again.
        match upgraded.downcast::<TokioIo<WriteTimeout<TcpStream>>>() {
            Ok(Parts { io, read_buf, .. }) if read_buf.is_empty() => {
                serve(io.into_inner(), app, permit, origins, tcp);
            }
            Ok(Parts { io, read_buf, .. }) => {
                // It has sent more than it was asked for.
                let (read, write) = split(io.into_inner());
                let io: Box<dyn Io> = Box::new(join(Cursor::new(read_buf).chain(read), write));
                serve(io, app, permit, origins, tcp);
            }
            Err(upgraded) => {
                let io: Box<dyn Io> = Box::new(TokioIo::new(upgraded));
                serve(io, app, permit, origins, tcp);
            }
        }
    });
    response
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

fn serve<S>(io: S, app: Arc<App>, permit: Option<Permit>, origins: Vec<String>, tcp: Arc<TcpClient>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let tasks = app.tasks.clone();
    match permit {
        Some(permit) => {
            let network = permit.network();
            let held = (permit, tcp);
            tasks.spawn(connection::serve(io, app, network, origins, held));
        }
        // By a close frame, because a browser hides the status of a refused upgrade.
        None => {
            let is_draining = app.is_draining();
            tasks.spawn(async move {
                connection::refuse(io, app, is_draining).await;
                drop(tcp);
            });
        }
    }
}
