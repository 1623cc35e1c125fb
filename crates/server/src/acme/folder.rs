//! The folder with account and certificate. Nobody else can read it, one server has it at
//! a time, and what is in it is whole: it is written beside its place first.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use instant_acme::AccountCredentials;
use tempfile::NamedTempFile;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;

use crate::config::Domain;
use crate::inherited::Inherited;
use crate::state_lock::{LockError, StateLock};
use crate::tls::Certificate;

/// See the module.
pub(super) struct Folder {
    path: PathBuf,
    lock: StateLock,
}

/// What is wrong with the folder, or with something in it.
#[derive(Debug, thiserror::Error)]
pub(super) enum FolderError {
    #[error("cannot use {path}: {error}")]
    File { path: PathBuf, error: io::Error },
    #[error("another server keeps its certificates in {0}; give this one a --state-dir of its own")]
    Taken(PathBuf),
    #[error("{path}: {reason}")]
    Content { path: PathBuf, reason: String },
}

impl Folder {
    /// The one of an authority in the folder of all.
    pub(super) fn open(
        all: &Path,
        directory: &str,
        inherited: &mut Inherited,
    ) -> Result<Self, FolderError> {
        let path = all.join(name_of(directory));
        match StateLock::take(path.join("lock"), inherited) {
            Ok(lock) => Ok(Self { path, lock }),
            Err(LockError::Taken { .. }) => Err(FolderError::Taken(path)),
            Err(LockError::File { path, error }) => Err(FolderError::File { path, error }),
        }
    }

    pub(super) fn lock(&self) -> &StateLock {
        &self.lock
    }

    pub(super) fn account(&self) -> Result<Option<AccountCredentials>, FolderError> {
        let path = self.account_file();
        let Some(bytes) = read(&path)? else {
            return Ok(None);
        };
        let parsed = serde_json::from_slice(&bytes);
        // The error would quote the key.
        parsed.map(Some).map_err(|_| FolderError::Content {
            path,
            reason: "it is no account".to_owned(),
        })
    }

    pub(super) fn keep_account(&self, account: &AccountCredentials) -> Result<(), FolderError> {
        let path = self.account_file();
        let bytes = serde_json::to_vec(account).map_err(|error| FolderError::Content {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        write(&path, &bytes)
    }

    /// The certificate of these names, as it was kept.
    pub(super) fn certificate(
        &self,
        domains: &[Domain],
    ) -> Result<Option<Certificate>, FolderError> {
        let path = self.certificate_file(domains);
        let Some(bytes) = read(&path)? else {
            return Ok(None);
        };
        let parsed = parse(&bytes);
        parsed
            .map(Some)
            .map_err(|reason| FolderError::Content { path, reason })
    }

    pub(super) fn keep_certificate(
        &self,
        domains: &[Domain],
        pem: &str,
    ) -> Result<(), FolderError> {
        write(&self.certificate_file(domains), pem.as_bytes())
    }

    fn account_file(&self) -> PathBuf {
        self.path.join("account.json")
    }

    /// One file for both, so that key and certificate always go together.
    fn certificate_file(&self, domains: &[Domain]) -> PathBuf {
        let first = domains.first().map_or("none", Domain::as_str);
        self.path.join(format!("{first}.pem"))
    }
}

/// A key and the certificates for it, as PEM.
///
/// # Errors
/// Why it is of no use.
pub(super) fn parse(pem: &[u8]) -> Result<Certificate, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let chain: Result<Vec<CertificateDer<'static>>, _> =
        CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.map_err(|error| text(&error))?;
    if chain.is_empty() {
        return Err("there is no certificate in it".to_owned());
    }
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|error| text(&error))?;
    let certified = CertifiedKey::from_der(chain, key, &ring::default_provider())
        .map_err(|error| text(&error))?;
    Certificate::new(certified).ok_or_else(|| "it is not X.509".to_owned())
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, FolderError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FolderError::File {
            path: path.to_owned(),
            error,
        }),
    }
}

/// Whole or not at all, also when the power fails; readable for nobody else (mode 0600).
fn write(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = || {
        let mut beside = NamedTempFile::new_in(folder)?;
        beside.write_all(bytes)?;
        beside.as_file().sync_all()?;
        beside.persist(path).map_err(|error| error.error)?;
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        Ok(())
    };
    written().map_err(|error| FolderError::File {
        path: path.to_owned(),
        error,
    })
}

/// The URL of a directory as the name of a folder.
fn name_of(directory: &str) -> String {
    let url = directory.strip_prefix("https://").unwrap_or(directory);
    let safe = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    let name: String = url.chars().map(|c| if safe(c) { c } else { '_' }).collect();
    // Neither hidden nor a way up.
    name.trim_start_matches('.').chars().take(150).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(all: &Path, directory: &str) -> Result<Folder, FolderError> {
        Folder::open(all, directory, &mut Inherited::default())
    }

    const DIRECTORY: &str = "https://ca.example/acme/directory";

    fn pem(name: &str) -> String {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        made.signing_key.serialize_pem() + &made.cert.pem()
    }

    fn domains() -> Vec<Domain> {
        vec!["call.example.org".parse().unwrap()]
    }

    #[test]
    fn what_is_kept_is_there_again_and_private() {
        let all = tempfile::tempdir().unwrap();
        let folder = open(all.path(), DIRECTORY).unwrap();
        assert!(folder.certificate(&domains()).unwrap().is_none());
        folder
            .keep_certificate(&domains(), &pem("call.example.org"))
            .unwrap();
        let kept = folder.certificate(&domains()).unwrap().unwrap();
        assert!(kept.is_for("call.example.org") && !kept.is_for("example.org"));
        drop(folder);
        let folder = open(all.path(), DIRECTORY).unwrap();
        assert!(folder.certificate(&domains()).unwrap().is_some());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&folder.path), 0o700);
            assert_eq!(mode(&folder.certificate_file(&domains())), 0o600);
        }
        let files = fs::read_dir(&folder.path).unwrap().count();
        assert_eq!(files, 2, "certificate and lock, and nothing beside them");
    }

    #[test]
    fn two_servers_do_not_share_it() {
        let all = tempfile::tempdir().unwrap();
        let first = open(all.path(), DIRECTORY).unwrap();
        let second = open(all.path(), DIRECTORY);
        assert!(matches!(second, Err(FolderError::Taken(_))));
        assert!(open(all.path(), "https://other.example/").is_ok());
        drop(first);
        assert!(open(all.path(), DIRECTORY).is_ok());
    }

    #[test]
    fn what_is_broken_is_said_without_what_is_in_it() {
        let all = tempfile::tempdir().unwrap();
        let folder = open(all.path(), DIRECTORY).unwrap();
        fs::write(folder.account_file(), "{\"key_pkcs8\": \"hush\"").unwrap();
        let error = folder.account().err().unwrap().to_string();
        assert!(
            !error.contains("hush") && error.contains("account.json"),
            "{error}"
        );
        let other_key = pem("call.example.org") + &pem("call.example.org");
        for broken in ["", "my diary", &other_key[..other_key.len() / 2 - 40]] {
            folder.keep_certificate(&domains(), broken).unwrap();
            assert!(folder.certificate(&domains()).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_directory_is_no_way_out_of_the_folder() {
        for url in [
            DIRECTORY,
            "https://../../etc",
            "https://a/../b?c=d#e",
            "../x",
        ] {
            let name = name_of(url);
            assert!(!name.contains('/') && !name.starts_with('.'), "{name}");
        }
    }
}
