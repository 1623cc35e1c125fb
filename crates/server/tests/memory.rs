//! What somebody who is logged in and says nothing costs, in bytes of the heap: counted by the
//! allocator, since the resident set of a process says more of the machine than of it.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use wimpex_server::{Config, Server};

/// Counts what is held.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is the system allocator's; counting allocates nothing.
#[allow(unsafe_code, reason = "a global allocator cannot be had without")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: as of the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as of the caller.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const PEOPLE: usize = 500;
/// Bytes for each of them; what a change adds to it should be worth it.
const LIMIT: usize = 2_048;

#[test]
fn an_idle_login_costs_little() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config {
        secret_file: Some(folder.path().join("secret")),
        page_dir: Some(folder.path().to_owned()),
        ..Config::default()
    };
    config.turn.turn = Some(false);
    config.limits.connections_per_address = 0;
    let server = runtime.block_on(async { Server::new(config) }).unwrap();
    let handle = server.handle();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let stopped = async {
            let _ = stopped.await;
        };
        server.run(listener, stopped).await;
    });
    // What the first costs everybody has.
    let mut people = Vec::with_capacity(PEOPLE + 50);
    people.extend((0..50).map(|_| log_in(address)));
    let before = HELD.load(Ordering::Relaxed);
    people.extend((0..PEOPLE).map(|_| log_in(address)));
    assert_eq!(handle.counts().sessions, PEOPLE + 50);
    let each = (HELD.load(Ordering::Relaxed) - before) / PEOPLE;
    println!("{each} bytes an idle login");
    assert!(
        each <= LIMIT,
        "{each} bytes an idle login; the limit is {LIMIT}"
    );
    drop(people);
    let _ = stop.send(());
    runtime.block_on(running).unwrap();
}

/// Logs in as a guest, with nothing on this side but the socket.
fn log_in(address: SocketAddr) -> TcpStream {
    let mut socket = TcpStream::connect(address).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let request = format!(
        "GET /ws HTTP/1.1\r\nhost: {address}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).unwrap();
    until(&mut socket, b"\"hello\"");
    let login = br#"{"type":"login","username":"Ann","session":{"received":0}}"#;
    // Masked with zeros (RFC 6455, section 5.3).
    let mut frame = vec![0x81, 0x80 | login.len() as u8, 0, 0, 0, 0];
    frame.extend(login);
    socket.write_all(&frame).unwrap();
    until(&mut socket, b"\"welcome\"");
    socket
}

/// Reads until that has come.
fn until(socket: &mut TcpStream, wanted: &[u8]) {
    let (mut buffer, mut length) = ([0; 8192], 0);
    while !buffer[..length]
        .windows(wanted.len())
        .any(|part| part == wanted)
    {
        let read = socket.read(&mut buffer[length..]).unwrap();
        assert!(
            read > 0,
            "closed: {}",
            String::from_utf8_lossy(&buffer[..length])
        );
        length += read;
    }
}
