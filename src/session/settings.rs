//! What is remembered on this device, and under which keys.

use wimpex_client::{Audience, ResumeToken, Setting, Stored, Ticket};
use wimpex_protocol::{Name, UserId};
use wimpex_sansio::UnixTime;

use crate::browser::{location, web_storage};

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
/// An old name, which stays: browsers have it stored.
const HAS_CONTACTS: &str = "wimpex.book";
/// An id, a space, and the server's token for it. A secret: the tab's own, after which a
/// guest is the same one again. So a guest is a tab, not a browser.
const RESUME_TOKEN: &str = "wimpex.resume-token";

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

/// The keys of a call, if somebody has chosen any.
pub(crate) fn shortcuts() -> Option<String> {
    web_storage::read(SHORTCUTS)
}

/// Keeps them for this device.
pub(crate) fn keep_shortcuts(keys: &str) {
    web_storage::write(SHORTCUTS, keys);
}

/// Until when no stranger rings, in all tabs.
pub(super) fn strangers_silenced_until() -> Option<UnixTime> {
    let until = web_storage::read(STRANGERS_SILENCED)?;
    until.parse().ok().map(UnixTime::from_millis)
}

/// Who may learn that the user is online, if they have chosen.
pub(super) fn audience() -> Option<Audience> {
    let kept = web_storage::read(AUDIENCE)?;
    let known = AUDIENCES.iter().find(|(_, name)| kept == *name);
    known.map(|(audience, _)| *audience)
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
        audience: audience(),
        has_contacts: web_storage::read(HAS_CONTACTS).is_some(),
        ticket: Ticket::from_fragment(&location::fragment()),
        resume_token: token.and_then(|kept| {
            let (user, token) = kept.split_once(' ')?;
            Some(ResumeToken {
                user: UserId::parse(user).ok()?,
                token: token.to_owned(),
            })
        }),
    }
}

pub(super) fn store(setting: Setting) {
    let flag = |on| if on { "1" } else { "0" };
    match setting {
        Setting::Name(name) => web_storage::write(NAME, &name),
        Setting::UserId(id) => web_storage::write(USER_ID, &id),
        Setting::HideAddress(hide) => web_storage::write(HIDE_ADDRESS, flag(hide)),
        Setting::ContactsOnly(only) => web_storage::write(CONTACTS_ONLY, flag(only)),
        Setting::StrangersSilencedUntil(Some(until)) => {
            web_storage::write(STRANGERS_SILENCED, &until.as_millis().to_string());
        }
        Setting::StrangersSilencedUntil(None) => web_storage::remove(STRANGERS_SILENCED),
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
