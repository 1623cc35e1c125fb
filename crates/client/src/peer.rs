//! Everybody whose presence is watched, and what is known of them.

use wimpex_contacts::{Contacts, KeySource};
use wimpex_protocol::{DeviceId, Presence, Sec, UserId};

/// How many users are watched at most: the server takes 256 at a time, and one is kept
/// for the peer of a call.
pub const MAX_WATCHED: usize = 250;

/// A user whose coming and going is watched: a contact, or who is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Peer {
    /// Who.
    pub user: UserId,
    /// Whether they are online; `None` while that is not known.
    pub online: Option<bool>,
    /// Those of their devices that are.
    pub devices: Vec<DeviceId>,
    /// What they call themselves, if that is known.
    pub claimed_name: Option<String>,
    /// The user's own name for them; `None` if they are no contact.
    pub contact_name: Option<String>,
    /// Their link was opened here, or typed in: the user means this very id.
    pub opened: bool,
    /// What makes the opened link one that ends; whether it is well-formed is not known.
    pub link: Option<Sec>,
    /// This contact's key is that of a link, which the user opened or entered.
    pub by_link: bool,
    /// The SAS of a call with this contact was the same on both sides when compared.
    pub compared: bool,
    /// The SAS of a call with this contact differed when compared.
    pub mistrusted: bool,
}

impl Peer {
    /// A user of whom nothing is known yet.
    pub fn new(user: UserId) -> Self {
        Self {
            user,
            online: None,
            devices: Vec::new(),
            claimed_name: None,
            contact_name: None,
            opened: false,
            link: None,
            by_link: false,
            compared: false,
            mistrusted: false,
        }
    }

    /// Whether the user has a name or a link of their own for who this is: a forged
    /// message in their name is then no stranger's mischief.
    pub fn is_pinned(&self) -> bool {
        self.contact_name.is_some() || self.opened
    }
}

/// Takes over who the contacts are now; who was one until now is dropped unless their
/// link was opened. Contacts come first, by name, then the others as they were.
pub(crate) fn with_contacts(before: Vec<Peer>, contacts: &Contacts) -> Vec<Peer> {
    let mut before = before;
    let mut peers = Vec::with_capacity(before.len());
    for contact in contacts.contacts() {
        if contact.is_blocked {
            continue;
        }
        let known = before.iter().position(|it| it.user == contact.id);
        let known = known.map(|place| before.swap_remove(place));
        peers.push(Peer {
            contact_name: Some(contact.name.to_string()),
            by_link: contact.source == KeySource::Link,
            compared: contact.is_compared,
            mistrusted: contact.is_mistrusted,
            ..known.unwrap_or_else(|| Peer::new(contact.id.clone()))
        });
    }
    before.retain(|it| it.contact_name.is_none() || it.opened);
    for peer in &mut before {
        *peer = Peer {
            online: peer.online,
            // A call that begins next goes by them.
            devices: std::mem::take(&mut peer.devices),
            claimed_name: peer.claimed_name.take(),
            opened: peer.opened,
            link: peer.link.take(),
            ..Peer::new(peer.user.clone())
        };
    }
    peers.append(&mut before);
    peers
}

/// Looks at a user. Of those who are not pinned, only who is looked at now stays.
pub(crate) fn look_at(peers: &mut Vec<Peer>, user: UserId, opened: bool, link: Option<Sec>) {
    peers.retain(|it| it.is_pinned() || it.user == user);
    match peers.iter_mut().find(|it| it.user == user) {
        Some(known) => {
            known.opened |= opened;
            if link.is_some() {
                known.link = link;
            }
        }
        None => peers.push(Peer {
            opened,
            link,
            ..Peer::new(user)
        }),
    }
}

/// Takes the server's word of who is online; says whether anything changed.
pub(crate) fn on_presence(peers: &mut [Peer], presence: &Presence) -> bool {
    let Some(peer) = peers.iter_mut().find(|it| it.user == presence.user_id) else {
        return false;
    };
    let before = peer.clone();
    peer.online = Some(presence.online);
    peer.devices.clone_from(&presence.devices);
    if presence.username.is_some() {
        peer.claimed_name.clone_from(&presence.username);
    }
    *peer != before
}

/// Whom to watch: who was looked at last, then contacts, and the peers of the calls, whose
/// coming and going moves nobody else out of the set.
pub(crate) fn watched<'a>(
    call_peers: impl Iterator<Item = &'a UserId>,
    peers: &[Peer],
) -> Vec<UserId> {
    let looked_at = peers.iter().rev().take(MAX_WATCHED);
    let mut users: Vec<UserId> = looked_at.map(|peer| peer.user.clone()).collect();
    for peer in call_peers {
        if !users.contains(peer) {
            users.push(peer.clone());
        }
    }
    users
}
