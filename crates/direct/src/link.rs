//! Which parts of a text are links.

/// A part of a text; all of them together are the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Just text.
    Text(&'a str),
    /// An address that may be opened: `http` or `https`, and it leads where it seems to lead.
    Link(&'a str),
}

/// Links of one text; whoever writes more has no reader in mind.
const LINKS: usize = 50;

const SCHEMES: [&str; 2] = ["https://", "http://"];

/// Cuts a text at its links. An address is one only if its host is all in ASCII, so that none looks
/// like another one, and has no user before it (`https://bank.example@evil.example`, RFC 3986,
/// section 7.6). No other scheme is ever a link.
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut done, mut at, mut links) = (0, 0, 0);
    while let Some(start) = next_scheme(text, at) {
        let end = start + address_length(&text[start..]);
        at = end.max(start + 1);
        while !text.is_char_boundary(at) {
            at += 1;
        }
        if links < LINKS && begins_word(&text[..start]) && is_address(&text[start..end]) {
            if done < start {
                parts.push(Part::Text(&text[done..start]));
            }
            parts.push(Part::Link(&text[start..end]));
            (done, links) = (end, links + 1);
        }
    }
    if done < text.len() {
        parts.push(Part::Text(&text[done..]));
    }
    parts
}

/// Where the next `http://` or `https://` begins, from `at` on.
fn next_scheme(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let begins = |from: &usize| {
        let rest = &bytes[*from..];
        SCHEMES.iter().any(|scheme| {
            let head = rest.get(..scheme.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(scheme.as_bytes()))
        })
    };
    (at..bytes.len()).find(begins)
}

fn begins_word(before: &str) -> bool {
    !before.ends_with(|it: char| it.is_alphanumeric() || matches!(it, '+' | '-' | '.' | '_'))
}

/// How much of it belongs to the address: not the full stop of the sentence, nor the bracket that
/// the address stands in.
fn address_length(text: &str) -> usize {
    let ends = |it: char| it.is_whitespace() || it.is_control() || "<>\"`{}|\\^".contains(it);
    let mut address = &text[..text.find(ends).unwrap_or(text.len())];
    while let Some(last) = address.chars().next_back() {
        let is_outside = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '…' | '’' | '”' | '»' => true,
            ')' => address.matches(')').count() > address.matches('(').count(),
            ']' => address.matches(']').count() > address.matches('[').count(),
            _ => false,
        };
        if !is_outside {
            break;
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    address.len()
}

fn is_address(address: &str) -> bool {
    let Some((_, rest)) = address.split_once("//") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    authority.bytes().all(is_good) && authority.bytes().any(|byte| byte.is_ascii_alphanumeric())
}
