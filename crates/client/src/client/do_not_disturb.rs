//! Do not disturb: until a time nobody rings but contacts who always may.
//!
//! Whoever else calls is told that the call was taken note of without a sound, as a stranger is
//! who may not ring, and can leave a message; the user finds it among the missed calls.

use wimpex_protocol::UserId;
use wimpex_sansio::{Now, UnixTime};

use super::Client;
use crate::host::Host;
use crate::io::{Output, Setting};
use crate::view::Part;

/// A time that does not come: until the user says so.
pub const UNTIL_TURNED_OFF: UnixTime = UnixTime::from_millis(u64::MAX);

impl<H: Host> Client<H> {
    pub(super) fn do_not_disturb(&mut self, until: Option<UnixTime>) {
        self.emit(Output::Store(Setting::DoNotDisturbUntil(until)));
        self.show_do_not_disturb(until);
    }

    pub(super) fn show_do_not_disturb(&mut self, until: Option<UnixTime>) {
        if self.view.do_not_disturb_until != until {
            self.view.do_not_disturb_until = until;
            self.changed(Part::Settings);
        }
    }

    /// Whether a call of this user may make no sound now. A timer can be late, the clock is not.
    pub(super) fn is_disturbed_by(&self, user: &UserId, now: Now) -> bool {
        let until = self.view.do_not_disturb_until;
        let contact = self.view.contacts.contact(user);
        until.is_some_and(|until| self.wall(now) < until)
            && !contact.is_some_and(|contact| contact.rings_always)
    }

    /// When everybody rings again; `None` while they do, and until the user turns it off.
    pub(super) fn disturbance_begins(&self) -> Option<Now> {
        let until = self.view.do_not_disturb_until?;
        (until != UNTIL_TURNED_OFF).then(|| self.when(until))
    }
}
