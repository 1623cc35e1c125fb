//! This relay and coturn side by side: packets for a second of CPU time, and the
//! delay that a packet gets from being relayed.
//!
//! ```text
//! cargo run --release -p wimpex-relay --example relay_compare
//! ```
//!
//! Each relay runs in a process of its own, so that it is measured alone; this
//! process is its client and peer. Linux only: CPU time comes from `/proc`.
//! Loopback only. Coturn's `turnserver` must be on PATH, or is left out.

use std::error::Error;
use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use stun_types::attribute::{Nonce, Realm, Username};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageWriteVec, Method,
};
use stun_types::prelude::{MessageWrite, MessageWriteExt};
use turn_types::attribute::{ChannelNumber, RequestedTransport, XorPeerAddress};
use turn_types::message::{ALLOCATE, CHANNEL_BIND};
use wimpex_relay::config::{Limits, RelayAddress, Timing};
use wimpex_relay::credentials::SharedSecret;
use wimpex_relay::{Config, Relay};

type Failure = Box<dyn Error + Send + Sync>;

const SECRET: &str = "north";
const REALM: &str = "compare";
const CHANNEL: u16 = 0x4000;
/// A packet of video.
const BYTES: usize = 1200;
const ROUND_TRIPS: usize = 3_000;
const FLOOD: Duration = Duration::from_secs(4);
/// Packets under way at once; more would only fill the kernel's buffers.
const WINDOW: u64 = 64;

fn main() -> Result<(), Failure> {
    if let Some(port) = std::env::args().nth(1) {
        return serve(port.parse()?);
    }
    println!(
        "{:<10} {:>14} {:>22} {:>18} {:>18}",
        "relay", "packets/s", "packets/CPU second", "round trip p50", "p95"
    );
    let (p50, p95) = round_trips(&mut Direct::new()?)?;
    println!(
        "{:<10} {:>14} {:>22} {:>15.1} µs {:>15.1} µs",
        "none", "-", "-", p50, p95
    );
    // Twice each, in turns, so that whoever else uses this machine disturbs both.
    for _ in 0..2 {
        let port = free_port()?;
        let own = Command::new(std::env::current_exe()?)
            .arg(port.to_string())
            .spawn()?;
        measure("wimpex", own, port)?;
        let port = free_port()?;
        match coturn(port) {
            Ok(child) => measure("coturn", child, port)?,
            Err(error) => println!("coturn     left out: {error}"),
        }
    }
    Ok(())
}

/// This relay, until it is killed.
fn serve(port: u16) -> Result<(), Failure> {
    let ip = [127, 0, 0, 1].into();
    let config = Config {
        listen: vec![SocketAddr::new(ip, port)],
        tls: None,
        relays: vec![RelayAddress {
            bind: ip,
            public: ip,
        }],
        ports: 49152..=65535,
        secret: SharedSecret::new(SECRET),
        realm: REALM.to_owned(),
        allow_peers: vec!["127.0.0.0/8".parse()?],
        limits: Limits {
            user_kbps: 0,
            network_kbps: 0,
            total_kbps: 0,
            ..Limits::default()
        },
        timing: Timing::default(),
    };
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(async {
            Relay::bind(config)?.run(std::future::pending()).await;
            Ok(())
        })
}

fn coturn(port: u16) -> Result<Child, Failure> {
    Ok(Command::new("turnserver")
        .args([
            "-n",
            "--no-tls",
            "--no-dtls",
            "--no-cli",
            "--log-file=stdout",
        ])
        .args(["--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1"])
        .args(["--use-auth-secret", "--allow-loopback-peers"])
        .arg(format!("--listening-port={port}"))
        .arg(format!("--static-auth-secret={SECRET}"))
        .arg(format!("--realm={REALM}"))
        .arg(format!("--pidfile=/tmp/relay-compare-{port}.pid"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?)
}

fn measure(name: &str, mut child: Child, port: u16) -> Result<(), Failure> {
    let measured = measured(name, child.id(), port);
    child.kill()?;
    child.wait()?;
    measured
}

fn measured(name: &str, process: u32, port: u16) -> Result<(), Failure> {
    let mut relayed = Relayed::new(port)?;
    let (p50, p95) = round_trips(&mut relayed)?;
    let before = cpu_seconds(process)?;
    let start = Instant::now();
    let packets = flood(&relayed)? as f64;
    let (wall, cpu) = (
        start.elapsed().as_secs_f64(),
        cpu_seconds(process)? - before,
    );
    println!(
        "{name:<10} {:>14.0} {:>22.0} {p50:>15.1} µs {p95:>15.1} µs",
        packets / wall,
        packets / cpu
    );
    Ok(())
}

/// There and back, one packet after the other; in microseconds.
fn round_trips(path: &mut impl Path) -> Result<(f64, f64), Failure> {
    let mut times = Vec::with_capacity(ROUND_TRIPS);
    for _ in 0..ROUND_TRIPS {
        let start = Instant::now();
        path.round_trip()?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok((times[times.len() / 2], times[times.len() * 95 / 100]))
}

trait Path {
    fn round_trip(&mut self) -> Result<(), Failure>;
}

/// Without a relay.
struct Direct {
    client: UdpSocket,
    peer: UdpSocket,
}

impl Direct {
    fn new() -> Result<Self, Failure> {
        let (client, peer) = (socket()?, socket()?);
        client.connect(peer.local_addr()?)?;
        Ok(Self { client, peer })
    }
}

impl Path for Direct {
    fn round_trip(&mut self) -> Result<(), Failure> {
        let mut buffer = [0; 1500];
        self.client.send(&[0; BYTES])?;
        let (length, from) = self.peer.recv_from(&mut buffer)?;
        self.peer.send_to(&buffer[..length], from)?;
        self.client.recv(&mut buffer)?;
        Ok(())
    }
}

/// A client with a channel to a peer.
struct Relayed {
    client: UdpSocket,
    peer: UdpSocket,
    frame: Vec<u8>,
}

impl Relayed {
    /// Also waits until the relay is there.
    fn new(port: u16) -> Result<Self, Failure> {
        let (client, peer) = (socket()?, socket()?);
        client.connect(("127.0.0.1", port))?;
        let hour = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() + 3600;
        let (username, password) = SharedSecret::new(SECRET).issue("somebody", hour);
        let credentials = LongTermKeyCredentials::new(username, password, REALM.to_owned());
        let start = Instant::now();
        let challenge = loop {
            match request(&client, ALLOCATE, None, |_| {}) {
                Ok(challenge) => break challenge,
                Err(_) if start.elapsed() < Duration::from_secs(10) => {
                    thread::sleep(Duration::from_millis(50));
                }
                Err(error) => return Err(error),
            }
        };
        let challenge = Message::from_bytes(&challenge)?;
        let nonce = challenge.attribute::<Nonce>()?.nonce().to_owned();
        let signed = Some((&credentials, &nonce[..]));
        granted(&request(&client, ALLOCATE, signed, |writer| {
            let _ = writer.add_attribute(&RequestedTransport::new(17));
        })?)?;
        let address = peer.local_addr()?;
        granted(&request(&client, CHANNEL_BIND, signed, |writer| {
            let _ = writer.add_attribute(&ChannelNumber::new(CHANNEL));
            let transaction = writer.transaction_id();
            let _ = writer.add_attribute(&XorPeerAddress::new(address, transaction));
        })?)?;
        let mut frame = CHANNEL.to_be_bytes().to_vec();
        frame.extend((BYTES as u16).to_be_bytes());
        frame.resize(4 + BYTES, 0);
        Ok(Self {
            client,
            peer,
            frame,
        })
    }
}

impl Path for Relayed {
    fn round_trip(&mut self) -> Result<(), Failure> {
        let mut buffer = [0; 1500];
        self.client.send(&self.frame)?;
        let (length, from) = self.peer.recv_from(&mut buffer)?;
        self.peer.send_to(&buffer[..length], from)?;
        self.client.recv(&mut buffer)?;
        Ok(())
    }
}

/// As many packets to the peer as the relay takes; how many arrived?
fn flood(relayed: &Relayed) -> Result<u64, Failure> {
    let arrived = Arc::new(AtomicU64::new(0));
    let done = Arc::new(AtomicBool::new(false));
    let reader = {
        let (peer, arrived, done) = (relayed.peer.try_clone()?, arrived.clone(), done.clone());
        peer.set_read_timeout(Some(Duration::from_millis(100)))?;
        thread::spawn(move || {
            let mut buffer = [0; 1500];
            while !done.load(Ordering::Relaxed) {
                if peer.recv(&mut buffer).is_ok() {
                    arrived.fetch_add(1, Ordering::Relaxed);
                }
            }
        })
    };
    let start = Instant::now();
    let mut sent = 0;
    let mut waited = Instant::now();
    while start.elapsed() < FLOOD {
        let under_way = sent - arrived.load(Ordering::Relaxed).min(sent);
        // What has not arrived after so long is lost.
        if under_way >= WINDOW && waited.elapsed() < Duration::from_millis(20) {
            thread::yield_now();
            continue;
        }
        if under_way >= WINDOW {
            sent = arrived.load(Ordering::Relaxed);
        }
        relayed.client.send(&relayed.frame)?;
        sent += 1;
        waited = Instant::now();
    }
    done.store(true, Ordering::Relaxed);
    reader.join().map_err(|_| "the reader panicked")?;
    Ok(arrived.load(Ordering::Relaxed))
}

fn request(
    client: &UdpSocket,
    method: Method,
    signed: Option<(&LongTermKeyCredentials, &str)>,
    attributes: impl FnOnce(&mut MessageWriteVec),
) -> Result<Vec<u8>, Failure> {
    let mut writer = Message::builder_request(method, MessageWriteVec::new());
    attributes(&mut writer);
    if let Some((credentials, nonce)) = signed {
        writer.add_attribute(&Username::new(credentials.username())?)?;
        writer.add_attribute(&Realm::new(credentials.realm())?)?;
        writer.add_attribute(&Nonce::new(nonce)?)?;
        let key = credentials.make_key(IntegrityAlgorithm::Sha1);
        writer.add_message_integrity_with_key(&key, IntegrityAlgorithm::Sha1)?;
    }
    client.send(&writer.finish())?;
    let mut buffer = vec![0; 1500];
    let length = client.recv(&mut buffer)?;
    buffer.truncate(length);
    Ok(buffer)
}

fn granted(answer: &[u8]) -> Result<(), Failure> {
    let answer = Message::from_bytes(answer)?;
    if answer.has_class(MessageClass::Success) {
        Ok(())
    } else {
        Err(format!("refused: {answer}").into())
    }
}

fn socket() -> Result<UdpSocket, Failure> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(Duration::from_secs(2)))?;
    Ok(socket)
}

fn free_port() -> Result<u16, Failure> {
    Ok(UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// What a process has used so far, of all cores together.
fn cpu_seconds(process: u32) -> Result<f64, Failure> {
    /// Linux tells it in hundredths of a second, on all its common systems.
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .ok_or("no stat")?
        .1
        .split_whitespace()
        .collect();
    let ticks = |index: usize| fields.get(index).and_then(|text| text.parse::<f64>().ok());
    Ok((ticks(11).ok_or("no stat")? + ticks(12).ok_or("no stat")?) / TICKS)
}
