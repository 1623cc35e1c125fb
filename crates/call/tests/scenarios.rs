//! The stories of a call, told with whole pages in virtual time.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what is wanted"
)]

mod world;

use std::time::Duration;

use wimpex_call::{
    Capture, EndReason, Input, MediaError, Output, PeerConnectionState, State, limits,
};
use wimpex_protocol::{
    Answer, CallAnswer, CallEnd, CallEndReason, CallOffer, CallReject, CallType, Candidate,
    IceCandidate, Offer, Sdp, Signal,
};
use world::{ALICE, BOB, CAROL, World, call_id};

const SECOND: Duration = Duration::from_secs(1);

fn candidate(id: Option<&str>, text: &str) -> Signal {
    Signal::IceCandidate(IceCandidate {
        call_id: id.map(call_id),
        candidate: Candidate {
            candidate: text.into(),
            sdp_m_line_index: Some(0),
            sdp_mid: None,
            username_fragment: None,
        },
    })
}

fn offer(id: &str, call_type: CallType) -> Signal {
    Signal::CallOffer(CallOffer {
        call_id: call_id(id),
        offer: Offer::new(Sdp(format!("offer of {id}"))),
        call_type,
        from_username: Some("Somebody".into()),
    })
}

fn end(id: &str, reason: CallEndReason) -> Signal {
    Signal::CallEnd(CallEnd {
        call_id: call_id(id),
        reason,
    })
}

#[test]
fn a_video_call_from_click_to_hang_up() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    assert_eq!(world.state(ALICE), State::Calling);
    world.settle();
    assert_eq!(world.state(BOB), State::Ringing);
    assert!(world.pages[ALICE].machine.view().call.unwrap().peer_rings);

    world.now = 5 * SECOND;
    world.accept(BOB);
    world.settle();
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
    assert!(world.pages[ALICE].camera_is_on() && world.pages[BOB].camera_is_on());

    world.now = 65 * SECOND;
    world.input(ALICE, Input::HangUp);
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::HungUp));
    assert_eq!(world.end(BOB), Some(EndReason::PeerHungUp));
    let duration = world.pages[BOB].machine.view().ended.unwrap().duration;
    assert_eq!(duration, Some(60 * SECOND));
    world.assert_all_let_go();

    world.input(BOB, Input::Dismiss);
    assert_eq!(world.state(BOB), State::Idle);
}

#[test]
fn before_accept_the_callee_has_no_connection_no_camera_and_neither_side_sends_a_candidate() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    let bob = &world.pages[BOB];
    assert_eq!(bob.open_connections(), 0);
    assert!(bob.live.is_empty() && bob.open_questions.is_empty());
    assert_eq!(bob.sent_types(), ["call-ringing"]);
    assert_eq!(world.pages[ALICE].sent_types(), ["call-offer"]);
}

#[test]
fn after_accept_nothing_waits_for_the_camera() {
    let mut world = World::new();
    world.pages[ALICE].permission = None;
    world.pages[BOB].permission = None;
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.accept(BOB);
    world.settle();
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);

    world.answer_question(BOB, Ok(()));
    let attached = world.pages[BOB]
        .outputs
        .iter()
        .any(|o| matches!(o, Output::AttachMedia { .. }));
    assert!(attached && world.pages[BOB].camera_is_on());
}

#[test]
fn an_audio_call_never_asks_for_the_camera() {
    let mut world = World::new();
    world.place(ALICE, BOB, "call_1", CallType::Audio);
    world.settle();
    world.accept(BOB);
    world.settle();
    assert_eq!(world.state(BOB), State::Connected);
    assert!(!world.pages[ALICE].camera_is_on() && !world.pages[BOB].camera_is_on());
    world.input(BOB, Input::SetCamera(true));
    assert!(!world.pages[BOB].camera_is_on());
}

#[test]
fn accepting_without_camera_leaves_it_off_until_it_is_wanted() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.input(BOB, Input::Accept { camera: false });
    world.settle();
    assert!(!world.pages[BOB].camera_is_on());
    world.input(BOB, Input::SetCamera(true));
    assert!(world.pages[BOB].camera_is_on());
    world.input(BOB, Input::SetCamera(false));
    assert!(!world.pages[BOB].camera_is_on());
}

#[test]
fn decline() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.input(BOB, Input::Decline);
    world.settle();
    assert_eq!(world.end(BOB), Some(EndReason::Declined));
    assert_eq!(world.end(ALICE), Some(EndReason::PeerDeclined));
    world.assert_all_let_go();
}

#[test]
fn cancel_while_ringing() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.input(ALICE, Input::HangUp);
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::Cancelled));
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
    world.assert_all_let_go();
}

#[test]
fn cancel_crossing_accept() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.input(ALICE, Input::HangUp);
    world.accept(BOB);
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::Cancelled));
    assert_eq!(world.end(BOB), Some(EndReason::PeerHungUp));
    world.assert_all_let_go();
}

#[test]
fn hang_up_crossing_hang_up() {
    let mut world = World::connected();
    world.input(ALICE, Input::HangUp);
    world.input(BOB, Input::HangUp);
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::HungUp));
    assert_eq!(world.end(BOB), Some(EndReason::HungUp));
    world.assert_all_let_go();
}

#[test]
fn no_answer_ends_the_ringing_on_both_sides() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.pass(limits::RING - SECOND);
    assert_eq!(world.states()[..2], [State::Calling, State::Ringing]);
    world.pass(SECOND);
    assert_eq!(world.end(ALICE), Some(EndReason::NoAnswer));
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
    world.assert_all_let_go();
}

#[test]
fn ringing_ends_even_if_the_caller_is_never_heard_of_again() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.pages[ALICE].online = false;
    world.pages[ALICE].machine = wimpex_call::Machine::new();
    world.pass(limits::RING);
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
}

#[test]
fn a_third_person_gets_busy() {
    let mut world = World::connected();
    world.video_call(CAROL, ALICE, "call_2");
    world.settle();
    assert_eq!(world.end(CAROL), Some(EndReason::Busy));
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
}

#[test]
fn glare_ends_in_one_call_whichever_id_is_greater() {
    for (alices, bobs) in [("call_1", "call_2"), ("call_2", "call_1")] {
        let mut world = World::new();
        world.video_call(ALICE, BOB, alices);
        world.video_call(BOB, ALICE, bobs);
        world.settle();
        assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
        for who in [ALICE, BOB] {
            let call = world.pages[who].machine.view().call.unwrap();
            assert_eq!(call.call_id, call_id("call_2"));
            assert_eq!(call.camera, Capture::On);
            assert_eq!(world.pages[who].open_connections(), 1);
        }
        world.input(BOB, Input::HangUp);
        world.settle();
        world.assert_all_let_go();
    }
}

#[test]
fn glare_before_our_offer_is_out_takes_theirs() {
    // "call_9" would win, but nobody has seen it yet.
    let mut world = World::new();
    world.pages[ALICE].slow_to_describe = true;
    world.video_call(ALICE, BOB, "call_9");
    world.video_call(BOB, ALICE, "call_1");
    world.settle();
    assert_eq!(world.state(ALICE), State::Connecting);
    world.describe_now(ALICE);
    world.settle();
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
    let call = world.pages[ALICE].machine.view().call.unwrap();
    assert_eq!(call.call_id, call_id("call_1"));
}

#[test]
fn glare_of_an_audio_and_a_video_call_turns_on_no_camera_that_nobody_asked_for() {
    let mut world = World::new();
    world.place(ALICE, BOB, "call_1", CallType::Audio);
    world.video_call(BOB, ALICE, "call_2");
    world.settle();
    assert_eq!(world.state(ALICE), State::Connected);
    assert!(!world.pages[ALICE].camera_is_on() && world.pages[BOB].camera_is_on());

    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.place(BOB, ALICE, "call_2", CallType::Audio);
    world.settle();
    assert_eq!(world.state(ALICE), State::Connected);
    assert!(
        !world.pages[ALICE].camera_is_on(),
        "the winning call has no picture"
    );
}

#[test]
fn a_late_glare_offer_does_not_disturb_the_call_that_beat_it() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_2");
    world.settle();
    world.path = false;
    world.accept(BOB);
    world.settle();
    assert_eq!(world.state(ALICE), State::Connecting);
    world.signal(BOB, ALICE, offer("call_1", CallType::Video));
    assert_eq!(world.state(ALICE), State::Connecting);
}

#[test]
fn the_same_peer_calling_anew_replaces_the_call_that_it_has_lost() {
    let mut world = World::connected();
    world.signal(BOB, ALICE, offer("call_9", CallType::Audio));
    assert_eq!(world.state(ALICE), State::Ringing);
    assert_eq!(world.pages[ALICE].open_connections(), 0);
    assert!(!world.pages[ALICE].camera_is_on());
}

#[test]
fn an_offline_peer_ends_the_call_at_once() {
    let mut world = World::new();
    world.pages[BOB].online = false;
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::PeerOffline));
    world.assert_all_let_go();
}

#[test]
fn early_candidates_wait_for_their_offer_and_for_accept() {
    let mut world = World::new();
    world.signal(ALICE, BOB, candidate(Some("call_1"), "early"));
    world.signal(CAROL, BOB, candidate(Some("call_1"), "forged"));
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    assert_eq!(world.pages[BOB].open_connections(), 0);
    world.accept(BOB);
    world.settle();
    let added = world.pages[BOB].candidates_added();
    assert_eq!(added[0], "early");
    assert!(!added.contains(&"forged".to_owned()));
}

#[test]
fn candidates_of_another_call_are_never_applied() {
    let mut world = World::connected();
    let before = world.pages[ALICE].candidates_added();
    world.signal(BOB, ALICE, candidate(Some("call_0"), "old call"));
    world.signal(CAROL, ALICE, candidate(Some("call_1"), "other person"));
    world.signal(CAROL, ALICE, candidate(None, "other person, no call"));
    assert_eq!(world.pages[ALICE].candidates_added(), before);
    // The seed's form counts, from the peer.
    world.signal(BOB, ALICE, candidate(None, "seed"));
    assert_eq!(
        world.pages[ALICE].candidates_added().last().unwrap(),
        "seed"
    );
}

#[test]
fn candidates_by_the_thousand_are_bounded() {
    let mut world = World::new();
    for n in 0..5_000 {
        world.signal(ALICE, BOB, candidate(Some("call_1"), &n.to_string()));
    }
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    for n in 0..5_000 {
        world.signal(ALICE, BOB, candidate(Some("call_1"), &n.to_string()));
    }
    world.accept(BOB);
    let added = world.pages[BOB].candidates_added().len();
    assert!(added <= limits::WAITING_CANDIDATES, "{added}");
}

#[test]
fn a_camera_that_is_allowed_after_the_call_is_over_goes_off_again() {
    let mut world = World::new();
    world.pages[ALICE].permission = None;
    world.video_call(ALICE, BOB, "call_1");
    world.input(ALICE, Input::HangUp);
    world.answer_question(ALICE, Ok(()));
    world.settle();
    world.assert_all_let_go();

    // Nor does it join the next call.
    world.video_call(ALICE, BOB, "call_2");
    world.input(ALICE, Input::HangUp);
    world.pages[ALICE].permission = Some(Ok(()));
    world.place(ALICE, BOB, "call_3", CallType::Audio);
    world.answer_question(ALICE, Ok(()));
    assert!(!world.pages[ALICE].camera_is_on());
}

#[test]
fn a_camera_turned_off_while_the_browser_still_asks_stays_off() {
    let mut world = World::new();
    world.pages[ALICE].permission = None;
    world.video_call(ALICE, BOB, "call_1");
    world.input(ALICE, Input::SetCamera(false));
    world.answer_question(ALICE, Ok(()));
    assert!(!world.pages[ALICE].camera_is_on());
    let call = world.pages[ALICE].machine.view().call.unwrap();
    assert_eq!((call.microphone, call.camera), (Capture::On, Capture::Off));
}

#[test]
fn a_call_without_microphone_and_camera_goes_on_and_can_ask_again() {
    let mut world = World::new();
    world.pages[BOB].permission = Some(Err(MediaError::Denied));
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.accept(BOB);
    world.settle();
    assert_eq!(world.state(BOB), State::Connected);
    let call = world.pages[BOB].machine.view().call.unwrap();
    assert_eq!(call.microphone, Capture::Failed(MediaError::Denied));
    assert_eq!(call.camera, Capture::Failed(MediaError::Denied));

    world.pages[BOB].permission = Some(Ok(()));
    world.input(BOB, Input::SetMuted(false));
    world.input(BOB, Input::SetCamera(true));
    let call = world.pages[BOB].machine.view().call.unwrap();
    assert_eq!((call.microphone, call.camera), (Capture::On, Capture::On));
}

#[test]
fn a_connection_that_never_comes_ends_on_both_sides() {
    let mut world = World::new();
    world.path = false;
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.accept(BOB);
    world.pass(limits::CONNECT);
    assert_eq!(world.end(ALICE), Some(EndReason::ConnectionFailed));
    assert_eq!(world.end(BOB), Some(EndReason::ConnectionFailed));
    world.assert_all_let_go();
}

#[test]
fn a_lost_path_is_repaired_by_an_ice_restart_and_the_timer_runs_on() {
    for seen_as in [
        PeerConnectionState::Disconnected,
        PeerConnectionState::Failed,
    ] {
        let mut world = World::connected();
        let since = world.pages[ALICE].machine.view().call.unwrap().connected_at;
        world.cut(seen_as);
        assert_eq!(
            world.states()[..2],
            [State::Reconnecting, State::Reconnecting]
        );
        world.pass(limits::RESTART_AFTER);
        assert_eq!(
            world.states()[..2],
            [State::Reconnecting, State::Reconnecting]
        );
        world.path = true;
        world.settle();
        assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
        assert_eq!(
            world.pages[ALICE].machine.view().call.unwrap().connected_at,
            since
        );
    }
}

#[test]
fn disconnected_may_recover_by_itself() {
    let mut world = World::connected();
    world.cut(PeerConnectionState::Disconnected);
    world.path = true;
    world.settle();
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
    let offers = world.pages[ALICE]
        .sent_types()
        .iter()
        .filter(|t| **t == "call-offer")
        .count();
    assert_eq!(offers, 1, "no restart was needed");
}

#[test]
fn two_ice_restarts_at_once_end_in_one() {
    let mut world = World::connected();
    world.cut(PeerConnectionState::Disconnected);
    // The caller's restart is on its way when the callee's begins.
    world.now += limits::CALLEE_RESTART_AFTER;
    world.input(ALICE, Input::Timeout);
    world.input(BOB, Input::Timeout);
    world.path = true;
    world.settle();
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
}

#[test]
fn a_path_that_stays_lost_ends_the_call_on_both_sides() {
    let mut world = World::connected();
    world.cut(PeerConnectionState::Failed);
    world.pass(limits::RECONNECT);
    assert_eq!(world.end(ALICE), Some(EndReason::ConnectionLost));
    assert_eq!(world.end(BOB), Some(EndReason::ConnectionLost));
    world.assert_all_let_go();
}

#[test]
fn messages_for_a_call_that_never_was_do_nothing() {
    let mut world = World::connected();
    let before = world.pages[ALICE].machine.view();
    world.signal(BOB, ALICE, end("call_0", CallEndReason::Ended));
    world.signal(CAROL, ALICE, end("call_1", CallEndReason::Ended));
    let reject = CallReject {
        call_id: call_id("call_0"),
        reason: None,
    };
    world.signal(BOB, ALICE, Signal::CallReject(reject));
    let answer = CallAnswer {
        call_id: call_id("call_0"),
        answer: Answer::new(Sdp("x".into())),
    };
    world.signal(BOB, ALICE, Signal::CallAnswer(answer));
    world.settle();
    assert_eq!(world.pages[ALICE].machine.view(), before);
    assert_eq!(world.state(BOB), State::Connected);
}

#[test]
fn an_answer_to_a_call_that_is_over_is_told_so() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    // Alice's page was reloaded: it knows of no call.
    world.pages[ALICE].machine = wimpex_call::Machine::new();
    world.accept(BOB);
    world.settle();
    assert_eq!(world.end(BOB), Some(EndReason::PeerHungUp));
}

#[test]
fn of_two_devices_one_answers_and_the_other_stops_ringing() {
    let mut world = World::with(&[("alice", "a1"), ("bob", "b1"), ("bob", "b2")]);
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    assert_eq!(
        world.states(),
        [State::Calling, State::Ringing, State::Ringing]
    );
    world.accept(2);
    world.settle();
    assert_eq!(
        world.states(),
        [State::Connected, State::Ended, State::Connected]
    );
    assert_eq!(world.end(1), Some(EndReason::AnsweredElsewhere));
}

#[test]
fn of_two_accepts_at_once_one_wins() {
    let mut world = World::with(&[("alice", "a1"), ("bob", "b1"), ("bob", "b2")]);
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.accept(1);
    world.accept(2);
    world.settle();
    assert_eq!(
        world.states(),
        [State::Connected, State::Connected, State::Ended]
    );
    assert_eq!(world.end(2), Some(EndReason::AnsweredElsewhere));
    assert!(world.pages[2].live.is_empty());
}

#[test]
fn a_decline_on_one_device_ends_the_ringing_on_the_other() {
    let mut world = World::with(&[("alice", "a1"), ("bob", "b1"), ("bob", "b2")]);
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.input(1, Input::Decline);
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::PeerDeclined));
    assert_eq!(world.end(2), Some(EndReason::DeclinedElsewhere));
    world.assert_all_let_go();
}

#[test]
fn a_client_of_the_seeds_four_messages_can_cancel_with_a_reject() {
    let mut world = World::new();
    world.signal(CAROL, BOB, offer("call_1", CallType::Audio));
    assert_eq!(world.state(BOB), State::Ringing);
    let reject = CallReject {
        call_id: call_id("call_1"),
        reason: None,
    };
    world.signal(CAROL, BOB, Signal::CallReject(reject));
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
}

#[test]
fn a_peer_that_closes_its_connection_without_a_word_has_hung_up() {
    let mut world = World::connected();
    let generation = world.pages[ALICE].machine.view().call.unwrap().generation;
    let state = PeerConnectionState::Closed;
    world.input(ALICE, Input::Connection { generation, state });
    assert_eq!(world.end(ALICE), Some(EndReason::PeerHungUp));
    assert_eq!(world.pages[ALICE].open_connections(), 0);
}

#[test]
fn a_repeated_offer_neither_rings_twice_nor_renegotiates() {
    let mut world = World::new();
    world.signal(CAROL, BOB, offer("call_1", CallType::Video));
    world.signal(CAROL, BOB, offer("call_1", CallType::Video));
    assert_eq!(world.pages[BOB].sent_types(), ["call-ringing"]);
    world.accept(BOB);
    world.signal(CAROL, BOB, offer("call_1", CallType::Video));
    let answers = world.pages[BOB]
        .sent_types()
        .iter()
        .filter(|t| **t == "call-answer")
        .count();
    assert_eq!(answers, 1);
}

#[test]
fn a_browser_that_cannot_make_an_offer_ends_the_call() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    let generation = world.pages[ALICE].machine.view().call.unwrap().generation;
    world.input(ALICE, Input::NegotiationFailed { generation });
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::NegotiationFailed));
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
    world.assert_all_let_go();
}

#[test]
fn whatever_an_old_connection_says_is_ignored() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    let old = world.pages[ALICE].machine.view().call.unwrap().generation;
    world.input(ALICE, Input::HangUp);
    world.video_call(ALICE, CAROL, "call_2");
    world.settle();
    let before = world.pages[ALICE].machine.view();
    let sent = world.pages[ALICE].sent.len();
    let sdp = Sdp("late".into());
    world.input(
        ALICE,
        Input::LocalOffer {
            generation: old,
            sdp: sdp.clone(),
        },
    );
    world.input(
        ALICE,
        Input::LocalAnswer {
            generation: old,
            sdp,
        },
    );
    world.input(ALICE, Input::NegotiationFailed { generation: old });
    let state = PeerConnectionState::Failed;
    world.input(
        ALICE,
        Input::Connection {
            generation: old,
            state,
        },
    );
    assert_eq!(world.pages[ALICE].machine.view(), before);
    assert_eq!(world.pages[ALICE].sent.len(), sent);
}

#[test]
fn an_unplugged_camera_is_told_and_can_be_turned_on_again() {
    let mut world = World::connected();
    let request = *world.pages[ALICE]
        .live
        .iter()
        .map(|(request, _)| request)
        .next()
        .unwrap();
    let kind = wimpex_call::TrackKind::Video;
    world.input(ALICE, Input::TrackEnded { request, kind });
    let camera = |world: &World| world.pages[ALICE].machine.view().call.unwrap().camera;
    assert_eq!(camera(&world), Capture::Failed(MediaError::Lost));
    world.input(ALICE, Input::SetCamera(true));
    assert_eq!(camera(&world), Capture::On);
}
