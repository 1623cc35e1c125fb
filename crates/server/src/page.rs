//! The files of the page: read once at start, from a folder or from the copy
//! built into the program, and served from memory.
//!
//! It must not know what the page does. What it does know is how `cargo xtask build`
//! and Trunk name files: one whose name carries a hash never changes.

mod asset;
mod encoding;

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, Method, StatusCode};
use rust_embed::RustEmbed;
use tracing::{info, warn};

use crate::config::AccessConfig;
use crate::error::StartError;
use crate::host_page;
use asset::Asset;

/// See the module.
pub(crate) struct Page {
    assets: HashMap<String, Asset>,
}

/// `dist` as it was when the program was built; a debug build reads the folder
/// each time it starts.
#[derive(RustEmbed)]
#[folder = "../../dist"]
#[allow_missing = true]
struct Embedded;

const INDEX: &str = "index.html";
const NOT_BUILT: &str = "The page has not been built. `cargo xtask run` builds and serves it.\n";

impl Page {
    /// # Errors
    /// [`StartError::Page`] if a folder is named and cannot be read.
    pub(crate) fn load(folder: Option<&Path>, host: &AccessConfig) -> Result<Self, StartError> {
        let mut files = match folder {
            Some(folder) => {
                read_folder(folder).map_err(|(path, error)| StartError::Page { path, error })?
            }
            None => embedded(),
        };
        host_page::apply(host, &mut files);
        let page = Self::new(files);
        if page.assets.contains_key(INDEX) {
            info!(files = page.assets.len(), "page loaded");
        } else {
            warn!("there is no page to serve; `cargo xtask run` builds it");
        }
        Ok(page)
    }

    fn new(mut files: HashMap<String, Bytes>) -> Self {
        let names: Vec<String> = files.keys().cloned().collect();
        let mut packed = HashMap::new();
        for name in names {
            let original = name.strip_suffix(".br").or(name.strip_suffix(".gz"));
            if original.is_some_and(|original| files.contains_key(original)) {
                packed.extend(files.remove_entry(&name));
            }
        }
        let assets = files.into_iter().map(|(name, plain)| {
            let brotli = packed.remove(&format!("{name}.br"));
            let gzip = packed.remove(&format!("{name}.gz"));
            let asset = Asset::new(&name, plain, brotli, gzip);
            (name, asset)
        });
        Self {
            assets: assets.collect(),
        }
    }

    /// Whether there is anything to show to people.
    pub(crate) fn is_there(&self) -> bool {
        self.assets.contains_key(INDEX)
    }

    /// The answer to a request for any path that is not the server's own.
    pub(crate) fn respond(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response {
        if !matches!(*method, Method::GET | Method::HEAD) {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD.\n");
            let allow = http::HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(ALLOW, allow);
            return response;
        }
        let name = path.trim_start_matches('/');
        if let Some(asset) = self.assets.get(name) {
            return asset.respond(headers);
        }
        if !is_place_in_the_page(name) {
            return text(StatusCode::NOT_FOUND, "There is no such file.\n");
        }
        match self.assets.get(INDEX) {
            Some(index) => index.respond(headers),
            None => text(StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT),
        }
    }
}

/// A plain answer that nobody keeps.
pub(crate) fn text(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        http::HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    response
}

/// The page itself knows what its paths mean; a missing file is told by its
/// extension. A call link ends in an id, and that may have a dot.
fn is_place_in_the_page(name: &str) -> bool {
    name.starts_with("u/") || !name.rsplit('/').next().unwrap_or(name).contains('.')
}

fn embedded() -> HashMap<String, Bytes> {
    let read = |name: Cow<'static, str>| {
        let bytes = match Embedded::get(&name)?.data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        };
        Some((name.into_owned(), bytes))
    };
    let visible = |name: &Cow<'static, str>| !name.split('/').any(|part| part.starts_with('.'));
    Embedded::iter().filter(visible).filter_map(read).collect()
}

fn read_folder(root: &Path) -> Result<HashMap<String, Bytes>, (PathBuf, io::Error)> {
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
