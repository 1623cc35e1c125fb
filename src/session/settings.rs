//! What is remembered on this device, and under which keys.

use wimpex_client::{Audience, ResumeToken, Setting, Stored, Ticket};
use wimpex_protocol::{Name, UserId};
use wimpex_sansio::UnixTime;

use crate::browser::{location, web_storage, window};

const NAME: &str = "wimpex.name";
const USER_ID: &str = "wimpex.user-id";
const HIDE_ADDRESS: &str = "wimpex.hide-address";
/// The keys that do something in a call: what `ui` makes of them.
const SHORTCUTS: &str = "wimpex.shortcuts";
const CONTACTS_ONLY: &str = "wimpex.contacts-only";
/// Who may learn that the user is online: one of [`AUDIENCES`].
const AUDIENCE: &str = "wimpex.audience";
const AUDIENCES: [(Audience, &str); 3] = [
    (Audience::Everybody, "everybody"),
    (Audience::Contacts, "contacts"),
    (Audience::Nobody, "nobody"),
];
/// Milliseconds since 1970; absent while strangers ring.
const STRANGERS_SILENCED: &str = "wimpex.strangers-silenced-until";
/// The same of [`STRANGERS_SILENCED`]; absent while the user may be disturbed.
const DO_NOT_DISTURB: &str = "wimpex.do-not-disturb-until";
/// Up to which the server has told of missed calls that are in the database.
const MISSED_SINCE: &str = "wimpex.missed-since";
const INSTALL_HINT_DISMISSED: &str = "wimpex.install-hint-dismissed";
/// Home as it is at first, after the build that has made it: assets/start.js shows it to whoever
/// starts that again.
const HOME: &str = "wimpex.home";
/// An old name, which stays: browsers have it stored.
const HAS_CONTACTS: &str = "wimpex.book";
/// An id, a space, and the server's token for it. A secret: the tab's own, after which a
/// guest is the same one again. So a guest is a tab, not a browser.
const RESUME_TOKEN: &str = "wimpex.resume-token";
/// The builds of the page that this tab was loaded anew for, separated by spaces.
const LOADED_FOR: &str = "wimpex.loaded-for";
/// There may be a call to return to: see `super::call_keeping`.
const MAY_RETURN: &str = "wimpex.call";
/// What the user does not send in that call: "m" with the microphone muted, "c" with the camera off.
const NOT_SENT: &str = "wimpex.call-not-sent";
/// Bytes of the latest that are kept: a few dozen.
const MOST_LOADED_FOR: usize = 512;

fn is_on(key: &str) -> bool {
    web_storage::read(key).is_some_and(|value| value == "1")
}

/// Whether a name is remembered: whoever has none has been forgotten.
pub(super) fn has_name() -> bool {
    kept_name().is_some()
}

/// The name of earlier visits, though it may be none any more.
pub(crate) fn kept_name() -> Option<String> {
    web_storage::read(NAME)
}

/// Keeps home as it is at first, as markup, for the next start.
pub(crate) fn keep_home(markup: &str) {
    if let Some(build) = window::build() {
        web_storage::write(HOME, &[&build, markup].concat());
    }
}

/// Whether the user has put away the hint that the page can be installed.
pub(crate) fn is_install_hint_dismissed() -> bool {
    is_on(INSTALL_HINT_DISMISSED)
}

/// Shows that hint no more.
pub(crate) fn dismiss_install_hint() {
    web_storage::write(INSTALL_HINT_DISMISSED, "1");
}

/// Whether a page of this browser was in a call, or is.
pub(crate) fn may_return() -> bool {
    is_on(MAY_RETURN)
}

/// Whether it was a page of this tab.
pub(super) fn was_in_call() -> bool {
    web_storage::read_in_tab(MAY_RETURN).is_some_and(|value| value == "1")
}

/// Remembers both, or no longer.
pub(super) fn set_may_return(may_return: bool) {
    if may_return {
        web_storage::write(MAY_RETURN, "1");
        web_storage::write_in_tab(MAY_RETURN, "1");
    } else {
        web_storage::remove(MAY_RETURN);
        web_storage::remove(NOT_SENT);
        web_storage::write_in_tab(MAY_RETURN, "0");
    }
}

/// Remembers what is not sent, at once: the database, which has the call, may not have heard of it
/// when the page is left the next moment.
pub(super) fn set_not_sent(muted: bool, camera: bool) {
    let not_sent = match (muted, camera) {
        (true, true) => "m",
        (true, false) => "mc",
        (false, true) => "",
        (false, false) => "c",
    };
    if web_storage::read(NOT_SENT).as_deref() != Some(not_sent) {
        web_storage::write(NOT_SENT, not_sent);
    }
}

/// Whether the microphone was muted, and whether the camera was off.
pub(super) fn not_sent() -> [bool; 2] {
    let not_sent = web_storage::read(NOT_SENT).unwrap_or_default();
    ["m", "c"].map(|kind| not_sent.contains(kind))
}

/// The keys of a call, if somebody has chosen any.
pub(crate) fn shortcuts() -> Option<String> {
    web_storage::read(SHORTCUTS)
}

/// Keeps them for this device.
pub(crate) fn keep_shortcuts(keys: &str) {
    web_storage::write(SHORTCUTS, keys);
}

fn moment(key: &str) -> Option<UnixTime> {
    let until = web_storage::read(key)?;
    until.parse().ok().map(UnixTime::from_millis)
}

fn store_moment(key: &str, moment: Option<UnixTime>) {
    match moment {
        Some(moment) => web_storage::write(key, &moment.as_millis().to_string()),
        None => web_storage::remove(key),
    }
}

/// Until when no stranger rings, in all tabs.
pub(super) fn strangers_silenced_until() -> Option<UnixTime> {
    moment(STRANGERS_SILENCED)
}

/// Until when the user is not to be disturbed, in all tabs.
pub(super) fn do_not_disturb_until() -> Option<UnixTime> {
    moment(DO_NOT_DISTURB)
}

/// Who may learn that the user is online, if they have chosen.
pub(super) fn audience() -> Option<Audience> {
    let kept = web_storage::read(AUDIENCE)?;
    let known = AUDIENCES.iter().find(|(_, name)| kept == *name);
    known.map(|(audience, _)| *audience)
}

/// All missed calls up to this are in the database.
pub(super) fn know_missed(until: u64) {
    web_storage::write(MISSED_SINCE, &until.to_string());
}

/// What earlier visits have left.
pub(super) fn stored() -> Stored {
    let token = web_storage::read_in_tab(RESUME_TOKEN);
    Stored {
        name: kept_name().and_then(|name| Name::parse(&name).ok()),
        user: web_storage::read(USER_ID).and_then(|id| UserId::parse(id).ok()),
        hide_address: is_on(HIDE_ADDRESS),
        contacts_only: is_on(CONTACTS_ONLY),
        strangers_silenced_until: strangers_silenced_until(),
        do_not_disturb_until: do_not_disturb_until(),
        audience: audience(),
        build: window::build(),
        loaded_for: web_storage::read_in_tab(LOADED_FOR),
        has_contacts: web_storage::read(HAS_CONTACTS).is_some(),
        ticket: Ticket::from_fragment(&location::fragment()),
        missed_since: web_storage::read(MISSED_SINCE)
            .and_then(|until| until.parse().ok())
            .unwrap_or_default(),
        resume_token: token.and_then(|kept| {
            let (user, token) = kept.split_once(' ')?;
            Some(ResumeToken {
                user: UserId::parse(user).ok()?,
                token: token.to_owned(),
            })
        }),
    }
}

/// This tab is loaded anew for a build.
pub(super) fn remember_loaded_for(build: &str) {
    let before = web_storage::read_in_tab(LOADED_FOR).unwrap_or_default();
    let builds = [build, " ", &before].concat();
    // Ids are ASCII; what is cut in the middle is no build's any more.
    let kept = builds.get(..MOST_LOADED_FOR).unwrap_or(&builds);
    web_storage::write_in_tab(LOADED_FOR, kept);
}

pub(super) fn store(setting: Setting) {
    let flag = |on| if on { "1" } else { "0" };
    match setting {
        Setting::Name(name) => web_storage::write(NAME, &name),
        Setting::UserId(id) => web_storage::write(USER_ID, &id),
        Setting::HideAddress(hide) => {
            web_storage::write(HIDE_ADDRESS, flag(hide));
            // It shows that.
            web_storage::remove(HOME);
        }
        Setting::ContactsOnly(only) => web_storage::write(CONTACTS_ONLY, flag(only)),
        Setting::StrangersSilencedUntil(until) => store_moment(STRANGERS_SILENCED, until),
        Setting::DoNotDisturbUntil(until) => store_moment(DO_NOT_DISTURB, until),
        Setting::Audience(audience) => {
            if let Some((_, name)) = AUDIENCES.iter().find(|(known, _)| *known == audience) {
                web_storage::write(AUDIENCE, name);
            }
        }
        Setting::HasContacts => web_storage::write(HAS_CONTACTS, "1"),
        Setting::ResumeToken(kept) => {
            let text = [kept.user.as_str(), " ", &kept.token].concat();
            web_storage::write_in_tab(RESUME_TOKEN, &text);
        }
    }
}
