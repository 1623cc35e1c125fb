//! Files of the page that are named after what is in them.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::sha256::{self, with_hash};

/// Writes a file under its name with a hash, which is returned.
pub(super) fn publish(dist: &Path, path: &str, content: &[u8]) -> Result<String> {
    let (_, name) = path.rsplit_once('/').unwrap_or(("", path));
    let name = with_hash(name, &sha256::short(&[content]));
    fs::write(dist.join(&name), content)?;
    Ok(name)
}
