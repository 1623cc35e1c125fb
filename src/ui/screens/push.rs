//! PushState where no page is open: what there is to choose, and how it stands.

use crate::ui::words::push as words;

/// Who may wake this device, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushState {
    /// It is being found out, or changed.
    Pending,
    /// Nobody does.
    Off,
    /// Calls do.
    On {
        /// Also those of whoever is no contact.
        strangers: bool,
    },
    /// It could not be changed: the browser's error name.
    Failed(String),
}

/// The choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushChoice {
    /// This device is woken.
    pub is_on: bool,
    /// The choice can be made now.
    pub can_choose: bool,
    /// Strangers wake it too.
    pub strangers: bool,
    /// How it stands.
    pub status: String,
}

/// From how it stands, and whether this browser has a key to ask with.
pub fn push_choice(ringing: &PushState, is_guest: bool) -> PushChoice {
    let (is_on, strangers, status) = match ringing {
        _ if is_guest => (false, false, words::GUEST.to_owned()),
        PushState::Pending => (false, false, words::ONE_MOMENT.to_owned()),
        PushState::Off => (false, false, words::OFF.to_owned()),
        PushState::On { strangers } => (true, *strangers, words::ON.to_owned()),
        PushState::Failed(error) if error == "NotAllowedError" => {
            (false, false, words::BLOCKED.to_owned())
        }
        PushState::Failed(error) => (false, false, words::failed(error)),
    };
    PushChoice {
        is_on,
        can_choose: !is_guest && *ringing != PushState::Pending,
        strangers,
        status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_chosen_says_why() {
        let guest = push_choice(&PushState::Off, true);
        assert_eq!(
            (guest.can_choose, guest.status.as_str()),
            (false, words::GUEST)
        );
        assert!(!push_choice(&PushState::Pending, false).can_choose);
        let blocked = push_choice(&PushState::Failed("NotAllowedError".to_owned()), false);
        assert_eq!(
            (blocked.can_choose, blocked.status.as_str()),
            (true, words::BLOCKED)
        );
        let failed = push_choice(&PushState::Failed("DataError".to_owned()), false);
        assert!(failed.status.contains("DataError"));
        let on = push_choice(&PushState::On { strangers: true }, false);
        assert!(on.is_on && on.strangers && on.can_choose);
    }
}
