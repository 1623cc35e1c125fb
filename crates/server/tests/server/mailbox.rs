//! Messages over real sockets: people with keys who leave and fetch them, and everybody who would
//! like to hear, change, forge or repeat one.

use std::path::Path;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wimpex_identity::{PublicKey, Signature};
use wimpex_mailbox::{Draft, Envelope, MessageId, MessageKey};
use wimpex_protocol::UserId;
use wimpex_sansio::UnixTime;

use crate::support::{Client, Reply, Served, TestServer, soon, until};

const ORIGIN: &str = "http://test";
/// What a page would have sealed; the server cannot tell.
pub(crate) const SEALED: &str = "sealed, as far as the server can see";
const DAY: u64 = 24 * 60 * 60 * 1000;

pub(crate) fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap().as_millis() as u64
}

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

    fn public(&self) -> PublicKey {
        PublicKey::from_bytes(self.key.verifying_key().to_bytes())
    }

    fn sealing_key(&self) -> [u8; 32] {
        let mut key = self.key.to_bytes();
        key[0] ^= 0xff;
        key
    }

    fn sign(&self, message: &[u8]) -> Signature {
        Signature::from_bytes(self.key.sign(message).to_bytes())
    }

    pub(crate) async fn ask(&self, server: &impl Served, what: Value) -> Reply {
        self.ask_for(server, what, ORIGIN, now()).await
    }

    pub(crate) async fn ask_for(
        &self,
        server: &impl Served,
        what: Value,
        origin: &str,
        time: u64,
    ) -> Reply {
        post(server, &self.wish(what, origin, time)).await
    }

    /// What came of a message until the connection ended.
    pub(crate) async fn fetch_part(&self, server: &impl Served, id: &str) -> Vec<u8> {
        let body = self.wish(json!({"do": "fetch", "id": id}), ORIGIN, now());
        let mut stream = TcpStream::connect(server.at()).await.unwrap();
        stream.write_all(posting(&body).as_bytes()).await.unwrap();
        let mut part = Vec::new();
        // It may end as if the network had.
        let _ = stream.read_to_end(&mut part).await;
        part
    }

    fn wish(&self, mut what: Value, origin: &str, time: u64) -> String {
        what["userId"] = json!(self.id);
        what["time"] = json!(time);
        let message = what.to_string();
        let signed = ["wimpex-messages-v1", origin, &message].concat();
        self.signed(&message, signed.as_bytes())
    }

    fn signed(&self, message: &str, signed: &[u8]) -> String {
        let body = json!({
            "message": message,
            "publicKey": self.public().encode(),
            "signature": self.sign(signed).encode(),
        });
        body.to_string()
    }

    pub(crate) fn message_key(&self) -> MessageKey {
        let (owner, key, time) = (
            self.public(),
            self.sealing_key(),
            UnixTime::from_millis(now()),
        );
        let signature = self.sign(&MessageKey::message(&owner, &key, time));
        MessageKey {
            owner,
            key,
            time,
            signature,
        }
    }

    /// Takes messages from these people, and from strangers or not.
    pub(crate) async fn receives(&self, server: &impl Served, from: &[&Person], strangers: bool) {
        let senders: Vec<&str> = from.iter().map(|it| it.id.as_str()).collect();
        let key = self.message_key().encode();
        let wish = json!({"do": "receive", "key": key, "senders": senders, "strangers": strangers});
        assert_eq!(self.ask(server, wish).await.status, 204);
    }

    pub(crate) async fn list(&self, server: &impl Served) -> Vec<Envelope> {
        let list = self.ask(server, json!({"do": "list"})).await;
        assert_eq!(list.status, 200);
        let list: Vec<String> = serde_json::from_slice(&list.body).unwrap();
        list.iter().map(|it| Envelope::parse(it).unwrap()).collect()
    }

    pub(crate) fn envelope(&self, to: &Person, id: u8, time: u64) -> Envelope {
        let draft = Draft {
            sender: self.public(),
            receiver: UserId::parse(to.id.clone()).unwrap(),
            receiver_key: to.sealing_key(),
            id: MessageId::from_bytes([id; 16]),
            time: UnixTime::from_millis(time),
        };
        let (size, hash) = (SEALED.len() as u32, Sha256::digest(SEALED).into());
        let signature = self.sign(&draft.message(&[9; 32], size, &hash));
        draft.sign([9; 32], size, hash, signature)
    }

    pub(crate) async fn leave(&self, server: &impl Served, to: &Person, id: u8) -> Reply {
        put(server, &self.envelope(to, id, now()).encode(), SEALED).await
    }

    /// All of a message but the last byte, which is returned.
    pub(crate) async fn begins(
        &self,
        server: &impl Served,
        to: &Person,
        id: u8,
    ) -> (TcpStream, &'static [u8]) {
        let (all, last) = SEALED.as_bytes().split_at(SEALED.len() - 1);
        let envelope = self.envelope(to, id, now()).encode();
        (begin(server, &envelope, all.len()).await, last)
    }

    pub(crate) async fn fetches(&self, server: &impl Served, id: &str) {
        let fetched = self.ask(server, json!({"do": "fetch", "id": id})).await;
        assert_eq!((fetched.status, fetched.text()), (200, SEALED));
    }

    pub(crate) async fn deletes(&self, server: &impl Served, id: &str) {
        let deleted = self.ask(server, json!({"do": "delete", "id": id})).await;
        assert_eq!(deleted.status, 204);
    }

    pub(crate) async fn page(&self, server: &impl Served) -> Client {
        let origin = format!("http://{}", server.at());
        self.page_of(server, &origin).await
    }

    pub(crate) async fn page_of(&self, server: &impl Served, origin: &str) -> Client {
        let mut page = Client::with_headers(server.at(), &[("origin", origin)]).await;
        let hello = page.recv().await;
        let challenge = BASE64URL_NOPAD.decode(hello["challenge"].as_str().unwrap().as_bytes());
        let signed = ["wimpex-login-v1", origin].concat();
        let signed = [signed.as_bytes(), &challenge.unwrap(), self.id.as_bytes()].concat();
        page.send(json!({
            "type": "login", "username": "Somebody", "userId": self.id,
            "publicKey": self.public().encode(), "signature": self.sign(&signed).encode(),
        }))
        .await;
        let welcome = page.recv().await;
        page.take_welcome(&welcome);
        page
    }
}

async fn post(server: &impl Served, body: &str) -> Reply {
    Reply::of(server.at(), &posting(body)).await
}

fn posting(body: &str) -> String {
    let length = body.len();
    format!(
        "POST /messages HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

pub(crate) async fn put(server: &impl Served, envelope: &str, body: &str) -> Reply {
    let length = body.len();
    let request = format!(
        "PUT /messages HTTP/1.1\r\nhost: test\r\nconnection: close\r\nwimpex-envelope: {envelope}\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    Reply::of(server.at(), &request).await
}

/// A message on its way, of which so many bytes are there.
pub(crate) async fn begin(server: &impl Served, envelope: &str, bytes: usize) -> TcpStream {
    let mut stream = TcpStream::connect(server.at()).await.unwrap();
    let length = SEALED.len();
    let request = format!(
        "PUT /messages HTTP/1.1\r\nhost: test\r\nconnection: close\r\nwimpex-envelope: {envelope}\r\n\
         content-length: {length}\r\n\r\n{}",
        &SEALED[..bytes]
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Files of messages, whole or not.
pub(crate) fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("messages")).map_or(0, Iterator::count)
}

async fn in_folder(folder: &Path) -> TestServer {
    let folder = folder.to_owned();
    TestServer::with(move |config| config.operation.state_dir = Some(folder)).await
}

#[tokio::test]
async fn a_message_waits_over_a_restart_until_it_is_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let [alice, bob] = [1, 2].map(Person::new);
    let server = in_folder(folder.path()).await;
    bob.receives(&server, &[&alice], false).await;
    let key = alice.ask(&server, json!({"do": "key", "of": bob.id})).await;
    assert_eq!(key.status, 200);
    assert!(MessageKey::parse(key.text()).unwrap().claim().verify());
    assert_eq!(alice.leave(&server, &bob, 1).await.status, 201);
    server.stop().await;
    // What was cut off by the end of an earlier run is not there any more, nor what is no message.
    let (cut, other) = (
        folder.path().join("messages/ab.tmp"),
        folder.path().join("messages/cd"),
    );
    std::fs::write(&cut, "x").unwrap();
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(60 * 60);
    let file = std::fs::File::options().write(true).open(&cut).unwrap();
    file.set_modified(long_ago).unwrap();
    std::fs::write(&other, "x").unwrap();
    let server = in_folder(folder.path()).await;
    let mut page = bob.page(&server).await;
    assert_eq!(page.recv().await["type"], "messages-waiting");
    assert!(!cut.exists() && !other.exists());
    let list = bob.list(&server).await;
    let [envelope] = &list[..] else {
        panic!("{list:?}");
    };
    assert!(envelope.claim().verify());
    let id = envelope.name().encode();
    let fetched = bob.ask(&server, json!({"do": "fetch", "id": id})).await;
    assert_eq!((fetched.status, fetched.text()), (200, SEALED));
    assert_eq!(files(folder.path()), 1);
    for _ in 0..2 {
        let deleted = bob.ask(&server, json!({"do": "delete", "id": id})).await;
        assert_eq!(deleted.status, 204);
    }
    assert_eq!(files(folder.path()), 0);
    let fetched = bob.ask(&server, json!({"do": "fetch", "id": id})).await;
    assert_eq!(fetched.status, 404);
    assert!(bob.list(&server).await.is_empty());
}

#[tokio::test]
async fn a_message_that_has_come_does_not_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = in_folder(folder.path()).await;
    let [alice, bob, carol] = [1, 2, 3].map(Person::new);
    bob.receives(&server, &[&alice], false).await;
    carol.receives(&server, &[&alice], false).await;
    let envelope = alice.envelope(&bob, 1, now());
    let text = envelope.encode();
    assert_eq!(put(&server, &text, SEALED).await.status, 201);
    let delete = json!({"do": "delete", "id": envelope.name().encode()});
    assert_eq!(bob.ask(&server, delete).await.status, 204);
    // Alice's browser has not heard that it came, or somebody plays it again: no alarm for Bob.
    assert_eq!(put(&server, &text, SEALED).await.status, 200);
    server.stop().await;
    let server = in_folder(folder.path()).await;
    // This one has another secret, by which it knows whom Bob takes messages from.
    bob.receives(&server, &[&alice], false).await;
    carol.receives(&server, &[&alice], false).await;
    assert_eq!(put(&server, &text, SEALED).await.status, 200);
    assert!(bob.list(&server).await.is_empty());
    assert_eq!(files(folder.path()), 0);
    // Another is another, and so is one for somebody else.
    assert_eq!(alice.leave(&server, &bob, 2).await.status, 201);
    assert_eq!(alice.leave(&server, &carol, 1).await.status, 201);
}

#[tokio::test]
async fn a_message_without_its_file_keeps_nobody_busy() {
    let folder = tempfile::tempdir().unwrap();
    let server = in_folder(folder.path()).await;
    let [alice, bob] = [1, 2].map(Person::new);
    bob.receives(&server, &[&alice], false).await;
    for id in [1, 2] {
        assert_eq!(alice.leave(&server, &bob, id).await.status, 201);
    }
    let all = bob.list(&server).await;
    for file in std::fs::read_dir(folder.path().join("messages")).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    let id = all[0].name().encode();
    let fetched = bob.ask(&server, json!({"do": "fetch", "id": id})).await;
    assert_eq!((fetched.status, fetched.text()), (404, "unknown\n"));
    let left = bob.list(&server).await;
    assert_eq!(left, [all[1].clone()]);
}

#[tokio::test]
async fn who_is_there_is_told_at_once() {
    let server = TestServer::with(|config| config.timing.message_asked = Duration::ZERO).await;
    let [alice, bob] = [1, 2].map(Person::new);
    bob.receives(&server, &[&alice], false).await;
    let mut page = bob.page(&server).await;
    assert_eq!(alice.leave(&server, &bob, 1).await.status, 201);
    let told = page.recv().await;
    assert_eq!(told, json!({"type": "messages-waiting"}));
}

#[tokio::test]
async fn nobody_else_sees_fetches_or_deletes_a_message() {
    let server = TestServer::start().await;
    let [alice, bob, mallory] = [1, 2, 3].map(Person::new);
    bob.receives(&server, &[&alice], false).await;
    assert_eq!(alice.leave(&server, &bob, 1).await.status, 201);
    let id = bob.list(&server).await[0].name().encode();
    assert!(mallory.list(&server).await.is_empty());
    let fetch = json!({"do": "fetch", "id": id});
    assert_eq!(mallory.ask(&server, fetch.clone()).await.status, 404);
    let delete = json!({"do": "delete", "id": id});
    assert_eq!(mallory.ask(&server, delete).await.status, 204);
    // In Bob's name, with another key, for another server, or long ago.
    let mut message = fetch.clone();
    message["userId"] = json!(bob.id);
    message["time"] = json!(now());
    let message = message.to_string();
    let signed = ["wimpex-messages-v1", ORIGIN, &message].concat();
    let forged = mallory.signed(&message, signed.as_bytes());
    assert_eq!(post(&server, &forged).await.status, 403);
    let elsewhere = bob.ask_for(&server, fetch.clone(), "https://evil.example", now());
    assert_eq!(elsewhere.await.status, 403);
    for time in [now() - DAY, now() + DAY] {
        let stale = bob.ask_for(&server, fetch.clone(), ORIGIN, time).await;
        assert_eq!((stale.status, stale.text()), (422, "clock\n"));
    }
    assert_eq!(bob.ask(&server, fetch).await.status, 200);
}

#[tokio::test]
async fn a_stranger_cannot_tell_who_takes_messages() {
    let server = TestServer::start().await;
    let [alice, bob, mallory] = [1, 2, 3].map(Person::new);
    bob.receives(&server, &[&alice], false).await;
    let of = |whose: &Person| json!({"do": "key", "of": whose.id});
    let [unwanted, unknown] = [
        mallory.ask(&server, of(&bob)).await,
        mallory.ask(&server, of(&alice)).await,
    ];
    assert_eq!(unwanted.status, 204);
    assert_eq!(
        (unwanted.status, unwanted.text()),
        (unknown.status, unknown.text())
    );
    let left = mallory.leave(&server, &bob, 1).await;
    assert_eq!((left.status, left.text()), (404, "not-wanted\n"));
    // Whoever lets strangers ring takes their messages too.
    bob.receives(&server, &[&alice], true).await;
    assert_eq!(mallory.ask(&server, of(&bob)).await.status, 200);
    assert_eq!(mallory.leave(&server, &bob, 1).await.status, 201);
}

#[tokio::test]
async fn what_was_changed_cut_or_forged_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let server = in_folder(folder.path()).await;
    let [alice, bob, mallory] = [1, 2, 3].map(Person::new);
    bob.receives(&server, &[&alice, &mallory], false).await;
    let envelope = alice.envelope(&bob, 1, now());
    let text = envelope.encode();
    let flipped = SEALED.replace("sealed", "sealee");
    let damaged = put(&server, &text, &flipped).await;
    assert_eq!((damaged.status, damaged.text()), (400, "damaged\n"));
    for other in [&SEALED[1..], &format!("{SEALED}x"), ""] {
        assert_eq!(put(&server, &text, other).await.status, 400, "{other:?}");
    }
    // Mallory's signature under Alice's name; Alice's under another time; no envelope.
    let forged = Envelope {
        signature: mallory.envelope(&bob, 1, now()).signature,
        ..envelope.clone()
    };
    assert_eq!(put(&server, &forged.encode(), SEALED).await.status, 403);
    let mut later = envelope.clone();
    later.draft.time = UnixTime::from_millis(now() + 1);
    assert_eq!(put(&server, &later.encode(), SEALED).await.status, 403);
    for none in ["", "AAAA", &text[..text.len() - 4], &text.repeat(3)] {
        assert_eq!(put(&server, none, SEALED).await.status, 400, "{none}");
    }
    for time in [now() - 8 * DAY, now() + DAY] {
        let envelope = alice.envelope(&bob, 1, time).encode();
        assert_eq!(put(&server, &envelope, SEALED).await.status, 422);
    }
    // Sealed with a key that is not Bob's any more.
    let mut other = alice.envelope(&bob, 1, now()).draft;
    other.receiver_key = [5; 32];
    let signature = alice.sign(&other.message(&[9; 32], envelope.size, &envelope.hash));
    let other = other.sign([9; 32], envelope.size, envelope.hash, signature);
    let other = put(&server, &other.encode(), SEALED).await;
    assert_eq!((other.status, other.text()), (409, "other-key\n"));
    assert!(bob.list(&server).await.is_empty());
    assert_eq!(files(folder.path()), 0);
    // And the unchanged one is taken; sent again it is the same one.
    assert_eq!(put(&server, &text, SEALED).await.status, 201);
    assert_eq!(put(&server, &text, SEALED).await.status, 200);
    assert_eq!(bob.list(&server).await.len(), 1);
}

#[tokio::test]
async fn nobody_says_where_anothers_messages_go() {
    let server = TestServer::start().await;
    let [bob, mallory] = [2, 3].map(Person::new);
    // Bob's key in Mallory's name, and Mallory's key for Bob.
    let mut swapped = bob.message_key();
    swapped.key = mallory.sealing_key();
    for key in [bob.message_key().encode(), swapped.encode()] {
        let wish = json!({"do": "receive", "key": key, "senders": [], "strangers": true});
        assert_eq!(mallory.ask(&server, wish.clone()).await.status, 403);
    }
    let wish = json!({"do": "receive", "key": swapped.encode(), "senders": [], "strangers": true});
    assert_eq!(bob.ask(&server, wish).await.status, 403);
}

#[tokio::test]
async fn there_is_room_for_everybody_and_no_end_for_nobody() {
    let server = TestServer::start().await;
    let [alice, bob, mallory] = [1, 2, 3].map(Person::new);
    bob.receives(&server, &[&alice], true).await;
    for id in 0..5 {
        assert_eq!(mallory.leave(&server, &bob, id).await.status, 201);
    }
    let full = mallory.leave(&server, &bob, 9).await;
    assert_eq!((full.status, full.text()), (507, "sender-full\n"));
    let other = Person::new(4).leave(&server, &bob, 1).await;
    assert_eq!((other.status, other.text()), (507, "receiver-full\n"));
    assert_eq!(alice.leave(&server, &bob, 1).await.status, 201);
    let small = TestServer::with(|config| config.mailbox.messages_total_mb = 0).await;
    bob.receives(&small, &[&alice], true).await;
    let full = alice.leave(&small, &bob, 1).await;
    assert_eq!((full.status, full.text()), (507, "host-full\n"));
}

#[tokio::test]
async fn what_is_deleted_while_it_comes_is_still_counted() {
    let folder = tempfile::tempdir().unwrap();
    let server = in_folder(folder.path()).await;
    let [alice, bob] = [1, 2].map(Person::new);
    bob.receives(&server, &[&alice], false).await;
    let envelope = alice.envelope(&bob, 1, now());
    let mut stream = begin(&server, &envelope.encode(), SEALED.len() - 1).await;
    until(|| files(folder.path()) == 1).await;
    let delete = json!({"do": "delete", "id": envelope.name().encode()});
    assert_eq!(bob.ask(&server, delete.clone()).await.status, 204);
    // Nor may it come a second time meanwhile.
    let again = put(&server, &envelope.encode(), SEALED).await;
    assert_eq!((again.status, again.text()), (409, "coming\n"));
    let last = &SEALED.as_bytes()[SEALED.len() - 1..];
    stream.write_all(last).await.unwrap();
    let mut answer = Vec::new();
    soon(stream.read_to_end(&mut answer)).await.unwrap();
    let is_taken = Reply::parse(&answer).status == 201;
    let listed = bob.list(&server).await.len();
    assert_eq!(listed, usize::from(is_taken));
    assert_eq!(files(folder.path()), listed);
    assert_eq!(bob.ask(&server, delete).await.status, 204);
    assert_eq!(files(folder.path()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_while_a_message_is_put_in_place_leaves_nothing_uncounted() {
    let folder = tempfile::tempdir().unwrap();
    let server = in_folder(folder.path()).await;
    let bob = Person::new(2);
    let senders: Vec<Person> = (10..30).map(Person::new).collect();
    let named: Vec<&Person> = senders.iter().collect();
    bob.receives(&server, &named, false).await;
    for (nth, sender) in senders.iter().chain(&senders).enumerate() {
        let envelope = sender.envelope(&bob, nth as u8, now()).encode();
        let stream = begin(&server, &envelope, SEALED.len()).await;
        // Each a little later on its way to the disk.
        tokio::time::sleep(std::time::Duration::from_micros(nth as u64 * 150)).await;
        socket2::SockRef::from(&stream)
            .set_linger(Some(std::time::Duration::ZERO))
            .unwrap();
    }
    let counted = async {
        while files(folder.path()) != bob.list(&server).await.len() {
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        }
    };
    soon(counted).await;
}

#[tokio::test]
async fn one_household_does_not_hold_all_the_room() {
    let server = TestServer::with(|config| config.mailbox.messages_total_mb = 50).await;
    let receivers = [11, 12, 13].map(Person::new);
    let senders = [21, 22, 23].map(Person::new);
    let [alice, bob] = [1, 2].map(Person::new);
    bob.receives(&server, &[&alice], false).await;
    let mut stalled = Vec::new();
    for (sender, receiver) in senders.iter().zip(&receivers) {
        receiver.receives(&server, &[sender], false).await;
        let mut large = sender.envelope(receiver, 1, now()).draft;
        large.id = MessageId::from_bytes([7; 16]);
        let (size, hash) = (wimpex_mailbox::limits::SEALED_BYTES, [0; 32]);
        let signature = sender.sign(&large.message(&[9; 32], size, &hash));
        let envelope = large.sign([9; 32], size, hash, signature).encode();
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        // A network of its own.
        socket.bind(([127, 7, 0, 1], 0).into()).unwrap();
        let mut stream = socket.connect(server.address).await.unwrap();
        let head = format!(
            "PUT /messages HTTP/1.1\r\nhost: test\r\nwimpex-envelope: {envelope}\r\n\
             content-length: {size}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stalled.push(stream);
    }
    // All but one are refused, whichever comes first.
    let mut refused = 0;
    for stream in &mut stalled {
        let mut status = [0; 12];
        let soon = std::time::Duration::from_secs(2);
        let answer = tokio::time::timeout(soon, stream.read_exact(&mut status)).await;
        refused += usize::from(answer.is_ok_and(|it| it.is_ok() && status.ends_with(b"507")));
    }
    assert_eq!(refused, 2);
    assert_eq!(alice.leave(&server, &bob, 1).await.status, 201);
}

#[tokio::test]
async fn who_stops_leaves_nothing_behind_and_a_host_can_turn_it_off() {
    let folder = tempfile::tempdir().unwrap();
    let server = in_folder(folder.path()).await;
    let [alice, bob] = [1, 2].map(Person::new);
    bob.receives(&server, &[&alice], false).await;
    assert_eq!(alice.leave(&server, &bob, 1).await.status, 201);
    assert_eq!(bob.ask(&server, json!({"do": "stop"})).await.status, 204);
    assert_eq!(files(folder.path()), 0);
    assert_eq!(alice.leave(&server, &bob, 2).await.status, 404);
    let off = TestServer::with(|config| config.mailbox.messages = false).await;
    let refused = bob.ask(&off, json!({"do": "list"})).await;
    assert_eq!((refused.status, refused.text()), (404, "off\n"));
}

#[tokio::test]
async fn what_makes_no_sense_is_told_so() {
    let server = TestServer::start().await;
    let bob = Person::new(2);
    for body in ["", "{}", "[]", "x", "{\"message\":\"{}\"}"] {
        assert_eq!(post(&server, body).await.status, 400, "{body}");
    }
    for what in [
        json!({"do": "dance"}),
        json!({"do": "fetch", "id": "x"}),
        json!({"do": "key", "of": ""}),
        json!({"do": "receive", "key": "x", "senders": []}),
        json!({"do": "receive", "key": bob.message_key().encode()}),
    ] {
        assert_eq!(bob.ask(&server, what.clone()).await.status, 400, "{what}");
    }
    let long = "x".repeat(30_000);
    assert_eq!(post(&server, &long).await.status, 413);
    let foreign = "POST /messages HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\
         origin: https://evil.example\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(server.http(foreign).await.status, 403);
}
