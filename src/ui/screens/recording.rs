//! Recording a call, and taking photos of it: what is offered, and what is said of it.

use wimpex_call::{CallSnapshot, CallVideo, State};
use wimpex_client::Peer;
use wimpex_direct::Feature;
use wimpex_recording::Kind;

use super::names::{peer_claim, peer_name};
use crate::session::{LiveView, Problem, RecordingView};
use crate::ui::words::common::in_sentence;
use crate::ui::words::recording as words;

/// What a call's screen shows of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingScreen {
    /// The button **Record**, or what it is called.
    pub record: Option<&'static str>,
    /// It ends something.
    pub is_on: bool,
    /// Nothing can be begun before another one is put in order.
    pub is_disabled: bool,
    /// There is a button for photos.
    pub has_photo: bool,
    /// What this side does.
    pub own: String,
    /// That is to wait for an answer: nothing is made yet.
    pub waits: bool,
    /// A recording is being made, of which the user chooses what is seen.
    pub has_layout: bool,
    /// What the peer does.
    pub peer: String,
    /// What the peer asks.
    pub question: String,
    /// Why there is no recording.
    pub problem: String,
}

/// From the call, what the pages have agreed on, and what is being made.
pub fn recording_screen(
    view: &CallSnapshot,
    people: &[Peer],
    live: &LiveView,
    recording: &RecordingView,
) -> RecordingScreen {
    let Some(call) = view.call.as_ref() else {
        return RecordingScreen::default();
    };
    let is_claimed = peer_claim(people, Some(call)).is_some();
    let name = in_sentence(&peer_name(people, Some(call)), is_claimed);
    let consent = live.consent;
    let is_live = matches!(view.state, State::Connected | State::Reconnecting);
    let (waits, runs) = (consent.waits_for, recording.runs);
    let is_on = waits.is_some() || runs == Some(Kind::Recording);
    let is_silent = runs == Some(Kind::Recording) && recording.is_silent;
    let is_offered = is_live && live.features.has(Feature::Recording);
    let may_begin = is_offered && consent.can_ask && !is_on && runs.is_none();
    let said = |kind: Option<Kind>, word: fn(&str, Kind) -> String| {
        kind.map_or_else(String::new, |kind| word(&name, kind))
    };
    RecordingScreen {
        record: match (waits, runs) {
            (Some(_), _) => Some(words::STOP_ASKING),
            (None, Some(Kind::Recording)) => Some(words::STOP),
            (None, _) => may_begin.then_some(words::RECORD),
        },
        is_on,
        is_disabled: recording.is_busy && !is_on,
        has_photo: may_begin && call.video == CallVideo::On,
        own: match waits {
            Some(_) => said(waits, words::waits),
            None if is_silent => words::runs_silent(&name),
            None => said(runs, words::runs),
        },
        waits: waits.is_some(),
        has_layout: runs == Some(Kind::Recording) && call.video == CallVideo::On,
        peer: said(consent.peer_records, words::peer_records),
        question: said(consent.peer_asks, words::asks),
        problem: problem(recording.problem.as_ref(), &name),
    }
}

fn problem(problem: Option<&Problem>, name: &str) -> String {
    match problem {
        None => String::new(),
        Some(Problem::Declined(kind)) => words::declined(name, *kind),
        Some(Problem::Withdrawn(kind)) => words::withdrawn(name, *kind),
        Some(Problem::NoRoom) => words::NO_ROOM.to_owned(),
        Some(Problem::CannotKeep) => words::CANNOT_KEEP.to_owned(),
        Some(Problem::CannotRecord(kind)) => words::cannot_record(*kind).to_owned(),
        Some(Problem::Empty) => words::EMPTY.to_owned(),
        Some(Problem::NotLoaded) => words::NOT_LOADED.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use wimpex_direct::Features;

    use super::*;
    use crate::session::ConsentView;
    use crate::ui::screens::test_data::{alice_calls, call_in};

    fn live(consent: ConsentView) -> LiveView {
        LiveView {
            features: Features::default().with(Feature::Recording),
            consent,
            ..LiveView::default()
        }
    }

    fn screen(state: State, live: &LiveView, recording: &RecordingView) -> RecordingScreen {
        let mut call = alice_calls();
        call.video = CallVideo::On;
        recording_screen(&call_in(state, call), &[], live, recording)
    }

    #[test]
    fn a_recording_is_offered_where_both_can() {
        let can_ask = live(ConsentView {
            can_ask: true,
            ..ConsentView::default()
        });
        let none = RecordingView::default();
        let it = screen(State::Connected, &can_ask, &none);
        assert_eq!((it.record, it.has_photo), (Some(words::RECORD), true));
        let it = screen(State::Calling, &can_ask, &none);
        assert_eq!((it.record, it.has_photo), (None, false));
        let worn_down = live(ConsentView::default());
        assert_eq!(screen(State::Connected, &worn_down, &none).record, None);
        let old = LiveView {
            features: Features::default(),
            ..can_ask
        };
        assert_eq!(screen(State::Connected, &old, &none).record, None);
    }

    #[test]
    fn what_runs_can_be_ended_and_is_told_of() {
        let waits = live(ConsentView {
            waits_for: Some(Kind::Photo),
            ..ConsentView::default()
        });
        let it = screen(State::Connected, &waits, &RecordingView::default());
        assert_eq!(it.record, Some(words::STOP_ASKING));
        assert!(it.own.contains("to a photo") && !it.has_photo && !it.has_layout);
        let runs = RecordingView {
            runs: Some(Kind::Recording),
            is_busy: true,
            ..RecordingView::default()
        };
        // Also while the connection is away.
        let it = screen(State::Reconnecting, &live(ConsentView::default()), &runs);
        assert_eq!(it.record, Some(words::STOP));
        assert!(it.has_layout && !it.is_disabled && it.own.contains("recording"));
        let ends = RecordingView {
            is_busy: true,
            ..RecordingView::default()
        };
        let can_ask = live(ConsentView {
            can_ask: true,
            ..ConsentView::default()
        });
        assert!(screen(State::Connected, &can_ask, &ends).is_disabled);
    }

    #[test]
    fn a_recording_without_sound_says_so() {
        let silent = |runs| RecordingView {
            runs,
            is_silent: true,
            ..RecordingView::default()
        };
        let agreed = live(ConsentView::default());
        let own = |runs| screen(State::Connected, &agreed, &silent(runs)).own;
        assert!(own(Some(Kind::Recording)).contains("without sound"));
        assert!(!own(Some(Kind::Photo)).contains("sound"));
        assert_eq!(own(None), "");
    }

    #[test]
    fn what_the_peer_does_is_said() {
        let asks = live(ConsentView {
            peer_asks: Some(Kind::Recording),
            ..ConsentView::default()
        });
        let it = screen(State::Connected, &asks, &RecordingView::default());
        assert!(it.question.contains("wants to record") && it.peer.is_empty());
        let records = live(ConsentView {
            peer_records: Some(Kind::Recording),
            ..ConsentView::default()
        });
        let it = screen(State::Reconnecting, &records, &RecordingView::default());
        assert!(it.peer.contains("is recording this call") && it.question.is_empty());
    }
}
