//! The module and its glue, after wasm-bindgen and wasm-opt: made to fit each
//! other again, and made smaller.

mod externref;
mod names;
mod wasm;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::sha256;
use super::split::LINK;
use crate::proc;

/// What Trunk tells wasm-opt for the main part (index.html).
const OPTIMIZATION: &str = "-Os --converge --low-memory-unused --enable-bulk-memory \
    --enable-nontrapping-float-to-int --enable-sign-ext --enable-mutable-globals \
    --enable-reference-types --enable-multivalue";

/// Does it to the one module in `dist`, and puts the parts that are loaded later
/// beside it.
pub(super) fn fit(dist: &Path, parts: &Path, wasm_opt: &Path) -> Result<()> {
    let module_path = the_module(dist)?;
    let stem = module_path.file_stem().and_then(|stem| stem.to_str());
    let stem = stem.and_then(|stem| stem.strip_suffix("_bg"));
    let stem = stem
        .with_context(|| format!("{} is not wasm-bindgen's", module_path.display()))?
        .to_owned();
    let glue_path = dist.join(format!("{stem}.js"));
    let mut module = fs::read(&module_path)?;
    externref::mend(&mut module)
        .with_context(|| format!("cannot understand {}", module_path.display()))?;
    let glue = fs::read_to_string(&glue_path)?;
    let link = fs::read_to_string(parts.join(LINK))?;
    let (module, glue, link) =
        names::shorten(&module, &without_margins(&glue), &without_margins(&link))?;
    let index = dist.join("index.html");
    let html = fs::read_to_string(&index)?;
    let later = later(parts, wasm_opt)?;

    // Named after what is in them now, for browsers keep them forever. They name
    // each other, so that all have one hash.
    let mut contents = vec![&module[..], glue.as_bytes(), link.as_bytes()];
    contents.extend(later.iter().map(|(_, part)| &part[..]));
    let (name, _) = stem.rsplit_once('-').unwrap_or((&stem, ""));
    let hash = sha256::short(&contents);
    let renamed = format!("{name}-{hash}");
    let named = |text: &str| {
        let mut text = text.replace(&stem, &renamed);
        text = text.replace(LINK, &format!("link-{hash}.js"));
        for (part, _) in &later {
            text = text.replace(&format!("{part}.wasm"), &format!("{part}-{hash}.wasm"));
        }
        text
    };
    fs::remove_file(module_path)?;
    fs::remove_file(glue_path)?;
    fs::write(dist.join(format!("{renamed}_bg.wasm")), module)?;
    fs::write(dist.join(format!("{renamed}.js")), named(&glue))?;
    // Trunk gives the glue its hash only when the link has been made.
    let link = link.replace(&format!("./{name}.js"), &format!("./{renamed}.js"));
    fs::write(dist.join(format!("link-{hash}.js")), named(&link))?;
    for (part, content) in &later {
        fs::write(dist.join(format!("{part}-{hash}.wasm")), content)?;
    }
    // The browser would come upon the link only after it has read the glue.
    let preload = format!("<link crossorigin href=/{LINK} rel=modulepreload></head>");
    fs::write(index, named(&html.replace("</head>", &preload)))?;
    Ok(())
}

/// The parts that are loaded later: their names and what is in them, as small as
/// the main one.
fn later(parts: &Path, wasm_opt: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut later = Vec::new();
    for entry in fs::read_dir(parts)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "wasm") {
            continue;
        }
        let name = path.file_stem().and_then(|stem| stem.to_str());
        let name = name.context("a part without a name")?.to_owned();
        let optimized = path.with_extension("opt");
        let mut command = Command::new(wasm_opt);
        command.args(OPTIMIZATION.split(' ')).arg(&path);
        proc::check(command.arg("-o").arg(&optimized))?;
        later.push((name, fs::read(optimized)?));
    }
    later.sort();
    Ok(later)
}

fn the_module(dist: &Path) -> Result<PathBuf> {
    for entry in fs::read_dir(dist)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "wasm")
        {
            return Ok(path);
        }
    }
    anyhow::bail!("there is no module in {}", dist.display())
}

/// Without what nobody but people needs: blank lines, the space before lines,
/// and comments that have lines of their own. wasm-bindgen writes no text over
/// several lines, so that no text is touched.
fn without_margins(glue: &str) -> String {
    let mut out = String::with_capacity(glue.len());
    let mut in_comment = false;
    for line in glue.lines().map(str::trim) {
        in_comment |= line.starts_with("/*");
        if !in_comment && !line.is_empty() && !line.starts_with("//") {
            out.push_str(line);
            out.push('\n');
        }
        in_comment &= !line.ends_with("*/");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_go_and_code_stays() {
        let glue = "/**\n * Says.\n */\nfunction a() {\n    // why\n    return 1 /* one */;\n\n}\n";
        assert_eq!(
            without_margins(glue),
            "function a() {\nreturn 1 /* one */;\n}\n"
        );
    }
}
