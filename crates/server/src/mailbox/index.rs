//! Which messages there are, and who has room for one more.

use std::collections::HashMap;

use wimpex_limits::Network;
use wimpex_mailbox::{MessageName, limits};
use wimpex_protocol::UserId;

/// Of one sender to one receiver: somebody who is not heard may try again, and not for ever.
const PER_PAIR: usize = 5;
/// Of one sender to all.
const PER_SENDER: Quota = Quota {
    messages: 30,
    bytes: 200 << 20,
};
/// From one block of addresses, as a part of the host's room: keys are free, and so are receivers who
/// name them.
const BLOCK_PART: u64 = 10;
/// What strangers leave, of all that the host has room for.
const STRANGERS_PART: u64 = 2;
/// To one receiver from contacts.
const PER_RECEIVER: Quota = Quota {
    messages: 60,
    bytes: 400 << 20,
};
/// To one receiver from strangers, whom it costs nothing to be many.
const FROM_STRANGERS: Quota = Quota {
    messages: 5,
    bytes: 60 << 20,
};

#[derive(Clone, Copy)]
struct Quota {
    messages: usize,
    bytes: u64,
}

/// What is known of a message without opening its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// Bytes of what was sealed.
    pub(super) size: u64,
    /// Of somebody whom the receiver does not know.
    pub(super) is_stranger: bool,
    /// The block of addresses that it comes from; `None` for what was here before the server started.
    pub(super) block: Option<Network>,
    /// Milliseconds since 1970.
    pub(super) expires: u64,
    /// `None` while it is being sent.
    pub(super) envelope: Option<String>,
}

impl Held {
    /// What it counts for. Pages seal nothing smaller, and many small ones are as much work.
    fn room(&self) -> u64 {
        self.size.max(limits::PADDING as u64)
    }
}

/// Why there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// The message is here already.
    Known,
    /// It is being sent at this moment.
    Coming,
    /// The sender has too many on their way.
    Sender,
    /// Too many wait for the receiver.
    Receiver,
    /// All together are too many.
    Host,
}

/// See the module. All counting goes through the receivers: there are few of them at a time.
#[derive(Default)]
pub(super) struct Index {
    messages: HashMap<UserId, HashMap<MessageName, Held>>,
    total: u64,
}

impl Index {
    /// Makes room for one more, and holds it.
    pub(super) fn hold(
        &mut self,
        receiver: &UserId,
        name: &MessageName,
        held: Held,
        host: u64,
    ) -> Result<(), NoRoom> {
        if let Some(known) = self.messages.get(receiver).and_then(|it| it.get(name)) {
            let is_whole = known.envelope.is_some();
            return Err(if is_whole {
                NoRoom::Known
            } else {
                NoRoom::Coming
            });
        }
        if self.total + held.room() > host {
            return Err(NoRoom::Host);
        }
        // One message always fits.
        let part = |of: u64| (host / of).max(limits::SEALED_BYTES.into());
        let from_there = self.sum(|other| held.block.is_some() && other.block == held.block);
        if from_there + held.room() > part(BLOCK_PART) {
            return Err(NoRoom::Sender);
        }
        if held.is_stranger
            && self.sum(|other| other.is_stranger) + held.room() > part(STRANGERS_PART)
        {
            return Err(NoRoom::Host);
        }
        let waiting = || self.messages.get(receiver).into_iter().flatten();
        let pair = waiting().filter(|(other, _)| other.sender == name.sender);
        if pair.count() >= PER_PAIR {
            return Err(NoRoom::Sender);
        }
        let sent = self.messages.values().flatten();
        let sent = sent.filter(|(other, _)| other.sender == name.sender);
        if !fits(sent, PER_SENDER, held.room()) {
            return Err(NoRoom::Sender);
        }
        // What strangers leave takes no place of what contacts leave.
        let quota = if held.is_stranger {
            FROM_STRANGERS
        } else {
            PER_RECEIVER
        };
        let alike = waiting().filter(|(_, other)| other.is_stranger == held.is_stranger);
        if !fits(alike, quota, held.room()) {
            return Err(NoRoom::Receiver);
        }
        self.put(receiver, name, held);
        Ok(())
    }

    fn sum(&self, which: impl Fn(&Held) -> bool) -> u64 {
        let all = self.messages.values().flat_map(HashMap::values);
        all.filter(|held| which(held)).map(Held::room).sum()
    }

    /// One that was here when the server started.
    pub(super) fn put(&mut self, receiver: &UserId, name: &MessageName, held: Held) {
        self.total += held.room();
        let messages = self.messages.entry(receiver.clone()).or_default();
        if let Some(before) = messages.insert(name.clone(), held) {
            self.total -= before.room();
        }
    }

    /// These are the whole ones that wait for somebody, wherever they came; what comes here still
    /// stays.
    pub(super) fn replace(&mut self, receiver: &UserId, waiting: Vec<(MessageName, Held)>) {
        let known = self.messages.get(receiver).into_iter().flatten();
        let known = known.filter(|(_, held)| held.envelope.is_some());
        let known: HashMap<MessageName, Option<Network>> = known
            .map(|(name, held)| (name.clone(), held.block))
            .collect();
        for name in known.keys() {
            self.remove(receiver, name);
        }
        for (name, held) in waiting {
            let is_coming = self
                .messages
                .get(receiver)
                .is_some_and(|it| it.contains_key(&name));
            if !is_coming {
                let block = known.get(&name).copied().flatten();
                self.put(receiver, &name, Held { block, ..held });
            }
        }
    }

    /// It has come, whole. Whether its place was still held.
    pub(super) fn complete(
        &mut self,
        receiver: &UserId,
        name: &MessageName,
        envelope: String,
    ) -> bool {
        let held = self.messages.get_mut(receiver);
        let held = held.and_then(|it| it.get_mut(name));
        held.map(|held| held.envelope = Some(envelope)).is_some()
    }

    /// A whole one. What comes still keeps its place, which is its upload's to give back: otherwise
    /// it would come to lie where nothing counts it.
    pub(super) fn remove_whole(&mut self, receiver: &UserId, name: &MessageName) -> bool {
        let held = self.messages.get(receiver).and_then(|it| it.get(name));
        held.is_some_and(|held| held.envelope.is_some()) && self.remove(receiver, name)
    }

    pub(super) fn remove(&mut self, receiver: &UserId, name: &MessageName) -> bool {
        let Some(messages) = self.messages.get_mut(receiver) else {
            return false;
        };
        let removed = messages.remove(name);
        if messages.is_empty() {
            self.messages.remove(receiver);
        }
        self.total -= removed.as_ref().map_or(0, Held::room);
        removed.is_some()
    }

    /// Whole ones that wait for somebody.
    pub(super) fn waiting(
        &self,
        receiver: &UserId,
        now: u64,
    ) -> impl Iterator<Item = (&MessageName, &Held)> {
        let all = self.messages.get(receiver).into_iter().flatten();
        all.filter(move |(_, held)| held.envelope.is_some() && held.expires > now)
    }

    pub(super) fn expired(&self, now: u64) -> Vec<(UserId, MessageName)> {
        let all = self.messages.iter();
        let all =
            all.flat_map(|(receiver, messages)| messages.iter().map(move |it| (receiver, it)));
        let over = all.filter(|(_, (_, held))| held.envelope.is_some() && held.expires <= now);
        over.map(|(receiver, (name, _))| (receiver.clone(), name.clone()))
            .collect()
    }
}

fn fits<'a>(
    others: impl Iterator<Item = (&'a MessageName, &'a Held)>,
    quota: Quota,
    bytes: u64,
) -> bool {
    let (mut messages, mut sum) = (1, bytes);
    for (_, other) in others {
        messages += 1;
        sum += other.room();
    }
    messages <= quota.messages && sum <= quota.bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use wimpex_mailbox::MessageId;

    const MB: u64 = 1 << 20;
    const HOST: u64 = 1 << 40;

    fn user(name: &str) -> UserId {
        UserId::parse(name.to_owned()).unwrap()
    }

    fn name(sender: &str, nth: u8) -> MessageName {
        MessageName {
            sender: user(sender),
            id: MessageId::from_bytes([nth; 16]),
        }
    }

    fn held(size: u64, is_stranger: bool) -> Held {
        Held {
            size,
            is_stranger,
            block: None,
            expires: 10,
            envelope: None,
        }
    }

    fn from(household: u8, size: u64, is_stranger: bool) -> Held {
        let block = Network::block_of([192, 0, household, 1].into());
        Held {
            block: Some(block),
            ..held(size, is_stranger)
        }
    }

    /// Each with keys and receivers of its own, as many as it likes.
    fn left(index: &mut Index, household: u8, is_stranger: bool, host: u64) -> u64 {
        let mut sum = 0;
        for nth in 0..100 {
            let [to, sender] = ["to", "from"].map(|it| user(&format!("{it}-{household}-{nth}")));
            let name = MessageName {
                id: MessageId::from_bytes([0; 16]),
                sender,
            };
            let held = from(household, 20 * MB, is_stranger);
            sum += index.hold(&to, &name, held, host).map_or(0, |()| 20 * MB);
        }
        sum
    }

    #[test]
    fn one_household_holds_a_tenth_and_strangers_a_half() {
        let mut index = Index::default();
        let host = 2000 * MB;
        assert_eq!(left(&mut index, 1, true, host), host / BLOCK_PART);
        let strangers: u64 = (2..20).map(|it| left(&mut index, it, true, host)).sum();
        assert_eq!(strangers + host / BLOCK_PART, host / STRANGERS_PART);
        assert_eq!(left(&mut index, 20, false, host), host / BLOCK_PART);
        // A host who has room for little has room for one.
        let mut index = Index::default();
        assert_eq!(left(&mut index, 1, true, 50 * MB), 20 * MB);
        assert_eq!(left(&mut index, 2, false, 50 * MB), 20 * MB);
    }

    #[test]
    fn nobody_fills_anothers_mailbox() {
        let mut index = Index::default();
        let bob = user("bob");
        for nth in 0..5 {
            let left = index.hold(&bob, &name("mallory", nth), held(MB, true), HOST);
            assert_eq!(left, Ok(()));
        }
        let one_more = index.hold(&bob, &name("mallory", 9), held(MB, true), HOST);
        assert_eq!(one_more, Err(NoRoom::Sender));
        // With another key it is no better.
        let other = index.hold(&bob, &name("mallory-2", 0), held(MB, true), HOST);
        assert_eq!(other, Err(NoRoom::Receiver));
        // A contact has room.
        let contact = index.hold(&bob, &name("alice", 0), held(MB, false), HOST);
        assert_eq!(contact, Ok(()));
        // And so does somebody else.
        let carol = index.hold(&user("carol"), &name("mallory", 0), held(MB, true), HOST);
        assert_eq!(carol, Ok(()));
    }

    #[test]
    fn one_sender_does_not_fill_the_host() {
        let mut index = Index::default();
        let mut left = 0;
        for nth in 0..100 {
            let to = user(&format!("user-{nth}"));
            left += usize::from(
                index
                    .hold(&to, &name("mallory", 0), held(MB, true), HOST)
                    .is_ok(),
            );
        }
        assert_eq!(left, 30);
        let mut index = Index::default();
        assert_eq!(
            index.hold(&user("bob"), &name("alice", 0), held(MB, false), MB - 1),
            Err(NoRoom::Host)
        );
    }

    #[test]
    fn what_others_keep_is_counted_and_what_comes_stays() {
        let mut index = Index::default();
        let (bob, coming, here) = (user("bob"), name("alice", 0), name("alice", 1));
        index.hold(&bob, &coming, held(MB, false), HOST).unwrap();
        index.hold(&bob, &here, from(1, MB, false), HOST).unwrap();
        index.complete(&bob, &here, "here".to_owned());
        let whole = |text: &str| Held {
            envelope: Some(text.to_owned()),
            ..held(MB, false)
        };
        let there = name("carol", 2);
        let kept = vec![
            (here.clone(), whole("here")),
            (there.clone(), whole("there")),
        ];
        index.replace(&bob, kept.clone());
        index.replace(&bob, kept);
        assert_eq!((index.waiting(&bob, 0).count(), index.total), (2, 3 * MB));
        assert!(
            index.messages[&bob][&here].block.is_some(),
            "whence it came here"
        );
        index.replace(&bob, Vec::new());
        assert_eq!((index.waiting(&bob, 0).count(), index.total), (0, MB));
        assert!(index.complete(&bob, &coming, "came".to_owned()));
    }

    #[test]
    fn what_is_gone_makes_room_and_what_comes_is_not_shown() {
        let mut index = Index::default();
        let (bob, first) = (user("bob"), name("alice", 0));
        index.hold(&bob, &first, held(MB, false), MB).unwrap();
        assert_eq!(index.waiting(&bob, 0).count(), 0);
        let again = |index: &mut Index| index.hold(&bob, &first, held(MB, false), MB);
        assert_eq!(again(&mut index), Err(NoRoom::Coming));
        assert!(!index.remove_whole(&bob, &first), "it comes still");
        assert!(!index.complete(&bob, &name("alice", 1), String::new()));
        assert!(index.complete(&bob, &first, "envelope".to_owned()));
        assert_eq!(again(&mut index), Err(NoRoom::Known));
        assert_eq!(index.waiting(&bob, 9).count(), 1);
        assert_eq!(index.waiting(&bob, 10).count(), 0);
        assert_eq!(index.expired(10), [(bob.clone(), first.clone())]);
        assert!(index.remove_whole(&bob, &first) && !index.remove_whole(&bob, &first));
        assert_eq!(again(&mut index), Ok(()));
    }
}
