//! Brotli and gzip copies beside each file of the page, so that the server
//! never compresses while somebody waits.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result};

/// What is worth compressing; images and sounds are compressed already.
const COMPRESSIBLE: &[&str] = &[
    "css",
    "html",
    "ico",
    "js",
    "json",
    "map",
    "mjs",
    "svg",
    "txt",
    "wasm",
    "webmanifest",
    "xml",
];
const BROTLI_QUALITY: i32 = 11;
const BROTLI_WINDOW: i32 = 22;
const GZIP_LEVEL: u32 = 9;

/// Whether a file is a copy made here.
pub(crate) fn is_compressed_copy(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "br" || extension == "gz")
}

/// The path of a file's compressed copy: `a.js` and `br` make `a.js.br`.
pub(crate) fn sibling(path: &Path, extension: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

/// Compresses every compressible file in a tree, on all processors.
pub(super) fn tree(root: &Path) -> Result<()> {
    let mut files = Vec::new();
    collect(root, &mut files)?;
    // The largest first, so that no processor ends up with it alone.
    files.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism()?.get();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    while let Some((_, path)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                        file(path)
                            .with_context(|| format!("cannot compress {}", path.display()))?;
                    }
                    Ok(())
                })
            })
            .collect();
        for worker in workers {
            match worker.join() {
                Ok(result) => result?,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(())
    })
}

fn collect(directory: &Path, files: &mut Vec<(u64, PathBuf)>) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if is_compressible(&path) {
            files.push((entry.metadata()?.len(), path));
        }
    }
    Ok(())
}

fn is_compressible(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| COMPRESSIBLE.contains(&extension))
}

fn file(path: &Path) -> Result<()> {
    let content = fs::read(path)?;

    let parameters = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW,
        size_hint: content.len(),
        ..Default::default()
    };
    let mut to = BufWriter::new(File::create(sibling(path, "br"))?);
    brotli::BrotliCompress(&mut content.as_slice(), &mut to, &parameters)?;
    to.flush()?;

    let to = BufWriter::new(File::create(sibling(path, "gz"))?);
    let mut gzip = flate2::write::GzEncoder::new(to, flate2::Compression::new(GZIP_LEVEL));
    gzip.write_all(&content)?;
    gzip.finish()?.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn both_copies_hold_the_same_as_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let deep = directory.path().join("deep");
        fs::create_dir(&deep).unwrap();
        let content = "a page, a page, a page; ".repeat(1000);
        let path = deep.join("a.html");
        fs::write(&path, &content).unwrap();
        fs::write(deep.join("a.png"), &content).unwrap();

        tree(directory.path()).unwrap();

        let mut brotli = Vec::new();
        let packed = fs::read(sibling(&path, "br")).unwrap();
        brotli::BrotliDecompress(&mut packed.as_slice(), &mut brotli).unwrap();
        assert_eq!(brotli, content.as_bytes());
        assert!(packed.len() < content.len() / 10);

        let mut gzip = String::new();
        flate2::read::GzDecoder::new(File::open(sibling(&path, "gz")).unwrap())
            .read_to_string(&mut gzip)
            .unwrap();
        assert_eq!(gzip, content);

        assert!(!deep.join("a.png.br").exists());
    }

    #[test]
    fn copies_are_known_and_not_compressed_again() {
        assert_eq!(sibling(Path::new("a/b.js"), "br"), Path::new("a/b.js.br"));
        assert!(is_compressed_copy(Path::new("a/b.js.br")));
        assert!(!is_compressed_copy(Path::new("a/b.js")));
        assert!(!is_compressible(Path::new("a/b.js.br")));
    }
}
