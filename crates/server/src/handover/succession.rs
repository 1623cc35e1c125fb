//! The side of the process that starts: whose place it takes, and its own place for the next.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use tokio::net::{UnixListener, UnixStream};
use tracing::{debug, info, warn};

use super::endpoint::{Endpoint, in_time};
use super::wire::{self, Answer, Hello, Progress, VERSION};
use crate::config::{Config, Role};
use crate::inherited::Inherited;
use crate::saved_state::MOST_BYTES;
use crate::secret;
use crate::state_lock::{LockError, StateLock};

/// For each word of the process that runs: it has nothing else to wait for.
const WORD: Duration = Duration::from_secs(20);

/// See the module.
pub struct Succession {
    /// `None` without a folder to meet in.
    place: Option<Place>,
    predecessor: Option<UnixStream>,
}

struct Place {
    socket: PathBuf,
    lock: StateLock,
}

/// Why this process cannot start in that state folder.
#[derive(Debug, thiserror::Error)]
pub enum SuccessionError {
    /// There is one already.
    #[error(
        "another wimpex-server{} uses the state folder {folder}; give this one a --state-dir of its \
         own, or say --take-over for it to take the other's place",
        id(*.process)
    )]
    Running {
        /// The state folder.
        folder: PathBuf,
        /// Its process id, if it can be read.
        process: Option<u32>,
    },
    /// There is one, and it has not given up its place.
    #[error("cannot take the place of the wimpex-server that uses {folder}: {reason}; it runs on")]
    Refused {
        /// The state folder.
        folder: PathBuf,
        /// Why.
        reason: String,
    },
    /// The state folder is of no use.
    #[error("{0}; the state folder (--state-dir) must be one that this user can make and write")]
    Folder(String),
}

fn id(process: Option<u32>) -> String {
    process.map_or_else(String::new, |process| format!(" (process {process})"))
}

impl Succession {
    /// Takes a place in the state folder. If another process has it, and this one is to take over,
    /// what that one has open is added to what this one has inherited.
    ///
    /// # Errors
    /// [`SuccessionError`]; a state folder that nobody has named is no reason for one.
    pub async fn begin(
        config: &Config,
        inherited: &mut Inherited,
    ) -> Result<Self, SuccessionError> {
        let without = Self {
            place: None,
            predecessor: None,
        };
        let named = config.operation.state_dir.clone();
        let is_named = named.is_some() || env::var_os("STATE_DIRECTORY").is_some();
        let Some(folder) = named.or_else(secret::state_dir) else {
            return Ok(without);
        };
        let (lock, socket) = match config.role {
            Role::All | Role::Signaling => ("server.lock", "handover.sock"),
            Role::Turn => ("relay.lock", "relay-handover.sock"),
        };
        let (lock, socket) = (folder.join(lock), folder.join(socket));
        let process = match StateLock::take(lock.clone(), inherited) {
            Ok(lock) => {
                if config.operation.take_over {
                    info!("there is no other process whose place could be taken");
                }
                let place = Some(Place { socket, lock });
                return Ok(Self {
                    place,
                    predecessor: None,
                });
            }
            Err(LockError::Taken { process, .. }) => process,
            Err(LockError::File { path, error }) if is_named => {
                let path = path.display();
                return Err(SuccessionError::Folder(format!(
                    "cannot use {path}: {error}"
                )));
            }
            Err(LockError::File { path, error }) => {
                debug!(path = %path.display(), %error, "no other process can take over from this one");
                return Ok(without);
            }
        };
        if !config.operation.take_over {
            if is_named {
                return Err(SuccessionError::Running { folder, process });
            }
            debug!("another server uses the usual state folder");
            return Ok(without);
        }
        let refused = |reason: String| SuccessionError::Refused {
            folder: folder.clone(),
            reason,
        };
        let failed = |error: io::Error| refused(error.to_string());
        let mut stream = UnixStream::connect(&socket).await.map_err(failed)?;
        let hello = Hello {
            version: VERSION,
            process: std::process::id(),
        };
        let ask = async {
            wire::write(&mut stream, &hello).await?;
            match wire::read(&mut stream).await? {
                Answer::Files { process, labels } => {
                    let things = wire::receive(&mut stream, labels).await?;
                    Ok(Ok((process, things)))
                }
                Answer::Version(version) => Ok(Err(version)),
            }
        };
        let (process, things) = in_time(WORD, ask)
            .await
            .map_err(failed)?
            .map_err(|version| {
                refused(format!(
                    "it speaks version {version} of this, and not {VERSION}: stop it first"
                ))
            })?;
        inherited.extend(things);
        let lock = StateLock::take(lock, inherited).map_err(|error| refused(error.to_string()))?;
        info!(process, "taking the place of another process");
        Ok(Self {
            place: Some(Place { socket, lock }),
            predecessor: Some(stream),
        })
    }

    /// Has the other process give up its sessions, if there is one, and goes on with them by
    /// `take_over`, which says why it cannot. From then on this process has the place, where the
    /// next one finds it and gets these `things`; `None` where it cannot be found.
    ///
    /// # Errors
    /// [`SuccessionError::Refused`]: the other process goes on.
    pub async fn complete(
        self,
        mut things: Inherited,
        take_over: impl FnOnce(&[u8]) -> Result<(), String>,
    ) -> Result<Option<Endpoint>, SuccessionError> {
        let Some(Place { socket, lock }) = self.place else {
            return Ok(None);
        };
        let folder = socket.parent().unwrap_or(Path::new(".")).to_owned();
        let shared = lock.share();
        drop(lock);
        let bound = shared.and_then(|lock| {
            things.locks.push(lock);
            bind(&socket)
        });
        if let Some(mut stream) = self.predecessor {
            let refused = |reason| SuccessionError::Refused { folder, reason };
            let state = async {
                wire::write(&mut stream, &Progress::Ready).await?;
                wire::read_bytes(&mut stream, MOST_BYTES).await
            };
            let state = match in_time(WORD, state).await {
                Ok(state) => state,
                Err(error) => return Err(refused(error.to_string())),
            };
            take_over(&state).map_err(refused)?;
            // The sessions are here by now. If it does not hear so it serves them too, for as
            // long as its clients are connected.
            if let Err(error) = in_time(WORD, wire::write(&mut stream, &Progress::Serving)).await {
                warn!(%error, "the other process does not hear that its place is taken");
            }
        }
        let listener = bound.and_then(|(listener, beside)| {
            fs::rename(&beside, &socket)?;
            Ok(listener)
        });
        match listener {
            Ok(listener) => Ok(Some(Endpoint { listener, things })),
            Err(error) => {
                warn!(path = %socket.display(), %error, "no other process can take over from this one");
                Ok(None)
            }
        }
    }
}

/// Beside its place: the other process is still found there.
fn bind(socket: &Path) -> io::Result<(UnixListener, PathBuf)> {
    let beside = socket.with_extension("new");
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(&beside)?;
    fs::set_permissions(&beside, fs::Permissions::from_mode(0o600))?;
    Ok((listener, beside))
}
