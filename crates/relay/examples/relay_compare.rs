//! This relay and coturn side by side: the CPU time of a packet under different loads, and
//! the delay that a packet gets from being relayed.
//!
//! ```text
//! cargo run --release -p wimpex-relay --example relay_compare [ROUNDS]
//! ```
//!
//! Each relay runs in a process of its own, so that it is measured alone; this
//! process is its clients and their peer. The relays take turns, so that whoever else uses
//! this machine disturbs both; shown are the medians of the rounds. Linux only: CPU time
//! comes from `/proc`. Loopback only. Coturn's `turnserver` must be on PATH.

use std::error::Error;
use std::fs;
use std::io::IoSlice;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
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
const ROUND_TRIPS: usize = 3_000;
/// Of each load.
const SECONDS: Duration = Duration::from_millis(1_500);
/// Packets under way at once; more would only fill the kernel's buffers.
const WINDOW: u64 = 64;

/// What is sent through a relay, from clients to their peer.
struct Load {
    name: &'static str,
    flows: usize,
    bytes: usize,
    /// Packets a second and how many of them follow each other; else as many as it takes.
    paced: Option<(u32, usize)>,
    /// A burst is one system call, as a picture that comes through a network card is.
    is_offloaded: bool,
}

const LOADS: [Load; 7] = [
    Load {
        name: "1 flow, 1,000 B",
        flows: 1,
        bytes: 1_000,
        paced: None,
        is_offloaded: false,
    },
    Load {
        name: "50 flows, 1,000 B",
        flows: 50,
        bytes: 1_000,
        paced: None,
        is_offloaded: false,
    },
    Load {
        name: "1 flow, 120 B",
        flows: 1,
        bytes: 120,
        paced: None,
        is_offloaded: false,
    },
    Load {
        name: "50 flows, 120 B",
        flows: 50,
        bytes: 120,
        paced: None,
        is_offloaded: false,
    },
    Load {
        name: "50 flows, 1,000 B, 20,000/s in fours",
        flows: 50,
        bytes: 1_000,
        paced: Some((20_000, 4)),
        is_offloaded: false,
    },
    Load {
        name: "the same, in runs of 8 from the card",
        flows: 50,
        bytes: 1_000,
        paced: Some((20_000, 8)),
        is_offloaded: true,
    },
    Load {
        name: "50 flows, 120 B, 2,500/s",
        flows: 50,
        bytes: 120,
        paced: Some((2_500, 1)),
        is_offloaded: false,
    },
];

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next();
    if first.as_deref() == Some("serve") {
        return serve(arguments.next().ok_or("no port")?.parse()?);
    }
    let rounds: usize = first.map_or(Ok(3), |rounds| rounds.parse())?;
    let mut results = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        let port = free_port()?;
        let own = Command::new(std::env::current_exe()?)
            .args(["serve", &port.to_string()])
            .spawn()?;
        results[0].push(measure(own, port)?);
        let port = free_port()?;
        results[1].push(measure(coturn(port)?, port)?);
    }
    println!(
        "{:<38} {:>10} {:>10} {:>7}",
        "µs of CPU a packet", "wimpex", "coturn", "ratio"
    );
    for (index, load) in LOADS.iter().enumerate() {
        let [own, other] = [0, 1].map(|relay| median(&results[relay], |it| it.loads[index]));
        println!(
            "{:<38} {own:>10.2} {other:>10.2} {:>7.2}",
            load.name,
            own / other
        );
    }
    let [own, other] = [0, 1].map(|relay| median(&results[relay], |it| it.round_trip));
    println!(
        "{:<38} {own:>10.1} {other:>10.1} {:>7.2}",
        "round trip p50, µs",
        own / other
    );
    Ok(())
}

/// Of one relay in one round.
struct Measured {
    /// Microseconds of CPU a packet, by load.
    loads: Vec<f64>,
    /// In microseconds, the median.
    round_trip: f64,
}

fn median(rounds: &[Measured], figure: impl Fn(&Measured) -> f64) -> f64 {
    let mut figures: Vec<f64> = rounds.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
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
            allocations_per_network: 0,
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

fn measure(mut child: Child, port: u16) -> Result<Measured, Failure> {
    let measured = measured(child.id(), port);
    child.kill()?;
    child.wait()?;
    measured
}

fn measured(process: u32, port: u16) -> Result<Measured, Failure> {
    let peer = socket()?;
    let clients = (0..50).map(|user| Relayed::new(port, user, &peer));
    let mut clients = clients.collect::<Result<Vec<_>, _>>()?;
    let round_trip = round_trip(&mut clients[0], &peer)?;
    let mut loads = Vec::new();
    for load in &LOADS {
        let before = cpu_seconds(process)?;
        let packets = flood(&clients[..load.flows], &peer, load)?;
        loads.push((cpu_seconds(process)? - before) * 1e6 / packets as f64);
    }
    Ok(Measured { loads, round_trip })
}

/// There and back, one packet after the other; the median in microseconds.
fn round_trip(client: &mut Relayed, peer: &UdpSocket) -> Result<f64, Failure> {
    let mut times = Vec::with_capacity(ROUND_TRIPS);
    let mut buffer = [0; 1500];
    for _ in 0..ROUND_TRIPS {
        let start = Instant::now();
        client.send(1_200)?;
        let (length, from) = peer.recv_from(&mut buffer)?;
        peer.send_to(&buffer[..length], from)?;
        client.socket.recv(&mut buffer)?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

/// A client with a channel to the peer.
struct Relayed {
    socket: UdpSocket,
    frame: Vec<u8>,
}

impl Relayed {
    /// Also waits until the relay is there.
    fn new(port: u16, user: usize, peer: &UdpSocket) -> Result<Self, Failure> {
        let client = socket()?;
        client.connect(("127.0.0.1", port))?;
        let hour = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() + 3600;
        let (username, password) = SharedSecret::new(SECRET).issue(&format!("user{user}"), hour);
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
        Ok(Self {
            socket: client,
            frame: vec![0; 1500],
        })
    }

    fn send(&mut self, bytes: usize) -> Result<(), Failure> {
        self.frame[..2].copy_from_slice(&CHANNEL.to_be_bytes());
        self.frame[2..4].copy_from_slice(&u16::try_from(bytes)?.to_be_bytes());
        self.socket.send(&self.frame[..4 + bytes])?;
        Ok(())
    }
}

/// Sends a load; how many packets arrived?
fn flood(clients: &[Relayed], peer: &UdpSocket, load: &Load) -> Result<u64, Failure> {
    let arrived = Arc::new(AtomicU64::new(0));
    let done = Arc::new(AtomicBool::new(false));
    let reader = {
        let (peer, arrived, done) = (peer.try_clone()?, arrived.clone(), done.clone());
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
    let mut frame = CHANNEL.to_be_bytes().to_vec();
    frame.extend(u16::try_from(load.bytes)?.to_be_bytes());
    frame.resize(4 + load.bytes, 0);
    let start = Instant::now();
    let mut sent = 0;
    let mut waited = Instant::now();
    let burst = load.paced.map_or(1, |(_, burst)| burst);
    for client in clients.iter().cycle() {
        if start.elapsed() >= SECONDS {
            break;
        }
        if let Some((rate, _)) = load.paced {
            let due = start + Duration::from_secs_f64(sent as f64 / f64::from(rate));
            thread::sleep(due.saturating_duration_since(Instant::now()));
        } else {
            while sent - arrived.load(Ordering::Relaxed).min(sent) >= WINDOW {
                // What has not arrived after so long is lost.
                if waited.elapsed() >= Duration::from_millis(20) {
                    sent = arrived.load(Ordering::Relaxed);
                }
                thread::yield_now();
            }
        }
        if load.is_offloaded {
            let size = u16::try_from(frame.len())?;
            let bytes = frame.repeat(burst);
            sendmsg(
                client.socket.as_raw_fd(),
                &[IoSlice::new(&bytes)],
                &[ControlMessage::UdpGsoSegments(&size)],
                MsgFlags::empty(),
                None::<&()>,
            )?;
            sent += burst as u64;
        } else {
            for _ in 0..burst {
                client.socket.send(&frame)?;
                sent += 1;
            }
        }
        waited = Instant::now();
    }
    thread::sleep(Duration::from_millis(50));
    done.store(true, Ordering::Relaxed);
    reader.join().map_err(|_| "the reader panicked")?;
    peer.set_read_timeout(Some(Duration::from_secs(2)))?;
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
