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
use super::profile::{PROFILE, SMALLEST};
use super::sha256::{self, with_hash};
use super::{chunk_imports, index, install, noise};
use crate::proc;
use crate::tools::Tools;
use crate::workspace::{WASM_TARGET, Workspace};

/// The program (Cargo.toml).
const PROGRAM: &str = "wimpex-page";
/// What the files are called before their names get a hash.
const GLUE: &str = "page.js";
const MODULE: &str = "page_bg.wasm";
const LINK: &str = "link.js";
/// Keeps files; the page finds it by the hash of its program (src/browser/file_store.rs).
const FILES_WORKER: &str = "split_files-worker.js";
const FILES_WORKER_SOURCE: &str = "assets/files-worker.js";

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
    let noise = noise::build(workspace, &tools.wasm_opt, &scratch)?;
    let linked = compile(workspace, &noise)?;
    let parts = split(&linked, &scratch)?;
    let mut bound = bind(parts)?;
    shorten(&mut bound.module, &mut bound.glue, &mut bound.link);
    let chunk_glue = lighten(&mut bound)?;
    let worker = fs::read_to_string(workspace.root.join(FILES_WORKER_SOURCE))?;
    let worker = (FILES_WORKER.to_owned(), worker);
    let small = optimize(bound, [chunk_glue, worker], &tools.wasm_opt, &scratch)?;
    write(workspace, &small, &noise)
}

/// Compiles and links the program; the module as the linker wrote it.
fn compile(workspace: &Workspace, noise: &noise::Files) -> Result<Vec<u8>> {
    let mut command = workspace.cargo(["build", "--quiet", "--package", "wimpex"]);
    command.args([
        "--bin",
        PROGRAM,
        "--profile",
        PROFILE,
        "--target",
        WASM_TARGET,
    ]);
    proc::check(command.envs(SMALLEST).envs(noise.variables()))?;
    let module = workspace.target.join(WASM_TARGET).join(PROFILE);
    let module = module.join(PROGRAM).with_extension("wasm");
    fs::read(&module).with_context(|| format!("cannot read {}", module.display()))
}

/// What the linker's module is split into.
struct Parts {
    /// The first load.
    main: Vec<u8>,
    /// The names of what is loaded later, and what is in it.
    later: Vec<(String, Vec<u8>)>,
    /// Which of them all others need.
    shared: String,
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
    let mut link = fs::read_to_string(scratch.join(LINK))?;
    let mut later = Vec::new();
    let mut shared = None;
    for path in &split.split_modules {
        let stem = path.file_stem().context("a part without a name")?;
        let stem = stem.to_string_lossy();
        // What several parts need is called by a number.
        let name = match stem.strip_prefix("chunk_") {
            Some(number) => {
                let name = format!("split_shared_{number}.wasm");
                link = link.replace(&format!("./{stem}.wasm"), &format!("./{name}"));
                let mut needed = split.prefetch_map.values();
                if needed.all(|by| by.iter().any(|it| **it == *stem)) {
                    shared = Some(name.clone());
                }
                name
            }
            None => format!("{stem}.wasm"),
        };
        later.push((name, fs::read(path)?));
    }
    later.sort();
    Ok(Parts {
        main: fs::read(&main)?,
        later,
        shared: shared.context("no module is needed by all parts")?,
        link,
    })
}

/// The module and the JavaScript that connects it with the browser.
struct Bound {
    module: walrus::Module,
    glue: String,
    link: String,
    later: Vec<(String, Vec<u8>)>,
    shared: String,
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
        shared: parts.shared,
    })
}

/// Gives the module that all parts share what only they need of the browser; returns the name and
/// the text of its glue.
fn lighten(bound: &mut Bound) -> Result<(String, String)> {
    let mut later = bound.later.iter_mut();
    let (module, chunk) = later
        .find(|(name, _)| *name == bound.shared)
        .context("what all parts need is not there")?;
    let name = Path::new(module).with_extension("js");
    let name = name.to_string_lossy().into_owned();
    let glue = chunk_imports::take(&mut bound.module, chunk, &mut bound.glue, GLUE)?;
    bound.link = chunk_imports::load_with_chunk(&bound.link, module, &name)?;
    Ok((name, glue))
}

/// Everything that is loaded, by the names that the texts call it.
struct Loaded {
    modules: Vec<(String, Vec<u8>)>,
    texts: [(String, String); 4],
}

/// Runs wasm-opt on all modules, and drops what nobody but people reads from the JavaScript.
fn optimize(
    mut bound: Bound,
    later: [(String, String); 2],
    wasm_opt: &Path,
    scratch: &Path,
) -> Result<Loaded> {
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
    let [glue, link] =
        [(GLUE, bound.glue), (LINK, bound.link)].map(|(name, text)| (name.to_owned(), text));
    let [chunk_glue, worker] = later;
    let texts = [glue, link, chunk_glue, worker];
    Ok(Loaded {
        modules,
        texts: texts.map(|(name, text)| (name, without_margins(&text))),
    })
}

/// Names each file after what is in it, for browsers keep them forever, and writes them.
fn write(workspace: &Workspace, loaded: &Loaded, noise: &noise::Files) -> Result<()> {
    let dist = fresh(workspace.dist())?;
    noise.write(&dist)?;
    // These call each other by name, so that all have one hash.
    let modules = loaded.modules.iter().map(|(_, module)| &module[..]);
    let texts = loaded.texts.iter().map(|(_, text)| text.as_bytes());
    let hash = sha256::short(&modules.chain(texts).collect::<Vec<_>>());
    let modules = loaded.modules.iter().map(|(name, _)| &name[..]);
    let names: Vec<(&str, String)> = modules
        .chain(loaded.texts.iter().map(|(name, _)| &name[..]))
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
