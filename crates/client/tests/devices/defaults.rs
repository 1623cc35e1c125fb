//! The system's default, and browsers that tell little of it.

use wimpex_call::{MediaError, TrackKind};
use wimpex_client::devices::{
    DeviceAbilities, DeviceCommand, DeviceInput, DeviceKind, DeviceManager, DeviceNotice,
    DeviceOutput, DeviceSettings, LOOK_EVERY,
};
use wimpex_sansio::Machine;

use DeviceKind::{Camera, Microphone, Speaker};
use TrackKind::{Audio, Video};

use crate::system::{System, device, opens};

#[test]
fn the_default_follows_the_system() {
    let mut system = System::in_a_call();
    system.devices[0].group = "g-headset".to_owned();
    system.input(DeviceInput::DevicesChanged);
    system.settle();
    // By the name of the device, not of Chromium's entry.
    let followed = DeviceNotice::Followed {
        kind: Microphone,
        label: "Headset".to_owned(),
    };
    assert_eq!(system.notice(), Some(followed));
    assert!(matches!(
        system.notice(),
        Some(DeviceNotice::Followed {
            kind: Microphone,
            ..
        })
    ));
    assert_eq!(system.count(opens), 1);
    // Not where the user chose one.
    let mut chosen = System::in_a_call();
    chosen.choose(Microphone, "m1");
    let opened = chosen.count(opens);
    chosen.devices[0].group = "g-headset".to_owned();
    chosen.input(DeviceInput::DevicesChanged);
    chosen.settle();
    assert_eq!((chosen.count(opens), chosen.notice()), (opened, None));
}

/// As Firefox and Safari list devices: there is no entry of the default, which is the first of its kind.
fn without_aliases() -> System {
    let mut system = System::new();
    system.devices.retain(|device| device.id != "default");
    system.capture(Audio);
    system.capture(Video);
    system
}

/// Lists this device first of its kind.
fn make_first(system: &mut System, id: &str) {
    let at = system.devices.iter().position(|it| it.id == id);
    let device = system.devices.remove(at.expect("it is listed"));
    system.devices.insert(0, device);
    system.input(DeviceInput::DevicesChanged);
    system.settle();
}

#[test]
fn the_default_is_followed_where_it_has_no_entry() {
    let mut system = without_aliases();
    assert_eq!(system.sent(Audio), Some("m1"));
    make_first(&mut system, "m2");
    let followed = |kind, label: &str| {
        let label = label.to_owned();
        Some(DeviceNotice::Followed { kind, label })
    };
    assert_eq!(system.sent(Audio), Some("m2"));
    assert_eq!(system.notice(), followed(Microphone, "Headset"));
    // The browser is asked for what it gives unasked: it may be what was chosen in its prompt.
    let opened = |it: &&DeviceOutput| matches!(it, DeviceOutput::Open { device: None, .. });
    assert_eq!(system.log.iter().filter(opened).count(), 1);
    assert_eq!(system.snapshot().microphone.selected, "");
    system.command(DeviceCommand::Undo);
    assert_eq!(system.sent(Audio), Some("m1"));
    make_first(&mut system, "c2");
    assert_eq!(system.sent(Video), Some("c2"));
    assert_eq!(system.notice(), followed(Camera, "Desk camera"));
    // Now one is chosen, and no other is followed.
    let before = system.count(opens);
    make_first(&mut system, "m2");
    assert_eq!(system.count(opens), before);
    assert_eq!(system.sent(Audio), Some("m1"));
}

#[test]
fn what_the_browser_gives_again_is_no_news() {
    let mut system = without_aliases();
    // It was chosen in the browser's prompt, whatever the system's default is.
    system.prompted = Some("m1".to_owned());
    make_first(&mut system, "m2");
    assert_eq!(system.count(opens), 1);
    assert_eq!((system.sent(Audio), system.notice()), (Some("m1"), None));
}

#[test]
fn a_new_default_is_followed_and_a_new_camera_offered() {
    let mut system = without_aliases();
    system
        .devices
        .insert(0, device(Microphone, "m3", "g-buds", "Earbuds"));
    system.plug(Vec::new());
    assert_eq!(system.sent(Audio), Some("m3"));
    system
        .devices
        .insert(0, device(Camera, "c3", "g-new", "New camera"));
    system.plug(Vec::new());
    assert_eq!(system.sent(Video), Some("c1"));
    let Some(DeviceNotice::Offered { label, .. }) = system.notice() else {
        panic!("{:?}", system.notice());
    };
    assert_eq!(label, "New camera");
}

/// A microphone that hears the speaker would send the peers their own voices.
#[test]
fn a_monitor_of_a_speaker_is_never_used_by_itself() {
    let mut system = without_aliases();
    let monitor = device(Microphone, "m0", "g-m", "Monitor of Headset");
    system.devices.insert(1, monitor);
    system.plug(Vec::new());
    assert_eq!(system.notice(), None, "nor is it offered");
    system.unplug("g-laptop");
    assert_eq!(system.sent(Audio), Some("m2"));
    // Whoever wants it may choose it.
    system.choose(Microphone, "m0");
    assert_eq!(system.sent(Audio), Some("m0"));
}

#[test]
fn a_browser_that_tells_nothing_is_asked_each_second() {
    let mut system = System::new();
    let abilities = DeviceAbilities {
        chooses_speaker: true,
        ..DeviceAbilities::default()
    };
    system.manager = DeviceManager::new(abilities, DeviceSettings::default());
    assert_eq!(system.manager.poll_timeout(), None);
    system.capture(Audio);
    system.choose(Microphone, "m2");
    assert_eq!(system.manager.poll_timeout(), Some(system.now + LOOK_EVERY));
    system.settle();
    assert_eq!(system.manager.poll_timeout(), Some(system.now + LOOK_EVERY));
    // It goes without a word; Chromium ends its track when it is asked.
    let before = system.now;
    let headset: Vec<_> = system.of_group("g-headset").cloned().collect();
    system.devices.retain(|it| it.group != "g-headset");
    system.settle();
    assert_eq!(system.sent(Audio), Some("default"));
    assert!(system.now.since(before) <= LOOK_EVERY);
    // It is back, and does not open: that is tried once, with what was in use before let go, and not each
    // second.
    system.broken.push(("m2".into(), MediaError::NotReadable));
    system.devices.extend(headset);
    system.settle();
    let tried = system.count(opens);
    for _ in 0..3 {
        system.settle();
    }
    assert_eq!(system.count(opens), tried);
    assert_eq!(system.sent(Audio), Some("default"));
    // It is tried again when the devices have changed.
    system.broken.clear();
    system.devices.push(device(Speaker, "s3", "g-desk", "Desk"));
    system.settle();
    assert_eq!(system.sent(Audio), Some("m2"));
    system.input(DeviceInput::CallOver);
    assert_eq!(system.manager.poll_timeout(), None);
}
