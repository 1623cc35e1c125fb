//! A second call inside the first, and calls on hold.

/// Names the region of a call that rings inside another one.
pub const WAITING_LABEL: &str = "Call waiting";
/// Takes the second call, and puts the first one on hold.
pub const HOLD_AND_ANSWER: &str = "Hold and answer";
/// Takes the second call, and ends the first one.
pub const END_AND_ANSWER: &str = "End and answer";

/// Names the region of a call that is on hold behind this one.
pub const HELD_LABEL: &str = "On hold";
/// Puts the call on hold.
pub const HOLD: &str = "Hold";
/// Goes on with a call on hold.
pub const RESUME: &str = "Resume";
/// Puts this call on hold, and goes on with the other one.
pub const SWAP: &str = "Swap";
/// How a call on hold stands.
pub const ON_HOLD: &str = "On hold";

/// Somebody calls while there is a call.
pub fn is_calling(name: &str) -> String {
    format!("{name} is calling")
}

/// A second call is on hold.
pub fn is_on_hold(name: &str) -> String {
    format!("{name} is on hold")
}

/// Ends the call that is on hold.
pub fn end_call_with(name: &str) -> String {
    format!("End call with {name}")
}

/// The call is on hold, and what that means.
pub fn you_put_on_hold(name: &str) -> String {
    format!("{name} is on hold: you can’t hear or see each other until you resume.")
}

/// One of two calls was ended here.
pub fn call_is_over(name: &str, other: &str) -> String {
    format!("Your call with {name} is over. You’re talking to {other}.")
}

/// One of two calls has ended, and the other one is on hold; `sentence` says why.
pub fn back_on_hold(sentence: &str, other: &str) -> String {
    format!("{sentence} {other} is still on hold.")
}
