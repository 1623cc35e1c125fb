//! Call links: `https://HOST/u/USERID`, or `https://HOST/PATH/u/USERID` of a page that is hosted below a path.

use wimpex_protocol::{Sec, UserId};

/// Why a text names nobody who can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidAddress {
    /// Nothing was entered.
    Empty,
    /// Neither a link nor an id.
    NotALink,
    /// A link of another server; people there are not known here.
    OtherServer,
    /// The person's own.
    Oneself,
}

/// The link under which a user can be called; `home` is the page's origin, and the path that it is
/// hosted below.
pub fn link(home: &str, user: &UserId) -> String {
    format!("{home}/u/{user}")
}

const FRAGMENT: &str = "#link=";

/// A link that ends, from what [`wimpex_identity::CallLink::encode`] gives. What stands in a
/// fragment (RFC 3986, section 3.5) is not sent to the server that the page is loaded from.
pub fn ending_link(home: &str, user: &UserId, link: &str) -> String {
    [&*self::link(home, user), FRAGMENT, link].concat()
}

/// What makes a link one that ends; `None`: it is a lasting one.
pub fn link_that_ends(text: &str) -> Option<Sec> {
    let (_, link) = text.trim().split_once(FRAGMENT)?;
    Some(Sec::new(link))
}

/// Reads a call link, or a bare id.
///
/// # Errors
/// [`InvalidAddress`] says why it is none.
pub fn parse(text: &str, home: &str, me: Option<&UserId>) -> Result<UserId, InvalidAddress> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InvalidAddress::Empty);
    }
    let id = match text.split_once("/u/") {
        None => text,
        Some((host, id)) => {
            let host_only = |url: &str| {
                url.split_once("://")
                    .map_or(url, |(_, host)| host)
                    .to_owned()
            };
            if !host.is_empty() && host_only(host) != host_only(home) {
                return Err(InvalidAddress::OtherServer);
            }
            id.split(['?', '#'])
                .next()
                .unwrap_or(id)
                .trim_end_matches('/')
        }
    };
    let user = UserId::parse(id).map_err(|_| InvalidAddress::NotALink)?;
    if me == Some(&user) {
        return Err(InvalidAddress::Oneself);
    }
    Ok(user)
}

/// What the page's own path asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The first screen.
    Home,
    /// Somebody's link.
    Person(UserId),
    /// A link that names nobody.
    Broken,
}

impl Route {
    /// Reads a path.
    pub fn from_path(path: &str) -> Self {
        match path.strip_prefix("/u/") {
            None => Self::Home,
            Some(id) => match UserId::parse(id.trim_end_matches('/')) {
                Ok(user) => Self::Person(user),
                Err(_) => Self::Broken,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "https://calls.example";

    fn user(id: &str) -> UserId {
        UserId::parse(id).unwrap()
    }

    #[test]
    fn a_link_leads_back_to_its_user() {
        let bob = user("guest-bob");
        let text = link(HERE, &bob);
        assert_eq!(text, "https://calls.example/u/guest-bob");
        assert_eq!(parse(&text, HERE, None), Ok(bob.clone()));
        assert_eq!(parse(" guest-bob\n", HERE, None), Ok(bob.clone()));
        assert_eq!(parse("/u/guest-bob", HERE, None), Ok(bob.clone()));
        assert_eq!(
            parse("calls.example/u/guest-bob/?from=mail#x", HERE, None),
            Ok(bob)
        );
    }

    #[test]
    fn a_link_below_a_path_is_of_that_path_alone() {
        let (home, bob) = ("https://calls.example/wimpex", user("guest-bob"));
        let text = link(home, &bob);
        assert_eq!(text, "https://calls.example/wimpex/u/guest-bob");
        for text in [&text, "/u/guest-bob", "guest-bob"] {
            assert_eq!(parse(text, home, None), Ok(bob.clone()), "{text}");
        }
        for other in ["calls.example/u/guest-bob", "/other/u/guest-bob"] {
            let refused = Err(InvalidAddress::OtherServer);
            assert_eq!(parse(other, home, None), refused, "{other}");
        }
        let below = Err(InvalidAddress::OtherServer);
        assert_eq!(parse(&text, HERE, None), below);
    }

    #[test]
    fn what_is_no_link_is_told_apart() {
        let me = user("guest-me");
        let wrong = |text| parse(text, HERE, Some(&me)).unwrap_err();
        assert_eq!(wrong("  "), InvalidAddress::Empty);
        assert_eq!(wrong("two words"), InvalidAddress::NotALink);
        assert_eq!(wrong("https://calls.example/"), InvalidAddress::NotALink);
        assert_eq!(
            wrong("https://other.example/u/guest-bob"),
            InvalidAddress::OtherServer
        );
        assert_eq!(
            wrong("https://calls.example/u/guest-me"),
            InvalidAddress::Oneself
        );
    }

    #[test]
    fn a_path_is_a_route() {
        assert_eq!(Route::from_path("/"), Route::Home);
        assert_eq!(
            Route::from_path("/u/guest-bob"),
            Route::Person(user("guest-bob"))
        );
        assert_eq!(Route::from_path("/u/"), Route::Broken);
        assert_eq!(Route::from_path("/u/%20"), Route::Broken);
    }
}
