//! The request that hands a message to a push service (RFC 8030, section 5).

use data_encoding::BASE64URL_NOPAD;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request};
use sha2::{Digest, Sha256};

use crate::{Endpoint, VapidKey};

/// How much a message matters to somebody's battery (RFC 8030, section 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// A call: the device is woken.
    High,
    /// News that can wait for the next time it wakes by itself.
    Normal,
}

/// Of several messages with one topic that wait for a device, only the last arrives (RFC 8030,
/// section 5.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic(String);

impl Topic {
    /// A topic that says nothing of what it is about: at most 32 characters of base64url.
    pub fn of(text: &str) -> Self {
        let hash = Sha256::digest(text.as_bytes());
        Self(BASE64URL_NOPAD.encode(&hash[..24]))
    }
}

/// A request with a sealed message. The push service keeps it for `ttl` seconds at most, if the
/// device is not there; `now` is in seconds since 1970. `None` if `contact` is nothing to send.
pub fn request(
    to: &Endpoint,
    sealed: Vec<u8>,
    (ttl, urgency, topic): (u32, Urgency, &Topic),
    (key, contact): (&VapidKey, &str),
    now: u64,
) -> Option<Request<Vec<u8>>> {
    let path = to.uri().path_and_query().map_or("/", |path| path.as_str());
    let authority = to.uri().authority()?.as_str();
    let urgency = match urgency {
        Urgency::High => "high",
        Urgency::Normal => "normal",
    };
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(HOST, authority)
        .header(
            AUTHORIZATION,
            HeaderValue::try_from(key.authorization(to, contact, now)).ok()?,
        )
        .header(CONTENT_ENCODING, "aes128gcm")
        .header(CONTENT_TYPE, "application/octet-stream")
        .header("ttl", ttl)
        .header("urgency", urgency)
        .header("topic", HeaderValue::try_from(&topic.0[..]).ok()?);
    request.body(sealed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PushServices;

    #[test]
    fn a_request_says_all_that_a_push_service_asks_for() {
        let to = PushServices::default();
        let to = to
            .endpoint("https://fcm.googleapis.com/fcm/send/abc?x=1")
            .unwrap();
        let key = VapidKey::derive(b"secret");
        let topic = Topic::of("call_1");
        let how = (60, Urgency::High, &topic);
        let made = request(&to, b"sealed".to_vec(), how, (&key, "https://a.example"), 0).unwrap();
        assert_eq!(made.uri(), "/fcm/send/abc?x=1");
        let header = |name: &str| made.headers()[name].to_str().unwrap();
        assert_eq!(header("host"), "fcm.googleapis.com");
        assert_eq!((header("ttl"), header("urgency")), ("60", "high"));
        assert_eq!(header("content-encoding"), "aes128gcm");
        // RFC 8030, section 5.4.
        assert_eq!(header("topic").len(), 32);
        assert!(!header("topic").contains("call"));
    }
}
