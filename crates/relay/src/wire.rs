//! What clients say, and what is answered: STUN messages (RFC 8489) and channel
//! data (RFC 8656, section 12).
//!
//! `stun-types` and `turn-types` read and write the attributes. Before they see
//! a message it is checked here that it is exactly as long as it says and that
//! nothing hides behind its integrity, so that hostile input meets one strict
//! reading only.

use stun_types::attribute::{
    AttributeType, ErrorCode, Fingerprint, MessageIntegrity, UnknownAttributes,
};
use stun_types::message::{IntegrityAlgorithm, IntegrityKey, Message, MessageWriteVec};
use stun_types::prelude::{
    Attribute, AttributeFromRaw, AttributeStaticType, AttributeWrite, MessageWrite, MessageWriteExt,
};
use turn_types::attribute::{Data, XorPeerAddress};
use turn_types::message::DATA;

use crate::addr::PeerAddr;

/// Of a STUN message, in bytes.
pub(crate) const STUN_HEADER: usize = 20;
/// Of channel data, in bytes.
pub(crate) const CHANNEL_HEADER: usize = 4;
/// A request with permissions for as many IPv6 peers as an allocation may have
/// takes three of these four KiB.
const REQUEST_BYTES: usize = 4 * 1024;
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// Something a client sent.
pub(crate) enum Packet<'a> {
    /// Data for the peer behind a channel.
    Channel { number: u16, data: &'a [u8] },
    /// A request or an indication.
    Stun(Message<'a>),
}

/// Reads a datagram or one frame of a stream; None for everything that is none
/// of ours, whatever it is.
pub(crate) fn parse(bytes: &[u8]) -> Option<Packet<'_>> {
    let header = bytes.first_chunk::<CHANNEL_HEADER>()?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    match header[0] >> 6 {
        0 => stun(bytes, length).map(Packet::Stun),
        // Over UDP there may be padding behind.
        1 => Some(Packet::Channel {
            number: u16::from_be_bytes([header[0], header[1]]),
            data: bytes.get(CHANNEL_HEADER..CHANNEL_HEADER + length)?,
        }),
        _ => None,
    }
}

/// Whether this is a request that is longer than any that can be granted: nothing
/// of it needs to be looked at. Only the data of indications is longer.
pub(crate) fn is_oversized_request(bytes: &[u8]) -> bool {
    // The class is two bits among those of the method (RFC 8489, section 5).
    let is_request = bytes
        .first_chunk::<2>()
        .is_some_and(|first| u16::from_be_bytes(*first) & 0xc110 == 0);
    is_request && bytes.len() > REQUEST_BYTES
}

fn stun(bytes: &[u8], length: usize) -> Option<Message<'_>> {
    let well_formed = bytes.len() == STUN_HEADER + length
        && length.is_multiple_of(4)
        && bytes[4..8] == MAGIC_COOKIE
        && ends_in_order(&bytes[STUN_HEADER..]);
    well_formed.then(|| Message::from_bytes(bytes).ok())?
}

/// Each attribute lies within the message; MESSAGE-INTEGRITY comes once and
/// only FINGERPRINT after it (RFC 8489, sections 14.5 and 14.7).
fn ends_in_order(mut attributes: &[u8]) -> bool {
    let mut last = 0;
    while let Some((header, rest)) = attributes.split_first_chunk::<4>() {
        let kind = u16::from_be_bytes([header[0], header[1]]);
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let Some(rest) = rest.get(length.next_multiple_of(4)..) else {
            return false;
        };
        let in_order = match last {
            FINGERPRINT => false,
            MESSAGE_INTEGRITY => kind == FINGERPRINT,
            _ => true,
        };
        if !in_order {
            return false;
        }
        last = kind;
        attributes = rest;
    }
    attributes.is_empty()
}

const MESSAGE_INTEGRITY: u16 = 0x0008;
const FINGERPRINT: u16 = 0x8028;

/// An attribute of a message; None if it is absent or malformed.
pub(crate) fn attribute<'a, A>(message: &'a Message<'_>) -> Option<A>
where
    A: AttributeFromRaw<'a> + AttributeStaticType,
{
    message.attribute::<A>().ok()
}

/// Every XOR-PEER-ADDRESS; None if one is malformed.
pub(crate) fn peers(message: &Message<'_>) -> Option<Vec<PeerAddr>> {
    message
        .iter_attributes()
        .filter(|(_, raw)| raw.get_type() == XorPeerAddress::TYPE)
        .map(|(_, raw)| {
            let peer = XorPeerAddress::from_raw(raw).ok()?;
            Some(PeerAddr::new(peer.addr(message.transaction_id())))
        })
        .collect()
}

/// The attributes that must be understood and are not among `known`.
pub(crate) fn unknown(message: &Message<'_>, known: &[AttributeType]) -> Vec<AttributeType> {
    message
        .iter_attributes()
        .map(|(_, raw)| raw.get_type())
        .filter(|kind| kind.comprehension_required() && !known.contains(kind))
        .collect()
}

/// Where in the message the DATA attribute's value lies.
pub(crate) fn data_range(message: &Message<'_>) -> Option<std::ops::Range<usize>> {
    let (offset, data) = message.attribute_and_offset::<Data>().ok()?;
    // The attribute's own header of four bytes comes first.
    let start = offset + 4;
    Some(start..start + data.data().len())
}

/// A success response; signed if there is a key.
pub(crate) fn success(
    request: &Message<'_>,
    attributes: &[Box<dyn AttributeWrite>],
    key: Option<&IntegrityKey>,
) -> Vec<u8> {
    let writer = Message::builder_success(request, MessageWriteVec::with_capacity(128));
    finish(writer, attributes, key)
}

/// An error response with the standard's reason phrase.
pub(crate) fn error(
    request: &Message<'_>,
    code: u16,
    attributes: &[Box<dyn AttributeWrite>],
    key: Option<&IntegrityKey>,
) -> Vec<u8> {
    let mut writer = Message::builder_error(request, MessageWriteVec::with_capacity(128));
    if let Ok(error) = ErrorCode::builder(code).build() {
        push(&mut writer, &error);
    }
    finish(writer, attributes, key)
}

/// UNKNOWN-ATTRIBUTES, for 420.
pub(crate) fn unknown_attributes(kinds: &[AttributeType]) -> Box<dyn AttributeWrite> {
    Box::new(UnknownAttributes::new(kinds))
}

/// A Data indication (RFC 8656, section 11.4).
pub(crate) fn data_indication(peer: PeerAddr, data: &[u8]) -> Vec<u8> {
    let writer = MessageWriteVec::with_capacity(data.len() + 64);
    let mut writer = Message::builder_indication(DATA, writer);
    let transaction = writer.transaction_id();
    push(
        &mut writer,
        &XorPeerAddress::new(peer.socket_addr(), transaction),
    );
    push(&mut writer, &Data::new(data));
    writer.finish()
}

/// The header of channel data.
pub(crate) fn channel_header(number: u16, length: usize) -> [u8; CHANNEL_HEADER] {
    let number = number.to_be_bytes();
    // What comes from a UDP socket fits.
    let length = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    [number[0], number[1], length[0], length[1]]
}

/// Channel data; padded to four bytes where the transport is a stream.
pub(crate) fn channel_data(number: u16, data: &[u8], stream: bool) -> Vec<u8> {
    let mut frame = Vec::with_capacity(CHANNEL_HEADER + data.len() + 3);
    frame.extend(channel_header(number, data.len()));
    frame.extend(data);
    if stream {
        frame.resize(frame.len().next_multiple_of(4), 0);
    }
    frame
}

fn finish(
    mut writer: MessageWriteVec,
    attributes: &[Box<dyn AttributeWrite>],
    key: Option<&IntegrityKey>,
) -> Vec<u8> {
    for attribute in attributes {
        push(&mut writer, attribute.as_ref());
    }
    if let Some(key) = key {
        let signed = writer.add_message_integrity_with_key(key, IntegrityAlgorithm::Sha1);
        debug_assert!(signed.is_ok(), "nothing was signed before");
    }
    // A FINGERPRINT tells STUN from other protocols on the same port (RFC 8489,
    // section 7); whoever has proved nothing gets no byte more than they need.
    if key.is_some() {
        let marked = writer.add_fingerprint();
        debug_assert!(marked.is_ok(), "nothing was marked before");
    }
    writer.finish()
}

fn push(writer: &mut MessageWriteVec, attribute: &dyn AttributeWrite) {
    // It fails only after MESSAGE-INTEGRITY, or beyond 64 KiB.
    let pushed = writer.add_attribute(attribute);
    debug_assert!(pushed.is_ok(), "{pushed:?}");
}

/// Attributes of every authenticated request.
pub(crate) const CREDENTIALS: [AttributeType; 5] = [
    stun_types::attribute::Username::TYPE,
    stun_types::attribute::Realm::TYPE,
    stun_types::attribute::Nonce::TYPE,
    MessageIntegrity::TYPE,
    Fingerprint::TYPE,
];

#[cfg(test)]
mod tests {
    use stun_types::message::BINDING;

    use super::*;

    fn binding() -> Vec<u8> {
        Message::builder_request(BINDING, MessageWriteVec::new()).finish()
    }

    #[test]
    fn messages_and_channel_data_are_told_apart() {
        assert!(matches!(parse(&binding()), Some(Packet::Stun(_))));
        let data = channel_data(0x4001, b"hello", true);
        assert_eq!(data.len(), 12);
        let Some(Packet::Channel { number, data }) = parse(&data) else {
            panic!("expected channel data");
        };
        assert_eq!((number, data), (0x4001, &b"hello"[..]));
        for nothing in [
            &b""[..],
            b"abc",
            b"GET / HTTP/1.1\r\n",
            &[0x80; 100],
            &[0x40, 0, 0, 9, 1],
        ] {
            assert!(parse(nothing).is_none(), "{nothing:?}");
        }
    }

    #[test]
    fn lengths_must_be_exact() {
        let mut longer = binding();
        longer.push(0);
        assert!(parse(&longer).is_none());
        longer[3] = 1;
        assert!(parse(&longer).is_none());
        assert!(parse(&binding()[..19]).is_none());
    }

    #[test]
    fn nothing_hides_behind_the_integrity() {
        let with = |kinds: &[u16]| {
            let mut bytes = binding();
            for kind in kinds {
                bytes.extend(kind.to_be_bytes());
                bytes.extend([0, 4, 1, 2, 3, 4]);
            }
            let length = u16::try_from(bytes.len() - STUN_HEADER).unwrap();
            bytes[2..4].copy_from_slice(&length.to_be_bytes());
            ends_in_order(&bytes[STUN_HEADER..])
        };
        assert!(with(&[0x8022, MESSAGE_INTEGRITY, FINGERPRINT]));
        assert!(!with(&[MESSAGE_INTEGRITY, MESSAGE_INTEGRITY]));
        assert!(!with(&[MESSAGE_INTEGRITY, 0x0012]));
        assert!(!with(&[FINGERPRINT, MESSAGE_INTEGRITY]));
    }
}
