//! Links that end: signed by their owner, checked by the owner's page.
//!
//! Beside the lasting link a person can give out others, each with an end and a number of calls.
//! Who has one calls with a proof of it, made for this one call, so that neither the server nor
//! anybody else to whom the offer comes learns the link. The bytes are in `docs/protocol.md`.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use wimpex_protocol::{CallId, Sec, UserId};
use wimpex_sansio::UnixTime;

use crate::key::{PublicKey, Signature, SignatureClaim};
use crate::text::{self, Malformed};

const DOMAIN: &[u8] = b"wimpex-link-v1";
const PROOF_DOMAIN: &[u8] = b"wimpex-link-proof-v1";
const VERSION: u8 = 1;
const MINUTE: u64 = 60_000;
const TERMS_BYTES: usize = 13;
const LINK_BYTES: usize = 1 + TERMS_BYTES + 64;
const PROOF_BYTES: usize = 8 + 32;

/// Which of its owner's links it is: eight random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId([u8; 8]);

impl LinkId {
    /// Takes eight random bytes.
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// As text: 11 characters of base64url.
    pub fn encode(&self) -> String {
        text::base64url(&self.0)
    }
}

/// What a link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkTerms {
    /// Which link.
    pub id: LinkId,
    /// When it ends, in minutes since 1970; 0: it does not.
    pub end_minute: u32,
    /// For so many calls that were answered; 0: any number.
    pub uses: u8,
}

impl LinkTerms {
    /// Terms that end then, rounded up to a minute; `None`: never.
    pub fn new(id: LinkId, ends: Option<UnixTime>, uses: u8) -> Self {
        let minute = |ends: UnixTime| ends.as_millis().div_ceil(MINUTE);
        Self {
            id,
            end_minute: ends.map_or(0, |ends| u32::try_from(minute(ends)).unwrap_or(u32::MAX)),
            uses,
        }
    }

    /// When it ends; `None`: never.
    pub fn ends(&self) -> Option<UnixTime> {
        let minute = u64::from(self.end_minute);
        (minute != 0).then(|| UnixTime::from_millis(minute * MINUTE))
    }

    /// What its owner signs (Ed25519): "wimpex-link-v1" ‖ the terms ‖ the owner's id.
    pub fn message(&self, owner: &UserId) -> Vec<u8> {
        [DOMAIN, &self.bytes(), owner.as_str().as_bytes()].concat()
    }

    fn bytes(&self) -> [u8; TERMS_BYTES] {
        let mut bytes = [0; TERMS_BYTES];
        bytes[..8].copy_from_slice(&self.id.0);
        bytes[8..12].copy_from_slice(&self.end_minute.to_be_bytes());
        bytes[12] = self.uses;
        bytes
    }
}

/// A link that ends, as it is given to somebody. Whoever has it may use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallLink {
    /// What it is good for.
    pub terms: LinkTerms,
    signature: Signature,
}

impl CallLink {
    /// From its owner's signature of [`LinkTerms::message`].
    pub const fn new(terms: LinkTerms, signature: Signature) -> Self {
        Self { terms, signature }
    }

    /// As it stands in a link: 104 characters of base64url.
    pub fn encode(&self) -> String {
        let terms = self.terms.bytes();
        text::base64url(&[&[VERSION], &terms[..], self.signature.as_bytes()].concat())
    }

    /// Reads what [`CallLink::encode`] wrote.
    ///
    /// # Errors
    /// [`Malformed`] if it is something else, or of a later version.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let bytes = text::read_exactly::<LINK_BYTES>(text)?;
        let (version, rest) = bytes.split_at(1);
        let (id, rest) = rest.split_at(8);
        let (end, rest) = rest.split_at(4);
        let (uses, signature) = rest.split_at(1);
        let array = |slice: &[u8]| slice.try_into().map_err(|_| Malformed);
        if version != [VERSION] {
            return Err(Malformed);
        }
        Ok(Self {
            terms: LinkTerms {
                id: LinkId(id.try_into().map_err(|_| Malformed)?),
                end_minute: u32::from_be_bytes(array(end)?),
                uses: uses[0],
            },
            signature: Signature::from_bytes(signature.try_into().map_err(|_| Malformed)?),
        })
    }

    /// That its owner has signed it: to be checked by who has the owner's key.
    pub fn claim(&self, key: PublicKey, owner: &UserId) -> SignatureClaim {
        SignatureClaim {
            key,
            message: self.terms.message(owner),
            signature: self.signature,
        }
    }

    /// Proves in one call's offer that its caller has this link: the id, and HMAC-SHA-256 under the
    /// owner's signature.
    pub fn proof(&self, call: &CallId, caller: &UserId, owner: &UserId) -> Sec {
        let mac = self.mac(call, caller, owner).finalize().into_bytes();
        Sec::new(text::base64url(&[&self.terms.id.0[..], &mac].concat()))
    }

    fn mac(&self, call: &CallId, caller: &UserId, owner: &UserId) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.signature.as_bytes())
            .expect("HMAC takes a key of any length");
        mac.update(PROOF_DOMAIN);
        for text in [call.as_str(), caller.as_str(), owner.as_str()] {
            // Ids are far shorter than that.
            mac.update(&u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
            mac.update(text.as_bytes());
        }
        mac
    }
}

/// A link that this browser has given out, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IssuedLink {
    /// The link.
    pub link: CallLink,
    /// So many calls that came by it were answered.
    pub used: u32,
    /// The last of them: another tab, which hears of it later, must not refuse it.
    pub used_by: Option<CallId>,
    /// Its owner has taken it back.
    pub is_revoked: bool,
}

/// Whether a link still opens the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkState {
    /// It does.
    Open,
    /// Its time is over.
    Expired,
    /// As many calls as it was for have been answered.
    UsedUp,
    /// Its owner has taken it back.
    Revoked,
}

/// What the proof of a link in an offer comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkCheck {
    /// It proves that the caller has this link.
    Proved(LinkId, LinkState),
    /// It proves nothing: it was forged, or is of a link that this browser does not know.
    Unknown,
}

impl IssuedLink {
    /// How it stands.
    pub fn state(&self, wall: UnixTime) -> LinkState {
        let terms = self.link.terms;
        if self.is_revoked {
            LinkState::Revoked
        } else if terms.ends().is_some_and(|ends| ends <= wall) {
            LinkState::Expired
        } else if terms.uses != 0 && self.used >= u32::from(terms.uses) {
            LinkState::UsedUp
        } else {
            LinkState::Open
        }
    }
}

/// Checks the proof in an offer against the links that its callee has given out.
pub fn check_link(
    issued: &[IssuedLink],
    proof: &Sec,
    call: &CallId,
    caller: &UserId,
    owner: &UserId,
    wall: UnixTime,
) -> LinkCheck {
    let Ok(bytes) = text::read_exactly::<PROOF_BYTES>(proof.as_str()) else {
        return LinkCheck::Unknown;
    };
    let (id, mac) = bytes.split_at(8);
    let known = issued.iter().find(|it| it.link.terms.id.0 == id);
    // `verify_slice` compares in constant time.
    let proved = known.filter(|it| it.link.mac(call, caller, owner).verify_slice(mac).is_ok());
    proved.map_or(LinkCheck::Unknown, |it| {
        let state = if it.used_by.as_ref() == Some(call) {
            LinkState::Open
        } else {
            it.state(wall)
        };
        LinkCheck::Proved(it.link.terms.id, state)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    const NOW: UnixTime = UnixTime::from_millis(1_701_234_567_890);

    fn owner() -> (SigningKey, PublicKey) {
        let key = SigningKey::from_bytes(&[7; 32]);
        let public = PublicKey::from_bytes(key.verifying_key().to_bytes());
        (key, public)
    }

    fn link(ends: Option<UnixTime>, uses: u8) -> CallLink {
        let (key, public) = owner();
        let terms = LinkTerms::new(LinkId::from_bytes([1, 2, 3, 4, 5, 6, 7, 8]), ends, uses);
        let signature = key.sign(&terms.message(&public.user_id()));
        CallLink::new(terms, Signature::from_bytes(signature.to_bytes()))
    }

    fn issued(link: CallLink) -> IssuedLink {
        IssuedLink {
            link,
            used: 0,
            used_by: None,
            is_revoked: false,
        }
    }

    fn user(id: &str) -> UserId {
        UserId::parse(id).unwrap()
    }

    fn call(id: &str) -> CallId {
        CallId::parse(id).unwrap()
    }

    /// Also the vector of docs/protocol.md.
    #[test]
    fn a_link_is_read_as_it_was_written_and_is_its_owners() {
        let (_, public) = owner();
        let given = link(Some(NOW), 3);
        let text = given.encode();
        assert_eq!(text.len(), 104);
        assert_eq!(CallLink::parse(&text), Ok(given));
        assert!(given.claim(public, &public.user_id()).verify());
        // Neither for somebody else, nor with other terms.
        assert!(!given.claim(public, &user("guest-eve")).verify());
        let mut longer = given;
        longer.terms.end_minute += 1;
        assert!(!longer.claim(public, &public.user_id()).verify());
        // Minutes are whole: no sooner than was said.
        assert!(given.terms.ends().unwrap() >= NOW);
        for wrong in [
            "",
            "AQ",
            &text[1..],
            &format!("{text}A"),
            &text.replacen('A', "B", 1),
        ] {
            assert!(CallLink::parse(wrong).is_err(), "{wrong}");
        }
        let proof = given.proof(&call("call_1"), &user("guest-bob"), &public.user_id());
        assert_eq!(
            (text.as_str(), proof.as_str()),
            (
                "AQECAwQFBgcIAbCldgPhW9p3d4XaUdd3zCHHRTnb95wQIg7jpnLg3NGiA5Y16873zBZTOZZtEhg0adWrzxpmWzjgavO3FkToY73EFDAN",
                "AQIDBAUGBwhg9y3ld87YT8v9A4YQHngfNpNO-2MogujhwNdwV1GXHg"
            )
        );
    }

    #[test]
    fn a_proof_is_good_for_one_call_of_one_caller() {
        let (_, public) = owner();
        let me = public.user_id();
        let (bob, eve) = (user("guest-bob"), user("guest-eve"));
        let links = [issued(link(None, 0))];
        let id = links[0].link.terms.id;
        let proof = links[0].link.proof(&call("call_1"), &bob, &me);
        let check =
            |proof: &Sec, of: &str, by: &UserId| check_link(&links, proof, &call(of), by, &me, NOW);
        let open = LinkCheck::Proved(id, LinkState::Open);
        assert_eq!(check(&proof, "call_1", &bob), open);
        // What a server has seen opens nothing for anybody else, nor another time.
        assert_eq!(check(&proof, "call_1", &eve), LinkCheck::Unknown);
        assert_eq!(check(&proof, "call_2", &bob), LinkCheck::Unknown);
        let none = check_link(&[], &proof, &call("call_1"), &bob, &me, NOW);
        assert_eq!(none, LinkCheck::Unknown);
        // No bit of it may be another.
        for place in 0..proof.as_str().len() {
            let mut text = proof.as_str().as_bytes().to_vec();
            text[place] = if text[place] == b'A' { b'B' } else { b'A' };
            let forged = Sec::new(String::from_utf8(text).unwrap());
            assert_eq!(
                check(&forged, "call_1", &bob),
                LinkCheck::Unknown,
                "{place}"
            );
        }
        // Who only saw the terms cannot sign.
        let forged = CallLink::new(links[0].link.terms, Signature::from_bytes([9; 64]));
        let forged = forged.proof(&call("call_1"), &bob, &me);
        assert_eq!(check(&forged, "call_1", &bob), LinkCheck::Unknown);
    }

    #[test]
    fn the_call_that_used_a_link_up_is_not_refused_by_it() {
        let (_, public) = owner();
        let (me, bob) = (public.user_id(), user("guest-bob"));
        let mut given = issued(link(None, 1));
        (given.used, given.used_by) = (1, Some(call("call_1")));
        let state = |of: &str| {
            let proof = given.link.proof(&call(of), &bob, &me);
            check_link(
                std::slice::from_ref(&given),
                &proof,
                &call(of),
                &bob,
                &me,
                NOW,
            )
        };
        let id = given.link.terms.id;
        assert_eq!(state("call_1"), LinkCheck::Proved(id, LinkState::Open));
        assert_eq!(state("call_2"), LinkCheck::Proved(id, LinkState::UsedUp));
    }

    #[test]
    fn a_link_ends_by_time_by_use_and_by_its_owners_will() {
        let end = UnixTime::from_millis(28_353_910 * MINUTE);
        let mut given = issued(link(Some(end), 2));
        let before = UnixTime::from_millis(end.as_millis() - 1);
        assert_eq!(given.state(before), LinkState::Open);
        assert_eq!(given.state(end), LinkState::Expired);
        given.used = 1;
        assert_eq!(given.state(before), LinkState::Open);
        given.used = 2;
        assert_eq!(given.state(before), LinkState::UsedUp);
        given.is_revoked = true;
        assert_eq!(given.state(before), LinkState::Revoked);
        let lasting = IssuedLink {
            used: 1_000,
            ..issued(link(None, 0))
        };
        assert_eq!(
            lasting.state(UnixTime::from_millis(u64::MAX)),
            LinkState::Open
        );
    }
}
