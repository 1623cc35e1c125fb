//! The flags that say who may use the server, and what its first page says of its host.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};

/// Who may use this server, and whose it is.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Who may use it, and whose it is")]
pub struct AccessConfig {
    /// Who is let in
    #[arg(long, env = "WIMPEX_ACCESS", value_enum, default_value_t)]
    pub access: AccessPolicy,

    /// A file with the ids of people who are let in whatever --access says, one a line, as in their
    /// links; # begins a comment. Read again on SIGHUP
    #[arg(long, env = "WIMPEX_ACCESS_FILE", value_name = "FILE")]
    pub access_file: Option<PathBuf>,

    /// Let in people whose browsers keep no key
    #[arg(long, env = "WIMPEX_GUESTS", value_name = "BOOL", default_value_t = true,
          num_args = 1, action = clap::ArgAction::Set)]
    pub guests: bool,

    /// Let pages of this origin show ours in a frame (Content-Security-Policy's frame-ancestors);
    /// they have to allow it camera and microphone. May be repeated
    #[arg(
        long,
        env = "WIMPEX_FRAME_ANCESTOR",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub frame_ancestor: Vec<String>,

    /// What this server is called, in the title and at the foot of the page
    #[arg(long, env = "WIMPEX_SITE_NAME", value_name = "TEXT")]
    pub site_name: Option<String>,

    /// A sentence at the foot of the page
    #[arg(long, env = "WIMPEX_SITE_NOTICE", value_name = "TEXT")]
    pub site_notice: Option<String>,

    /// A link at the foot of the page, such as Imprint=https://example.org/imprint; may be repeated
    #[arg(
        long,
        env = "WIMPEX_SITE_LINK",
        value_name = "WORDS=URL",
        value_delimiter = ','
    )]
    pub site_link: Vec<SiteLink>,

    /// The colour of buttons and links, such as #0b6e64
    #[arg(long, env = "WIMPEX_SITE_COLOUR", value_name = "#RRGGBB")]
    pub site_colour: Option<Colour>,
}

impl Default for AccessConfig {
    fn default() -> Self {
        Self {
            access: AccessPolicy::Open,
            access_file: None,
            guests: true,
            frame_ancestor: Vec::new(),
            site_name: None,
            site_notice: None,
            site_link: Vec::new(),
            site_colour: None,
        }
    }
}

/// Who is let in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum AccessPolicy {
    /// Everybody
    #[default]
    Open,
    /// Who is named in --access-file
    Listed,
    /// Those, and who has been invited (wimpex-server admin invite)
    Invited,
}

/// Words that lead somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteLink {
    /// For people.
    pub words: String,
    /// http, https or mailto.
    pub url: String,
}

impl FromStr for SiteLink {
    type Err = InvalidSiteLink;

    fn from_str(text: &str) -> Result<Self, InvalidSiteLink> {
        let (words, url) = text.split_once('=').ok_or(InvalidSiteLink)?;
        let (words, url) = (words.trim(), url.trim());
        // Whatever else a scheme may do in a page, it does not here.
        let leads = ["https://", "http://", "mailto:"];
        let is_link = leads.iter().any(|scheme| url.starts_with(scheme))
            && !url.contains(|c: char| c.is_whitespace() || c.is_control());
        if words.is_empty() || !is_link {
            return Err(InvalidSiteLink);
        }
        Ok(Self {
            words: words.to_owned(),
            url: url.to_owned(),
        })
    }
}

/// A text is no [`SiteLink`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it looks like Imprint=https://example.org/imprint")]
pub struct InvalidSiteLink;

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    /// Whether white can be read on it better than black (WCAG 2.2, "contrast ratio").
    pub fn is_dark(self) -> bool {
        let linear = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        let [red, green, blue] = self.0.map(linear);
        let luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        // Where both have the same ratio.
        luminance < 0.179
    }
}

impl FromStr for Colour {
    type Err = InvalidColour;

    fn from_str(text: &str) -> Result<Self, InvalidColour> {
        let digits = text.strip_prefix('#').ok_or(InvalidColour)?;
        let is_colour = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = u32::from_str_radix(digits, 16).map_err(|_| InvalidColour)?;
        let [_, red, green, blue] = value.to_be_bytes();
        is_colour
            .then_some(Self([red, green, blue]))
            .ok_or(InvalidColour)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// A text is no [`Colour`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it looks like #0b6e64")]
pub struct InvalidColour;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_a_page_or_to_mail() {
        let link: SiteLink = "Imprint = https://example.org/i?a=b".parse().unwrap();
        assert_eq!(link.words, "Imprint");
        assert_eq!(link.url, "https://example.org/i?a=b");
        for wrong in [
            "",
            "Imprint",
            "=https://a",
            "A=javascript:alert(1)",
            "A=/imprint",
        ] {
            assert_eq!(wrong.parse::<SiteLink>(), Err(InvalidSiteLink), "{wrong}");
        }
    }

    #[test]
    fn a_colour_has_six_digits() {
        let colour: Colour = "#0B6e64".parse().unwrap();
        assert_eq!(colour.to_string(), "#0b6e64");
        for wrong in ["", "0b6e64", "#0b6", "#0b6e6g", "#+b6e64", "#0b6e641"] {
            assert_eq!(wrong.parse::<Colour>(), Err(InvalidColour), "{wrong}");
        }
        assert!(colour.is_dark());
        assert!(!"#46c2b0".parse::<Colour>().unwrap().is_dark());
    }
}
