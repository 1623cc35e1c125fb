//! Which STUN and TURN servers a client is told to use.
//!
//! TURN credentials are time-limited, as our own relay and coturn's
//! `use-auth-secret` want them, and those of guests are short; see [`crate::relay_access`]
//! for when they come, and [`wimpex_relay::credentials`]. Their user name
//! is a pseudonym, because STUN sends it in clear text.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wimpex_identity::is_key_id;
use wimpex_protocol::{IceServer, UserId};
use wimpex_relay::credentials::SharedSecret;

use crate::config::IceConfig;
use crate::relays::Relays;
use crate::turn::Own;
use crate::url_scheme::check_schemes;

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// See the module.
pub(crate) struct Ice {
    urls: RwLock<Urls>,
    turn: Option<Turn>,
    /// Relays of ours that run elsewhere, which take the place of our own.
    relays: Option<Arc<Relays>>,
}

/// Our own, which may change, go before those that the host has named.
struct Urls {
    own_stun: Vec<String>,
    other_stun: Vec<String>,
    own_turn: Vec<String>,
    other_turn: Vec<String>,
}

struct Turn {
    secret: SharedSecret,
    /// Of the owner of a key, and of a guest.
    ttl_seconds: u64,
    guest_ttl_seconds: u64,
}

impl Ice {
    /// With our own STUN and TURN, if there are any, before all others.
    ///
    /// # Errors
    /// A sentence that says which flag makes no sense.
    pub(crate) fn new(
        config: &IceConfig,
        own: Option<Own>,
        relays: Option<Arc<Relays>>,
    ) -> Result<Self, String> {
        check_schemes(&config.stun_url, "--stun-url", ["stun:", "stuns:"])?;
        check_schemes(&config.turn_url, "--turn-url", ["turn:", "turns:"])?;
        if !config.turn_url.is_empty() && config.turn_secret.is_none() {
            return Err("--turn-url needs --turn-secret".to_owned());
        }
        let given = config.turn_secret.as_ref();
        let given = given.map(|secret| SharedSecret::new(secret.reveal()));
        // With both, a given secret is that of our own too.
        let (own_stun, own_turn, secret) = match own {
            Some(own) => (own.stun_urls, own.turn_urls, Some(own.secret)),
            None => (Vec::new(), Vec::new(), given),
        };
        let has_turn = !own_turn.is_empty() || !config.turn_url.is_empty() || relays.is_some();
        let turn = secret.filter(|_| has_turn).map(|secret| Turn {
            secret,
            ttl_seconds: config.turn_ttl_seconds,
            guest_ttl_seconds: config.turn_guest_ttl_seconds.min(config.turn_ttl_seconds),
        });
        let urls = RwLock::new(Urls {
            own_stun,
            other_stun: config.stun_url.clone(),
            own_turn,
            other_turn: config.turn_url.clone(),
        });
        Ok(Self { urls, turn, relays })
    }

    /// Our own are to be found elsewhere from now on.
    pub(crate) fn move_own(&self, own: Own) {
        let mut urls = self.urls.write().unwrap_or_else(PoisonError::into_inner);
        (urls.own_stun, urls.own_turn) = (own.stun_urls, own.turn_urls);
    }

    /// For how long a user's credentials count; `None` if there are none.
    pub(crate) fn ttl(&self, user: &UserId) -> Option<Duration> {
        let turn = self.turn.as_ref()?;
        Some(Duration::from_secs(turn.ttl_seconds_of(user)))
    }

    /// Whether a user gets credentials with each call, and not with the login.
    pub(crate) fn comes_with_calls(&self, user: &UserId) -> bool {
        self.turn.is_some() && !is_key_id(user)
    }

    /// `iceServers` for who has not begun a call: without TURN for whom that comes with
    /// calls.
    pub(crate) fn servers_at_login(&self, user: &UserId, now: SystemTime) -> Vec<IceServer> {
        if self.comes_with_calls(user) {
            return self.stun(user).into_iter().collect();
        }
        self.servers(user, now)
    }

    /// `iceServers` for one user; TURN credentials count from `now`.
    pub(crate) fn servers(&self, user: &UserId, now: SystemTime) -> Vec<IceServer> {
        let mut servers: Vec<IceServer> = self.stun(user).into_iter().collect();
        let urls = self.told(user).1;
        if let Some(turn) = self.turn.as_ref().filter(|_| !urls.is_empty()) {
            let now = now
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs());
            let expiry = now.saturating_add(turn.ttl_seconds_of(user));
            let pseudonym = turn.secret.pseudonym(user.as_str(), now / SECONDS_PER_DAY);
            let (username, credential) = turn.secret.issue(&pseudonym, expiry);
            servers.push(IceServer {
                urls,
                credential: Some(credential),
                username: Some(username),
            });
        }
        servers
    }

    fn stun(&self, user: &UserId) -> Option<IceServer> {
        let urls = self.told(user).0;
        (!urls.is_empty()).then_some(IceServer {
            urls,
            username: None,
            credential: None,
        })
    }

    /// Those of STUN and of TURN: our own, or those of ours that run elsewhere, if there are any.
    fn told(&self, user: &UserId) -> (Vec<String>, Vec<String>) {
        let elsewhere = self.relays.as_ref().map(|relays| relays.told(user));
        let urls = self.urls();
        match elsewhere.filter(|all| !all.is_empty()) {
            None => (urls.stun(), urls.turn()),
            Some(all) => {
                let (stun, turn): (Vec<_>, Vec<_>) =
                    all.into_iter().map(|it| (it.stun, it.turn)).unzip();
                (
                    [stun.concat(), urls.other_stun.clone()].concat(),
                    [turn.concat(), urls.other_turn.clone()].concat(),
                )
            }
        }
    }

    fn urls(&self) -> RwLockReadGuard<'_, Urls> {
        self.urls.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Urls {
    fn stun(&self) -> Vec<String> {
        [&self.own_stun[..], &self.other_stun].concat()
    }

    fn turn(&self) -> Vec<String> {
        [&self.own_turn[..], &self.other_turn].concat()
    }
}

impl Turn {
    fn ttl_seconds_of(&self, user: &UserId) -> u64 {
        if is_key_id(user) {
            self.ttl_seconds
        } else {
            self.guest_ttl_seconds
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn config(stun: &[&str], turn: &[&str], secret: Option<&str>) -> IceConfig {
        IceConfig {
            stun_url: stun.iter().map(|&url| url.to_owned()).collect(),
            turn_url: turn.iter().map(|&url| url.to_owned()).collect(),
            turn_secret: secret.map(|text| text.parse().unwrap()),
            turn_ttl_seconds: 600,
            turn_guest_ttl_seconds: 60,
        }
    }

    fn servers(config: &IceConfig) -> Vec<IceServer> {
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let user = UserId::parse("guest-alice").unwrap();
        Ice::new(config, None, None).unwrap().servers(&user, now)
    }

    #[test]
    fn none_by_default() {
        assert!(servers(&IceConfig::default()).is_empty());
    }

    #[test]
    fn turn_credentials_are_what_coturn_computes() {
        let servers = servers(&config(
            &["stun:a:3478"],
            &["turn:b:3478?transport=udp", "turns:b:5349"],
            Some("north"),
        ));
        assert_eq!(servers[0].urls, ["stun:a:3478"]);
        assert_eq!(servers[0].username, None);
        assert_eq!(servers[1].urls.len(), 2);
        let username = servers[1].username.as_deref().unwrap();
        let (expiry, pseudonym) = username.split_once(':').unwrap();
        assert_eq!((expiry, pseudonym.len()), ("1700000060", 16), "a guest's");
        let password = SharedSecret::new("north").password(username);
        assert_eq!(servers[1].credential, Some(password));
    }

    #[test]
    fn a_guests_come_with_calls_and_are_short() {
        let config = config(&["stun:a"], &["turn:b:3478"], Some("north"));
        let ice = Ice::new(&config, None, None).unwrap();
        let (guest, owner) = (
            UserId::parse("guest-alice").unwrap(),
            UserId::parse("w1yozrvo6vylbp2xsj7fwtnptavdd6mryd").unwrap(),
        );
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        assert!(ice.comes_with_calls(&guest) && !ice.comes_with_calls(&owner));
        assert_eq!(ice.servers_at_login(&guest, now).len(), 1);
        let at_login = ice.servers_at_login(&owner, now);
        assert_eq!(at_login, ice.servers(&owner, now));
        assert!(
            at_login[1]
                .username
                .as_deref()
                .unwrap()
                .starts_with("1700000600:")
        );
        assert_eq!(ice.ttl(&guest), Some(Duration::from_secs(60)));
        assert_eq!(ice.ttl(&owner), Some(Duration::from_secs(600)));
        // Where there is no relay there is nothing to ask for.
        let none = Ice::new(&IceConfig::default(), None, None).unwrap();
        assert!(!none.comes_with_calls(&guest));
    }

    /// What is sent in clear text to every TURN server says nothing about the link.
    #[test]
    fn the_user_name_is_a_pseudonym_that_changes_daily() {
        let config = config(&[], &["turn:b:3478"], Some("north"));
        let ice = Ice::new(&config, None, None).unwrap();
        let name = |user: &str, seconds: u64| {
            let user = UserId::parse(user).unwrap();
            let now = UNIX_EPOCH + Duration::from_secs(seconds);
            let username = ice.servers(&user, now)[0].username.clone().unwrap();
            username.split_once(':').unwrap().1.to_owned()
        };
        let alice = "w1yozrvo6vylbp2xsj7fwtnptavdd6mryd";
        let today = name(alice, 1_700_000_000);
        assert_eq!(name(alice, 1_700_000_600), today, "quotas go by it");
        assert_ne!(name("guest-bob", 1_700_000_000), today);
        assert_ne!(name(alice, 1_700_000_000 + SECONDS_PER_DAY), today);
        assert!(!today.contains("w1") && !alice.contains(&today));
    }

    #[test]
    fn flags_that_make_no_sense_are_refused() {
        for wrong in [
            config(&["stun.example.org"], &[], None),
            config(&["turn:a"], &[], None),
            config(&["stun://a"], &[], None),
            config(&[], &["turn:"], Some("x")),
            config(&[], &["turn:a"], None),
        ] {
            assert!(Ice::new(&wrong, None, None).is_err(), "{wrong:?}");
        }
    }
}
