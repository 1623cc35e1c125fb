//! The server's end of the socket.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::error::Elapsed;
use tokio::time::{sleep, timeout};
use tracing::info;
use wimpex_protocol::UserId;

use super::{Answer, Request, SNAPSHOT, SOCKET};
use crate::access::AccessError;
use crate::handle::Handle;

/// For a request, and for its answer to be taken.
const PATIENCE: Duration = Duration::from_secs(5);
const REQUEST_BYTES: u64 = 4 * 1024;
/// Sessions in one answer.
const SESSIONS: usize = 10_000;

/// Answers the host until it is dropped.
pub(crate) async fn answer(handle: Handle, listener: UnixListener) {
    loop {
        match listener.accept().await {
            // One after the other: it is one host, and a few seconds at most.
            Ok((stream, _)) => {
                if talk(stream, &handle).await.is_err() {
                    info!("an admin command did not come or was not read in time");
                }
            }
            Err(_) => sleep(Duration::from_millis(250)).await,
        }
    }
}

/// A socket in the state folder, in the place of what the process before this one has left, or still
/// answers at for a moment.
///
/// # Errors
/// If there can be none.
pub(crate) fn bind(folder: &Path) -> io::Result<UnixListener> {
    let (path, beside) = (folder.join(SOCKET), folder.join(format!("{SOCKET}.new")));
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(&beside)?;
    std::fs::set_permissions(&beside, PermissionsExt::from_mode(0o600))?;
    std::fs::rename(&beside, &path)?;
    Ok(listener)
}

async fn talk(mut stream: UnixStream, handle: &Handle) -> Result<(), Elapsed> {
    let (read, mut write) = stream.split();
    let mut line = Vec::new();
    let mut reader = BufReader::new(read.take(REQUEST_BYTES));
    let answer = match timeout(PATIENCE, reader.read_until(b'\n', &mut line)).await? {
        Ok(_) => match serde_json::from_slice(&line) {
            Ok(Request::Snapshot) => snapshot(handle).await,
            Ok(request) => carry_out(request, handle),
            Err(error) => Answer::Refused(format!("that is no request: {error}")),
        },
        Err(error) => Answer::Refused(error.to_string()),
    };
    let mut text = serde_json::to_vec(&answer).unwrap_or_default();
    text.push(b'\n');
    timeout(PATIENCE, async {
        // Whoever does not want to know has gone.
        let _ = write.write_all(&text).await;
        let _ = write.shutdown().await;
    })
    .await
}

/// Takes as long as the disk does.
async fn snapshot(handle: &Handle) -> Answer {
    let app = &handle.app;
    let Some(folder) = app.config.state_dir() else {
        return Answer::Refused("this server has no state folder".to_owned());
    };
    let to = folder.join(SNAPSHOT);
    match app.store.run(move |store| store.back_up(&to)).await {
        Ok(()) => Answer::Done(json!({})),
        Err(_) if app.store.is_released() => Answer::AskAgain,
        Err(error) => Answer::Refused(format!("cannot copy the store: {error}")),
    }
}

fn carry_out(request: Request, handle: &Handle) -> Answer {
    match done(request, handle) {
        Ok(value) => Answer::Done(value),
        Err(Refusal::HandedOver) => Answer::AskAgain,
        Err(Refusal::Because(text)) => Answer::Refused(text),
    }
}

/// Why a request is not carried out.
enum Refusal {
    HandedOver,
    /// In words.
    Because(String),
}

impl From<String> for Refusal {
    fn from(text: String) -> Self {
        Self::Because(text)
    }
}

impl From<&str> for Refusal {
    fn from(text: &str) -> Self {
        Self::Because(text.to_owned())
    }
}

impl From<AccessError> for Refusal {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::HandedOver => Self::HandedOver,
            AccessError::Store(_)
            | AccessError::Full
            | AccessError::Missing
            | AccessError::Random(_) => Self::Because(error.to_string()),
        }
    }
}

fn done(request: Request, handle: &Handle) -> Result<Value, Refusal> {
    let app = &handle.app;
    let now = SystemTime::now();
    let user = |text: &str| {
        // Whole links are taken too.
        let id = text
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or(text);
        UserId::parse(id).map_err(|_| format!("{text:?} is no id and no link of a person"))
    };
    Ok(match request {
        Request::Status => {
            let counts = handle.counts();
            json!({
                "version": env!("CARGO_PKG_VERSION"),
                "pid": std::process::id(),
                "uptime-seconds": handle.started.elapsed().as_secs(),
                "people": counts.users,
                "sessions": counts.sessions,
                "sockets": counts.sockets,
                "relayed-allocations": handle.relay().map_or(0, |relay| relay.counts().allocations),
                "draining": app.is_draining(),
                "page": app.shown().page.is_there(),
                "access": format!("{:?}", app.access.policy()).to_lowercase(),
            })
        }
        Request::Sessions { limit } => {
            let (sessions, count) = app.registry.sessions(limit.min(SESSIONS));
            json!({ "count": count, "sessions": sessions })
        }
        Request::Kick { user: text } => {
            json!({ "ended-sessions": app.registry.dismiss(&user(&text)?) })
        }
        Request::Block { user: text } => {
            let user = user(&text)?;
            app.access.block(&user, true)?;
            app.forget(&user).map_err(|e| e.to_string())?;
            json!({ "ended-sessions": app.registry.dismiss(&user) })
        }
        Request::Unblock { user: text } => {
            let user = user(&text)?;
            app.access.block(&user, false)?;
            json!({})
        }
        Request::Invite { uses, seconds } => {
            let expires = Duration::from_secs(seconds);
            let (id, ticket) = app.access.invite(uses, expires, now)?;
            let home = app.config.home();
            let needs = app.access.policy() == crate::config::AccessPolicy::Invited;
            json!({
                "id": id,
                "link": format!("{}/#invite={ticket}", home.unwrap_or_default()),
                // Otherwise it opens nothing that is not open, or is of no use.
                "counts": needs,
            })
        }
        Request::Invitations => {
            let record = app.access.record();
            let invitations: Vec<Value> = record
                .invitations
                .iter()
                .map(|(id, one)| {
                    json!({
                        "id": id, "uses": one.uses, "used": one.used, "until": one.until,
                        "good": one.is_good(now),
                    })
                })
                .collect();
            json!({
                "invitations": invitations,
                "admitted": record.admitted.len(),
                "blocked": record.blocked,
            })
        }
        Request::Revoke { id, with_people } => {
            let people = app.access.revoke(&id, with_people)?;
            if with_people {
                app.dismiss_unwelcome(people);
            }
            json!({})
        }
        Request::Turn => {
            let relay = handle
                .relay()
                .ok_or("this server has no relay of its own")?;
            let counts = relay.counts();
            json!({
                "allocations": counts.allocations,
                "permissions": counts.permissions,
                "channels": counts.channels,
                "users": counts.users,
                "connections": counts.connections,
                "bytes-to-peers": relay.bytes_to_peers(),
            })
        }
        Request::Certificates => {
            let store = handle.certificates.as_ref();
            let store = store.ok_or("this server has no certificate of its own")?;
            let domains: Vec<_> = app
                .config
                .https
                .domain
                .iter()
                .map(ToString::to_string)
                .collect();
            let until = store.current().map(|certificate| {
                let since = certificate.until.duration_since(UNIX_EPOCH);
                since.map_or(0, |since| since.as_secs())
            });
            json!({ "domains": domains, "until": until })
        }
        Request::Drain { on } => {
            let moving = app.drain(on);
            json!({ "draining": on, "sessions": handle.counts().sessions, "moving": moving })
        }
        Request::Snapshot => return Err("it takes a while, and is done elsewhere".into()),
        Request::Reload => {
            let reloaded = handle.reload().map_err(|faults| faults.join("\n"))?;
            json!({ "changed": reloaded.changed, "restart-needed": reloaded.restart_needed })
        }
    })
}
