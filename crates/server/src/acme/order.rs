//! One order, from the names to the certificate (RFC 8555, section 7.4).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use instant_acme::{
    Account, AuthorizationStatus, CertificateIdentifier, ChallengeStatus, ChallengeType, Error,
    Identifier, NewOrder, Order, OrderStatus, Problem, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;

use crate::config::Domain;
use crate::tls::Challenges;

/// What others write into the log is not written at any length.
const QUOTED_CHARS: usize = 300;
/// For the authority to look at us, and to make up its mind.
const PATIENCE: RetryPolicy = RetryPolicy::new().timeout(Duration::from_secs(60));

/// Why there is no certificate.
#[derive(Debug)]
pub(super) enum Failure {
    /// The authority is not there, or answers badly.
    Unreachable(String),
    /// What vouches for it does not count at this system's time.
    Clock(String),
    /// It is there and does not want to.
    Refused(String),
    /// It does not know our account.
    NoAccount(String),
}

/// An order that has not ended, and the key that its certificate is for. Where the network was lost in
/// the middle, it goes on: another order would count against the limits of the authority, and so would
/// the certificate that this one may have brought already (Let's Encrypt: five a week for the same
/// names).
pub(super) struct OpenOrder {
    url: String,
    key: KeyPair,
}

/// Key and certificates as PEM, for names that are proved in this way; in place of a certificate that the
/// authority is told of. Goes on with the order that is open, if there is one, and leaves it open where
/// the authority was lost on the way.
pub(super) async fn order(
    account: &Account,
    domains: &[Domain],
    way: &ChallengeType,
    challenges: &Challenges,
    replaced: Option<CertificateIdentifier<'static>>,
    open: &mut Option<OpenOrder>,
) -> Result<String, Failure> {
    let ended = async {
        let mut order = begin_or_go_on(account, domains, replaced, open).await?;
        if order.state().status == OrderStatus::Pending {
            prove(&mut order, way, challenges).await?;
            match order.poll_ready(&PATIENCE).await {
                Ok(OrderStatus::Invalid) | Err(Error::Api(_)) => {
                    return Err(why_invalid(&mut order, way).await);
                }
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let lost = || Failure::Refused("the order is lost".to_owned());
        let key = &open.as_ref().ok_or_else(lost)?.key;
        if order.state().status == OrderStatus::Ready {
            order.finalize_csr(&request(domains, key)?).await?;
        }
        let chain = order.poll_certificate(&PATIENCE).await?;
        Ok(format!("{}\n{chain}", key.serialize_pem().trim_end()))
    };
    let ended = ended.await;
    // Until then the authority may look for the proofs, also if we do not hear of it.
    if !matches!(&ended, Err(Failure::Unreachable(_) | Failure::Clock(_))) {
        challenges.clear();
        *open = None;
    }
    ended
}

async fn begin_or_go_on(
    account: &Account,
    domains: &[Domain],
    replaced: Option<CertificateIdentifier<'static>>,
    open: &mut Option<OpenOrder>,
) -> Result<Order, Failure> {
    if let Some(known) = open {
        match account.order(known.url.clone()).await {
            Ok(mut order) => {
                if order.state().status != OrderStatus::Invalid {
                    return Ok(order);
                }
            }
            Err(error) => match error.into() {
                // It is forgotten.
                Failure::Refused(_) => {}
                failure => return Err(failure),
            },
        }
    }
    let identifiers: Vec<Identifier> = domains
        .iter()
        .map(|domain| Identifier::Dns(domain.to_string()))
        .collect();
    let plain = || NewOrder::new(&identifiers);
    let key = KeyPair::generate().map_err(|error| cannot_make("a key", &error))?;
    let order = match replaced {
        // Without, if it is not taken: it may have been replaced before.
        Some(replaced) => match account.new_order(&plain().replaces(replaced)).await {
            Ok(order) => order,
            Err(_) => account.new_order(&plain()).await?,
        },
        None => account.new_order(&plain()).await?,
    };
    *open = Some(OpenOrder {
        url: order.url().to_owned(),
        key,
    });
    Ok(order)
}

/// What the authority is asked to sign (RFC 8555, section 7.4).
fn request(domains: &[Domain], key: &KeyPair) -> Result<Vec<u8>, Failure> {
    let made = || {
        let names: Vec<String> = domains.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = DistinguishedName::new();
        params.serialize_request(key)
    };
    let request = made().map_err(|error| cannot_make("a request", &error))?;
    Ok(request.der().to_vec())
}

fn cannot_make(what: &str, error: &dyn fmt::Display) -> Failure {
    Failure::Refused(format!("cannot make {what}: {error}"))
}

async fn prove(
    order: &mut Order,
    way: &ChallengeType,
    challenges: &Challenges,
) -> Result<(), Failure> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        match authorization.status {
            AuthorizationStatus::Valid => continue,
            AuthorizationStatus::Pending => {}
            ref other => return Err(Failure::Refused(format!("an authorization is {other:?}"))),
        }
        let Some(mut challenge) = authorization.challenge(way.clone()) else {
            let text = format!("it does not look for proof by {}", name(way));
            return Err(Failure::Refused(text));
        };
        let domain = challenge.identifier().to_string();
        let answer = challenge.key_authorization();
        match way {
            ChallengeType::TlsAlpn01 => {
                let certified = proof(&domain, answer.digest().as_ref())?;
                challenges.answer_tls(domain, Arc::new(certified));
            }
            _ => challenges.answer_http(challenge.token.clone(), answer.as_str().to_owned()),
        }
        // Where an order goes on, the authority may be looking already.
        if challenge.status == ChallengeStatus::Pending {
            challenge.set_ready().await?;
        }
    }
    Ok(())
}

/// The certificate that is shown to who looks whether a name is ours (RFC 8737, section 3).
fn proof(domain: &str, digest: &[u8]) -> Result<CertifiedKey, Failure> {
    let made = || {
        let mut params = CertificateParams::new(vec![domain.to_owned()])?;
        params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
        let key = KeyPair::generate()?;
        Ok((params.self_signed(&key)?, key))
    };
    let (certificate, key) =
        made().map_err(|error: rcgen::Error| cannot_make("a proof", &error))?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let chain = vec![certificate.der().clone()];
    let key = ring::default_provider().key_provider.load_private_key(key);
    // Not checked as others are: what this certificate says (a critical extension) is
    // said to nobody else.
    key.map(|key| CertifiedKey::new(chain, key))
        .map_err(|error| cannot_make("a proof", &error))
}

/// What the authority has found when it looked; it is said in the challenges.
async fn why_invalid(order: &mut Order, way: &ChallengeType) -> Failure {
    let mut found = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        let Ok(state) = authorization.refresh().await else {
            continue;
        };
        let errors = state
            .challenges
            .iter()
            .filter_map(|challenge| challenge.error.as_ref());
        found.extend(errors.map(text_of));
    }
    let found = if found.is_empty() {
        "it does not say why".to_owned()
    } else {
        found.join("; ")
    };
    Failure::Refused(format!("by {}: {found}", name(way)))
}

fn name(way: &ChallengeType) -> &'static str {
    match way {
        ChallengeType::TlsAlpn01 => "tls-alpn-01",
        ChallengeType::Http01 => "http-01",
        _ => "another way",
    }
}

fn text_of(problem: &Problem) -> String {
    let detail = problem.detail.clone().or_else(|| problem.r#type.clone());
    let detail = detail.unwrap_or_else(|| "no reason given".to_owned());
    detail.escape_debug().take(QUOTED_CHARS).collect()
}

impl Failure {
    /// Both have happened.
    pub(super) fn and(self, later: Self) -> Self {
        match (self, later) {
            (Self::Refused(first), Self::Refused(second)) => {
                Self::Refused(format!("{first}; {second}"))
            }
            (_, later) => later,
        }
    }

    /// What the host can do.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "is there a way from here to --acme-directory?",
            Self::Clock(_) => "is the clock of this system right?",
            Self::Refused(_) => {
                "the names must lead to this server, with its ports 443 or 80 reachable from outside"
            }
            Self::NoAccount(_) => "the account was not accepted",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock(text) | Self::Unreachable(text) => {
                write!(f, "the authority cannot be reached: {text}")
            }
            Self::Refused(text) => write!(f, "the authority refuses: {text}"),
            Self::NoAccount(text) => write!(f, "the authority does not know us: {text}"),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Api(problem) => {
                let text = text_of(&problem);
                let is = |kind: &str| {
                    let r#type = problem.r#type.as_deref();
                    r#type.is_some_and(|r#type| r#type.ends_with(kind))
                };
                if is(":accountDoesNotExist") {
                    Self::NoAccount(text)
                } else if problem.status.is_some_and(|status| status >= 500) || is(":badNonce") {
                    Self::Unreachable(text)
                } else {
                    Self::Refused(text)
                }
            }
            other => {
                let mut text = other.to_string();
                let mut source = std::error::Error::source(&other);
                while let Some(error) = source {
                    text = format!("{text}: {error}");
                    source = error.source();
                }
                // As rustls says it; the errors between are others' and hide theirs.
                let is_of_time = [
                    "certificate expired",
                    "not valid yet",
                    "Expired",
                    "NotValidYet",
                ]
                .iter()
                .any(|words| text.contains(words));
                let text = text.escape_debug().take(QUOTED_CHARS).collect();
                if is_of_time {
                    Self::Clock(text)
                } else {
                    Self::Unreachable(text)
                }
            }
        }
    }
}
