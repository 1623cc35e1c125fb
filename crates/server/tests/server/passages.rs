//! Messages for who is there: from socket to socket, and never on a disk.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wimpex_mailbox::Envelope;

use crate::mailbox::{Person, SEALED, begin, files, now, put};
use crate::support::{Client, Reply, TestServer, soon};

/// Alice may leave messages for Bob, of whom a page is there.
struct House {
    folder: tempfile::TempDir,
    server: TestServer,
    alice: Person,
    bob: Person,
    page: Client,
}

impl House {
    async fn open(asked: Duration, kept: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_owned();
        let server = TestServer::with(move |config| {
            config.operation.state_dir = Some(place);
            config.timing.message_asked = asked;
            config.timing.message_kept = kept;
        })
        .await;
        let [alice, bob] = [1, 2].map(Person::new);
        bob.receives(&server, &[&alice], false).await;
        let page = bob.page(&server).await;
        Self {
            folder,
            server,
            alice,
            bob,
            page,
        }
    }

    fn message(&self, id: u8) -> Envelope {
        self.alice.envelope(&self.bob, id, now())
    }

    /// What Bob's page does.
    async fn hears(&mut self) -> Envelope {
        assert_eq!(self.page.recv().await, json!({"type": "messages-waiting"}));
        let mut list = self.bob.list(&self.server).await;
        assert_eq!(list.len(), 1);
        list.remove(0)
    }

    async fn fetch(&self, message: &Envelope) -> Reply {
        let id = message.name().encode();
        let fetch = json!({"do": "fetch", "id": id});
        self.bob.ask(&self.server, fetch).await
    }

    async fn has_come(&self, message: &Envelope) {
        let id = message.name().encode();
        let delete = json!({"do": "delete", "id": id});
        assert_eq!(self.bob.ask(&self.server, delete).await.status, 204);
    }

    /// Not even a file that was deleted again.
    fn has_touched_no_disk(&self, before: std::time::SystemTime) {
        assert_eq!(files(self.folder.path()), 0);
        assert_eq!(changed(self.folder.path()), before);
    }
}

/// When a file was made or deleted there last.
fn changed(folder: &Path) -> std::time::SystemTime {
    let messages = std::fs::metadata(folder.join("messages")).unwrap();
    messages.modified().unwrap()
}

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(200);

async fn rests(server: &TestServer, message: &Envelope) -> Reply {
    let (envelope, length) = (message.encode(), SEALED.len());
    let request = format!(
        "PUT /messages?rest HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\
         wimpex-envelope: {envelope}\r\ncontent-length: {length}\r\n\r\n{SEALED}"
    );
    Reply::of(server.address, &request).await
}

#[tokio::test]
async fn a_message_for_who_is_there_never_touches_the_disk() {
    let mut house = House::open(LONG, LONG).await;
    let message = house.message(1);
    // It is made when it is first looked into.
    house.bob.list(&house.server).await;
    let before = changed(house.folder.path());
    let sent = message.encode();
    let mut sending = begin(&house.server, &sent, SEALED.len() - 1).await;
    assert_eq!(house.hears().await, message);
    let fetched = tokio::join!(house.fetch(&message), async {
        // The page gets it while it is being sent; here the last byte is late.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let last = &SEALED.as_bytes()[SEALED.len() - 1..];
        sending.write_all(last).await.unwrap();
    });
    assert_eq!((fetched.0.status, fetched.0.text()), (200, SEALED));
    // Another of Bob's pages finds nothing.
    assert!(house.bob.list(&house.server).await.is_empty());
    assert_eq!(house.fetch(&message).await.status, 404);
    house.has_come(&message).await;
    let mut answer = Vec::new();
    soon(sending.read_to_end(&mut answer)).await.unwrap();
    assert_eq!(Reply::parse(&answer).status, 201);
    house.has_touched_no_disk(before);
    // And it does not come a second time.
    assert_eq!(put(&house.server, &sent, SEALED).await.status, 200);
    house.has_touched_no_disk(before);
}

#[tokio::test]
async fn what_no_page_asks_for_rests() {
    let mut house = House::open(SHORT, LONG).await;
    let message = house.message(1);
    let left = put(&house.server, &message.encode(), SEALED).await;
    assert_eq!(left.status, 201);
    assert_eq!(files(house.folder.path()), 1);
    // Told when it might have passed, and when it rests.
    assert_eq!(house.hears().await, message);
    assert_eq!(house.hears().await, message);
    assert_eq!(house.fetch(&message).await.text(), SEALED);
}

/// How long it takes would tell that they are there.
#[tokio::test]
async fn a_message_from_whom_they_hide_rests_first() {
    let mut house = House::open(LONG, LONG).await;
    let hides = json!({"type": "presence-visibility", "userIds": []});
    house.page.send(hides).await;
    house.page.nothing_more().await;
    let message = house.message(1);
    let left = put(&house.server, &message.encode(), SEALED).await;
    assert_eq!(left.status, 201);
    assert_eq!(files(house.folder.path()), 1);
    assert_eq!(house.hears().await, message);
    assert_eq!(house.fetch(&message).await.text(), SEALED);
}

#[tokio::test]
async fn what_a_page_has_lost_is_left_again_and_rests() {
    let mut house = House::open(LONG, SHORT).await;
    let message = house.message(1);
    let sent = message.encode();
    let (left, ()) = {
        let server = &house.server;
        let leaving = put(server, &sent, SEALED);
        let id = message.name().encode();
        let (bob, page) = (&house.bob, &mut house.page);
        tokio::join!(leaving, async {
            page.recv().await;
            // It has it all, and says nothing.
            let fetch = json!({"do": "fetch", "id": id});
            assert_eq!(bob.ask(server, fetch).await.text(), SEALED);
        })
    };
    assert_eq!((left.status, left.text()), (503, "again\n"));
    assert_eq!(files(house.folder.path()), 0);
    assert_eq!(rests(&house.server, &message).await.status, 201);
    assert_eq!(house.hears().await, message);
    assert_eq!(house.fetch(&message).await.text(), SEALED);
}

#[tokio::test]
async fn what_is_not_wanted_by_its_envelope_is_not_sent_on() {
    let mut house = House::open(LONG, LONG).await;
    let message = house.message(1);
    let sent = message.encode();
    let mut sending = begin(&house.server, &sent, SEALED.len()).await;
    house.hears().await;
    house.has_come(&message).await;
    let mut answer = Vec::new();
    soon(sending.read_to_end(&mut answer)).await.unwrap();
    // Which of both is not Alice's to know.
    assert_eq!(Reply::parse(&answer).status, 201);
    assert_eq!(files(house.folder.path()), 0);
}

#[tokio::test]
async fn what_was_changed_or_cut_on_the_way_is_not_whole_at_the_page() {
    let mut house = House::open(LONG, LONG).await;
    for (id, is_cut) in [(1, false), (2, true)] {
        let message = house.message(id);
        let sent = message.encode();
        let mut sending = begin(&house.server, &sent, SEALED.len() - 1).await;
        house.hears().await;
        let id = message.name().encode();
        let mut fetching = Box::pin(house.bob.fetch_part(&house.server, &id));
        // Its beginning may be there by now, or not.
        let early = tokio::time::timeout(SHORT, &mut fetching).await;
        assert!(early.is_err(), "nothing is whole yet");
        if is_cut {
            drop(sending);
        } else {
            sending.write_all(b"?").await.unwrap();
            let mut answer = Vec::new();
            soon(sending.read_to_end(&mut answer)).await.unwrap();
            let refused = Reply::parse(&answer);
            assert_eq!((refused.status, refused.text()), (400, "damaged\n"));
        }
        let got = soon(fetching).await;
        assert!(!got.ends_with(SEALED.as_bytes()) && !got.ends_with(b"?"));
        assert!(house.bob.list(&house.server).await.is_empty());
    }
    assert_eq!(files(house.folder.path()), 0);
    // Nobody holds its place, either.
    let message = house.message(1);
    assert_eq!(rests(&house.server, &message).await.status, 201);
}

#[tokio::test]
async fn nobody_else_gets_what_passes() {
    let mut house = House::open(LONG, LONG).await;
    let message = house.message(1);
    let sent = message.encode();
    let sending = begin(&house.server, &sent, SEALED.len()).await;
    house.hears().await;
    let mallory = Person::new(3);
    let id = message.name().encode();
    assert!(mallory.list(&house.server).await.is_empty());
    for (what, status) in [("fetch", 404), ("delete", 204)] {
        let asked = json!({"do": what, "id": id});
        assert_eq!(mallory.ask(&house.server, asked).await.status, status);
    }
    // It is Bob's still.
    assert_eq!(
        house.bob.list(&house.server).await,
        std::slice::from_ref(&message)
    );
    assert_eq!(house.fetch(&message).await.text(), SEALED);
    drop(sending);
}
