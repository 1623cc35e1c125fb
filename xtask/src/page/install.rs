//! What makes the page installable: the manifest, icons of all sizes from the one that is kept, and
//! the service worker with the names of what it keeps.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use resvg::{tiny_skia, usvg};
use serde_json::json;

use super::compress::is_compressed_copy;
use super::javascript::without_margins;
use super::noise::NOISE;
use super::publish::publish;
use super::sha256;

/// Its name stays: a browser asks for it again to see whether there is a newer one.
pub(super) const WORKER: &str = "service-worker.js";
/// What the names of modules begin with that are loaded when they are first needed (release.rs). That
/// they are not loaded before is a scene of the tests.
pub(crate) const LATER: &str = "split_";
const WORKER_SOURCE: &str = "assets/service-worker.js";
/// Of icons that a system shows as they are, in pixels; the last two are what Chromium asks for.
const SIZES: [u32; 4] = [48, 96, 192, 512];
/// Of icons that a system cuts to its own shape. What is drawn lies within its safe zone, a circle
/// of 80 % (W3C manifest, "maskable icons").
const MASKABLE: [u32; 2] = [192, 512];
/// What iPhones and iPads take for the home screen.
const TOUCH: u32 = 180;

/// The tags of the manifest and of the touch icon, drawn from that SVG, which are written to `dist`.
pub(super) fn links(icon: &str, dist: &Path) -> Result<String> {
    // To the edges: the system cuts the corners.
    let full = icon.replacen(" rx=\"8\"", "", 1);
    let mut icons = Vec::new();
    for (drawing, sizes, purpose) in [(icon, &SIZES[..], "any"), (&full, &MASKABLE, "maskable")] {
        for size in sizes {
            let name = publish(
                dist,
                &format!("icon-{purpose}-{size}.png"),
                &png(drawing, *size)?,
            )?;
            let sizes = format!("{size}x{size}");
            let kind = "image/png";
            icons.push(json!({ "src": name, "sizes": sizes, "type": kind, "purpose": purpose }));
        }
    }
    // 96 pixels, as Chromium asks for.
    let shortcut = vec![icons.get(1)];
    // All of it relative to the manifest, so that it holds wherever the page is hosted. Its identity is
    // that of where it starts, by default.
    let manifest = json!({
        "name": "Wimpex",
        "short_name": "Wimpex",
        "description": "Encrypted video and audio calls, straight from browser to browser.",
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": "#f5f6f4",
        "theme_color": "#0b6e64",
        "lang": "en",
        "categories": ["communication", "social"],
        "icons": icons,
        "shortcuts": [{ "name": "Call someone", "url": "./", "icons": shortcut }],
    });
    let manifest = publish(
        dist,
        "manifest.webmanifest",
        manifest.to_string().as_bytes(),
    )?;
    let touch = publish(dist, "touch-icon.png", &png(&full, TOUCH)?)?;
    Ok(format!(
        "<link rel=manifest href=/{manifest}><link rel=apple-touch-icon href=/{touch}>"
    ))
}

/// A picture of that many pixels on each side.
fn png(drawing: &str, size: u32) -> Result<Vec<u8>> {
    let tree = usvg::Tree::from_str(drawing, &usvg::Options::default())?;
    let mut pixels = tiny_skia::Pixmap::new(size, size).context("an icon without pixels")?;
    let scale = size as f32 / tree.size().width();
    let transform = tiny_skia::Transform::from_scale(scale, scale);
    resvg::render(&tree, transform, &mut pixels.as_mut());
    pixels
        .encode_png()
        .map_err(|error| anyhow!("cannot write an icon: {error}"))
}

/// The service worker, which keeps everything in `dist` but the icons of other places, by their names
/// beside it; without a name it is the page itself. Its version follows from what it keeps.
pub(super) fn write_worker(root: &Path, dist: &Path) -> Result<()> {
    let (mut files, mut later) = (vec![String::new()], BTreeMap::new());
    let mut icon = None;
    for entry in fs::read_dir(dist)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("icon-any-192") {
            icon = Some(name);
        } else if name.starts_with(LATER) && !is_compressed_copy(&entry.path()) {
            let sha256 = sha256::of(&fs::read(entry.path())?);
            later.insert(name, sha256);
        } else if name != "index.html"
            && !name.starts_with(NOISE)
            && !name.ends_with(".png")
            && !is_compressed_copy(&entry.path())
        {
            files.push(name);
        }
    }
    let icon = icon.context("there is no icon for notices")?;
    files.push(icon.clone());
    files.sort();
    let source = without_margins(&fs::read_to_string(root.join(WORKER_SOURCE))?);
    let index = fs::read(dist.join("index.html"))?;
    let kept = [&files.join(" "), &json!(later).to_string()[..]].join(" ");
    let version = sha256::short(&[kept.as_bytes(), &index, source.as_bytes()]);
    let worker = source
        .replacen("__VERSION__", &["wimpex-", &version].concat(), 1)
        .replacen("__FILES__", &json!(files).to_string(), 1)
        .replacen("__LATER__", &json!(later).to_string(), 1)
        .replacen("__ICON__", &icon, 1);
    fs::write(dist.join(WORKER), worker)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
    }

    #[test]
    fn every_icon_of_the_manifest_is_there_and_as_large_as_it_says() {
        let dist = tempfile::tempdir().unwrap();
        let icon = fs::read_to_string(root().join("assets/icon.svg")).unwrap();
        let tags = links(&icon, dist.path()).unwrap();
        let name = tags
            .split("manifest href=/")
            .nth(1)
            .unwrap()
            .split('>')
            .next()
            .unwrap();
        let manifest = fs::read_to_string(dist.path().join(name)).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        assert_eq!(manifest["name"], "Wimpex");
        let icons = manifest["icons"].as_array().unwrap();
        assert_eq!(icons.len(), SIZES.len() + MASKABLE.len());
        for icon in icons {
            let path = icon["src"].as_str().unwrap();
            let pixels = tiny_skia::Pixmap::load_png(dist.path().join(path)).unwrap();
            assert_eq!(icon["sizes"], format!("{0}x{0}", pixels.width()));
            let corner = pixels.pixel(0, 0).unwrap().alpha();
            assert_eq!(corner == 255, icon["purpose"] == "maskable", "{path}");
        }
    }

    #[test]
    fn the_worker_keeps_every_file_and_changes_with_each() {
        let dist = tempfile::tempdir().unwrap();
        let worker = |dist: &Path| {
            write_worker(root(), dist).unwrap();
            fs::read_to_string(dist.join(WORKER)).unwrap()
        };
        for (name, text) in [
            ("index.html", "1"),
            ("icon-any-192-0.png", ""),
            ("page-1.js", ""),
            ("split_extras-1.wasm", ""),
        ] {
            fs::write(dist.path().join(name), text).unwrap();
        }
        let first = worker(dist.path());
        assert!(
            first.contains(r#"["","icon-any-192-0.png","page-1.js"]"#),
            "{first}"
        );
        // With the SHA-256 of no bytes at all.
        let later = r#"{"split_extras-1.wasm":"e3b0c44298fc1c149afbf4c8996fb924"#;
        assert!(first.contains(later), "{first}");
        assert!(!first.contains("__"), "{first}");
        fs::remove_file(dist.path().join(WORKER)).unwrap();
        fs::write(dist.path().join("index.html"), "2").unwrap();
        assert_ne!(worker(dist.path()), first);
    }
}
