//! The style sheets of the first load as one: several compress worse, and each is asked
//! for by itself.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::sha256;

/// Puts what Trunk has linked into one file, in the same order.
pub(super) fn join(dist: &Path) -> Result<()> {
    let index = dist.join("index.html");
    let html = fs::read_to_string(&index)?;
    let (html, sheets) = without_links(&html);
    ensure!(!sheets.is_empty(), "index.html has no style sheet");
    let mut style = String::new();
    for sheet in &sheets {
        let path = dist.join(sheet);
        style += &fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        fs::remove_file(path)?;
    }
    // Named after what is in it, for browsers keep it forever.
    let name = format!("style-{}.css", sha256::short(&[style.as_bytes()]));
    fs::write(dist.join(&name), style)?;
    fs::write(index, html.replacen(PLACE, &link(&name), 1))?;
    Ok(())
}

/// Where the first link stood.
const PLACE: &str = "<!--style-->";
const END: &str = " rel=stylesheet>";

fn link(name: &str) -> String {
    format!("<link href=/{name}{END}")
}

/// The text without its links to style sheets, and what they link to. As Trunk writes
/// them when it has made the text small.
fn without_links(html: &str) -> (String, Vec<String>) {
    let (mut left, mut sheets) = (String::new(), Vec::new());
    for (number, part) in html.split("<link href=/").enumerate() {
        match part.split_once(END) {
            Some((name, rest)) if number > 0 && !name.contains(['<', '>']) => {
                if sheets.is_empty() {
                    left += PLACE;
                }
                sheets.push(name.to_owned());
                left += rest;
            }
            _ if number > 0 => {
                left += "<link href=/";
                left += part;
            }
            _ => left += part,
        }
    }
    (left, sheets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sheets_become_one_where_the_first_was() {
        let directory = tempfile::tempdir().unwrap();
        let dist = directory.path();
        let write = |name: &str, text: &str| fs::write(dist.join(name), text).unwrap();
        write("a-1.css", "a{}");
        write("b-2.css", "b{}");
        write(
            "index.html",
            "<title>x</title><link href=/i.svg rel=icon><link href=/a-1.css rel=stylesheet>\
             <link href=/b-2.css rel=stylesheet><script>1<2</script>",
        );
        join(dist).unwrap();
        let html = fs::read_to_string(dist.join("index.html")).unwrap();
        let (before, rest) = html.split_once("<link href=/style-").unwrap();
        let (name, after) = rest.split_once(END).unwrap();
        assert_eq!(before, "<title>x</title><link href=/i.svg rel=icon>");
        assert_eq!(after, "<script>1<2</script>");
        let style = fs::read_to_string(dist.join(format!("style-{name}"))).unwrap();
        assert_eq!(style, "a{}b{}");
        assert_eq!(fs::read_dir(dist).unwrap().count(), 2);
    }

    #[test]
    fn a_page_without_style_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("index.html"), "<p>x").unwrap();
        assert!(join(directory.path()).is_err());
    }
}
