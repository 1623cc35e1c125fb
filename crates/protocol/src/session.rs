//! What the page and the server say to each other: logging in, presence, errors.

use std::fmt;

use serde::Serialize;

use crate::decode::{Fields, Unreadable};
use crate::{CallId, DeviceId, IceServer, SessionId, UserId, ice};

/// Server to client, as soon as the socket is open.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hello {
    /// [`crate::VERSION`].
    pub version: u32,
    /// 32 random bytes, base64url without padding, used once.
    pub challenge: String,
    /// Milliseconds since the Unix epoch, by the server's clock.
    pub server_time: u64,
}

impl Hello {
    pub(crate) fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            version: u32::try_from(fields.number("version")?).map_err(|_| Unreadable::Field)?,
            challenge: fields.string("challenge")?,
            server_time: fields.number("serverTime")?,
        })
    }
}

/// Client to server, within [`crate::limits::LOGIN_SECONDS`] of the socket's opening.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Login {
    /// The name to show to others; checked as a [`crate::Name`] by the server.
    pub username: String,
    /// The token of an earlier `welcome`, to be the same guest again. A token
    /// that no longer counts is no error: the guest gets a new id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resume_token: Option<String>,
    /// With a token that counts: the device to be again, after the socket was
    /// lost. An older socket of the same device is closed. Absent for a new page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_id: Option<DeviceId>,
    /// That this client numbers its frames and acknowledges the server's; with
    /// an id, the session that it would go on with. Absent in the simplest client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Resume>,
    /// The id of the key that this client has; absent in a guest's login, like
    /// the two after it. `wimpex-identity` knows more about the three.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The key: base64url of 32 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// What the key says to the challenge: base64url of 64 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// How far a session has come in one direction: the end of a frame's journey
/// counts, not its beginning. See [`crate::Numbered`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resume {
    /// Which session; absent in the `login` that asks for a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<SessionId>,
    /// The number of the last frame that has arrived; 0 before the first.
    pub received: u64,
}

impl Resume {
    fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            id: fields.may_id("id")?,
            received: fields.number("received")?,
        })
    }
}

impl Login {
    pub(crate) fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            username: fields.string("username")?,
            resume_token: fields.may_string("resumeToken")?,
            device_id: fields.may_id("deviceId")?,
            session: fields
                .may_fields("session")?
                .map(Resume::read)
                .transpose()?,
            user_id: fields.may_string("userId")?,
            public_key: fields.may_string("publicKey")?,
            signature: fields.may_string("signature")?,
        })
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("resumes", &self.resume_token.is_some())
            .field("device_id", &self.device_id)
            .field("session", &self.session)
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

/// Server to client: logged in.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Welcome {
    /// Who the client is from now on.
    pub user_id: UserId,
    /// Which of the user's devices it is.
    pub device_id: DeviceId,
    /// STUN and TURN servers to use.
    pub ice_servers: Vec<IceServer>,
    /// Proof for a later `login`, to be the same user again. A secret.
    pub resume_token: String,
    /// The session, if the client asked for one. If its id is the one that the
    /// login named, it goes on where it was; otherwise it begins, and the
    /// server remembers nothing from before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Resume>,
}

impl Welcome {
    pub(crate) fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            user_id: fields.id("userId")?,
            device_id: fields.id("deviceId")?,
            ice_servers: ice_servers(fields)?,
            resume_token: fields.string("resumeToken")?,
            session: fields
                .may_fields("session")?
                .map(Resume::read)
                .transpose()?,
        })
    }
}

impl fmt::Debug for Welcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Welcome")
            .field("user_id", &self.user_id)
            .field("device_id", &self.device_id)
            .field("ice_servers", &self.ice_servers)
            .finish_non_exhaustive()
    }
}

/// Both ways, within a session that numbers its frames: what has arrived. The
/// server answers each of the client's with one of its own, so that it serves
/// as a sign of life too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ack {
    /// The number of the last frame that has arrived.
    pub received: u64,
}

impl Ack {
    pub(crate) fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            received: fields.number("received")?,
        })
    }
}

fn ice_servers(message: Fields<'_>) -> Result<Vec<IceServer>, Unreadable> {
    let list = message.must_have("iceServers")?.list("iceServers")?;
    list.iter()
        .map(|server| {
            let object = server.as_object().ok_or(Unreadable::Field)?;
            ice::read_server(Fields(object))
        })
        .collect()
}

/// Server to client: STUN and TURN servers to use from now on, before the
/// credentials that came earlier run out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IceServers {
    /// All of them.
    pub ice_servers: Vec<IceServer>,
}

impl IceServers {
    pub(crate) fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            ice_servers: ice_servers(fields)?,
        })
    }
}

/// Client to server: tell me when these people come and go. It replaces the
/// list before it, and is answered with one `presence` each.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PresenceWatch {
    /// At most [`crate::limits::WATCHED_USERS`]; an empty list ends the watch.
    pub user_ids: Vec<UserId>,
}

impl PresenceWatch {
    pub(crate) fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            user_ids: fields.must_have("userIds")?.ids("userIds")?,
        })
    }
}

/// Server to client: somebody who is watched is there, or is not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Presence {
    /// Who.
    pub user_id: UserId,
    /// Whether at least one of their devices is logged in.
    pub online: bool,
    /// While online: the name of the device that logged in last. Whoever may
    /// watch a person holds their link, and should see whom they are about to call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Those of their devices that are there, so that whoever calls one of
    /// them learns that it is gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<DeviceId>,
}

impl Presence {
    pub(crate) fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            user_id: fields.id("userId")?,
            online: fields.flag("online")?,
            username: fields.may_string("username")?,
            devices: fields.ids("devices")?,
        })
    }
}

/// Server to client: something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorMessage {
    /// Stable, for programs.
    pub code: ErrorCode,
    /// A plain sentence, for people.
    pub message: String,
    /// The `type` of the message that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ref_type: Option<String>,
    /// The call that it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<CallId>,
    /// The user that it was meant for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_id: Option<UserId>,
}

impl ErrorMessage {
    pub(crate) fn read(fields: Fields<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            code: ErrorCode::parse(fields.text("code")?),
            message: fields.string("message")?,
            ref_type: fields.may_string("refType")?,
            call_id: fields.may_id("callId")?,
            to_id: fields.may_id("toId")?,
        })
    }
}

/// Why a message was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// Not JSON, a wrong or missing field, or a binary frame.
    BadMessage,
    /// A `type` that this version does not have.
    UnknownType,
    /// Anything but `login` before `welcome`.
    NotLoggedIn,
    /// The login was refused or came too late; the socket closes.
    LoginFailed,
    /// No device of `toId` is logged in.
    UserOffline,
    /// Too many messages; this one was dropped.
    RateLimited,
    /// Too many connections from this address; the socket closes.
    TooManyConnections,
    /// A code that a later version has and this one does not know.
    Unknown,
}

impl ErrorCode {
    fn parse(text: &str) -> Self {
        match text {
            "bad-message" => Self::BadMessage,
            "unknown-type" => Self::UnknownType,
            "not-logged-in" => Self::NotLoggedIn,
            "login-failed" => Self::LoginFailed,
            "user-offline" => Self::UserOffline,
            "rate-limited" => Self::RateLimited,
            "too-many-connections" => Self::TooManyConnections,
            _ => Self::Unknown,
        }
    }
}
