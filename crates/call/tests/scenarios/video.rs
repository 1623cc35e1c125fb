//! What the sides tell each other of themselves, and an audio call that becomes a video call.

use wimpex_call::{CallVideo, Sharing};
use wimpex_protocol::{MediaFlag, MediaState};

use crate::*;

fn audio_call() -> World {
    let mut world = World::new();
    in_audio_call(&mut world);
    world
}

fn in_audio_call(world: &mut World) {
    world.start_call(ALICE, BOB, "call_1", CallType::Audio);
    world.settle();
    world.accept(BOB);
    world.settle();
    assert_eq!(world.states()[..2], [State::Connected, State::Connected]);
}

fn video(world: &World, who: usize) -> CallVideo {
    world.pages[who].machine.snapshot().call.unwrap().video
}

fn peer_media(world: &World, who: usize) -> MediaState {
    let call = world.pages[who].machine.snapshot().call.unwrap();
    call.peer_media.unwrap()
}

/// How many offers a page has sent, and whether the last had video.
fn offers(world: &World, who: usize) -> (usize, Option<bool>) {
    let mut made = world.pages[who]
        .outputs
        .iter()
        .filter_map(|output| match output {
            Output::CreateOffer { video, .. } => Some(*video),
            _ => None,
        });
    (made.clone().count(), made.next_back())
}

#[test]
fn report_30_the_other_side_knows_who_is_muted_and_unseen() {
    let mut world = World::connected();
    assert!(
        !peer_media(&world, BOB).has(MediaFlag::Muted)
            && peer_media(&world, BOB).has(MediaFlag::Camera)
    );
    world.command(ALICE, Command::SetMuted(true));
    assert!(peer_media(&world, BOB).has(MediaFlag::Muted));
    world.command(ALICE, Command::SetCamera(false));
    assert!(!peer_media(&world, BOB).has(MediaFlag::Camera));
    world.command(ALICE, Command::SetMuted(false));
    assert!(!peer_media(&world, BOB).has(MediaFlag::Muted));
    world.input(ALICE, Input::BatteryLow(true));
    assert!(peer_media(&world, BOB).has(MediaFlag::BatteryLow));
}

#[test]
fn a_microphone_that_the_system_takes_is_told_and_undone() {
    let mut world = World::connected();
    let (request, _) = *world.pages[ALICE].live.iter().next().unwrap();
    for (kind, taken) in [
        (wimpex_call::TrackKind::Audio, true),
        (wimpex_call::TrackKind::Audio, false),
    ] {
        let interrupted = taken;
        let input = Input::TrackInterrupted {
            request,
            kind,
            interrupted,
        };
        world.input(ALICE, input);
        assert_eq!(
            peer_media(&world, BOB).has(MediaFlag::MicrophoneTaken),
            taken
        );
        let own = world.pages[ALICE].machine.snapshot().call.unwrap();
        assert_eq!(own.microphone_interrupted, taken);
    }
}

#[test]
fn nothing_is_said_before_there_is_a_connection_and_the_last_word_after_a_gap() {
    let mut world = World::new();
    world.path = false;
    world.video_call(ALICE, BOB, "call_1");
    world.settle();
    world.accept(BOB);
    world.command(ALICE, Command::SetMuted(true));
    world.settle();
    let tells = |world: &World| {
        let outputs = world.pages[ALICE].outputs.iter();
        outputs
            .filter(|it| matches!(it, Output::TellPeer { .. }))
            .count()
    };
    assert_eq!(tells(&world), 0);
    world.path = true;
    world.settle();
    assert_eq!(tells(&world), 1);
    assert!(peer_media(&world, BOB).has(MediaFlag::Muted));
}

#[test]
fn a_peer_that_talks_too_much_is_not_listened_to() {
    let mut world = World::connected();
    let connection = PeerConnectionId(1);
    let said = |muted, id: &str| Input::PeerMediaState {
        connection,
        state: state_of(id).with(MediaFlag::Muted, muted),
    };
    let changes = |world: &World| {
        let outputs = world.pages[BOB].outputs.iter();
        outputs.filter(|it| matches!(it, Output::Changed)).count()
    };
    let before = changes(&world);
    for round in 0..10_000 {
        world.input(BOB, said(round % 2 == 0, "call_1"));
    }
    assert!(changes(&world) - before <= 40);
    // Nor does a word about another call count.
    world.pass(11 * SECOND);
    world.input(BOB, said(false, "call_1"));
    world.input(BOB, said(true, "call_2"));
    assert!(!peer_media(&world, BOB).has(MediaFlag::Muted));
}

fn state_of(id: &str) -> MediaState {
    MediaState::new(call_id(id))
}

#[test]
fn report_14_an_audio_call_becomes_a_video_call_once_both_want_it() {
    for (asks, agrees) in [(ALICE, BOB), (BOB, ALICE)] {
        let mut world = audio_call();
        assert_eq!(offers(&world, ALICE), (1, Some(false)));
        assert_eq!(video(&world, asks), CallVideo::Available);
        world.command(asks, Command::SetCamera(true));
        world.settle();
        assert_eq!(video(&world, asks), CallVideo::Asked);
        assert_eq!(video(&world, agrees), CallVideo::Wanted);
        // Nothing is negotiated before there is an answer.
        assert_eq!(offers(&world, ALICE).0 + offers(&world, BOB).0, 1);
        world.command(agrees, Command::AcceptVideo { camera: true });
        world.settle();
        assert_eq!(
            (video(&world, asks), video(&world, agrees)),
            (CallVideo::On, CallVideo::On)
        );
        assert!(world.pages[asks].camera_is_on() && world.pages[agrees].camera_is_on());
        assert_eq!(offers(&world, agrees).1, Some(true));
        assert_eq!(
            offers(&world, ALICE).0 + offers(&world, BOB).0,
            2,
            "no glare"
        );
        let mut answers = world.pages[asks]
            .outputs
            .iter()
            .filter_map(|output| match output {
                Output::SetRemoteOffer { video, .. } => Some(*video),
                _ => None,
            });
        assert_eq!(answers.next_back(), Some(true));
    }
}

#[test]
fn who_agrees_may_stay_unseen_and_change_their_mind() {
    let mut world = audio_call();
    world.command(ALICE, Command::SetCamera(true));
    world.command(BOB, Command::AcceptVideo { camera: false });
    world.settle();
    assert_eq!(
        (video(&world, ALICE), video(&world, BOB)),
        (CallVideo::On, CallVideo::On)
    );
    assert!(!world.pages[BOB].camera_is_on());
    world.command(BOB, Command::SetCamera(true));
    world.settle();
    assert!(world.pages[BOB].camera_is_on());
    assert_eq!(offers(&world, BOB).0, 1);
}

#[test]
fn with_both_cameras_off_it_is_an_audio_call_again_and_is_asked_anew() {
    let mut world = audio_call();
    world.command(ALICE, Command::SetCamera(true));
    world.command(BOB, Command::AcceptVideo { camera: true });
    world.settle();
    world.command(ALICE, Command::SetCamera(false));
    world.settle();
    assert_eq!(video(&world, ALICE), CallVideo::On, "Bob is seen");
    world.command(BOB, Command::SetCamera(false));
    world.settle();
    for who in [ALICE, BOB] {
        assert_eq!(video(&world, who), CallVideo::Available);
    }
    world.command(BOB, Command::SetCamera(true));
    world.settle();
    assert_eq!(video(&world, ALICE), CallVideo::Wanted);
    world.command(ALICE, Command::AcceptVideo { camera: false });
    world.settle();
    assert_eq!(
        (video(&world, ALICE), video(&world, BOB)),
        (CallVideo::On, CallVideo::On)
    );
}

#[test]
fn a_wish_is_taken_back_with_the_camera() {
    let mut world = audio_call();
    world.command(ALICE, Command::SetCamera(true));
    assert_eq!(video(&world, BOB), CallVideo::Wanted);
    world.command(ALICE, Command::SetCamera(false));
    assert_eq!(video(&world, BOB), CallVideo::Available);
    world.command(BOB, Command::AcceptVideo { camera: true });
    assert!(!world.pages[BOB].camera_is_on());
    // A camera that may not be used is no wish.
    world.pages[ALICE].permission = Some(Err(MediaError::NotAllowed));
    world.command(ALICE, Command::SetCamera(true));
    assert_eq!(video(&world, BOB), CallVideo::Available);
}

#[test]
fn both_may_ask_at_the_same_moment() {
    let mut world = audio_call();
    // Their words cross.
    world.tells = false;
    world.command(ALICE, Command::SetCamera(true));
    world.command(BOB, Command::SetCamera(true));
    for (who, connection) in [(ALICE, 1), (BOB, 1)] {
        let state = state_of("call_1")
            .with(MediaFlag::Camera, true)
            .with(MediaFlag::VideoUpgrade, true)
            .with(MediaFlag::WantsVideo, true);
        let connection = PeerConnectionId(connection);
        world.input(who, Input::PeerMediaState { connection, state });
    }
    world.settle();
    assert_eq!(
        (video(&world, ALICE), video(&world, BOB)),
        (CallVideo::On, CallVideo::On)
    );
    assert_eq!(offers(&world, ALICE), (2, Some(true)));
    assert_eq!(offers(&world, BOB).0, 0);
}

#[test]
fn a_peer_that_does_not_say_that_it_can_is_never_asked_or_renegotiated_with() {
    let mut world = World::new();
    world.tells = false;
    in_audio_call(&mut world);
    world.command(ALICE, Command::SetCamera(true));
    world.settle();
    assert_eq!(video(&world, ALICE), CallVideo::Unavailable);
    assert!(!world.pages[ALICE].camera_is_on());
    assert_eq!(offers(&world, ALICE), (1, Some(false)));
}

#[test]
fn nobody_is_made_to_look_at_video_by_an_offer() {
    let mut world = audio_call();
    let offer = Signal::CallOffer(CallOffer {
        call_id: call_id("call_1"),
        offer: Offer::new(Sdp("offer with video that nobody wants".into())),
        call_type: CallType::Audio,
        from_username: None,
        sec: None,
        link: None,
    });
    world.signal(ALICE, BOB, offer);
    let last = world.pages[BOB]
        .outputs
        .iter()
        .rev()
        .find_map(|output| match output {
            Output::SetRemoteOffer { video, .. } => Some(*video),
            _ => None,
        });
    assert_eq!(last, Some(false));
}

#[test]
fn a_screen_is_told_and_seen_as_a_picture_of_who_shows_it() {
    let mut world = World::connected();
    world.command(ALICE, Command::SetCamera(false));
    world.command(ALICE, Command::SetSharing(Sharing::InPlace));
    let told = peer_media(&world, BOB);
    // Whoever does not know of screens is to look at this one all the same.
    assert!(told.has(MediaFlag::Sharing) && told.has(MediaFlag::Camera));
    world.command(BOB, Command::SetSharing(Sharing::InPlace));
    assert!(peer_media(&world, ALICE).has(MediaFlag::Sharing));
    world.command(ALICE, Command::SetSharing(Sharing::Off));
    let told = peer_media(&world, BOB);
    assert!(!told.has(MediaFlag::Sharing) && !told.has(MediaFlag::Camera));
    assert_eq!(offers(&world, ALICE).0, 1, "nothing is negotiated");
    // Nobody shows anything before there is somebody to look.
    let mut world = World::new();
    world.video_call(ALICE, BOB, "call_1");
    world.command(ALICE, Command::SetSharing(Sharing::InPlace));
    let sharing = world.pages[ALICE].machine.snapshot().call.unwrap().sharing;
    assert_eq!(sharing, Sharing::Off);
}

#[test]
fn a_screen_in_an_audio_call_asks_for_video_as_the_camera_does() {
    let mut world = audio_call();
    world.command(ALICE, Command::SetSharing(Sharing::InPlace));
    world.settle();
    assert_eq!(video(&world, ALICE), CallVideo::Asked);
    assert_eq!(video(&world, BOB), CallVideo::Wanted);
    world.command(BOB, Command::SetSharing(Sharing::InPlace));
    world.settle();
    assert_eq!(
        (video(&world, ALICE), video(&world, BOB)),
        (CallVideo::On, CallVideo::On),
        "who shows something wants video"
    );
    for who in [ALICE, BOB] {
        world.command(who, Command::SetSharing(Sharing::Off));
        world.settle();
    }
    assert_eq!(video(&world, ALICE), CallVideo::Available);
    let cameras = [ALICE, BOB].map(|who| world.pages[who].camera_is_on());
    assert_eq!(cameras, [false, false]);
}

#[test]
fn a_screen_ends_where_its_call_is_put_on_hold() {
    let mut world = World::connected();
    world.command(ALICE, Command::SetSharing(Sharing::InPlace));
    assert!(peer_media(&world, BOB).has(MediaFlag::Sharing));
    world.command(ALICE, Command::SetOnHold(true));
    world.command(ALICE, Command::SetSharing(Sharing::InPlace));
    assert!(!peer_media(&world, BOB).has(MediaFlag::Sharing));
    world.command(ALICE, Command::SetOnHold(false));
    world.settle();
    assert!(!peer_media(&world, BOB).has(MediaFlag::Sharing));
}

#[test]
fn a_screen_beside_the_camera_leaves_the_camera_what_it_is() {
    let mut world = World::connected();
    world.command(ALICE, Command::SetSharing(Sharing::Beside));
    let told = peer_media(&world, BOB);
    assert!(told.has(MediaFlag::Sharing) && told.has(MediaFlag::ScreenTrack));
    assert!(told.has(MediaFlag::Camera));
    world.command(ALICE, Command::SetCamera(false));
    let told = peer_media(&world, BOB);
    assert!(told.has(MediaFlag::ScreenTrack) && !told.has(MediaFlag::Camera));
    // Another connection, to a page that takes none.
    world.command(ALICE, Command::SetSharing(Sharing::InPlace));
    let told = peer_media(&world, BOB);
    assert!(!told.has(MediaFlag::ScreenTrack) && told.has(MediaFlag::Camera));
    world.command(ALICE, Command::SetSharing(Sharing::Off));
    let told = peer_media(&world, BOB);
    assert!(!told.has(MediaFlag::Sharing) && !told.has(MediaFlag::Camera));
    assert_eq!(offers(&world, ALICE).0, 1, "nothing is negotiated");
}
