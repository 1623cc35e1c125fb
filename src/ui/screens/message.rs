//! Leaving a message, and the messages that came.

use std::time::Duration;

use wimpex_call::{EndReason, Ended, Role, State};
use wimpex_identity::is_key_id;
use wimpex_mailbox::{Kind, Refused, Sender, limits};

use crate::ui::words::message as words;

/// Whether a message may be left after that: nobody answered, they were busy, or away. Not for who
/// said no, nor for a guest, who has no key.
pub fn may_leave_message(ended: &Ended, is_guest: bool) -> bool {
    let is_unheard = matches!(
        ended.reason,
        EndReason::NoAnswer
            | EndReason::Busy
            | EndReason::PeerOffline
            | EndReason::PeerAsleep
            | EndReason::PeerGone
            | EndReason::Cancelled
    );
    is_unheard && ended.role == Role::Caller && !is_guest && is_key_id(&ended.peer)
}

/// How much of those that wait is fetched now: in a call no more than what it does not notice. A minute of
/// sound has 300 kB; a picture may have to wait.
pub fn bytes_at_once(call: State) -> u32 {
    const IN_CALL: u32 = 2 << 20;
    match call {
        State::Connecting | State::Connected | State::Reconnecting => IN_CALL,
        State::Idle | State::Calling | State::Ringing | State::Ended => limits::SEALED_BYTES,
    }
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaveState {
    /// Whether they take messages is not known, or they take none.
    Hidden,
    /// It can begin.
    Offered,
    /// Sound or picture?
    Choosing,
    /// The browser asks for the devices.
    Starting(Kind),
    /// It is being recorded.
    Recording {
        /// Sound or picture.
        kind: Kind,
        /// So far.
        elapsed: Duration,
    },
    /// It can be seen, and sent.
    Preview(Kind),
    /// It is on its way.
    Sending {
        /// How much of it has gone.
        percent: u8,
    },
    /// It is there.
    Sent,
    /// It did not work.
    Failed {
        /// Why.
        why: LeaveFailure,
        /// There is a recording that can be sent again.
        has_recording: bool,
    },
}

/// Why a message was not left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaveFailure {
    /// The server cannot be reached.
    Away,
    /// Whoever it is for takes none.
    NotWanted,
    /// Too many wait for them.
    ReceiverFull,
    /// Too many of this user's wait.
    SenderFull,
    /// The server has no room.
    HostFull,
    /// Too much at once.
    TooFast,
    /// This device's clock is wrong.
    Clock,
    /// The microphone or the camera: the browser's error name.
    Device {
        /// It is the camera.
        is_camera: bool,
        /// `NotAllowedError` and so on.
        error: String,
    },
    /// Something else, by the browser's name.
    Other(String),
}

/// The parts that are shown one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeaveStage {
    /// Nothing.
    Hidden,
    /// The button.
    Offered,
    /// Two buttons, and a way out.
    Choosing,
    /// A way out.
    Starting,
    /// The picture, if there is one, and a button that ends it.
    Recording {
        /// There is a picture.
        is_video: bool,
    },
    /// The recording, and what to do with it.
    Preview {
        /// There is a picture.
        is_video: bool,
    },
    /// A way out.
    Sending,
    /// Words.
    Sent,
    /// What to do about it.
    Failed {
        /// There is something to send.
        can_retry: bool,
        /// There is something to throw away, or to record anew.
        can_record: bool,
    },
}

/// What is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaveScreen {
    /// Which part.
    pub stage: LeaveStage,
    /// How it stands.
    pub status: String,
    /// It is bad news.
    pub is_failure: bool,
}

/// From how far it is, and for whom.
pub fn leave_screen(state: &LeaveState, name: &str) -> LeaveScreen {
    let shown = |stage, status: String| LeaveScreen {
        stage,
        status,
        is_failure: false,
    };
    match state {
        LeaveState::Hidden => shown(LeaveStage::Hidden, String::new()),
        LeaveState::Offered => shown(LeaveStage::Offered, String::new()),
        LeaveState::Choosing => shown(LeaveStage::Choosing, words::invitation(name)),
        LeaveState::Starting(kind) => {
            let words = match kind {
                Kind::Audio => words::STARTING,
                Kind::Video => words::STARTING_PICTURE,
            };
            shown(LeaveStage::Starting, words.to_owned())
        }
        LeaveState::Recording { kind, elapsed } => {
            let is_video = *kind == Kind::Video;
            let stage = LeaveStage::Recording { is_video };
            shown(stage, words::recording(*elapsed, limits::LENGTH))
        }
        LeaveState::Preview(kind) => {
            let is_video = *kind == Kind::Video;
            let stage = LeaveStage::Preview { is_video };
            shown(stage, words::PREVIEW.to_owned())
        }
        LeaveState::Sending { percent } => shown(LeaveStage::Sending, words::sending(*percent)),
        LeaveState::Sent => shown(LeaveStage::Sent, words::sent(name)),
        LeaveState::Failed { why, has_recording } => LeaveScreen {
            stage: LeaveStage::Failed {
                can_retry: *has_recording && *why != LeaveFailure::NotWanted,
                can_record: !*has_recording,
            },
            status: failure(why, name),
            is_failure: true,
        },
    }
}

fn failure(why: &LeaveFailure, name: &str) -> String {
    use words::failed;
    match why {
        LeaveFailure::Away => failed::AWAY.to_owned(),
        LeaveFailure::NotWanted => failed::not_wanted(name),
        LeaveFailure::ReceiverFull => failed::receiver_full(name),
        LeaveFailure::SenderFull => failed::SENDER_FULL.to_owned(),
        LeaveFailure::HostFull => failed::HOST_FULL.to_owned(),
        LeaveFailure::TooFast => failed::TOO_FAST.to_owned(),
        LeaveFailure::Clock => failed::CLOCK.to_owned(),
        LeaveFailure::Device { is_camera, error } => match (error.as_str(), is_camera) {
            ("NotAllowedError", true) => failed::CAMERA_BLOCKED.to_owned(),
            ("NotAllowedError", false) => failed::MICROPHONE_BLOCKED.to_owned(),
            ("NotFoundError", true) => failed::NO_CAMERA.to_owned(),
            ("NotFoundError", false) => failed::NO_MICROPHONE.to_owned(),
            ("NotReadableError", is_camera) => failed::in_use(*is_camera).to_owned(),
            ("NotSupportedError", _) => failed::CANNOT_RECORD.to_owned(),
            (other, _) => failed::other(other),
        },
        LeaveFailure::Other(error) => failed::other(error),
    }
}

/// The status while it is recorded changes each second, which nobody wants to have read out: only
/// what changes with the part is.
pub fn is_read_out(stage: LeaveStage) -> bool {
    !matches!(stage, LeaveStage::Recording { .. } | LeaveStage::Sending)
}

/// Whether others may leave messages, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailboxState {
    /// It is being found out, or changed.
    Pending,
    /// This server keeps none, or this browser has no key: there is nothing to choose.
    Unavailable,
    /// The user wants none.
    Off,
    /// They may.
    On {
        /// Contacts only.
        contacts_only: bool,
    },
    /// The server could not be told: the browser's error name, or none if it is away.
    Failed(Option<String>),
}

/// The choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxChoice {
    /// There is one.
    pub is_shown: bool,
    /// They may.
    pub is_on: bool,
    /// How it stands.
    pub status: String,
}

/// From how it stands.
pub fn mailbox_choice(state: &MailboxState, wanted: bool) -> MailboxChoice {
    let status = match state {
        MailboxState::Pending => words::ONE_MOMENT.to_owned(),
        MailboxState::Unavailable => String::new(),
        MailboxState::Off => words::SETTING_OFF.to_owned(),
        MailboxState::On { contacts_only } => {
            let words = if *contacts_only {
                words::SETTING_CONTACTS
            } else {
                words::SETTING_EVERYBODY
            };
            words.to_owned()
        }
        MailboxState::Failed(error) => words::setting_failed(error.as_deref()),
    };
    MailboxChoice {
        is_shown: *state != MailboxState::Unavailable,
        is_on: wanted,
        status,
    }
}

/// What is to be known of messages that were not taken, each with who its sender is: nothing of those
/// whom the user does not know. They could frighten anybody, and nobody waits for what they leave.
pub fn refused(refused: &[(Sender, Refused)]) -> Option<&'static str> {
    let mut of_contacts = Vec::new();
    for (sender, why) in refused {
        match sender {
            Sender::Contact => of_contacts.push(*why),
            Sender::Stranger | Sender::Blocked => {}
        }
    }
    let is_of = |kinds: &[Refused]| of_contacts.iter().any(|it| kinds.contains(it));
    let changed = [
        Refused::OtherReceiver,
        Refused::Replayed,
        Refused::Signature,
        Refused::Damaged,
        Refused::Old,
        Refused::Future,
        Refused::TooLarge,
    ];
    if is_of(&changed) {
        return Some(words::REFUSED);
    }
    is_of(&[Refused::OtherKey]).then_some(words::OTHER_KEY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screens::test_data::{ended, key_id};

    fn after(reason: EndReason) -> Ended {
        Ended {
            peer: key_id(),
            ..ended(reason)
        }
    }

    #[test]
    fn a_message_is_for_who_did_not_hear_the_call() {
        for reason in [EndReason::NoAnswer, EndReason::Busy, EndReason::PeerOffline] {
            assert!(may_leave_message(&after(reason), false), "{reason:?}");
            assert!(!may_leave_message(&after(reason), true), "a guest");
            assert!(!may_leave_message(&ended(reason), false), "for a guest");
        }
        for reason in [
            EndReason::PeerDeclined,
            EndReason::HungUp,
            EndReason::ConnectionFailed,
        ] {
            assert!(!may_leave_message(&after(reason), false), "{reason:?}");
        }
        let called = Ended {
            role: Role::Callee,
            ..after(EndReason::Busy)
        };
        assert!(!may_leave_message(&called, false));
    }

    #[test]
    fn what_failed_says_what_to_do() {
        let failed =
            |why, has_recording| leave_screen(&LeaveState::Failed { why, has_recording }, "Bob");
        let away = failed(LeaveFailure::Away, true);
        assert_eq!(
            away.stage,
            LeaveStage::Failed {
                can_retry: true,
                can_record: false
            }
        );
        assert!(away.is_failure && away.status.contains("still here"));
        let full = failed(LeaveFailure::ReceiverFull, true);
        assert!(full.status.contains("Bob has too many"), "{}", full.status);
        let unwanted = failed(LeaveFailure::NotWanted, true);
        assert!(matches!(
            unwanted.stage,
            LeaveStage::Failed {
                can_retry: false,
                ..
            }
        ));
        let device = |is_camera, error: &str| {
            let error = error.to_owned();
            failed(LeaveFailure::Device { is_camera, error }, false).status
        };
        assert!(device(true, "NotAllowedError").contains("record sound only"));
        assert!(device(false, "NotFoundError").contains("No microphone"));
        assert!(device(false, "NotSupportedError").contains("can’t record"));
        assert!(device(false, "AbortError").contains("AbortError"));
    }

    #[test]
    fn the_seconds_are_not_read_out() {
        let recording = LeaveState::Recording {
            kind: Kind::Audio,
            elapsed: Duration::from_secs(61),
        };
        let screen = leave_screen(&recording, "Bob");
        assert_eq!(screen.status, "Recording: 01:01 of 03:00");
        assert!(!is_read_out(screen.stage));
        assert!(is_read_out(leave_screen(&LeaveState::Sent, "Bob").stage));
    }

    #[test]
    fn refused_messages_are_told_of_contacts_alone() {
        let of = |sender, all: &[Refused]| {
            let all: Vec<_> = all.iter().map(|why| (sender, *why)).collect();
            refused(&all)
        };
        assert_eq!(of(Sender::Contact, &[]), None);
        let changed = [
            Refused::OtherReceiver,
            Refused::Replayed,
            Refused::Signature,
            Refused::Damaged,
            Refused::Old,
            Refused::Future,
            Refused::TooLarge,
        ];
        for why in changed {
            assert_eq!(of(Sender::Contact, &[why]), Some(words::REFUSED), "{why:?}");
        }
        let other_key = of(Sender::Contact, &[Refused::OtherKey]);
        assert_eq!(other_key, Some(words::OTHER_KEY));
        // Whoever wants to can leave noise, and the same again and again.
        for sender in [Sender::Stranger, Sender::Blocked] {
            assert_eq!(of(sender, &changed), None);
            let unwanted = [Refused::Stranger, Refused::Blocked, Refused::OtherKey];
            assert_eq!(of(sender, &unwanted), None);
        }
    }

    #[test]
    fn the_choice_says_whose_messages_are_taken() {
        let on = |contacts_only| mailbox_choice(&MailboxState::On { contacts_only }, true).status;
        assert_eq!(
            (on(true).as_str(), on(false).as_str()),
            (words::SETTING_CONTACTS, words::SETTING_EVERYBODY)
        );
        assert!(!mailbox_choice(&MailboxState::Unavailable, true).is_shown);
    }
}
