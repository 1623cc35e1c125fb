//! Our own STUN and TURN: the flags, and from them what the relay is told and
//! what clients are told.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio_rustls::rustls;
use wimpex_relay::config::{RelayAddress, Timing, Tls};
use wimpex_relay::credentials::SharedSecret;
use wimpex_relay::outward_address;

use crate::config::{Config, Role, TurnConfig};

const PORT: u16 = 3478;
const TLS_PORT: u16 = 5349;
const REALM: &str = "wimpex";

/// What clients are told of our own STUN and TURN.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    pub(crate) stun_urls: Vec<String>,
    pub(crate) turn_urls: Vec<String>,
    pub(crate) secret: SharedSecret,
}

/// Whether there is to be any, by this process or by one with `--role turn`.
pub(crate) fn is_wanted(config: &Config) -> bool {
    let by_default = !config.page_listen().is_loopback() && config.ice.turn_url.is_empty();
    config
        .turn
        .turn
        .unwrap_or(by_default || config.role == Role::Turn)
}

/// What the relay is told; `key` is the one in the secret file.
///
/// # Errors
/// A sentence that says which flag makes no sense.
pub(crate) fn relay_config(
    config: &Config,
    key: &[u8],
    tls: Option<Arc<rustls::ServerConfig>>,
) -> Result<wimpex_relay::Config, String> {
    let turn = &config.turn;
    let listen = match &turn.turn_listen[..] {
        [] => default_listen(config.page_listen(), &turn.turn_public_ip),
        listen => listen.to_vec(),
    };
    let secret = match &config.ice.turn_secret {
        Some(secret) => SharedSecret::new(secret.reveal()),
        None => derived_secret(key),
    };
    Ok(wimpex_relay::Config {
        tls: tls_config(turn, &listen, tls)?,
        relays: relays(turn, &listen)?,
        listen,
        ports: turn.turn_relay_ports.ports(),
        secret,
        realm: REALM.to_owned(),
        allow_peers: turn.turn_allow_peer.clone(),
        limits: turn.limits.clone(),
        timing: Timing::default(),
    })
}

/// What clients are told of a relay with this configuration. `listen` and `tls`
/// are where it really listens, if ports were left to the system.
pub(crate) fn own(
    config: &Config,
    relay: &wimpex_relay::Config,
    listen: &[SocketAddr],
    tls: &[SocketAddr],
) -> Own {
    let publics = relay.relays.iter().map(|relay| relay.public);
    let domain = config.https.domain.first().map(ToString::to_string);
    let hosts: Vec<(String, Option<bool>)> = match config.turn.turn_host.clone().or(domain) {
        Some(name) => vec![(name, None)],
        None => publics.map(|ip| (in_url(ip), Some(ip.is_ipv4()))).collect(),
    };
    let mut own = Own {
        stun_urls: Vec::new(),
        turn_urls: Vec::new(),
        secret: relay.secret.clone(),
    };
    let mut turns_urls = Vec::new();
    // Where the page came from is where nothing is in the way: beside https, if there is a name
    // that leads here.
    let beside_https = config.https.listen().first().map(SocketAddr::port);
    let beside_https = beside_https.filter(|port| *port != 0 && config.role == Role::All);
    for (host, family) in &hosts {
        let port = |addresses: &[SocketAddr]| {
            let fits = |address: &&SocketAddr| family.is_none_or(|v4| address.is_ipv4() == v4);
            addresses.iter().find(fits).map(SocketAddr::port)
        };
        if let Some(port) = port(listen) {
            own.stun_urls.push(format!("stun:{host}:{port}"));
            for transport in ["udp", "tcp"] {
                let url = format!("turn:{host}:{port}?transport={transport}");
                own.turn_urls.push(url);
            }
        }
        let beside_https = beside_https.filter(|_| family.is_none());
        if let Some(port) = beside_https.or_else(|| port(tls)) {
            turns_urls.push(format!("turns:{host}:{port}?transport=tcp"));
        }
    }
    own.turn_urls.extend(turns_urls);
    own
}

/// So that processes with the same secret file agree on it, and so that the
/// file's key is not what anybody else knows.
fn derived_secret(key: &[u8]) -> SharedSecret {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes any key");
    mac.update(b"wimpex: the secret of TURN's credentials, version 1");
    SharedSecret::new(HEXLOWER.encode(&mac.finalize().into_bytes()))
}

/// Where the page is served; if that is everywhere, then in both families, but
/// IPv6 only if the host has it.
fn default_listen(ip: IpAddr, public: &[IpAddr]) -> Vec<SocketAddr> {
    if !ip.is_unspecified() {
        return vec![SocketAddr::new(ip, PORT)];
    }
    let mut listen = vec![SocketAddr::from((Ipv4Addr::UNSPECIFIED, PORT))];
    if outward_address(true).is_some() || public.iter().any(IpAddr::is_ipv6) {
        listen.push(SocketAddr::from((Ipv6Addr::UNSPECIFIED, PORT)));
    }
    listen
}

fn tls_config(
    turn: &TurnConfig,
    listen: &[SocketAddr],
    config: Option<Arc<rustls::ServerConfig>>,
) -> Result<Option<Tls>, String> {
    let Some(config) = config else {
        return if turn.turn_tls_listen.is_empty() {
            Ok(None)
        } else {
            Err("--turn-tls-listen needs --domain, or --tls-cert and --tls-key".to_owned())
        };
    };
    let on_tls_port = |address: &SocketAddr| SocketAddr::new(address.ip(), TLS_PORT);
    Ok(Some(Tls {
        listen: match &turn.turn_tls_listen[..] {
            [] => listen.iter().map(on_tls_port).collect(),
            listen => listen.to_vec(),
        },
        config,
    }))
}

/// One relayed address for each family that we listen in and are reached in.
pub(crate) fn relays(
    turn: &TurnConfig,
    listen: &[SocketAddr],
) -> Result<Vec<RelayAddress>, String> {
    let mut relays: Vec<RelayAddress> = Vec::new();
    let bind = |v4: bool| {
        let same = listen.iter().map(SocketAddr::ip);
        same.into_iter().find(|ip| ip.is_ipv4() == v4)
    };
    for &public in &turn.turn_public_ip {
        let bind = bind(public.is_ipv4()).ok_or_else(|| {
            format!("--turn-public-ip {public}: no --turn-listen is of the same family")
        })?;
        relays.push(RelayAddress { bind, public });
    }
    if relays.is_empty() {
        for bind in [true, false].into_iter().filter_map(bind) {
            let public = if bind.is_unspecified() {
                outward_address(bind.is_ipv6())
            } else {
                Some(bind)
            };
            relays.extend(public.map(|public| RelayAddress { bind, public }));
        }
    }
    if relays.is_empty() {
        return Err("this host has no way to the internet; say --turn-public-ip".to_owned());
    }
    Ok(relays)
}

fn in_url(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn parse(flags: &[&str]) -> Config {
        Config::parse_from([&["wimpex-server"], flags].concat())
    }

    fn told(flags: &[&str]) -> Own {
        let config = parse(flags);
        let relay = relay_config(&config, &[7; 32], None).unwrap();
        let tls = relay.tls.as_ref().map_or(&[][..], |tls| &tls.listen[..]);
        own(&config, &relay, &relay.listen, tls)
    }

    #[test]
    fn it_is_there_where_others_can_reach_it() {
        assert!(!is_wanted(&parse(&[])));
        assert!(is_wanted(&parse(&["--turn"])));
        assert!(is_wanted(&parse(&["--role", "turn"])));
        assert!(is_wanted(&parse(&["--listen", "0.0.0.0:80"])));
        assert!(!is_wanted(&parse(&[
            "--listen",
            "0.0.0.0:80",
            "--turn=false"
        ])));
        let coturn = [
            "--listen",
            "[::]:80",
            "--turn-url",
            "turn:a",
            "--turn-secret",
            "x",
        ];
        assert!(!is_wanted(&parse(&coturn)));
        assert!(is_wanted(&parse(&[&coturn[..], &["--turn"]].concat())));
    }

    #[test]
    fn clients_are_told_every_way_to_it() {
        let own = told(&["--turn", "--listen", "192.0.2.5:80"]);
        assert_eq!(own.stun_urls, ["stun:192.0.2.5:3478"]);
        assert_eq!(
            own.turn_urls,
            [
                "turn:192.0.2.5:3478?transport=udp",
                "turn:192.0.2.5:3478?transport=tcp"
            ]
        );
        let own = told(&[
            "--turn-listen=10.0.0.5:1,[fd00::5]:2",
            "--turn-public-ip=198.51.100.1,2001:db8::1",
        ]);
        assert_eq!(
            own.stun_urls,
            ["stun:198.51.100.1:1", "stun:[2001:db8::1]:2"]
        );
        let own = told(&["--turn-listen=10.0.0.5:1", "--turn-host=turn.example.org"]);
        assert_eq!(own.stun_urls, ["stun:turn.example.org:1"]);
    }

    /// Field report 26: in a network with IPv6 alone, NAT64 and DNS64 lead to a host with IPv4 by its
    /// name, and nothing leads to an address of IPv4.
    #[test]
    fn report_26_who_has_a_name_is_told_by_name_alone() {
        let listen = ["--turn-listen=192.0.2.5:1", "--turn-public-ip=192.0.2.5"];
        for name in ["--domain=call.example.org", "--turn-host=call.example.org"] {
            let config = parse(&[&listen[..], &[name]].concat());
            let relay = relay_config(&config, &[7; 32], None).unwrap();
            let tls = ["192.0.2.5:5349".parse().unwrap()];
            let own = own(&config, &relay, &relay.listen, &tls);
            let urls: Vec<_> = own.stun_urls.iter().chain(&own.turn_urls).collect();
            assert_eq!(urls.len(), 4, "{urls:?}");
            for url in urls {
                assert!(url.contains(":call.example.org:"), "{name}: {url}");
            }
        }
    }

    #[test]
    fn turns_is_beside_https_where_a_name_leads_to_both() {
        let turns = |flags: &[&str]| {
            let config = parse(&[flags, &["--turn-listen=192.0.2.5:1"]].concat());
            let relay = relay_config(&config, &[7; 32], None).unwrap();
            let tls = ["192.0.2.5:5349".parse().unwrap()];
            own(&config, &relay, &relay.listen, &tls).turn_urls.pop()
        };
        let url = |port: u16| Some(format!("turns:call.example.org:{port}?transport=tcp"));
        assert_eq!(turns(&["--domain=call.example.org"]), url(443));
        let own_files = ["--https-listen=[::]:8443", "--turn-host=call.example.org"];
        assert_eq!(turns(&own_files), url(8443));
        assert_eq!(turns(&["--turn-host=call.example.org"]), url(5349));
        let elsewhere = ["--domain=call.example.org", "--role=signaling"];
        assert_eq!(turns(&elsewhere), url(5349));
    }

    #[test]
    fn relay_sockets_are_where_it_listens() {
        let config = parse(&["--turn-listen=10.0.0.5:1", "--turn-public-ip=198.51.100.1"]);
        let relay = relay_config(&config, &[7; 32], None).unwrap();
        let expected = RelayAddress {
            bind: "10.0.0.5".parse().unwrap(),
            public: "198.51.100.1".parse().unwrap(),
        };
        assert_eq!(relay.relays, [expected]);
        let config = parse(&["--turn-listen=10.0.0.5:1", "--turn-public-ip=2001:db8::1"]);
        assert!(relay_config(&config, &[7; 32], None).is_err());
        let config = parse(&["--turn-tls-listen=10.0.0.5:1"]);
        assert!(relay_config(&config, &[7; 32], None).is_err());
    }

    #[test]
    fn the_secret_is_the_same_wherever_the_file_is() {
        let config = parse(&["--turn"]);
        let secret = |key| relay_config(&config, &[key; 32], None).unwrap().secret;
        assert_eq!(secret(7), secret(7));
        assert_ne!(secret(7), secret(8));
        let config = parse(&["--turn", "--turn-secret", "north"]);
        let relay = relay_config(&config, &[7; 32], None).unwrap();
        assert_eq!(relay.secret, SharedSecret::new("north"));
    }
}
