//! The manager of devices with a made-up system around it, in virtual time.

mod defaults;
mod system;

use std::collections::VecDeque;

use wimpex_call::{MediaError, TrackKind};
use wimpex_client::devices::{
    DeviceAbilities, DeviceChoice, DeviceCommand, DeviceInput, DeviceKind, DeviceManager,
    DeviceNotice, DeviceOutput, DeviceSettings, NoiseFilter, SETTLE, SETTLE_AT_MOST,
};
use wimpex_sansio::Machine;

use DeviceKind::{Camera, Microphone, Speaker};
use TrackKind::{Audio, Video};

use system::{System, device, opens};

/// Field report 4.
#[test]
fn report_4_a_device_is_chosen_and_used_at_once() {
    let mut system = System::in_a_call();
    assert_eq!(system.sent(Audio), Some("default"));
    system.choose(Microphone, "m2");
    system.choose(Camera, "c2");
    assert_eq!(
        (system.sent(Audio), system.sent(Video)),
        (Some("m2"), Some("c2"))
    );
    let shown = system.snapshot();
    assert_eq!(shown.microphone.selected, "m2");
    assert_eq!(shown.microphone.in_use, "Headset");
    let labels: Vec<_> = shown.camera.options.iter().map(|it| &*it.label).collect();
    assert_eq!(labels, ["", "Lid camera", "Desk camera"]);
    assert_eq!(shown.notice, None);
    system.choose(Microphone, "");
    assert_eq!(system.sent(Audio), Some("default"));
    assert_eq!(system.snapshot().microphone.selected, "");
}

#[test]
fn a_choice_is_remembered_by_id_then_by_label() {
    let mut system = System::in_a_call();
    system.choose(Microphone, "m2");
    system.choose(Speaker, "s2");
    let kept = DeviceSettings::decode(&system.stored);
    let mut next = System::with(kept.clone());
    next.capture(Audio);
    assert_eq!(next.sent(Audio), Some("m2"));
    assert_eq!(next.manager.speaker(), "s2");
    assert_eq!(next.notice(), None);
    // The same under other ids.
    let mut other = System::with(kept);
    for device in &mut other.devices {
        if device.id != "default" {
            device.id = format!("new-{}", device.id);
            device.group = format!("new-{}", device.group);
        }
    }
    other.capture(Audio);
    assert_eq!(other.sent(Audio), Some("new-m2"));
    assert_eq!(other.manager.speaker(), "new-s2");
    assert_eq!(other.snapshot().microphone.selected, "new-m2");
    assert_eq!(other.notice(), None);
}

#[test]
fn of_two_with_one_label_the_group_tells() {
    let settings = DeviceSettings {
        microphone: Some(DeviceChoice::new("old", "g-second", "Headset")),
        ..DeviceSettings::default()
    };
    let mut system = System::with(settings);
    system
        .devices
        .push(device(Microphone, "m3", "g-second", "Headset"));
    system.capture(Audio);
    assert_eq!(system.sent(Audio), Some("m3"));
    assert_eq!(system.snapshot().microphone.selected, "m3");
}

#[test]
fn of_two_with_one_label_none_is_guessed() {
    let mut system = System::new();
    let settings = DeviceSettings {
        microphone: Some(DeviceChoice::new("old", "g-old", "Headset")),
        ..DeviceSettings::default()
    };
    system.manager = System::with(settings).manager;
    system
        .devices
        .push(device(Microphone, "m3", "g-other", "Headset"));
    system.capture(Audio);
    assert_eq!(system.sent(Audio), Some("default"));
    // It stays chosen, for when it is there.
    assert_eq!(system.snapshot().microphone.selected, "old");
}

#[test]
fn a_change_that_fails_leaves_all_as_it_was() {
    let mut system = System::in_a_call();
    system.choose(Microphone, "m1");
    let stored = system.stored.clone();
    for (break_it, error) in [
        (
            (|it| it.broken.push(("m2".into(), MediaError::NotReadable))) as fn(&mut System),
            MediaError::NotReadable,
        ),
        (|it| it.replace_fails = true, MediaError::Other),
    ] {
        break_it(&mut system);
        system.choose(Microphone, "m2");
        system.broken.clear();
        system.replace_fails = false;
        assert_eq!(system.snapshot().microphone.selected, "m1");
        assert_eq!(system.stored, stored);
        let wanted = DeviceNotice::NotSwitched {
            kind: Microphone,
            wanted: "Headset".to_owned(),
            error,
        };
        assert_eq!(system.notice(), Some(wanted));
        assert!(!system.snapshot().microphone.is_switching);
        assert!(system.pending.is_empty());
        assert_eq!(system.sent(Audio), Some("m1"));
    }
    system.sink_fails = true;
    system.choose(Speaker, "s2");
    assert_eq!(
        (
            system.manager.speaker(),
            &*system.snapshot().speaker.selected
        ),
        ("", "")
    );
    assert!(matches!(
        system.notice(),
        Some(DeviceNotice::NotSwitched { kind: Speaker, .. })
    ));
}

#[test]
fn where_two_do_not_open_the_first_is_released() {
    let mut system = System::in_a_call();
    system.one_at_a_time = true;
    system.choose(Camera, "c2");
    assert_eq!(system.sent(Video), Some("c2"));
    // And taken again where the second does not open at all.
    system.broken.push(("c1".into(), MediaError::NotReadable));
    system.choose(Camera, "c1");
    assert_eq!(system.sent(Video), Some("c2"));
    assert_eq!(system.snapshot().camera.selected, "c2");
    assert!(matches!(
        system.notice(),
        Some(DeviceNotice::NotSwitched { kind: Camera, .. })
    ));
}

#[test]
fn of_two_choices_the_later_counts() {
    let mut system = System::in_a_call();
    system.held = Some(VecDeque::new());
    system.choose(Microphone, "m1");
    system.choose(Microphone, "m2");
    let held = system.held.take().unwrap();
    // The earlier one comes last, and late failures change nothing.
    for input in held.into_iter().rev() {
        system.input(input);
    }
    assert_eq!(system.sent(Audio), Some("m2"));
    assert_eq!(system.snapshot().microphone.selected, "m2");
    assert!(system.pending.is_empty(), "what came too late is stopped");
}

/// Field report 5.
#[test]
fn report_5_the_next_microphone_takes_over_by_itself() {
    let mut system = System::in_a_call();
    system.choose(Microphone, "m2");
    system.choose(Speaker, "s2");
    let before = system.now;
    let headset = system.unplug("g-headset");
    assert_eq!(system.sent(Audio), Some("default"));
    assert_eq!(system.manager.speaker(), "");
    assert!(system.now.since(before) <= SETTLE_AT_MOST);
    // One line for one headset.
    let Some(DeviceNotice::TookOver { kinds, lost, .. }) = system.notice() else {
        panic!("{:?}", system.notice());
    };
    assert_eq!((kinds, &*lost), (vec![Microphone, Speaker], "Headset"));
    assert_eq!(
        system.count(|it| matches!(it, DeviceOutput::CallLost(..))),
        0
    );
    // It is still what the user chose, and used when it is back.
    system.plug(headset);
    assert_eq!(
        (system.sent(Audio), system.manager.speaker()),
        (Some("m2"), "s2")
    );
    assert!(matches!(
        system.notice(),
        Some(DeviceNotice::Returned { .. })
    ));
    system.command(DeviceCommand::Undo);
    assert_eq!(system.sent(Audio), Some("m1"));
}

#[test]
fn report_5_undo_rather_mutes_than_uses_what_nobody_chose() {
    let mut system = System::in_a_call();
    system.choose(Microphone, "m2");
    system.unplug("g-headset");
    system.command(DeviceCommand::Undo);
    assert_eq!(system.count(|it| *it == DeviceOutput::SetMuted(true)), 1);
    assert_eq!(system.notice(), None);
    system.unplug("g-lid");
    assert_eq!(system.sent(Video), Some("c2"));
    system.command(DeviceCommand::Undo);
    assert_eq!(system.count(|it| *it == DeviceOutput::CameraOff), 1);
    assert!(!system.snapshot().camera.is_live);
}

/// Chromium's entry `default` may stand for what is in the list by no other name.
#[test]
fn report_5_undo_returns_to_a_default_that_is_listed_nowhere_else() {
    let mut system = System::in_a_call();
    system.devices[0].group = "g-elsewhere".to_owned();
    system.devices[0].label = "Sound server".to_owned();
    system.choose(Microphone, "m2");
    let headset = system.unplug("g-headset");
    assert_eq!(system.sent(Audio), Some("default"));
    system.plug(headset);
    assert_eq!(system.sent(Audio), Some("m2"));
    system.command(DeviceCommand::Undo);
    assert_eq!(system.sent(Audio), Some("default"));
    assert_eq!(system.snapshot().microphone.selected, "");
    assert_eq!(system.count(|it| *it == DeviceOutput::SetMuted(true)), 0);
}

/// As PulseAudio and PipeWire do: what was captured goes on with another device.
#[test]
fn report_5_a_device_that_is_gone_while_its_track_lives_is_lost() {
    let mut system = System::in_a_call();
    system.choose(Microphone, "m2");
    let headset: Vec<_> = system.of_group("g-headset").cloned().collect();
    system.devices.retain(|it| it.group != "g-headset");
    system.input(DeviceInput::DevicesChanged);
    system.settle();
    assert_eq!(system.sent(Audio), Some("default"));
    let Some(DeviceNotice::TookOver { lost, .. }) = system.notice() else {
        panic!("{:?}", system.notice());
    };
    assert_eq!(lost, "Headset");
    system.plug(headset);
    assert_eq!(system.sent(Audio), Some("m2"));
}

#[test]
fn report_4_a_speaker_that_goes_is_used_again_when_it_is_back() {
    for undone in [false, true] {
        let mut system = System::in_a_call();
        system.choose(Speaker, "s2");
        assert_eq!(system.manager.speaker(), "s2");
        let headset = system.unplug("g-headset");
        assert_eq!(system.manager.speaker(), "");
        let took_over = DeviceNotice::TookOver {
            kinds: vec![Speaker],
            lost: "Headset".to_owned(),
            now: String::new(),
        };
        assert_eq!(system.notice(), Some(took_over));
        if undone {
            // There is nothing else to play to, and the choice outlives that.
            system.command(DeviceCommand::Undo);
            assert_eq!((system.manager.speaker(), system.notice()), ("", None));
        }
        system.plug(headset);
        assert_eq!(system.manager.speaker(), "s2");
        let returned = DeviceNotice::Returned {
            kinds: vec![Speaker],
            label: "Headset".to_owned(),
        };
        assert_eq!(system.notice(), Some(returned));
        system.command(DeviceCommand::Undo);
        assert_eq!(system.manager.speaker(), "");
        assert_eq!(system.snapshot().speaker.selected, "");
    }
}

#[test]
fn report_5_a_device_that_was_only_reset_is_no_news() {
    let mut system = System::in_a_call();
    system.choose(Microphone, "m2");
    system.input(DeviceInput::DevicesChanged);
    system.input(DeviceInput::TrackEnded(Audio));
    system.sent[0] = None;
    assert!(system.snapshot().microphone.is_switching);
    system.settle();
    assert_eq!(system.sent(Audio), Some("m2"));
    assert_eq!(system.notice(), None);
}

#[test]
fn report_5_a_permission_taken_back_is_not_a_device_gone() {
    let mut system = System::in_a_call();
    for id in ["default", "m1", "m2"] {
        system.broken.push((id.into(), MediaError::NotAllowed));
    }
    system.input(DeviceInput::TrackEnded(Audio));
    system.settle();
    let told = DeviceOutput::CallLost(Audio, MediaError::NotAllowed);
    assert!(system.log.contains(&told));
    assert_eq!(
        system.snapshot().microphone.error,
        Some(MediaError::NotAllowed)
    );
}

/// Field report 17.
#[test]
fn report_17_no_dead_camera_is_shown() {
    let mut system = System::in_a_call();
    let lid = system.unplug("g-lid");
    assert_eq!(system.sent(Video), Some("c2"));
    system.unplug("g-desk");
    assert_eq!(system.sent(Video), None);
    let camera = system.snapshot().camera;
    assert!(!camera.is_live && camera.in_use.is_empty());
    let told = DeviceOutput::CallLost(Video, MediaError::Ended);
    assert!(system.log.contains(&told));
    // The first that was lost is the one that is waited for.
    system.plug(lid);
    assert_eq!(system.sent(Video), Some("c1"));
    assert!(matches!(
        system.notice(),
        Some(DeviceNotice::Returned { .. })
    ));
}

#[test]
fn a_new_device_is_offered_and_never_grabbed() {
    let mut system = System::in_a_call();
    let opened = system.count(opens);
    system.plug(vec![
        device(Microphone, "m3", "g-buds", "Earbuds"),
        device(Speaker, "s3", "g-buds", "Earbuds"),
    ]);
    let offered = DeviceNotice::Offered {
        kinds: vec![Microphone, Speaker],
        label: "Earbuds".to_owned(),
    };
    assert_eq!(system.notice(), Some(offered));
    assert_eq!(system.count(opens), opened);
    system.command(DeviceCommand::UseOffered);
    assert_eq!(
        (system.sent(Audio), system.manager.speaker()),
        (Some("m3"), "s3")
    );
    assert_eq!(system.notice(), None);
}

#[test]
fn permission_makes_no_device_new() {
    let mut system = System::new();
    let told = system.devices.clone();
    system.devices = vec![
        device(Microphone, "", "", ""),
        device(Camera, "", "", ""),
        device(Speaker, "", "", ""),
    ];
    system.command(DeviceCommand::Open);
    assert_eq!(system.notice(), None);
    system.devices = told;
    system.input(DeviceInput::DevicesChanged);
    system.settle();
    assert_eq!(system.notice(), None);
    assert_eq!(system.snapshot().microphone.options.len(), 3);
}

#[test]
fn a_burst_of_changes_is_one_change() {
    let mut system = System::in_a_call();
    let asked = |system: &System| system.count(|it| matches!(it, DeviceOutput::Enumerate(_)));
    let before = asked(&system);
    let start = system.now;
    // Never quiet: it is looked at within a second all the same.
    while system
        .manager
        .poll_timeout()
        .is_none_or(|at| at > system.now)
    {
        system.input(DeviceInput::DevicesChanged);
        system.now = system.now + SETTLE / 3;
        assert!(system.now.since(start) <= SETTLE_AT_MOST + SETTLE);
    }
    system.settle();
    assert_eq!(asked(&system), before + 1);
    assert_eq!(system.manager.poll_timeout(), None);
}

#[test]
fn nothing_is_captured_until_it_is_opened() {
    let mut system = System::new();
    system.input(DeviceInput::DevicesChanged);
    assert_eq!(system.manager.poll_timeout(), None);
    assert_eq!(system.count(opens), 0);
    system.command(DeviceCommand::Open);
    assert_eq!(
        (system.sent(Audio), system.sent(Video)),
        (Some("default"), Some("c1"))
    );
    assert!(system.snapshot().is_preview && system.log.contains(&DeviceOutput::Meter(true)));
    system.choose(Camera, "c2");
    assert_eq!(system.sent(Video), Some("c2"));
    system.command(DeviceCommand::Close);
    assert_eq!((system.sent(Audio), system.sent(Video)), (None, None));
    assert_eq!(
        system
            .log
            .iter()
            .rfind(|it| matches!(it, DeviceOutput::Meter(_))),
        Some(&DeviceOutput::Meter(false))
    );
}

#[test]
fn what_opens_after_the_close_is_stopped() {
    let mut system = System::new();
    system.held = Some(VecDeque::new());
    system.command(DeviceCommand::Open);
    system.command(DeviceCommand::Close);
    for input in system.held.take().unwrap() {
        system.input(input);
    }
    assert!(system.pending.is_empty());
    assert_eq!((system.sent(Audio), system.sent(Video)), (None, None));
    assert!(!system.snapshot().microphone.is_live);
}

#[test]
fn looking_at_devices_in_a_call_captures_nothing_more() {
    let mut system = System::new();
    system.capture(Audio);
    system.command(DeviceCommand::Open);
    assert_eq!(system.count(opens), 0);
    // A camera that is off can be chosen for later.
    system.choose(Camera, "c2");
    assert_eq!(system.sent(Video), None);
    assert_eq!(system.manager.preferred(Video).as_deref(), Some("c2"));
    system.command(DeviceCommand::Close);
    assert_eq!(system.sent(Audio), Some("default"));
}

/// Field report 30, second half.
#[test]
fn report_30_who_speaks_while_muted_is_told() {
    let mut system = System::in_a_call();
    let speak = |system: &mut System| {
        for level in [0.001, 0.2, 0.2, 0.2, 0.2] {
            system.input(DeviceInput::Level(level));
        }
        system.snapshot().speaks_while_muted
    };
    assert!(!speak(&mut system));
    system.input(DeviceInput::Muted(true));
    assert!(system.log.contains(&DeviceOutput::Meter(true)));
    assert!(speak(&mut system));
    system.settle();
    assert!(!system.snapshot().speaks_while_muted);
    assert!(speak(&mut system));
    system.input(DeviceInput::Muted(false));
    assert!(!system.snapshot().speaks_while_muted);
}

#[test]
fn the_key_of_push_to_talk_unmutes_while_held() {
    let mut system = System::new();
    system.command(DeviceCommand::TalkKey(true));
    system.command(DeviceCommand::SetPushToTalk(true));
    assert_eq!(
        system.count(|it| matches!(it, DeviceOutput::SetMuted(_))),
        0
    );
    system.capture(Audio);
    system.command(DeviceCommand::TalkKey(true));
    // Auto-repeat.
    system.command(DeviceCommand::TalkKey(true));
    system.command(DeviceCommand::TalkKey(false));
    let muted: Vec<_> = system
        .log
        .iter()
        .filter_map(|output| match output {
            DeviceOutput::SetMuted(muted) => Some(*muted),
            _ => None,
        })
        .collect();
    assert_eq!(muted, [true, false, true]);
    assert!(DeviceSettings::decode(&system.stored).push_to_talk);
}

#[test]
fn noise_suppression_is_for_every_microphone_or_said_not_to_be() {
    let mut system = System::in_a_call();
    system.command(DeviceCommand::SetNoiseSuppression(true));
    let asked =
        |it: &DeviceOutput| matches!(it, DeviceOutput::SetNoiseSuppression { is_on: true, .. });
    assert_eq!(system.count(asked), 1);
    system.choose(Microphone, "m2");
    assert_eq!(system.count(asked), 2);
    assert!(system.snapshot().noise_suppression.is_on);
    system.filter_fails = true;
    system.choose(Microphone, "m1");
    assert!(!system.snapshot().noise_suppression.is_on);
    assert_eq!(system.notice(), Some(DeviceNotice::NoNoiseSuppression));
    assert!(!DeviceSettings::decode(&system.stored).noise_suppression);
    // What cannot be turned off is shown to be on.
    system.filter_fails = false;
    system.command(DeviceCommand::SetNoiseSuppression(true));
    system.filter_fails = true;
    system.command(DeviceCommand::SetNoiseSuppression(false));
    assert!(system.snapshot().noise_suppression.is_on);
    assert!(DeviceSettings::decode(&system.stored).noise_suppression);
}

#[test]
fn noise_suppression_is_offered_only_where_the_microphone_has_it() {
    let mut system = System::in_a_call();
    assert!(system.snapshot().noise_suppression.is_offered);
    system.command(DeviceCommand::SetNoiseSuppression(true));
    let asked = |it: &DeviceOutput| matches!(it, DeviceOutput::SetNoiseSuppression { .. });
    let before = system.count(asked);
    system.plug(vec![device(Microphone, "m3", "g-desk", "Desk")]);
    system.choose(Microphone, "m3");
    assert_eq!(system.sent(Audio), Some("m3"));
    assert!(!system.snapshot().noise_suppression.is_offered);
    assert_eq!((system.count(asked), system.notice()), (before, None));
    // It is wanted still, for those that have it.
    system.choose(Microphone, "m2");
    assert_eq!(system.count(asked), before + 1);
    assert!(system.snapshot().noise_suppression.is_on);
}

#[test]
fn the_page_filters_where_the_microphone_does_not() {
    let mut system = System::in_a_call();
    system.manager = DeviceManager::new(
        DeviceAbilities {
            chooses_speaker: true,
            filters_noise: true,
            tells_changes: true,
        },
        DeviceSettings::default(),
    );
    system.capture(Audio);
    system.plug(vec![device(Microphone, "m3", "g-desk", "Desk")]);
    // Off until somebody wants it.
    let with = |system: &System| {
        system.log.iter().rev().find_map(|it| match it {
            DeviceOutput::SetNoiseSuppression { filter, is_on, .. } => Some((*filter, *is_on)),
            _ => None,
        })
    };
    assert!(!system.snapshot().noise_suppression.is_on);
    assert_eq!(with(&system), None);
    system.command(DeviceCommand::SetNoiseSuppression(true));
    assert_eq!(with(&system), Some((NoiseFilter::VoiceIsolation, true)));
    system.choose(Microphone, "m3");
    assert!(system.snapshot().noise_suppression.is_offered);
    assert_eq!(with(&system), Some((NoiseFilter::Worklet, true)));
    system.command(DeviceCommand::SetNoiseSuppression(false));
    assert_eq!(with(&system), Some((NoiseFilter::Worklet, false)));
}

#[test]
fn blur_is_offered_only_where_the_camera_has_both_values() {
    let mut system = System::in_a_call();
    assert!(!system.snapshot().background_blur.is_offered);
    system.choose(Camera, "c2");
    assert!(system.snapshot().background_blur.is_offered);
    system.command(DeviceCommand::SetBackgroundBlur(true));
    assert_eq!(
        system.count(|it| matches!(it, DeviceOutput::SetBackgroundBlur(_, true))),
        1
    );
}

#[test]
fn what_is_remembered_is_bounded_and_read_again() {
    let long = "ü\t\n".repeat(500);
    let settings = DeviceSettings {
        microphone: Some(DeviceChoice::new(&long, &long, &long)),
        camera: Some(DeviceChoice::new("c", "", "A camera")),
        speaker: Some(DeviceChoice::new(&long, &long, &long)),
        noise_suppression: true,
        background_blur: true,
        push_to_talk: true,
    };
    let text = settings.encode();
    assert!(text.len() < 1_500, "{}", text.len());
    assert_eq!(DeviceSettings::decode(&text), settings);
    let garbage = "audioinput\n\t\tvideoinput\nfrom-the-future\t1\naudioinput\t\tgroup\tlabel";
    assert_eq!(DeviceSettings::decode(garbage), DeviceSettings::default());
    assert_eq!(DeviceSettings::default().encode(), "");
}
