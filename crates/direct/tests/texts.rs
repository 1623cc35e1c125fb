//! What becomes of a text before anybody sees it.

use wimpex_direct::{LineText, Part, TextError, limits, parts};

fn links(text: &str) -> Vec<&str> {
    let link = |part: Part<'static>| match part {
        Part::Link(link) => Some(link),
        Part::Text(_) => None,
    };
    let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
    parts(text).into_iter().filter_map(link).collect()
}

#[test]
fn only_http_and_https_become_links() {
    assert_eq!(
        links("see https://example.org/a?b#c."),
        ["https://example.org/a?b#c"]
    );
    assert_eq!(links("HTTP://Example.org, or"), ["HTTP://Example.org"]);
    assert_eq!(
        links("(http://a.example/b_(c))"),
        ["http://a.example/b_(c)"]
    );
    assert_eq!(
        links("http://[::1]:80/ “http://x.example”"),
        ["http://[::1]:80/", "http://x.example"]
    );
    for text in [
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "ftp://example.org",
        "www.example.org",
        "xhttps://example.org",
        "a.https://example.org",
        "https://",
        "https://.",
        "https:///x",
    ] {
        assert!(links(text).is_empty(), "{text}");
    }
}

#[test]
fn a_link_leads_where_it_seems_to_lead() {
    for text in [
        "https://bank.example@evil.example/",
        "https://bank.example:443@evil.example/",
        "https://b\u{430}nk.example/",
        "https://bank.example%2eevil.example/",
        "https://bank.example\u{2024}evil.example/",
    ] {
        assert!(links(text).is_empty(), "{text}");
    }
    assert_eq!(
        links("https://a.example\\@evil.example/"),
        ["https://a.example"]
    );
    assert_eq!(
        links("https://a.example/\"onclick=\"x"),
        ["https://a.example/"]
    );
}

#[test]
fn the_parts_are_the_whole_text() {
    let many = "https://a.example ".repeat(200);
    for text in [
        "",
        "a",
        "https://é.example é https://e.example/é! é",
        &many,
        "http://é",
    ] {
        let joined: String = parts(text)
            .iter()
            .map(|part| match part {
                Part::Text(text) | Part::Link(text) => *text,
            })
            .collect();
        assert_eq!(joined, text);
    }
    assert_eq!(links(&many).len(), 50);
}

#[test]
fn a_line_keeps_its_breaks_and_loses_what_controls() {
    let line = |text: &str| LineText::parse(text).map(|it| it.as_str().to_owned());
    assert_eq!(
        line(" a\r\nb\rc\t\u{7}d\u{0} "),
        Ok("a\nb\nc\td".to_owned())
    );
    assert_eq!(line("gpj\u{202E}exe"), Ok("gpjexe".to_owned()));
    assert_eq!(line("👩‍👩‍👧 עברית"), Ok("👩‍👩‍👧 עברית".to_owned()));
    for empty in [
        "",
        " \n\t",
        "\u{200B}\u{2060}",
        "\u{202E}",
        "\u{3164}\u{FE0F}",
    ] {
        assert_eq!(line(empty), Err(TextError::Empty), "{empty:?}");
    }
    let most = "é".repeat(limits::LINE_BYTES / 2);
    assert_eq!(line(&most), Ok(most.clone()));
    assert_eq!(line(&format!("{most}!")), Err(TextError::TooLong(1)));
    assert!(matches!(
        line(&"x".repeat(1 << 20)),
        Err(TextError::TooLong(_))
    ));
}
