//! Who may use the server: everybody, who is listed, or who was invited; and nobody whom the host
//! has shut out.
//!
//! What it has to remember is in an [`AccessStore`], so that another kind of store can take its
//! place.

mod store;
mod ticket;

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fs, io};

use tracing::error;
use wimpex_identity::is_key_id;
use wimpex_protocol::{AccessRefusal, UserId};

use crate::config::{AccessConfig, AccessPolicy};
use crate::random;
pub(crate) use store::{AccessRecord, AccessStore, FileStore, Invitation};
use ticket::Tickets;

/// Invitations that are kept at once; older ones that are over make room.
const MAX_INVITATIONS: usize = 10_000;
/// People who can be let in by one.
pub(crate) const MAX_USES: u32 = 10_000;
/// People who can be shut out.
const MAX_BLOCKED: usize = 100_000;

/// See the module.
pub(crate) struct Access {
    tickets: Tickets,
    state: Mutex<State>,
}

struct State {
    config: AccessConfig,
    listed: HashSet<UserId>,
    record: AccessRecord,
    store: Box<dyn AccessStore + Send>,
    /// Another process goes on from what is kept.
    is_handed_over: bool,
}

/// Why something could not be done for the host.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccessError {
    #[error("cannot keep it: {0}")]
    Store(#[from] io::Error),
    #[error("there are as many already as can be kept")]
    Full,
    #[error("there is none")]
    Missing,
    #[error("another process is taking this one's place; ask again")]
    HandedOver,
    #[error("the system has no randomness to give: {0}")]
    Random(#[from] getrandom::Error),
}

impl Access {
    /// # Errors
    /// If the list or what is kept cannot be read: nobody is to be let in by mistake.
    pub(crate) fn open(
        config: &AccessConfig,
        key: [u8; 32],
        store: Box<dyn AccessStore + Send>,
    ) -> io::Result<Self> {
        let state = State {
            config: config.clone(),
            listed: read_list(config.access_file.as_deref())?,
            record: store.load()?,
            store,
            is_handed_over: false,
        };
        Ok(Self {
            tickets: Tickets::new(key),
            state: Mutex::new(state),
        })
    }

    /// Whether this person may use the server. A ticket that lets somebody in is used once more.
    pub(crate) fn admit(
        &self,
        user: &UserId,
        ticket: Option<&str>,
        now: SystemTime,
    ) -> Result<(), AccessRefusal> {
        let mut state = self.lock();
        if state.record.blocked.contains(user.as_str()) {
            return Err(AccessRefusal::Blocked);
        }
        if !state.config.guests && !is_key_id(user) {
            return Err(AccessRefusal::NoGuests);
        }
        match state.config.access {
            AccessPolicy::Open => Ok(()),
            _ if state.listed.contains(user) => Ok(()),
            AccessPolicy::Listed => Err(AccessRefusal::NotInvited),
            AccessPolicy::Invited if state.record.admitted.contains_key(user.as_str()) => Ok(()),
            AccessPolicy::Invited => {
                let ticket = ticket.ok_or(AccessRefusal::NotInvited)?;
                let id = self
                    .tickets
                    .read(ticket)
                    .ok_or(AccessRefusal::InvitationOver)?;
                state.redeem(&id, user, now)
            }
        }
    }

    /// A new ticket for so many people, and its id.
    pub(crate) fn invite(
        &self,
        uses: u32,
        expires: Duration,
        now: SystemTime,
    ) -> Result<(String, String), AccessError> {
        let id = random::bytes::<8>()?;
        let name = ticket::name(&id);
        let invitation = Invitation {
            uses: uses.clamp(1, MAX_USES),
            used: 0,
            until: seconds(now).saturating_add(expires.as_secs()),
        };
        self.change(|record| {
            if record.invitations.len() >= MAX_INVITATIONS {
                record.invitations.retain(|_, one| one.is_good(now));
            }
            if record.invitations.len() >= MAX_INVITATIONS {
                return Err(AccessError::Full);
            }
            record.invitations.insert(name.clone(), invitation);
            Ok(())
        })?;
        Ok((name, self.tickets.issue(&id)))
    }

    /// Takes an invitation back; with those whom it has let in, if `with_people`: these are then
    /// no longer known, and are returned.
    pub(crate) fn revoke(&self, id: &str, with_people: bool) -> Result<Vec<UserId>, AccessError> {
        let mut people = Vec::new();
        self.change(|record| {
            record.invitations.remove(id).ok_or(AccessError::Missing)?;
            if with_people {
                let theirs = record.admitted.extract_if(.., |_, by| by == id);
                people = theirs
                    .filter_map(|(user, _)| UserId::parse(user).ok())
                    .collect();
            }
            Ok(())
        })?;
        Ok(people)
    }

    /// Shuts somebody out, or lets them in again.
    pub(crate) fn block(&self, user: &UserId, is_blocked: bool) -> Result<(), AccessError> {
        self.change(|record| {
            if !is_blocked {
                let was = record.blocked.remove(user.as_str());
                return was.then_some(()).ok_or(AccessError::Missing);
            }
            if record.blocked.len() >= MAX_BLOCKED {
                return Err(AccessError::Full);
            }
            record.blocked.insert(user.as_str().to_owned());
            Ok(())
        })
    }

    /// A copy of what is remembered.
    pub(crate) fn record(&self) -> AccessRecord {
        self.lock().record.clone()
    }

    /// Who is let in.
    pub(crate) fn policy(&self) -> AccessPolicy {
        self.lock().config.access
    }

    /// Goes by another configuration, if there is one, and reads the list again. Who was listed and
    /// is no more is returned.
    ///
    /// # Errors
    /// A list that cannot be read; then nothing has changed.
    pub(crate) fn reload(&self, config: Option<&AccessConfig>) -> io::Result<Vec<UserId>> {
        let mut state = self.lock();
        let config = config.unwrap_or(&state.config).clone();
        let listed = read_list(config.access_file.as_deref())?;
        let before = std::mem::replace(&mut state.listed, listed);
        state.config = config;
        Ok(before.difference(&state.listed).cloned().collect())
    }

    /// From now on nothing changes here: the next process goes on from what is kept. Logins have
    /// ended before.
    pub(crate) fn hand_over(&self) {
        self.lock().is_handed_over = true;
    }

    /// The next process did not come.
    pub(crate) fn take_back(&self) {
        self.lock().is_handed_over = false;
    }

    /// Goes on from what another process has kept.
    pub(crate) fn reread_record(&self) -> io::Result<()> {
        let mut state = self.lock();
        state.record = state.store.load()?;
        Ok(())
    }

    /// All or nothing: what could not be kept has not happened.
    fn change(
        &self,
        change: impl FnOnce(&mut AccessRecord) -> Result<(), AccessError>,
    ) -> Result<(), AccessError> {
        let mut state = self.lock();
        if state.is_handed_over {
            return Err(AccessError::HandedOver);
        }
        let mut record = state.record.clone();
        change(&mut record)?;
        state.store.keep(&record)?;
        state.record = record;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn redeem(&mut self, id: &str, user: &UserId, now: SystemTime) -> Result<(), AccessRefusal> {
        let Some(invitation) = self.record.invitations.get_mut(id) else {
            return Err(AccessRefusal::InvitationOver);
        };
        if !invitation.is_good(now) {
            return Err(AccessRefusal::InvitationOver);
        }
        invitation.used += 1;
        let admitted = user.as_str().to_owned();
        self.record.admitted.insert(admitted, id.to_owned());
        if let Err(error) = self.store.keep(&self.record) {
            // In memory it counts all the same: nobody comes in twice by it.
            error!(%error, "cannot keep that an invitation was used");
        }
        Ok(())
    }
}

impl Invitation {
    /// Whether it lets anybody else in.
    pub(crate) fn is_good(&self, now: SystemTime) -> bool {
        self.used < self.uses && seconds(now) < self.until
    }
}

fn read_list(file: Option<&Path>) -> io::Result<HashSet<UserId>> {
    let Some(file) = file else {
        return Ok(HashSet::new());
    };
    let text = fs::read_to_string(file)?;
    let mut listed = HashSet::new();
    for (number, line) in text.lines().enumerate() {
        let id = line.split('#').next().unwrap_or_default().trim();
        if id.is_empty() {
            continue;
        }
        // Whole links are taken too: that is what people send.
        let id = id.rsplit('/').next().unwrap_or(id);
        let user = UserId::parse(id).map_err(|_| {
            let text = format!("{}:{}: that is no id", file.display(), number + 1);
            io::Error::new(io::ErrorKind::InvalidData, text)
        })?;
        listed.insert(user);
    }
    Ok(listed)
}

/// Whether a list can be read.
///
/// # Errors
/// Why not.
pub(crate) fn check_list(file: &Path) -> io::Result<()> {
    read_list(Some(file)).map(drop)
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> UserId {
        UserId::parse(id).unwrap()
    }

    fn access(folder: &Path, config: &AccessConfig) -> Access {
        let store = Box::new(FileStore::new(Some(folder)));
        Access::open(config, [7; 32], store).unwrap()
    }

    fn invited() -> AccessConfig {
        AccessConfig {
            access: AccessPolicy::Invited,
            ..AccessConfig::default()
        }
    }

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn an_invitation_lets_in_so_many_and_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        let first = access(folder.path(), &invited());
        assert_eq!(
            first.admit(&user("guest-a"), None, now),
            Err(AccessRefusal::NotInvited)
        );
        let (_, ticket) = first.invite(2, DAY, now).unwrap();
        for (who, admitted) in [
            ("guest-a", Ok(())),
            ("guest-a", Ok(())),
            ("guest-b", Ok(())),
            ("guest-c", Err(AccessRefusal::InvitationOver)),
        ] {
            assert_eq!(
                first.admit(&user(who), Some(&ticket), now),
                admitted,
                "{who}"
            );
        }
        drop(first);
        let again = access(folder.path(), &invited());
        assert_eq!(again.admit(&user("guest-b"), None, now), Ok(()));
        assert_eq!(
            again.admit(&user("guest-c"), Some(&ticket), now),
            Err(AccessRefusal::InvitationOver)
        );
    }

    #[test]
    fn an_invitation_ends_with_its_time_or_when_it_is_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        let access = access(folder.path(), &invited());
        let (id, ticket) = access.invite(9, DAY, now).unwrap();
        let over = Err(AccessRefusal::InvitationOver);
        assert_eq!(
            access.admit(&user("guest-a"), Some(&ticket), now + DAY),
            over
        );
        assert_eq!(access.admit(&user("guest-b"), Some(&ticket), now), Ok(()));
        access.revoke(&id, false).unwrap();
        assert_eq!(access.admit(&user("guest-a"), Some(&ticket), now), over);
        assert_eq!(access.admit(&user("guest-b"), None, now), Ok(()));
        assert!(matches!(
            access.revoke(&id, true),
            Err(AccessError::Missing)
        ));
    }

    #[test]
    fn who_is_shut_out_stays_out_until_let_in_again() {
        let folder = tempfile::tempdir().unwrap();
        let access = access(folder.path(), &AccessConfig::default());
        let (now, mallory) = (SystemTime::now(), user("guest-m"));
        access.block(&mallory, true).unwrap();
        assert_eq!(
            access.admit(&mallory, None, now),
            Err(AccessRefusal::Blocked)
        );
        access.block(&mallory, false).unwrap();
        assert_eq!(access.admit(&mallory, None, now), Ok(()));
    }

    #[test]
    fn a_list_is_ids_or_links_and_its_faults_have_lines() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("people");
        fs::write(
            &file,
            "# us\nguest-a\nhttps://call.example.org/u/guest-b  # Bob\n\n",
        )
        .unwrap();
        let config = AccessConfig {
            access: AccessPolicy::Listed,
            access_file: Some(file.clone()),
            ..AccessConfig::default()
        };
        let access = access(folder.path(), &config);
        let now = SystemTime::now();
        assert_eq!(access.admit(&user("guest-b"), None, now), Ok(()));
        let refused = Err(AccessRefusal::NotInvited);
        assert_eq!(access.admit(&user("guest-c"), None, now), refused);
        fs::write(&file, "guest-c\n").unwrap();
        access.reload(None).unwrap();
        assert_eq!(access.admit(&user("guest-c"), None, now), Ok(()));
        fs::write(&file, "guest-c\ntwo words\n").unwrap();
        assert!(check_list(&file).unwrap_err().to_string().contains(":2:"));
        assert!(access.reload(Some(&AccessConfig::default())).is_ok());
        assert_eq!(access.admit(&user("guest-d"), None, now), Ok(()));
        assert!(access.reload(Some(&config)).is_err());
        assert_eq!(access.admit(&user("guest-d"), None, now), Ok(()));
        fs::write(&file, "guest-c\n").unwrap();
        assert!(access.reload(Some(&config)).is_ok());
        assert_eq!(access.admit(&user("guest-c"), None, now), Ok(()));
    }

    #[test]
    fn guests_can_be_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let config = AccessConfig {
            guests: false,
            ..AccessConfig::default()
        };
        let refused =
            access(folder.path(), &config).admit(&user("guest-a"), None, SystemTime::now());
        assert_eq!(refused, Err(AccessRefusal::NoGuests));
    }

    #[test]
    fn what_is_broken_lets_nobody_in_by_mistake() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("access.json"), "my diary").unwrap();
        let store = Box::new(FileStore::new(Some(folder.path())));
        assert!(Access::open(&invited(), [7; 32], store).is_err());
    }
}
