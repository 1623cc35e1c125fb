//! Logging in.

use std::fmt;

use wimpex_webrtc::IceServer;

use crate::codec::message;
use crate::resume::Resume;
use crate::{DeviceId, UserId};

message! {
    /// Server to client, as soon as the WebSocket is open.
    #[derive(Debug)]
    pub struct Hello = "hello" {
        /// [`crate::VERSION`].
        pub version: u32 = "version",
        /// 32 random bytes, base64url without padding, used once.
        pub challenge: String = "challenge",
        /// Milliseconds since the Unix epoch, by the server's clock.
        pub server_time: u64 = "serverTime",
        /// Which build of the page the server has; absent if it does not know. A page that is
        /// another one loads itself anew when that disturbs nobody.
        pub build: Option<String> = "build",
    }
}

message! {
    /// Client to server, within [`crate::limits::LOGIN_SECONDS`] of the opening of the
    /// WebSocket.
    pub struct Login = "login" {
        /// The name to show to others; the server checks it as a [`crate::Name`].
        pub username: String = "username",
        /// The token of an earlier `welcome`, to be the same guest again. A token that is
        /// unknown or has expired is no error: the guest gets a new id. A secret.
        pub resume_token: Option<String> = "resumeToken",
        /// With a valid token: the device to be again after the connection was lost. An
        /// older WebSocket of the same device is closed. Absent for a new page.
        pub device_id: Option<DeviceId> = "deviceId",
        /// That this client numbers its frames and acknowledges the server's; with an id,
        /// the session that it wants to resume. Absent in the minimal client.
        pub session: Option<Resume> = "session",
        /// That nobody is told of this device before it says, by
        /// [`crate::PresenceVisibility`], who may be.
        pub hidden: bool = "hidden" or false,
        /// That this device wants to know of missed calls: [`crate::MissedCalls::until`] of the last
        /// that it has kept, 0 of none.
        pub missed_since: Option<u64> = "missedSince",
        /// The id of the key that this client has; absent in a guest's login, as the two
        /// after it are. `wimpex-identity` defines the format of the three.
        pub user_id: Option<String> = "userId",
        /// The public key: base64url of 32 bytes.
        pub public_key: Option<String> = "publicKey",
        /// The key's signature of the challenge: base64url of 64 bytes.
        pub signature: Option<String> = "signature",
        /// The ticket of an invitation link, where the server lets in nobody without. A secret.
        pub ticket: Option<String> = "ticket",
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("resumes", &self.resume_token.is_some())
            .field("device_id", &self.device_id)
            .field("session", &self.session)
            .field("hidden", &self.hidden)
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

message! {
    /// Server to client: logged in.
    pub struct Welcome = "welcome" {
        /// Who the client is from now on.
        pub user_id: UserId = "userId",
        /// Which of the user's devices it is.
        pub device_id: DeviceId = "deviceId",
        /// STUN and TURN servers to use.
        pub ice_servers: Vec<IceServer> = "iceServers",
        /// That there is TURN beyond `iceServers`, whose credentials come with a call;
        /// [`crate::IceServersRequest`] asks for them.
        pub relay_on_request: bool = "relayOnRequest" or false,
        /// Proof for a later `login`, to be the same user again. A secret.
        pub resume_token: String = "resumeToken",
        /// The session, if the client asked for one. If its id is the one that the `login`
        /// named, it is resumed; otherwise it is a new one, and the server has nothing of
        /// an earlier one.
        pub session: Option<Resume> = "session",
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
