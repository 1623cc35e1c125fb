//! Chats that the user wants kept, in the browser's database.

use serde_json::{Value, json};
use wimpex_direct::{Author, Line, LineText, Mark};
use wimpex_protocol::UserId;
use wimpex_sansio::UnixTime;

use crate::browser::BrowserError;
use crate::browser::indexed_db::Database;

/// One entry for each person.
const CHATS: &str = "chats";
/// A database of its own: a new store in another would be a new version of it, which no tab of an
/// older page can open.
const STORES: [&str; 1] = [CHATS];

/// What is kept of the chats with this person; `None` if nothing is to be kept.
///
/// # Errors
/// Where the browser cannot read.
pub(super) async fn read(peer: &UserId) -> Result<Option<Vec<Line>>, BrowserError> {
    let kept = database().await?.get(CHATS, peer.as_str()).await?;
    let kept = kept.as_string();
    Ok(kept.map(|text| decode(&text)))
}

/// Keeps these, in place of what was kept.
///
/// # Errors
/// Where the browser cannot write.
pub(super) async fn write(peer: &UserId, lines: &[Line]) -> Result<(), BrowserError> {
    let text = encode(lines);
    let database = database().await?;
    database.put(CHATS, peer.as_str(), &text.into()).await
}

/// Keeps nothing of this person's any more.
///
/// # Errors
/// Where the browser cannot write.
pub(super) async fn delete(peer: &UserId) -> Result<(), BrowserError> {
    database().await?.delete(CHATS, peer.as_str()).await
}

/// Keeps nothing of anybody's.
///
/// # Errors
/// Where the browser cannot write.
pub(super) async fn forget() -> Result<(), BrowserError> {
    database().await?.clear(CHATS).await
}

async fn database() -> Result<Database, BrowserError> {
    Database::open("wimpex-chat", 1, &STORES).await
}

fn encode(lines: &[Line]) -> String {
    let lines = lines.iter().map(|line| {
        json!({
            "mine": line.author == Author::Me,
            "at": line.at.as_millis(),
            "mark": mark_name(line.mark),
            "text": line.text.as_str(),
        })
    });
    Value::Array(lines.collect()).to_string()
}

/// What makes no sense is left out.
fn decode(text: &str) -> Vec<Line> {
    let kept: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
    let line = |kept: &Value| {
        let mark = kept.get("mark")?.as_str()?;
        let marks = [
            Mark::Waiting,
            Mark::Delivered,
            Mark::Read,
            Mark::Undelivered,
        ];
        Some(Line {
            number: 0,
            author: if kept.get("mine")?.as_bool()? {
                Author::Me
            } else {
                Author::Peer
            },
            text: LineText::parse(kept.get("text")?.as_str()?).ok()?,
            at: UnixTime::from_millis(kept.get("at")?.as_u64()?),
            mark: marks.into_iter().find(|it| mark_name(*it) == mark)?,
            is_earlier: true,
        })
    };
    kept.iter().filter_map(line).collect()
}

fn mark_name(mark: Mark) -> &'static str {
    match mark {
        Mark::Waiting => "waiting",
        Mark::Delivered => "delivered",
        Mark::Read => "read",
        Mark::Undelivered => "undelivered",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again() {
        let line = |author, text: &str, mark| Line {
            number: 0,
            author,
            text: LineText::parse(text).expect("it says something"),
            at: UnixTime::from_millis(1_700_000_000_000),
            mark,
            is_earlier: true,
        };
        let lines = [
            line(Author::Me, "a \"b\"\nc", Mark::Read),
            line(Author::Peer, "d", Mark::Waiting),
            line(Author::Me, "e", Mark::Undelivered),
        ];
        assert_eq!(decode(&encode(&lines)), lines);
        assert_eq!(decode("[]"), []);
        for broken in [
            "",
            "{}",
            "[7]",
            r#"[{"mine":true,"at":1,"mark":"seen","text":"a"}]"#,
        ] {
            assert_eq!(decode(broken), [], "{broken}");
        }
    }
}
