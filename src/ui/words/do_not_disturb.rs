//! Do not disturb.

/// Heading, and the notice while it lasts for as long as the user wants.
pub const TITLE: &str = "Do not disturb";
/// What it does.
pub const HINT: &str = "Calls make no sound, on this page and when it’s closed. You’ll find them among your \
    missed calls; callers see that you’ll learn of their call, and can leave a message.";
/// For half an hour.
pub const HALF_AN_HOUR: &str = "For 30 minutes";
/// For an hour.
pub const AN_HOUR: &str = "For an hour";
/// Without an end.
pub const UNTIL_TURNED_OFF: &str = "Until I turn it off";
/// Ends it.
pub const TURN_OFF: &str = "Turn off";
/// It lasts until the user ends it.
pub const ON: &str = "Do not disturb is on";
/// What the notice says beside.
pub const ON_TEXT: &str = "Calls make no sound. You’ll find them among your missed calls.";
/// Who rings all the same.
pub const ALWAYS: &str = "Who may ring all the same";
/// Nobody could.
pub const NO_CONTACTS: &str = "Only contacts can, and you have none yet.";

/// Until that time, in hours and minutes.
pub fn until(time: &str, is_tomorrow: bool) -> String {
    let day = if is_tomorrow { "tomorrow, " } else { "" };
    format!("Until {day}{time}")
}

/// Until when it is on.
pub fn on_until(time: &str) -> String {
    format!("Do not disturb until {time}")
}
