//! Connections that do not come about, are lost, or are closed.

use crate::*;

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
fn an_ice_restart_repairs_and_the_clock_runs_on() {
    for seen_as in [
        PeerConnectionState::Disconnected,
        PeerConnectionState::Failed,
    ] {
        let mut world = World::connected();
        let since = world.pages[ALICE]
            .machine
            .snapshot()
            .call
            .unwrap()
            .connected_at;
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
            world.pages[ALICE]
                .machine
                .snapshot()
                .call
                .unwrap()
                .connected_at,
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
    world.now = world.now + limits::CALLEE_RESTART_AFTER;
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
fn a_minimal_client_ends_the_call_by_closing_its_connection() {
    let mut world = World::new();
    world.tells = false;
    world.talk();
    let connection_id = world.pages[ALICE]
        .machine
        .snapshot()
        .call
        .unwrap()
        .connection;
    let state = PeerConnectionState::Closed;
    world.input(
        ALICE,
        Input::ConnectionStateChanged {
            connection: connection_id,
            state,
        },
    );
    assert_eq!(world.end(ALICE), Some(EndReason::PeerClosed));
    assert_eq!(world.pages[ALICE].open_connections(), 0);
}

#[test]
fn a_browser_that_cannot_make_an_offer_ends_the_call() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    let connection_id = world.pages[ALICE]
        .machine
        .snapshot()
        .call
        .unwrap()
        .connection;
    world.input(
        ALICE,
        Input::LocalDescriptionFailed {
            connection: connection_id,
        },
    );
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::NegotiationFailed));
    assert_eq!(world.end(BOB), Some(EndReason::Missed));
    world.assert_all_let_go();
}

/// The input about the connection of the call that a page has.
fn about_connection(world: &World, who: usize, input: fn(PeerConnectionId) -> Input) -> Input {
    input(world.pages[who].machine.snapshot().call.unwrap().connection)
}

#[test]
fn a_connection_that_cannot_be_created_ends_the_call() {
    for refusing in [ALICE, BOB] {
        let mut world = World::new();
        world.pages[refusing].slow_to_describe = true;
        world.video_call(ALICE, BOB, "call_1");
        world.settle();
        if refusing == BOB {
            world.accept(BOB);
        }
        let input = about_connection(&world, refusing, |connection| {
            Input::CreateConnectionFailed { connection }
        });
        world.input(refusing, input);
        world.settle();
        assert_eq!(world.end(refusing), Some(EndReason::NegotiationFailed));
        world.assert_all_let_go();
    }
}

#[test]
fn an_answer_that_the_browser_refuses_ends_the_call() {
    let mut world = World::new();
    world.path = false;
    world.talk();
    let input = about_connection(&world, ALICE, |connection| Input::SetRemoteAnswerFailed {
        connection,
    });
    world.input(ALICE, input);
    world.settle();
    assert_eq!(world.end(ALICE), Some(EndReason::NegotiationFailed));
    assert_eq!(world.end(BOB), Some(EndReason::ConnectionFailed));
    world.assert_all_let_go();
}

#[test]
fn an_answer_refused_in_a_live_call_changes_nothing() {
    let mut world = World::connected();
    world.pages[ALICE].slow_to_describe = true;
    // While the browser creates the offer of a restart.
    world.input(ALICE, Input::NetworkChanged);
    let input = about_connection(&world, ALICE, |connection| Input::SetRemoteAnswerFailed {
        connection,
    });
    world.input(ALICE, input);
    world.describe_now(ALICE);
    let sent = world.pages[ALICE].sent_types();
    let offers = sent.iter().filter(|name| **name == "call-offer").count();
    assert_eq!(offers, 2, "the restart goes on");
    world.settle();
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
}

#[test]
fn whatever_an_old_connection_says_is_ignored() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    let old = world.pages[ALICE]
        .machine
        .snapshot()
        .call
        .unwrap()
        .connection;
    world.command(ALICE, Command::HangUp);
    world.video_call(ALICE, CAROL, "call_2");
    world.settle();
    let before = world.pages[ALICE].machine.snapshot();
    let sent = world.pages[ALICE].sent.len();
    let sdp = Sdp("late".into());
    world.input(
        ALICE,
        Input::LocalOffer {
            connection: old,
            sdp: sdp.clone(),
        },
    );
    world.input(
        ALICE,
        Input::LocalAnswer {
            connection: old,
            sdp,
        },
    );
    world.input(ALICE, Input::LocalDescriptionFailed { connection: old });
    world.input(ALICE, Input::SetRemoteAnswerFailed { connection: old });
    world.input(ALICE, Input::CreateConnectionFailed { connection: old });
    let state = PeerConnectionState::Failed;
    world.input(
        ALICE,
        Input::ConnectionStateChanged {
            connection: old,
            state,
        },
    );
    assert_eq!(world.pages[ALICE].machine.snapshot(), before);
    assert_eq!(world.pages[ALICE].sent.len(), sent);
}

#[test]
fn a_lost_ice_restart_is_retransmitted() {
    for lost in ["call-offer", "call-answer"] {
        let mut world = World::connected();
        world.cut(PeerConnectionState::Failed);
        world.path = true;
        while let Some((_, relayed)) = world.wire.front() {
            if relayed.signal.type_name() == lost {
                world.wire.clear();
                break;
            }
            world.deliver();
        }
        assert_eq!(world.state(ALICE), State::Reconnecting);
        world.pass(limits::RESEND_AFTER + SECOND);
        assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
    }
}

#[test]
fn an_ice_restart_without_effect_is_repeated() {
    let mut world = World::connected();
    world.cut(PeerConnectionState::Failed);
    world.pass(limits::RESTART_AGAIN_AFTER + SECOND);
    let offers = world.pages[ALICE]
        .sent_types()
        .iter()
        .filter(|t| **t == "call-offer")
        .count();
    assert_eq!(offers, 3);
    world.path = true;
    world.settle();
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
}

#[test]
fn an_old_offer_or_answer_does_not_undo_a_restart() {
    let mut world = World::connected();
    let first_offer = world.pages[ALICE].sent[0].clone();
    let first_answer = world.pages[BOB].sent[1].clone();
    assert_eq!(first_answer.signal.type_name(), "call-answer");
    world.cut(PeerConnectionState::Failed);
    // While the restart waits for its answer, the first one comes again.
    world.deliver_one(BOB, first_answer.clone());
    world.path = true;
    world.settle();
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
    let answers = |world: &World| {
        let types = world.pages[BOB].sent_types();
        types.iter().filter(|t| **t == "call-answer").count()
    };
    let before = answers(&world);
    world.deliver_one(ALICE, first_offer);
    world.deliver_one(BOB, first_answer);
    world.settle();
    assert_eq!(answers(&world), before);
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
}

#[test]
fn an_offer_that_was_rolled_back_is_not_sent() {
    let mut world = World::connected();
    // Bob's browser is still making his restart when Alice's offer arrives.
    world.pages[BOB].slow_to_describe = true;
    world.cut(PeerConnectionState::Disconnected);
    world.now = world.now + limits::CALLEE_RESTART_AFTER;
    world.input(BOB, Input::Timeout);
    world.input(ALICE, Input::Timeout);
    world.settle();
    world.path = true;
    world.describe_now(BOB);
    world.settle();
    assert!(!world.pages[BOB].sent_types().contains(&"call-offer"));
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
}

#[test]
fn another_network_is_moved_to_at_once_by_either_side() {
    for who in [ALICE, BOB] {
        let mut world = World::connected();
        let before = world.pages[who].sent.len();
        world.input(who, Input::NetworkChanged);
        let sent = world.pages[who].sent_types();
        assert_eq!(sent[before], "call-offer");
        world.settle();
        assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
        assert_eq!(
            world.pages[who].machine.poll_timeout(),
            None,
            "one restart is enough"
        );
    }
}

#[test]
fn both_on_another_network_at_once_end_in_one_restart() {
    let mut world = World::connected();
    world.input(ALICE, Input::NetworkChanged);
    world.input(BOB, Input::NetworkChanged);
    world.input(BOB, Input::NetworkChanged);
    world.settle();
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
}

#[test]
fn another_network_touches_no_unaccepted_call() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    let sent: Vec<usize> = world.pages.iter().map(|page| page.sent.len()).collect();
    for who in [ALICE, BOB, CAROL] {
        world.input(who, Input::NetworkChanged);
    }
    world.settle();
    let after: Vec<usize> = world.pages.iter().map(|page| page.sent.len()).collect();
    assert_eq!(sent, after);
}
