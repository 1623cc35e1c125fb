//! STUN and TURN servers, and the W3C's dictionaries as fields of messages.

use serde_json::Value;
use wimpex_webrtc::{IceCandidateInit, IceServer};

use crate::codec::{Field, Unreadable, fields, message};

message! {
    /// Server to client: the STUN and TURN servers to use from now on, before the
    /// credentials of the last ones expire.
    #[derive(Debug)]
    pub struct IceServers = "ice-servers" {
        /// They replace all earlier ones; a TURN user name begins with its expiry in seconds since 1970.
        pub ice_servers: Vec<IceServer> = "iceServers",
    }
}

message! {
    /// Client to server: a call is about to begin; the answer is [`IceServers`], with
    /// credentials for TURN that are as good as they get.
    #[derive(Debug)]
    pub struct IceServersRequest = "ice-servers-request" {}
}

impl Field for IceServer {
    fn read(value: &Value) -> Result<Self, Unreadable> {
        let fields = fields(value)?;
        Ok(Self {
            urls: fields.get::<Option<_>>("urls")?.unwrap_or_default(),
            username: fields.get("username")?,
            credential: fields.get("credential")?,
        })
    }
}

impl Field for IceCandidateInit {
    fn read(value: &Value) -> Result<Self, Unreadable> {
        let fields = fields(value)?;
        Ok(Self {
            // The dictionary's own default: no more candidates.
            candidate: fields.get::<Option<_>>("candidate")?.unwrap_or_default(),
            sdp_m_line_index: fields.get("sdpMLineIndex")?,
            sdp_mid: fields.get("sdpMid")?,
            username_fragment: fields.get("usernameFragment")?,
        })
    }

    /// `addIceCandidate()` and `addIceCandidate(null)` mean the same as the empty candidate
    /// (W3C webrtc, section 4.4.1.6), and so `onicecandidate` says it.
    fn absent() -> Result<Self, Unreadable> {
        Ok(Self::default())
    }
}
