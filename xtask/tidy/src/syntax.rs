//! What one module of a file declares, and every path that it uses, with lines. Code of tests is
//! left out: a test may look at anything.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, Meta, UseTree, Visibility};

/// A path as it was written: `crate::session::Event`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
}

/// A name that a `use` brings into a module.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    pub(crate) name: String,
    pub(crate) path: Written,
    /// It has a visibility: others are meant to find it here.
    pub(crate) reexport: bool,
}

/// A type that others can name.
#[derive(Debug, Clone)]
pub(crate) struct PublicType {
    pub(crate) name: String,
    pub(crate) line: usize,
}

/// One module: a file's own, or an inline one.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    pub(crate) imports: Vec<Import>,
    /// What stands before `::*`.
    pub(crate) globs: Vec<Written>,
    /// Names of items.
    pub(crate) definitions: Vec<String>,
    /// Names of macros by example.
    pub(crate) macros: Vec<String>,
    pub(crate) public_types: Vec<PublicType>,
    /// Paths in code and in the arguments of macros.
    pub(crate) uses: Vec<Written>,
    pub(crate) inline: Vec<(String, Scope)>,
    /// Modules in files of their own, with the `path` attribute if there is one.
    pub(crate) files: Vec<(String, Option<String>)>,
}

impl Scope {
    /// Reads the items of one module.
    pub(crate) fn read(items: &[Item]) -> Self {
        let mut scope = Self::default();
        for item in items {
            scope.visit_item(item);
        }
        scope
    }

    fn add_use(&mut self, tree: &UseTree, before: &mut Vec<String>, reexport: bool) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.add_use(&path.tree, before, reexport);
                before.pop();
            }
            UseTree::Name(name) => {
                self.add_import(&name.ident, &name.ident.to_string(), before, reexport);
            }
            UseTree::Rename(rename) => {
                self.add_import(&rename.ident, &rename.rename.to_string(), before, reexport);
            }
            UseTree::Glob(glob) => self.globs.push(Written {
                segments: before.clone(),
                line: glob.star_token.spans[0].start().line,
            }),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_use(tree, before, reexport);
                }
            }
        }
    }

    fn add_import(&mut self, ident: &syn::Ident, name: &str, before: &[String], reexport: bool) {
        let mut segments = before.to_vec();
        let mut name = name.to_owned();
        // `use a::b::{self}` brings `b`.
        if ident == "self" {
            if name == "self"
                && let Some(last) = before.last()
            {
                name.clone_from(last);
            }
        } else {
            segments.push(ident.to_string());
        }
        let line = ident.span().start().line;
        let path = Written { segments, line };
        self.imports.push(Import {
            name,
            path,
            reexport,
        });
    }

    fn add_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is = |at: usize, c: char| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == c);
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                TokenTree::Ident(ident) => {
                    let line = ident.span().start().line;
                    let mut segments = vec![ident.to_string()];
                    while is(at, ':') && is(at + 1, ':') {
                        let Some(TokenTree::Ident(next)) = tokens.get(at + 2) else {
                            break;
                        };
                        segments.push(next.to_string());
                        at += 3;
                    }
                    // The name of a method or a field, not of an item.
                    let before = at.checked_sub(segments.len() * 3 - 1);
                    if !before.is_some_and(|before| is(before, '.')) {
                        self.uses.push(Written { segments, line });
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    fn add_type(&mut self, name: &syn::Ident, visibility: &Visibility) {
        self.definitions.push(name.to_string());
        if is_public(visibility) {
            self.public_types.push(PublicType {
                name: name.to_string(),
                line: name.span().start().line,
            });
        }
    }
}

/// `pub` or `pub(crate)`: the whole crate can name it.
fn is_public(visibility: &Visibility) -> bool {
    match visibility {
        Visibility::Public(_) => true,
        Visibility::Restricted(restricted) => restricted.path.is_ident("crate"),
        Visibility::Inherited => false,
    }
}

/// Whether an item exists in tests only.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) => {
            list.path.is_ident("cfg")
                && list.tokens.to_string().replace(' ', "").starts_with("test")
        }
        Meta::NameValue(_) => false,
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Macro(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        Item::Type(it) => &it.attrs,
        Item::Union(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| {
        let Meta::NameValue(pair) = &attribute.meta else {
            return None;
        };
        match &pair.value {
            syn::Expr::Lit(literal) if pair.path.is_ident("path") => match &literal.lit {
                syn::Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        }
    })
}

impl<'a> Visit<'a> for Scope {
    fn visit_item(&mut self, item: &'a Item) {
        if is_for_tests(attributes(item)) {
            return;
        }
        match item {
            Item::Const(it) => self.definitions.push(it.ident.to_string()),
            Item::Enum(it) => self.add_type(&it.ident, &it.vis),
            Item::Fn(it) => self.definitions.push(it.sig.ident.to_string()),
            Item::Static(it) => self.definitions.push(it.ident.to_string()),
            Item::Struct(it) => self.add_type(&it.ident, &it.vis),
            Item::Trait(it) => self.add_type(&it.ident, &it.vis),
            Item::Type(it) => self.add_type(&it.ident, &it.vis),
            Item::Union(it) => self.add_type(&it.ident, &it.vis),
            Item::Macro(it) => {
                if let Some(name) = &it.ident {
                    self.macros.push(name.to_string());
                }
            }
            Item::Use(it) => {
                let reexport = !matches!(it.vis, Visibility::Inherited);
                self.add_use(&it.tree, &mut Vec::new(), reexport);
                return;
            }
            Item::Mod(it) => {
                let name = it.ident.to_string();
                match &it.content {
                    Some((_, items)) => self.inline.push((name, Self::read(items))),
                    None => self.files.push((name, path_attribute(&it.attrs))),
                }
                return;
            }
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_impl_item_fn(&mut self, function: &'a syn::ImplItemFn) {
        if !is_for_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let segments: Vec<String> = path
            .segments
            .iter()
            .map(|it| it.ident.to_string())
            .collect();
        let line = path
            .segments
            .first()
            .map_or(0, |it| it.ident.span().start().line);
        self.uses.push(Written { segments, line });
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'a syn::Macro) {
        self.visit_path(&mac.path);
        self.add_tokens(mac.tokens.clone());
    }

    // `pub(in some::path)` uses nothing of that module.
    fn visit_visibility(&mut self, _: &'a Visibility) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Scope {
        Scope::read(&syn::parse_file(text).unwrap().items)
    }

    fn uses(text: &str) -> Vec<String> {
        let scope = read(text);
        let all = scope.uses.iter().map(|it| it.segments.join("::"));
        all.filter(|path| path.contains("::")).collect()
    }

    #[test]
    fn imports_are_taken_apart() {
        let scope = read("use a::{self, b::{C, D as E}};\npub use f::*;");
        let imports: Vec<_> = scope
            .imports
            .iter()
            .map(|it| (it.name.as_str(), it.path.segments.join("::")))
            .collect();
        let expected = [
            ("a", "a".to_owned()),
            ("C", "a::b::C".to_owned()),
            ("E", "a::b::D".to_owned()),
        ];
        assert_eq!(imports, expected);
        assert_eq!(scope.globs[0].segments, ["f"]);
        assert_eq!(scope.globs[0].line, 2);
    }

    #[test]
    fn paths_are_found_in_signatures_bodies_and_macros() {
        assert_eq!(
            uses("fn f(a: b::C) -> d::E { g::h(1); view! { <i::J k=l::m() /> }; x.y::<n::O>() }"),
            ["b::C", "d::E", "g::h", "i::J", "l::m", "n::O"]
        );
        assert_eq!(
            uses("macro_rules! m { () => { $crate::a::b() } }"),
            ["crate::a::b"]
        );
    }

    #[test]
    fn tests_may_look_at_anything() {
        let text =
            "#[cfg(test)] mod tests { use a::b; fn f() { c::d() } }\n#[test] fn g() { e::f() }";
        assert!(uses(text).is_empty());
        assert!(read(text).inline.is_empty());
    }

    #[test]
    fn visibilities_are_no_uses() {
        assert!(uses("pub(in a::b) struct C;").is_empty());
    }
}
