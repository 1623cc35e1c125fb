//! Sound and picture, both ways.

use wimpex_e2e::{CallKind, Role, Scenario, wait_until};

use crate::shared::{alice_and_bob, connect, hang_up, in_a_call, scenarios};

scenarios! {
    FirefoxToo: video_call_carries_picture_and_sound_both_ways,
    AnyBrowsers: audio_call_carries_sound_and_uses_no_camera,
    FirefoxToo: accepting_without_camera_sends_sound_only,
    AnyBrowsers: a_second_call_works_right_after_the_first,
    AnyBrowsers: a_pause_from_outside_is_undone,
}

async fn video_call_carries_picture_and_sound_both_ways(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees(), alice.hears(), bob.hears());
    for peer in [&alice, &bob] {
        peer.page.find(Role::Video, "Remote video").await;
        peer.page.find(Role::Video, "Your camera").await;
        let timer = peer.timer().await;
        let (minutes, seconds) = timer.trim().split_once(':').expect("mm:ss");
        assert_eq!((minutes, seconds.len()), ("00", 2), "{timer:?}");
    }
    hang_up(&alice, &bob).await;
}

async fn audio_call_carries_sound_and_uses_no_camera(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    tokio::join!(alice.hears(), bob.hears());
    for peer in [&alice, &bob] {
        let snapshot = peer.page.snapshot().await;
        assert_eq!(
            snapshot.live_cameras, 0,
            "{} films an audio call",
            peer.name
        );
        let described = snapshot.sent.iter().filter(|sent| !sent.media.is_empty());
        for sent in described {
            assert_eq!(
                sent.media,
                // The video is inactive, for later; the application is the data channel.
                ["audio", "video", "application"],
                "media in the {} of {}",
                sent.r#type,
                peer.name
            );
        }
        assert_eq!(peer.page.media().await.frames_decoded, 0);
        assert!(
            peer.page
                .find_now(Role::Button, "Turn camera off")
                .await
                .is_none()
        );
    }
    hang_up(&bob, &alice).await;
}

async fn accepting_without_camera_sends_sound_only(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.accept_without_camera().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    tokio::join!(alice.hears(), bob.hears(), bob.sees());
    assert_eq!(
        bob.page.snapshot().await.live_cameras,
        0,
        "Bob's camera is on"
    );
    assert_eq!(
        alice.page.media().await.frames_decoded,
        0,
        "Alice got a picture of Bob"
    );
    // He may change his mind.
    bob.page.click(Role::Button, "Turn camera on").await;
    alice.sees().await;
    hang_up(&alice, &bob).await;
}

async fn a_second_call_works_right_after_the_first(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    hang_up(&bob, &alice).await;
    tokio::join!(alice.back_home(), bob.back_home());
    connect(&bob, &alice, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees(), alice.hears(), bob.hears());
    for peer in [&alice, &bob] {
        assert_eq!(peer.page.snapshot().await.connections_open, 1);
    }
    hang_up(&alice, &bob).await;
}

/// As when a telephone takes the sound for a while.
async fn a_pause_from_outside_is_undone(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    alice.sees().await;
    for element in ["audio", "video.remote"] {
        let pause = format!("document.querySelector('{element}').pause(); return true");
        let _: bool = alice.page.evaluate(&pause).await;
        let playing = format!("return !document.querySelector('{element}').paused");
        wait_until(&format!("{element} to go on"), async || {
            let plays: bool = alice.page.evaluate(&playing).await;
            plays.then_some(()).ok_or_else(|| "it stands".to_owned())
        })
        .await;
    }
    hang_up(&alice, &bob).await;
}
