//! The running server, seen from outside: over real TCP and real WebSockets on
//! loopback, in this process.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod acme;
mod attacks;
mod bad_input;
mod balancer;
mod behind_proxy;
mod below_path;
mod caddy;
mod cluster;
mod config_file;
mod contract;
#[cfg(target_os = "linux")]
mod cut_off;
#[cfg(target_os = "linux")]
mod disk_full;
mod elsewhere;
mod handover;
mod http;
mod https;
mod identity;
mod lifecycle;
mod limits;
mod login;
mod lost_network;
mod mailbox;
mod missed_calls;
mod moving;
mod nats_access;
mod nginx;
mod numbering;
mod observer;
mod own_address;
mod packaging;
mod page;
mod passages;
mod presence;
mod program;
mod proxies;
mod push;
mod relay;
mod relay_access;
mod reload;
mod renewal_info;
mod sessions;
mod setup;
mod shared_store;
mod support;
mod systemd;
mod tls_support;
mod traefik;
mod turn;
#[cfg(target_os = "linux")]
mod wrong_clock;
