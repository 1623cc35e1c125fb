use wimpex_protocol::{CallId, CallOffer, CallRinging, CallType, Offer, Sdp};

use wimpex_sansio::outputs;

use super::*;

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

fn device(id: &str) -> DeviceId {
    DeviceId::parse(id).unwrap()
}

fn identity(name: &str, device_id: &str) -> Identity {
    Identity {
        user: user(name),
        device: device(device_id),
        name: Name::parse(name).unwrap(),
    }
}

fn to(id: &str, to_device: Option<&str>, signal: Signal) -> Envelope {
    Envelope {
        to_id: user(id),
        to_device: to_device.map(device),
        from_id: None,
        from_device: None,
        signal,
    }
}

fn ringing() -> Signal {
    Signal::CallRinging(CallRinging {
        call_id: CallId::parse("c1").unwrap(),
        silently: false,
    })
}

fn offer() -> Signal {
    Signal::CallOffer(CallOffer {
        call_id: CallId::parse("c1").unwrap(),
        offer: Offer::new(Sdp(String::new())),
        call_type: CallType::Audio,
        from_username: Some("The Bank".to_owned()),
        sec: None,
        link: None,
    })
}

fn handle(hub: &mut Hub, input: Input) -> Vec<Output> {
    hub.handle(input, Now::ZERO);
    outputs(hub).collect()
}

fn join(hub: &mut Hub, session: SessionId, identity: Identity) -> Vec<Output> {
    join_as(hub, session, identity, false)
}

fn join_hidden(hub: &mut Hub, session: SessionId, identity: Identity) -> Vec<Output> {
    join_as(hub, session, identity, true)
}

fn join_as(hub: &mut Hub, session: SessionId, identity: Identity, hidden: bool) -> Vec<Output> {
    handle(
        hub,
        Input::Join {
            session,
            identity,
            hidden,
        },
    )
}

fn leave(hub: &mut Hub, session: SessionId) -> Vec<Output> {
    handle(hub, Input::Leave { session })
}

fn set_away(hub: &mut Hub, session: SessionId, away: bool) -> Vec<Output> {
    handle(hub, Input::SetAway { session, away })
}

fn relay(hub: &mut Hub, session: SessionId, relayed: Envelope) -> Vec<Output> {
    handle(hub, Input::Relay { session, relayed })
}

fn watch_by(hub: &mut Hub, session: SessionId, watch: PresenceWatch) -> Vec<Output> {
    handle(hub, Input::Watch { session, watch })
}

fn watch(users: &[&str]) -> PresenceWatch {
    PresenceWatch {
        user_ids: users.iter().map(|id| user(id)).collect(),
    }
}

const A1: SessionId = SessionId(1);
const A2: SessionId = SessionId(2);
const B1: SessionId = SessionId(3);
const B2: SessionId = SessionId(4);

/// Alice on one device, Bob on two.
fn hub() -> Hub {
    let mut hub = Hub::default();
    assert_eq!(join(&mut hub, A1, identity("alice", "a1")), []);
    assert_eq!(join(&mut hub, B1, identity("bob", "b1")), []);
    assert_eq!(join(&mut hub, B2, identity("bob", "b2")), []);
    hub
}

fn recipients(outputs: &[Output]) -> Vec<SessionId> {
    match outputs {
        [
            Output::Deliver {
                to,
                message: ServerMessage::Relay(_),
            },
        ] => to.clone(),
        other => panic!("not one relayed message: {other:?}"),
    }
}

/// The code of the one error, which went back to the sender.
fn error(outputs: &[Output], sender: SessionId) -> ErrorMessage {
    match outputs {
        [
            Output::Deliver {
                to,
                message: ServerMessage::Error(error),
            },
        ] if *to == [sender] => error.clone(),
        other => panic!("not one error: {other:?}"),
    }
}

#[test]
fn a_message_goes_to_every_device_or_to_the_one_that_is_named() {
    let mut hub = hub();
    assert_eq!(
        recipients(&relay(&mut hub, A1, to("bob", None, ringing()))),
        [B1, B2]
    );
    assert_eq!(
        recipients(&relay(&mut hub, A1, to("bob", Some("b2"), ringing()))),
        [B2]
    );
}

#[test]
fn the_sender_is_stamped_whatever_it_claims() {
    let mut hub = hub();
    let mut forged = to("bob", None, offer());
    forged.from_id = Some(user("carol"));
    forged.from_device = Some(device("c1"));
    let outputs = relay(&mut hub, A1, forged);
    let [
        Output::Deliver {
            message: ServerMessage::Relay(relayed),
            ..
        },
    ] = &outputs[..]
    else {
        panic!("{outputs:?}");
    };
    assert_eq!(relayed.from_id, Some(user("alice")));
    assert_eq!(relayed.from_device, Some(device("a1")));
    let Signal::CallOffer(offer) = &relayed.signal else {
        panic!("{relayed:?}");
    };
    assert_eq!(offer.from_username.as_deref(), Some("alice"));
}

#[test]
fn nobody_there_is_an_error_that_names_the_call() {
    let mut hub = hub();
    for (id, to_device) in [("carol", None), ("carol", Some("c1")), ("bob", Some("b3"))] {
        let outputs = relay(&mut hub, A1, to(id, to_device, offer()));
        let error = error(&outputs, A1);
        assert_eq!(error.code, ErrorCode::UserOffline);
        assert_eq!(error.ref_type.as_deref(), Some("call-offer"));
        assert_eq!(error.call_id, Some(CallId::parse("c1").unwrap()));
        assert_eq!(error.to_id, Some(user(id)));
    }
}

#[test]
fn nobody_calls_themselves_but_devices_can_talk() {
    let mut hub = hub();
    let outputs = relay(&mut hub, B1, to("bob", None, offer()));
    assert_eq!(error(&outputs, B1).message, "You cannot call yourself.");
    for to_device in [None, Some("b1")] {
        let outputs = relay(&mut hub, B1, to("bob", to_device, ringing()));
        assert_eq!(error(&outputs, B1).code, ErrorCode::BadMessage);
    }
    assert_eq!(
        recipients(&relay(&mut hub, B1, to("bob", Some("b2"), ringing()))),
        [B2]
    );
}

#[test]
fn who_is_not_logged_in_moves_nothing() {
    let mut hub = hub();
    let stranger = SessionId(99);
    assert_eq!(relay(&mut hub, stranger, to("bob", None, offer())), []);
    assert_eq!(watch_by(&mut hub, stranger, watch(&["bob"])), []);
    assert_eq!(leave(&mut hub, stranger), []);
}

/// That Alice's first connection is told of somebody's presence.
fn told(id: &str, name: Option<&str>, devices: &[&str]) -> Output {
    let presence = Presence {
        user_id: user(id),
        online: name.is_some(),
        username: name.map(str::to_owned),
        devices: devices.iter().map(|id| device(id)).collect(),
    };
    Output::Deliver {
        to: vec![A1],
        message: ServerMessage::Presence(presence),
    }
}

#[test]
fn presence_is_answered_at_once_and_then_told_on_change() {
    let mut hub = hub();
    assert_eq!(
        watch_by(&mut hub, A1, watch(&["bob", "carol", "bob"])),
        [
            told("bob", Some("bob"), &["b1", "b2"]),
            told("carol", None, &[])
        ]
    );
    assert_eq!(leave(&mut hub, B1), [told("bob", Some("bob"), &["b2"])]);
    assert_eq!(leave(&mut hub, B2), [told("bob", None, &[])]);
    assert_eq!(
        join(&mut hub, B1, identity("bob", "b1")),
        [told("bob", Some("bob"), &["b1"])]
    );
}

#[test]
fn presence_is_not_told_again_when_nothing_of_it_has_changed() {
    let mut hub = hub();
    watch_by(&mut hub, A1, watch(&["bob"]));
    assert_eq!(set_away(&mut hub, B1, false), []);
    assert_eq!(
        join(&mut hub, SessionId(9), identity("bob", "b2")),
        [Output::Supersede(B2)]
    );
}

#[test]
fn a_new_name_is_a_change_too() {
    let mut hub = hub();
    watch_by(&mut hub, A1, watch(&["bob"]));
    let robert = Identity {
        name: Name::parse("Robert").unwrap(),
        ..identity("bob", "b2")
    };
    assert_eq!(
        join(&mut hub, SessionId(6), robert),
        [
            Output::Supersede(B2),
            told("bob", Some("Robert"), &["b1", "b2"])
        ]
    );
    assert_eq!(
        leave(&mut hub, SessionId(6)),
        [told("bob", Some("bob"), &["b1"])]
    );
}

#[test]
fn who_is_away_is_not_counted_on_but_what_is_sent_to_them_waits() {
    let mut hub = hub();
    leave(&mut hub, B2);
    watch_by(&mut hub, A1, watch(&["bob"]));
    assert_eq!(set_away(&mut hub, B1, true), [told("bob", None, &[])]);
    assert_eq!(
        recipients(&relay(&mut hub, A1, to("bob", None, ringing()))),
        [B1]
    );
    assert_eq!(
        set_away(&mut hub, B1, false),
        [told("bob", Some("bob"), &["b1"])]
    );
    set_away(&mut hub, B1, true);
    assert_eq!(leave(&mut hub, B1), [], "nobody sees them go twice");
}

#[test]
fn a_new_watch_replaces_the_old_one() {
    let mut hub = hub();
    watch_by(&mut hub, A1, watch(&["bob", "carol"]));
    watch_by(&mut hub, A1, watch(&["carol"]));
    assert_eq!(hub.counts().watched, 1);
    leave(&mut hub, B1);
    assert_eq!(leave(&mut hub, B2), []);
    watch_by(&mut hub, A1, watch(&[]));
    assert_eq!(hub.counts().watched, 0);
}

#[test]
fn a_watch_is_bounded_and_a_refused_one_changes_nothing() {
    let mut hub = hub();
    let names: Vec<String> = (0..=limits::WATCHED_USERS)
        .map(|i| format!("u{i}"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    watch_by(&mut hub, A1, watch(&["bob"]));
    let outputs = watch_by(&mut hub, A1, watch(&names));
    assert_eq!(error(&outputs, A1).code, ErrorCode::BadMessage);
    assert_eq!(hub.counts().watched, 1);
    assert_eq!(
        watch_by(&mut hub, A1, watch(&names[1..])).len(),
        limits::WATCHED_USERS
    );
}

#[test]
fn a_device_that_comes_again_takes_its_own_place() {
    let mut hub = hub();
    watch_by(&mut hub, B1, watch(&["alice"]));
    assert_eq!(
        join(&mut hub, A2, identity("alice", "a1")),
        [Output::Supersede(A1)]
    );
    assert_eq!(
        recipients(&relay(&mut hub, B1, to("alice", None, ringing()))),
        [A2]
    );
    assert_eq!(
        relay(&mut hub, A1, to("bob", None, ringing())),
        [],
        "no longer logged in"
    );
    assert_eq!(leave(&mut hub, A1), [], "Bob does not see Alice go");
    assert_eq!(hub.counts().sessions, 3);
    assert_eq!(leave(&mut hub, A2).len(), 1);
}

#[test]
fn nothing_is_left_of_those_who_left() {
    let mut hub = hub();
    watch_by(&mut hub, A1, watch(&["bob", "carol", "alice"]));
    watch_by(&mut hub, B2, watch(&["alice"]));
    for conn in [A1, B1, B2] {
        leave(&mut hub, conn);
    }
    assert_eq!(hub.counts(), Counts::default());
}

#[test]
fn changes_beyond_the_rate_are_told_once_when_the_window_is_over() {
    let rate = PresenceRate {
        burst: 2,
        window: Duration::from_secs(2),
    };
    let mut hub = Hub::new(Some(rate));
    join(&mut hub, A1, identity("alice", "a1"));
    watch_by(&mut hub, A1, watch(&["bob"]));
    let flap = |hub: &mut Hub| {
        let there = join(hub, B1, identity("bob", "b1"));
        let gone = leave(hub, B1);
        there.len() + gone.len()
    };
    assert_eq!(flap(&mut hub), 2);
    assert_eq!(hub.poll_timeout(), None);
    assert_eq!((0..100).map(|_| flap(&mut hub)).sum::<usize>(), 0);
    let due = hub.poll_timeout().unwrap();
    assert_eq!(due, Now::from_millis(2_000));
    let at = |hub: &mut Hub, input, now| {
        hub.handle(input, now);
        outputs(hub).collect::<Vec<_>>()
    };
    assert_eq!(at(&mut hub, Input::Timeout, due), [], "as it was told last");
    assert_eq!(flap(&mut hub), 2);
    join(&mut hub, B1, identity("bob", "b1"));
    let due = hub.poll_timeout().unwrap();
    assert_eq!(
        at(&mut hub, Input::Timeout, due),
        [told("bob", Some("bob"), &["b1"])]
    );
    assert_eq!(at(&mut hub, Input::Timeout, due + 2_000), []);
    assert_eq!(hub.poll_timeout(), None);
}

/// Alice watches; Bob's only device is hidden until he says who may see him.
fn hidden() -> Hub {
    let mut hub = Hub::default();
    join(&mut hub, A1, identity("alice", "a1"));
    watch_by(&mut hub, A1, watch(&["bob"]));
    let (session, identity, hidden) = (B1, identity("bob", "b1"), true);
    let join = Input::Join {
        session,
        identity,
        hidden,
    };
    assert_eq!(handle(&mut hub, join), []);
    hub
}

fn show_to(hub: &mut Hub, session: SessionId, users: Option<&[&str]>) -> Vec<Output> {
    let user_ids = users.map(|users| users.iter().map(|id| user(id)).collect());
    let visibility = PresenceVisibility { user_ids };
    handle(
        hub,
        Input::SetVisibility {
            session,
            visibility,
        },
    )
}

fn end(reason: CallEndReason) -> Signal {
    let call_id = CallId::parse("c1").unwrap();
    Signal::CallEnd(wimpex_protocol::CallEnd { call_id, reason })
}

/// The relayed message's receivers, and who is told what of presence with it.
fn relayed(outputs: &[Output]) -> (Vec<SessionId>, Vec<Output>) {
    let (first, rest) = outputs.split_first().unwrap();
    (recipients(std::slice::from_ref(first)), rest.to_vec())
}

#[test]
fn who_is_online_is_told_to_whom_they_chose() {
    let online = || told("bob", Some("bob"), &["b1"]);
    let offline = || told("bob", None, &[]);
    let mut hub = hidden();
    assert_eq!(show_to(&mut hub, B1, Some(&["carol"])), []);
    assert_eq!(watch_by(&mut hub, A1, watch(&["bob"])), [offline()]);
    assert_eq!(show_to(&mut hub, B1, Some(&["alice"])), [online()]);
    assert_eq!(show_to(&mut hub, B1, None), [], "that is no news to Alice");
    assert_eq!(show_to(&mut hub, B1, Some(&[])), [offline()]);
    // One's own devices are no secret to oneself.
    join(&mut hub, B2, identity("bob", "b2"));
    let own = watch_by(&mut hub, B2, watch(&["bob"]));
    let [
        Output::Deliver {
            message: ServerMessage::Presence(presence),
            ..
        },
    ] = &own[..]
    else {
        panic!("{own:?}");
    };
    assert_eq!(presence.devices, [device("b1"), device("b2")]);
    assert_eq!(
        watch_by(&mut hub, A1, watch(&["bob"])),
        [told("bob", Some("bob"), &["b2"])],
        "each device has its own choice"
    );
}

/// Not even by what arrives and what does not: only a call does, and that rings.
#[test]
fn whoever_is_hidden_can_be_called_and_not_be_found() {
    let mut hub = hidden();
    for signal in [ringing(), end(CallEndReason::Ended)] {
        for to_device in [None, Some("b1")] {
            let outputs = relay(&mut hub, A1, to("bob", to_device, signal.clone()));
            assert_eq!(error(&outputs, A1).code, ErrorCode::UserOffline);
        }
    }
    let (rung, seen) = relayed(&relay(&mut hub, A1, to("bob", None, offer())));
    assert_eq!(
        (rung, seen),
        (vec![B1], vec![told("bob", Some("bob"), &["b1"])])
    );
    // Now they are in a call, and everything of it arrives.
    let (answered, seen) = relayed(&relay(&mut hub, B1, to("alice", None, ringing())));
    assert_eq!((answered, seen), (vec![A1], vec![]));
    let answered = end(CallEndReason::AnsweredElsewhere);
    let (at, seen) = relayed(&relay(&mut hub, A1, to("bob", None, answered)));
    assert_eq!((at, seen), (vec![B1], vec![]));
    let over = end(CallEndReason::Cancelled);
    let (at, seen) = relayed(&relay(&mut hub, A1, to("bob", None, over)));
    assert_eq!((at, seen), (vec![B1], vec![told("bob", None, &[])]));
    let outputs = relay(&mut hub, A1, to("bob", None, ringing()));
    assert_eq!(error(&outputs, A1).code, ErrorCode::UserOffline);
}

/// Bob calls back; the end of Alice's call comes after his offer.
#[test]
fn the_end_of_another_call_hides_nobody() {
    let mut hub = hidden();
    relay(&mut hub, A1, to("bob", None, offer()));
    let mut back = offer();
    if let Signal::CallOffer(offer) = &mut back {
        offer.call_id = CallId::parse("call_back").unwrap();
    }
    relay(&mut hub, B1, to("alice", None, back));
    let old = end(CallEndReason::Cancelled);
    let (at, seen) = relayed(&relay(&mut hub, A1, to("bob", None, old)));
    assert_eq!((at, seen), (vec![B1], vec![]));
    let (at, _) = relayed(&relay(&mut hub, A1, to("bob", None, ringing())));
    assert_eq!(at, [B1]);
}

#[test]
fn whoever_calls_is_seen_by_whom_they_call() {
    let mut hub = hidden();
    let (rung, seen) = relayed(&relay(&mut hub, B1, to("alice", None, offer())));
    assert_eq!(
        (rung, seen),
        (vec![A1], vec![told("bob", Some("bob"), &["b1"])])
    );
}

/// Whoever never says that a call is over does not go on watching.
#[test]
fn what_a_call_shows_is_hidden_again_in_time() {
    let mut hub = hidden();
    relay(&mut hub, A1, to("bob", None, offer()));
    let due = hub.poll_timeout().unwrap();
    hub.handle(Input::Timeout, Now::from_millis(due.as_millis() - 1));
    assert_eq!(outputs(&mut hub).count(), 0);
    hub.handle(Input::Timeout, due);
    let seen: Vec<Output> = outputs(&mut hub).collect();
    assert_eq!(seen, [told("bob", None, &[])]);
    assert_eq!(hub.poll_timeout(), None);
}

#[test]
fn whom_one_shows_oneself_to_is_bounded() {
    let mut hub = hidden();
    let names: Vec<String> = (0..limits::VISIBLE_TO).map(|i| format!("u{i}")).collect();
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.push("alice");
    let refused = show_to(&mut hub, B1, Some(&names));
    assert_eq!(error(&refused, B1).code, ErrorCode::BadMessage);
    let shown = show_to(&mut hub, B1, Some(&names[1..]));
    assert_eq!(shown, [told("bob", Some("bob"), &["b1"])]);
    // Calls from ever more people show it to so many at a time.
    show_to(&mut hub, B1, Some(&[]));
    for number in 10..100 {
        let (session, name) = (SessionId(number), format!("stranger{number}"));
        join(&mut hub, session, identity(&name, &format!("s{number}")));
        hub.handle(
            Input::Relay {
                session,
                relayed: to("bob", None, offer()),
            },
            Now::from_millis(number),
        );
        outputs(&mut hub).for_each(drop);
    }
    let seen = (10..100)
        .filter(|number| {
            let told = watch_by(&mut hub, SessionId(*number), watch(&["bob"]));
            let Output::Deliver {
                message: ServerMessage::Presence(presence),
                ..
            } = &told[0]
            else {
                panic!("{told:?}");
            };
            presence.online
        })
        .count();
    assert_eq!(seen, 32);
}

#[test]
fn who_is_woken_is_shown_to_the_caller_until_they_hang_up() {
    let wake = |hub: &mut Hub| {
        let (user, caller) = (user("carol"), user("alice"));
        let call = CallId::parse("c1").unwrap();
        handle(hub, Input::Expect { user, caller, call });
    };
    let come = |hub: &mut Hub| join_hidden(hub, SessionId(9), identity("carol", "phone"));
    let mut hub = hub();
    watch_by(&mut hub, SessionId(1), watch(&["carol"]));
    wake(&mut hub);
    assert_eq!(come(&mut hub), [told("carol", Some("carol"), &["phone"])]);
    leave(&mut hub, SessionId(9));
    relay(
        &mut hub,
        SessionId(1),
        to("carol", None, end(CallEndReason::Cancelled)),
    );
    assert_eq!(come(&mut hub), []);
}

#[test]
fn who_is_woken_is_shown_though_another_device_sleeps() {
    let mut hub = hub();
    watch_by(&mut hub, SessionId(1), watch(&["carol"]));
    join_hidden(&mut hub, SessionId(8), identity("carol", "laptop"));
    set_away(&mut hub, SessionId(8), true);
    let (user, caller) = (user("carol"), user("alice"));
    let call = CallId::parse("c1").unwrap();
    handle(&mut hub, Input::Expect { user, caller, call });
    assert_eq!(
        join_hidden(&mut hub, SessionId(9), identity("carol", "phone")),
        [told("carol", Some("carol"), &["phone"])]
    );
}
