//! A handshake that another page of the same device takes up: as a text, to be kept in the browser
//! for as long as the call takes.

use wimpex_protocol::{CallId, CallType, UserId};
use wimpex_sansio::UnixTime;

use super::super::CallContext;
use super::Agreed;
use crate::{Fingerprint, MessageHash, Sas};

impl Agreed {
    /// All that the handshake needs to go on. No secret is in it: who reads it learns whom the call
    /// is with, and can sign nothing.
    pub fn to_kept(&self) -> String {
        let call = &self.call;
        [
            call.id.to_string(),
            match call.call_type {
                CallType::Video => "video".to_owned(),
                CallType::Audio => "audio".to_owned(),
            },
            call.local.to_string(),
            call.peer.to_string(),
            hex(self.fingerprint.as_bytes()),
            hex(self.peer_fingerprint.as_bytes()),
            hex(&self.sas.numbers()),
            hex(self.confirm_hash.as_bytes()),
            self.last_sent.as_millis().to_string(),
            self.last_received.as_millis().to_string(),
        ]
        .join(" ")
    }

    /// The handshake that [`Agreed::to_kept`] has written; `None` if the text is none. It is as if
    /// DTLS had not shown yet which certificate it uses: another connection has to.
    pub fn from_kept(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let call = CallContext {
            id: CallId::parse(words.next()?).ok()?,
            call_type: match words.next()? {
                "video" => CallType::Video,
                "audio" => CallType::Audio,
                _ => return None,
            },
            local: UserId::parse(words.next()?).ok()?,
            peer: UserId::parse(words.next()?).ok()?,
        };
        let fingerprint = Fingerprint::from_bytes(bytes(words.next()?)?);
        let peer_fingerprint = Fingerprint::from_bytes(bytes(words.next()?)?);
        let sas = Sas::from_numbers(bytes(words.next()?)?)?;
        let confirm_hash = MessageHash::from_bytes(bytes(words.next()?)?);
        let mut time = || words.next()?.parse().ok().map(UnixTime::from_millis);
        let times = [time()?, time()?];
        words.next().is_none().then(|| {
            let fingerprints = [fingerprint, peer_fingerprint];
            Self::new(call, fingerprints, sas, confirm_hash, times)
        })
    }

    /// With whom, and which call.
    pub fn call(&self) -> &CallContext {
        &self.call
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let is_hex = text.len() == 2 * N && text.bytes().all(|it| it.is_ascii_hexdigit());
    if !is_hex {
        return None;
    }
    let mut bytes = [0; N];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreed() -> Agreed {
        Agreed::new(
            CallContext {
                id: CallId::parse("call_1").unwrap(),
                call_type: CallType::Audio,
                local: UserId::parse("guest-alice").unwrap(),
                peer: UserId::parse("guest-bob").unwrap(),
            },
            [1, 2].map(|byte| Fingerprint::from_bytes([byte; 32])),
            Sas::from_numbers([0, 1, 2, 3, 61, 62, 63]).unwrap(),
            MessageHash::from_bytes([0xfe; 32]),
            [10, 11].map(UnixTime::from_millis),
        )
    }

    #[test]
    fn what_was_kept_is_what_there_was() {
        assert_eq!(Agreed::from_kept(&agreed().to_kept()), Some(agreed()));
    }

    #[test]
    fn a_text_that_is_no_handshake_is_none() {
        let kept = agreed().to_kept();
        for (right, wrong) in [
            ("audio", "hologram"),
            ("0101", "01x1"),
            ("0101", "01"),
            ("3f fe", "40 fe"),
            (" 11", ""),
            (" 11", " 11 12"),
            ("guest-bob", "guest bob"),
        ] {
            assert!(kept.contains(right), "{right}");
            let wrong = kept.replace(right, wrong);
            assert_eq!(Agreed::from_kept(&wrong), None, "{wrong}");
        }
        assert_eq!(Agreed::from_kept(""), None);
    }
}
