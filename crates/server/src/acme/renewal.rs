//! When the authority would like a certificate to be renewed: ACME Renewal Information (RFC 9773). It
//! says so earlier than anybody would ask, if it has to take certificates back.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use instant_acme::CertificateIdentifier;
use tokio::time::{Instant, timeout};
use tracing::{debug, info};

use super::account::{self, Authority};
use super::folder::Folder;
use super::schedule::Window;
use crate::tls::Certificate;

/// For one answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// After no answer, or one of an authority that has nothing to say (RFC 9773, section 4.3.3).
const AFTER_NOTHING: Duration = Duration::from_secs(6 * 60 * 60);
/// Between two questions (section 4.3.2), whatever it says.
const OFTEN: Duration = Duration::from_secs(60);
const SELDOM: Duration = Duration::from_secs(24 * 60 * 60);

/// What it says of one certificate.
pub(super) struct Advice {
    of: CertificateIdentifier<'static>,
    /// When to renew, if it says so.
    pub(super) window: Option<Window>,
    again: Instant,
}

impl Advice {
    /// Asks for it; by the account that there is, for none is made for that.
    pub(super) async fn ask(
        authority: &Authority,
        folder: &Folder,
        certificate: &Certificate,
    ) -> Option<Self> {
        let of = id(certificate)?;
        let asked = async {
            let account = account::kept(authority, folder).await?;
            Some(account.renewal_info(&of).await)
        };
        let answer = timeout(PATIENCE, asked).await.ok().flatten();
        let (window, again) = match answer {
            Some(Ok((said, again))) => {
                let suggested = said.suggested_window;
                let window = Window {
                    start: at(suggested.start.unix_timestamp()),
                    end: at(suggested.end.unix_timestamp()),
                };
                if let Some(explanation) = said.explanation_url {
                    let explanation: String = explanation.escape_debug().take(200).collect();
                    info!(
                        explanation,
                        "the authority says why it would like a renewal"
                    );
                }
                (Some(window), again.clamp(OFTEN, SELDOM))
            }
            Some(Err(error)) => {
                debug!(%error, "the authority does not say when to renew");
                (None, AFTER_NOTHING)
            }
            None => (None, AFTER_NOTHING),
        };
        let again = Instant::now() + again;
        Some(Self { of, window, again })
    }

    /// Whether it is of this certificate, and need not be asked for again yet.
    pub(super) fn is_fresh(&self, certificate: &Certificate) -> bool {
        Instant::now() < self.again && id(certificate).as_ref() == Some(&self.of)
    }

    /// How long it is fresh still.
    pub(super) fn left(&self) -> Duration {
        self.again.saturating_duration_since(Instant::now())
    }

    /// The certificate that an order replaces, if the authority wants to know (section 5).
    pub(super) fn replaced(&self) -> Option<CertificateIdentifier<'static>> {
        self.window.as_ref().map(|_| self.of.clone())
    }
}

/// Seconds since 1970; what is before has passed as well.
fn at(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}

/// `None` for one that says no issuer, which is nobody's to renew.
fn id(certificate: &Certificate) -> Option<CertificateIdentifier<'static>> {
    let first = certificate.certified.cert.first()?;
    let id = CertificateIdentifier::try_from(first).ok()?;
    Some(id.into_owned())
}
