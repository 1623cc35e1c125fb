//! Where NATS is, and what is there of several servers beside what the machine in the registry says.

use std::time::Duration;

use async_nats::{ConnectOptions, ServerAddr};
use wimpex_cluster::{Message, Output, Subject};
use wimpex_jetstream::{JetStreamOptions, JetStreamStore};
use wimpex_protocol::{CallId, UserId};

use crate::config::ClusterConfig;

/// A connection over which nothing comes for two of these is dead.
const PING: Duration = Duration::from_secs(2);
/// What may wait for the connection: a subscription for each person who comes while it is away.
const COMMANDS: usize = 65_536;
/// The longest pause before NATS is tried again: people wait for each other.
const RETRY: Duration = Duration::from_secs(1);

/// Where NATS is, and who one is there; `None` without one.
///
/// # Errors
/// Which flag makes no sense.
pub(crate) fn reached(
    config: &ClusterConfig,
) -> Result<Option<(Vec<ServerAddr>, ConnectOptions)>, String> {
    if config.nats.is_empty() {
        return Ok(None);
    }
    let address = |text: &String| {
        let read = text.trim().parse::<ServerAddr>();
        read.map_err(|_| {
            let text = without_password(text);
            format!("{text:?} is no address of a NATS server (see --nats)")
        })
    };
    let servers: Vec<ServerAddr> = config.nats.iter().map(address).collect::<Result<_, _>>()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let mut tokens = config.nats_prefix.split('.');
    if !tokens.all(|token| !token.is_empty() && token.chars().all(is_plain)) {
        let text = &config.nats_prefix;
        return Err(format!(
            "{text:?} is no prefix of subjects (see --nats-prefix)"
        ));
    }
    let mut options = ConnectOptions::new();
    if let Some(file) = &config.nats_credentials {
        let read = std::fs::read_to_string(file);
        let read = read.and_then(|text| ConnectOptions::with_credentials(&text));
        options = read.map_err(|error| {
            let file = file.display();
            format!("cannot use the credentials for NATS in {file}: {error}")
        })?;
    }
    // The library reads neither out of an address.
    let named = servers.iter().find(|server| server.has_user_pass());
    if let Some((user, password)) = named.and_then(|it| it.username().zip(it.password())) {
        options = options.user_and_password(user.to_owned(), password.to_owned());
    }
    if let Some(file) = &config.nats_ca {
        options = options.add_root_certificates(file.clone());
    }
    if let (Some(cert), Some(key)) = (&config.nats_cert, &config.nats_key) {
        options = options.add_client_certificate(cert.clone(), key.clone());
    }
    // What is answered comes under the prefix too: there need be no permission for anything else.
    let options = options
        .name("wimpex-server")
        .custom_inbox_prefix(format!("{}.inbox", config.nats_prefix))
        .ping_interval(PING)
        .client_capacity(COMMANDS)
        .reconnect_delay_callback(|attempts| {
            let millis = 50_u64.saturating_mul(1 << attempts.min(6));
            Duration::from_millis(millis).min(RETRY)
        });
    Ok(Some((servers, options)))
}

/// What the servers keep together, if they do.
///
/// # Errors
/// Which flag makes no sense.
pub(crate) fn shared_store(config: &ClusterConfig) -> Result<Option<JetStreamStore>, String> {
    let reached = reached(config)?.filter(|_| config.nats_store);
    let opened = reached.map(|(servers, options)| {
        JetStreamStore::open(JetStreamOptions {
            servers,
            options,
            prefix: config.nats_prefix.clone(),
            replicas: config.nats_replicas.into(),
        })
    });
    opened.transpose().map_err(|error| error.to_string())
}

/// What tells the other servers that something is kept for somebody.
pub(crate) fn waiting(user: &UserId) -> Output {
    Output::Publish {
        to: Subject::At(user.clone()),
        message: Message::Waiting { user: user.clone() },
        answer: None,
    }
}

/// What tells the server that has the caller that a person who was woken does not come.
pub(crate) fn declined(user: &UserId, caller: &UserId, call: &CallId) -> Output {
    Output::Publish {
        to: Subject::At(caller.clone()),
        message: Message::Declined {
            user: user.clone(),
            caller: caller.clone(),
            call: call.clone(),
        },
        answer: None,
    }
}

/// For an error: what stands before the `@` is nobody's business.
fn without_password(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => address.to_owned(),
    }
}
