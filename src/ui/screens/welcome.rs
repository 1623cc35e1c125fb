//! The first visit, and a change of name.

use wimpex_protocol::Name;

use crate::ui::words::welcome as words;

/// The form that asks for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WelcomeScreen {
    /// Heading.
    pub title: &'static str,
    /// What is asked, and why.
    pub lead: &'static str,
    /// What stands in the field at first.
    pub name: String,
}

/// From the name until now, and whether the page was opened by somebody's link.
pub fn welcome_screen(known: Option<&Name>, by_link: bool) -> WelcomeScreen {
    let (title, lead) = match (known, by_link) {
        (Some(_), _) => (words::CHANGE_TITLE, words::LEAD_CHANGE),
        (None, true) => (words::TITLE, words::LEAD_BY_LINK),
        (None, false) => (words::TITLE, words::LEAD),
    };
    WelcomeScreen {
        title,
        lead,
        name: known.map_or_else(String::new, ToString::to_string),
    }
}

/// The name that was entered; `None` if it is the one until now.
///
/// # Errors
/// What is wrong with it, in words.
pub fn submitted(text: &str, known: Option<&Name>) -> Result<Option<Name>, String> {
    let name = Name::parse(text).map_err(words::name_error)?;
    Ok((Some(&name) != known).then_some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lead_tells_why_a_name_is_asked_for() {
        let alice = Name::parse("Alice").unwrap();
        assert_eq!(welcome_screen(None, false).lead, words::LEAD);
        assert_eq!(welcome_screen(None, true).lead, words::LEAD_BY_LINK);
        let change = welcome_screen(Some(&alice), true);
        assert_eq!(
            (change.title, &*change.name),
            (words::CHANGE_TITLE, "Alice")
        );
    }

    #[test]
    fn only_another_name_is_a_change() {
        let alice = Name::parse("Alice").unwrap();
        assert_eq!(submitted(" Alice ", None), Ok(Some(alice.clone())));
        assert_eq!(submitted("Alice", Some(&alice)), Ok(None));
        assert!(submitted("", None).unwrap_err().contains("enter a name"));
    }
}
