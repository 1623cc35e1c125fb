//! Calls that nobody has heard, since no device of who was called was there: kept until one is, and
//! then told.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::RwLock;
use tokio::sync::mpsc::UnboundedSender;
use tracing::warn;
use wimpex_cluster::Output;
use wimpex_protocol::{CallId, CallType, MissedCall, UserId};
use wimpex_store::{Entry, Store, StoreError, Table};

use crate::acquaintances::Acquaintances;
use crate::nats;
use crate::store_file::{StoreFile, millis};

/// For so long they are kept for a device that does not come.
const KEEP: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Of one caller: whoever calls on and on says no more by it.
const PER_CALLER: usize = 4;
/// Of those whom the user has not named: keys cost nothing, as guest's ids do.
const OF_STRANGERS: usize = Table::MissedCalls.bounds().per_owner / 2;

/// See the module.
#[derive(Clone)]
pub(crate) struct MissedCalls {
    store: Arc<StoreFile>,
    acquaintances: Arc<Acquaintances>,
    /// Held by whatever is being written.
    writing: Arc<RwLock<()>>,
    /// To the other servers, where they keep these together.
    outbox: Option<UnboundedSender<Output>>,
}

/// Which entry of a user's it is.
pub(crate) type MissedCallKey = Vec<u8>;

impl MissedCalls {
    pub(crate) fn new(
        store: &Arc<StoreFile>,
        acquaintances: &Arc<Acquaintances>,
        outbox: Option<UnboundedSender<Output>>,
    ) -> Self {
        Self {
            store: Arc::clone(store),
            acquaintances: Arc::clone(acquaintances),
            writing: Arc::default(),
            outbox,
        }
    }

    /// Keeps one for this user; on a thread of its own.
    pub(crate) fn keep(&self, user: UserId, missed: MissedCall) {
        let acquaintances = Arc::clone(&self.acquaintances);
        let outbox = self.outbox.clone();
        self.write(move |store| {
            let named = acquaintances.found(&user);
            keep(store, &user, &missed, &|caller| named.include(caller))?;
            // They may have come to another server meanwhile.
            if let Some(outbox) = outbox {
                let _ = outbox.send(nats::waiting(&user));
            }
            Ok(())
        });
    }

    /// Those of a user, with their keys.
    pub(crate) async fn of(&self, user: UserId) -> Vec<(MissedCallKey, MissedCall)> {
        self.settled().await;
        let read = self.store.run(move |store| read(store, &user)).await;
        read.unwrap_or_else(|error| {
            warn!(%error, "cannot read missed calls");
            Vec::new()
        })
    }

    /// Forgets these of a user; on a thread of its own.
    pub(crate) fn forget(&self, user: UserId, keys: Vec<MissedCallKey>) {
        self.write(move |store| {
            let owner = user.as_str().as_bytes();
            let mut keys = keys.iter();
            keys.try_for_each(|key| store.delete(Table::MissedCalls, owner, key))
        });
    }

    /// Completes when everything that was to be written is.
    pub(crate) async fn settled(&self) {
        drop(self.writing.write().await);
    }

    fn write(&self, write: impl FnOnce(&dyn Store) -> Result<(), StoreError> + Send + 'static) {
        // Somebody who waits for what was written before need not wait for this.
        let writing = Arc::clone(&self.writing).try_read_owned();
        let store = Arc::clone(&self.store);
        tokio::task::spawn_blocking(move || {
            if let Err(error) = write(&*store) {
                warn!(%error, "cannot write down who has missed a call");
            }
            drop(writing);
        });
    }
}

fn keep(
    store: &dyn Store,
    user: &UserId,
    missed: &MissedCall,
    is_named: &dyn Fn(&UserId) -> bool,
) -> Result<(), StoreError> {
    let (owner, now) = (user.as_str().as_bytes(), millis());
    let mut known = read(store, user)?;
    known.sort_by_key(|(_, call)| call.at);
    let is_stranger = |call: &MissedCall| !is_named(&call.from_id);
    let of_caller = |call: &MissedCall| call.from_id == missed.from_id;
    // The oldest, of so many.
    let surplus = |which: &dyn Fn(&MissedCall) -> bool, most: usize| {
        let mut of = known.iter().filter(|(_, call)| which(call));
        let first = of.next().map(|(key, _)| key.clone())?;
        (1 + of.count() >= most).then_some(first)
    };
    let most = Table::MissedCalls.bounds().per_owner;
    let leaves = surplus(&of_caller, PER_CALLER)
        .or_else(|| {
            let is_one_more = is_stranger(missed);
            surplus(&is_stranger, OF_STRANGERS).filter(|_| is_one_more)
        })
        .or_else(|| {
            // Whom the user has named gives way last.
            let is_full = known.len() >= most;
            surplus(&is_stranger, 1).filter(|_| is_full)
        });
    if let Some(key) = leaves {
        store.delete(Table::MissedCalls, owner, &key)?;
    }
    let entry = Entry {
        id: key(&missed.from_id, &missed.call_id),
        value: encode(missed),
        expires: missed.at + KEEP.as_millis() as u64,
    };
    store.put(Table::MissedCalls, owner, &entry, now)
}

fn read(store: &dyn Store, user: &UserId) -> Result<Vec<(MissedCallKey, MissedCall)>, StoreError> {
    let entries = store.of(Table::MissedCalls, user.as_str().as_bytes(), millis())?;
    let read = |entry: Entry| Some((entry.id, decode(&entry.value)?));
    Ok(entries.into_iter().filter_map(read).collect())
}

/// Call ids are chosen by callers.
fn key(caller: &UserId, call: &CallId) -> MissedCallKey {
    // No id has a space.
    let hash = Sha256::digest(format!("{caller} {call}").as_bytes());
    hash.iter().copied().take(16).collect()
}

fn encode(missed: &MissedCall) -> Vec<u8> {
    let kept = json!({
        "from": missed.from_id.as_str(),
        "call": missed.call_id.as_str(),
        "video": missed.call_type == CallType::Video,
        "at": missed.at,
    });
    kept.to_string().into_bytes()
}

/// `None` for what is none.
fn decode(kept: &[u8]) -> Option<MissedCall> {
    let kept: Value = serde_json::from_slice(kept).ok()?;
    let text = |name: &str| Some(kept.get(name)?.as_str()?.to_owned());
    let is_video = kept.get("video")?.as_bool()?;
    Some(MissedCall {
        from_id: UserId::parse(text("from")?).ok()?,
        call_id: CallId::parse(text("call")?).ok()?,
        call_type: if is_video {
            CallType::Video
        } else {
            CallType::Audio
        },
        at: kept.get("at")?.as_u64()?,
    })
}

#[cfg(test)]
mod tests {
    use wimpex_store::EmbeddedStore;

    use super::*;

    fn missed(from: &str, call: u64) -> MissedCall {
        MissedCall {
            from_id: UserId::parse(from).unwrap(),
            call_id: CallId::parse(call.to_string()).unwrap(),
            call_type: CallType::Audio,
            at: millis() + call,
        }
    }

    fn callers(store: &dyn Store, user: &UserId) -> Vec<String> {
        let kept = read(store, user).unwrap().into_iter();
        kept.map(|(_, call)| call.from_id.to_string()).collect()
    }

    const FRIEND: &str = "w13dhi67nxjkncdcuaiox3lyav3d43vc7z";

    /// As if Bob had named one.
    fn keep(store: &dyn Store, user: &UserId, missed: &MissedCall) {
        super::keep(store, user, missed, &|caller| caller.as_str() == FRIEND).unwrap();
    }

    #[test]
    fn nobody_pushes_out_the_calls_of_whom_the_user_has_named() {
        // Whatever they call themselves: ids of guests, and of fresh keys.
        for kind in ["guest-", "w13dhi67nxjkncdcuaiox3lyav3d43v"] {
            let store = EmbeddedStore::in_memory().unwrap();
            let bob = UserId::parse("bob").unwrap();
            keep(&store, &bob, &missed(FRIEND, 1));
            for call in 2..100 {
                keep(&store, &bob, &missed(&format!("{kind}1"), call));
            }
            assert_eq!(callers(&store, &bob).len(), 1 + PER_CALLER);
            for call in 100..200 {
                keep(&store, &bob, &missed(&format!("{kind}{call}"), call));
            }
            let kept = callers(&store, &bob);
            assert_eq!(kept.len(), 1 + OF_STRANGERS);
            assert!(kept.iter().any(|from| from == FRIEND));
            // The friend's latest replace the friend's.
            for call in 200..220 {
                keep(&store, &bob, &missed(FRIEND, call));
            }
            assert_eq!(callers(&store, &bob).len(), PER_CALLER + OF_STRANGERS);
        }
    }

    #[test]
    fn whom_the_user_has_named_may_fill_the_list_and_the_oldest_gives_way() {
        let store = EmbeddedStore::in_memory().unwrap();
        let bob = UserId::parse("bob").unwrap();
        let most = Table::MissedCalls.bounds().per_owner as u64;
        for call in 0..2 * most {
            let call = missed(&format!("friend-{call}"), call);
            super::keep(&store, &bob, &call, &|_| true).unwrap();
        }
        let kept = callers(&store, &bob);
        assert_eq!(kept.len() as u64, most);
        assert!(kept.contains(&format!("friend-{most}")));
        assert!(!kept.contains(&"friend-0".to_owned()));
    }

    #[test]
    fn what_is_kept_fits_and_can_be_read_again() {
        let long = "x".repeat(wimpex_protocol::limits::ID_BYTES);
        let mut call = missed(&long, 1);
        call.call_id = CallId::parse(long).unwrap();
        assert_eq!(decode(&encode(&call)), Some(call.clone()));
        assert!(encode(&call).len() <= Table::MissedCalls.bounds().value_bytes);
        assert_eq!(decode(b"{}"), None);
    }
}
