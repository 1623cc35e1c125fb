//! The files of the page: read once at start, from a folder or from the copy
//! built into the program, and served from memory.
//!
//! It must not know what the page does. What it does know is how `cargo xtask build`
//! and Trunk name files: one whose name carries a hash never changes.

mod asset;
mod earlier_builds;
mod encoding;
mod files;

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, Method, StatusCode};
use rust_embed::RustEmbed;
use tracing::{info, warn};

use crate::config::{AccessConfig, BasePath};
use crate::error::StartError;
use crate::host_page;
use asset::{Asset, has_hash};
use earlier_builds::EarlierBuild;
use files::{assets, read_folder, uncompressed};

/// See the module.
pub(crate) struct Page {
    assets: HashMap<String, Asset>,
    /// Which build it is, if it says so.
    build: Option<String>,
    /// What pages that are open since before an upgrade may still ask for.
    earlier: Vec<EarlierBuild>,
    state: Option<PathBuf>,
}

/// `dist` as it was when the program was built; a debug build reads the folder
/// each time it starts.
#[derive(RustEmbed)]
#[folder = "../../dist"]
#[allow_missing = true]
struct Embedded;

const INDEX: &str = "index.html";
/// What says in [`INDEX`] which build the page is (xtask/src/page/index.rs).
const BUILD_ATTRIBUTE: &str = " data-build=";
const NOT_BUILT: &str = "The page has not been built. `cargo xtask run` builds and serves it.\n";

impl Page {
    /// What has to outlive an upgrade is kept in `state`, if there is such a folder.
    ///
    /// # Errors
    /// [`StartError::Page`] if a folder is named and cannot be read.
    pub(crate) fn load(
        folder: Option<&Path>,
        (host, base): (&AccessConfig, &BasePath),
        state: Option<&Path>,
    ) -> Result<Self, StartError> {
        let mut files = match folder {
            Some(folder) => {
                read_folder(folder).map_err(|(path, error)| StartError::Page { path, error })?
            }
            None => embedded(),
        };
        host_page::apply(host, base, &mut files);
        let build = files.get(INDEX).and_then(|index| build_of(index));
        let earlier = match (state, &build) {
            (Some(state), Some(build)) => {
                let lasting = files.iter().filter(|(name, _)| is_lasting(name));
                earlier_builds::keep(state, build, lasting, SystemTime::now())
            }
            (None, _) | (_, None) => Vec::new(),
        };
        let page = Self {
            assets: assets(files),
            build,
            earlier,
            state: state.map(Path::to_owned),
        };
        if page.assets.contains_key(INDEX) {
            info!(files = page.assets.len(), "page loaded");
        } else {
            warn!("there is no page to serve; `cargo xtask run` builds it");
        }
        Ok(page)
    }

    /// This process has its place: the page is the present one.
    pub(crate) fn settle(&self) {
        if let (Some(state), Some(build)) = (&self.state, &self.build) {
            earlier_builds::settle(state, build, SystemTime::now());
        }
    }

    /// Which build of the page this is; `None` if it does not say.
    pub(crate) fn build(&self) -> Option<&str> {
        self.build.as_deref()
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
        let now = SystemTime::now();
        let mut earlier = self.earlier.iter();
        if let Some(asset) = earlier.find_map(|build| build.asset(name, now)) {
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

/// Whether the name stands for this content for ever, so that it can be served beside another
/// build's.
fn is_lasting(name: &str) -> bool {
    has_hash(uncompressed(name))
}

/// What an `index.html` says of its build; it becomes the name of a folder.
fn build_of(index: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(index).ok()?;
    let (_, rest) = text.split_once(BUILD_ATTRIBUTE)?;
    let (build, _) = rest.split_once('>')?;
    let is_name =
        (1..=64).contains(&build.len()) && build.bytes().all(|b| b.is_ascii_alphanumeric());
    is_name.then(|| build.to_owned())
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
