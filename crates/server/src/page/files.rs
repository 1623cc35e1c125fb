//! Files of a page: read from a folder, and put together with their compressed forms.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use bytes::Bytes;

use super::asset::Asset;

/// Files with their compressed forms.
pub(super) fn assets(mut files: HashMap<String, Bytes>) -> HashMap<String, Asset> {
    let names: Vec<String> = files.keys().cloned().collect();
    let mut packed = HashMap::new();
    for name in names {
        let original = uncompressed(&name);
        if original != name && files.contains_key(original) {
            packed.extend(files.remove_entry(&name));
        }
    }
    let assets = files.into_iter().map(|(name, plain)| {
        let brotli = packed.remove(&format!("{name}.br"));
        let gzip = packed.remove(&format!("{name}.gz"));
        let asset = Asset::new(&name, plain, brotli, gzip);
        (name, asset)
    });
    assets.collect()
}

/// The name without the ending of a compressed form.
pub(super) fn uncompressed(name: &str) -> &str {
    let original = name.strip_suffix(".br").or(name.strip_suffix(".gz"));
    original.unwrap_or(name)
}

/// All files below a folder, by their paths in it, except for hidden ones.
///
/// # Errors
/// What could not be read, and why.
pub(super) fn read_folder(root: &Path) -> Result<HashMap<String, Bytes>, (PathBuf, io::Error)> {
    let mut files = HashMap::new();
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| (folder.clone(), error))?;
        for entry in entries {
            let path = entry.map_err(|error| (folder.clone(), error))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            // Trunk's unfinished work and other people's secrets.
            if name.starts_with('.') {
                continue;
            }
            let name = format!("{prefix}{name}");
            if path.is_dir() {
                folders.push((path, format!("{name}/")));
            } else {
                let bytes = fs::read(&path).map_err(|error| (path, error))?;
                files.insert(name, Bytes::from(bytes));
            }
        }
    }
    Ok(files)
}
