//! The looks themselves. They come from this host: what a router or a firewall in front of it does
//! is seen from outside only, and the words say so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{HOST, LOCATION};
use http::{Request, StatusCode};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use wimpex_relay::outward_address;

use super::verdict::Verdict;
use crate::client_address::TrustedProxies;
use crate::config::{Config, Domain, Role};
use crate::private_address::is_private;
use crate::tls::TURN_ALPN;
use crate::turn_client::{TurnClient, binding_over};
use crate::{admin, secret, turn};

/// For one connection, or one answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// For a server that has just been started, and its first certificate.
const START: Duration = Duration::from_secs(120);
const AGAIN: Duration = Duration::from_millis(500);

/// All of them, in the order in which one needs the other.
pub(super) async fn all(config: &Config) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for domain in &config.https.domain {
        verdicts.push(name(domain).await);
    }
    if config.role != Role::Turn {
        verdicts.extend(page(config).await);
        verdicts.extend(redirect(config).await);
    }
    if turn::is_wanted(config) {
        verdicts.extend(stun_and_turn(config).await);
        if let (Some(domain), Role::All) = (config.https.domain.first(), config.role) {
            for listen in config.https.listen() {
                verdicts.push(turn_over_tls(config, here(listen), domain).await);
            }
        }
    }
    verdicts
}

/// Waits until the page answers, or long enough.
pub(super) async fn until_ready(config: &Config) {
    let until = Instant::now() + START;
    while Instant::now() < until {
        if !page(config).await.iter().any(Verdict::is_failure) {
            return;
        }
        sleep(AGAIN).await;
    }
}

async fn name(domain: &Domain) -> Verdict {
    const WHAT: &str = "name";
    let found = timeout(PATIENCE, lookup_host((domain.as_str(), 0))).await;
    let addresses: Vec<IpAddr> = match found {
        Ok(Ok(addresses)) => addresses.map(|address| address.ip()).collect(),
        Ok(Err(_)) | Err(_) => Vec::new(),
    };
    if addresses.is_empty() {
        return Verdict::failed(
            WHAT,
            format!("{domain} leads nowhere"),
            "Where you manage the name, add an A record with this host's public IPv4 address, and \
             an AAAA record if it has IPv6; then wait until it is known.",
        );
    }
    let own = [outward_address(false), outward_address(true)];
    let leads_here = |ip: &IpAddr| is_own(*ip) || own.contains(&Some(*ip));
    let list = |ips: &mut dyn Iterator<Item = IpAddr>| -> String {
        ips.map(|ip| ip.to_string()).collect::<Vec<_>>().join(", ")
    };
    let led = list(&mut addresses.iter().copied());
    if addresses.iter().any(leads_here) {
        return Verdict::fine(WHAT, format!("{domain} leads here ({led})"));
    }
    let own = list(&mut own.into_iter().flatten());
    Verdict::doubtful(
        WHAT,
        format!("{domain} leads to {led}; this host sees itself as {own}"),
        "Fine where a router passes the ports on to this host. Otherwise correct the A and AAAA records.",
    )
}

/// Whether one of this host's interfaces has it: nothing else can be bound.
fn is_own(ip: IpAddr) -> bool {
    std::net::UdpSocket::bind((ip, 0)).is_ok()
}

/// Where something listens that is on this host.
fn here(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        // Both families, where the host has both.
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

const NOT_STARTED: &str =
    "Is it running? systemctl status wimpex-server, and journalctl --unit wimpex-server.";

async fn page(config: &Config) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for listen in config.https.listen() {
        match config.https.domain.first() {
            Some(domain) => verdicts.push(over_https(config, here(listen), domain).await),
            None => verdicts.push(match connect(config, here(listen)).await {
                Ok(_) => Verdict::fine("https", format!("something listens at {listen}")),
                Err(why) => Verdict::failed("https", format!("{listen}: {why}"), NOT_STARTED),
            }),
        }
    }
    if let Some(listen) = config.http_listen() {
        let what = "http";
        verdicts.push(match connect(config, here(listen)).await {
            Ok(stream) => {
                let authority = here(listen).to_string();
                healthy(what, ask(stream, &authority, "/healthz").await)
            }
            Err(why) => Verdict::failed(what, format!("{listen}: {why}"), NOT_STARTED),
        });
    }
    verdicts
}

async fn over_https(config: &Config, address: SocketAddr, domain: &Domain) -> Verdict {
    const WHAT: &str = "https";
    match tls(config, address, domain, None).await {
        Ok(stream) => healthy(WHAT, ask(stream, domain.as_str(), "/healthz").await),
        Err(NoTls { why, next }) => Verdict::failed(WHAT, why, next),
    }
}

/// Where networks let nothing else through.
async fn turn_over_tls(config: &Config, address: SocketAddr, domain: &Domain) -> Verdict {
    const WHAT: &str = "turns";
    let stream = match tls(config, address, domain, Some(TURN_ALPN)).await {
        Ok(stream) => stream,
        Err(NoTls { why, next }) => return Verdict::failed(WHAT, why, next),
    };
    match timeout(PATIENCE, binding_over(stream)).await {
        Ok(Ok(_)) => Verdict::fine(
            WHAT,
            format!("STUN and TURN answer over TLS at port {}", address.port()),
        ),
        Ok(Err(why)) => Verdict::failed(WHAT, why, "See docs/turn.md."),
        Err(_) => Verdict::failed(WHAT, "nothing answers", "See docs/turn.md."),
    }
}

/// Why there is no TLS, and what to do.
struct NoTls {
    why: String,
    next: &'static str,
}

async fn tls(
    config: &Config,
    address: SocketAddr,
    domain: &Domain,
    protocol: Option<&[u8]>,
) -> Result<TlsStream<TcpStream>, NoTls> {
    let failed = |why: String, next| NoTls { why, next };
    let stream = connect(config, address).await;
    let stream = stream.map_err(|why| failed(format!("{address}: {why}"), NOT_STARTED))?;
    let name = ServerName::try_from(domain.to_string());
    let name = name.map_err(|_| failed(format!("{domain} is no name"), ""))?;
    let mut trusting = trusting(config);
    trusting.alpn_protocols = protocol.into_iter().map(<[u8]>::to_vec).collect();
    let connector = TlsConnector::from(Arc::new(trusting));
    match timeout(PATIENCE, connector.connect(name, stream)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(failed(
            format!("no certificate that counts for {domain}: {error}"),
            "It is fetched when the name leads here and ports 80 or 443 can be reached from outside: \
             journalctl --unit wimpex-server says what the authority says.",
        )),
        Err(_) => Err(failed("no TLS in time".to_owned(), NOT_STARTED)),
    }
}

fn healthy(what: &'static str, answer: Result<Answer, String>) -> Verdict {
    match answer {
        Ok(answer) if answer.status == StatusCode::OK => Verdict::fine(what, "the page is served"),
        Ok(answer) => Verdict::failed(
            what,
            format!("something else answers there ({})", answer.status),
            "Which program has the port? ss --listening --tcp --processes",
        ),
        Err(why) => Verdict::failed(what, why, NOT_STARTED),
    }
}

async fn redirect(config: &Config) -> Vec<Verdict> {
    const WHAT: &str = "to https";
    let mut verdicts = Vec::new();
    for listen in config.https.redirect() {
        let domain = config
            .https
            .domain
            .first()
            .map_or("localhost", Domain::as_str);
        let answer = match connect(config, here(listen)).await {
            Ok(stream) => ask(stream, domain, "/").await,
            Err(why) => Err(why),
        };
        verdicts.push(match answer {
            Ok(Answer {
                location: Some(to), ..
            }) if to.starts_with("https://") => Verdict::fine(
                WHAT,
                format!("http at port {} leads to {to}", listen.port()),
            ),
            Ok(answer) if answer.status == StatusCode::SERVICE_UNAVAILABLE => Verdict::failed(
                WHAT,
                format!("http at port {} has no https to lead to yet", listen.port()),
                "It leads there as soon as there is a certificate: see above.",
            ),
            Ok(answer) => Verdict::failed(
                WHAT,
                format!("something else answers at {listen} ({})", answer.status),
                "Which program has the port? ss --listening --tcp --processes",
            ),
            Err(why) => Verdict::failed(WHAT, format!("{listen}: {why}"), NOT_STARTED),
        });
    }
    verdicts
}

async fn stun_and_turn(config: &Config) -> Vec<Verdict> {
    let file = config.secret_file().unwrap_or_else(usual_secret_file);
    let key = match secret::read(&file) {
        Ok(key) => key,
        Err(error) => {
            return vec![Verdict::failed(
                "TURN",
                format!("cannot read {}: {error}", file.display()),
                "Only root and the server's own user may: try sudo. The server makes it when it starts.",
            )];
        }
    };
    let relay = match turn::relay_config(config, &key, None) {
        Ok(relay) => relay,
        Err(why) => return vec![Verdict::failed("TURN", why, "See docs/turn.md.")],
    };
    let expiry = SystemTime::now() + Duration::from_secs(60);
    let expiry = expiry
        .duration_since(UNIX_EPOCH)
        .map_or(0, |it| it.as_secs());
    let mut verdicts = Vec::new();
    for &listen in &relay.listen {
        let (user, password) = relay.secret.issue("check", expiry);
        let client = match TurnClient::connect(here(listen)).await {
            Ok(client) => client,
            Err(error) => {
                verdicts.push(Verdict::failed(
                    "STUN",
                    format!("{listen}: {error}"),
                    NOT_STARTED,
                ));
                continue;
            }
        };
        if let Err(why) = client.binding().await {
            verdicts.push(Verdict::failed(
                "STUN",
                format!("UDP at {listen}: {why}"),
                NOT_STARTED,
            ));
            continue;
        }
        verdicts.push(Verdict::fine(
            "STUN",
            format!("answers at {listen} over UDP"),
        ));
        verdicts.push(match client.allocate(user, password).await {
            Ok(relayed) if !is_private(relayed.ip()) => {
                Verdict::fine("TURN", format!("relays from {}", relayed.ip()))
            }
            Ok(relayed) => Verdict::doubtful(
                "TURN",
                format!("relays from {}, which nobody outside can reach", relayed.ip()),
                "Fine for a home or an office. Otherwise set turn-public-ip, and let UDP 49152–65535 through.",
            ),
            Err(why) => Verdict::failed(
                "TURN",
                format!("UDP at {listen}: {why}"),
                "Does the server that runs have the same configuration and state folder?",
            ),
        });
    }
    verdicts
}

fn usual_secret_file() -> PathBuf {
    admin::default_folder().join("server-secret")
}

async fn connect(config: &Config, address: SocketAddr) -> Result<TcpStream, String> {
    // From an address of this host to itself: they are the same one.
    let proxies = TrustedProxies::new(&config.trusted_proxy, config.forwarded_header);
    let is_a_proxy = proxies.announces(address.ip());
    let connected = async {
        let mut stream = TcpStream::connect(address).await?;
        if is_a_proxy {
            // On nobody's behalf (the PROXY protocol, section 2.1).
            stream.write_all(b"PROXY UNKNOWN\r\n").await?;
        }
        Ok::<_, std::io::Error>(stream)
    };
    match timeout(PATIENCE, connected).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("nothing answers".to_owned()),
    }
}

struct Answer {
    status: StatusCode,
    location: Option<String>,
}

async fn ask<S>(stream: S, authority: &str, path: &str) -> Result<Answer, String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let words = |error: hyper::Error| error.to_string();
    let asked = async {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(words)?;
        let connection = tokio::spawn(connection);
        let request = Request::get(path).header(HOST, authority);
        let request = request
            .body(Empty::<Bytes>::new())
            .map_err(|error| error.to_string())?;
        let response = sender.send_request(request).await.map_err(words)?;
        connection.abort();
        let location = response.headers().get(LOCATION);
        Ok(Answer {
            status: response.status(),
            location: location.and_then(|it| it.to_str().ok()).map(str::to_owned),
        })
    };
    match timeout(PATIENCE, asked).await {
        Ok(answer) => answer,
        Err(_) => Err("nothing answers".to_owned()),
    }
}

/// What this system trusts, and who vouches for the authority.
fn trusting(config: &Config) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = &config.https.acme_root {
        let root = CertificateDer::from_pem_file(file);
        roots.add_parsable_certificates(root.ok());
    }
    ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_ones_own_or_another_s() {
        assert!(is_own(Ipv4Addr::LOCALHOST.into()));
        // For documents (RFC 5737): nobody has it.
        assert!(!is_own(Ipv4Addr::new(192, 0, 2, 1).into()));
    }
}
