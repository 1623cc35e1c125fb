//! When the network cannot carry both: whether less video would help.

use wimpex_call::{CallSnapshot, Capture};
use wimpex_quality::{Assessment, Grade, Reason};

/// Whether stopping the own video would make what is sent arrive better.
pub fn pause_helps(call: &CallSnapshot, sending: Option<Assessment>) -> bool {
    let sends = call.call.as_ref().map(|call| call.camera) == Some(Capture::On);
    sends && sending.is_some_and(is_too_much)
}

/// Sending less lets more of it arrive, but does not shorten a delay.
fn is_too_much(sending: Assessment) -> bool {
    match sending.reason {
        Reason::Loss => sending.grade == Grade::Poor,
        Reason::LowBandwidth => true,
        Reason::Measuring
        | Reason::Undisturbed
        | Reason::Delay
        | Reason::NoMedia
        | Reason::NoVideo
        | Reason::Freezes
        | Reason::LowFrameRate => false,
    }
}

#[cfg(test)]
mod tests {
    use wimpex_call::State;

    use super::*;
    use crate::ui::screens::test_data::{alice_calls, call_in};

    #[test]
    fn less_video_helps_a_narrow_path_and_no_other() {
        let mut call = alice_calls();
        call.camera = Capture::On;
        let on = call_in(State::Connected, call.clone());
        let helps = |call: &CallSnapshot, grade, reason| {
            pause_helps(call, Some(Assessment { grade, reason }))
        };
        assert!(helps(&on, Grade::Fair, Reason::LowBandwidth));
        assert!(helps(&on, Grade::Poor, Reason::Loss));
        assert!(!helps(&on, Grade::Fair, Reason::Loss));
        assert!(!helps(&on, Grade::Poor, Reason::Delay));
        assert!(!pause_helps(&on, None), "nothing is known yet");
        call.camera = Capture::Off;
        let off = call_in(State::Connected, call);
        assert!(!helps(&off, Grade::Poor, Reason::Loss), "none is sent");
    }
}
