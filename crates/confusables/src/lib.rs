//! Which names people would take for one another: the skeletons of Unicode Technical Standard 39
//! (section 4, "Confusable Detection"), after NFKD and case folding.
//!
//! Normal forms and case mappings are an argument ([`TextForms`]): every browser has them, and
//! their tables are larger than the page. The table of prototypes is built in, made by `build.rs`.

mod prototypes;

use prototypes::prototype;

/// What has tables for all of Unicode: the browser, or a library.
pub trait TextForms {
    /// The compatibility decomposition (UAX #15).
    fn nfkd(&self, text: &str) -> String;
    /// In small letters, by the mappings of Unicode and no language's own.
    fn lowercase(&self, text: &str) -> String;
    /// In capital letters, likewise.
    fn uppercase(&self, text: &str) -> String;
}

/// How much two names are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Likeness {
    /// They are the same but for case, width, white space and what cannot be seen.
    Same,
    /// They are not, but look so.
    LooksAlike,
}

/// A name in the forms in which it is compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Skeletons {
    folded: String,
    /// As it is written, in small letters, and in capitals. A letter may have a double in one case
    /// only: a Cyrillic в looks like nothing else, and В like B; a capital I like a small l.
    looks: [String; 3],
}

impl Skeletons {
    /// Of a name.
    pub fn of(name: &str, forms: &impl TextForms) -> Self {
        let plain = forms.nfkd(&visible(name));
        let small = forms.nfkd(&forms.lowercase(&plain));
        let capital = forms.nfkd(&forms.uppercase(&plain));
        let looks = [
            core(&look(&plain)),
            // The prototypes of some small letters and digits are capitals.
            core(&forms.lowercase(&look(&small))),
            core(&look(&capital)),
        ];
        Self {
            folded: small,
            looks,
        }
    }

    /// How much the two are alike; `None` if nobody would take one for the other.
    pub fn likeness(&self, other: &Self) -> Option<Likeness> {
        if self.folded == other.folded {
            return Some(Likeness::Same);
        }
        let mut looks = self.looks.iter().zip(&other.looks);
        looks
            .any(|(one, other)| one == other)
            .then_some(Likeness::LooksAlike)
    }
}

/// Without white space, joiners, variation selectors, tags, and the colours of skin.
fn visible(name: &str) -> String {
    let is_unseen = |c: char| {
        c.is_whitespace()
            || matches!(c,
                '\u{34f}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}'
                | '\u{e0000}'..='\u{e0fff}')
    };
    name.chars().filter(|c| !is_unseen(*c)).collect()
}

fn look(text: &str) -> String {
    let mut look = String::with_capacity(text.len());
    for c in text.chars() {
        match prototype(c) {
            Some(target) => look.push_str(target),
            None => look.push(c),
        }
    }
    look
}

/// Letters and digits, without accents: "Mụm!" and "Mum ❤" are near enough to be mixed up. All of it
/// where there are none, as in a name of emoji.
fn core(look: &str) -> String {
    let is_ornament = |c: char| {
        c.is_ascii_punctuation()
            || matches!(c,
                '\u{a0}'..='\u{a9}' | '\u{ab}'..='\u{b4}' | '\u{b6}'..='\u{b9}' | '\u{bb}'..='\u{bf}'
                // Combining diacritical marks, and signs of every kind.
                | '\u{2b0}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
                | '\u{2000}'..='\u{206f}' | '\u{20d0}'..='\u{20ff}' | '\u{2190}'..='\u{2bff}'
                | '\u{2e00}'..='\u{2e7f}' | '\u{3000}'..='\u{303f}' | '\u{1f000}'..='\u{1faff}')
    };
    let letters: String = look.chars().filter(|c| !is_ornament(*c)).collect();
    if letters.is_empty() {
        look.to_owned()
    } else {
        letters
    }
}
