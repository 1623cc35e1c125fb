//! The style of what is not part of the first load: it comes with it.

use std::cell::Cell;

use crate::browser::style_sheet;

const SHEETS: [&str; 10] = [
    include_str!("../../style/prompt.css"),
    include_str!("../../style/call.css"),
    include_str!("../../style/devices.css"),
    include_str!("../../style/people.css"),
    include_str!("../../style/quality.css"),
    include_str!("../../style/trust.css"),
    include_str!("../../style/chat.css"),
    include_str!("../../style/share.css"),
    include_str!("../../style/files.css"),
    include_str!("../../style/recording.css"),
];

/// Puts it on, once. To be called by whatever is loaded later and looks like something.
pub(crate) fn attach_styles() {
    thread_local! {
        static ATTACHED: Cell<bool> = const { Cell::new(false) };
    }
    if !ATTACHED.replace(true) {
        for sheet in SHEETS {
            style_sheet::adopt(sheet);
        }
    }
}
