//! Call links: `https://HOST/u/USERID`.

use wimpex_protocol::UserId;

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

/// The link under which a user can be called.
pub fn link(origin: &str, user: &UserId) -> String {
    format!("{origin}/u/{user}")
}

/// Reads a call link, or a bare id.
///
/// # Errors
/// [`InvalidAddress`] says why it is none.
pub fn parse(text: &str, origin: &str, me: Option<&UserId>) -> Result<UserId, InvalidAddress> {
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
            if !host.is_empty() && host_only(host) != host_only(origin) {
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
