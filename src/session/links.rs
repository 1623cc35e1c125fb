//! Makes links that end: the browser's key signs them.

use wimpex_identity::{CallLink, LinkId, LinkTerms, Signature};
use wimpex_sansio::UnixTime;

use super::identity::Identity;
use crate::browser::{BrowserError, random};

/// Signs a new link, which ends then and is for so many calls; `uses` 0 is for any number.
///
/// # Errors
/// `InvalidStateError` where there is no key: a guest is a tab, and has no links. Whatever the
/// browser says.
pub async fn make(ends: Option<UnixTime>, uses: u8) -> Result<CallLink, BrowserError> {
    let me = Identity::kept().await?;
    let me = me.ok_or_else(|| BrowserError::named("InvalidStateError"))?;
    let terms = LinkTerms::new(LinkId::from_bytes(random::bytes()?), ends, uses);
    let signature = me.sign(&terms.message(&me.user)).await?;
    Ok(CallLink::new(terms, Signature::from_bytes(signature)))
}
