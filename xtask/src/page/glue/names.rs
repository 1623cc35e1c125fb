//! Gives what passes between the module and its glue short names.
//!
//! wasm-bindgen names each import after what it is, and adds a hash: 60 bytes
//! each, hundreds of times, in both files, and hashes do not compress.

use std::collections::HashMap;

use anyhow::{Context, Result};

use super::wasm::{EXPORTS, IMPORTS, Reader, write_name, write_number};

/// What the modules that imports come from are called afterwards: this, and a
/// number.
const SHORT_MODULE: &str = "_";

/// Shortens the names in the module and its glue, alike, and in another text that
/// knows them.
pub(super) fn shorten(module: &[u8], glue: &str, link: &str) -> Result<(Vec<u8>, String, String)> {
    let names = Names::of(module)?;
    let module = names.in_module(module)?;
    let mut glue = names.in_words(glue);
    for (number, from) in names.modules.iter().enumerate() {
        // As the key of an import object; where a script is loaded from stays.
        glue = glue.replace(
            &format!("{from:?}:"),
            &format!("{:?}:", short_module(number)),
        );
    }
    Ok((module, glue, names.in_words(link)))
}

fn short_module(number: usize) -> String {
    format!("{SHORT_MODULE}{}", base36(number))
}

#[derive(Default)]
struct Names {
    short: HashMap<Vec<u8>, String>,
    modules: Vec<String>,
}

impl Names {
    fn of(module: &[u8]) -> Result<Self> {
        let mut names = Self::default();
        if let Some(mut section) = Reader::section(module, IMPORTS)? {
            for _ in 0..section.number()? {
                let from = std::str::from_utf8(section.name()?)?.to_owned();
                if !names.modules.contains(&from) {
                    names.modules.push(from);
                }
                let name = section.name()?;
                names.add(name);
                section.imported()?;
            }
        }
        if let Some(mut section) = Reader::section(module, EXPORTS)? {
            for _ in 0..section.number()? {
                let name = section.name()?;
                // Others, like `memory`, are common words in the glue.
                if name.starts_with(b"__wb") || name.starts_with(b"wasm_bindgen__") {
                    names.add(name);
                }
                section.byte()?;
                section.number()?;
            }
        }
        Ok(names)
    }

    fn add(&mut self, name: &[u8]) {
        let short = format!("${}", base36(self.short.len()));
        self.short.entry(name.to_owned()).or_insert(short);
    }

    fn in_module(&self, module: &[u8]) -> Result<Vec<u8>> {
        let mut out = module.get(..8).context("it is no module")?.to_vec();
        let mut reader = Reader {
            bytes: module,
            at: 8,
        };
        while reader.at < module.len() {
            let id = reader.byte()?;
            let length = reader.number()?;
            let content = reader.take(length)?;
            let content = match id {
                IMPORTS => self.in_section(content, true)?,
                EXPORTS => self.in_section(content, false)?,
                _ => content.to_vec(),
            };
            out.push(id);
            write_number(&mut out, content.len());
            out.extend(content);
        }
        Ok(out)
    }

    fn in_section(&self, content: &[u8], imports: bool) -> Result<Vec<u8>> {
        let mut section = Reader {
            bytes: content,
            at: 0,
        };
        let count = section.number()?;
        let mut out = Vec::new();
        write_number(&mut out, usize::try_from(count)?);
        for _ in 0..count {
            if imports {
                let from = section.name()?;
                let number = self.modules.iter().position(|it| it.as_bytes() == from);
                let short = short_module(number.context("a module that was not there")?);
                write_name(&mut out, short.as_bytes());
            }
            let name = section.name()?;
            let short = self.short.get(name).map_or(name, String::as_bytes);
            write_name(&mut out, short);
            let start = section.at;
            if imports {
                section.imported()?;
            } else {
                section.byte()?;
                section.number()?;
            }
            out.extend_from_slice(&content[start..section.at]);
        }
        Ok(out)
    }

    /// Whole words only: a name may be the beginning of another.
    fn in_words(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
        let mut rest = text;
        while let Some(start) = rest.find(is_word) {
            let (before, word) = rest.split_at(start);
            let end = word.find(|c| !is_word(c)).unwrap_or(word.len());
            let (word, after) = word.split_at(end);
            out.push_str(before);
            out.push_str(self.short.get(word.as_bytes()).map_or(word, |short| short));
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

fn base36(mut number: usize) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit((number % 36) as u32, 36).unwrap_or('0'));
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(from: &str, import: &str, export: &str) -> Vec<u8> {
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        let mut section = |id: u8, content: &[u8]| {
            module.push(id);
            write_number(&mut module, content.len());
            module.extend_from_slice(content);
        };
        let mut imports = vec![1];
        write_name(&mut imports, from.as_bytes());
        write_name(&mut imports, import.as_bytes());
        imports.extend([0, 3]);
        section(IMPORTS, &imports);
        let mut exports = vec![2];
        write_name(&mut exports, b"memory");
        exports.extend([2, 0]);
        write_name(&mut exports, export.as_bytes());
        exports.extend([0, 1]);
        section(EXPORTS, &exports);
        section(10, &[0]);
        module
    }

    #[test]
    fn both_sides_get_the_same_names_and_nothing_else_changes() {
        let long = module(
            "./page_bg.js",
            "__wbg_add_0123456789abcdef",
            "__wbindgen_malloc",
        );
        let glue = "__wbg_add_0123456789abcdef: 1, __wbg_add_0123456789abcdef0: 2, \
                    wasm.__wbindgen_malloc(wasm.memory), \"./page_bg.js\": x";
        let link = "export const __wbg_add_0123456789abcdef = \"./page_bg.js\"";
        let (module_, glue, link) = shorten(&long, glue, link).unwrap();
        assert_eq!(module_, module("_0", "$0", "$1"));
        assert_eq!(
            glue,
            "$0: 1, __wbg_add_0123456789abcdef0: 2, wasm.$1(wasm.memory), \"_0\": x"
        );
        assert_eq!(link, "export const $0 = \"./page_bg.js\"");
    }

    #[test]
    fn short_names_differ() {
        let all: std::collections::HashSet<_> = (0..5_000).map(base36).collect();
        assert_eq!(all.len(), 5_000);
    }
}
