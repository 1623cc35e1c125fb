//! Somebody stands between two guests, and ends the encryption on both sides.

use std::time::{SystemTime, UNIX_EPOCH};

use wimpex_e2e::{BrowserOptions, CallKind, Role, Scenario};
use wimpex_identity::{CallContext, Callee, Caller, Nonce, ReceivedMessage, ReplayCache};
use wimpex_protocol::{CallId, CallType, Sec, UserId};
use wimpex_sansio::UnixTime;

use crate::dishonest::{ATTACKS, relay};
use crate::shared::scenarios;
use crate::verified::{opens, sas};

scenarios! {
    AnyBrowsers: a_middleman_between_guests_changes_the_sas,
}

/// Terminates DTLS on both sides, with certificates of her own.
const MALLORY: &str = "
    const connections = window.__mallory = { alice: new RTCPeerConnection(), bob: new RTCPeerConnection() };
    const gathered = (connection) => new Promise((resolve) => {
        const look = () => connection.iceGatheringState === 'complete' && resolve();
        connection.addEventListener('icegatheringstatechange', look);
        look();
    });
    const pass = (from, to) => from.addEventListener('track', ({ track }) =>
        to.getSenders()[0]?.replaceTrack(track));
    const { alice, bob } = connections;
    pass(alice, bob);
    pass(bob, alice);
    bob.addTransceiver('audio');
    await bob.setLocalDescription();
    await alice.setRemoteDescription({ type: 'offer', sdp: OFFER });
    for (const it of alice.getTransceivers()) it.direction = 'sendrecv';
    await alice.setLocalDescription();
    await Promise.all([gathered(alice), gathered(bob)]);
    return [bob.localDescription.sdp, alice.localDescription.sdp];";

/// A guest's side of a handshake, played by Mallory as she plays the peer.
fn as_guest(call_id: &CallId, me: &UserId, peer: &UserId) -> CallContext {
    CallContext {
        id: call_id.clone(),
        call_type: CallType::Audio,
        local: me.clone(),
        peer: peer.clone(),
    }
}

fn now() -> UnixTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = u64::try_from(now.expect("after 1970").as_millis()).expect("not so late");
    UnixTime::from_millis(millis)
}

/// A message as the page hears it.
fn heard<'a>(
    from: &'a UserId,
    call: &'a CallId,
    sec: &'a Sec,
    sdp: &'a str,
) -> ReceivedMessage<'a> {
    ReceivedMessage {
        from,
        call,
        proof: Some(sec),
        sdp: Some(sdp),
    }
}

async fn a_middleman_between_guests_changes_the_sas(scenario: &Scenario<'_>) {
    let private = BrowserOptions {
        keeps_nothing: true,
        ..BrowserOptions::default()
    };
    let alice = scenario.unopened_peer_with("Alice", private.clone()).await;
    let bob = scenario.unopened_peer_with("Bob", private).await;
    for peer in [&alice, &bob] {
        peer.open().await;
        let _: bool = peer.page.evaluate(ATTACKS).await;
        let all = "keep('call-offer', 'call-answer', 'call-confirm', 'ice-candidate')";
        let _: bool = relay(peer, all).await;
    }
    let mallory = scenario.bare_peer("Mallory").await;
    let [alices, bobs] =
        [alice.id().await, bob.id().await].map(|id| UserId::parse(id).expect("an id"));

    alice.call(bobs.as_str(), CallKind::Audio).await;
    let offer: serde_json::Value = relay(&bob, "kept('call-offer')").await;
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let sec = |message: &serde_json::Value| Sec::new(text(&message["sec"]));
    let call_id = CallId::parse(text(&offer["callId"])).expect("an id");
    let hers = text(&offer["offer"]["sdp"]);
    let script = MALLORY.replace("OFFER", &serde_json::to_string(&hers).expect("a text"));
    let [to_bob, to_alice]: [String; 2] = mallory
        .page()
        .evaluate(&format!("return (async () => {{ {script} }})()"))
        .await;

    // As Alice she calls Bob, and as Bob she answers Alice.
    let [first, second] = [[1; 32], [2; 32]].map(Nonce::from_bytes);
    let mut seen = ReplayCache::default();
    let (caller, unsigned) =
        Caller::offer(as_guest(&call_id, &alices, &bobs), &to_bob, first, now()).expect("an offer");
    let mut forged = offer.clone();
    forged["offer"]["sdp"] = to_bob.into();
    forged["sec"] = unsigned.unsigned().as_str().into();
    let _: bool = relay(&bob, &format!("bring({forged})")).await;
    let unverified = Callee::receive_offer(
        as_guest(&call_id, &bobs, &alices),
        &heard(&alices, &call_id, &sec(&offer), &hers),
        now(),
    );
    let callee = unverified
        .expect("her offer")
        .resolve(true, &mut seen, now())
        .expect("it holds");
    let (_, unsigned) = callee.answer(&to_alice, second, now()).expect("an answer");
    bob.accept().await;
    let answer: serde_json::Value = relay(&alice, "kept('call-answer')").await;
    let mut forged = answer.clone();
    forged["answer"]["sdp"] = to_alice.into();
    forged["sec"] = unsigned.unsigned().as_str().into();
    let _: bool = relay(&alice, &format!("bring({forged})")).await;
    let his = text(&answer["answer"]["sdp"]);
    let answered = caller.receive_answer(&heard(&bobs, &call_id, &sec(&answer), &his), now());
    let answered = answered
        .expect("his answer")
        .resolve(true, &mut seen, now())
        .expect("it holds");
    let (_, unsigned) = caller.confirm(answered, now()).expect("a confirmation");
    let confirm = serde_json::json!({
        "type": "call-confirm", "callId": call_id.as_str(), "fromId": alices.as_str(),
        "fromDevice": offer["fromDevice"], "toId": bobs.as_str(),
        "sec": unsigned.unsigned().as_str(),
    });
    let _: bool = relay(&bob, &format!("bring({confirm})")).await;
    let take = format!(
        "return window.__mallory.bob.setRemoteDescription({{ type: 'answer', sdp: {} }}).then(() => true)",
        serde_json::to_string(&his).expect("a text")
    );
    let _: bool = mallory.page().evaluate(&take).await;

    tokio::join!(alice.is_connected(), bob.is_connected());
    for peer in [&alice, &bob] {
        opens(peer, "Not verified").await;
    }
    let [hers, his] = [sas(&alice).await, sas(&bob).await];
    assert_eq!((hers.len(), his.len()), (7, 7));
    assert_ne!(hers, his);
    alice.page.click(Role::Button, "They don’t match").await;
    alice.status_says("may be listening in").await;
}
