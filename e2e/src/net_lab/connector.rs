//! Connections to a driver that listens in a namespace of its own.

use std::io;
use std::net::TcpStream as Blocking;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::namespace;

/// Connects from inside of a namespace, or from here.
#[derive(Clone)]
pub(crate) struct Connector(pub(crate) Option<String>);

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let place = self.0.clone();
        let address = uri.authority().map(ToString::to_string);
        Box::pin(async move {
            let address = address.ok_or(io::ErrorKind::InvalidInput)?;
            let stream = match place {
                None => TcpStream::connect(address).await?,
                // A socket belongs for ever to the namespace that it was made in.
                Some(name) => {
                    let connect = move || namespace::enter(&name, || Blocking::connect(address))?;
                    let stream = tokio::task::spawn_blocking(connect).await??;
                    stream.set_nonblocking(true)?;
                    TcpStream::from_std(stream)?
                }
            };
            stream.set_nodelay(true)?;
            Ok(TokioIo::new(stream))
        })
    }
}
