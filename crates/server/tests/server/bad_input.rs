//! What is not in the contract gets a coded error, and hurts nobody.

use futures_util::SinkExt;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::support::{TestServer, offer, soon};

#[tokio::test]
async fn garbage_gets_a_coded_error_and_the_connection_goes_on() {
    let server = TestServer::start().await;
    let mut alice = server.guest("Alice").await;
    let deep = "[".repeat(60_000);
    for (frame, code) in [
        ("", "bad-message"),
        ("garbage", "bad-message"),
        ("{", "bad-message"),
        ("[]", "bad-message"),
        ("null", "bad-message"),
        ("{}", "bad-message"),
        (&deep, "bad-message"),
        (r#"{"type":7}"#, "bad-message"),
        (r#"{"type":"presence-watch"}"#, "bad-message"),
        (
            r#"{"type":"presence-watch","userIds":["<b>"]}"#,
            "bad-message",
        ),
        (
            r#"{"type":"call-ringing","toId":"a b","callId":"c"}"#,
            "bad-message",
        ),
        (
            r#"{"type":"call-offer","toId":"a","callId":"c"}"#,
            "bad-message",
        ),
        (r#"{"type":"call-transfer","toId":"a"}"#, "unknown-type"),
        (r#"{"type":"welcome"}"#, "unknown-type"),
    ] {
        alice.send_text(frame).await;
        alice.error(code).await;
    }
    alice.nothing_more().await;
}

#[tokio::test]
async fn a_binary_frame_is_a_bad_message() {
    let server = TestServer::start().await;
    let mut alice = server.guest("Alice").await;
    alice.ws.send(Message::binary(vec![0; 100])).await.unwrap();
    alice.error("bad-message").await;
    alice.nothing_more().await;
}

#[tokio::test]
async fn a_frame_above_the_limit_closes_with_1009_and_one_at_it_passes() {
    let server = TestServer::start().await;
    let mut bob = server.guest("Bob").await;
    let mut alice = server.guest("Alice").await;
    let mut message = offer(&bob.id);
    message["padding"] = json!("");
    let room = 64 * 1024 - message.to_string().len();
    message["padding"] = json!("x".repeat(room));
    assert_eq!(message.to_string().len(), 65_536);
    alice.send(message.clone()).await;
    assert_eq!(bob.recv().await["type"], "call-offer");

    for excess in [1, 100_000, 8_000_000] {
        let mut alice = server.guest("Alice").await;
        message["padding"] = json!("x".repeat(room + excess));
        // The server may close before all of it is written.
        let _ = soon(alice.ws.send(Message::text(message.to_string()))).await;
        assert_eq!(alice.close_code().await, Some(1009), "{excess}");
    }
    alice.nothing_more().await;
    bob.nothing_more().await;
}

#[tokio::test]
async fn many_small_frames_do_not_make_a_large_message() {
    let server = TestServer::start().await;
    let mut alice = server.guest("Alice").await;
    for i in 0..40 {
        let kind = if i == 0 { Data::Text } else { Data::Continue };
        let frame = Frame::message(vec![b'x'; 4096], OpCode::Data(kind), false);
        if soon(alice.ws.send(Message::Frame(frame))).await.is_err() {
            break;
        }
    }
    assert_eq!(alice.close_code().await, Some(1009));
}

#[tokio::test]
async fn text_that_is_not_utf8_closes_with_1007() {
    let server = TestServer::start().await;
    let mut alice = server.guest("Alice").await;
    let frame = Frame::message(vec![0xff, 0xfe], OpCode::Data(Data::Text), true);
    alice.ws.send(Message::Frame(frame)).await.unwrap();
    assert_eq!(alice.close_code().await, Some(1007));
}

#[tokio::test]
async fn bytes_that_are_no_frames_close_with_1002() {
    let server = TestServer::start().await;
    let mut alice = server.guest("Alice").await;
    alice.ws.get_mut().write_all(&[0xff; 64]).await.unwrap();
    assert_eq!(alice.close_code().await, Some(1002));
    server.until_empty().await;
}

#[tokio::test]
async fn a_call_that_nobody_knows_is_passed_on_for_the_other_page_to_ignore() {
    let server = TestServer::start().await;
    let mut alice = server.guest("Alice").await;
    let mut bob = server.guest("Bob").await;
    let over =
        json!({"type": "call-end", "toId": bob.id, "callId": "long-over", "reason": "ended"});
    alice.send(over).await;
    assert_eq!(bob.recv().await["callId"], "long-over");
    alice.nothing_more().await;
}
