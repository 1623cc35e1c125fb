//! pebble, Let's Encrypt's test authority, in a network of our own.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::bare_system::{BareSystem, NAME, run};
use crate::net_lab::{Namespace, PUBLIC_V4, command_in};
use crate::process::Process;
use crate::wait::wait_until;

const AUTHORITY_PORT: u16 = 14_000;
const MANAGEMENT_PORT: u16 = 15_000;
const DNS_PORT: u16 = 8053;

/// pebble, Let's Encrypt's test authority, in the public network.
pub struct TestAuthority {
    folder: TempDir,
    namespace: String,
    _processes: [Process; 2],
}

impl TestAuthority {
    /// Starts it; every name leads to the public address.
    pub fn start(namespace: &Namespace) -> Self {
        let folder = TempDir::with_prefix("wimpex-e2e-pebble-").expect("a temporary directory");
        let file = |name: &str| folder.path().join(name);
        let made =
            rcgen::generate_simple_self_signed([PUBLIC_V4.to_owned()]).expect("a certificate");
        fs::write(file("cert.pem"), made.cert.pem()).expect("our own folder");
        fs::write(file("key.pem"), made.signing_key.serialize_pem()).expect("our own folder");
        let config = serde_json::json!({"pebble": {
            "listenAddress": format!("{PUBLIC_V4}:{AUTHORITY_PORT}"),
            "managementListenAddress": format!("{PUBLIC_V4}:{MANAGEMENT_PORT}"),
            "certificate": file("cert.pem"),
            "privateKey": file("key.pem"),
            "httpPort": 80,
            "tlsPort": 443,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
        }});
        fs::write(file("pebble.json"), config.to_string()).expect("our own folder");
        let inside = Some(namespace.name());
        let dns = SocketAddr::new(PUBLIC_V4.parse().expect("an address"), DNS_PORT).to_string();
        let mut names = command_in(inside, "pebble-challtestsrv");
        names
            .args(["-defaultIPv6", "", "-defaultIPv4", PUBLIC_V4])
            .args([
                "-http01",
                "",
                "-https01",
                "",
                "-tlsalpn01",
                "",
                "-dns01",
                &dns,
            ])
            .args(["-management", "127.0.0.1:8055"]);
        let mut authority = command_in(inside, "pebble");
        authority
            .args(["-dnsserver", &dns, "-config"])
            .arg(file("pebble.json"))
            .env("PEBBLE_VA_NOSLEEP", "1");
        let names = Process::start("pebble-challtestsrv", &mut names);
        let mut authority = Process::start("pebble", &mut authority);
        authority.wait_for_line(|line| line.contains("ACME directory available").then_some(()));
        Self {
            namespace: namespace.name().to_owned(),
            _processes: [names, authority],
            folder,
        }
    }

    /// What a host says beside the name, since the authority is not Let's Encrypt: lines for the unit's
    /// `/etc/wimpex/environment`. From now on the system trusts what it signs.
    pub fn introduce_to(&self, system: &BareSystem) -> String {
        let vouches = "/etc/ssl/test-authority.pem";
        fs::copy(self.folder.path().join("cert.pem"), system.path(vouches)).expect("our own root");
        let trusted = system.path("/usr/local/share/ca-certificates/test-authority.crt");
        fs::copy(self.certificate("roots/0"), trusted).expect("our own root");
        system.types("update-ca-certificates");
        format!(
            "WIMPEX_ACME_DIRECTORY=https://{PUBLIC_V4}:{AUTHORITY_PORT}/dir\nWIMPEX_ACME_ROOT={vouches}\n"
        )
    }

    /// What its certificates are trusted by, as PEM: its root, and who signs under that.
    fn certificate(&self, path: &str) -> PathBuf {
        let file = self.folder.path().join(path.replace('/', "-"));
        let mut curl = command_in(Some(&self.namespace), "curl");
        curl.args(["--silent", "--fail", "--cacert"])
            .arg(self.folder.path().join("cert.pem"))
            .arg(format!("https://{PUBLIC_V4}:{MANAGEMENT_PORT}/{path}"))
            .arg("--output")
            .arg(&file);
        run(&mut curl);
        file
    }

    /// SHA-256 of the public key that signs its certificates, in base64.
    pub fn key_hash(&self) -> String {
        let pem = self.certificate("intermediates/0");
        let script = "openssl x509 -in \"$0\" -noout -pubkey | openssl pkey -pubin -outform der \
             | openssl dgst -sha256 -binary | openssl base64";
        let output = Command::new("sh").args(["-c", script]).arg(pem).output();
        let output = output.expect("openssl is there");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Waits until a client that trusts this authority, and no other, gets the page by https.
    pub async fn until_served(&self, system: &BareSystem) {
        let root = self.certificate("roots/0");
        wait_until("the page over https", async || {
            let mut curl = command_in(Some(&self.namespace), "curl");
            curl.args([
                "--silent",
                "--show-error",
                "--fail",
                "--output",
                "/dev/null",
            ])
            .arg("--cacert")
            .arg(&root)
            .args(["--resolve", &format!("{NAME}:443:{PUBLIC_V4}")])
            .arg(format!("https://{NAME}/"));
            let output = curl.output().map_err(|error| error.to_string())?;
            if output.status.success() {
                return Ok(());
            }
            let why = String::from_utf8_lossy(&output.stderr).into_owned();
            Err(format!("{why}{:#?}", system.log()))
        })
        .await;
    }
}
