//! TURN's requests and answers as data (RFC 8656): read from STUN messages, and
//! written into them, outside of the machine and its lock.

use std::net::IpAddr;
use std::time::Duration;

use stun_types::AddressFamily;
use stun_types::attribute::{AttributeType, ErrorCode, XorMappedAddress};
use stun_types::message::{IntegrityKey, Message, TransactionId};
use stun_types::prelude::{AttributeStaticType, AttributeWrite};
use turn_types::attribute::{
    AdditionalAddressFamily, AddressErrorCode, ChannelNumber, EvenPort, Lifetime,
    RequestedAddressFamily, RequestedTransport, ReservationToken, XorRelayedAddress,
};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH};

use crate::addr::{ClientAddr, Family, PeerAddr, RelayPort};
use crate::wire;

/// IANA's number for UDP, the only transport to peers (RFC 8656, section 18.8).
const UDP: u8 = 17;
/// RFC 5766, section 11. RFC 8656 would have clients use 0x4fff at most, but
/// older ones (coturn's among them) take any of these, and no other protocol on
/// these ports wants the rest.
const CHANNELS: std::ops::RangeInclusive<u16> = 0x4000..=0x7ffe;

/// A code of an error response, from RFC 8489 or RFC 8656.
pub(crate) type Code = u16;

/// What a client with credentials asks for. An error within it is answered only
/// if the client's state does not call for another one first.
#[derive(Debug)]
pub(crate) enum Request {
    /// Section 7.1.
    Allocate {
        /// Tells a repeated request from a second one.
        transaction: TransactionId,
        wish: Result<Wish, Code>,
    },
    /// Section 8.1.
    Refresh {
        /// In seconds.
        lifetime: Option<u32>,
        family: Result<Option<Family>, Code>,
    },
    /// Section 10.1; never empty.
    CreatePermission { peers: Vec<IpAddr> },
    /// Section 12.1; the number is one that a channel may have.
    ChannelBind { number: u16, peer: PeerAddr },
}

/// What an Allocate request asks for.
#[derive(Debug)]
pub(crate) struct Wish {
    /// One or two, different.
    pub(crate) families: Vec<Family>,
    /// Whether the port is to be an even one.
    pub(crate) even: bool,
    /// In seconds.
    pub(crate) lifetime: Option<u32>,
}

/// What a request is answered with.
#[derive(Debug)]
pub(crate) enum Response {
    /// Section 7.2.
    Allocated {
        ports: Vec<RelayPort>,
        lifetime: Duration,
        /// Families that were asked for and cannot be had, and why.
        failures: Vec<(Family, Code)>,
    },
    /// Section 8.2; zero if the allocation is gone.
    Refreshed { lifetime: Duration },
    /// Granted, and there is nothing to say about it.
    Granted,
    /// An error response.
    Refused(Code),
}

impl Request {
    /// Whether this is one of TURN's methods.
    pub(crate) fn is_known(message: &Message<'_>) -> bool {
        [ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND].contains(&message.method())
    }

    /// Reads a request whose sender is authenticated.
    ///
    /// # Errors
    /// The code of the answer if it is malformed.
    pub(crate) fn read(message: &Message<'_>) -> Result<Self, Code> {
        Ok(match message.method() {
            ALLOCATE => Self::Allocate {
                transaction: message.transaction_id(),
                wish: Wish::read(message),
            },
            REFRESH => Self::Refresh {
                lifetime: lifetime(message),
                family: if message.has_attribute(RequestedAddressFamily::TYPE) {
                    requested_family(message).map(Some)
                } else {
                    Ok(None)
                },
            },
            CREATE_PERMISSION => Self::CreatePermission {
                peers: wire::peers(message)
                    .filter(|peers| !peers.is_empty())
                    .ok_or(ErrorCode::BAD_REQUEST)?
                    .iter()
                    .map(|peer| peer.ip())
                    .collect(),
            },
            CHANNEL_BIND => {
                let number = wire::attribute::<ChannelNumber>(message)
                    .map(|number| number.channel())
                    .filter(|number| CHANNELS.contains(number))
                    .ok_or(ErrorCode::BAD_REQUEST)?;
                let peers = wire::peers(message);
                let Some([peer]) = peers.as_deref().and_then(<[_]>::as_array).copied() else {
                    return Err(ErrorCode::BAD_REQUEST);
                };
                Self::ChannelBind { number, peer }
            }
            _ => return Err(ErrorCode::BAD_REQUEST),
        })
    }
}

impl Wish {
    fn read(message: &Message<'_>) -> Result<Self, Code> {
        let transport =
            wire::attribute::<RequestedTransport>(message).ok_or(ErrorCode::BAD_REQUEST)?;
        if transport.protocol() != UDP {
            return Err(ErrorCode::UNSUPPORTED_TRANSPORT_PROTOCOL);
        }
        let has_family = message.has_attribute(RequestedAddressFamily::TYPE);
        let has_both = message.has_attribute(AdditionalAddressFamily::TYPE);
        let has_token = message.has_attribute(ReservationToken::TYPE);
        let has_even = message.has_attribute(EvenPort::TYPE);
        if (has_family && has_both) || (has_token && (has_even || has_family || has_both)) {
            return Err(ErrorCode::BAD_REQUEST);
        }
        // No port is ever reserved for later, so no token is one of ours. WebRTC
        // has needed no pairs of ports since RTP and RTCP share one.
        let even = wire::attribute::<EvenPort>(message);
        if has_token || even.as_ref().is_some_and(EvenPort::requested) {
            return Err(ErrorCode::INSUFFICIENT_CAPACITY);
        }
        let families = if has_both {
            // Only IPv6 can be additional (RFC 8656, section 7.2).
            match wire::attribute::<AdditionalAddressFamily>(message) {
                Some(additional) if additional.family() == AddressFamily::IPV6 => {
                    vec![Family::V4, Family::V6]
                }
                _ => return Err(ErrorCode::BAD_REQUEST),
            }
        } else if has_family {
            vec![requested_family(message)?]
        } else {
            vec![Family::V4]
        };
        Ok(Self {
            families,
            even: has_even,
            lifetime: lifetime(message),
        })
    }
}

impl Response {
    /// The answer to a request of this client, signed.
    pub(crate) fn write(
        &self,
        request: &Message<'_>,
        client: ClientAddr,
        key: &IntegrityKey,
    ) -> Vec<u8> {
        let transaction = request.transaction_id();
        let mut attributes: Vec<Box<dyn AttributeWrite>> = Vec::new();
        match self {
            Self::Refused(code) => return wire::error(request, *code, &[], Some(key)),
            Self::Granted => {}
            Self::Refreshed { lifetime } => attributes.push(lifetime_attribute(*lifetime)),
            Self::Allocated {
                ports,
                lifetime,
                failures,
            } => {
                for port in ports {
                    let address = XorRelayedAddress::new(port.socket_addr(), transaction);
                    attributes.push(Box::new(address));
                }
                attributes.push(lifetime_attribute(*lifetime));
                let mapped = XorMappedAddress::new(client.socket_addr(), transaction);
                attributes.push(Box::new(mapped));
                for (family, code) in failures {
                    attributes.extend(address_error(*family, *code));
                }
            }
        }
        wire::success(request, &attributes, Some(key))
    }
}

/// RFC 8656, section 18.12: one of two families cannot be had.
fn address_error(family: Family, code: Code) -> Option<Box<dyn AttributeWrite>> {
    let error = ErrorCode::builder(code).build().ok()?;
    let family = match family {
        Family::V4 => AddressFamily::IPV4,
        Family::V6 => AddressFamily::IPV6,
    };
    Some(Box::new(AddressErrorCode::new(family, error)))
}

fn lifetime(message: &Message<'_>) -> Option<u32> {
    wire::attribute::<Lifetime>(message).map(|lifetime| lifetime.seconds())
}

fn requested_family(message: &Message<'_>) -> Result<Family, Code> {
    match wire::attribute::<RequestedAddressFamily>(message) {
        Some(requested) if requested.family() == AddressFamily::IPV6 => Ok(Family::V6),
        Some(_) => Ok(Family::V4),
        None => Err(ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED),
    }
}

fn lifetime_attribute(lifetime: Duration) -> Box<dyn AttributeWrite> {
    let seconds = u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX);
    Box::new(Lifetime::new(seconds))
}

/// Attributes that must be understood, and are. DONT-FRAGMENT is not among
/// them, nor are RFC 8489's SHA-256 ones, which clients use only if invited to.
pub(crate) const KNOWN: &[AttributeType] = &[
    AttributeType::new(0x0006), // USERNAME
    AttributeType::new(0x0008), // MESSAGE-INTEGRITY
    AttributeType::new(0x000c), // CHANNEL-NUMBER
    AttributeType::new(0x000d), // LIFETIME
    AttributeType::new(0x0012), // XOR-PEER-ADDRESS
    AttributeType::new(0x0013), // DATA
    AttributeType::new(0x0014), // REALM
    AttributeType::new(0x0015), // NONCE
    AttributeType::new(0x0017), // REQUESTED-ADDRESS-FAMILY
    AttributeType::new(0x0018), // EVEN-PORT
    AttributeType::new(0x0019), // REQUESTED-TRANSPORT
    AttributeType::new(0x0022), // RESERVATION-TOKEN
];
