//! The OCI image (image-spec 1.1): the static program, the certificates that it trusts, and
//! nothing else; in the archive that `podman load`, `docker load` and `skopeo` read.
//!
//! It is tar and JSON, so that no daemon and no root is needed, and no clock gets into it.

use std::path::Path;

use anyhow::{Context, Result};
use data_encoding::BASE64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

use super::architecture::Architecture;
use super::files::{self, gzip};

/// `cap_net_bind_service=ep`, as the kernel keeps it with a file (`struct vfs_cap_data`, revision 2, in
/// capabilities(7)). A container with the host's network lets only root have ports 80 and 443, and the program
/// is not root; neither Docker nor Kubernetes hands capabilities on to other users.
const LOW_PORTS: [u8; 20] = {
    const EFFECTIVE_OF_REVISION_2: [u8; 4] = 0x0200_0001_u32.to_le_bytes();
    const NET_BIND_SERVICE: [u8; 4] = (1_u32 << 10).to_le_bytes();
    let ([a, b, c, d], [e, f, g, h]) = (EFFECTIVE_OF_REVISION_2, NET_BIND_SERVICE);
    [a, b, c, d, e, f, g, h, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
};
/// Nobody else's, in any image: whoever runs as this owns the state folder and nothing more.
const USER: u64 = 65_532;
const STATE: &str = "/var/lib/wimpex";
const ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Writes `wimpex-server-VERSION-ARCHITECTURE.oci.tar` into `folder`.
pub(super) fn write(
    program: &[u8],
    architecture: Architecture,
    folder: &Path,
    epoch: &str,
) -> Result<()> {
    let layer = layer(program)?;
    let packed = gzip(&layer)?;
    let seconds = epoch.parse().context("a date is a number")?;
    let created = rfc3339(seconds);
    let labels = json!({
        "org.opencontainers.image.title": "wimpex-server",
        "org.opencontainers.image.description": "Calls between two browsers: page, signaling, STUN and TURN",
        "org.opencontainers.image.licenses": "MIT OR Apache-2.0",
        "org.opencontainers.image.version": VERSION,
        "org.opencontainers.image.created": created,
    });
    let config = json!({
        "created": created,
        "architecture": architecture.oci,
        "os": "linux",
        "config": {
            "User": format!("{USER}:{USER}"),
            // TURN's relayed ones are published by whoever runs it, or it has the host's network.
            "ExposedPorts": {
                "80/tcp": {}, "443/tcp": {}, "3478/tcp": {}, "3478/udp": {}, "5349/tcp": {},
            },
            "Env": [
                format!("WIMPEX_STATE_DIR={STATE}"),
                format!("SSL_CERT_FILE={ROOTS}"),
            ],
            "Entrypoint": ["/usr/bin/wimpex-server"],
            "Volumes": { STATE: {} },
            "WorkingDir": STATE,
            "Labels": labels,
            "StopSignal": "SIGTERM",
        },
        "rootfs": { "type": "layers", "diff_ids": [digest(&layer)] },
        "history": [{ "created": created, "created_by": "cargo xtask package" }],
    });
    let mut blobs = Blobs::default();
    let layer = blobs.add(packed, "application/vnd.oci.image.layer.v1.tar+gzip");
    let config = blobs.add(
        serde_json::to_vec(&config)?,
        "application/vnd.oci.image.config.v1+json",
    );
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config,
        "layers": [layer],
        "annotations": labels,
    });
    let mut manifest = blobs.add(
        serde_json::to_vec(&manifest)?,
        "application/vnd.oci.image.manifest.v1+json",
    );
    manifest["platform"] = json!({ "architecture": architecture.oci, "os": "linux" });
    manifest["annotations"] = json!({
        "org.opencontainers.image.ref.name": VERSION,
        // What podman and docker call it once it is loaded.
        "io.containerd.image.name": format!("localhost/wimpex-server:{VERSION}"),
    });
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [manifest],
    });
    let mut archive = Archive::default();
    archive.file("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#, 0o644, 0)?;
    archive.file("index.json", &serde_json::to_vec(&index)?, 0o644, 0)?;
    archive.folder("blobs/", 0o755, 0)?;
    archive.folder("blobs/sha256/", 0o755, 0)?;
    for (hash, bytes) in &blobs.0 {
        archive.file(&format!("blobs/sha256/{hash}"), bytes, 0o644, 0)?;
    }
    let name = format!("wimpex-server-{VERSION}-{}.oci.tar", architecture.name);
    files::write(&folder.join(name), &archive.finish()?)
}

/// The files of the image, as an uncompressed tar.
fn layer(program: &[u8]) -> Result<Vec<u8>> {
    let mut archive = Archive::default();
    for folder in ["etc/", "etc/ssl/", "etc/ssl/certs/"] {
        archive.folder(folder, 0o755, 0)?;
    }
    let user = format!("wimpex:x:{USER}:{USER}::{STATE}:/nonexistent\n");
    archive.file("etc/passwd", user.as_bytes(), 0o644, 0)?;
    archive.file(
        "etc/group",
        format!("wimpex:x:{USER}:\n").as_bytes(),
        0o644,
        0,
    )?;
    archive.file(ROOTS.trim_start_matches('/'), roots().as_bytes(), 0o644, 0)?;
    for folder in ["usr/", "usr/bin/"] {
        archive.folder(folder, 0o755, 0)?;
    }
    archive.with_low_ports()?;
    archive.file("usr/bin/wimpex-server", program, 0o755, 0)?;
    for folder in ["var/", "var/lib/"] {
        archive.folder(folder, 0o755, 0)?;
    }
    // A volume that is new takes owner and mode from here.
    let state = format!("{}/", STATE.trim_start_matches('/'));
    archive.folder(&state, 0o700, USER)?;
    archive.finish()
}

/// Mozilla's, of the version in Cargo.lock; what a certificate authority is trusted by.
fn roots() -> String {
    let mut text = String::new();
    for certificate in TLS_SERVER_ROOT_CERTS {
        text += "-----BEGIN CERTIFICATE-----\n";
        let base64 = BASE64.encode(certificate);
        for line in base64.as_bytes().chunks(64) {
            text.extend(line.iter().map(|byte| char::from(*byte)));
            text.push('\n');
        }
        text += "-----END CERTIFICATE-----\n";
    }
    text
}

/// Content by its digest.
#[derive(Default)]
struct Blobs(Vec<(String, Vec<u8>)>);

impl Blobs {
    /// Its descriptor.
    fn add(&mut self, bytes: Vec<u8>, media_type: &str) -> Value {
        let digest = digest(&bytes);
        let descriptor = json!({
            "mediaType": media_type,
            "digest": digest,
            "size": bytes.len(),
        });
        self.0
            .push((digest.trim_start_matches("sha256:").to_owned(), bytes));
        descriptor
    }
}

fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    format!("sha256:{}", data_encoding::HEXLOWER.encode(&hash))
}

/// A tar whose entries have no time and no names of users.
struct Archive(Builder<Vec<u8>>);

impl Default for Archive {
    fn default() -> Self {
        Self(Builder::new(Vec::new()))
    }
}

impl Archive {
    fn file(&mut self, path: &str, bytes: &[u8], mode: u32, owner: u64) -> Result<()> {
        let size = u64::try_from(bytes.len())?;
        let mut header = header(EntryType::Regular, mode, owner, size);
        self.0
            .append_data(&mut header, path, bytes)
            .with_context(|| format!("cannot pack {path}"))
    }

    /// The next file may be run by anybody to listen at ports below 1024.
    fn with_low_ports(&mut self) -> Result<()> {
        let attribute = ("SCHILY.xattr.security.capability", &LOW_PORTS[..]);
        Ok(self.0.append_pax_extensions([attribute])?)
    }

    fn folder(&mut self, path: &str, mode: u32, owner: u64) -> Result<()> {
        let mut header = header(EntryType::Directory, mode, owner, 0);
        self.0
            .append_data(&mut header, path, &[][..])
            .with_context(|| format!("cannot pack {path}"))
    }

    fn finish(self) -> Result<Vec<u8>> {
        Ok(self.0.into_inner()?)
    }
}

fn header(kind: EntryType, mode: u32, owner: u64, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(owner);
    header.set_gid(owner);
    header.set_size(size);
    header.set_mtime(0);
    header
}

/// Seconds since the epoch as RFC 3339 has it, in UTC.
pub(super) fn rfc3339(seconds: u64) -> String {
    const DAY: u64 = 24 * 60 * 60;
    let (mut days, rest) = (seconds / DAY, seconds % DAY);
    let is_leap =
        |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hours, minutes) = (rest / 3600, rest / 60 % 60);
    format!(
        "{year}-{month:02}-{:02}T{hours:02}:{minutes:02}:{:02}Z",
        days + 1,
        rest % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, date) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_827_696, "2000-02-29T12:34:56Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(seconds), date);
        }
    }

    #[test]
    fn the_layer_has_nothing_but_what_it_needs() {
        let layer = layer(b"program").unwrap();
        let mut archive = tar::Archive::new(&layer[..]);
        let mut capable = Vec::new();
        let entries: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let mut entry = entry.unwrap();
                for extension in entry.pax_extensions().unwrap().into_iter().flatten() {
                    let extension = extension.unwrap();
                    let value = data_encoding::HEXLOWER.encode(extension.value_bytes());
                    capable.push((extension.key().unwrap().to_owned(), value));
                }
                let header = entry.header();
                assert_eq!(header.mtime().unwrap(), 0);
                (
                    entry.path().unwrap().display().to_string(),
                    header.mode().unwrap(),
                    header.uid().unwrap(),
                )
            })
            .collect();
        let files: Vec<_> = entries
            .iter()
            .filter(|(path, ..)| !path.ends_with('/'))
            .map(|(path, mode, _)| (path.as_str(), *mode))
            .collect();
        assert_eq!(
            files,
            [
                ("etc/passwd", 0o644),
                ("etc/group", 0o644),
                ("etc/ssl/certs/ca-certificates.crt", 0o644),
                ("usr/bin/wimpex-server", 0o755),
            ]
        );
        assert!(entries.contains(&("var/lib/wimpex/".to_owned(), 0o700, USER)));
        // What `setcap cap_net_bind_service=ep` writes.
        let of_setcap = "0100000200040000000000000000000000000000";
        let attribute = "SCHILY.xattr.security.capability".to_owned();
        assert_eq!(capable, [(attribute, of_setcap.to_owned())]);
    }

    #[test]
    fn an_image_is_what_its_index_says() {
        let folder = tempfile::tempdir().unwrap();
        super::write(
            b"program",
            crate::package::architecture::X86_64,
            folder.path(),
            "0",
        )
        .unwrap();
        let file = folder
            .path()
            .join(format!("wimpex-server-{VERSION}-x86_64.oci.tar"));
        let bytes = std::fs::read(file).unwrap();
        let mut files = std::collections::BTreeMap::new();
        for entry in tar::Archive::new(&bytes[..]).entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().display().to_string();
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
            files.insert(path, bytes);
        }
        let blob = |descriptor: &Value| {
            let name = descriptor["digest"].as_str().unwrap();
            let bytes = &files[&format!("blobs/{}", name.replace(':', "/"))];
            assert_eq!(digest(bytes), name);
            assert_eq!(descriptor["size"], bytes.len());
            bytes.clone()
        };
        let read = |bytes: &[u8]| -> Value { serde_json::from_slice(bytes).unwrap() };
        let index = read(&files["index.json"]);
        let manifest = read(&blob(&index["manifests"][0]));
        let config = read(&blob(&manifest["config"]));
        let packed = blob(&manifest["layers"][0]);
        let mut layer = Vec::new();
        let mut unpacked = flate2::read::GzDecoder::new(&packed[..]);
        std::io::Read::read_to_end(&mut unpacked, &mut layer).unwrap();
        assert_eq!(config["rootfs"]["diff_ids"][0], digest(&layer));
        assert_eq!(config["config"]["User"], "65532:65532");
    }

    #[test]
    fn the_certificates_are_pem() {
        let roots = roots();
        assert!(roots.matches("BEGIN CERTIFICATE").count() > 50);
        assert!(roots.lines().all(|line| line.len() <= 64));
    }
}
