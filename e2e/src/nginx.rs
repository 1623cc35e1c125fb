//! nginx in front of the server, with another app at the same origin.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::process::Process;
use crate::server::fresh_address;
use crate::wait::wait_until;

/// A running nginx; it ends when it is dropped.
pub struct Nginx {
    address: String,
    _process: Process,
    _folder: TempDir,
}

impl Nginx {
    /// Where one will listen: `ADDRESS:PORT`, which is free.
    pub fn free_address() -> String {
        let listener = std::net::TcpListener::bind(fresh_address()).expect("a loopback address");
        let address = listener.local_addr().expect("it is bound");
        address.to_string()
    }

    /// Passes what is below `path` on to the server at `server`, as the example in docs/hosting.md does, and answers
    /// everything else with `app`, a page. `None` where nginx is not installed.
    pub async fn start(address: &str, server: &str, path: &str, app: &str) -> Option<Self> {
        let program = ["/usr/sbin/nginx", "/usr/bin/nginx"].map(PathBuf::from);
        let program = program.into_iter().find(|file| file.is_file())?;
        let folder = TempDir::with_prefix("wimpex-e2e-nginx-").expect("a temporary directory");
        let config = config(folder.path(), address, server, path);
        std::fs::write(folder.path().join("app.html"), app).expect("a folder of our own");
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, config).expect("a folder of our own");
        let mut command = Command::new(program);
        command.arg("-c").arg(&file).arg("-p").arg(folder.path());
        command.args(["-e", "stderr"]);
        let process = Process::start("nginx", &mut command);
        wait_until("nginx", async || {
            let connected = TcpStream::connect(address).await;
            connected.map(drop).map_err(|error| error.to_string())
        })
        .await;
        Some(Self {
            address: address.to_owned(),
            _process: process,
            _folder: folder,
        })
    }

    /// `http://ADDRESS:PORT`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn config(folder: &Path, address: &str, server: &str, path: &str) -> String {
    let folder = folder.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|what| format!("{what}_temp_path {folder}/{what};\n"))
        .collect();
    format!(
        "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n\
         http {{\naccess_log off;\n{temporary}\
         map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}\n\
         server {{\n\
           listen {address};\n\
           location {path}/ {{\n\
             proxy_pass http://{server};\n\
             proxy_http_version 1.1;\n\
             proxy_set_header Host $http_host;\n\
             proxy_set_header Upgrade $http_upgrade;\n\
             proxy_set_header Connection $connection_upgrade;\n\
             proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n\
             proxy_read_timeout 60s;\n\
             absolute_redirect off;\n\
           }}\n\
           location / {{ default_type text/html; root {folder}; try_files /app.html =404; }}\n\
         }}\n}}\n"
    )
}
