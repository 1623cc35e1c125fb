//! What is said in a message, as text: WebVTT (<https://www.w3.org/TR/webvtt1/>).

use std::fmt::Write;
use std::time::Duration;

use crate::limits::CAPTION_BYTES;

const HEADER: &str = "WEBVTT\n";

/// Captions that are being written. What does not fit any more is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captions(String);

impl Captions {
    /// Something was said, from then to then.
    pub fn add(&mut self, from: Duration, to: Duration, said: &str) {
        // One line: an empty one would end the cue.
        let said: Vec<&str> = said.split_whitespace().collect();
        let said = said
            .join(" ")
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        if said.is_empty() {
            return;
        }
        let mut cue = String::new();
        // Writing to a text does not fail.
        let _ = write!(cue, "\n{} --> {}\n{said}\n", stamp(from), stamp(to));
        if HEADER.len() + self.0.len() + cue.len() <= CAPTION_BYTES {
            self.0.push_str(&cue);
        }
    }

    /// The file; empty if nothing was said.
    pub fn encode(&self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        [HEADER, &self.0].concat()
    }

    /// What is said in such a file, without the times, for who reads it as a text.
    pub fn text_of(file: &str) -> String {
        let cues = file.split("\n\n").skip(1);
        let said = cues.filter_map(|cue| cue.split_once('\n')).map(|it| it.1);
        let said: Vec<String> = said
            .map(|said| {
                said.trim()
                    .replace("&lt;", "<")
                    .replace("&gt;", ">")
                    .replace("&amp;", "&")
            })
            .collect();
        said.join(" ")
    }
}

/// Minutes, seconds, milliseconds.
fn stamp(time: Duration) -> String {
    let (seconds, millis) = (time.as_secs(), time.subsec_millis());
    format!("{:02}:{:02}.{millis:03}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_one_cue_each_and_no_markup() {
        let mut captions = Captions::default();
        assert_eq!(captions.encode(), "");
        let at = Duration::from_millis;
        captions.add(at(0), at(1_500), " Hello\n\n<b>Bob</b> & all --> ");
        captions.add(at(61_000), at(62_000), "  ");
        captions.add(at(61_000), at(62_000), "Bye.");
        let file = captions.encode();
        let expected = "WEBVTT\n\n00:00.000 --> 00:01.500\nHello &lt;b&gt;Bob&lt;/b&gt; &amp; all --&gt;\n\
            \n01:01.000 --> 01:02.000\nBye.\n";
        assert_eq!(file, expected);
        assert_eq!(Captions::text_of(&file), "Hello <b>Bob</b> & all --> Bye.");
        assert_eq!(Captions::text_of(""), "");
    }

    #[test]
    fn there_is_an_end_to_captions() {
        let mut captions = Captions::default();
        for _ in 0..10_000 {
            captions.add(Duration::ZERO, Duration::ZERO, "word word word");
        }
        let length = captions.encode().len();
        assert!(length <= CAPTION_BYTES && length > CAPTION_BYTES - 100);
    }
}
