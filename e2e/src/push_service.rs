//! A push service of our own (RFC 8030) over TLS: it checks who sends (VAPID, RFC 8292), and opens
//! messages as the browser would whose keys it has made (RFC 8291). What is for a Firefox goes to it
//! as it came.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes128Gcm, Nonce};
use data_encoding::BASE64URL_NOPAD;
use hkdf::Hkdf;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::{PublicKey, SecretKey};
use serde_json::Value;
use sha2::Sha256;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::autopush::Autopush;
use crate::wait::wait_until;

/// The secret of the one subscription; any 16 bytes.
const AUTH: [u8; 16] = *b"sixteen bytes ok";

/// A message as it arrived, opened.
#[derive(Clone, Debug)]
pub struct PushMessage {
    /// Seconds for which it would be kept.
    pub ttl: String,
    /// `high`, `normal` …
    pub urgency: String,
    /// Of several with one topic only the last would arrive.
    pub topic: String,
    /// What the page's service worker gets.
    pub text: String,
}

/// See the module.
pub struct PushService {
    port: u16,
    secret: SecretKey,
    messages: Arc<Mutex<Vec<PushMessage>>>,
    autopush: Autopush,
    /// When the last message for a Firefox was accepted.
    accepted: Arc<Mutex<Option<Instant>>>,
    directory: TempDir,
}

impl PushService {
    /// Starts one at a free port.
    pub async fn start() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
        let made = made.expect("a certificate");
        let directory = TempDir::with_prefix("wimpex-e2e-push-").expect("a temporary directory");
        std::fs::write(directory.path().join("root.pem"), made.cert.pem()).expect("it is ours");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has what these versions need")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("they belong together");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("it is bound").port();
        let secret = SecretKey::from_slice(&[7; 32]).expect("it is below the order");
        let messages = Arc::new(Mutex::new(Vec::new()));
        let autopush = Autopush::start(format!("https://localhost:{port}{FIREFOX}")).await;
        let (to_firefox, accepted) = (autopush.sender(), Arc::default());
        let (arrived, own, noted) = (
            Arc::clone(&messages),
            secret.clone(),
            Arc::<Mutex<Option<Instant>>>::clone(&accepted),
        );
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, arrived, own) =
                    (acceptor.clone(), Arc::clone(&arrived), own.clone());
                let (to_firefox, noted) = (to_firefox.clone(), Arc::clone(&noted));
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let is_taken = match take(&mut stream, &own, port).await {
                        Some(Taken::Opened(message)) => {
                            arrived.lock().expect("nobody panics with it").push(message);
                            true
                        }
                        Some(Taken::ForFirefox { channel, sealed }) => {
                            let mut accepted = noted.lock().expect("nobody panics with it");
                            *accepted = Some(Instant::now());
                            to_firefox(&channel, &sealed);
                            true
                        }
                        None => false,
                    };
                    let answer = match is_taken {
                        true => "HTTP/1.1 201 Created\r\ncontent-length: 0\r\nlocation: /m\r\n\r\n",
                        false => "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
                    };
                    let _ = stream.write_all(answer.as_bytes()).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self {
            port,
            secret,
            messages,
            autopush,
            accepted,
            directory,
        }
    }

    /// Where Firefox's preference has to point to.
    pub fn firefox_url(&self) -> String {
        self.autopush.url()
    }

    /// Waits until Firefox says that so many have reached the service worker, opened.
    pub async fn firefox_has(&self, count: usize) {
        self.autopush.acknowledged(count).await;
    }

    /// When the last message for Firefox was accepted.
    pub fn accepted(&self) -> Option<Instant> {
        *self.accepted.lock().expect("nobody panics with it")
    }

    /// The arguments by which a server sends to it.
    pub fn arguments(&self) -> [String; 3] {
        let root: PathBuf = self.directory.path().join("root.pem");
        [
            "--push=true".to_owned(),
            format!("--push-service=localhost:{}", self.port),
            format!("--push-root={}", root.display()),
        ]
    }

    /// A script that has a page's `PushManager.subscribe` subscribe here: the browser's own push
    /// service cannot be reached from a test.
    pub fn subscribing_script(&self) -> String {
        let p256dh = BASE64URL_NOPAD.encode(&self.secret.public_key().to_sec1_bytes());
        let auth = BASE64URL_NOPAD.encode(&AUTH);
        format!(
            "let ended = false;
             const subscription = {{
                 toJSON: () => ({{
                     endpoint: 'https://localhost:{}/p/1',
                     keys: {{ p256dh: '{p256dh}', auth: '{auth}' }},
                 }}),
                 unsubscribe: async () => (ended = true),
             }};
             PushManager.prototype.subscribe = async () => ((ended = false), subscription);
             PushManager.prototype.getSubscription = async () => (ended ? null : subscription);",
            self.port
        )
    }

    /// Waits for the message of that number, from 0, about a call that is `what`.
    pub async fn message(&self, number: usize, what: &str) -> PushMessage {
        wait_until(&format!("push message {number}"), async || {
            let messages = self.messages.lock().expect("nobody panics with it");
            let found = messages.get(number).cloned();
            let found = found.filter(|it| it.text.contains(&format!("\"what\":\"{what}\"")));
            found.ok_or_else(|| format!("{messages:?}"))
        })
        .await
    }
}

/// What became of a message.
enum Taken {
    Opened(PushMessage),
    /// Only the browser has the keys.
    ForFirefox {
        channel: String,
        sealed: Vec<u8>,
    },
}

/// Under this are endpoints of Firefox, by channel.
const FIREFOX: &str = "/f/";

/// Reads a request; `None` if anything about it is wrong.
async fn take(stream: &mut (impl AsyncRead + Unpin), own: &SecretKey, port: u16) -> Option<Taken> {
    let mut bytes = Vec::new();
    let (head, body) = loop {
        let mut part = [0; 8192];
        let read = stream.read(&mut part).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&part[..read]);
        let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
        let length: usize = header(&head, "content-length")?.parse().ok()?;
        if bytes.len() >= end + 4 + length {
            break (head, bytes[end + 4..end + 4 + length].to_vec());
        }
    };
    let path = head.strip_prefix("POST ")?.split(' ').next()?;
    let is_sealed = header(&head, "content-encoding")? == "aes128gcm";
    if !is_sealed || !is_signed(&header(&head, "authorization")?, port)? {
        return None;
    }
    if let Some(channel) = path.strip_prefix(FIREFOX) {
        return Some(Taken::ForFirefox {
            channel: channel.to_owned(),
            sealed: body,
        });
    }
    if path != "/p/1" {
        return None;
    }
    Some(Taken::Opened(PushMessage {
        ttl: header(&head, "ttl")?,
        urgency: header(&head, "urgency")?,
        topic: header(&head, "topic")?,
        text: String::from_utf8(open(&body, own)?).ok()?,
    }))
}

fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then(|| value.to_owned())
    })
}

/// RFC 8292, sections 2 and 3: an ES256 token for this origin that has not ended.
fn is_signed(authorization: &str, port: u16) -> Option<bool> {
    let (token, key) = authorization.strip_prefix("vapid t=")?.split_once(", k=")?;
    let (signed, signature) = token.rsplit_once('.')?;
    let decode = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).ok();
    let key = VerifyingKey::from_sec1_bytes(&decode(key)?).ok()?;
    let signature = Signature::from_slice(&decode(signature)?).ok()?;
    let claims: Value = serde_json::from_slice(&decode(signed.split_once('.')?.1)?).ok()?;
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().ok()?.as_secs();
    let end = claims.get("exp")?.as_u64()?;
    let is_ours = claims.get("aud")? == &Value::from(format!("https://localhost:{port}"));
    let is_timely = (now..now + 24 * 60 * 60).contains(&end);
    let is_valid = key.verify(signed.as_bytes(), &signature).is_ok();
    Some(is_ours && is_timely && is_valid)
}

/// RFC 8291, section 4, from the other side.
fn open(body: &[u8], own: &SecretKey) -> Option<Vec<u8>> {
    let (salt, rest) = body.split_at_checked(16)?;
    let (size, rest) = rest.split_at_checked(4)?;
    let ([length], rest) = rest.split_at_checked(1).map(|(it, rest)| ([it[0]], rest))?;
    let (theirs, sealed) = rest.split_at_checked(usize::from(length))?;
    if size != 4096u32.to_be_bytes() {
        return None;
    }
    let shared = own.diffie_hellman(&PublicKey::from_sec1_bytes(theirs).ok()?);
    let ours = own.public_key().to_sec1_bytes();
    let info = [b"WebPush: info\0", &ours[..], theirs].concat();
    let ikm: [u8; 32] = derive(&AUTH, shared.raw_secret_bytes(), &info)?;
    let key: [u8; 16] = derive(salt, &ikm, b"Content-Encoding: aes128gcm\0")?;
    let nonce: [u8; 12] = derive(salt, &ikm, b"Content-Encoding: nonce\0")?;
    let cipher = Aes128Gcm::new(&key.into());
    let mut plain = cipher.decrypt(&Nonce::from(nonce), sealed).ok()?;
    (plain.pop()? == 2).then_some(plain)
}

fn derive<const N: usize>(salt: &[u8], ikm: &[u8], info: &[u8]) -> Option<[u8; N]> {
    let mut out = [0; N];
    Hkdf::<Sha256>::new(Some(salt), ikm)
        .expand(info, &mut out)
        .ok()?;
    Some(out)
}
