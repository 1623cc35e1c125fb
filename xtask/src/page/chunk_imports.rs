//! Takes out of the first load what only the chunks call of the browser.
//!
//! wasm-bindgen has to see all imports in the main module, for it writes the glue for that one
//! only. So the splitter leaves them there: for each that a chunk calls, the main module has a
//! function that does nothing but call the import (a "local shim"), in the table that all share.
//! Where nobody else calls the import, all of that is a burden of the first load: the import, the
//! shim, and the JavaScript behind it. Here these imports become those of one chunk, which all others
//! need. It puts them into the same places of the table when it is instantiated, and their
//! JavaScript is in a file that is loaded beside it.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result, ensure};
use walrus::ir::{Instr, Value, Visitor, dfs_in_order};
use walrus::{
    ConstExpr, ElementItems, ElementKind, FunctionBuilder, FunctionId, FunctionKind, LocalFunction,
    Module, ValType,
};

/// The end of the name that the splitter gives a shim.
const SHIM: &str = " local_shim";
/// Where the glue begins to list what it gives to the main module.
const IMPORTS: &str = "const import0 = {\n";

/// An import that the chunk takes over.
struct Moved {
    name: String,
    parameters: Vec<ValType>,
    results: Vec<ValType>,
    /// Its place in the shared table.
    slot: i32,
}

/// Moves what only `chunk` needs out of `main` and its `glue`; returns the JavaScript for it, a
/// module that exports `imports` and is loaded from beside `glue_name`.
pub(super) fn take(
    main: &mut Module,
    chunk: &mut Vec<u8>,
    glue: &mut String,
    glue_name: &str,
) -> Result<String> {
    let module = module_of_glue(glue)?.to_owned();
    let moved = take_from_main(main, &module)?;
    *chunk = give_to_chunk(chunk, &moved, &module)?;
    let (entries, rest) = cut(glue, &moved)?;
    let Divided {
        main,
        chunk,
        shared,
    } = divide(&rest, &entries);
    let shared = shared.join(", ");
    *glue = format!("{main}export {{ {shared} }};\n");
    Ok(format!(
        "import {{ {shared} }} from \"./{glue_name}\";\n\
         export const imports = {{ {module:?}: {{\n__proto__: null,\n{entries}}} }};\n{chunk}"
    ))
}

/// Has the script that loads the module `chunk`, which needs no other, fetch `glue_name` with it. A
/// browser may remember that an `import()` has failed, so that each later try has an address of its
/// own.
pub(super) fn load_with_chunk(link: &str, chunk: &str, glue_name: &str) -> Result<String> {
    let load = format!(
        "let tries = 0;\n\
         const loadGlue = async () => {{\n\
         const again = tries ? `?${{tries}}` : \"\";\n\
         tries += 1;\n\
         const glue = await import(new URL(\"./{glue_name}\", import.meta.url) + again);\n\
         Object.assign(getSharedImports(), glue.imports);\n\
         }};\n"
    );
    let (before, after) = link
        .split_once(&format!("\"./{chunk}\""))
        .context("the splitter's script does not load what all parts need")?;
    let start = before
        .rfind("const __chunk_")
        .context("the splitter's script does not load it as a chunk")?;
    let (before, loader) = before.split_at(start);
    let (fetcher, rest) = after
        .split_once("}\n, []);")
        .context("the splitter's script loads it with others")?;
    Ok(format!(
        "{before}{load}{loader}\"./{chunk}\"{fetcher}}}\n, [loadGlue]);{rest}"
    ))
}

/// What the main module calls the glue. What it imports from elsewhere stays: that is what loads the
/// chunk.
fn module_of_glue(glue: &str) -> Result<&str> {
    let (before, _) = glue
        .split_once("\": import0")
        .context("the glue gives no module its imports")?;
    Ok(before.rsplit('"').next().unwrap_or(before))
}

/// Removes the shims that only the chunk calls, and their imports from `module`.
fn take_from_main(main: &mut Module, module: &str) -> Result<Vec<Moved>> {
    let calls = Calls::of(main);
    let exported: HashSet<FunctionId> = main
        .exports
        .iter()
        .filter_map(|export| match export.item {
            walrus::ExportItem::Function(function) => Some(function),
            _ => None,
        })
        .collect();
    let mut imports = HashMap::new();
    for (id, function) in main.funcs.iter_local() {
        let is_shim = main.funcs.get(id).name.as_deref();
        let is_shim = is_shim.is_some_and(|name| name.ends_with(SHIM));
        let Some(import) = only_call(function).filter(|_| is_shim) else {
            continue;
        };
        let is_import = match &main.funcs.get(import).kind {
            FunctionKind::Import(function) => main.imports.get(function.import).module == module,
            _ => false,
        };
        let has_callers = calls.to.contains_key(&id) || exported.contains(&id);
        if is_import && !has_callers && calls.to.get(&import) == Some(&1) {
            imports.insert(id, import);
        }
    }

    // Nobody calls it: a place in the table that the chunk fills must not be empty until then, as
    // WebAssembly without reference types has no way to say so.
    let mut nothing = FunctionBuilder::new(&mut main.types, &[], &[]);
    nothing.func_body().unreachable();
    let nothing = nothing.finish(vec![], &mut main.funcs);

    let mut slots = HashMap::new();
    for segment in main.elements.iter_mut() {
        let (ElementKind::Active { offset, .. }, ElementItems::Functions(functions)) =
            (&segment.kind, &mut segment.items)
        else {
            continue;
        };
        let ConstExpr::Value(Value::I32(offset)) = offset else {
            continue;
        };
        for (slot, function) in (*offset..).zip(functions) {
            if imports.contains_key(function) {
                let before = slots.insert(*function, slot);
                ensure!(before.is_none(), "a shim is in the table twice");
                *function = nothing;
            }
        }
    }

    let mut moved = Vec::new();
    for (shim, slot) in slots {
        let import = imports[&shim];
        let kind = main.types.get(main.funcs.get(import).ty());
        let (parameters, results) = (kind.params().to_vec(), kind.results().to_vec());
        let FunctionKind::Import(entry) = &main.funcs.get(import).kind else {
            unreachable!("only imports are collected above");
        };
        let entry = main.imports.get(entry.import);
        moved.push(Moved {
            name: entry.name.clone(),
            parameters,
            results,
            slot,
        });
    }
    walrus::passes::gc::run(main);
    // A build must not depend on the order of a hash table.
    moved.sort_by_key(|import| import.slot);
    Ok(moved)
}

/// The import that a function calls, if that is all it does.
fn only_call(function: &LocalFunction) -> Option<FunctionId> {
    let body = function.block(function.entry_block());
    let (last, before) = body.instrs.split_last()?;
    let passes_on = before
        .iter()
        .map(|(instruction, _)| instruction)
        .zip(&function.args)
        .all(|(instruction, argument)| {
            matches!(instruction, Instr::LocalGet(get) if get.local == *argument)
        });
    match &last.0 {
        Instr::Call(call) if passes_on && before.len() == function.args.len() => Some(call.func),
        _ => None,
    }
}

/// How often each function is called by name.
#[derive(Default)]
struct Calls {
    to: HashMap<FunctionId, usize>,
}

impl Calls {
    fn of(module: &Module) -> Self {
        let mut calls = Self::default();
        for (_, function) in module.funcs.iter_local() {
            dfs_in_order(&mut calls, function, function.entry_block());
        }
        calls
    }
}

impl Visitor<'_> for Calls {
    fn visit_function_id(&mut self, function: &FunctionId) {
        *self.to.entry(*function).or_default() += 1;
    }
}

/// Makes the imports the chunk's, and puts them into the table.
fn give_to_chunk(chunk: &[u8], moved: &[Moved], module: &str) -> Result<Vec<u8>> {
    let mut chunk = Module::from_buffer(chunk)?;
    let table = chunk
        .tables
        .iter()
        .find(|table| table.import.is_some())
        .context("the chunk does not share the table")?
        .id();
    for import in moved {
        let kind = chunk.types.add(&import.parameters, &import.results);
        let (function, _) = chunk.add_import_func(module, &import.name, kind);
        let place = ElementKind::Active {
            table,
            offset: ConstExpr::Value(Value::I32(import.slot)),
        };
        let segment = chunk
            .elements
            .add(place, ElementItems::Functions(vec![function]));
        chunk.tables.get_mut(table).elem_segments.insert(segment);
    }
    Ok(chunk.emit_wasm())
}

/// The entries of the glue for the imports that were moved, and the glue without them.
fn cut(glue: &str, moved: &[Moved]) -> Result<(String, String)> {
    let names: HashSet<&str> = moved.iter().map(|import| &import.name[..]).collect();
    let start = glue
        .find(IMPORTS)
        .context("the glue does not list imports as it did")?
        + IMPORTS.len();
    let (head, list) = glue.split_at(start);
    let (mut entries, mut rest) = (String::new(), head.to_owned());
    let mut found = 0;
    // How many braces are open in the list, and whether the entry is one of those.
    let (mut depth, mut is_moved) = (1, false);
    for line in list.split_inclusive('\n') {
        if depth == 1
            && let Some((name, _)) = line.trim_start().split_once(": ")
        {
            is_moved = names.contains(name);
            found += usize::from(is_moved);
        }
        let braces = braces(line);
        is_moved &= depth + braces > 0;
        if is_moved { &mut entries } else { &mut rest }.push_str(line);
        // Once the list has ended, nothing more is in it.
        depth = if depth > 0 { depth + braces } else { 0 };
    }
    ensure!(
        found == moved.len(),
        "{found} of {} imports are in the glue",
        moved.len()
    );
    Ok((entries, rest))
}

/// The glue, without the entries that were cut out.
struct Divided {
    /// What stays.
    main: String,
    /// What only the entries use, in the order in which it stood.
    chunk: String,
    /// What stays and is used by the entries too.
    shared: Vec<String>,
}

fn divide(glue: &str, entries: &str) -> Divided {
    let mut main = statements(glue);
    let variables = main.iter().filter(|it| it.trim_start().starts_with("let "));
    let variables: Vec<_> = variables
        .flat_map(|statement| declared(statement))
        .collect();
    let mut chunk: Vec<&str> = Vec::new();
    // What goes may have been the only one that used another.
    loop {
        let used_late = words(std::iter::once(entries).chain(chunk.iter().copied()));
        let goes = main.iter().position(|statement| {
            let others = main.iter().filter(|it| !std::ptr::eq(**it, *statement));
            let used = words(others.copied());
            let names = declared(statement);
            // A script cannot assign what it imports.
            let assigns = variables
                .iter()
                .any(|it| statement.contains(&format!("{it} = ")));
            !names.is_empty()
                && !assigns
                && names
                    .iter()
                    .all(|name| used_late.contains(name) && !used.contains(name))
        });
        let Some(goes) = goes else { break };
        chunk.push(main.remove(goes));
    }
    chunk.sort_by_key(|statement| statement.as_ptr());
    let used_late = words(std::iter::once(entries).chain(chunk.iter().copied()));
    let declared = main.iter().flat_map(|statement| declared(statement));
    let mut shared: Vec<_> = declared
        .filter(|name| used_late.contains(name))
        .map(str::to_owned)
        .collect();
    shared.sort_unstable();
    Divided {
        main: main.concat(),
        chunk: chunk.concat(),
        shared,
    }
}

/// The statements of a script, each with its line end. Texts in it have as many braces open as
/// closed.
fn statements(script: &str) -> Vec<&str> {
    let (mut statements, mut start, mut end, mut depth) = (Vec::new(), 0, 0, 0);
    for line in script.split_inclusive('\n') {
        end += line.len();
        depth += braces(line);
        if depth == 0 {
            statements.push(&script[start..end]);
            start = end;
        }
    }
    statements.push(&script[start..]);
    statements
}

/// How many more braces and brackets a line opens than it closes.
fn braces(line: &str) -> i32 {
    line.chars().fold(0, |depth, c| match c {
        '{' | '[' | '(' => depth + 1,
        '}' | ']' | ')' => depth - 1,
        _ => depth,
    })
}

/// What a statement declares: `let a, b;` two names, `let a = f(b, c);` one.
fn declared(statement: &str) -> Vec<&str> {
    let kinds = ["function ", "async function ", "let ", "const "];
    let Some(rest) = kinds
        .iter()
        .find_map(|kind| statement.trim_start().strip_prefix(kind))
    else {
        return Vec::new();
    };
    let names = rest.split(['=', '(']).next().unwrap_or(rest);
    let names = names
        .split(',')
        .map(|name| name.trim_matches(|c| !is_of_name(c)));
    names.filter(|name| !name.is_empty()).collect()
}

fn words<'a>(texts: impl Iterator<Item = &'a str>) -> HashSet<&'a str> {
    texts
        .flat_map(|text| text.split(|c| !is_of_name(c)))
        .collect()
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Indented as little as wasm-bindgen does it.
    const GLUE: &str = "\
const kinds = [\"a\", \"b\"];
function kind(arg0) {
    return kinds[arg0];
}
let wasmModule, wasm, cached = null;
function memory() {
    cached = wasm.memory;
    return cached;
}
function getObject(idx) { return heap[idx]; }
function addHeapObject(obj) { return 1; }
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        $0: function(arg0) {
            const ret = getObject(arg0).first;
            return ret;
        },
        $1: function() { return handleError(function (arg0) {
            wasm.call(memory().second, kind(arg0));
        }, arguments); },
    };
    return {
        __proto__: null,
        \"_0\": import0,
    };
}
";

    /// A main module with two imports: its own code calls the first; both have shims.
    fn main() -> Module {
        let mut module = Module::default();
        let kind = module.types.add(&[ValType::I32], &[]);
        let table = module
            .tables
            .add_local(false, 10, Some(10), walrus::RefType::FUNCREF);
        let mut shims = Vec::new();
        for name in ["$0", "$1"] {
            let (import, _) = module.add_import_func("_0", name, kind);
            let mut shim = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[]);
            shim.name(format!("{name}{SHIM}"));
            let argument = module.locals.add(ValType::I32);
            shim.func_body().local_get(argument).call(import);
            shims.push(shim.finish(vec![argument], &mut module.funcs));
            if name == "$0" {
                let mut own = FunctionBuilder::new(&mut module.types, &[], &[]);
                own.func_body().i32_const(1).call(import);
                let own = own.finish(vec![], &mut module.funcs);
                module.exports.add("main", own);
            }
        }
        let place = ElementKind::Active {
            table,
            offset: ConstExpr::Value(Value::I32(4)),
        };
        let segment = module.elements.add(place, ElementItems::Functions(shims));
        module.tables.get_mut(table).elem_segments.insert(segment);
        module.exports.add("table", table);
        module
    }

    fn chunk() -> Vec<u8> {
        let mut module = Module::default();
        module.add_import_table("a", "table", false, 10, None, walrus::RefType::FUNCREF);
        module.emit_wasm()
    }

    #[test]
    fn what_only_the_chunk_calls_becomes_its_own() {
        let (mut main, mut chunk, mut glue) = (main(), chunk(), GLUE.to_owned());
        let late = take(&mut main, &mut chunk, &mut glue, "page.js").unwrap();

        let of_main: Vec<_> = main.imports.iter().map(|import| &import.name[..]).collect();
        assert_eq!(of_main, ["$0"]);
        assert!(
            glue.contains("$0: function") && !glue.contains("second"),
            "{glue}"
        );
        assert!(glue.ends_with("export { memory, wasm };\n"), "{glue}");

        let chunk = Module::from_buffer(&chunk).unwrap();
        let of_chunk: Vec<_> = chunk
            .imports
            .iter()
            .map(|import| &import.name[..])
            .collect();
        assert_eq!(of_chunk, ["table", "$1"]);
        let offsets = chunk.elements.iter().map(|segment| match &segment.kind {
            ElementKind::Active {
                offset: ConstExpr::Value(Value::I32(slot)),
                ..
            } => *slot,
            other => panic!("{other:?}"),
        });
        assert_eq!(offsets.collect::<Vec<_>>(), [5]);
        assert_eq!(
            late,
            "import { memory, wasm } from \"./page.js\";\n\
             export const imports = { \"_0\": {\n__proto__: null,\n        \
             $1: function() { return handleError(function (arg0) {\n            \
             wasm.call(memory().second, kind(arg0));\n        }, arguments); },\n} };\n\
             const kinds = [\"a\", \"b\"];\nfunction kind(arg0) {\n    return kinds[arg0];\n}\n"
        );
    }

    #[test]
    fn glue_that_lacks_an_import_is_an_error() {
        let glue = GLUE.replace("$1: ", "$2: ");
        let error = take(&mut main(), &mut chunk(), &mut glue.clone(), "page.js").unwrap_err();
        assert_eq!(error.to_string(), "0 of 1 imports are in the glue");
    }
    #[test]
    fn the_glue_comes_with_what_all_parts_need() {
        let loader = |kind: &str, number: u8, deps: &str, end: &str| {
            format!(
                "{kind} = makeLoad(() => {{\n    fetch(new URL(\"./{number}.wasm\"));\n}}\n, [{deps}]){end}\n"
            )
        };
        let link = [
            "import { initSync } from \"./page.js\";\n",
            &loader("const __chunk_1", 1, "", ";"),
            &loader("const __chunk_2", 2, "", ";"),
            &loader("export const load = wrap(", 3, "__chunk_1, __chunk_2", ");"),
        ]
        .concat();
        let lighter = load_with_chunk(&link, "2.wasm", "glue.js").unwrap();
        let (before, rest) = lighter.split_once("let tries").unwrap();
        let (glue, after) = rest.split_once("};\n").unwrap();
        assert!(glue.contains("./glue.js"), "{glue}");
        assert_eq!(
            [before, after].concat(),
            link.replace("2.wasm\"));\n}\n, []", "2.wasm\"));\n}\n, [loadGlue]")
        );
        for missing in ["4.wasm", "3.wasm"] {
            assert!(
                load_with_chunk(&link.replace("const __chunk", "const c"), missing, "").is_err()
            );
        }
    }
}
