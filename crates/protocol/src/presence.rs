//! Who is online.

use crate::codec::message;
use crate::{DeviceId, UserId};

message! {
    /// Client to server: report when these users come and go. It replaces the list
    /// before it, and is answered with one `presence` for each.
    #[derive(Debug)]
    pub struct PresenceWatch = "presence-watch" {
        /// At most [`crate::limits::WATCHED_USERS`]; an empty list ends the watch.
        pub user_ids: Vec<UserId> = "userIds",
    }
}

message! {
    /// Client to server: who may learn that this device is online. It replaces what was
    /// said before.
    #[derive(Debug)]
    pub struct PresenceVisibility = "presence-visibility" {
        /// These and nobody else, at most [`crate::limits::VISIBLE_TO`]; `None`: everybody
        /// who knows the user's id.
        pub user_ids: Option<Vec<UserId>> = "userIds",
    }
}

message! {
    /// Server to client: messages were left for this user, and wait to be fetched over http.
    #[derive(Debug)]
    pub struct MessagesWaiting = "messages-waiting" {}
}

message! {
    /// Server to client: a watched user is online, or is not.
    #[derive(Debug)]
    pub struct Presence = "presence" {
        /// The user.
        pub user_id: UserId = "userId",
        /// Whether at least one of their devices is logged in and visible to the client.
        pub online: bool = "online",
        /// While online: the name of the device that logged in last. Whoever may watch a
        /// user has their link, and should see whom they are about to call.
        pub username: Option<String> = "username",
        /// Those of their devices that are online, so that whoever is in a call with one
        /// of them learns that it is gone.
        pub devices: Vec<DeviceId> = "devices" or Vec::new(),
    }
}
