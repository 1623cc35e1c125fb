//! Dictionaries that also go over the wire.

use std::fmt;

use serde::{Deserialize, Serialize};

/// [`RTCIceCandidateInit`](https://www.w3.org/TR/webrtc/#dom-rtcicecandidateinit); it
/// serializes as `RTCIceCandidate.toJSON()` does.
///
/// A candidate holds an address, so its `Debug` shows only which m-line it is for.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IceCandidateInit {
    /// The `candidate-attribute` of RFC 8839, section 5.1; empty for "no more candidates
    /// of this generation".
    pub candidate: String,
    /// Index of the media description in the SDP, from 0.
    #[serde(rename = "sdpMLineIndex")]
    pub sdp_m_line_index: Option<u16>,
    /// Identification tag of the media description (`a=mid`, RFC 5888).
    pub sdp_mid: Option<String>,
    /// The `ice-ufrag` of the ICE generation that it belongs to. Absent in the form that
    /// the minimal client in docs/protocol.md sends: then it is of the current one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username_fragment: Option<String>,
}

impl fmt::Debug for IceCandidateInit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceCandidateInit")
            .field("sdp_mid", &self.sdp_mid)
            .finish_non_exhaustive()
    }
}

/// [`RTCIceServer`](https://www.w3.org/TR/webrtc/#dom-rtciceserver).
///
/// The credential is a secret, so its `Debug` shows only the URLs.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IceServer {
    /// `stun:`, `turn:` or `turns:` URLs (RFC 7064, RFC 7065).
    pub urls: Vec<String>,
    /// For TURN: the USERNAME of the long-term credential (RFC 8489, section 9.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// For TURN: the password that belongs to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer")
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_no_secret() {
        let candidate = IceCandidateInit {
            candidate: "SECRET".to_owned(),
            sdp_m_line_index: Some(0),
            sdp_mid: Some("0".to_owned()),
            username_fragment: Some("SECRET".to_owned()),
        };
        let server = IceServer {
            urls: vec!["turn:turn.example.org".to_owned()],
            username: Some("SECRET".to_owned()),
            credential: Some("SECRET".to_owned()),
        };
        let shown = format!("{candidate:?} {server:?}");
        assert!(!shown.contains("SECRET"), "{shown}");
    }

    #[test]
    fn a_candidate_serializes_as_browsers_write_it() {
        let mut candidate = IceCandidateInit {
            candidate: "candidate:1".to_owned(),
            sdp_m_line_index: Some(0),
            sdp_mid: None,
            username_fragment: Some("EsAw".to_owned()),
        };
        let json = |candidate: &IceCandidateInit| serde_json::to_string(candidate).ok();
        assert_eq!(
            json(&candidate).as_deref(),
            Some(
                r#"{"candidate":"candidate:1","sdpMLineIndex":0,"sdpMid":null,"usernameFragment":"EsAw"}"#
            )
        );
        candidate.username_fragment = None;
        assert!(json(&candidate).is_some_and(|json| !json.contains("usernameFragment")));
    }
}
