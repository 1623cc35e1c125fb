//! `index.html` of the release page: what Trunk makes of the links that are marked for it, without
//! Trunk.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::install;
use super::javascript::without_margins;
use super::publish::publish;
use super::sha256;

/// What starts the page: assets/start.js says how.
const START: &str = "assets/start.js";
/// Where the name of the build will stand: by it the page and the server know whether they are of
/// one build (docs/protocol.md, `hello`).
const NO_BUILD: &str = "data-build=?";

/// The names of the files that the page starts with, in `dist`.
pub(super) struct Start {
    pub(super) glue: String,
    pub(super) module: String,
    pub(super) link: String,
}

/// The text of index.html. What it links to is written to `dist`, named after what is in it.
pub(super) fn render(root: &Path, dist: &Path, start: &Start) -> Result<String> {
    let path = root.join("index.html");
    let html =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let links = links(&html)?;
    let sheets: Vec<_> = links.iter().filter(|link| link.rel() == "css").collect();
    let first_sheet = sheets.first().context("there is no style sheet")?;
    let mut text = String::new();
    let mut at = 0;
    for link in &links {
        text += &html[at..link.range.start];
        at = link.range.end;
        match link.rel() {
            "rust" => text += &start_tags(root, dist, start)?,
            "icon" => {
                let icon = link.href()?;
                let drawing = fs::read_to_string(root.join(icon))?;
                let name = publish(dist, icon, drawing.as_bytes())?;
                text += &format!("<link rel=icon href=/{name} type=image/svg+xml>");
                text += &install::links(&drawing, dist)?;
            }
            // As one: several compress worse, and each is asked for by itself.
            // One file for all of the first load: each more is a request that the first paint waits
            // for.
            "css" if link.range == first_sheet.range => {
                let mut style = String::new();
                for sheet in &sheets {
                    style += &fs::read_to_string(root.join(sheet.href()?))?;
                }
                let style = minifier::css::minify(&style)
                    .map_err(|error| anyhow!("cannot minify the style: {error}"))?;
                let name = publish(dist, "style.css", style.to_string().as_bytes())?;
                text += &format!("<link rel=stylesheet href=/{name}>");
            }
            "css" => {}
            // Of the workers only Trunk has to be told (release.rs).
            "copy-file" if link.href()? == START || link.href()?.ends_with("-worker.js") => {}
            other => bail!("the release build knows no link of the kind {other:?}"),
        }
    }
    text += &html[at..];
    let text = minified(&text);
    // The text names every other file by what is in it, so that its own hash is that of the page.
    let build = sha256::short(&[text.as_bytes()]);
    Ok(text.replacen(NO_BUILD, &format!("data-build={build}"), 1))
}

/// The script that starts the page, and what it is going to load. A browser comes upon the link
/// otherwise only after it has read the glue.
fn start_tags(root: &Path, dist: &Path, start: &Start) -> Result<String> {
    let script = without_margins(&fs::read_to_string(root.join(START))?);
    let script = publish(dist, START, script.as_bytes())?;
    let Start { glue, module, link } = start;
    let worker = install::WORKER;
    Ok(format!(
        "<script src=/{script} data-js=/{glue} data-wasm=/{module} data-worker=/{worker} {NO_BUILD}></script>\
         <link rel=modulepreload href=/{glue} crossorigin>\
         <link rel=modulepreload href=/{link} crossorigin>\
         <link rel=preload href=/{module} as=fetch type=application/wasm crossorigin>"
    ))
}

/// A `<link data-trunk …>` of a page.
struct Link<'a> {
    range: Range<usize>,
    attributes: BTreeMap<&'a str, &'a str>,
}

impl<'a> Link<'a> {
    fn rel(&self) -> &'a str {
        self.attributes.get("rel").copied().unwrap_or_default()
    }

    fn href(&self) -> Result<&'a str> {
        let href = self.attributes.get("href").copied();
        href.with_context(|| format!("a link of the kind {:?} without href", self.rel()))
    }
}

/// All of them, in the order of the text. Comments are skipped.
fn links(html: &str) -> Result<Vec<Link<'_>>> {
    let mut links = Vec::new();
    let mut at = 0;
    while let Some(start) = html[at..].find('<').map(|found| at + found) {
        let rest = &html[start..];
        if rest.starts_with("<!--") {
            let end = rest.find("-->").context("a comment without an end")?;
            at = start + end;
        } else if let Some(inside) = rest
            .strip_prefix("<link")
            .filter(|it| it.starts_with(char::is_whitespace))
        {
            let (attributes, left) = attributes(inside)?;
            at = html.len() - left.len();
            if attributes.contains_key("data-trunk") {
                links.push(Link {
                    range: start..at,
                    attributes,
                });
            }
        } else {
            at = start + 1;
        }
    }
    Ok(links)
}

/// The attributes of an element up to the end of its tag, and what is after it.
fn attributes(mut text: &str) -> Result<(BTreeMap<&str, &str>, &str)> {
    let mut attributes = BTreeMap::new();
    loop {
        text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if let Some(after) = text.strip_prefix('>') {
            return Ok((attributes, after));
        }
        let end = text.find(|c: char| c.is_whitespace() || "=/>".contains(c));
        let (name, after) = text.split_at(end.context("a tag without an end")?);
        ensure!(!name.is_empty(), "an attribute without a name");
        text = after.trim_start();
        let Some(value) = text.strip_prefix('=').map(str::trim_start) else {
            attributes.insert(name, "");
            continue;
        };
        let quote = value.chars().next().filter(|c| "\"'".contains(*c));
        let (value, after) = match quote {
            Some(quote) => value[1..]
                .split_once(quote)
                .context("a quote without an end")?,
            None => {
                let end = value.find(|c: char| c.is_whitespace() || c == '>');
                value.split_at(end.context("a tag without an end")?)
            }
        };
        attributes.insert(name, value);
        text = after;
    }
}

/// Without comments, and without the space around lines: each begins and ends with a tag, or is
/// text that goes on.
fn minified(html: &str) -> String {
    let mut plain = String::new();
    let mut rest = html;
    while let Some((before, comment)) = rest.split_once("<!--") {
        plain += before;
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    plain += rest;
    let mut text = String::new();
    for line in plain.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if !text.is_empty() && !text.ends_with('>') && !line.starts_with('<') {
            text.push(' ');
        }
        text += line;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const ICON: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'/>";

    fn read(html: &str) -> Vec<(&str, &str)> {
        let links = links(html).unwrap();
        links
            .iter()
            .map(|it| (it.rel(), it.attributes.get("href").copied().unwrap_or("")))
            .collect()
    }

    #[test]
    fn links_for_trunk_are_found_however_they_are_written() {
        assert_eq!(
            read(
                "<!doctype html><!-- <link data-trunk rel=css href=no> --><link rel=css href=no>\
                 <link data-trunk rel=\"css\" href=\"a>b.css\" /><LINKED><linked data-trunk>\n\
                 <link\n  href = 'b.css'\n  data-trunk\n rel=css>"
            ),
            [("css", "a>b.css"), ("css", "b.css")]
        );
        for broken in [
            "<link data-trunk",
            "<link data-trunk rel=\"css>",
            "<!-- x",
            "<link =a>",
        ] {
            assert!(links(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn the_page_starts_with_its_script_and_one_style_sheet() {
        let root = tempfile::tempdir().unwrap();
        let (root, dist) = (root.path(), root.path().join("dist"));
        for (name, text) in [
            (
                "index.html",
                "<html>\n  <!-- x -->\n  <link data-trunk rel=rust>\n  <link data-trunk rel=icon href=i.svg>\n  \
             <link data-trunk rel=css href=a.css>\n  <link data-trunk rel=css href=b.css>\n  \
             <link data-trunk rel=copy-file href=assets/start.js>\n  <p>\n    one\n    two\n  </p>",
            ),
            ("a.css", "a { b: c }"),
            ("b.css", "d { e: f }"),
            ("i.svg", ICON),
            ("assets/start.js", "start ( )"),
            ("dist/.keep", ""),
        ] {
            fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            fs::write(root.join(name), text).unwrap();
        }
        let [glue, module, link] = ["g.js", "m.wasm", "l.js"].map(str::to_owned);
        let html = render(root, &dist, &Start { glue, module, link }).unwrap();

        let mut names: Vec<_> = fs::read_dir(&dist)
            .unwrap()
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .collect();
        // What is fetched afterwards has tests of its own (install.rs).
        let (afterwards, mut names): (Vec<_>, Vec<_>) = names
            .drain(..)
            .partition(|it| it.ends_with(".png") || it.ends_with(".webmanifest"));
        names.sort();
        let named = |begin: &str| afterwards.iter().find(|it| it.starts_with(begin)).unwrap();
        let (manifest, touch) = (named("manifest"), named("touch-icon"));
        let [_, icon, start, style] = &names[..] else {
            panic!("{names:?}")
        };
        let text = |name: &str| fs::read_to_string(dist.join(name)).unwrap();
        assert_eq!(text(style).replace(';', ""), "a{b:c}d{e:f}");
        assert_eq!(text(icon), ICON);
        let (before, after) = html.split_once(" data-build=").unwrap();
        let (build, after) = after.split_once('>').unwrap();
        assert_eq!(build.len(), 16, "{build}");
        let html = format!("{before}>{after}");
        assert_eq!(
            html,
            format!(
                "<html><script src=/{start} data-js=/g.js data-wasm=/m.wasm data-worker=/service-worker.js></script>\
                 <link rel=modulepreload href=/g.js crossorigin><link rel=modulepreload href=/l.js crossorigin>\
                 <link rel=preload href=/m.wasm as=fetch type=application/wasm crossorigin>\
                 <link rel=icon href=/{icon} type=image/svg+xml><link rel=manifest href=/{manifest}>\
                 <link rel=apple-touch-icon href=/{touch}><link rel=stylesheet href=/{style}><p>one two</p>"
            )
        );
    }

    #[test]
    fn a_page_without_style_or_with_an_unknown_link_is_refused() {
        let root = tempfile::tempdir().unwrap();
        for html in [
            "<p>x",
            "<link data-trunk rel=css href=a.css><link data-trunk rel=sass href=b>",
        ] {
            fs::write(root.path().join("index.html"), html).unwrap();
            fs::write(root.path().join("a.css"), "").unwrap();
            let [glue, module, link] = ["g", "m", "l"].map(str::to_owned);
            assert!(render(root.path(), root.path(), &Start { glue, module, link }).is_err());
        }
    }
}
