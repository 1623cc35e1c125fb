//! What somebody should know of this browser and its devices.

use wimpex_call::ActiveCall;

use super::icon::Icon;
use crate::ui::words::place::Place;
use crate::ui::words::{devices, notices as words};
use wimpex_client::{KeyStorage, Trust};

/// Whether there is any notice of this browser. `has_devices`: it has microphones and cameras for
/// the page.
pub fn has_notices(trust: &Trust, has_devices: bool) -> bool {
    !has_devices
        || trust.is_guest
        || trust.is_another
        || trust.is_clock_off
        || trust.key_storage != KeyStorage::Fine
}

/// One thing to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserNotice {
    /// Beside the words.
    pub icon: Icon,
    /// In a few words.
    pub title: &'static str,
    /// What it means, and what helps.
    pub text: String,
}

/// Whether the browser has microphones and cameras for the page; else, why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Devices {
    /// It has, as far as one can know before asking.
    Present,
    /// The page is no secure context (W3C Secure Contexts).
    Insecure,
    /// `navigator.mediaDevices` is missing all the same.
    Missing,
}

impl Devices {
    /// From `isSecureContext`, and whether there is a `navigator.mediaDevices`.
    pub fn of(is_secure: bool, is_supported: bool) -> Self {
        match (is_secure, is_supported) {
            (false, _) => Self::Insecure,
            (true, false) => Self::Missing,
            (true, true) => Self::Present,
        }
    }
}

/// From what is known of the person's key and clock, the browser's devices, where the page is open,
/// and its origin.
pub fn browser_notices(
    trust: &Trust,
    devices: Devices,
    place: Place,
    origin: &str,
) -> Vec<BrowserNotice> {
    let notice = |icon, title, text: &str| BrowserNotice {
        icon,
        title,
        text: text.to_owned(),
    };
    let mut notices = Vec::new();
    if devices == Devices::Missing {
        let text = words::missing_devices(place);
        notices.push(notice(Icon::WARNING, words::NO_DEVICES, text));
    }
    if devices == Devices::Insecure {
        let text = words::insecure_text(origin);
        notices.push(notice(Icon::WARNING, words::INSECURE, &text));
    // On a page over http there is worse to say, and the reason is the same.
    } else if trust.is_guest {
        let error = match &trust.key_storage {
            KeyStorage::Failing(error) => error,
            KeyStorage::Fine | KeyStorage::Slow => "",
        };
        let text = words::guest_text(error);
        notices.push(notice(Icon::UNLOCKED, words::GUEST, &text));
    }
    match &trust.key_storage {
        KeyStorage::Slow => notices.push(notice(
            Icon::WARNING,
            words::SLOW_STORAGE,
            words::SLOW_STORAGE_TEXT,
        )),
        KeyStorage::Failing(error) if !trust.is_guest => notices.push(notice(
            Icon::WARNING,
            words::BROKEN_STORAGE,
            &words::broken_storage_text(error),
        )),
        KeyStorage::Fine | KeyStorage::Failing(_) => {}
    }
    if trust.is_another {
        notices.push(notice(Icon::WARNING, words::NEW_LINK, words::NEW_LINK_TEXT));
    }
    if trust.is_clock_off {
        notices.push(notice(
            Icon::WARNING,
            words::WRONG_CLOCK,
            words::WRONG_CLOCK_TEXT,
        ));
    }
    notices
}

/// In a call: what is wrong with microphone and camera. Empty where nothing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeviceTrouble {
    /// Why the person is not heard.
    pub microphone: &'static str,
    /// Why the person is not seen.
    pub camera: &'static str,
}

/// From the call, and where the page is open.
pub fn device_trouble(call: Option<&ActiveCall>, place: Place) -> DeviceTrouble {
    let of = |words: fn(&ActiveCall, Place) -> Option<&'static str>| {
        call.and_then(|call| words(call, place)).unwrap_or_default()
    };
    DeviceTrouble {
        microphone: of(devices::microphone),
        camera: of(devices::camera),
    }
}

#[cfg(test)]
mod tests {
    use wimpex_call::{Capture, MediaError};

    use super::*;
    use crate::ui::screens::test_data::alice_calls;

    const HERE: &str = "http://192.0.2.1";

    fn notices(trust: &Trust, is_secure: bool) -> Vec<BrowserNotice> {
        browser_notices(trust, Devices::of(is_secure, true), Place::Browser, HERE)
    }

    fn titles(trust: &Trust, is_secure: bool) -> Vec<&'static str> {
        let notices = notices(trust, is_secure);
        assert_eq!(has_notices(trust, is_secure), !notices.is_empty());
        notices.into_iter().map(|notice| notice.title).collect()
    }

    #[test]
    fn of_two_notices_with_one_cause_the_worse_is_shown() {
        let guest = Trust {
            is_guest: true,
            ..Trust::default()
        };
        assert_eq!(titles(&guest, true), [words::GUEST]);
        assert_eq!(titles(&guest, false), [words::INSECURE]);
        let text = &notices(&guest, false)[0].text;
        assert!(text.contains("http://192.0.2.1"), "{text}");
    }

    #[test]
    fn storage_that_fails_is_told_from_a_browser_that_keeps_no_key() {
        let storage = |key_storage, is_guest| Trust {
            key_storage,
            is_guest,
            ..Trust::default()
        };
        let full = KeyStorage::Failing("QuotaExceededError".to_owned());
        assert_eq!(
            titles(&storage(KeyStorage::Slow, false), true),
            [words::SLOW_STORAGE]
        );
        assert_eq!(
            titles(&storage(full.clone(), false), true),
            [words::BROKEN_STORAGE]
        );
        assert_eq!(titles(&storage(full.clone(), true), true), [words::GUEST]);
        let text = |trust: &Trust| notices(trust, true)[0].text.clone();
        assert!(text(&storage(full.clone(), true)).contains("storage is full"));
        assert!(text(&storage(full, false)).contains("nothing is lost"));
        let forbidden = KeyStorage::Failing("SecurityError".to_owned());
        assert!(text(&storage(forbidden, true)).contains("private window"));
    }

    #[test]
    fn nothing_is_said_where_all_is_well() {
        assert!(titles(&Trust::default(), true).is_empty());
        let both = Trust {
            is_another: true,
            is_clock_off: true,
            ..Trust::default()
        };
        assert_eq!(titles(&both, true), [words::NEW_LINK, words::WRONG_CLOCK]);
    }

    #[test]
    fn each_device_has_its_own_reason() {
        let mut call = alice_calls();
        call.camera = Capture::Failed(MediaError::NotFound);
        let shown = device_trouble(Some(&call), Place::Browser);
        assert_eq!(shown.microphone, "");
        assert!(shown.camera.contains("No camera was found"));
        let nothing = device_trouble(None, Place::Browser);
        assert_eq!(nothing, DeviceTrouble::default());
    }

    /// philnash/mediadevices-camera-selection #3: no word of http on a page that came over https.
    #[test]
    fn report_22_a_missing_api_is_not_called_insecure() {
        let shown = |place| {
            let notices = browser_notices(&Trust::default(), Devices::Missing, place, HERE);
            assert_eq!(notices.len(), 1);
            assert!(has_notices(&Trust::default(), false));
            notices[0].text.clone()
        };
        for (place, way_out) in [
            (Place::Browser, "Chrome, Edge, Firefox or Safari"),
            (Place::App, "Open it in Safari or Chrome"),
            (Place::Frame, "a tab of its own"),
        ] {
            let text = shown(place);
            assert!(text.contains(way_out) && !text.contains("http"), "{text}");
            let mut call = alice_calls();
            for error in [MediaError::Unsupported, MediaError::NotAllowed] {
                call.microphone = Capture::Failed(error);
                call.camera = Capture::Failed(error);
                let trouble = device_trouble(Some(&call), place);
                for words in [trouble.microphone, trouble.camera] {
                    assert!(!words.contains("http"), "{words}");
                    let names_a_bar = words.contains("address bar");
                    assert_eq!(
                        names_a_bar,
                        place == Place::Browser && error == MediaError::NotAllowed
                    );
                }
            }
        }
    }
}
