//! Ringing where no page is open, by web push: who wants it, whom a call wakes, and what becomes of
//! the notice.
//!
//! The push service, and whoever breaks into it, learns when somebody is called and from where the
//! message comes; what is in it only the browser can read (RFC 8291), and that is two ids. Nothing
//! here makes signaling wait: each wake is a task of its own.

mod courier;
mod notice;
mod signed_request;
mod subscription;
mod wakes;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};
use wimpex_protocol::{CallId, UserId};
use wimpex_push::{Endpoint, InvalidEndpoint, PushServices, VapidKey};
use wimpex_store::{Entry, Store, StoreError, Table};

use crate::config::Config;
use crate::metrics::Metrics;
use crate::store_file::{StoreFile, millis};
use courier::{Courier, Delivery};
use notice::Notice;
use wakes::RING;

pub(crate) use courier::CourierError;
pub(crate) use signed_request::{Invalid, PushWish, SignedRequest};
pub(crate) use subscription::{CallerMark, Marks, Subscription};
pub(crate) use wakes::{Begin, CallerStanding, Offered, Outcome, Waiting, Wakes};

/// A subscription that is not said again for so long is forgotten: pages say theirs at each login.
const KEEP: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// How long a push service keeps the news of a missed call for a device that is off.
const NEWS_SECONDS: u32 = 24 * 60 * 60;

/// See the module.
pub(crate) struct Push {
    store: Arc<StoreFile>,
    services: PushServices,
    key: VapidKey,
    marks: Marks,
    courier: Courier,
    contact: String,
    /// Where a notice leads that the service worker has nothing to do with.
    page: String,
    metrics: Metrics,
    /// One for each call that wakes somebody.
    tasks: TaskTracker,
}

/// Why somebody's wish was not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("{0}")]
    Endpoint(#[from] InvalidEndpoint),
    #[error("{0}")]
    Keys(#[from] wimpex_push::InvalidKeys),
    #[error("that is older than what is known")]
    Old,
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl Push {
    /// If it is wanted; `secret` is the server's.
    ///
    /// # Errors
    /// Only for a certificate that was named and is none.
    pub(crate) fn open(
        config: &Config,
        secret: &[u8],
        store: &Arc<StoreFile>,
        metrics: Metrics,
    ) -> Result<Option<Arc<Self>>, CourierError> {
        let origin = config.own_origin();
        let is_https = origin.as_ref().is_some_and(|it| it.starts_with("https://"));
        let is_wanted = config
            .push
            .push
            .unwrap_or(is_https || config.serves_https());
        if !is_wanted {
            return Ok(None);
        }
        let page = config.home().unwrap_or_default() + "/";
        let contact = config
            .push
            .push_contact
            .clone()
            .or(origin.filter(|_| is_https));
        Ok(Some(Arc::new(Self {
            store: Arc::clone(store),
            services: PushServices::and(config.push.push_service.clone()),
            key: VapidKey::derive(secret),
            marks: Marks::derive(secret),
            courier: Courier::new(config.push.push_root.as_deref())?,
            // Some push services want one, and nobody else reads it.
            contact: contact.unwrap_or_else(|| "mailto:nobody@localhost.invalid".to_owned()),
            page,
            metrics,
            tasks: TaskTracker::new(),
        })))
    }

    /// What browsers subscribe with.
    pub(crate) fn public_key(&self) -> String {
        self.key.public()
    }

    /// Wakes these devices of a user for a call. The task that does it waits for how the call ends,
    /// and replaces the notice.
    pub(crate) fn ring(
        self: &Arc<Self>,
        user: &UserId,
        wanted: Vec<Subscription>,
        caller: &UserId,
        call: &CallId,
        outcome: watch::Receiver<Option<Outcome>>,
    ) {
        let push = Arc::clone(self);
        let (user, notice) = (user.clone(), Notice::new(caller, call, &self.page));
        self.tasks.spawn(async move {
            let seconds = RING.as_secs() as u32;
            push.tell(&user, &wanted, &notice.call(), seconds).await;
            push.follow(&user, &wanted, &notice, outcome, RING).await;
        });
    }

    /// Goes on with a wake of another process, which has sent the notice: replaces it when the call
    /// ends. It has rung since then.
    pub(crate) fn resume(
        self: &Arc<Self>,
        user: &UserId,
        caller: &UserId,
        call: &CallId,
        outcome: watch::Receiver<Option<Outcome>>,
        since: Instant,
    ) {
        let push = Arc::clone(self);
        let (user, notice) = (user.clone(), Notice::new(caller, call, &self.page));
        let mark = self.marks.of(&user, caller);
        self.tasks.spawn(async move {
            let owner = user.clone();
            let kept = push.store.run(move |store| {
                store.of(
                    Table::PushSubscriptions,
                    owner.as_str().as_bytes(),
                    millis(),
                )
            });
            let wanted = wanted_of(kept.await, &mark);
            let left = RING.saturating_sub(since.elapsed());
            push.follow(&user, &wanted, &notice, outcome, left).await;
        });
    }

    /// Has the messages of calls that are over sent, for so long at most.
    pub(crate) async fn finish(&self, limit: Duration) {
        self.tasks.close();
        if tokio::time::timeout(limit, self.tasks.wait())
            .await
            .is_err()
        {
            warn!(
                left = self.tasks.len(),
                "not every push service has answered in time"
            );
        }
    }

    /// Those of a user's devices that are to be woken by this caller, as far as is known here. Does not
    /// wait for whoever writes.
    pub(crate) fn wanted(&self, user: &UserId, caller: &UserId) -> Vec<Subscription> {
        let kept = self.store.at_hand(Table::PushSubscriptions, user);
        wanted_of(kept, &self.marks.of(user, caller))
    }

    /// Waits for how the call ends, and says so.
    async fn follow(
        &self,
        user: &UserId,
        wanted: &[Subscription],
        notice: &Notice,
        mut outcome: watch::Receiver<Option<Outcome>>,
        limit: Duration,
    ) {
        let ended = tokio::time::timeout(limit, outcome.wait_for(Option::is_some)).await;
        // Whoever knows how it ends may be gone: then nobody has answered.
        let ended = ended.ok().and_then(Result::ok).and_then(|it| *it);
        match ended.unwrap_or(Outcome::Missed) {
            Outcome::Missed => {
                self.tell(user, wanted, &notice.missed(), NEWS_SECONDS)
                    .await
            }
            // The device that has answered or declined has taken its notice away by itself.
            Outcome::Over if wanted.len() > 1 => {
                let seconds = RING.as_secs() as u32;
                self.tell(user, wanted, &notice.over(), seconds).await;
            }
            Outcome::Over | Outcome::HandedOver => {}
        }
    }

    /// One after the other to each: two messages to one device must not overtake each other.
    async fn tell(&self, user: &UserId, all: &[Subscription], notice: &notice::Text, ttl: u32) {
        let one = async |subscription: &Subscription| {
            let delivery = self.deliver(subscription, notice, ttl).await;
            self.metrics.pushed(delivery.label());
            debug!(result = delivery.label(), "push");
            if delivery == Delivery::Gone
                && let Err(error) = self.forget(user.clone(), subscription.id()).await
            {
                warn!(%error, "cannot forget a subscription");
            }
        };
        futures_util::future::join_all(all.iter().map(one)).await;
    }

    async fn deliver(&self, to: &Subscription, notice: &notice::Text, ttl: u32) -> Delivery {
        // It may be one that a later start no longer lets in.
        let Ok(endpoint) = self.services.endpoint(&to.endpoint) else {
            return Delivery::Gone;
        };
        let now = millis() / 1000;
        let request = to.request(&endpoint, notice, ttl, (&self.key, &self.contact), now);
        match request {
            Some(request) => self.courier.post(&endpoint, request).await,
            None => Delivery::Failed,
        }
    }

    /// Keeps a subscription in place of the one of the same endpoint.
    pub(crate) async fn subscribe(
        &self,
        user: UserId,
        wish: subscription::Wish,
    ) -> Result<(), Refusal> {
        let _: Endpoint = self.services.endpoint(&wish.endpoint)?;
        let kept = wish.marked(&self.marks, &user)?;
        let (id, value, time) = (kept.id(), kept.encode(), kept.time);
        self.with_store(move |store| {
            if is_old(store, &user, &id, time)? {
                return Err(Refusal::Old);
            }
            let now = millis();
            let entry = Entry {
                id,
                value,
                expires: now + KEEP.as_millis() as u64,
            };
            let owner = user.as_str().as_bytes();
            Ok(store.put(Table::PushSubscriptions, owner, &entry, now)?)
        })
        .await
    }

    /// Forgets a subscription, if that was said after what is known.
    pub(crate) async fn unsubscribe(
        &self,
        user: UserId,
        endpoint: &str,
        time: u64,
    ) -> Result<(), Refusal> {
        let id = subscription::id(endpoint);
        self.with_store(move |store| {
            if is_old(store, &user, &id, time)? {
                return Err(Refusal::Old);
            }
            let owner = user.as_str().as_bytes();
            Ok(store.delete(Table::PushSubscriptions, owner, &id)?)
        })
        .await
    }

    async fn forget(&self, user: UserId, id: Vec<u8>) -> Result<(), Refusal> {
        self.with_store(move |store| {
            let owner = user.as_str().as_bytes();
            Ok(store.delete(Table::PushSubscriptions, owner, &id)?)
        })
        .await
    }

    /// Where a disk may take its time.
    async fn with_store(
        &self,
        run: impl FnOnce(&dyn Store) -> Result<(), Refusal> + Send + 'static,
    ) -> Result<(), Refusal> {
        self.store.run(move |store| Ok(run(store))).await?
    }
}

/// Of what is kept of somebody, which devices are to be woken by a caller.
fn wanted_of(kept: Result<Vec<Entry>, StoreError>, mark: &CallerMark) -> Vec<Subscription> {
    match kept {
        Ok(kept) => {
            let read = kept.iter();
            let read = read.filter_map(|entry| Subscription::decode(&entry.value));
            read.filter(|it| it.rings_for(mark)).collect()
        }
        Err(error) => {
            warn!(%error, "cannot read who is to be woken");
            Vec::new()
        }
    }
}

/// Whose calls somebody has asked for, by name.
pub(crate) fn named(kept: &[Entry]) -> Vec<CallerMark> {
    let kept = kept.iter();
    let callers = kept.filter_map(|entry| Subscription::decode(&entry.value)?.callers);
    callers.flatten().collect()
}

/// Whether something that was said at least as late is known.
fn is_old(store: &dyn Store, user: &UserId, id: &[u8], time: u64) -> Result<bool, StoreError> {
    let known = store.of(Table::PushSubscriptions, user.as_str().as_bytes(), millis())?;
    let known = known.iter().find(|entry| entry.id == id);
    let known = known.and_then(|entry| Subscription::decode(&entry.value));
    Ok(known.is_some_and(|known| known.time >= time))
}

/// A stranger's mark is like any other.
impl Subscription {
    fn rings_for(&self, caller: &CallerMark) -> bool {
        self.callers
            .as_ref()
            .is_none_or(|callers| callers.contains(caller))
    }
}
