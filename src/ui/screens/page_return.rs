//! The call that the user may return to.

use wimpex_client::Peer;
use wimpex_protocol::UserId;

use super::names::{claim, name_of};
use crate::ui::words::common::in_sentence;
use crate::ui::words::page_return as words;

/// What is said of it; `None` without one. `left` is what the session says: the id, a line break,
/// and the name that the peer claims, if it claims one.
pub fn left_call(left: &str, people: &[Peer]) -> Option<String> {
    let (id, claimed) = left.split_once('\n')?;
    let user = UserId::parse(id).ok()?;
    let claimed = Some(claimed).filter(|name| !name.is_empty());
    let name = name_of(people, &user, claimed);
    let is_claim = claim(people, &user, claimed).is_some();
    Some(words::sentence(&in_sentence(&name, is_claim)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::screens::test_data::{contact, key_id};

    #[test]
    fn the_card_names_whom_the_call_is_with() {
        let id = key_id();
        let left = format!("{id}\nMum");
        let sentence = left_call(&left, &[]).unwrap();
        assert!(sentence.contains("Mum"), "{sentence}");
        let sister = [contact(id.clone(), "My sister")];
        let sentence = left_call(&left, &sister).unwrap();
        assert!(
            sentence.contains("My sister") && !sentence.contains("Mum"),
            "{sentence}"
        );
        // Who has claimed no name is called by the id.
        let sentence = left_call(&format!("{id}\n"), &[]).unwrap();
        assert!(sentence.contains("Person aaaaa"), "{sentence}");
    }

    #[test]
    fn without_a_call_there_is_no_card() {
        assert_eq!(left_call("", &[]), None);
        assert_eq!(left_call("not an id\nMum", &[]), None);
    }
}
