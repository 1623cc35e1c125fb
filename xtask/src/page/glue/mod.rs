//! The module and its glue, after wasm-bindgen and wasm-opt: made to fit each
//! other again, and made smaller.

mod externref;
mod names;
mod wasm;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::fingerprint;

/// Does it to the one module in a directory.
pub(super) fn fit(dist: &Path) -> Result<()> {
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
    let (module, glue) = names::shorten(&module, &without_margins(&glue))?;

    // Named after what is in them now, for browsers keep them forever.
    let (name, _) = stem.rsplit_once('-').unwrap_or((&stem, ""));
    let hash = fingerprint::of_bytes(&[&module, glue.as_bytes()]);
    let renamed = format!("{name}-{hash:016x}");
    fs::write(dist.join(format!("{renamed}_bg.wasm")), module)?;
    fs::write(dist.join(format!("{renamed}.js")), glue)?;
    fs::remove_file(module_path)?;
    fs::remove_file(glue_path)?;
    let index = dist.join("index.html");
    let html = fs::read_to_string(&index)?;
    fs::write(index, html.replace(&stem, &renamed))?;
    Ok(())
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
