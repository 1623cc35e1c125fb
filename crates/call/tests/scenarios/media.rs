//! Microphone and camera.

use crate::*;

#[test]
fn after_accept_nothing_waits_for_the_camera() {
    let mut world = World::new();
    world.pages[ALICE].permission = None;
    world.pages[BOB].permission = None;
    world.talk();
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);

    world.answer_prompt(BOB, Ok(()));
    let attached = world.pages[BOB]
        .outputs
        .iter()
        .any(|o| matches!(o, Output::AttachMedia { .. }));
    assert!(attached && world.pages[BOB].camera_is_on());
}

#[test]
fn an_audio_call_never_asks_for_the_camera() {
    let mut world = World::new();
    world.start_call(ALICE, BOB, "call_1", CallType::Audio);
    world.settle();
    world.accept(BOB);
    world.settle();
    assert_eq!(world.state(BOB), State::Connected);
    assert!(!world.pages[ALICE].camera_is_on() && !world.pages[BOB].camera_is_on());
}

#[test]
fn accept_without_camera_leaves_it_off_until_asked() {
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.command(BOB, Command::Accept { camera: false });
    world.settle();
    assert!(!world.pages[BOB].camera_is_on());
    world.command(BOB, Command::SetCamera(true));
    assert!(world.pages[BOB].camera_is_on());
    world.command(BOB, Command::SetCamera(false));
    assert!(!world.pages[BOB].camera_is_on());
}

#[test]
fn a_camera_allowed_after_the_end_goes_off_again() {
    let mut world = World::new();
    world.pages[ALICE].permission = None;
    world.video_call(ALICE, BOB, "call_1");
    world.command(ALICE, Command::HangUp);
    world.answer_prompt(ALICE, Ok(()));
    world.settle();
    world.assert_all_let_go();

    // Nor does it join the next call.
    world.video_call(ALICE, BOB, "call_2");
    world.command(ALICE, Command::HangUp);
    world.pages[ALICE].permission = Some(Ok(()));
    world.start_call(ALICE, BOB, "call_3", CallType::Audio);
    world.answer_prompt(ALICE, Ok(()));
    assert!(!world.pages[ALICE].camera_is_on());
}

#[test]
fn a_camera_turned_off_during_the_prompt_stays_off() {
    let mut world = World::new();
    world.pages[ALICE].permission = None;
    world.video_call(ALICE, BOB, "call_1");
    world.command(ALICE, Command::SetCamera(false));
    world.answer_prompt(ALICE, Ok(()));
    assert!(!world.pages[ALICE].camera_is_on());
    let call = world.pages[ALICE].machine.snapshot().call.unwrap();
    assert_eq!((call.microphone, call.camera), (Capture::On, Capture::Off));
}

#[test]
fn a_call_without_devices_goes_on_and_can_ask_again() {
    let mut world = World::new();
    world.pages[BOB].permission = Some(Err(MediaError::NotAllowed));
    world.talk();
    assert_eq!(world.state(BOB), State::Connected);
    let call = world.pages[BOB].machine.snapshot().call.unwrap();
    assert_eq!(call.microphone, Capture::Failed(MediaError::NotAllowed));
    assert_eq!(call.camera, Capture::Failed(MediaError::NotAllowed));

    world.pages[BOB].permission = Some(Ok(()));
    world.command(BOB, Command::SetMuted(false));
    world.command(BOB, Command::SetCamera(true));
    let call = world.pages[BOB].machine.snapshot().call.unwrap();
    assert_eq!((call.microphone, call.camera), (Capture::On, Capture::On));
}

#[test]
fn an_unplugged_camera_shows_and_can_be_asked_again() {
    let mut world = World::connected();
    let request = *world.pages[ALICE]
        .live
        .iter()
        .map(|(request, _)| request)
        .next()
        .unwrap();
    let kind = wimpex_call::TrackKind::Video;
    let reason = MediaError::Ended;
    world.input(
        ALICE,
        Input::TrackEnded {
            request,
            kind,
            reason,
        },
    );
    let camera = |world: &World| world.pages[ALICE].machine.snapshot().call.unwrap().camera;
    assert_eq!(camera(&world), Capture::Failed(MediaError::Ended));
    world.command(ALICE, Command::SetCamera(true));
    assert_eq!(camera(&world), Capture::On);
}

/// The newest request of which a page has live tracks.
fn live_request(world: &World, page: usize) -> wimpex_call::MediaRequest {
    let live = world.pages[page].live.iter();
    live.map(|(request, _)| *request).max().unwrap()
}

fn call_of(world: &World, page: usize) -> wimpex_call::ActiveCall {
    world.pages[page].machine.snapshot().call.unwrap()
}

fn ended(world: &mut World, kind: wimpex_call::TrackKind, reason: MediaError) {
    let request = live_request(world, ALICE);
    world.input(
        ALICE,
        Input::TrackEnded {
            request,
            kind,
            reason,
        },
    );
}

/// Field report 5.
#[test]
fn report_5_a_lost_microphone_that_returns_is_used_again() {
    use wimpex_call::TrackKind::{Audio, Video};
    let mut world = World::connected();
    ended(&mut world, Audio, MediaError::Ended);
    let lost = call_of(&world, ALICE);
    assert_eq!(lost.microphone, Capture::Failed(MediaError::Ended));
    // The other device is not touched.
    world.input(ALICE, Input::DeviceReturned { kind: Video });
    assert_eq!(call_of(&world, ALICE), lost);
    world.input(ALICE, Input::DeviceReturned { kind: Audio });
    let back = call_of(&world, ALICE);
    assert_eq!((back.microphone, back.camera), (Capture::On, Capture::On));
    assert!(!back.muted);
}

#[test]
fn what_was_refused_is_not_asked_for_by_itself() {
    let kind = wimpex_call::TrackKind::Audio;
    let mut world = World::connected();
    ended(&mut world, kind, MediaError::NotAllowed);
    world.input(ALICE, Input::DeviceReturned { kind });
    let call = call_of(&world, ALICE);
    assert_eq!(call.microphone, Capture::Failed(MediaError::NotAllowed));
}

/// Field report 18.
#[test]
fn report_18_what_the_system_takes_shows_until_it_is_back() {
    let mut world = World::connected();
    let request = live_request(&world, ALICE);
    let kind = wimpex_call::TrackKind::Video;
    let mut is_taken = |of, interrupted| {
        let input = Input::TrackInterrupted {
            request: of,
            kind,
            interrupted,
        };
        world.input(ALICE, input);
        let call = call_of(&world, ALICE);
        assert_eq!(call.camera, Capture::On);
        assert!(!call.microphone_interrupted);
        call.camera_interrupted
    };
    assert!(is_taken(request, true));
    // Of a track that is not in use any more.
    assert!(is_taken(wimpex_call::MediaRequest(u64::MAX), false));
    assert!(!is_taken(request, false));
    // A track that has ended is not interrupted, and neither is the next one.
    assert!(is_taken(request, true));
    ended(&mut world, kind, MediaError::Ended);
    assert!(!call_of(&world, ALICE).camera_interrupted);
    world.command(ALICE, Command::SetCamera(true));
    assert!(!call_of(&world, ALICE).camera_interrupted);
}
