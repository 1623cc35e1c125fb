//! A plain TCP balancer in front of several servers.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Passes each connection on to the next of several addresses; to another one if that is away.
pub(crate) async fn balancer(behind: Vec<SocketAddr>) -> (SocketAddr, JoinHandle<()>) {
    balancer_of(Arc::new(Mutex::new(behind))).await
}

/// The same with addresses that change.
pub(crate) async fn balancer_of(
    behind: Arc<Mutex<Vec<SocketAddr>>>,
) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let turn = Arc::new(AtomicUsize::new(0));
    let task = tokio::spawn(async move {
        while let Ok((mut visitor, _)) = listener.accept().await {
            let behind = behind.lock().unwrap().clone();
            let turn = Arc::clone(&turn);
            tokio::spawn(async move {
                for _ in 0..behind.len() {
                    let next = turn.fetch_add(1, Ordering::Relaxed) % behind.len();
                    if let Ok(mut server) = TcpStream::connect(behind[next]).await {
                        let _ = visitor.set_nodelay(true);
                        let _ = server.set_nodelay(true);
                        let _ = tokio::io::copy_bidirectional(&mut visitor, &mut server).await;
                        return;
                    }
                }
            });
        }
    });
    (address, task)
}
