//! The choice of microphone, camera and speaker, and what happened to them.

use wimpex_client::devices::{DeviceKind, DeviceNotice, DevicesSnapshot};

use crate::ui::words::devices as words;
use crate::ui::words::place::Place;

/// One device to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceChoiceOption {
    /// To choose it by.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// It is the one that is chosen.
    pub is_selected: bool,
}

/// The combobox of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceField {
    /// In order.
    pub options: Vec<DeviceChoiceOption>,
    /// It can be used.
    pub is_enabled: bool,
    /// What is to be known of it; empty if nothing is.
    pub hint: &'static str,
    /// That is bad news.
    pub is_trouble: bool,
}

/// From what is known of the devices.
pub fn device_field(kind: DeviceKind, devices: &DevicesSnapshot, place: Place) -> DeviceField {
    let menu = devices.menu(kind);
    let name = |at: usize, label: &str| match (at, label) {
        (0, _) => words::SYSTEM_DEFAULT.to_owned(),
        (at, "") => words::unnamed(kind, at),
        (_, label) => label.to_owned(),
    };
    let options = menu.options.iter().enumerate();
    let options = options.map(|(at, option)| DeviceChoiceOption {
        id: option.id.clone(),
        name: name(at, &option.label),
        is_selected: option.id == menu.selected,
    });
    let no_choice = kind == DeviceKind::Speaker && !devices.can_choose_speaker;
    let trouble = menu.error.map(|error| words::trouble(kind, error, place));
    DeviceField {
        options: options.collect(),
        is_enabled: !no_choice,
        hint: match trouble {
            Some(trouble) => trouble,
            None if no_choice => words::NO_SPEAKER_CHOICE,
            None => "",
        },
        is_trouble: trouble.is_some(),
    }
}

/// In the place of the own picture, where there is none.
pub fn no_picture(devices: &DevicesSnapshot) -> &'static str {
    if devices.camera.is_switching {
        words::PICTURE_COMES
    } else {
        words::NO_PICTURE
    }
}

/// One line about what happened, and what can be done about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeLine {
    /// Empty if nothing did.
    pub text: String,
    /// It can be undone.
    pub can_undo: bool,
    /// Something is offered.
    pub is_offer: bool,
}

/// From what is known of the devices.
pub fn notice_line(devices: &DevicesSnapshot) -> NoticeLine {
    let Some(notice) = &devices.notice else {
        return NoticeLine::default();
    };
    NoticeLine {
        text: words::notice(notice),
        can_undo: notice.can_undo(),
        is_offer: matches!(notice, DeviceNotice::Offered { .. }),
    }
}

/// Whether the space bar talks: push to talk is on, and the key means nothing else where it was
/// pressed. A button that was clicked has the focus still; one that was reached by the keyboard
/// is pressed by this key.
pub fn is_talk_key(key: &str, tag: &str, is_focus_visible: bool) -> bool {
    let types = matches!(tag, "INPUT" | "TEXTAREA" | "SELECT");
    let presses = matches!(tag, "BUTTON" | "SUMMARY" | "A") && is_focus_visible;
    key == " " && !types && !presses
}

#[cfg(test)]
mod tests {
    use wimpex_call::MediaError;
    use wimpex_client::devices::{DeviceMenu, DeviceOption};

    use super::*;

    fn menu(labels: &[&str]) -> DeviceMenu {
        let option = |(at, label): (usize, &&str)| DeviceOption {
            id: if at == 0 {
                String::new()
            } else {
                at.to_string()
            },
            label: (*label).to_owned(),
        };
        DeviceMenu {
            options: labels.iter().enumerate().map(option).collect(),
            selected: "2".to_owned(),
            ..DeviceMenu::default()
        }
    }

    /// Field report 4.
    #[test]
    fn report_4_every_device_has_a_name_and_one_is_chosen() {
        let devices = DevicesSnapshot {
            microphone: menu(&["", "Headset", ""]),
            ..DevicesSnapshot::default()
        };
        let field = device_field(DeviceKind::Microphone, &devices, Place::Browser);
        let names: Vec<_> = field.options.iter().map(|it| &*it.name).collect();
        assert_eq!(names, ["System default", "Headset", "Microphone 2"]);
        let chosen: Vec<_> = field.options.iter().map(|it| it.is_selected).collect();
        assert_eq!(chosen, [false, false, true]);
        assert!(field.is_enabled && field.hint.is_empty());
    }

    #[test]
    fn a_speaker_that_cannot_be_chosen_is_said_to_be_so() {
        let mut devices = DevicesSnapshot::default();
        let field = device_field(DeviceKind::Speaker, &devices, Place::Browser);
        assert!(!field.is_enabled && !field.is_trouble);
        assert_eq!(field.hint, words::NO_SPEAKER_CHOICE);
        devices.can_choose_speaker = true;
        let field = device_field(DeviceKind::Speaker, &devices, Place::Browser);
        assert_eq!((field.is_enabled, field.hint), (true, ""));
    }

    #[test]
    fn each_device_says_why_it_cannot_be_had() {
        let mut devices = DevicesSnapshot::default();
        devices.camera.error = Some(MediaError::NotAllowed);
        let field = device_field(DeviceKind::Camera, &devices, Place::Browser);
        assert!(field.is_trouble && field.hint.contains("blocked"));
        let framed = device_field(DeviceKind::Camera, &devices, Place::Frame);
        assert!(framed.hint.contains("a tab of its own"));
        assert_eq!(
            device_field(DeviceKind::Microphone, &devices, Place::Browser).hint,
            ""
        );
        assert_eq!(no_picture(&devices), words::NO_PICTURE);
        devices.camera.is_switching = true;
        assert_eq!(no_picture(&devices), words::PICTURE_COMES);
    }

    /// Field report 5.
    #[test]
    fn report_5_one_line_says_what_took_over() {
        let line = |notice| {
            notice_line(&DevicesSnapshot {
                notice: Some(notice),
                ..DevicesSnapshot::default()
            })
        };
        let over = |lost: &str, now: &str| {
            line(DeviceNotice::TookOver {
                kinds: vec![DeviceKind::Microphone],
                lost: lost.to_owned(),
                now: now.to_owned(),
            })
        };
        let took = over("AirPods", "Built-in microphone");
        let text = "AirPods was disconnected. Using Built-in microphone instead.";
        assert_eq!((&*took.text, took.can_undo), (text, true));
        assert!(
            over("", "")
                .text
                .starts_with("Your microphone was disconnected.")
        );
        let offer = line(DeviceNotice::Offered {
            kinds: vec![DeviceKind::Microphone, DeviceKind::Speaker],
            label: "AirPods".to_owned(),
        });
        assert!(offer.is_offer && !offer.can_undo);
        let failed = line(DeviceNotice::NotSwitched {
            kind: DeviceKind::Camera,
            wanted: "Desk camera".to_owned(),
            error: MediaError::NotReadable,
        });
        let text = "Couldn’t switch to Desk camera, so your camera stays as it was.";
        assert_eq!((&*failed.text, failed.can_undo), (text, false));
        assert_eq!(
            notice_line(&DevicesSnapshot::default()),
            NoticeLine::default()
        );
    }

    #[test]
    fn the_talk_key_is_left_to_what_it_was_meant_for() {
        assert!(is_talk_key(" ", "BODY", false));
        assert!(is_talk_key(" ", "BUTTON", false), "it was clicked");
        assert!(!is_talk_key(" ", "BUTTON", true), "it was reached by Tab");
        assert!(!is_talk_key(" ", "SELECT", true) && !is_talk_key(" ", "INPUT", false));
        assert!(!is_talk_key("a", "BODY", false));
    }
}
