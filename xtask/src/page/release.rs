//! The release build of the page, in the order in which it happens. Trunk builds the page for
//! `cargo xtask dev`; here it would have to be worked around, for what is loaded later can be split
//! off only between the linker and wasm-bindgen (<https://github.com/trunk-rs/trunk/issues/1022>).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, ensure};
use wasm_bindgen_cli_support::Bindgen;

use super::javascript::without_margins;
use super::names::shorten;
use super::sha256::{self, with_hash};
use super::{index, install};
use crate::proc;
use crate::tools::Tools;
use crate::workspace::{WASM_TARGET, Workspace};

/// The program (Cargo.toml), and the profile that makes it small.
const PROGRAM: &str = "wimpex-page";
const PROFILE: &str = "page";
/// What the files are called before their names get a hash.
const GLUE: &str = "page.js";
const MODULE: &str = "page_bg.wasm";
const LINK: &str = "link.js";

/// The features of WebAssembly that rustc uses.
const OPTIMIZATION: [&str; 7] = [
    "-Os",
    "--converge",
    "--low-memory-unused",
    "--enable-bulk-memory",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
];

/// Builds the page into `dist`, which is made anew; the server needs no other files.
pub(super) fn build(workspace: &Workspace, tools: &Tools) -> Result<()> {
    let scratch = fresh(workspace.state().join("release"))?;
    let linked = compile(workspace)?;
    let parts = split(&linked, &scratch)?;
    let mut bound = bind(parts)?;
    shorten(&mut bound.module, &mut bound.glue, &mut bound.link);
    let small = optimize(bound, &tools.wasm_opt, &scratch)?;
    write(workspace, &small)
}

/// Compiles and links the program; the module as the linker wrote it.
fn compile(workspace: &Workspace) -> Result<Vec<u8>> {
    let mut command = workspace.cargo(["build", "--quiet", "--package", "wimpex"]);
    command.args([
        "--bin",
        PROGRAM,
        "--profile",
        PROFILE,
        "--target",
        WASM_TARGET,
    ]);
    proc::check(command.envs(SMALLEST))?;
    let module = workspace.target.join(WASM_TARGET).join(PROFILE);
    let module = module.join(PROGRAM).with_extension("wasm");
    fs::read(&module).with_context(|| format!("cannot read {}", module.display()))
}

/// Makes cargo build the standard library along with the page, without the formatting of panics:
/// nobody reads them in a page, and they are a tenth of its bytes. A panic then says nothing but
/// `unreachable`; `cargo xtask dev` and the tests build with messages. Stable Rust cannot do that
/// yet, so it is told to act as unstable (`RUSTC_BOOTSTRAP`); that the toolchain is pinned makes it
/// safe to rely on.
///
/// Without reference types, wasm-bindgen keeps JavaScript's values in an array of its own. That is
/// a kilobyte less, and it makes no exported tables, which Binaryen up to 109 (Debian 12, Ubuntu
/// 24.04) writes wrongly, and no `table.fill`, which it cannot read.
///
/// The relocations tell the splitter what needs what.
const SMALLEST: [(&str, &str); 4] = [
    ("RUSTC_BOOTSTRAP", "1"),
    ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort"),
    ("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size"),
    (
        "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
        "--cfg=erase_components --cfg=split -Clink-arg=--emit-relocs \
         -Ctarget-feature=-reference-types,-multivalue -Zunstable-options \
         -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=shallow",
    ),
];

/// What the linker's module is split into.
struct Parts {
    /// The first load.
    main: Vec<u8>,
    /// The names of what is loaded later, and what is in it.
    later: Vec<(String, Vec<u8>)>,
    /// JavaScript that loads it.
    link: String,
}

/// Splits off the functions that are declared `lazy!` and all code that only they need. Without
/// `--cfg split` (Trunk, the tests) there is nothing to split off.
fn split(linked: &[u8], scratch: &Path) -> Result<Parts> {
    let main = scratch.join("main.wasm");
    let mut options = wasm_split_cli_support::Options::new(linked);
    let (glue, link) = (format!("./{GLUE}"), format!("./{LINK}"));
    options.main_module = &glue;
    options.link_name = &link;
    options.main_out_path = &main;
    options.output_dir = scratch;
    let split = wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow!("cannot split the module: {error:#}"))?;
    let later = split.split_modules.iter().map(|path| {
        let name = path.file_name().context("a part without a name")?;
        Ok((name.to_string_lossy().into_owned(), fs::read(path)?))
    });
    let mut later = later.collect::<Result<Vec<_>>>()?;
    later.sort();
    Ok(Parts {
        main: fs::read(&main)?,
        later,
        link: fs::read_to_string(scratch.join(LINK))?,
    })
}

/// The module and the JavaScript that connects it with the browser.
struct Bound {
    module: walrus::Module,
    glue: String,
    link: String,
    later: Vec<(String, Vec<u8>)>,
}

/// Runs wasm-bindgen, as a library at exactly the version of the crate.
fn bind(parts: Parts) -> Result<Bound> {
    let mut output = Bindgen::new()
        .input_bytes("page", parts.main)
        .web(true)?
        .typescript(false)
        .demangle(false)
        // The parts that are loaded later use them.
        .keep_lld_exports(true)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()?;
    ensure!(
        output.snippets().values().all(Vec::is_empty) && output.local_modules().is_empty(),
        "a crate brings JavaScript of its own, which is not part of the build"
    );
    Ok(Bound {
        glue: output.js().to_owned(),
        module: std::mem::take(output.wasm_mut()),
        link: parts.link,
        later: parts.later,
    })
}

/// Everything that is loaded, by the names that the texts call it.
struct Loaded {
    modules: Vec<(String, Vec<u8>)>,
    texts: [(&'static str, String); 2],
}

/// Runs wasm-opt on all modules, and drops what nobody but people reads from the JavaScript.
fn optimize(mut bound: Bound, wasm_opt: &Path, scratch: &Path) -> Result<Loaded> {
    let (before, after) = (scratch.join("before.wasm"), scratch.join("after.wasm"));
    let main = (MODULE.to_owned(), bound.module.emit_wasm());
    let mut modules = Vec::new();
    for (name, module) in std::iter::once(main).chain(bound.later) {
        fs::write(&before, module)?;
        let mut command = Command::new(wasm_opt);
        command
            .args(OPTIMIZATION)
            .arg(&before)
            .arg("-o")
            .arg(&after);
        // It warns of names of the splitter that it does not know.
        proc::captured(&mut command).with_context(|| format!("cannot optimize {name}"))?;
        modules.push((name, fs::read(&after)?));
    }
    let texts = [(GLUE, bound.glue), (LINK, bound.link)];
    Ok(Loaded {
        modules,
        texts: texts.map(|(name, text)| (name, without_margins(&text))),
    })
}

/// Names each file after what is in it, for browsers keep them forever, and writes them.
fn write(workspace: &Workspace, loaded: &Loaded) -> Result<()> {
    let dist = fresh(workspace.dist())?;
    // These call each other by name, so that all have one hash.
    let modules = loaded.modules.iter().map(|(_, module)| &module[..]);
    let texts = loaded.texts.iter().map(|(_, text)| text.as_bytes());
    let hash = sha256::short(&modules.chain(texts).collect::<Vec<_>>());
    let modules = loaded.modules.iter().map(|(name, _)| &name[..]);
    let names: Vec<(&str, String)> = modules
        .chain(loaded.texts.iter().map(|(name, _)| *name))
        .map(|name| (name, with_hash(name, &hash)))
        .collect();
    for (name, module) in &loaded.modules {
        fs::write(dist.join(with_hash(name, &hash)), module)?;
    }
    for (name, text) in &loaded.texts {
        let text = names.iter().fold(text.clone(), |text, (name, hashed)| {
            text.replace(&format!("./{name}"), &format!("./{hashed}"))
        });
        fs::write(dist.join(with_hash(name, &hash)), text)?;
    }
    let [glue, module, link] = [GLUE, MODULE, LINK].map(|name| with_hash(name, &hash));
    let html = index::render(&workspace.root, &dist, &index::Start { glue, module, link })?;
    fs::write(dist.join("index.html"), html)?;
    install::write_worker(&workspace.root, &dist)?;
    Ok(())
}

/// An empty directory.
fn fresh(directory: PathBuf) -> Result<PathBuf> {
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    Ok(directory)
}
