//! The `Forwarded` header (RFC 7239, section 4), as far as it says for whom.

/// What `for` says in each element, from left to right; `None` in the list for an
/// element without it, and no list at all if the text does not follow the grammar
/// to its end: with a quote that a visitor has opened, nothing in it can be told
/// from what the proxies have appended.
pub(super) fn nodes(text: &str) -> Option<Vec<Option<String>>> {
    let mut nodes = Vec::new();
    let mut rest = text;
    loop {
        let mut node = None;
        let mut is_empty = true;
        loop {
            rest = rest.trim_start_matches([' ', '\t']);
            if let Some((name, after)) = token(rest) {
                let (value, after) = value(after.strip_prefix('=')?)?;
                is_empty = false;
                if name.eq_ignore_ascii_case("for") {
                    node = Some(value);
                }
                rest = after.trim_start_matches([' ', '\t']);
            }
            match rest.strip_prefix(';') {
                Some(after) => rest = after,
                None => break,
            }
        }
        if !is_empty {
            nodes.push(node);
        }
        if rest.is_empty() {
            return Some(nodes);
        }
        rest = rest.strip_prefix(',')?;
    }
}

/// RFC 9110, section 5.6.2; and what IPv6 and ports are written with, which should
/// be quoted and often is not.
fn token(text: &str) -> Option<(&str, &str)> {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:[]".contains(c));
    let end = text.find(ends).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        return token(text).map(|(value, rest)| (value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            _ => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standard_are_read() {
        for (text, expected) in [
            ("for=\"_gazonk\"", &["_gazonk"][..]),
            (
                "For=\"[2001:db8:cafe::17]:4711\"",
                &["[2001:db8:cafe::17]:4711"],
            ),
            ("for=192.0.2.60;proto=http;by=203.0.113.43", &["192.0.2.60"]),
            (
                "for=192.0.2.43, for=198.51.100.17",
                &["192.0.2.43", "198.51.100.17"],
            ),
            ("for=\"a\\\"b\"", &["a\"b"]),
            ("", &[]),
            (" , ;", &[]),
        ] {
            let nodes: Option<Vec<_>> = nodes(text).unwrap().into_iter().collect();
            assert_eq!(nodes.unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_does_not_end_is_nothing() {
        for text in [
            "for=\"a",
            "for=\"a\\",
            "for=",
            "for",
            "for=\"a\"b",
            "for=a b",
            "=a",
            "for=a/b",
        ] {
            assert_eq!(nodes(text), None, "{text}");
        }
    }
}
