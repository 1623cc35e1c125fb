//! The first screen of somebody who has a name: the own link, whom to call, and choices.

use wimpex_protocol::{Name, UserId};

use super::icon::Icon;
use crate::ui::words::home as words;
use wimpex_client::{ServerState, address};

/// The own link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLink {
    /// Empty until there is an id.
    pub link: String,
    /// There is something to copy.
    pub can_copy: bool,
}

/// From the own id, and from where the links of the page begin.
pub fn own_link(me: Option<&UserId>, home: &str) -> OwnLink {
    OwnLink {
        link: me.map_or_else(String::new, |me| address::link(home, me)),
        can_copy: me.is_some(),
    }
}

/// The button that copies the link, and the hint above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyLink {
    /// What the link is for, or what came of copying it.
    pub hint: &'static str,
    /// On the button.
    pub icon: Icon,
}

/// From whether copying worked, where it was tried.
pub fn copy_link(copied: Option<bool>) -> CopyLink {
    let (hint, icon) = match copied {
        None => (words::LINK_HINT, Icon::COPY),
        Some(true) => (words::LINK_COPIED, Icon::CHECK),
        Some(false) => (words::LINK_NOT_COPIED, Icon::COPY),
    };
    CopyLink { hint, icon }
}

/// The name on the button that changes it.
pub fn shown_name(name: Option<&Name>) -> String {
    name.map_or_else(String::new, ToString::to_string)
}

/// Whether somebody can be called: the buttons that do it are enabled.
pub fn can_call(server: ServerState) -> bool {
    server == ServerState::Online
}

/// Whom the text in the field names.
///
/// # Errors
/// Why they cannot be called, in words.
pub fn callee(
    text: &str,
    server: ServerState,
    home: &str,
    me: Option<&UserId>,
) -> Result<UserId, &'static str> {
    // The buttons are disabled then, but the Enter key is not.
    if !can_call(server) {
        return Err(words::OFFLINE);
    }
    address::parse(text, home, me).map_err(words::address_error)
}

/// The choice to use relays only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressChoice {
    /// It is on.
    pub is_on: bool,
    /// What that means.
    pub hint: &'static str,
    /// It means that no call connects.
    pub warns: bool,
}

/// From the choice, and whether the server offers a relay.
pub fn address_choice(is_on: bool, has_relay: bool) -> AddressChoice {
    let hint = match (is_on, has_relay) {
        (true, false) => words::ADDRESS_HIDDEN_WITHOUT_RELAY,
        (true, true) => words::ADDRESS_HIDDEN,
        (false, _) => words::ADDRESS_SHOWN,
    };
    AddressChoice {
        is_on,
        hint,
        warns: is_on && !has_relay,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screens::test_data::guest_id;

    const HERE: &str = "https://calls.example";

    #[test]
    fn a_link_can_be_copied_once_there_is_an_id() {
        let none = own_link(None, HERE);
        assert_eq!((&*none.link, none.can_copy), ("", false));
        let link = own_link(Some(&guest_id()), HERE);
        assert_eq!(link.link, "https://calls.example/u/guest-alice");
        assert!(link.can_copy);
        assert_eq!(copy_link(Some(true)).icon, Icon::CHECK);
        assert_eq!(copy_link(Some(false)).hint, words::LINK_NOT_COPIED);
    }

    #[test]
    fn the_enter_key_calls_nobody_without_a_server() {
        let whom = |text, server| callee(text, server, HERE, Some(&guest_id()));
        assert_eq!(
            whom("guest-bob", ServerState::Online),
            Ok(UserId::parse("guest-bob").unwrap())
        );
        for server in [
            ServerState::NoName,
            ServerState::Connecting,
            ServerState::Lost,
            ServerState::Blocked,
            ServerState::Misdirected,
            ServerState::TooManyConnections,
            ServerState::LoginRejected,
            ServerState::IdentityMismatch,
        ] {
            assert!(!can_call(server));
            assert_eq!(whom("guest-bob", server), Err(words::OFFLINE));
        }
        let own = whom("guest-alice", ServerState::Online).unwrap_err();
        assert!(own.contains("your own link"), "{own}");
    }

    #[test]
    fn hiding_the_address_warns_only_without_a_relay() {
        let choice = |is_on, has_relay| {
            let choice = address_choice(is_on, has_relay);
            assert_eq!(choice.is_on, is_on);
            (choice.hint, choice.warns)
        };
        assert_eq!(choice(false, false), (words::ADDRESS_SHOWN, false));
        assert_eq!(choice(false, true), (words::ADDRESS_SHOWN, false));
        assert_eq!(choice(true, true), (words::ADDRESS_HIDDEN, false));
        assert_eq!(
            choice(true, false),
            (words::ADDRESS_HIDDEN_WITHOUT_RELAY, true)
        );
    }
}
