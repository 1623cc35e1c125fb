//! Reading the W3C's dictionaries that stand in messages.

use wimpex_webrtc::{IceCandidateInit, IceServer};

use crate::decode::{Fields, Unreadable, texts};

pub(crate) fn read_candidate(fields: Fields<'_>) -> Result<IceCandidateInit, Unreadable> {
    let index = fields.may_number("sdpMLineIndex")?.map(u16::try_from);
    Ok(IceCandidateInit {
        candidate: fields.string("candidate")?,
        sdp_m_line_index: index.transpose().map_err(|_| Unreadable::Field)?,
        sdp_mid: fields.may_string("sdpMid")?,
        username_fragment: fields.may_string("usernameFragment")?,
    })
}

pub(crate) fn read_server(fields: Fields<'_>) -> Result<IceServer, Unreadable> {
    Ok(IceServer {
        urls: texts(fields.list("urls")?)?,
        username: fields.may_string("username")?,
        credential: fields.may_string("credential")?,
    })
}
