//! Makes the table of prototypes (UTS 39, section 4) that `src/prototypes.rs` reads: from
//! `unicode-security`, but only what can matter in a name that is in NFKD already, and in a form
//! that compresses well. That is a tenth of the library's own tables.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use unicode_normalization::UnicodeNormalization;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let mut sources = Vec::new();
    for source in '\0'..=char::MAX {
        let text = source.to_string();
        if text.nfkd().ne([source]) {
            continue;
        }
        let target: String = unicode_security::skeleton(&text).collect();
        // What looks like a sign and not like a letter is left out of a comparison anyway.
        if target != text && target.chars().any(char::is_alphanumeric) {
            sources.push((source, target));
        }
    }
    let mut targets: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, target) in &sources {
        targets.insert(target, 0);
    }
    for (number, place) in targets.values_mut().enumerate() {
        *place = number;
    }
    let mut steps = Vec::new();
    let mut places = Vec::new();
    let mut before = 0;
    for (source, target) in &sources {
        let source = u32::from(*source);
        put(&mut steps, source - before);
        before = source;
        let place = targets[target.as_str()];
        put(
            &mut places,
            u32::try_from(place).expect("there are some thousands"),
        );
    }
    let texts: Vec<&str> = targets.keys().copied().collect();
    let mut code = String::new();
    let _ = writeln!(code, "const TARGETS: &str = {:?};", texts.join(" "));
    let _ = writeln!(code, "const STEPS: &[u8] = &{steps:?};");
    let _ = writeln!(code, "const PLACES: &[u8] = &{places:?};");
    let folder = env::var_os("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&folder).join("prototypes.rs"), code).expect("cargo made the folder");
}

/// LEB128: seven bits a byte, the lowest first.
fn put(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}
