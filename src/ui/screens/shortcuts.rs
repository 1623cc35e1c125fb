//! The keys that do something in a call by themselves (WCAG 2.2, 2.1.4): which, and whether at all.

use crate::ui::words::shortcuts as words;

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortcutAction {
    /// Mutes or unmutes the microphone.
    Microphone,
    /// Turns the camera off or on.
    Camera,
    /// Opens the list of shortcuts.
    Help,
}

impl ShortcutAction {
    /// In the order of the list.
    pub const ALL: [Self; 3] = [Self::Microphone, Self::Camera, Self::Help];

    /// What it does, in words; and the name of the field with its key.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Microphone => (words::MICROPHONE, words::MICROPHONE_KEY_LABEL),
            Self::Camera => (words::CAMERA, words::CAMERA_KEY_LABEL),
            Self::Help => (words::HELP, words::HELP_KEY_LABEL),
        }
    }
}

/// The keys, as this device keeps them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortcuts {
    /// Otherwise no key does anything by itself.
    pub are_on: bool,
    /// In the order of [`ShortcutAction::ALL`]; small letters.
    keys: [char; 3],
}

impl Default for Shortcuts {
    fn default() -> Self {
        Self {
            are_on: true,
            keys: ['m', 'v', '?'],
        }
    }
}

impl Shortcuts {
    /// What [`Shortcuts::kept`] has made. Anything else is as if nothing had been chosen.
    pub fn parse(kept: &str) -> Self {
        let mut of = Self::default();
        let (on, keys) = match kept.strip_prefix("off ") {
            Some(keys) => (false, keys),
            None => (true, kept),
        };
        of.are_on = on;
        let mut given = keys.chars();
        if let (Some(a), Some(b), Some(c), None) =
            (given.next(), given.next(), given.next(), given.next())
            && a != b
            && b != c
            && a != c
        {
            of.keys = [a, b, c];
        }
        of
    }

    /// The same keys, on or off.
    pub fn turned(self, on: bool) -> Self {
        Self { are_on: on, ..self }
    }

    /// As a text, to be kept.
    pub fn kept(self) -> String {
        let keys: String = self.keys.iter().collect();
        if self.are_on {
            keys
        } else {
            ["off ", &keys].concat()
        }
    }

    /// The key of an action, as it stands on a keyboard.
    pub fn key(self, action: ShortcutAction) -> String {
        let key = self.keys[action as usize];
        key.to_ascii_uppercase().to_string()
    }

    /// The same where it counts, for tooltips and `aria-keyshortcuts`.
    pub fn active_key(self, action: ShortcutAction) -> Option<String> {
        self.are_on.then(|| self.key(action))
    }

    /// What a key does that was pressed alone, and not into a field (UI Events,
    /// `KeyboardEvent.key`).
    pub fn action(self, key: &str) -> Option<ShortcutAction> {
        let key = single(key).filter(|_| self.are_on)?;
        let at = self.keys.iter().position(|known| *known == key)?;
        ShortcutAction::ALL.get(at).copied()
    }

    /// With another key for an action: the last character that was typed.
    ///
    /// # Errors
    /// Why it cannot be that key, in words.
    pub fn with_key(self, action: ShortcutAction, typed: &str) -> Result<Self, &'static str> {
        let typed = typed.trim();
        let key = typed.chars().next_back().map(String::from);
        let key = key.and_then(|key| single(&key)).ok_or(words::NO_KEY)?;
        let mut changed = self;
        changed.keys[action as usize] = key;
        let others = self.keys.iter().enumerate();
        let taken = others.filter(|(at, _)| *at != action as usize);
        if taken.into_iter().any(|(_, other)| *other == key) {
            return Err(words::KEY_TAKEN);
        }
        Ok(changed)
    }
}

/// One visible character. The space bar presses buttons, and is none.
fn single(key: &str) -> Option<char> {
    let mut letters = key.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if !letter.is_whitespace() && !letter.is_control() => {
            Some(letter.to_ascii_lowercase())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// jitsi-meet #7550, element-call PR #749, w3c/wcag21 #69.
    #[test]
    fn m_and_v_mute_nobody_who_has_turned_them_off() {
        let off = Shortcuts::default().turned(false);
        for letter in "maybe video?".chars() {
            assert_eq!(off.action(&letter.to_string()), None);
        }
        assert_eq!(off.active_key(ShortcutAction::Microphone), None);
        assert_eq!(Shortcuts::parse(&off.kept()), off);
    }

    #[test]
    fn each_key_does_what_the_list_says() {
        let keys = Shortcuts::default();
        assert_eq!(keys.action("M"), Some(ShortcutAction::Microphone));
        assert_eq!(keys.action("v"), Some(ShortcutAction::Camera));
        assert_eq!(keys.action("?"), Some(ShortcutAction::Help));
        for other in ["x", "", "Enter", " ", "mv"] {
            assert_eq!(keys.action(other), None, "{other:?}");
        }
        assert_eq!(keys.key(ShortcutAction::Camera), "V");
    }

    #[test]
    fn a_key_can_be_changed_but_does_one_thing_only() {
        let keys = Shortcuts::default();
        let changed = keys.with_key(ShortcutAction::Microphone, "MX").unwrap();
        assert_eq!(changed.action("x"), Some(ShortcutAction::Microphone));
        assert_eq!(changed.action("m"), None);
        assert_eq!(Shortcuts::parse(&changed.kept()), changed);
        let taken = keys.with_key(ShortcutAction::Microphone, "V");
        assert_eq!(taken, Err(words::KEY_TAKEN));
        assert_eq!(
            keys.with_key(ShortcutAction::Camera, " "),
            Err(words::NO_KEY)
        );
        let same = keys.with_key(ShortcutAction::Camera, "v").unwrap();
        assert_eq!(same, keys);
    }

    #[test]
    fn what_is_kept_and_cannot_be_is_as_if_nothing_were() {
        for kept in ["", "m", "mm?", "off", "abcd", "vv"] {
            assert_eq!(
                Shortcuts::parse(kept).keys,
                Shortcuts::default().keys,
                "{kept}"
            );
        }
    }
}
