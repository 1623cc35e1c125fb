//! Whom the user deals with, as far as that is proved; who counts as known.

use wimpex_contacts::{Contact, KeySource};
use wimpex_identity::{VerifyError, is_key_id};
use wimpex_protocol::{CallId, Name, UserId};
use wimpex_verification::Assurance;

use crate::peer::Peer;

/// A message in somebody's name that failed verification, and that the user must know of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Alert {
    /// In whose name it came.
    pub peer: UserId,
    /// What is wrong with it.
    pub error: VerifyError,
}

/// How far the user can know whom they deal with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Trust {
    /// What the handshake of the present call has proved.
    pub assurance: Assurance,
    /// Whether both sides saw the same SAS, if they have compared it.
    pub compared: Option<bool>,
    /// What failed verification, until the user has read it.
    pub alert: Option<Alert>,
    /// The call that was stopped for such a reason.
    pub stopped: Option<CallId>,
    /// This browser keeps no key, so that the user is a guest.
    pub is_guest: bool,
    /// How the browser's database fares, which has the key.
    pub key_storage: KeyStorage,
    /// The key of earlier visits is gone, so that the user has another id.
    pub is_another: bool,
    /// This device's clock and the server's are so far apart that calls may not pass as
    /// fresh.
    pub is_clock_off: bool,
}

/// How the browser's database fares, in which the user's key is. While it is not open nobody
/// is logged in: the page waits, and never becomes somebody else meanwhile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum KeyStorage {
    /// As it should.
    #[default]
    Fine,
    /// It takes its time.
    Slow,
    /// It fails with the browser's error of that name.
    Failing(String),
}

/// Who a peer is, as far as this device can tell. A key proves that their id is theirs;
/// whose it is, only the user can say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    /// A contact whose key a link or a comparison vouches for, and what they call themselves where
    /// that is something else.
    Contact(Option<String>),
    /// A contact of whom the user knows the key only from a call or a file: it is the same as then.
    /// And what they call themselves.
    Added(Option<String>),
    /// A contact with whom the SAS differed when it was compared last.
    Mistrusted,
    /// Somebody whose link was opened here.
    Opened,
    /// Anybody: a guest, or the owner of a key that nobody here has ever heard of.
    Unknown,
}

impl Caller {
    /// From the caller's id, from what is known of it here, and from the name that the
    /// caller claims.
    pub fn of(user: &UserId, known: Option<&Peer>, claimed: Option<String>) -> Self {
        let Some(known) = known.filter(|_| is_key_id(user)) else {
            return Self::Unknown;
        };
        match &known.contact_name {
            Some(_) if known.mistrusted => Self::Mistrusted,
            Some(name) => {
                let claimed = claimed.filter(|claimed| claimed != name);
                if known.compared || known.by_link || known.opened {
                    Self::Contact(claimed)
                } else {
                    Self::Added(claimed)
                }
            }
            None if known.opened => Self::Opened,
            None => Self::Unknown,
        }
    }

    /// Whether the key is that of somebody whom the user means.
    pub fn is_known(&self) -> bool {
        match self {
            Self::Contact(_) | Self::Opened => true,
            Self::Added(_) | Self::Mistrusted | Self::Unknown => false,
        }
    }

    /// Whether they go by a name here that the user has given them. Any other is their own choice.
    pub fn is_named(&self) -> bool {
        match self {
            Self::Contact(_) | Self::Added(_) | Self::Mistrusted => true,
            Self::Opened | Self::Unknown => false,
        }
    }
}

/// What vouches for a new contact's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Introduction {
    /// Both have seen the same SAS in the call that has just ended.
    Compared,
    /// They have seen different ones.
    Different,
    /// The key is the one that a link names, which the user opened.
    Link,
    /// It is the key that called, or was called back; nothing more is known.
    Call,
}

impl Introduction {
    /// From what is known of them, and what came of comparing in the last call, which was with them.
    pub fn of(known: Option<&Peer>, compared: Option<bool>) -> Self {
        match compared {
            Some(true) => Self::Compared,
            Some(false) => Self::Different,
            None if known.is_some_and(|known| known.opened) => Self::Link,
            None => Self::Call,
        }
    }

    /// The contact that it makes; `opened`: their link was opened here too.
    pub fn contact(self, id: UserId, name: Name, opened: bool, added: u64) -> Contact {
        let source = if opened {
            KeySource::Link
        } else {
            KeySource::Call
        };
        Contact {
            is_compared: self == Self::Compared,
            is_mistrusted: self == Self::Different,
            ..Contact::new(id, name, source, added)
        }
    }
}

/// How the lock of a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lock {
    /// The handshake is going on.
    Checking,
    /// Nobody vouches for who it is.
    NotVerified,
    /// The key is the same as when the user added this contact, and nothing more is known of it.
    NotCompared,
    /// A key that is known here does, or the two have seen the same SAS.
    Verified,
    /// They have seen different ones.
    Different,
}

impl Lock {
    /// From what is proved, what the two have seen, and who it is. A key alone proves
    /// nothing: whoever stands between two can make one for each.
    pub fn of(assurance: Assurance, compared: Option<bool>, caller: &Caller) -> Self {
        match (assurance, compared) {
            (Assurance::Pending, _) => Self::Checking,
            (Assurance::Unverified, _) | (Assurance::SasOnly(_), None) => Self::NotVerified,
            (Assurance::KeyProved(_), None) => match caller {
                Caller::Contact(_) | Caller::Opened => Self::Verified,
                Caller::Added(_) => Self::NotCompared,
                Caller::Mistrusted | Caller::Unknown => Self::NotVerified,
            },
            (Assurance::SasOnly(_) | Assurance::KeyProved(_), Some(true)) => Self::Verified,
            (Assurance::SasOnly(_) | Assurance::KeyProved(_), Some(false)) => Self::Different,
        }
    }
}

#[cfg(test)]
mod tests {
    use wimpex_identity::Sas;

    use super::*;

    fn key() -> UserId {
        UserId::parse("w1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").unwrap()
    }

    #[test]
    fn lock_closes_for_a_known_key_or_a_compared_sas() {
        let sas = Sas::from_digest(&[0x42; 32]);
        let known = [Caller::Contact(None), Caller::Opened];
        let unknown = [Caller::Unknown, Caller::Mistrusted];
        let open = (Lock::NotVerified, Lock::NotVerified);
        // With somebody who is known here, and with anybody.
        for (assurance, compared, (of_known, of_unknown)) in [
            (Assurance::Unverified, None, open),
            // What was compared in a call without pictures was something else.
            (Assurance::Unverified, Some(true), open),
            (Assurance::Pending, None, (Lock::Checking, Lock::Checking)),
            (
                Assurance::Pending,
                Some(true),
                (Lock::Checking, Lock::Checking),
            ),
            (Assurance::SasOnly(sas), None, open),
            (
                Assurance::SasOnly(sas),
                Some(true),
                (Lock::Verified, Lock::Verified),
            ),
            (
                Assurance::SasOnly(sas),
                Some(false),
                (Lock::Different, Lock::Different),
            ),
            // Whoever stands between two can make a key for each.
            (
                Assurance::KeyProved(sas),
                None,
                (Lock::Verified, Lock::NotVerified),
            ),
            (
                Assurance::KeyProved(sas),
                Some(true),
                (Lock::Verified, Lock::Verified),
            ),
            (
                Assurance::KeyProved(sas),
                Some(false),
                (Lock::Different, Lock::Different),
            ),
        ] {
            for (callers, lock) in [(&known, of_known), (&unknown, of_unknown)] {
                for caller in callers {
                    assert_eq!(
                        Lock::of(assurance, compared, caller),
                        lock,
                        "{assurance:?} {compared:?} {caller:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_contact_is_verified_by_a_link_or_a_comparison() {
        let proved = Assurance::KeyProved(Sas::from_digest(&[0x42; 32]));
        let lock = |change: fn(&mut Peer)| {
            let mut contact = Peer {
                contact_name: Some("Bob".to_owned()),
                ..Peer::new(key())
            };
            change(&mut contact);
            let caller = Caller::of(&key(), Some(&contact), None);
            assert!(caller.is_named());
            assert_eq!(
                Lock::of(proved, Some(true), &caller),
                Lock::Verified,
                "compared just now"
            );
            Lock::of(proved, None, &caller)
        };
        assert_eq!(lock(|_| {}), Lock::NotCompared);
        assert_eq!(lock(|it| it.by_link = true), Lock::Verified);
        assert_eq!(lock(|it| it.opened = true), Lock::Verified);
        assert_eq!(lock(|it| it.compared = true), Lock::Verified);
        let differed = |it: &mut Peer| (it.compared, it.mistrusted) = (false, true);
        assert_eq!(lock(differed), Lock::NotVerified);
        assert!(!Caller::Unknown.is_named() && !Caller::Opened.is_named());
    }

    #[test]
    fn a_new_contact_is_no_more_than_what_vouches_for_them() {
        let met = |opened, compared| {
            let known = Peer {
                opened,
                ..Peer::new(key())
            };
            let met = Introduction::of(Some(&known), compared);
            let contact = met.contact(key(), Name::parse("Bob").unwrap(), opened, 7);
            let Contact {
                source,
                is_compared,
                is_mistrusted,
                ..
            } = contact;
            (met, source, is_compared, is_mistrusted)
        };
        let (call, link) = (KeySource::Call, KeySource::Link);
        assert_eq!(met(false, None), (Introduction::Call, call, false, false));
        assert_eq!(met(true, None), (Introduction::Link, link, false, false));
        let same = Introduction::Compared;
        assert_eq!(met(false, Some(true)), (same, call, true, false));
        assert_eq!(met(true, Some(true)), (same, link, true, false));
        let different = Introduction::Different;
        assert_eq!(met(true, Some(false)), (different, link, false, true));
        assert_eq!(Introduction::of(None, None), Introduction::Call);
    }

    #[test]
    fn only_who_has_a_key_is_known() {
        let guest = UserId::parse("guest-bob").unwrap();
        let known = |change: fn(&mut Peer)| {
            let mut contact = Peer::new(key());
            change(&mut contact);
            Some(contact)
        };
        let named = |name: &str| {
            let contact_name = Some(name.to_owned());
            Some(Peer {
                contact_name,
                by_link: true,
                ..Peer::new(key())
            })
        };
        let says = |name: &str| Some(name.to_owned());
        for (peer, known, claimed, caller) in [
            (key(), None, says("Bob"), Caller::Unknown),
            // Looked at, as who is called back is.
            (key(), known(|_| {}), says("Bob"), Caller::Unknown),
            (
                key(),
                known(|it| it.opened = true),
                says("Bob"),
                Caller::Opened,
            ),
            (
                key(),
                known(|it| {
                    it.contact_name = Some("Bob".to_owned());
                    it.mistrusted = true;
                }),
                says("Bob"),
                Caller::Mistrusted,
            ),
            (key(), named("Bob"), says("Bob"), Caller::Contact(None)),
            (key(), named("Bob"), None, Caller::Contact(None)),
            (
                key(),
                named("Bob"),
                says("Mallory"),
                Caller::Contact(says("Mallory")),
            ),
            // Whose id the server alone vouches for.
            (guest.clone(), named("Bob"), says("Bob"), Caller::Unknown),
            (
                guest,
                known(|it| it.opened = true),
                says("Bob"),
                Caller::Unknown,
            ),
        ] {
            let seen = Caller::of(&peer, known.as_ref(), claimed);
            assert_eq!(seen, caller, "{peer}");
        }
    }
}
