//! Behind proxies: whose address counts, and what the host hears of it.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr};

use crate::program::{address, program};
use crate::support::{Client, Reply, free_address, request, soon};

/// The server as a program with a limit of three per address, and its log.
struct Host {
    child: Child,
    _folder: tempfile::TempDir,
    address: SocketAddr,
    log: Lines<BufReader<ChildStderr>>,
}

impl Host {
    async fn with(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = program("127.0.0.1:0");
        command
            .args(["--connections-per-address", "3"])
            .args(flags)
            .arg("--secret-file")
            .arg(folder.path().join("secret"));
        let mut child = command.spawn().unwrap();
        let address = address(&mut child).await;
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        Self {
            child,
            _folder: folder,
            address,
            log,
        }
    }

    /// A WebSocket with this header, if it was let in.
    async fn visit(&self, header: (&str, &str)) -> Option<Client> {
        let mut client = Client::with_headers(self.address, &[header]).await;
        let first = client.first().await?;
        (first["type"] == "hello").then_some(client)
    }

    /// So many visits whose header is made from their number; how many were let in at a time.
    async fn crowd(
        &self,
        people: usize,
        header: impl Fn(usize) -> (&'static str, String),
    ) -> usize {
        let mut inside = Vec::new();
        for person in 0..people {
            let (name, value) = header(person);
            let visit = self.visit((name, &value)).await;
            inside.extend(visit);
        }
        inside.len()
    }

    /// Ends the program by cutting its log off; what it has said that contains `words`.
    async fn heard(mut self, words: &str) -> Vec<String> {
        self.child.start_kill().unwrap();
        let mut heard = Vec::new();
        while let Some(line) = soon(self.log.next_line()).await.unwrap() {
            heard.extend(line.contains(words).then_some(line));
        }
        heard
    }
}

const CDN: [&str; 4] = [
    "--trusted-proxy=127.0.0.1",
    "--trusted-proxy=192.0.2.0/24,2001:db8:cd::/48",
    "--turn=false",
    "--ping-seconds=0",
];

#[tokio::test]
async fn report_9_six_people_behind_cdn_and_proxy_all_get_in() {
    let host = Host::with(&CDN).await;
    for (what, header) in [
        ("addresses", "203.0.113.{}"),
        ("ports", "203.0.113.{}:443"),
        ("IPv6", "2001:db8:{}::1"),
        ("IPv6 and ports", "[2001:db8:{}::1]:443"),
        ("CDN", "203.0.113.{}, 192.0.2.80"),
        (
            "CDN of IPv6 with ports",
            "6.6.6.6, 203.0.113.{}:443, [2001:db8:cd::80]:443",
        ),
    ] {
        let inside = host
            .crowd(6, |person| {
                (
                    "x-forwarded-for",
                    header.replace("{}", &(person + 1).to_string()),
                )
            })
            .await;
        assert_eq!(inside, 6, "{what}");
    }
    // One person is one, whatever they make up.
    let inside = host
        .crowd(6, |person| {
            (
                "x-forwarded-for",
                format!("198.51.100.{person}, 203.0.113.99, 192.0.2.80"),
            )
        })
        .await;
    assert_eq!(inside, 3);
    assert_eq!(host.heard("trusted proxy").await, [""; 0]);
}

#[tokio::test]
async fn the_standard_header_lets_everybody_in_too() {
    let host = Host::with(&[&CDN[..], &["--forwarded-header=forwarded"]].concat()).await;
    for header in [
        "for=203.0.113.{}",
        "for=\"[2001:db8:{}::1]:443\";proto=https, for=192.0.2.80",
    ] {
        let inside = host
            .crowd(6, |person| {
                ("forwarded", header.replace("{}", &(person + 1).to_string()))
            })
            .await;
        assert_eq!(inside, 6, "{header}");
    }
}

#[tokio::test]
async fn a_balancer_that_knows_no_http_says_before_who_comes() {
    let flags = [
        "--trusted-proxy=127.0.0.1",
        "--forwarded-header=proxy-protocol",
    ];
    let host = Host::with(&[&flags[..], &["--turn=false", "--ping-seconds=0"]].concat()).await;
    let mut inside = Vec::new();
    for (address, is_let_in) in [
        ("203.0.113.1", true),
        ("203.0.113.2", true),
        ("203.0.113.3", true),
        ("203.0.113.4", true),
        ("203.0.113.4", true),
        ("203.0.113.4", true),
        // One address has three.
        ("203.0.113.4", false),
    ] {
        let mut stream = TcpStream::connect(host.address).await.unwrap();
        let header = format!("PROXY TCP4 {address} 127.0.0.1 51234 8080\r\n");
        stream.write_all(header.as_bytes()).await.unwrap();
        let mut client = Client::over(stream).await;
        let first = soon(client.first()).await;
        assert_eq!(first.is_some_and(|it| it["type"] == "hello"), is_let_in);
        inside.push(client);
    }
    // Whoever says nothing is nobody's proxy.
    let mut silent = TcpStream::connect(host.address).await.unwrap();
    silent
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    assert!(soon(silent.read_u8()).await.is_err(), "it is served");
    assert_eq!(host.heard("does not begin its connections").await.len(), 1);
}

#[tokio::test]
async fn this_host_s_own_programs_need_not_speak_as_a_balancer_does() {
    let metrics = free_address();
    let flags = [
        "--trusted-proxy=127.0.0.1",
        "--forwarded-header=proxy-protocol",
        "--turn=false",
        &format!("--metrics-listen={metrics}"),
    ];
    let host = Host::with(&flags).await;
    for path in ["/livez", "/metrics"] {
        let reply = Reply::of(metrics, &request("GET", path, &[])).await;
        assert_eq!(reply.status, 200, "{path}");
    }
    // At the page's door it says for whom it speaks, and be it for nobody.
    let healthy = format!("PROXY UNKNOWN\r\n{}", request("GET", "/healthz", &[]));
    assert_eq!(Reply::of(host.address, &healthy).await.status, 200);
}

#[tokio::test]
async fn who_makes_the_other_header_up_gains_nothing() {
    let host = Host::with(&CDN).await;
    let mut inside = Vec::new();
    for person in 0..6 {
        let forged = format!("for=198.51.100.{person}");
        let headers = [("x-forwarded-for", "203.0.113.9"), ("forwarded", &*forged)];
        let mut client = Client::with_headers(host.address, &headers).await;
        let hello = client
            .first()
            .await
            .is_some_and(|first| first["type"] == "hello");
        inside.extend(hello.then_some(client));
    }
    assert_eq!(inside.len(), 3);
}

#[tokio::test]
async fn what_cannot_be_read_is_told_once() {
    let host = Host::with(&CDN).await;
    let inside = host
        .crowd(6, |_| ("x-forwarded-for", "unknown".to_owned()))
        .await;
    assert_eq!(inside, 3, "they count as the proxy");
    let heard = host.heard("cannot read the address").await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(
        heard[0].contains("X-Forwarded-For") && heard[0].contains("127.0.0.1"),
        "{heard:?}"
    );
}

#[tokio::test]
async fn a_proxy_that_is_not_trusted_is_told_once() {
    let host = Host::with(&["--turn=false"]).await;
    let inside = host
        .crowd(6, |person| {
            ("x-forwarded-for", format!("203.0.113.{person}"))
        })
        .await;
    assert_eq!(inside, 3);
    let heard = host.heard("--trusted-proxy").await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(heard[0].contains("127.0.0.1"), "{heard:?}");
}

/// A proxy at an address of the internet, behind one that is trusted, looks like one person with
/// many windows; nobody else is there, though.
#[tokio::test]
async fn everybody_from_one_address_is_told_once() {
    let host = Host::with(&CDN).await;
    let inside = host
        .crowd(6, |_| ("x-forwarded-for", "203.0.113.9".to_owned()))
        .await;
    assert_eq!(inside, 3);
    let heard = host.heard("everybody seems to come from it").await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(
        heard[0].contains("203.0.113.9") && heard[0].contains("--trusted-proxy"),
        "{heard:?}"
    );

    // One of several who has many windows is no proxy.
    let host = Host::with(&CDN).await;
    let other = host.visit(("x-forwarded-for", "203.0.113.80")).await;
    let inside = host
        .crowd(6, |_| ("x-forwarded-for", "203.0.113.9".to_owned()))
        .await;
    assert!(other.is_some() && inside == 3);
    assert_eq!(host.heard("one address").await, [""; 0]);
}

#[tokio::test]
async fn report_10_a_refused_origin_is_told_with_both_once_a_minute() {
    let host = Host::with(&["--turn=false", "--origin=https://call.example.org"]).await;
    for _ in 0..3 {
        let headers = [("origin", "https://talk.example.org")];
        assert_eq!(Client::refused(host.address, &headers).await, 403);
    }
    let heard = host.heard("refused pages").await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    for origin in ["https://talk.example.org", "https://call.example.org"] {
        assert!(heard[0].contains(origin), "{heard:?}");
    }
}
