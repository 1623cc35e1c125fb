//! Who we are to the certificate authority.

use std::path::PathBuf;

use instant_acme::{Account, AccountBuilder, NewAccount};
use tracing::{info, warn};

use super::folder::Folder;
use super::order::Failure;

/// Whom to ask, and as whom.
pub(super) struct Authority {
    pub(super) directory: String,
    /// Who vouches for it, if not one of those that the system trusts.
    pub(super) root: Option<PathBuf>,
    pub(super) email: Option<String>,
}

/// The account that is kept, or a new one.
pub(super) async fn open(authority: &Authority, folder: &Folder) -> Result<Account, Failure> {
    match folder.account() {
        Ok(Some(credentials)) => Ok(builder(authority)?.from_credentials(credentials).await?),
        Ok(None) => create(authority, folder).await,
        Err(error) => {
            warn!(%error, "cannot use the account that is kept; a new one is made");
            create(authority, folder).await
        }
    }
}

/// The account that is kept, for a question that is not worth a new one.
pub(super) async fn kept(authority: &Authority, folder: &Folder) -> Option<Account> {
    let credentials = folder.account().ok().flatten()?;
    builder(authority)
        .ok()?
        .from_credentials(credentials)
        .await
        .ok()
}

/// A new account, which is kept.
pub(super) async fn create(authority: &Authority, folder: &Folder) -> Result<Account, Failure> {
    let contact = authority
        .email
        .as_ref()
        .map(|email| format!("mailto:{email}"));
    let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
    let account = NewAccount {
        contact: &contact,
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let (account, credentials) = builder(authority)?
        .create(&account, authority.directory.clone(), None)
        .await?;
    info!(
        directory = authority.directory,
        "made an account for certificates"
    );
    if let Err(error) = folder.keep_account(&credentials) {
        warn!(%error, "cannot keep the account: another one is made after a restart");
    }
    Ok(account)
}

fn builder(authority: &Authority) -> Result<AccountBuilder, Failure> {
    Ok(match &authority.root {
        Some(root) => Account::builder_with_root(root)?,
        None => Account::builder()?,
    })
}
