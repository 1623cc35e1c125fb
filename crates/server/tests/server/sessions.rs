//! A session outlives its socket: nothing is lost, nothing comes twice.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{TestServer, offer, ringing};

fn numbered_ringing(to: &str, number: u32) -> Value {
    json!({"type": "call-ringing", "toId": to, "callId": format!("c{number}")})
}

/// With sessions that end soon after their socket.
async fn impatient(away: u64, keep: u64) -> TestServer {
    TestServer::with(|config| {
        config.timing.away = Duration::from_millis(away);
        config.timing.keep = Duration::from_millis(keep);
        config.timing.tick = Duration::from_millis(10);
    })
    .await
}

#[tokio::test]
async fn what_was_sent_while_the_socket_was_gone_arrives_once_it_is_back() {
    let server = TestServer::start().await;
    let mut alice = server.numbering_guest("Alice").await;
    let mut bob = server.guest("Bob").await;
    alice.cut();
    for number in 1..=3 {
        bob.send(numbered_ringing(alice.id(), number)).await;
    }
    bob.nothing_more().await;
    assert!(alice.resume().await);
    for number in 1..=3 {
        assert_eq!(alice.recv().await["callId"], format!("c{number}"));
    }
    alice.ack().await;
    assert!(alice.resume().await, "also without any loss");
    bob.send(numbered_ringing(alice.id(), 4)).await;
    assert_eq!(alice.recv().await["callId"], "c4");
}

#[tokio::test]
async fn a_frame_that_is_sent_again_counts_once() {
    let server = TestServer::start().await;
    let mut alice = server.numbering_guest("Alice").await;
    let mut bob = server.guest("Bob").await;
    alice.send(numbered_ringing(&bob.id, 1)).await;
    assert_eq!(bob.recv().await["callId"], "c1");
    let again = json!({"type": "call-ringing", "toId": bob.id, "callId": "c1", "seq": 1});
    alice.client.send(again).await;
    alice.send(numbered_ringing(&bob.id, 2)).await;
    let next = bob.recv().await;
    assert_eq!(next["callId"], "c2");
    assert_eq!(
        next.get("seq"),
        None,
        "Bob does not number, and is not numbered"
    );
}

#[tokio::test]
async fn sockets_that_break_all_the_time_lose_and_repeat_nothing() {
    const MESSAGES: u32 = 120;
    let server = TestServer::start().await;
    let mut alice = server.numbering_guest("Alice").await;
    let mut bob = server.numbering_guest("Bob").await;
    let (to_alice, to_bob) = (alice.id().to_owned(), bob.id().to_owned());
    for number in 1..=MESSAGES {
        alice.try_send(numbered_ringing(&to_bob, number)).await;
        bob.try_send(numbered_ringing(&to_alice, number)).await;
        // Different moments for the two, some of them in the middle of a write.
        if number % 7 == 0 {
            alice.cut();
            assert!(alice.resume().await);
        }
        if number % 5 == 0 {
            bob.cut();
            assert!(bob.resume().await);
            assert_eq!(bob.recv().await["callId"], format!("c{}", bob.received));
        }
    }
    assert!(alice.resume().await && bob.resume().await);
    for client in [&mut alice, &mut bob] {
        while client.received < MESSAGES.into() {
            let number = client.received + 1;
            assert_eq!(client.recv().await["callId"], format!("c{number}"));
        }
    }
}

#[tokio::test]
async fn who_is_silent_is_away_and_then_gone() {
    let server = impatient(150, 100_000).await;
    let mut alice = server.numbering_guest("Alice").await;
    let mut bob = server.guest("Bob").await;
    bob.send(json!({"type": "presence-watch", "userIds": [alice.id()]}))
        .await;
    let presence = bob.recv().await;
    assert_eq!(presence["devices"], json!([alice.client.device]));
    alice.cut();
    let presence = bob.recv().await;
    assert_eq!(presence["online"], false, "{presence}");
    assert_eq!(presence.get("devices"), None);
    bob.send(ringing(alice.id())).await;
    assert!(alice.resume().await);
    assert_eq!(bob.recv().await["online"], true);
    assert_eq!(alice.recv().await["type"], "call-ringing", "it waited");
}

#[tokio::test]
async fn after_too_long_a_session_begins_anew() {
    let server = impatient(50, 100).await;
    let mut alice = server.numbering_guest("Alice").await;
    let id = alice.id().to_owned();
    alice.cut();
    server.until_empty().await;
    assert!(!alice.resume().await);
    assert_eq!(alice.id(), id, "but the person is the same");
}

#[tokio::test]
async fn a_goodbye_ends_the_session_at_once_and_a_promise_to_come_back_does_not() {
    use futures_util::SinkExt;
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::protocol::CloseFrame;
    let server = impatient(100_000, 100_000).await;
    let mut bob = server.guest("Bob").await;
    for (code, stays) in [(4002, true), (1000, false), (1001, false)] {
        let mut alice = server.numbering_guest("Alice").await;
        let frame = CloseFrame {
            code: code.into(),
            reason: "".into(),
        };
        let close = Message::Close(Some(frame));
        alice.client.ws.send(close).await.unwrap();
        alice.client.rest().await;
        bob.send(ringing(alice.id())).await;
        if stays {
            bob.nothing_more().await;
        } else {
            bob.error("user-offline").await;
        }
    }
}

#[tokio::test]
async fn nobody_goes_on_with_the_session_of_somebody_else() {
    let server = TestServer::start().await;
    let alice = server.numbering_guest("Alice").await;
    let mut eve = server.numbering_guest("Eve").await;
    let own = eve.session.clone();
    for session in [&alice.session, "s-.1", "1", "s-aaaaaaaaaaaaaaaa.1"] {
        eve.session = session.to_owned();
        assert!(!eve.resume().await, "{session}");
    }
    eve.session = own;
    assert!(!eve.resume().await, "given up meanwhile");
}

#[tokio::test]
async fn a_numbering_that_cannot_be_is_a_broken_client() {
    let server = TestServer::start().await;
    let bob = server.guest("Bob").await;
    let ringing = ringing(&bob.id);
    let mut gap = ringing.clone();
    gap["seq"] = 2.into();
    for frame in [
        gap,
        ringing,
        json!({"type": "ack", "received": 1}),
        json!({"type": "ack", "received": u64::MAX}),
    ] {
        let mut alice = server.numbering_guest("Alice").await;
        alice.client.send(frame).await;
        assert_eq!(alice.client.close_code().await, Some(1002));
    }
}

#[tokio::test]
async fn every_sign_of_life_is_answered() {
    let server = TestServer::start().await;
    let mut alice = server.numbering_guest("Alice").await;
    alice.ack().await;
    assert_eq!(
        alice.client.recv().await,
        json!({"type": "ack", "received": 0})
    );
    alice
        .send(json!({"type": "presence-watch", "userIds": []}))
        .await;
    assert_eq!(
        alice.client.recv().await,
        json!({"type": "ack", "received": 1}),
        "by itself, soon"
    );
}

/// People are told that what they send does not fit; only what the server itself
/// has to say closes the socket of whoever never acknowledges.
#[tokio::test]
async fn who_never_acknowledges_is_dropped_when_too_much_waits() {
    let server = TestServer::with(|config| config.limits.queue_messages = 10).await;
    let mut alice = server.numbering_guest("Alice").await;
    let mut bob = server.guest("Bob").await;
    for _ in 0..11 {
        bob.send(offer(alice.id())).await;
    }
    for _ in 0..6 {
        bob.error("rate-limited").await;
    }
    bob.nothing_more().await;
    for _ in 0..6 {
        alice.send(json!({"type": "call-hologram"})).await;
    }
    let (messages, code) = alice.client.rest().await;
    // Five of Bob's and five of the server's, if all were written before the end.
    let messages = messages.iter().filter(|message| message["type"] != "ack");
    assert!((5..=10).contains(&messages.count()));
    assert_eq!(code, Some(1013));
    bob.send(offer(alice.id())).await;
    bob.error("user-offline").await;
}

#[tokio::test]
async fn what_waits_for_a_lost_socket_is_bounded_too() {
    let server = TestServer::with(|config| config.limits.queue_messages = 10).await;
    let mut alice = server.numbering_guest("Alice").await;
    let mut bob = server.guest("Bob").await;
    alice.cut();
    server.until(|counts| counts.sockets == 1).await;
    for _ in 0..5 {
        bob.send(ringing(alice.id())).await;
    }
    bob.nothing_more().await;
    bob.send(ringing(alice.id())).await;
    bob.error("rate-limited").await;
    assert!(alice.resume().await);
    for _ in 0..5 {
        assert_eq!(alice.recv().await["type"], "call-ringing");
    }
}

#[tokio::test]
async fn a_message_that_is_not_understood_has_its_number_all_the_same() {
    let server = TestServer::start().await;
    let mut alice = server.numbering_guest("Alice").await;
    alice.send(json!({"type": "call-hologram"})).await;
    let error = alice.recv().await;
    assert_eq!(error["code"], "unknown-type");
    assert_eq!(error["seq"], 1);
    alice
        .send(json!({"type": "presence-watch", "userIds": ["guest-x"]}))
        .await;
    assert_eq!(alice.recv().await["type"], "presence");
}

/// A browser answers pings for a page that is frozen; only the page acknowledges.
#[tokio::test]
async fn a_page_that_does_not_acknowledge_is_away_until_it_does() {
    let server = TestServer::with(|config| {
        config.timing.unacked = Duration::from_millis(200);
        config.timing.tick = Duration::from_millis(10);
    })
    .await;
    let mut frozen = server.numbering_guest("Frozen").await;
    let mut friend = server.guest("Friend").await;
    friend
        .send(json!({"type": "presence-watch", "userIds": [frozen.id()]}))
        .await;
    assert_eq!(friend.recv().await["online"], true);
    friend.send(offer(frozen.id())).await;
    // Its socket is as alive as any; the offer has arrived.
    assert_eq!(frozen.recv().await["type"], "call-offer");
    assert_eq!(friend.recv().await["online"], false);
    frozen.ack().await;
    assert_eq!(friend.recv().await["online"], true);
    // Who has nothing to acknowledge is not away.
    tokio::time::sleep(Duration::from_millis(300)).await;
    friend.send(ringing(frozen.id())).await;
    assert_eq!(frozen.recv().await["type"], "call-ringing");
    frozen.ack().await;
    friend.nothing_more().await;
}

/// Whoever is told much says for each of it that it has come.
#[tokio::test]
async fn an_ack_that_says_something_new_costs_nothing() {
    let server = TestServer::with(|config| config.limits.messages_per_second = 10).await;
    let mut alice = server.numbering_guest("Alice").await;
    let ids: Vec<String> = (0..100)
        .map(|number| format!("somebody-{number}"))
        .collect();
    alice
        .send(json!({"type": "presence-watch", "userIds": ids}))
        .await;
    for _ in 0..100 {
        assert_eq!(alice.recv().await["type"], "presence");
        alice.ack().await;
    }
    let mut bob = server.guest("Bob").await;
    alice.send(ringing(&bob.id)).await;
    assert_eq!(bob.recv().await["type"], "call-ringing");
    assert!(alice.resume().await);
}
