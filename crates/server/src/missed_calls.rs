//! Calls that nobody has heard, since no device of who was called was there: kept for a month, so
//! that each device can be told of them, or until they are erased.

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

/// For so long they are kept: how many devices somebody has nobody knows.
const KEEP: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Of one caller: whoever calls on and on says no more by it.
const PER_CALLER: usize = 4;
/// Of those whom the user has not named: keys cost nothing, as guest's ids do.
const OF_STRANGERS: usize = Table::MissedCalls.bounds().per_owner / 2;

/// Servers that number the same user's calls at the same moment.
const RIVALS: usize = 8;

/// See the module.
#[derive(Clone)]
pub(crate) struct MissedCalls {
    store: Arc<StoreFile>,
    acquaintances: Arc<Acquaintances>,
    /// Held by whatever is being written.
    writing: Arc<RwLock<()>>,
    /// For whom there is one more: they may have come meanwhile.
    kept: UnboundedSender<UserId>,
    /// To the other servers, where they keep these together.
    outbox: Option<UnboundedSender<Output>>,
}

/// One that is kept.
#[derive(Debug)]
pub(crate) struct Kept {
    /// Grows with each of the same user: [`wimpex_protocol::MissedCalls::until`].
    pub(crate) number: u64,
    pub(crate) call: MissedCall,
}

/// Which entry of a user's it is.
type Key = Vec<u8>;

impl MissedCalls {
    pub(crate) fn new(
        store: &Arc<StoreFile>,
        acquaintances: &Arc<Acquaintances>,
        kept: UnboundedSender<UserId>,
        outbox: Option<UnboundedSender<Output>>,
    ) -> Self {
        Self {
            store: Arc::clone(store),
            acquaintances: Arc::clone(acquaintances),
            writing: Arc::default(),
            kept,
            outbox,
        }
    }

    /// Keeps one for this user; on a thread of its own.
    pub(crate) fn keep(&self, user: UserId, missed: MissedCall) {
        let acquaintances = Arc::clone(&self.acquaintances);
        let (here, elsewhere) = (self.kept.clone(), self.outbox.clone());
        self.write(move |store| {
            let named = acquaintances.found(&user);
            keep(store, &user, &missed, &|caller| named.include(caller))?;
            if let Some(outbox) = elsewhere {
                let _ = outbox.send(nats::waiting(&user));
            }
            // Its end goes with the server.
            let _ = here.send(user);
            Ok(())
        });
    }

    /// Those of a user, the earliest first.
    pub(crate) async fn of(&self, user: UserId) -> Vec<Kept> {
        self.settled().await;
        let read = self.store.run(move |store| read(store, &user)).await;
        let read = read.unwrap_or_else(|error| {
            warn!(%error, "cannot read missed calls");
            Vec::new()
        });
        read.into_iter().map(|(_, kept)| kept).collect()
    }

    /// Erases those of a user up to that number, or all; on a thread of its own.
    pub(crate) fn erase(&self, user: UserId, until: Option<u64>) {
        self.write(move |store| {
            let owner = user.as_str().as_bytes();
            let Some(until) = until else {
                return store.delete_all(Table::MissedCalls, owner);
            };
            let all = read(store, &user)?.into_iter();
            let mut told = all.take_while(|(_, kept)| kept.number <= until);
            told.try_for_each(|(key, _)| store.delete(Table::MissedCalls, owner, &key))
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
    let key = key(&missed.from_id, &missed.call_id);
    let mut known = read(store, user)?;
    if let Some(key) = leaves(&known, missed, is_named) {
        store.delete(Table::MissedCalls, owner, key)?;
    }
    for _ in 0..RIVALS {
        let others = known.iter().filter(|(other, _)| *other != key);
        let last = others.map(|(_, kept)| kept.number).max();
        // So that it grows when all others are erased, too.
        let number = last.map_or(now, |last| now.max(last + 1));
        let kept = Kept {
            number,
            call: missed.clone(),
        };
        let entry = Entry {
            id: key.clone(),
            value: encode(&kept),
            expires: missed.at + KEEP.as_millis() as u64,
        };
        store.put(Table::MissedCalls, owner, &entry, now)?;
        // Whoever was told of one that was put at the same moment would not hear of this one.
        known = read(store, user)?;
        let is_last = |(other, kept): &(Key, Kept)| *other == key || kept.number < number;
        if known.iter().all(is_last) {
            break;
        }
    }
    Ok(())
}

/// Which of those that are known gives way to one more.
fn leaves<'a>(
    known: &'a [(Key, Kept)],
    missed: &MissedCall,
    is_named: &dyn Fn(&UserId) -> bool,
) -> Option<&'a Key> {
    let is_stranger = |call: &MissedCall| !is_named(&call.from_id);
    let of_caller = |call: &MissedCall| call.from_id == missed.from_id;
    // The oldest, of so many.
    let surplus = |which: &dyn Fn(&MissedCall) -> bool, most: usize| {
        let mut of = known.iter().filter(|(_, kept)| which(&kept.call));
        let (first, _) = of.next()?;
        (1 + of.count() >= most).then_some(first)
    };
    let most = Table::MissedCalls.bounds().per_owner;
    surplus(&of_caller, PER_CALLER)
        .or_else(|| {
            let is_one_more = is_stranger(missed);
            surplus(&is_stranger, OF_STRANGERS).filter(|_| is_one_more)
        })
        .or_else(|| {
            // Whom the user has named gives way last.
            let is_full = known.len() >= most;
            surplus(&is_stranger, 1).filter(|_| is_full)
        })
}

/// The earliest first.
fn read(store: &dyn Store, user: &UserId) -> Result<Vec<(Key, Kept)>, StoreError> {
    let entries = store.of(Table::MissedCalls, user.as_str().as_bytes(), millis())?;
    let read = |entry: Entry| Some((entry.id, decode(&entry.value)?));
    let mut all: Vec<_> = entries.into_iter().filter_map(read).collect();
    all.sort_by_key(|(_, kept)| kept.number);
    Ok(all)
}

/// Call ids are chosen by callers.
fn key(caller: &UserId, call: &CallId) -> Key {
    // No id has a space.
    let hash = Sha256::digest(format!("{caller} {call}").as_bytes());
    hash.iter().copied().take(16).collect()
}

fn encode(Kept { number, call }: &Kept) -> Vec<u8> {
    let kept = json!({
        "from": call.from_id.as_str(),
        "call": call.call_id.as_str(),
        "video": call.call_type == CallType::Video,
        "at": call.at,
        "number": number,
    });
    kept.to_string().into_bytes()
}

/// `None` for what is none.
fn decode(kept: &[u8]) -> Option<Kept> {
    let kept: Value = serde_json::from_slice(kept).ok()?;
    let text = |name: &str| Some(kept.get(name)?.as_str()?.to_owned());
    let is_video = kept.get("video")?.as_bool()?;
    let at = kept.get("at")?.as_u64()?;
    let number = kept.get("number").and_then(Value::as_u64);
    Some(Kept {
        // An earlier version has not numbered them.
        number: number.unwrap_or(at),
        call: MissedCall {
            from_id: UserId::parse(text("from")?).ok()?,
            call_id: CallId::parse(text("call")?).ok()?,
            call_type: if is_video {
                CallType::Video
            } else {
                CallType::Audio
            },
            at,
        },
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
        kept.map(|(_, kept)| kept.call.from_id.to_string())
            .collect()
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

    fn numbers(store: &dyn Store, user: &UserId) -> Vec<u64> {
        let kept = read(store, user).unwrap().into_iter();
        kept.map(|(_, kept)| kept.number).collect()
    }

    #[test]
    fn each_has_a_later_number_than_those_before() {
        let store = EmbeddedStore::in_memory().unwrap();
        let bob = UserId::parse("bob").unwrap();
        // At once, and of calls that began in another order.
        for call in [3, 1, 2] {
            keep(&store, &bob, &missed(FRIEND, call));
        }
        let all = read(&store, &bob).unwrap();
        let calls: Vec<&str> = all.iter().map(|(_, it)| it.call.call_id.as_str()).collect();
        assert_eq!(calls, ["3", "1", "2"]);
        assert!(numbers(&store, &bob).is_sorted_by(|one, next| one < next));
        // One that is missed once more is news.
        keep(&store, &bob, &missed(FRIEND, 3));
        assert_eq!(read(&store, &bob).unwrap()[2].1.call.call_id.as_str(), "3");
    }

    #[test]
    fn rivals_leave_none_behind_one_that_was_told() {
        let store = EmbeddedStore::in_memory().unwrap();
        let bob = UserId::parse("bob").unwrap();
        std::thread::scope(|scope| {
            let (store, bob) = (&store, &bob);
            for call in 0..4 {
                scope.spawn(move || keep(store, bob, &missed(FRIEND, call)));
            }
            // Whoever has been told up to some number hears of all that come to be known after that.
            let (mut until, mut told) = (0, std::collections::HashSet::new());
            while told.len() < 4 {
                let all = read(store, bob).unwrap().into_iter();
                let news = all.filter(|(_, kept)| kept.number > until);
                let news: Vec<_> = news.map(|(key, kept)| (kept.number, key)).collect();
                until = news.iter().map(|(number, _)| *number).fold(until, u64::max);
                told.extend(news.into_iter().map(|(_, key)| key));
            }
        });
        assert!(numbers(&store, &bob).is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn what_is_kept_fits_and_can_be_read_again() {
        let long = "x".repeat(wimpex_protocol::limits::ID_BYTES);
        let mut call = missed(&long, 1);
        call.call_id = CallId::parse(long).unwrap();
        let kept = Kept {
            number: u64::MAX >> 11,
            call: call.clone(),
        };
        let bytes = encode(&kept);
        assert!(bytes.len() <= Table::MissedCalls.bounds().value_bytes);
        let read = decode(&bytes).unwrap();
        assert_eq!((read.number, &read.call), (kept.number, &call));
        assert!(decode(b"{}").is_none());
        // What an earlier version has kept.
        let old = br#"{"from":"a","call":"c","video":false,"at":7}"#;
        assert_eq!(decode(old).unwrap().number, 7);
    }
}
