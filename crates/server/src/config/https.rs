//! The flags of https that the server ends itself.

use std::fmt;
use std::net::{Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
const HTTPS_PORT: u16 = 443;
const HTTP_PORT: u16 = 80;

/// https without a proxy.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "https")]
pub struct HttpsConfig {
    /// The name of this server in DNS, such as call.example.org: https is served for it, with
    /// certificates that are fetched by ACME, whose terms you agree to by that; may be repeated
    #[arg(
        long,
        env = "WIMPEX_DOMAIN",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub domain: Vec<Domain>,

    /// Where to serve https, with --domain or --tls-cert; may be repeated
    /// [default: [::]:443 with --domain]
    #[arg(
        long,
        env = "WIMPEX_HTTPS_LISTEN",
        value_name = "ADDRESS",
        value_delimiter = ','
    )]
    pub https_listen: Vec<SocketAddr>,

    /// Where to send those to https who come by http; may be repeated
    /// [default: [::]:80 with --domain]
    #[arg(
        long,
        env = "WIMPEX_REDIRECT_LISTEN",
        value_name = "ADDRESS",
        value_delimiter = ','
    )]
    pub redirect_listen: Vec<SocketAddr>,

    /// Whom to ask for certificates (RFC 8555)
    #[arg(long, env = "WIMPEX_ACME_DIRECTORY", value_name = "URL",
          default_value_t = Self::default().acme_directory)]
    pub acme_directory: String,

    /// The certificate that vouches for --acme-directory, as PEM
    /// [default: those that this system trusts]
    #[arg(long, env = "WIMPEX_ACME_ROOT", value_name = "FILE")]
    pub acme_root: Option<PathBuf>,

    /// Where --acme-directory may write to, if there is something about the certificates
    #[arg(long, env = "WIMPEX_ACME_EMAIL", value_name = "ADDRESS")]
    pub acme_email: Option<String>,
}

impl Default for HttpsConfig {
    fn default() -> Self {
        Self {
            domain: Vec::new(),
            https_listen: Vec::new(),
            redirect_listen: Vec::new(),
            acme_directory: LETS_ENCRYPT.to_owned(),
            acme_root: None,
            acme_email: None,
        }
    }
}

impl HttpsConfig {
    /// Where https is served; nowhere, if it is not.
    pub fn listen(&self) -> Vec<SocketAddr> {
        self.or_everywhere(&self.https_listen, HTTPS_PORT)
    }

    /// Where people are sent to https from.
    pub fn redirect(&self) -> Vec<SocketAddr> {
        self.or_everywhere(&self.redirect_listen, HTTP_PORT)
    }

    /// What stands in the address bars of people who have come by the first domain,
    /// as far as it follows from these flags.
    pub(crate) fn origin(&self) -> Option<String> {
        let domain = self.domain.first()?;
        // A port that is not the usual one is forwarded from there, or is typed.
        Some(match self.listen().first()?.port() {
            HTTPS_PORT | 0 => format!("https://{domain}"),
            port => format!("https://{domain}:{port}"),
        })
    }

    /// The same of the other domains.
    pub(crate) fn other_origins(&self) -> Vec<String> {
        let mut others = Vec::new();
        for domain in self.domain.iter().skip(1) {
            let alone = Self {
                domain: vec![domain.clone()],
                ..self.clone()
            };
            others.extend(alone.origin());
        }
        others
    }

    fn or_everywhere(&self, given: &[SocketAddr], port: u16) -> Vec<SocketAddr> {
        match given {
            [] if !self.domain.is_empty() => vec![SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))],
            given => given.to_vec(),
        }
    }
}

/// A host name in DNS (RFC 1123, section 2.1), in small letters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Domain(String);

impl Domain {
    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Domain {
    type Err = InvalidDomain;

    fn from_str(text: &str) -> Result<Self, InvalidDomain> {
        let name = text.trim_end_matches('.').to_ascii_lowercase();
        let is_label = |label: &str| {
            let inner = label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            (1..=63).contains(&label.len())
                && inner
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let last = name.rsplit('.').next().unwrap_or_default();
        // An address would end in a number.
        let is_name = name.len() <= 253
            && name.contains('.')
            && name.split('.').all(is_label)
            && !last.bytes().all(|byte| byte.is_ascii_digit());
        if is_name {
            Ok(Self(name))
        } else {
            Err(InvalidDomain)
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text is no host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a name in DNS; it looks like call.example.org")]
pub struct InvalidDomain;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_a_full_host_name() {
        for (text, name) in [
            ("call.example.org", "call.example.org"),
            ("Call.Example.ORG.", "call.example.org"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ] {
            assert_eq!(text.parse(), Ok(Domain(name.to_owned())));
        }
        for wrong in [
            "",
            "localhost",
            "192.0.2.1",
            "::1",
            "*.example.org",
            "https://call.example.org",
            "call.example.org:443",
            "call..org",
            "-a.org",
            "a_b.org",
            "call.example.org/x",
        ] {
            assert_eq!(wrong.parse::<Domain>(), Err(InvalidDomain), "{wrong}");
        }
    }

    #[test]
    fn a_domain_is_all_that_https_needs() {
        let mut https = HttpsConfig::default();
        assert!(https.listen().is_empty() && https.redirect().is_empty());
        https.domain = vec!["call.example.org".parse().unwrap()];
        assert_eq!(https.listen(), ["[::]:443".parse().unwrap()]);
        assert_eq!(https.redirect(), ["[::]:80".parse().unwrap()]);
        assert_eq!(https.origin().as_deref(), Some("https://call.example.org"));
        https.https_listen = vec!["127.0.0.1:8443".parse().unwrap()];
        assert_eq!(
            https.origin().as_deref(),
            Some("https://call.example.org:8443")
        );
    }
}
