//! Gives what passes between the module and its glue short names.
//!
//! wasm-bindgen names each import after what it is, and adds a hash: 60 bytes each, hundreds of
//! times, in both files, and hashes do not compress. Short names make the page a tenth smaller.
//! (<https://github.com/wasm-bindgen/wasm-bindgen/issues/3736>)

use std::collections::HashMap;

use walrus::Module;

/// Shortens the names in the module and in both texts alike.
pub(super) fn shorten(module: &mut Module, glue: &mut String, link: &mut String) {
    let mut names = Names::default();
    for import in module.imports.iter_mut() {
        import.name = names.short(&import.name);
        import.module = names.short_module(&import.module);
    }
    for export in module.exports.iter_mut() {
        // Others, like `memory`, are common words in the glue.
        if export.name.starts_with("__wb") || export.name.starts_with("wasm_bindgen__") {
            export.name = names.short(&export.name);
        }
    }
    *glue = names.in_words(glue);
    for (from, short) in &names.modules {
        // As the key of an import object; where a script is loaded from stays.
        *glue = glue.replace(&format!("{from:?}:"), &format!("{short:?}:"));
    }
    *link = names.in_words(link);
}

#[derive(Default)]
struct Names {
    short: HashMap<String, String>,
    modules: Vec<(String, String)>,
}

impl Names {
    fn short(&mut self, name: &str) -> String {
        let next = format!("${}", base36(self.short.len()));
        self.short.entry(name.to_owned()).or_insert(next).clone()
    }

    fn short_module(&mut self, name: &str) -> String {
        if let Some((_, short)) = self.modules.iter().find(|(long, _)| long == name) {
            return short.clone();
        }
        let short = format!("_{}", base36(self.modules.len()));
        self.modules.push((name.to_owned(), short.clone()));
        short
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
            out.push_str(self.short.get(word).map_or(word, |short| short));
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
    use walrus::FunctionBuilder;

    use super::*;

    #[test]
    fn both_sides_get_the_same_names_and_nothing_else_changes() {
        let mut module = Module::default();
        let kind = module.types.add(&[], &[]);
        module.add_import_func("./page_bg.js", "__wbg_add_0123456789abcdef", kind);
        let memory = module.memories.add_local(false, false, 1, None, None);
        module.exports.add("memory", memory);
        let builder = FunctionBuilder::new(&mut module.types, &[], &[]);
        let function = builder.finish(vec![], &mut module.funcs);
        module.exports.add("__wbindgen_malloc", function);

        let mut glue = "__wbg_add_0123456789abcdef: 1, __wbg_add_0123456789abcdef0: 2, \
                        wasm.__wbindgen_malloc(wasm.memory), \"./page_bg.js\": x"
            .to_owned();
        let mut link = "export const __wbg_add_0123456789abcdef = \"./page_bg.js\"".to_owned();
        shorten(&mut module, &mut glue, &mut link);
        let imports: Vec<_> = module.imports.iter().collect();
        assert_eq!((&*imports[0].module, &*imports[0].name), ("_0", "$0"));
        let exports: Vec<_> = module.exports.iter().map(|it| &*it.name).collect();
        assert_eq!(exports, ["memory", "$1"]);
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
