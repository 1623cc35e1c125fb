//! Who was called while no device was there learns it at the next login, once, on each device.

use serde_json::{Value, json};

use crate::push::Person;
use crate::support::{Client, TestServer, offer};

/// Calls somebody who is not there, and gives up.
async fn call_in_vain(caller: &mut Client, to: &str, call: &str) {
    let mut offer = offer(to);
    offer["callId"] = json!(call);
    caller.send(offer).await;
    caller.error("user-offline").await;
    let end = json!({"type": "call-end", "toId": to, "callId": call, "reason": "cancelled"});
    caller.send(end).await;
    caller.error("user-offline").await;
}

fn call_ids(message: &Value) -> Vec<&str> {
    assert_eq!(message["type"], "missed-calls", "{message}");
    let calls = message["calls"].as_array().unwrap();
    let mut ids: Vec<&str> = calls
        .iter()
        .map(|it| it["callId"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    ids
}

fn until(message: &Value) -> u64 {
    message["until"].as_u64().unwrap()
}

/// The server answers in order.
async fn is_told_nothing(page: &mut Client) {
    is_told_nothing_as(page, 1).await;
}

/// The same by a frame of that number.
async fn is_told_nothing_as(page: &mut Client, seq: u64) {
    let watch = json!({"type": "presence-watch", "userIds": ["somebody"], "seq": seq});
    page.send(watch).await;
    let mut next = page.recv().await;
    while next["type"] == "ack" {
        next = page.recv().await;
    }
    assert_eq!(next["type"], "presence");
}

#[tokio::test]
async fn who_was_called_while_away_learns_it_once() {
    let server = TestServer::start().await;
    let bob = Person::new(7);
    let mut alice = server.guest("Alice").await;
    call_in_vain(&mut alice, &bob.id, "c1").await;
    call_in_vain(&mut alice, &bob.id, "c2").await;
    // Whoever has not got it is told again.
    for _ in 0..2 {
        let (mut page, _) = bob.comes(server.address).await;
        let missed = page.recv().await;
        assert_eq!(call_ids(&missed), ["c1", "c2"]);
        let call = &missed["calls"][0];
        assert_eq!(
            (&call["fromId"], &call["callType"], call["at"].is_u64()),
            (&json!(alice.id), &json!("audio"), true)
        );
        page.close().await;
    }
    let (mut page, _) = bob.comes(server.address).await;
    let missed = page.recv().await;
    assert_eq!(call_ids(&missed).len(), 2);
    page.send(json!({"type": "ack", "received": 1})).await;
    // One that is missed while it is there is not told together with what it knows.
    is_told_nothing(&mut page).await;
    let known = Some(until(&missed));
    let (mut next, _) = bob.comes_knowing(server.address, known).await;
    is_told_nothing(&mut next).await;
    // Nor is one that does not want to know.
    let (mut other, _) = bob.comes_knowing(server.address, None).await;
    is_told_nothing(&mut other).await;
    for page in [page, next, other] {
        page.close().await;
    }
    call_in_vain(&mut alice, &bob.id, "c3").await;
    let (mut next, _) = bob.comes_knowing(server.address, known).await;
    assert_eq!(call_ids(&next.recv().await), ["c3"]);
}

/// Whoever deletes the list has them forgotten, for all devices; what comes later is not.
#[tokio::test]
async fn missed_calls_are_erased_when_told() {
    let server = TestServer::start().await;
    let [bob, carol] = [7, 8].map(Person::new);
    let mut alice = server.guest("Alice").await;
    for who in [&bob, &carol] {
        call_in_vain(&mut alice, &who.id, &format!("1{}", who.id)).await;
    }
    let (mut page, _) = bob.comes(server.address).await;
    let known = until(&page.recv().await);
    page.close().await;
    call_in_vain(&mut alice, &bob.id, "c2").await;
    let (mut page, _) = bob.comes_knowing(server.address, Some(known)).await;
    assert_eq!(call_ids(&page.recv().await), ["c2"]);
    let erase = json!({"type": "missed-calls-erase", "until": known, "seq": 1});
    page.send(erase).await;
    is_told_nothing_as(&mut page, 2).await;
    let (mut other, _) = bob.comes(server.address).await;
    assert_eq!(call_ids(&other.recv().await), ["c2"]);
    let erase = json!({"type": "missed-calls-erase", "seq": 1});
    other.send(erase).await;
    is_told_nothing_as(&mut other, 2).await;
    let (mut last, _) = bob.comes(server.address).await;
    is_told_nothing(&mut last).await;
    let (mut hers, _) = carol.comes(server.address).await;
    assert_eq!(
        call_ids(&hers.recv().await).len(),
        1,
        "somebody else's stay"
    );
}

#[tokio::test]
async fn however_many_call_at_once_all_of_them_are_missed() {
    let server = TestServer::start().await;
    let bob = Person::new(7);
    for nth in 0..9 {
        let mut caller = server.guest("Somebody").await;
        call_in_vain(&mut caller, &bob.id, &format!("c{nth}")).await;
    }
    let (mut page, _) = bob.comes(server.address).await;
    // Some may be kept only when he is there; he is told of those then.
    let mut told = std::collections::BTreeSet::new();
    while told.len() < 9 {
        let message = page.recv().await;
        told.extend(call_ids(&message).into_iter().map(str::to_owned));
    }
}

#[tokio::test]
async fn every_device_is_told_once_whichever_comes_first() {
    let server = TestServer::start().await;
    let bob = Person::new(7);
    let mut alice = server.guest("Alice").await;
    call_in_vain(&mut alice, &bob.id, "c1").await;
    let (mut phone, _) = bob.comes(server.address).await;
    assert_eq!(call_ids(&phone.recv().await), ["c1"]);
    let (mut laptop, _) = bob.comes(server.address).await;
    let missed = laptop.recv().await;
    assert_eq!(call_ids(&missed), ["c1"]);
    // The phone is told no second time because the laptop came.
    is_told_nothing(&mut phone).await;
    for mut page in [phone, laptop] {
        page.send(json!({"type": "ack", "received": 1})).await;
        page.close().await;
    }
    // A third one comes after both have said that they have got it, and long after.
    let (mut tablet, _) = bob.comes(server.address).await;
    assert_eq!(call_ids(&tablet.recv().await), ["c1"]);
    let (mut laptop, _) = bob
        .comes_knowing(server.address, Some(until(&missed)))
        .await;
    is_told_nothing(&mut laptop).await;
}

/// Whoever came just now, and heard nothing of it.
#[tokio::test]
async fn what_is_missed_by_who_has_come_waits_for_the_others() {
    let server = TestServer::start().await;
    let bob = Person::new(7);
    let mut alice = server.guest("Alice").await;
    alice.send(offer(&bob.id)).await;
    alice.error("user-offline").await;
    let (mut page, _) = bob.comes(server.address).await;
    drop(alice);
    let missed = page.recv().await;
    assert_eq!(call_ids(&missed), ["c1"]);
    let (mut other, _) = bob.comes(server.address).await;
    assert_eq!(call_ids(&other.recv().await), ["c1"]);
    let (mut again, _) = bob
        .comes_knowing(server.address, Some(until(&missed)))
        .await;
    is_told_nothing(&mut again).await;
}

#[tokio::test]
async fn a_call_that_may_still_be_heard_is_not_missed() {
    let server = TestServer::start().await;
    let bob = Person::new(7);
    let mut alice = server.guest("Alice").await;
    alice.send(offer(&bob.id)).await;
    alice.error("user-offline").await;
    let (mut page, _) = bob.comes(server.address).await;
    is_told_nothing(&mut page).await;
    // It gives up before the device has had the offer.
    let end = json!({"type": "call-end", "toId": bob.id, "callId": "c1", "reason": "cancelled"});
    alice.send(end).await;
    let mut next = page.recv().await;
    while next["type"] == "ack" {
        next = page.recv().await;
    }
    assert_eq!(call_ids(&next), ["c1"]);
}

#[tokio::test]
async fn a_device_that_rang_knows_by_itself() {
    let server = TestServer::start().await;
    let bob = Person::new(7);
    let mut alice = server.guest("Alice").await;
    alice.send(offer(&bob.id)).await;
    alice.error("user-offline").await;
    let (mut page, _) = bob.comes(server.address).await;
    alice.send(offer(&bob.id)).await;
    assert_eq!(page.recv().await["type"], "call-offer");
    let end = json!({"type": "call-end", "toId": bob.id, "callId": "c1", "reason": "cancelled"});
    alice.send(end).await;
    assert_eq!(page.recv().await["type"], "call-end");
    is_told_nothing(&mut page).await;
    let (mut next, _) = bob.comes(server.address).await;
    is_told_nothing(&mut next).await;
}

#[tokio::test]
async fn a_caller_who_is_gone_has_called_too() {
    let server = TestServer::start().await;
    let bob = Person::new(7);
    let mut alice = server.guest("Alice").await;
    alice.send(offer(&bob.id)).await;
    alice.error("user-offline").await;
    drop(alice);
    let (mut page, _) = bob.comes(server.address).await;
    assert_eq!(call_ids(&page.recv().await), ["c1"]);
}

#[tokio::test]
async fn missed_calls_outlive_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let path = folder.path().to_owned();
        TestServer::with(|config| config.operation.state_dir = Some(path))
    };
    let bob = Person::new(7);
    let server = start().await;
    let mut alice = server.guest("Alice").await;
    call_in_vain(&mut alice, &bob.id, "c1").await;
    // One that rings when the server stops is missed.
    let mut offer = offer(&bob.id);
    offer["callId"] = json!("c2");
    alice.send(offer).await;
    alice.error("user-offline").await;
    server.stop().await;
    let server = start().await;
    let (mut page, _) = bob.comes(server.address).await;
    assert_eq!(call_ids(&page.recv().await), ["c1", "c2"]);
}

#[tokio::test]
async fn a_host_who_keeps_nothing_tells_nothing() {
    let server = TestServer::with(|config| config.operation.missed_calls = false).await;
    let bob = Person::new(7);
    let mut alice = server.guest("Alice").await;
    call_in_vain(&mut alice, &bob.id, "c1").await;
    let (mut page, _) = bob.comes(server.address).await;
    is_told_nothing(&mut page).await;
}
