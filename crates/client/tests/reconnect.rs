//! Many clients that lose one server at one moment, and what they ask of the next.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use wimpex_client::{SignalingClient, SignalingInput, SignalingOutput, SocketEvent, SocketId};
use wimpex_protocol::{
    ClientMessage, DeviceId, Name, Resume, ServerMessage, SessionId, UserId, Welcome,
};
use wimpex_sansio::{Machine, Now, outputs};

fn handle(client: &mut SignalingClient, input: SignalingInput, now: Now) -> Vec<SignalingOutput> {
    client.handle(input, now);
    outputs(client).collect()
}

fn socket(client: &mut SignalingClient, id: u32, event: SocketEvent, now: Now) -> Vec<String> {
    let input = SignalingInput::Socket(SocketId(id), event);
    let outputs = handle(client, input, now).into_iter();
    let sent = outputs.filter_map(|output| match output {
        SignalingOutput::Transmit(text) => Some(text),
        _ => None,
    });
    sent.collect()
}

fn closed(code: u16, reason: &str) -> SocketEvent {
    let reason = reason.to_owned();
    SocketEvent::Closed { code, reason }
}

/// Frames of the session over its first connection that have arrived: the watch, of nobody.
const RECEIVED: u64 = 1;

/// A guest who is logged in over the first socket.
fn logged_in(jitter: u64) -> SignalingClient {
    let mut client = SignalingClient::new(None, None, jitter);
    let name = Name::parse("Alice").unwrap();
    handle(&mut client, SignalingInput::SetName(name), Now::ZERO);
    handle(&mut client, SignalingInput::Identify(None), Now::ZERO);
    assert_eq!(log_in(&mut client, 1, Now::ZERO).len(), 1);
    client
}

/// Returns what it sends once it is in, in the session that it had, or in a new one.
fn log_in(client: &mut SignalingClient, id: u32, now: Now) -> Vec<String> {
    let hello = ServerMessage::Hello(wimpex_protocol::Hello {
        version: 1,
        challenge: "AA".to_owned(),
        server_time: 0,
        build: None,
    });
    let login = socket(client, id, SocketEvent::Text(hello.encode()), now);
    assert!(matches!(
        ClientMessage::decode(&login[0]),
        Ok(ClientMessage::Login(_))
    ));
    let welcome = ServerMessage::Welcome(Welcome {
        user_id: UserId::parse("guest-alice").unwrap(),
        device_id: DeviceId::parse("d1").unwrap(),
        ice_servers: Vec::new(),
        relay_on_request: false,
        resume_token: "t".to_owned(),
        session: Some(Resume {
            id: Some(SessionId::parse("s1").unwrap()),
            // All that these tests send before they lose the connection.
            received: if id == 1 { 0 } else { RECEIVED },
        }),
    });
    let sent = socket(client, id, SocketEvent::Text(welcome.encode()), now);
    assert!(client.is_logged_in());
    sent
}

/// How many of a thousand clients come in each tenth of a window of so many milliseconds,
/// after each of them has lost so many sockets in this way.
fn tenths(window: u64, reason: &str, losses: u32) -> [usize; 10] {
    let mut tenths = [0; 10];
    for jitter in 0..1000 {
        let mut client = logged_in(jitter);
        let mut now = Now::ZERO;
        let mut wait = 0;
        for loss in 1..=losses {
            let reason = if loss == 1 { reason } else { "" };
            socket(&mut client, loss, closed(1001, reason), now);
            let due = client.poll_timeout().unwrap();
            wait = due.as_millis() - now.as_millis();
            now = due;
            handle(&mut client, SignalingInput::Timeout, now);
        }
        tenths[usize::try_from(wait * 10 / (window + 1)).unwrap()] += 1;
    }
    tenths
}

#[test]
fn a_herd_spreads_from_the_first_try_on() {
    for (window, reason, losses) in [
        (250, "", 1),
        (500, "", 2),
        (20_000, "reconnect within 20000 ms", 1),
        // The server is not back yet: nobody hurries for that.
        (20_000, "reconnect within 20000 ms", 3),
        // No server keeps anybody away for long.
        (60_000, "reconnect within 86400000 ms", 1),
    ] {
        let tenths = tenths(window, reason, losses);
        assert!(
            tenths.iter().all(|count| (60..150).contains(count)),
            "{reason:?}: {tenths:?}"
        );
    }
}

#[test]
fn the_window_is_over_with_the_next_login() {
    let mut client = logged_in(7);
    let window = closed(1001, "reconnect within 60000 ms");
    socket(&mut client, 1, window, Now::ZERO);
    let due = client.poll_timeout().unwrap();
    handle(&mut client, SignalingInput::Timeout, due);
    log_in(&mut client, 2, due);
    socket(&mut client, 2, closed(1006, ""), due);
    assert!(client.poll_timeout().unwrap() <= due + 250);
}

#[test]
fn another_order_asks_for_nothing_again() {
    let mut client = logged_in(1);
    let watch = |ids: [&str; 2]| {
        let users = ids.map(|id| UserId::parse(id).unwrap());
        SignalingInput::Watch(users.to_vec())
    };
    let sent = handle(&mut client, watch(["bob", "carol"]), Now::ZERO);
    assert_eq!(sent.len(), 1);
    let sent = handle(&mut client, watch(["carol", "bob"]), Now::ZERO);
    assert_eq!(sent, []);
    // What changes while the connection is away is asked for when it is back.
    socket(&mut client, 1, closed(1006, ""), Now::ZERO);
    handle(&mut client, watch(["carol", "dave"]), Now::ZERO);
    let due = client.poll_timeout().unwrap();
    handle(&mut client, SignalingInput::Timeout, due);
    let sent = log_in(&mut client, 2, due);
    assert!(sent.last().unwrap().contains("dave"), "{sent:?}");
}

/// Each return to the page asks the server for a sign of life. However late that comes, and however
/// soon a heartbeat would have been due, the socket is not given up before the answer had its time.
#[test]
fn a_healthy_socket_is_not_given_up_on_focus() {
    for focus in [1, 2_500, 4_990, 4_999] {
        let mut client = logged_in(1);
        let focused = Now::from_millis(focus);
        handle(&mut client, SignalingInput::ReconnectNow, focused);
        // The answer takes a second and a half.
        let answered = Now::from_millis(focus + 1_500);
        while client.poll_timeout().is_some_and(|due| due < answered) {
            let due = client.poll_timeout().unwrap();
            let outputs = handle(&mut client, SignalingInput::Timeout, due);
            assert!(client.is_logged_in(), "given up at {due:?}: {outputs:?}");
        }
    }
}

/// Whoever goes to and fro all the time keeps no dead socket alive by that.
#[test]
fn a_dead_socket_is_given_up_however_often_one_returns() {
    let mut client = logged_in(1);
    for second in 1..20 {
        let now = Now::from_millis(second * 1_000);
        while client.poll_timeout().is_some_and(|due| due <= now) {
            handle(&mut client, SignalingInput::Timeout, now);
        }
        if !client.is_logged_in() {
            assert!(second <= 6, "only after {second} s");
            return;
        }
        handle(&mut client, SignalingInput::ReconnectNow, now);
    }
    panic!("it is still kept");
}

/// When sockets are opened from the first change of the network on, in milliseconds after it, if none
/// of them ever opens.
fn openings(client: &mut SignalingClient, until: u64) -> Vec<u64> {
    let mut openings = Vec::new();
    let mut now = Now::from_millis(1_000);
    let mut outputs = handle(client, SignalingInput::NetworkChanged, now);
    loop {
        let opened = |output: &SignalingOutput| matches!(output, SignalingOutput::OpenSocket(_));
        if outputs.iter().any(opened) {
            openings.push(now.as_millis() - 1_000);
        }
        now = client.poll_timeout().unwrap();
        if now.as_millis() - 1_000 > until {
            return openings;
        }
        outputs = handle(client, SignalingInput::Timeout, now);
    }
}

/// A socket that was opened in the moment in which the network changed hangs, in Firefox.
#[test]
fn in_a_call_an_opening_socket_is_soon_given_up() {
    let mut client = logged_in(1);
    handle(&mut client, SignalingInput::InCall(true), Now::ZERO);
    let openings = openings(&mut client, 60_000);
    assert_eq!(openings[0], 0);
    // The wait for the second is at most a quarter of a second.
    assert!((2_000..=2_250).contains(&openings[1]), "{openings:?}");
    // No storm: each has twice as long as the one before, up to what it would have outside of a call.
    let gaps: Vec<u64> = openings.windows(2).map(|it| it[1] - it[0]).collect();
    for (gap, least) in gaps.iter().zip([2_000, 4_000, 8_000, 10_000, 10_000]) {
        assert!((least..=least + 2_000).contains(gap), "{openings:?}");
    }
    assert!(openings.len() <= 8, "{openings:?}");
}

#[test]
fn outside_of_a_call_an_opening_socket_has_ten_seconds() {
    let openings = openings(&mut logged_in(1), 9_999);
    assert_eq!(openings, [0]);
}

/// Where everything is slow, what has opened gets its time.
#[test]
fn a_socket_that_has_opened_is_not_given_up_for_being_slow() {
    let mut client = logged_in(1);
    handle(&mut client, SignalingInput::InCall(true), Now::ZERO);
    handle(&mut client, SignalingInput::NetworkChanged, Now::ZERO);
    let opened = Now::from_millis(1_900);
    socket(&mut client, 2, SocketEvent::Open, opened);
    let answered = Now::from_millis(9_000);
    while client.poll_timeout().is_some_and(|due| due <= answered) {
        let due = client.poll_timeout().unwrap();
        let outputs = handle(&mut client, SignalingInput::Timeout, due);
        assert_eq!(outputs, [], "at {due:?}");
    }
    log_in(&mut client, 2, answered);
}

/// Where the path of a call is lost, a server that does not answer is soon looked for anew, and one that
/// answers is kept.
#[test]
fn a_lost_path_brings_a_dead_socket_to_light() {
    for answers in [true, false] {
        let mut client = logged_in(1);
        handle(&mut client, SignalingInput::InCall(true), Now::ZERO);
        let lost = Now::from_millis(100);
        let asked = handle(&mut client, SignalingInput::PathLost, lost);
        assert!(matches!(&asked[..], [SignalingOutput::Transmit(_)]));
        // Once is enough.
        assert_eq!(handle(&mut client, SignalingInput::PathLost, lost), []);
        if answers {
            let ack = ServerMessage::Ack(wimpex_protocol::Ack { received: RECEIVED });
            socket(&mut client, 1, SocketEvent::Text(ack.encode()), lost);
            assert!(client.poll_timeout().unwrap() > Now::from_millis(4_000));
        } else {
            let due = client.poll_timeout().unwrap();
            assert_eq!(due, Now::from_millis(1_600));
            handle(&mut client, SignalingInput::Timeout, due);
            assert!(!client.is_logged_in());
            let again = client.poll_timeout().unwrap();
            assert!(again <= due + 250);
        }
    }
}

/// It may well live, and the server would end the session with it if it were closed.
#[test]
fn another_network_abandons_the_socket_and_no_session() {
    let mut client = logged_in(1);
    let outputs = handle(&mut client, SignalingInput::NetworkChanged, Now::ZERO);
    let abandons = matches!(outputs[0], SignalingOutput::AbandonSocket(SocketId(1)));
    assert!(abandons, "{outputs:?}");
}
