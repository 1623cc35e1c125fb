//! Web push (RFC 8030) as far as it needs no socket: the encryption of messages (RFC 8291), the
//! server's proof of who it is (VAPID, RFC 8292), and to whom messages may be sent at all.
//!
//! An endpoint is a URL that a client names, and a server that posts to any URL is a way into the
//! network that it stands in: [`Endpoint`] takes those of known push services only.
//!
//! It must not know calls, sockets or clocks. Time and randomness are arguments.

mod encryption;
mod endpoint;
mod request;
mod vapid;

pub use encryption::{
    AUTH_BYTES, Ephemeral, InvalidKeys, MESSAGE_BYTES, SubscriptionKeys, encrypt,
};
pub use endpoint::{ENDPOINT_BYTES, Endpoint, InvalidEndpoint, PushService, PushServices};
pub use request::{Topic, Urgency, request};
pub use vapid::VapidKey;
