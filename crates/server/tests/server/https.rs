//! https with the host's own certificate.

use std::process::Stdio;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::time::sleep;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use wimpex_server::{Config, StartError};

use crate::program::kill;
use crate::support::{Reply, request, soon, until};
use crate::tls_support::{Authority, Files, NAME, SecureServer, Trusting, folder};

fn with(files: &Files) -> impl FnOnce(&mut Config) + use<> {
    let (cert, key) = (files.cert.clone(), files.key.clone());
    move |config| {
        config.turn.tls_cert = Some(cert);
        config.turn.tls_key = Some(key);
        config.timing.certificate_files = Duration::from_millis(20);
    }
}

async fn next(ws: &mut WebSocketStream<TlsStream<TcpStream>>) -> Value {
    loop {
        if let Message::Text(text) = soon(ws.next()).await.unwrap().unwrap() {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

/// Logged in, and with the answer to that.
async fn login(
    trusting: &Trusting,
    server: &SecureServer,
) -> (WebSocketStream<TlsStream<TcpStream>>, Value) {
    let mut ws = trusting.websocket(server.https, NAME).await;
    assert_eq!(next(&mut ws).await["type"], "hello");
    let login = json!({"type": "login", "username": "Alice"}).to_string();
    ws.send(Message::text(login)).await.unwrap();
    let welcome = next(&mut ws).await;
    (ws, welcome)
}

#[tokio::test]
async fn page_and_websocket_are_served_over_https() {
    let (folder, authority) = (folder(), Authority::new());
    let files = Files::new(folder.path(), authority.issue(NAME));
    let server = SecureServer::start(folder.path(), with(&files))
        .await
        .unwrap();
    let trusting = Trusting::new(authority.root.clone());
    assert_eq!(
        trusting.get(server.https, NAME, "/").await.text(),
        "the page"
    );
    let (_ws, welcome) = login(&trusting, &server).await;
    assert_eq!(welcome["type"], "welcome");
    let stranger = Trusting::new(Authority::new().root);
    assert!(stranger.connect(server.https, NAME).await.is_err());
    server.stop().await;
}

#[tokio::test]
async fn http_is_sent_to_https() {
    let (folder, authority) = (folder(), Authority::new());
    let files = Files::new(folder.path(), authority.issue(NAME));
    let server = SecureServer::start(folder.path(), with(&files))
        .await
        .unwrap();
    let port = server.https.port();
    let reply = Reply::of(server.redirect, &request("GET", "/u/w1abc?x=1", &[])).await;
    assert_eq!(reply.status, 308);
    let location = format!("https://test:{port}/u/w1abc?x=1");
    assert_eq!(reply.header("location"), Some(&*location));
    let reply = Reply::of(
        server.redirect,
        &request("GET", "/.well-known/acme-challenge/x", &[]),
    )
    .await;
    assert_eq!(reply.status, 404);
}

/// The name that a request makes up is not where others are sent.
#[tokio::test]
async fn with_domains_http_leads_to_no_other_name() {
    let (folder, authority) = (folder(), Authority::new());
    let files = Files::new(folder.path(), authority.issue(NAME));
    let server = SecureServer::start(folder.path(), |config| {
        with(&files)(config);
        config.https.domain = vec![NAME.parse().unwrap(), "talk.test".parse().unwrap()];
    })
    .await
    .unwrap();
    let port = server.https.port();
    for (host, name) in [
        (NAME, NAME),
        ("Talk.Test:80", "talk.test"),
        ("evil.test", NAME),
    ] {
        let asked =
            request("GET", "//evil.test/", &[]).replace("host: test", &format!("host: {host}"));
        let reply = Reply::of(server.redirect, &asked).await;
        let location = format!("https://{name}:{port}//evil.test/");
        assert_eq!(reply.header("location"), Some(&*location), "{host}");
    }
}

#[tokio::test]
async fn report_7_a_changed_certificate_is_used_and_nobody_notices() {
    let (folder, authority) = (folder(), Authority::new());
    let files = Files::new(folder.path(), authority.issue(NAME));
    let server = SecureServer::start(folder.path(), |config| {
        with(&files)(config);
        config.turn.turn = Some(true);
        config.turn.turn_listen = vec!["127.0.0.1:0".parse().unwrap()];
        config.turn.turn_tls_listen = vec!["127.0.0.1:0".parse().unwrap()];
    })
    .await
    .unwrap();
    let trusting = Trusting::new(authority.root.clone());
    let (mut ws, welcome) = login(&trusting, &server).await;
    // A guest has a relay when it asks for one.
    let ask = json!({"type": "ice-servers-request"}).to_string();
    ws.send(Message::text(ask)).await.unwrap();
    let servers = next(&mut ws).await;
    let urls = servers["iceServers"][1]["urls"].as_array().unwrap();
    let turns = urls
        .iter()
        .find_map(|url| url.as_str()?.strip_prefix("turns:"));
    let turns = turns
        .unwrap()
        .strip_suffix("?transport=tcp")
        .unwrap()
        .parse()
        .unwrap();
    let first = trusting.certificate(server.https, NAME).await.unwrap();
    assert_eq!(
        trusting.certificate(turns, NAME).await.unwrap(),
        first,
        "one for both"
    );

    // Nonsense changes nothing.
    std::fs::write(&files.cert, "my diary").unwrap();
    server.handle.reload().unwrap();
    sleep(Duration::from_millis(100)).await;
    assert_eq!(
        trusting.certificate(server.https, NAME).await.unwrap(),
        first
    );

    files.write(authority.issue(NAME));
    let changed = async {
        while trusting.certificate(server.https, NAME).await.unwrap() == first {
            sleep(Duration::from_millis(5)).await;
        }
    };
    soon(changed).await;
    assert_ne!(trusting.certificate(turns, NAME).await.unwrap(), first);
    // Who was there is there.
    let id = welcome["userId"].as_str().unwrap();
    let watch = json!({"type": "presence-watch", "userIds": [id]}).to_string();
    ws.send(Message::text(watch)).await.unwrap();
    assert_eq!(next(&mut ws).await["type"], "presence");
}

/// A Binding request (RFC 8489, section 5) and the beginning of the answer to it.
async fn is_stun(mut stream: TlsStream<TcpStream>) -> bool {
    let mut request = [0; 20];
    request[1] = 1;
    request[4..8].copy_from_slice(&[0x21, 0x12, 0xa4, 0x42]);
    stream.write_all(&request).await.unwrap();
    let mut answer = [0; 2];
    match soon(stream.read_exact(&mut answer)).await {
        Ok(_) => answer == [1, 1],
        Err(_) => false,
    }
}

#[tokio::test]
async fn turn_is_at_the_port_of_https_too() {
    let (folder, authority) = (folder(), Authority::new());
    let files = Files::new(folder.path(), authority.issue(NAME));
    let with_relay = SecureServer::start(folder.path(), |config| {
        with(&files)(config);
        config.turn.turn = Some(true);
        config.turn.turn_listen = vec!["127.0.0.1:0".parse().unwrap()];
        config.turn.turn_tls_listen = vec!["127.0.0.1:0".parse().unwrap()];
    })
    .await
    .unwrap();
    let without = SecureServer::start(folder.path(), with(&files))
        .await
        .unwrap();
    let trusting = Trusting::new(authority.root.clone());
    // Browsers say nothing, others do.
    for client in [trusting.clone(), trusting.speaking(b"stun.turn")] {
        let connect = |server: &SecureServer| client.connect(server.https, NAME);
        assert!(is_stun(connect(&with_relay).await.unwrap()).await);
        assert!(!is_stun(connect(&without).await.unwrap()).await);
    }
    for client in [trusting.clone(), trusting.speaking(b"http/1.1")] {
        let page = client.get(with_relay.https, NAME, "/").await;
        assert_eq!(page.text(), "the page");
    }
    // It counts among the relay's connections while it stands, and ends with it.
    let relay = with_relay.handle.relay().unwrap().clone();
    let mut standing = trusting.connect(with_relay.https, NAME).await.unwrap();
    standing.write_all(&[0; 2]).await.unwrap();
    until(|| relay.counts().connections == 1).await;
    with_relay.stop().await;
    assert_eq!(relay.counts(), wimpex_relay::Counts::default());
    assert!(!matches!(soon(standing.read(&mut [0])).await, Ok(1..)));
}

#[tokio::test]
async fn who_does_not_speak_tls_harms_nobody() {
    let (folder, authority) = (folder(), Authority::new());
    let files = Files::new(folder.path(), authority.issue(NAME));
    let server = SecureServer::start(folder.path(), |config| {
        with(&files)(config);
        config.timing.http_head = Duration::from_millis(200);
    })
    .await
    .unwrap();
    let mut silent = Vec::new();
    for bytes in [
        &b""[..],
        b"GET / HTTP/1.1\r\nhost: a\r\n\r\n",
        &[0x16, 3, 1, 2, 0],
        &[0xff; 4096],
    ] {
        let mut stream = TcpStream::connect(server.https).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        silent.push(stream);
    }
    let trusting = Trusting::new(authority.root.clone());
    assert_eq!(trusting.get(server.https, NAME, "/").await.status, 200);
    // All of them are gone, those too that say nothing.
    let gone = async {
        while server.handle.counts().tasks != 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    soon(gone).await;
    drop(silent);
}

#[tokio::test]
async fn certificates_that_cannot_be_used_are_said_in_words() {
    let (folder, authority) = (folder(), Authority::new());
    let files = Files::new(folder.path(), authority.issue(NAME));
    let (_, other_key) = authority.issue(NAME);
    std::fs::write(&files.key, other_key).unwrap();
    let error = SecureServer::start(folder.path(), with(&files))
        .await
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("cannot be used with this key"),
        "{error}"
    );
    std::fs::write(&files.key, "").unwrap();
    let error = SecureServer::start(folder.path(), with(&files))
        .await
        .err()
        .unwrap();
    assert!(error.to_string().contains("key.pem"), "{error}");
    for (text, words) in [
        (&*authority.pem, "there is a certificate in it, and no key"),
        (
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "openssl pkey",
        ),
        ("something else", "the format is PEM"),
    ] {
        std::fs::write(&files.key, text).unwrap();
        let error = SecureServer::start(folder.path(), with(&files)).await.err();
        let error = error.unwrap().to_string();
        assert!(error.contains(words), "{error}");
    }
    let error = SecureServer::start(folder.path(), |_| ())
        .await
        .err()
        .unwrap();
    assert!(
        matches!(&error, StartError::Certificates(text) if text.contains("--domain")),
        "{error}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn report_7_sighup_reads_the_certificate_again() {
    let (folder, authority) = (folder(), Authority::new());
    let files = Files::new(folder.path(), authority.issue(NAME));
    let mut child = Command::new(env!("CARGO_BIN_EXE_wimpex-server"))
        .args([
            "--https-listen=127.0.0.1:0",
            "--turn=false",
            "--log-format=json",
        ])
        .arg("--tls-cert")
        .arg(&files.cert)
        .arg("--tls-key")
        .arg(&files.key)
        .arg("--state-dir")
        .arg(folder.path())
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let line = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .next_line()
        .await;
    let line = line.unwrap().unwrap();
    let address = line
        .strip_prefix("listening on https://")
        .unwrap()
        .parse()
        .unwrap();
    let trusting = Trusting::new(authority.root.clone());
    let first = trusting.certificate(address, NAME).await.unwrap();
    files.write(authority.issue(NAME));
    kill("-HUP", child.id().unwrap()).await;
    let changed = async {
        while trusting.certificate(address, NAME).await.unwrap() == first {
            sleep(Duration::from_millis(5)).await;
        }
    };
    soon(changed).await;
    // Each line of its log is an object.
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut told = false;
    while !told {
        let line = soon(log.next_line()).await.unwrap().unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        told = line["message"]
            .as_str()
            .unwrap()
            .contains("new certificate");
    }
}

#[tokio::test]
async fn a_taken_port_of_https_is_said_in_words() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (folder, authority) = (folder(), Authority::new());
    let files = Files::new(folder.path(), authority.issue(NAME));
    let output = Command::new(env!("CARGO_BIN_EXE_wimpex-server"))
        .arg(format!("--https-listen={}", taken.local_addr().unwrap()))
        .arg("--tls-cert")
        .arg(&files.cert)
        .arg("--tls-key")
        .arg(&files.key)
        .env_clear()
        .output();
    let output = soon(output).await.unwrap();
    assert!(!output.status.success());
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(
        log.contains("cannot listen on") && log.contains("another program"),
        "{log}"
    );
}
