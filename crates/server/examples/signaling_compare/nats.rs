//! NATS, if it is installed.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// It ends with this.
pub(crate) struct Nats {
    child: Child,
    port: u16,
}

impl Nats {
    /// `None` where there is no nats-server.
    pub(crate) fn start() -> Result<Option<Self>, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        drop(listener);
        let path = std::env::var("PATH").unwrap_or_default();
        let child = Command::new("nats-server")
            // Debian has it where only root looks.
            .env("PATH", path + ":/usr/sbin")
            .args(["-a", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = child else {
            eprintln!("nats-server is missing: nothing is measured on NATS");
            return Ok(None);
        };
        let nats = Self { child, port };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if start.elapsed() > Duration::from_secs(10) {
                return Err("nats-server does not answer".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(Some(nats))
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
