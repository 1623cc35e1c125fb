//! Web push over real sockets: a push service of our own, people with keys, and who would misuse it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use wimpex_identity::PublicKey;

use crate::support::{Client, Reply, TestServer, offer, request, soon, until};

/// A receiver's keys that a test knows (RFC 8291, appendix A).
const P256DH: &str =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

/// A push service: it writes down what it is sent, and answers what it is told to.
pub(crate) struct Service {
    port: u16,
    root: std::path::PathBuf,
    heads: Arc<Mutex<Vec<String>>>,
    _folder: tempfile::TempDir,
}

impl Service {
    pub(crate) async fn start(answer: &'static str) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root.pem");
        std::fs::write(&root, made.cert.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let written = Arc::clone(&heads);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, written) = (acceptor.clone(), Arc::clone(&written));
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let mut bytes = Vec::new();
                    let mut part = [0; 4096];
                    let head = loop {
                        match stream.read(&mut part).await {
                            Ok(0) | Err(_) => return,
                            Ok(read) => bytes.extend_from_slice(&part[..read]),
                        }
                        if let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
                            break String::from_utf8_lossy(&bytes[..end]).into_owned();
                        }
                    };
                    written.lock().unwrap().push(head);
                    if answer.is_empty() {
                        // It takes its time.
                        return std::future::pending().await;
                    }
                    let _ = stream.write_all(answer.as_bytes()).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self {
            port,
            root,
            heads,
            _folder: folder,
        }
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    pub(crate) fn endpoint(&self, path: &str) -> String {
        format!("https://localhost:{}/{path}", self.port)
    }

    /// With which a program sends to it.
    pub(crate) fn flags(&self) -> [String; 3] {
        [
            "--push=true".to_owned(),
            format!("--push-service=localhost:{}", self.port),
            format!("--push-root={}", self.root.display()),
        ]
    }

    async fn server(&self) -> TestServer {
        TestServer::with(|config| self.configure(config)).await
    }

    pub(crate) fn configure(&self, config: &mut wimpex_server::Config) {
        let service = format!("localhost:{}", self.port);
        config.push.push = Some(true);
        config.push.push_service = vec![service.parse().unwrap()];
        config.push.push_root = Some(self.root.clone());
    }
}

pub(crate) const CREATED: &str =
    "HTTP/1.1 201 Created\r\ncontent-length: 0\r\nlocation: /m/1\r\n\r\n";

/// Somebody with a key.
pub(crate) struct Person {
    key: SigningKey,
    pub(crate) id: String,
}

impl Person {
    pub(crate) fn new(seed: u8) -> Self {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let id = PublicKey::from_bytes(key.verifying_key().to_bytes()).user_id();
        let id = id.to_string();
        Self { key, id }
    }

    pub(crate) async fn ask(&self, server: SocketAddr, wish: Value) -> Reply {
        self.ask_signed_for(server, wish, &server_key(server).await)
            .await
    }

    async fn ask_signed_for(&self, server: SocketAddr, wish: Value, for_key: &str) -> Reply {
        let message = wish.to_string();
        let signed = ["wimpex-push-v1", for_key, &message].concat();
        let signature = self.key.sign(signed.as_bytes());
        let body = json!({
            "message": message,
            "publicKey": BASE64URL_NOPAD.encode(self.key.verifying_key().as_bytes()),
            "signature": BASE64URL_NOPAD.encode(&signature.to_bytes()),
        });
        post(server, &body.to_string()).await
    }

    /// A page of theirs logs in, which shows itself to nobody, and numbers its frames.
    pub(crate) async fn comes(&self, server: SocketAddr) -> (Client, Value) {
        self.comes_knowing(server, Some(0)).await
    }

    /// The same of one that knows of missed calls up to that, or does not want to.
    pub(crate) async fn comes_knowing(
        &self,
        server: SocketAddr,
        missed_since: Option<u64>,
    ) -> (Client, Value) {
        let mut page = Client::connect(server).await;
        let hello = page.recv().await;
        let challenge = hello["challenge"].as_str().unwrap();
        let challenge = BASE64URL_NOPAD.decode(challenge.as_bytes()).unwrap();
        let signed = format!("wimpex-login-v1http://{server}");
        let signed = [signed.as_bytes(), &challenge, self.id.as_bytes()].concat();
        let mut login = json!({
            "type": "login", "username": "Bob", "hidden": true, "userId": self.id,
            "publicKey": BASE64URL_NOPAD.encode(self.key.verifying_key().as_bytes()),
            "signature": BASE64URL_NOPAD.encode(&self.key.sign(&signed).to_bytes()),
            "session": {"received": 0},
        });
        if let Some(since) = missed_since {
            login["missedSince"] = json!(since);
        }
        page.send(login).await;
        let welcome = page.recv().await;
        page.take_welcome(&welcome);
        (page, welcome)
    }

    pub(crate) fn subscription(&self, endpoint: &str, time: u64) -> Value {
        json!({
            "do": "subscribe", "userId": self.id, "endpoint": endpoint,
            "p256dh": P256DH, "auth": AUTH, "time": time,
        })
    }
}

async fn post(server: SocketAddr, body: &str) -> Reply {
    let length = body.len();
    let request = format!(
        "POST /push HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    Reply::of(server, &request).await
}

async fn server_key(server: SocketAddr) -> String {
    let reply = Reply::of(server, &request("GET", "/push", &[])).await;
    reply.text().to_owned()
}

#[tokio::test]
async fn a_call_wakes_who_wants_it_and_the_caller_is_told() {
    let service = Service::start(CREATED).await;
    let server = service.server().await;
    let bob = Person::new(7);
    let asked = bob.subscription(&service.endpoint("bob"), 1);
    assert_eq!(bob.ask(server.address, asked).await.status, 204);
    let mut alice = server.guest("Alice").await;
    alice.send(offer(&bob.id)).await;
    let error = alice.error("user-waking").await;
    assert_eq!(
        (&error["callId"], &error["toId"]),
        (&json!("c1"), &json!(bob.id))
    );
    until(|| !service.heads().is_empty()).await;
    let head = service.heads().remove(0).to_lowercase();
    assert!(head.starts_with("post /bob http/1.1"), "{head}");
    for line in [
        "ttl: 60",
        "urgency: high",
        "content-encoding: aes128gcm",
        "authorization: vapid t=",
        "topic: ",
    ] {
        assert!(head.contains(&format!("\r\n{line}")), "{line} in {head}");
    }
    // The same offer again wakes nobody again; giving up replaces the notice.
    alice.send(offer(&bob.id)).await;
    alice.error("user-waking").await;
    let end = json!({"type": "call-end", "toId": bob.id, "callId": "c1", "reason": "cancelled"});
    alice.send(end).await;
    until(|| service.heads().len() == 2).await;
    let missed = service.heads().remove(1).to_lowercase();
    assert!(missed.contains("\r\nurgency: normal"), "{missed}");
    let topic = |head: &str| {
        head.lines()
            .find(|it| it.starts_with("topic"))
            .map(str::to_owned)
    };
    assert_eq!(topic(&missed), topic(&head));
}

#[tokio::test]
async fn only_wanted_callers_wake_somebody() {
    let service = Service::start(CREATED).await;
    let server = service.server().await;
    let bob = Person::new(7);
    let mut friend = server.guest("Friend").await;
    let mut stranger = server.guest("Stranger").await;
    let mut asked = bob.subscription(&service.endpoint("bob"), 1);
    asked["callers"] = json!([friend.id]);
    assert_eq!(bob.ask(server.address, asked).await.status, 204);
    stranger.send(offer(&bob.id)).await;
    stranger.error("user-offline").await;
    friend.send(offer(&bob.id)).await;
    friend.error("user-waking").await;
    // A later wish replaces an earlier one, and no earlier one a later.
    let mut nobody = bob.subscription(&service.endpoint("bob"), 3);
    nobody["callers"] = json!([]);
    assert_eq!(bob.ask(server.address, nobody).await.status, 204);
    let old = bob.subscription(&service.endpoint("bob"), 2);
    assert_eq!(bob.ask(server.address, old).await.status, 409);
    let mut again = offer(&bob.id);
    again["callId"] = json!("c2");
    friend.send(again).await;
    friend.error("user-offline").await;
}

/// Offers of one caller, each of another call.
async fn calls(caller: &mut Client, to: &str, count: usize) -> Vec<Value> {
    let mut codes = Vec::new();
    for nth in 0..count {
        let mut offer = offer(to);
        offer["callId"] = json!(format!("c{nth}"));
        caller.send(offer).await;
        codes.push(caller.recv().await["code"].clone());
    }
    codes
}

#[tokio::test]
async fn strangers_keep_no_friend_from_waking_somebody() {
    let service = Service::start(CREATED).await;
    let server = service.server().await;
    let bob = Person::new(7);
    let mut friend = server.guest("Friend").await;
    let mut asked = bob.subscription(&service.endpoint("bob"), 1);
    asked["callers"] = json!([friend.id]);
    assert_eq!(bob.ask(server.address, asked).await.status, 204);
    let mut stranger = server.guest("Stranger").await;
    calls(&mut stranger, &bob.id, 10).await;
    assert_eq!(calls(&mut friend, &bob.id, 1).await, ["user-waking"]);
    // The same where everybody wakes him: of whom he has named there are places.
    let mut all = bob.subscription(&service.endpoint("bob-2"), 2);
    all["do"] = json!("subscribe");
    assert_eq!(bob.ask(server.address, all).await.status, 204);
    for household in 1..=4 {
        let mut stranger = Client::from_household(server.address, household).await;
        let login = json!({"type": "login", "username": "Stranger"});
        stranger.login(login).await;
        calls(&mut stranger, &bob.id, 4).await;
    }
    let mut next = offer(&bob.id);
    next["callId"] = json!("next");
    friend.send(next).await;
    friend.error("user-waking").await;
}

#[tokio::test]
async fn one_household_does_not_wake_somebody_on_and_on() {
    let service = Service::start(CREATED).await;
    let server = service.server().await;
    let bob = Person::new(7);
    let asked = bob.subscription(&service.endpoint("bob"), 1);
    assert_eq!(bob.ask(server.address, asked).await.status, 204);
    let mut codes = Vec::new();
    for name in ["Mallory", "Trudy"] {
        let mut stranger = server.guest(name).await;
        codes.extend(calls(&mut stranger, &bob.id, 6).await);
    }
    // The two of whoever has pressed the wrong button; then there are pauses, as on an open page.
    let woken = codes.iter().filter(|code| **code == "user-waking");
    assert_eq!((woken.count(), codes.len()), (2, 12), "{codes:?}");
}

#[tokio::test]
async fn strangers_wake_nobody_who_takes_calls_of_contacts_only_from_then_on() {
    let service = Service::start(CREATED).await;
    let server = service.server().await;
    let (bob, endpoint) = (Person::new(7), service.endpoint("bob"));
    let everybody = bob.subscription(&endpoint, 1);
    assert_eq!(bob.ask(server.address, everybody).await.status, 204);
    let mut stranger = server.guest("Stranger").await;
    assert_eq!(calls(&mut stranger, &bob.id, 1).await, ["user-waking"]);
    // What a page says once that is chosen, with no contact at all.
    let mut nobody = bob.subscription(&endpoint, 2);
    nobody["callers"] = json!([]);
    assert_eq!(bob.ask(server.address, nobody).await.status, 204);
    let mut other = server.guest("Other").await;
    assert_eq!(calls(&mut other, &bob.id, 1).await, ["user-offline"]);
}

#[tokio::test]
async fn a_device_that_is_woken_is_shown_to_the_caller() {
    let service = Service::start(CREATED).await;
    let server = service.server().await;
    let bob = Person::new(7);
    let asked = bob.subscription(&service.endpoint("bob"), 1);
    assert_eq!(bob.ask(server.address, asked).await.status, 204);
    let mut alice = server.guest("Alice").await;
    alice
        .send(json!({"type": "presence-watch", "userIds": [bob.id]}))
        .await;
    assert_eq!(alice.recv().await["online"], false);
    alice.send(offer(&bob.id)).await;
    alice.error("user-waking").await;
    // Bob's page comes, and hides itself from whoever is no contact.
    let (page, _) = bob.comes(server.address).await;
    let presence = alice.recv().await;
    assert_eq!(
        (&presence["type"], &presence["online"]),
        (&json!("presence"), &json!(true))
    );
    let mut again = offer(&bob.id);
    again["toDevice"] = json!(page.device);
    alice.send(again).await;
    let mut page = page;
    assert_eq!(page.recv().await["type"], "call-offer");
}

#[tokio::test]
async fn declining_without_a_page_is_told_to_the_caller() {
    let service = Service::start(CREATED).await;
    let server = service.server().await;
    let [bob, mallory] = [7, 8].map(Person::new);
    let asked = bob.subscription(&service.endpoint("bob"), 1);
    assert_eq!(bob.ask(server.address, asked).await.status, 204);
    let mut alice = server.guest("Alice").await;
    alice.send(offer(&bob.id)).await;
    alice.error("user-waking").await;
    let caller = alice.id.clone();
    let decline = |who: &Person| json!({"do": "decline", "userId": who.id, "callerId": caller, "callId": "c1"});
    assert_eq!(
        mallory.ask(server.address, decline(&mallory)).await.status,
        404
    );
    assert_eq!(mallory.ask(server.address, decline(&bob)).await.status, 403);
    assert_eq!(bob.ask(server.address, decline(&bob)).await.status, 204);
    let reject = alice.recv().await;
    assert_eq!(reject["type"], "call-reject");
    assert_eq!(
        (&reject["fromId"], &reject["reason"]),
        (&json!(bob.id), &json!("declined"))
    );
    assert_eq!(bob.ask(server.address, decline(&bob)).await.status, 404);
}

#[tokio::test]
async fn what_is_not_signed_by_the_key_is_refused() {
    let service = Service::start(CREATED).await;
    let server = service.server().await;
    let [bob, mallory] = [7, 8].map(Person::new);
    let endpoint = service.endpoint("bob");
    // In another's name; for another server; a bit flipped; no JSON.
    let refused = mallory
        .ask(server.address, bob.subscription(&endpoint, 1))
        .await;
    assert_eq!(refused.status, 403);
    let wish = bob.subscription(&endpoint, 1);
    assert_eq!(
        bob.ask_signed_for(server.address, wish.clone(), "another")
            .await
            .status,
        403
    );
    assert_eq!(post(server.address, "{}").await.status, 400);
    assert_eq!(post(server.address, &"x".repeat(30_000)).await.status, 413);
    let mut alice = server.guest("Alice").await;
    alice.send(offer(&bob.id)).await;
    alice.error("user-offline").await;
    assert!(service.heads().is_empty());
}

#[tokio::test]
async fn nothing_is_sent_to_whom_a_client_names() {
    let service = Service::start(CREATED).await;
    let server = service.server().await;
    let bob = Person::new(7);
    let inside = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = inside.local_addr().unwrap().port();
    // By name and by number, in all the ways that URLs have for it.
    let hostile = [
        format!("https://localhost:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://2130706433:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("http://localhost:{port}/"),
        format!("https://localhost:{}@127.0.0.1:{port}/", service.port),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "https://fcm.googleapis.com.evil.example/".to_owned(),
    ];
    for (time, endpoint) in hostile.iter().enumerate() {
        let wish = bob.subscription(endpoint, time as u64 + 1);
        assert_eq!(
            bob.ask(server.address, wish).await.status,
            422,
            "{endpoint}"
        );
    }
    let mut alice = server.guest("Alice").await;
    alice.send(offer(&bob.id)).await;
    alice.error("user-offline").await;
    let nobody = tokio::time::timeout(std::time::Duration::ZERO, inside.accept()).await;
    assert!(nobody.is_err(), "somebody has connected");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let inside = Service::start(CREATED).await;
    let location = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
        inside.endpoint("inside")
    );
    let service = Service::start(Box::leak(location.into_boxed_str())).await;
    let server = service.server().await;
    let bob = Person::new(7);
    let wish = bob.subscription(&service.endpoint("bob"), 1);
    assert_eq!(bob.ask(server.address, wish).await.status, 204);
    let mut alice = server.guest("Alice").await;
    alice.send(offer(&bob.id)).await;
    alice.error("user-waking").await;
    // The second message is sent after the answer to the first has been dealt with.
    let end = json!({"type": "call-end", "toId": bob.id, "callId": "c1", "reason": "cancelled"});
    alice.send(end).await;
    until(|| service.heads().len() == 2).await;
    assert!(inside.heads().is_empty());
}

#[tokio::test]
async fn a_subscription_that_is_gone_is_forgotten() {
    for gone in ["404 Not Found", "410 Gone"] {
        let answer = format!("HTTP/1.1 {gone}\r\ncontent-length: 0\r\n\r\n");
        let service = Service::start(Box::leak(answer.into_boxed_str())).await;
        let server = service.server().await;
        let bob = Person::new(7);
        let wish = bob.subscription(&service.endpoint("bob"), 1);
        assert_eq!(bob.ask(server.address, wish).await.status, 204);
        let mut alice = server.guest("Alice").await;
        alice.send(offer(&bob.id)).await;
        alice.error("user-waking").await;
        // What is older than the subscription is refused for as long as that is known.
        let old = json!({
            "do": "unsubscribe", "userId": bob.id, "endpoint": service.endpoint("bob"), "time": 0,
        });
        let forgotten = async {
            while bob.ask(server.address, old.clone()).await.status != 204 {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        soon(forgotten).await;
        let mut next = offer(&bob.id);
        next["callId"] = json!("c2");
        alice.send(next).await;
        alice.error("user-offline").await;
    }
}

#[tokio::test]
async fn a_push_service_that_hangs_keeps_nobody_waiting() {
    let service = Service::start("").await;
    let server = service.server().await;
    let bob = Person::new(7);
    let wish = bob.subscription(&service.endpoint("bob"), 1);
    assert_eq!(bob.ask(server.address, wish).await.status, 204);
    let mut alice = server.guest("Alice").await;
    alice.send(offer(&bob.id)).await;
    alice.error("user-waking").await;
    until(|| !service.heads().is_empty()).await;
    alice.nothing_more().await;
    // And a server stops all the same.
    server.stop().await;
}

#[tokio::test]
async fn without_https_there_is_no_push_unless_wanted() {
    let server = TestServer::start().await;
    assert_eq!(server.get("/push", &[]).await.status, 204);
    assert_eq!(post(server.address, "{}").await.status, 404);
}
