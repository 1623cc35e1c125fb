//! Names, and whether somebody would take one for the other.

use unicode_normalization::UnicodeNormalization;
use wimpex_confusables::{Likeness, Skeletons, TextForms};

struct Tables;

impl TextForms for Tables {
    fn nfkd(&self, text: &str) -> String {
        text.nfkd().collect()
    }

    fn lowercase(&self, text: &str) -> String {
        text.to_lowercase()
    }

    fn uppercase(&self, text: &str) -> String {
        text.to_uppercase()
    }
}

fn likeness(one: &str, other: &str) -> Option<Likeness> {
    let [one, other] = [one, other].map(|name| Skeletons::of(name, &Tables));
    let found = one.likeness(&other);
    assert_eq!(found, other.likeness(&one), "either way round");
    found
}

#[test]
fn case_width_space_and_the_unseen_make_no_other_name() {
    for other in [
        "Mum",
        "mum",
        "MUM",
        "Ｍｕｍ",
        "𝐌𝐮𝐦",
        "M um",
        "Mum\u{200d}",
        "M\u{200c}um",
        "Mum\u{fe0f}",
        "Mum\u{34f}",
        "Mum\u{e0041}",
        "Ⓜum",
    ] {
        assert_eq!(likeness("Mum", other), Some(Likeness::Same), "{other:?}");
    }
    assert_eq!(likeness("Straße", "STRASSE"), Some(Likeness::LooksAlike));
    assert_eq!(likeness("José", "Jose\u{301}"), Some(Likeness::Same));
    assert_eq!(
        likeness("한글", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"),
        Some(Likeness::Same)
    );
}

#[test]
fn letters_of_other_alphabets_look_alike() {
    for (name, others) in [
        (
            "Mum",
            &["Мum", "МUМ", "мum", "Μum", "Murn", "Mυm", "ᎷUM"][..],
        ),
        (
            "Alice",
            &[
                "Аlice", "AIice", "A1ice", "A|ice", "Αlice", "Alicе", "ALICΕ",
            ],
        ),
        ("Bob", &["В0b", "ВОВ", "B0b", "Воb", "Bоb", "Βob"]),
        ("Nan", &["Νan", "ΝΑΝ"]),
        ("Hope", &["Норе", "НОРЕ"]),
        ("Вова", &["Bова", "BOBA"]),
    ] {
        for other in others {
            assert_eq!(
                likeness(name, other),
                Some(Likeness::LooksAlike),
                "{name} {other}"
            );
        }
    }
}

#[test]
fn ornaments_and_accents_look_alike() {
    for other in [
        "Mụm",
        "Mùm",
        "Mum!",
        "Mum ❤",
        "❤️ Mum",
        "«Mum»",
        "~mum~",
        "Mum 👩🏽",
        "M.u.m",
    ] {
        assert_eq!(
            likeness("Mum", other),
            Some(Likeness::LooksAlike),
            "{other}"
        );
    }
    // A name of emoji is what it shows.
    assert_eq!(likeness("👩🏽", "👩🏻"), Some(Likeness::Same));
    assert_eq!(likeness("❤", "❤\u{fe0f}"), Some(Likeness::Same));
    assert_eq!(likeness("👩", "👨"), None);
    assert_eq!(likeness("👩", "Mum 👩"), None);
}

#[test]
fn other_names_are_other_names() {
    let names = [
        "Mum",
        "Mom",
        "Dad",
        "Alice",
        "Bob",
        "Rob",
        "Nan",
        "Van",
        "Ann",
        "Uwe",
        "Yve",
        "Anna",
        "Анна",
        "Иван",
        "Вова",
        "Hans",
        "Jan",
        "Ian",
        "Max",
        "Mia",
        "Pia",
        "Li",
        "Lu",
        "Wu",
        "Bob 1",
        "Bob 2",
        "Bob (work)",
        "محمد",
        "نوشین",
        "दीपा",
        "田中",
        "田口",
        "김",
        "박",
    ];
    for (place, one) in names.iter().enumerate() {
        for other in &names[place + 1..] {
            assert_eq!(likeness(one, other), None, "{one} {other}");
        }
    }
}

#[test]
fn every_text_has_a_likeness_to_itself() {
    for text in ["", " ", "\u{200d}", "!", "🏴", "\u{301}", "\u{10ffff}"] {
        assert_eq!(likeness(text, text), Some(Likeness::Same), "{text:?}");
    }
}
