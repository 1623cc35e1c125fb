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
    /// What is wrong with it: the name of earlier visits may be none any more.
    pub error: String,
}

/// From the name until now, what is kept of earlier visits, and whether the page was opened by
/// somebody's link.
pub fn welcome_screen(known: Option<&Name>, kept: Option<String>, by_link: bool) -> WelcomeScreen {
    let (title, lead) = match (known, by_link) {
        (Some(_), _) => (words::CHANGE_TITLE, words::LEAD_CHANGE),
        (None, true) => (words::TITLE, words::LEAD_BY_LINK),
        (None, false) => (words::TITLE, words::LEAD),
    };
    let name = kept.unwrap_or_default();
    let refused = (!name.is_empty()).then(|| submitted(&name, known).err());
    WelcomeScreen {
        title,
        lead,
        name,
        error: refused.flatten().unwrap_or_default(),
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
        assert_eq!(welcome_screen(None, None, false).lead, words::LEAD);
        assert_eq!(welcome_screen(None, None, true).lead, words::LEAD_BY_LINK);
        assert_eq!(welcome_screen(None, None, false).error, "");
        let kept = || Some("Alice".to_owned());
        let change = welcome_screen(Some(&alice), kept(), true);
        assert_eq!(change.error, "");
        assert_eq!(
            (change.title, &*change.name),
            (words::CHANGE_TITLE, "Alice")
        );
    }

    #[test]
    fn whose_name_is_none_any_more_is_told_why() {
        let kept = Some("Alice\u{fe0f}".to_owned());
        let asked = welcome_screen(None, kept.clone(), false);
        assert_eq!(Some(asked.name), kept);
        assert!(asked.error.contains("can’t be shown"), "{}", asked.error);
    }

    #[test]
    fn only_another_name_is_a_change() {
        let alice = Name::parse("Alice").unwrap();
        assert_eq!(submitted(" Alice ", None), Ok(Some(alice.clone())));
        assert_eq!(submitted("Alice", Some(&alice)), Ok(None));
        assert!(submitted("", None).unwrap_err().contains("enter a name"));
    }
}
