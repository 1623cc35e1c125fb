//! Who this page is: the owner of a key that never leaves the browser.
//!
//! The key is in the browser's database, so that every tab of this origin is the same
//! person, and so is the page when it comes back.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;
use wimpex_identity::{Challenge, PublicKey, Signature, login_message};
use wimpex_protocol::UserId;

use crate::browser::indexed_db::Database;
use crate::browser::web_crypto::{self, KeyPair};
use crate::browser::{BrowserError, location};

pub(super) const STORE: &str = "identity";
/// All that is in the database: the key, contacts and past calls.
pub(super) const STORES: [&str; 3] = [STORE, "contacts", "calls"];
/// The one entry.
const ME: &str = "me";
const KEYS: &str = "keys";
const USER_ID: &str = "userId";
const PUBLIC_KEY: &str = "publicKey";

/// Somebody who has a key.
#[derive(Debug)]
pub struct Identity {
    /// The id that is made of the key.
    pub user: UserId,
    /// The public key, as it goes over the wire.
    pub public: String,
    keys: KeyPair,
}

impl Identity {
    /// The one that this browser keeps.
    ///
    /// # Errors
    /// Where it can keep none.
    pub async fn kept() -> Result<Option<Self>, BrowserError> {
        let kept = database().await?.get(STORE, ME).await?;
        if kept.is_undefined() {
            return Ok(None);
        }
        Self::read(&kept).map(Some)
    }

    /// Makes one and keeps it. If another tab was faster, it is that one.
    ///
    /// # Errors
    /// Where the browser has no Ed25519, or can keep nothing.
    pub async fn make() -> Result<Self, BrowserError> {
        let keys = KeyPair::generate().await?;
        let public = PublicKey::from_bytes(keys.public().await?);
        let entry = Object::new();
        Reflect::set(&entry, &KEYS.into(), keys.js())?;
        // By WebCrypto, since each visitor would have to load another SHA-256.
        let user = PublicKey::id_of_hash(&web_crypto::sha256(&public.id_message()).await?);
        Reflect::set(&entry, &USER_ID.into(), &user.as_str().into())?;
        Reflect::set(&entry, &PUBLIC_KEY.into(), &public.encode().into())?;
        let kept = database().await?.put_first(STORE, ME, &entry).await?;
        Self::read(&kept)
    }

    fn read(entry: &JsValue) -> Result<Self, BrowserError> {
        let text = |name: &str| {
            let value = Reflect::get(entry, &name.into()).ok()?;
            value.as_string()
        };
        let user = text(USER_ID).and_then(|id| UserId::parse(id).ok());
        let (Some(user), Some(public)) = (user, text(PUBLIC_KEY)) else {
            return Err(BrowserError::named("DataError"));
        };
        let keys = KeyPair::from_js(Reflect::get(entry, &KEYS.into())?);
        Ok(Self { user, public, keys })
    }

    /// Signs the challenge of a server's `hello`; gives the signature as it goes over
    /// the wire.
    ///
    /// # Errors
    /// Where the server's challenge is none, or the key cannot be used.
    pub async fn sign_login(&self, challenge: &str) -> Result<String, BrowserError> {
        let challenge =
            Challenge::parse(challenge).map_err(|_| BrowserError::named("DataError"))?;
        let message = login_message(&location::origin(), &challenge, &self.user);
        let signature = self.sign(&message).await?;
        Ok(Signature::from_bytes(signature).encode())
    }

    /// Signs.
    ///
    /// # Errors
    /// Where the key cannot be used.
    pub async fn sign(&self, message: &[u8]) -> Result<[u8; 64], BrowserError> {
        self.keys.sign(message).await
    }
}

/// The one database of this page.
pub(super) async fn database() -> Result<Database, BrowserError> {
    Database::open("wimpex", 1, &STORES).await
}
