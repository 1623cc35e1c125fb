//! Time-limited credentials (draft-uberti-behave-turn-rest), the same as
//! coturn's with `use-auth-secret`: the user name is `expiry:user`, the
//! password is base64 of HMAC-SHA1 over it with a secret that whoever hands
//! them out and the relay share. So the relay needs no list of users.

use std::fmt;

use data_encoding::{BASE32_NOPAD, BASE64};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

/// The shared secret. Its text does not show up in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedSecret(String);

impl SharedSecret {
    /// Takes any text, as coturn's `static-auth-secret` does.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The user name for somebody, good until `expiry` in seconds since 1970,
    /// and the password for it.
    pub fn issue(&self, user: &str, expiry: u64) -> (String, String) {
        let username = format!("{expiry}:{user}");
        let password = self.password(&username);
        (username, password)
    }

    /// What stands for a user in user names of one day (counted from 1970): 80 bits
    /// in base32. STUN sends user names in clear text (RFC 8489, section 14.3), and
    /// nobody on the way should learn who somebody is, or that it is the same person
    /// tomorrow. All credentials of a user and a day have the same.
    pub fn pseudonym(&self, user: &str, day: u64) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).expect("HMAC takes any key");
        // So that no other use of the same secret gives the same.
        mac.update(b"wimpex: who a user is in TURN's credentials, version 1");
        mac.update(&day.to_be_bytes());
        mac.update(user.as_bytes());
        let bytes = mac.finalize().into_bytes();
        BASE32_NOPAD.encode(&bytes[..10]).to_ascii_lowercase()
    }

    /// The password for a user name, whatever that is.
    pub fn password(&self, username: &str) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(self.0.as_bytes()).expect("HMAC takes any key");
        mac.update(username.as_bytes());
        BASE64.encode(&mac.finalize().into_bytes())
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSecret(…)")
    }
}

/// A user name taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim<'a> {
    /// In seconds since 1970: from here on it counts no more.
    pub(crate) expiry: u64,
    /// Whose it is. All credentials of one user share the user's quota.
    pub(crate) user: &'a str,
}

impl<'a> Claim<'a> {
    /// None if the name does not begin with a time.
    pub(crate) fn parse(username: &'a str) -> Option<Self> {
        let (expiry, user) = username.split_once(':').unwrap_or((username, ""));
        Some(Self {
            // A sign would parse too.
            expiry: expiry
                .bytes()
                .all(|byte| byte.is_ascii_digit())
                .then(|| expiry.parse().ok())??,
            user,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_what_coturn_computes() {
        let secret = SharedSecret::new("north");
        let (username, password) = secret.issue("guest-alice", 1_700_000_600);
        assert_eq!(username, "1700000600:guest-alice");
        // printf 1700000600:guest-alice | openssl dgst -sha1 -hmac north -binary | base64
        assert_eq!(password, "33Sm3wFQtk1LKtV6L64YCGts+tg=");
        assert!(!format!("{secret:?}").contains("north"));
    }

    #[test]
    fn a_user_name_is_taken_apart() {
        let claim = Claim::parse("17:guest:a").unwrap();
        assert_eq!((claim.expiry, claim.user), (17, "guest:a"));
        assert_eq!(Claim::parse("17").unwrap().user, "");
        for wrong in [
            "",
            ":",
            "alice",
            "alice:17",
            "+17:a",
            "-1:a",
            "99999999999999999999:a",
        ] {
            assert_eq!(Claim::parse(wrong), None, "{wrong}");
        }
    }
}
