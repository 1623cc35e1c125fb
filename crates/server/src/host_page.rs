//! What the host has to say on the first page, and where the page is hosted: put into `index.html`
//! before anybody gets it, so that it stands there with the first byte and costs the page's code
//! nothing.

use std::collections::HashMap;
use std::fmt::Write;

use bytes::Bytes;

use crate::config::{AccessConfig, BasePath};

const INDEX: &str = "index.html";
const STYLE: &str = "host.css";

/// Changes the files of the page to the host's liking. A host who has said nothing gets them as
/// they are.
pub(crate) fn apply(config: &AccessConfig, base: &BasePath, files: &mut HashMap<String, Bytes>) {
    let foot = foot(config);
    let has_style = foot.is_some() || config.site_colour.is_some();
    if !has_style && base.is_root() {
        return;
    }
    let Some(index) = files.get(INDEX) else {
        return;
    };
    let index = String::from_utf8_lossy(index);
    let mut index = below(base, index.into_owned());
    if let Some(name) = &config.site_name {
        let title = format!("<title>{}</title>", escaped(name));
        index = index.replacen("<title>Wimpex</title>", &title, 1);
    }
    if has_style {
        let base = base.as_str();
        let link = format!("<link rel=\"stylesheet\" href=\"{base}/{STYLE}\">");
        // After the page's own, which it goes before.
        match index.find("</head>") {
            Some(at) => index.insert_str(at, &link),
            // Minified: what begins the body ends the head.
            None => match index.find("<body") {
                Some(at) => index.insert_str(at, &link),
                None => index.push_str(&link),
            },
        }
        files.insert(STYLE.to_owned(), style(config).into());
    }
    if let Some(foot) = foot {
        match index.rfind("</body>") {
            Some(at) => index.insert_str(at, &foot),
            None => index.push_str(&foot),
        }
    }
    files.insert(INDEX.to_owned(), index.into());
    // Those were packed from what it was.
    files.remove(&format!("{INDEX}.br"));
    files.remove(&format!("{INDEX}.gz"));
}

/// With every address of the page's own files below the base path, which the page's code reads in
/// `data-base` (src/browser/location.rs). No `<base>`: it would change where `href=""` leads, and the
/// Content-Security-Policy allows none.
fn below(base: &BasePath, index: String) -> String {
    if base.is_root() {
        return index;
    }
    let base = base.as_str();
    let index = index
        .replace("=/", &format!("={base}/"))
        .replace("=\"/", &format!("=\"{base}/"));
    index.replacen("<html", &format!("<html data-base=\"{base}\""), 1)
}

fn foot(config: &AccessConfig) -> Option<String> {
    let AccessConfig {
        site_name,
        site_notice,
        site_link,
        ..
    } = config;
    let mut inside = String::new();
    if let Some(name) = site_name {
        let _ = write!(inside, "<strong>{}</strong>", escaped(name));
    }
    if let Some(notice) = site_notice {
        let _ = write!(inside, "<span>{}</span>", escaped(notice));
    }
    for link in site_link {
        let (url, words) = (escaped(&link.url), escaped(&link.words));
        let rel = "noopener noreferrer";
        let _ = write!(
            inside,
            "<a href=\"{url}\" target=\"_blank\" rel=\"{rel}\">{words}</a>"
        );
    }
    (!inside.is_empty()).then(|| format!("<footer id=\"host\">{inside}</footer>"))
}

/// At the end of the page; over a call, whose screen is fixed, it is not seen.
fn style(config: &AccessConfig) -> String {
    let mut style = "#host{display:flex;flex-wrap:wrap;gap:.25rem 1rem;justify-content:center;align-items:baseline;\
        max-width:34rem;margin:0 auto;padding:1rem 1rem calc(1rem + env(safe-area-inset-bottom));\
        font-size:.875rem;text-align:center;color:var(--muted,inherit)}\
        #host span{flex-basis:100%;order:-1}#host a{color:inherit;padding:.25rem}"
        .to_owned();
    if let Some(colour) = config.site_colour {
        let on = if colour.is_dark() {
            "#ffffff"
        } else {
            "#000000"
        };
        // In the dark, and where it is text, it is mixed until it can be read.
        let _ = write!(
            style,
            ":root{{--accent:{colour};--accent-strong:color-mix(in srgb,{colour} 85%,black);\
             --on-accent:{on}}}\
             @media (prefers-color-scheme:dark){{:root{{\
             --accent:color-mix(in srgb,{colour} 55%,white);\
             --accent-strong:color-mix(in srgb,{colour} 45%,white);--on-accent:#10181a}}}}"
        );
    }
    style
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> HashMap<String, Bytes> {
        let index = "<html><head><title>Wimpex</title></head><body>x</body></html>";
        HashMap::from([
            (INDEX.to_owned(), Bytes::from(index)),
            (format!("{INDEX}.br"), Bytes::from("packed")),
        ])
    }

    #[test]
    fn a_host_without_words_changes_nothing() {
        let mut changed = files();
        apply(&AccessConfig::default(), &BasePath::default(), &mut changed);
        assert_eq!(changed, files());
    }

    #[test]
    fn below_a_path_every_file_of_the_page_is_there() {
        let index = "<html lang=en><script src=/a.js data-js=/b.js></script>\
             <link rel=\"icon\" href=\"/c.svg\"><a href=\"\">again</a>";
        let mut changed = files();
        changed.insert(INDEX.to_owned(), index.into());
        apply(
            &AccessConfig::default(),
            &"/x/y".parse().unwrap(),
            &mut changed,
        );
        assert_eq!(
            changed[INDEX],
            "<html data-base=\"/x/y\" lang=en><script src=/x/y/a.js data-js=/x/y/b.js></script>\
             <link rel=\"icon\" href=\"/x/y/c.svg\"><a href=\"\">again</a>"
        );
        assert!(!changed.contains_key("index.html.br"));
        assert!(!changed.contains_key(STYLE));
    }

    #[test]
    fn what_a_host_says_stands_in_the_page_as_text() {
        let config = AccessConfig {
            site_name: Some("Our <b>town</b>".to_owned()),
            site_notice: Some("Be kind & brief".to_owned()),
            site_link: vec!["Imprint=https://example.org/?a=\"b".parse().unwrap()],
            site_colour: Some("#aa3322".parse().unwrap()),
            ..AccessConfig::default()
        };
        let mut changed = files();
        apply(&config, &BasePath::default(), &mut changed);
        let index = String::from_utf8_lossy(&changed[INDEX]).into_owned();
        for words in [
            "<title>Our &lt;b&gt;town&lt;/b&gt;</title>",
            "<span>Be kind &amp; brief</span>",
            "href=\"https://example.org/?a=&quot;b\"",
            "href=\"/host.css\"></head>",
            "</footer></body>",
        ] {
            assert!(index.contains(words), "{words} in {index}");
        }
        assert!(String::from_utf8_lossy(&changed[STYLE]).contains("--accent:#aa3322"));
        assert!(!changed.contains_key("index.html.br"));
    }
}
