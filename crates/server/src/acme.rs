//! Certificates for the names of this server, fetched by ACME (RFC 8555) and renewed in time.
//!
//! `instant-acme` speaks the protocol. It is a client and no more, so that one task decides
//! when to ask, in which way to prove the names, and what becomes of failures; crates that
//! bring a listener with them know one way of proof for each of theirs.

mod account;
mod folder;
mod order;
mod renewal;
mod schedule;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use instant_acme::ChallengeType;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::{error, info, warn};

use crate::config::{Config, Domain};
use crate::error::StartError;
use crate::inherited::Inherited;
use crate::random;
use crate::secret;
use crate::state_lock::StateLock;
use crate::tls::{Certificate, CertificateStore};

use account::Authority;
use folder::Folder;
use order::{Failure, OpenOrder};
use renewal::Advice;
use schedule::Validity;

/// For one order with all that belongs to it. The client has no limits of its own.
const ORDER: Duration = Duration::from_secs(180);
/// How often the wall clock is looked at: it may be set, and the machine may sleep.
const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);
/// How long a certificate counts still when it is an error that there is no new one.
const SERIOUS_DAYS: i64 = 20;

/// See the module.
pub(crate) struct Acme {
    authority: Authority,
    domains: Vec<Domain>,
    folder: Folder,
    /// Before the first try again, if the authority cannot be reached.
    retry: Duration,
    /// Between two certificates, whatever the clock says.
    pause: Duration,
    /// The certificate that counts, if it could not be written.
    unkept: Mutex<Option<String>>,
    /// What the authority says of the certificate.
    advice: tokio::sync::Mutex<Option<Advice>>,
}

impl Acme {
    /// Takes the folder with account and certificate for itself, and what is in it into the store.
    ///
    /// # Errors
    /// [`StartError::Certificates`] if there is no such folder, or if another server has it.
    pub(crate) fn open(
        config: &Config,
        store: &CertificateStore,
        inherited: &mut Inherited,
    ) -> Result<Self, StartError> {
        let https = &config.https;
        let state = config
            .operation
            .state_dir
            .clone()
            .or_else(secret::state_dir);
        let Some(state) = state else {
            let text = "no folder to keep certificates in; say --state-dir";
            return Err(StartError::Certificates(text.to_owned()));
        };
        let folder = Folder::open(&state.join("acme"), &https.acme_directory, inherited)
            .map_err(|error| StartError::Certificates(error.to_string()))?;
        match folder.certificate(&https.domain) {
            Ok(Some(certificate)) if is_for_all(&certificate, &https.domain) => {
                store.replace(certificate);
            }
            Ok(Some(_)) => info!("the certificate that is kept is for other names"),
            Ok(None) => {}
            Err(error) => warn!(%error, "cannot use the certificate that is kept"),
        }
        Ok(Self {
            authority: Authority {
                directory: https.acme_directory.clone(),
                root: https.acme_root.clone(),
                email: https.acme_email.clone(),
            },
            domains: https.domain.clone(),
            folder,
            retry: config.timing.acme_retry,
            pause: config.timing.acme_pause,
            unkept: Mutex::default(),
            advice: tokio::sync::Mutex::default(),
        })
    }

    /// What says that the folder is taken.
    pub(crate) fn lock(&self) -> &StateLock {
        self.folder.lock()
    }

    /// Keeps the certificate in the store fresh, for ever; `reload` is somebody who has mended
    /// what was in the way.
    pub(crate) async fn keep(self, store: &Arc<CertificateStore>, reload: &Notify) {
        let mut failures = 0;
        let mut open = None;
        let mut not_before = Instant::now();
        let jitter = random_share();
        loop {
            self.until_due(store, not_before, jitter, reload, failures > 0)
                .await;
            let ways = schedule::ways(failures);
            match self.fetch(store, ways, &mut open).await {
                Ok(certificate) => {
                    failures = 0;
                    // Whatever the clock says: not again at once.
                    not_before = Instant::now() + self.pause;
                    self.take(store, certificate);
                }
                Err(failure) => {
                    failures += 1;
                    let pause = schedule::pause(failures, self.retry, &failure, random_share());
                    not_before = Instant::now() + pause;
                    self.tell(store, &failure, pause);
                }
            }
        }
    }

    /// Until there is a reason to ask for a certificate, and it may be asked for.
    async fn until_due(
        &self,
        store: &CertificateStore,
        not_before: Instant,
        jitter: f64,
        reload: &Notify,
        has_failed: bool,
    ) {
        loop {
            let (mut due, mut look) = (Duration::ZERO, LOOK_EVERY);
            if let Some(certificate) = store.current() {
                let mut advice = self.advice.lock().await;
                if !advice
                    .as_ref()
                    .is_some_and(|known| known.is_fresh(&certificate))
                {
                    *advice = Advice::ask(&self.authority, &self.folder, &certificate).await;
                }
                let validity = Validity {
                    from: certificate.from,
                    until: certificate.until,
                };
                let window = advice.as_ref().and_then(|known| known.window);
                let at = schedule::renew_at(validity, window, jitter);
                due = at.duration_since(SystemTime::now()).unwrap_or_default();
                look = advice.as_ref().map_or(look, |known| known.left().min(look));
            }
            if due.is_zero() && not_before <= Instant::now() {
                return;
            }
            let wake = async {
                sleep_until(not_before).await;
                sleep(due.min(look)).await;
            };
            tokio::select! {
                () = wake => self.keep_unkept(),
                () = reload.notified() => {
                    self.keep_unkept();
                    if has_failed {
                        return;
                    }
                    info!("the certificate is fresh, and is renewed by itself");
                }
            }
        }
    }

    /// A new certificate, for which the names are proved in the first of these ways that works.
    async fn fetch(
        &self,
        store: &CertificateStore,
        ways: &[ChallengeType],
        open: &mut Option<OpenOrder>,
    ) -> Result<Certificate, Failure> {
        let mut failed: Option<Failure> = None;
        for way in ways {
            let one = self.fetch_by(store, way, open);
            match timeout(ORDER, one).await {
                Ok(Ok(certificate)) => return Ok(certificate),
                // Another way leads to the same place.
                Ok(Err(failure @ (Failure::Unreachable(_) | Failure::Clock(_)))) => {
                    return Err(failure);
                }
                Ok(Err(failure)) => {
                    failed = Some(match failed {
                        Some(before) => before.and(failure),
                        None => failure,
                    });
                }
                Err(_) => return Err(Failure::Unreachable("no answer in time".to_owned())),
            }
        }
        Err(failed.unwrap_or_else(|| Failure::Unreachable("no way was tried".to_owned())))
    }

    async fn fetch_by(
        &self,
        store: &CertificateStore,
        way: &ChallengeType,
        open: &mut Option<OpenOrder>,
    ) -> Result<Certificate, Failure> {
        let mut account = account::open(&self.authority, &self.folder).await?;
        let challenges = store.challenges();
        let advice = self.advice.lock().await;
        let replaced = advice.as_ref().and_then(Advice::replaced);
        drop(advice);
        let order = order::order(&account, &self.domains, way, challenges, replaced, open);
        let mut ordered = order.await;
        if let Err(Failure::NoAccount(_)) = ordered {
            // It has forgotten us, or this is another than it was.
            account = account::create(&self.authority, &self.folder).await?;
            ordered = order::order(&account, &self.domains, way, challenges, None, open).await;
        }
        let pem = ordered?;
        let certificate = folder::parse(pem.as_bytes())
            .map_err(|error| Failure::Refused(format!("its certificate is of no use: {error}")))?;
        if !is_for_all(&certificate, &self.domains) {
            let text = "its certificate is for other names".to_owned();
            return Err(Failure::Refused(text));
        }
        if let Err(error) = self.folder.keep_certificate(&self.domains, &pem) {
            warn!(%error, "cannot keep the certificate yet: it would have to be fetched again after a restart");
            *self.unkept() = Some(pem);
        }
        Ok(certificate)
    }

    /// Once there is room.
    fn keep_unkept(&self) {
        let mut unkept = self.unkept();
        let Some(pem) = &*unkept else {
            return;
        };
        match self.folder.keep_certificate(&self.domains, pem) {
            Ok(()) => {
                info!("the certificate is kept now");
                *unkept = None;
            }
            Err(error) => warn!(%error, "still cannot keep the certificate"),
        }
    }

    fn unkept(&self) -> MutexGuard<'_, Option<String>> {
        self.unkept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, store: &CertificateStore, certificate: Certificate) {
        let now = SystemTime::now();
        let days_left = certificate.days_left(now);
        if now < certificate.from || certificate.until < now {
            error!(
                days_left,
                "the new certificate does not count at this system's time: is its clock right?"
            );
        } else {
            info!(days_left, "new connections get the new certificate");
        }
        store.replace(certificate);
    }

    fn tell(&self, store: &CertificateStore, failure: &Failure, pause: Duration) {
        let again_in_seconds = pause.as_secs();
        let hint = failure.hint();
        let days_left = store
            .current()
            .map(|certificate| certificate.days_left(SystemTime::now()));
        match days_left {
            Some(days_left) if days_left >= SERIOUS_DAYS => {
                warn!(%failure, days_left, again_in_seconds, "no new certificate yet; {hint}");
            }
            Some(days_left) => error!(
                %failure, days_left, again_in_seconds,
                "no new certificate, and that of now ends soon; {hint}"
            ),
            None => error!(%failure, again_in_seconds, "no certificate, so no https; {hint}"),
        }
    }
}

fn is_for_all(certificate: &Certificate, domains: &[Domain]) -> bool {
    domains
        .iter()
        .all(|domain| certificate.is_for(domain.as_str()))
}

/// Between 0 and 1. Without randomness there is no jitter, which is no reason for no certificate.
fn random_share() -> f64 {
    random::bytes::<4>().map_or(0.0, |bytes| {
        f64::from(u32::from_ne_bytes(bytes)) / f64::from(u32::MAX)
    })
}
