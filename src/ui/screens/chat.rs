//! The chat of a call: its lines, its marks, and what is told of it while it is closed.

use wimpex_call::{CallSnapshot, State};
use wimpex_direct::{Author, Chat, LineText, Mark, TextError};

use crate::ui::words::chat as words;
use crate::ui::words::common::isolated;

/// What stands above a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatLine {
    /// Its place, and what may change of it.
    pub key: (u64, Mark),
    /// The user wrote it.
    pub is_mine: bool,
    /// Who wrote it; empty where the line before says so.
    pub author: String,
    /// What they wrote.
    pub text: LineText,
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// What became of it; empty of what the peer wrote.
    pub mark: &'static str,
    /// It has not arrived, and will not.
    pub is_lost: bool,
    /// What begins with it; empty where nothing does.
    pub heading: &'static str,
}

/// The lines as they are shown, the oldest first. A mark stands only below the last line that has
/// it: those before it have come as far.
pub fn chat_lines(chat: &Chat, peer: &str) -> Vec<ChatLine> {
    let has_earlier = chat.lines.iter().any(|line| line.is_earlier);
    let last_of = |mark: Mark| {
        let mut own = chat.lines.iter().rev();
        own.find(|line| line.author == Author::Me && line.mark == mark && !line.is_earlier)
            .map(|line| line.number)
    };
    let last = [Mark::Waiting, Mark::Delivered, Mark::Read].map(last_of);
    let mut before = None;
    let lines = chat.lines.iter().map(|line| {
        let is_mine = line.author == Author::Me;
        let is_lost = is_mine && line.mark == Mark::Undelivered;
        let heading = match before {
            None if line.is_earlier => words::EARLIER,
            None | Some((_, false)) => "",
            Some((_, true)) if line.is_earlier => "",
            Some((_, true)) => words::THIS_CALL,
        };
        let is_followed = before == Some((line.author, line.is_earlier)) && heading.is_empty();
        before = Some((line.author, line.is_earlier));
        let is_told = is_lost || last.contains(&Some(line.number));
        ChatLine {
            key: (line.number, line.mark),
            is_mine,
            author: match (is_followed, is_mine) {
                (true, _) => String::new(),
                (false, true) => words::YOU.to_owned(),
                (false, false) => peer.to_owned(),
            },
            text: line.text.clone(),
            at: line.at.as_millis(),
            mark: if is_mine && is_told {
                words::mark(line.mark)
            } else {
                ""
            },
            is_lost,
            heading: if has_earlier { heading } else { "" },
        }
    });
    lines.collect()
}

/// Characters of a line that are told while the chat is closed.
const NOTICE: usize = 140;

/// The newest line that nobody has seen, and its number.
pub fn chat_notice(chat: &Chat, peer: &str) -> Option<(u64, String)> {
    let is_new = |line: &&_| {
        let line: &std::sync::Arc<wimpex_direct::Line> = line;
        line.author == Author::Peer && line.mark != Mark::Read
    };
    let line = chat.lines.iter().rev().find(is_new)?;
    let mut text: String = line.text.as_str().chars().take(NOTICE).collect();
    if text.len() < line.text.as_str().len() {
        text.push('…');
    }
    Some((
        line.number,
        words::notice(&isolated(peer), &text.replace('\n', " ")),
    ))
}

/// What is to be said below the field: why nothing can be sent, or that it waits.
pub fn chat_hint(draft: &str, call: &CallSnapshot, is_full: bool) -> String {
    match LineText::parse(draft) {
        // In characters, which people count, and rounded up: each has one to four bytes.
        Err(TextError::TooLong(over)) => {
            let tail = draft.char_indices().rev();
            let cut = tail.take_while(|(at, _)| draft.len() - at < over).count() + 1;
            words::too_long(cut.min(draft.chars().count()))
        }
        _ if is_full => words::FULL.to_owned(),
        _ if call.state == State::Reconnecting => words::WAITS.to_owned(),
        Ok(_) | Err(TextError::Empty) => String::new(),
    }
}

/// How many are unread, as the badge has it.
pub fn badge(unread: usize) -> String {
    match unread {
        0 => String::new(),
        1..=99 => unread.to_string(),
        _ => "99+".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use wimpex_direct::{Line, limits};
    use wimpex_sansio::UnixTime;

    use super::*;
    use crate::ui::screens::test_data::{alice_calls, call_in};

    fn line(number: u64, author: Author, mark: Mark, is_earlier: bool) -> Arc<Line> {
        Arc::new(Line {
            number,
            author,
            text: LineText::parse(&format!("line {number}")).expect("it says something"),
            at: UnixTime::from_millis(number),
            mark,
            is_earlier,
        })
    }

    fn chat(lines: Vec<Arc<Line>>) -> Chat {
        Chat {
            is_offered: true,
            lines,
            unread: 0,
            is_cut: false,
        }
    }

    #[test]
    fn each_mark_stands_below_the_last_that_has_it() {
        let mine = |number, mark| line(number, Author::Me, mark, false);
        let chat = chat(vec![
            mine(1, Mark::Read),
            mine(2, Mark::Read),
            line(3, Author::Peer, Mark::Read, false),
            mine(4, Mark::Delivered),
            mine(5, Mark::Waiting),
        ]);
        let lines = chat_lines(&chat, "Bob");
        let told: Vec<_> = lines
            .iter()
            .map(|it| (it.author.as_str(), it.mark))
            .collect();
        assert_eq!(
            told,
            [
                ("You", ""),
                ("", "Read"),
                ("Bob", ""),
                ("You", "Delivered"),
                ("", "Sending…")
            ]
        );
        assert!(lines.iter().all(|it| it.heading.is_empty()));
    }

    #[test]
    fn what_is_of_before_is_told_apart() {
        let chat = chat(vec![
            line(1, Author::Peer, Mark::Read, true),
            line(2, Author::Me, Mark::Undelivered, true),
            line(3, Author::Me, Mark::Delivered, true),
            line(4, Author::Me, Mark::Delivered, false),
        ]);
        let lines = chat_lines(&chat, "Bob");
        let headings: Vec<_> = lines.iter().map(|it| it.heading).collect();
        assert_eq!(headings, ["Earlier", "", "", "In this call"]);
        let marks: Vec<_> = lines.iter().map(|it| it.mark).collect();
        assert_eq!(marks, ["", "Not delivered", "", "Delivered"]);
        assert_eq!(lines[3].author, "You");
        assert!(lines[1].is_lost && !lines[2].is_lost);
    }

    #[test]
    fn the_notice_tells_the_newest_that_nobody_has_seen() {
        let mut lines = vec![
            line(1, Author::Peer, Mark::Read, false),
            line(2, Author::Me, Mark::Waiting, false),
        ];
        assert_eq!(chat_notice(&chat(lines.clone()), "Bob"), None);
        lines.push(line(3, Author::Peer, Mark::Waiting, false));
        let notice = chat_notice(&chat(lines.clone()), "Bob");
        assert_eq!(notice, Some((3, "Bob: line 3".to_owned())));
        let long = LineText::parse(&"é\n".repeat(100)).expect("it says something");
        Arc::make_mut(&mut lines[2]).text = long;
        let (_, notice) = chat_notice(&chat(lines), "Bob").expect("it is new");
        assert!(notice.ends_with('…') && !notice.contains('\n'), "{notice}");
        assert_eq!(notice.chars().count(), "Bob: ".len() + NOTICE + 1);
    }

    #[test]
    fn the_hint_says_why_nothing_is_sent() {
        let connected = call_in(State::Connected, alice_calls());
        let away = call_in(State::Reconnecting, alice_calls());
        assert_eq!(chat_hint("", &connected, false), "");
        assert_eq!(chat_hint("a", &connected, true), words::FULL);
        assert_eq!(chat_hint("a", &away, false), words::WAITS);
        let most = "é".repeat(limits::LINE_BYTES / 2);
        assert_eq!(chat_hint(&most, &connected, false), "");
        for (more, words) in [("é", "One character"), ("xyz", "by 3 characters")] {
            let hint = chat_hint(&format!("{most}{more}"), &connected, false);
            assert!(hint.contains(words), "{hint}");
        }
        let huge = "x".repeat(1 << 20);
        assert!(chat_hint(&huge, &connected, false).contains("1040576"));
    }

    #[test]
    fn the_badge_stays_small() {
        assert_eq!(
            [badge(0), badge(1), badge(99), badge(100)],
            ["", "1", "99", "99+"]
        );
    }
}
