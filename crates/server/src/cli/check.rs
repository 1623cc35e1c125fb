//! What is wrong with values that each make sense.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::slice;

use crate::access;
use crate::config::{AccessPolicy, Config, ForwardedHeader, Role};
use crate::origin::Origin;
use crate::secret;
use crate::tls::{self, TlsError};
use crate::url_scheme::check_schemes;

/// Something wrong, and the key that it is said of.
pub(super) struct Wrong {
    pub(super) key: &'static str,
    pub(super) text: String,
}

/// All of it. Files are read, nothing is opened to the network.
pub(super) fn faults(config: &Config) -> Vec<Wrong> {
    let mut found = Found::default();
    origins(config, &mut found);
    ice(config, &mut found);
    certificates(config, &mut found);
    files(config, &mut found);
    listeners(config, &mut found);
    found.0
}

#[derive(Default)]
struct Found(Vec<Wrong>);

impl Found {
    fn add(&mut self, key: &'static str, text: impl Into<String>) {
        let text = text.into();
        self.0.push(Wrong { key, text });
    }
}

fn origins(config: &Config, found: &mut Found) {
    if let Some(origin) = &config.origin
        && Origin::written(origin).is_err()
    {
        found.add("origin", not_an_origin(origin));
    }
    for (key, origins) in [
        ("allow-origin", &config.allow_origin),
        ("frame-ancestor", &config.access.frame_ancestor),
    ] {
        for origin in origins {
            if Origin::written(origin).is_err() {
                found.add(key, not_an_origin(origin));
            }
        }
    }
    if config.forwarded_header == ForwardedHeader::ProxyProtocol && config.trusted_proxy.is_empty()
    {
        let text = "proxy-protocol is believed of a trusted-proxy only, and none is named";
        found.add("forwarded-header", text);
    }
}

fn not_an_origin(text: &str) -> String {
    format!("{text:?} is not an origin; it looks like https://call.example.org")
}

fn ice(config: &Config, found: &mut Found) {
    let ice = &config.ice;
    for url in &ice.stun_url {
        if let Err(text) = check_schemes(slice::from_ref(url), "--stun-url", ["stun:", "stuns:"]) {
            found.add("stun-url", text);
        }
    }
    for url in &ice.turn_url {
        if let Err(text) = check_schemes(slice::from_ref(url), "--turn-url", ["turn:", "turns:"]) {
            found.add("turn-url", text);
        }
    }
    if !ice.turn_url.is_empty() && ice.turn_secret.is_none() {
        found.add(
            "turn-url",
            "it needs turn-secret, the one that the TURN server has",
        );
    }
    if ice.turn_ttl_seconds == 0 {
        found.add(
            "turn-ttl-seconds",
            "credentials that never count are of no use",
        );
    }
    if config.role == Role::Turn && config.turn.turn == Some(false) {
        found.add("turn", "false, but role = \"turn\" is nothing else");
    }
    let listen = &config.turn.turn_listen;
    for public in &config.turn.turn_public_ip {
        if !listen.is_empty() && !listen.iter().any(|at| at.is_ipv4() == public.is_ipv4()) {
            let text = format!("{public}: no turn-listen is of the same family");
            found.add("turn-public-ip", text);
        }
    }
}

fn certificates(config: &Config, found: &mut Found) {
    let (https, turn) = (&config.https, &config.turn);
    let has_domain = !https.domain.is_empty();
    match (&turn.tls_cert, &turn.tls_key) {
        (Some(cert), Some(key)) => {
            if let Err(error) = tls::check_files(cert, key) {
                let of_key = matches!(error, TlsError::Read { what: "key", .. } | TlsError::Use(_));
                found.add(
                    if of_key { "tls-key" } else { "tls-cert" },
                    error.to_string(),
                );
            }
            if has_domain {
                found.add(
                    "domain",
                    "there is a tls-cert already: one of them is enough",
                );
            }
        }
        (Some(_), None) => found.add("tls-cert", "it needs tls-key"),
        (None, Some(_)) => found.add("tls-key", "it needs tls-cert"),
        (None, None) if has_domain => {}
        (None, None) => {
            for (key, listen) in [
                ("https-listen", &https.https_listen),
                ("turn-tls-listen", &turn.turn_tls_listen),
            ] {
                if !listen.is_empty() {
                    found.add(
                        key,
                        "it needs a certificate: domain, or tls-cert and tls-key",
                    );
                }
            }
        }
    }
    if has_domain && config.role == Role::Turn {
        found.add(
            "domain",
            "a relay alone cannot prove that a name is its own; use tls-cert",
        );
    }
    let is_https = |url: &str| {
        let url: Option<http::Uri> = url.parse().ok();
        url.is_some_and(|url| url.scheme_str() == Some("https") && url.host().is_some())
    };
    if !is_https(&https.acme_directory) {
        let text = format!("{:?} is not an https URL", https.acme_directory);
        found.add("acme-directory", text);
    }
    if let Some(root) = &https.acme_root
        && let Err(error) = tls::check_root(root)
    {
        found.add("acme-root", error.to_string());
    }
    if https
        .acme_email
        .as_ref()
        .is_some_and(|text| !text.contains('@'))
    {
        found.add("acme-email", "not an address of mail");
    }
    if !https.redirect_listen.is_empty() && !config.serves_https() {
        found.add("redirect-listen", "there is no https to send people to");
    }
}

fn files(config: &Config, found: &mut Found) {
    if let Some(folder) = &config.page_dir {
        if !folder.is_dir() {
            found.add("page-dir", format!("{} is not a folder", folder.display()));
        } else if !folder.join("index.html").is_file() {
            let text = format!("there is no index.html in {}", folder.display());
            found.add("page-dir", text);
        }
    }
    if let Some(Err(error)) = config.secret_file.as_deref().map(secret::check) {
        found.add("secret-file", error.to_string());
    }
    let access = &config.access;
    if let Some(Err(error)) = access.access_file.as_deref().map(access::check_list) {
        found.add("access-file", error.to_string());
    }
    if access.access == AccessPolicy::Listed && access.access_file.is_none() {
        found.add(
            "access",
            "listed, but there is no access-file: nobody is let in",
        );
    }
    let is_file = |folder: &Path| folder.exists() && !folder.is_dir();
    if let Some(folder) = config.operation.state_dir.as_deref().filter(|f| is_file(f)) {
        found.add("state-dir", format!("{} is not a folder", folder.display()));
    }
}

/// No two may want the same port.
fn listeners(config: &Config, found: &mut Found) {
    let mut taken: HashMap<SocketAddr, &'static str> = HashMap::new();
    let listen = [
        ("listen", config.http_listen().into_iter().collect()),
        ("https-listen", config.https.listen()),
        ("redirect-listen", config.https.redirect()),
        (
            "metrics-listen",
            config.operation.metrics_listen.into_iter().collect(),
        ),
        ("turn-listen", config.turn.turn_listen.clone()),
        ("turn-tls-listen", config.turn.turn_tls_listen.clone()),
    ];
    for (key, addresses) in listen {
        for address in addresses.into_iter().filter(|address| address.port() != 0) {
            if let Some(other) = taken.insert(address, key) {
                found.add(key, format!("{address} is taken already, by {other}"));
            }
        }
    }
}
