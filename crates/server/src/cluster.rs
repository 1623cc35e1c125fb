//! NATS, by which several servers are one: it carries what the machine in the registry says, and
//! tells it what the others say. `wimpex_cluster` decides, as the hub does.
//!
//! NATS may be away: then the machine knows, and people of this server go on without. Neither
//! `/livez` nor `/readyz` asks for it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, Message as Carried, ServerAddr, StatusCode};
use futures_util::StreamExt;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until};
use tokio_util::task::AbortOnDropHandle;
use tracing::{debug, info, warn};
use wimpex_cluster::{Input, Interest, Message, Output, Subject};

use crate::app::App;
use crate::config::ClusterConfig;

/// A connection over which nothing comes for two of these is dead.
const PING: Duration = Duration::from_secs(2);
/// What may wait for the connection: a subscription for each person who comes while it is away.
const COMMANDS: usize = 65_536;
/// The longest pause before NATS is tried again: people wait for each other.
const RETRY: Duration = Duration::from_secs(1);
/// Even when nothing is to be said, the machine is asked for its next timer.
const LOOK: Duration = Duration::from_secs(1);

/// What is to go to the others; handed to [`Cluster::run`].
pub(crate) struct Cluster {
    servers: Vec<ServerAddr>,
    options: ConnectOptions,
    prefix: String,
    outputs: UnboundedReceiver<Output>,
    events: (UnboundedSender<Event>, UnboundedReceiver<Event>),
}

impl Cluster {
    /// What carries, and where it takes the machine's outputs from; `None` if this server is alone.
    ///
    /// # Errors
    /// Which flag makes no sense.
    pub(crate) fn open(
        config: &ClusterConfig,
    ) -> Result<Option<(Self, UnboundedSender<Output>)>, String> {
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
        let events = unbounded_channel();
        let told = events.0.clone();
        let options = options
            .name("wimpex-server")
            // What this server asks it does not answer itself, so that nobody else is nobody.
            .no_echo()
            .ping_interval(PING)
            .client_capacity(COMMANDS)
            .retry_on_initial_connect()
            .reconnect_delay_callback(|attempts| {
                let millis = 50_u64.saturating_mul(1 << attempts.min(6));
                Duration::from_millis(millis).min(RETRY)
            })
            .event_callback(move |event| {
                let told = told.clone();
                async move {
                    let _ = told.send(event);
                }
            });
        let (outbox, outputs) = unbounded_channel();
        let cluster = Self {
            servers,
            options,
            prefix: config.nats_prefix.clone(),
            outputs,
            events,
        };
        Ok(Some((cluster, outbox)))
    }

    /// Carries what the machine and the others say, for as long as the server runs.
    pub(crate) async fn run(mut self, app: Arc<App>) {
        let client = match self.options.connect(self.servers).await {
            Ok(client) => client,
            Err(error) => return warn!(%error, "this server stays alone: NATS cannot be used"),
        };
        let mut subscriptions = HashMap::new();
        loop {
            let next = app.registry.next_cluster_timeout();
            let look = Instant::now() + LOOK;
            let next = next.map_or(look, |at| look.min(at.into()));
            tokio::select! {
                // Whether NATS is there comes before what is to go to it.
                biased;
                Some(event) = self.events.1.recv() => note(&app, &event),
                output = self.outputs.recv() => match output {
                    Some(output) => {
                        carry(&client, &self.prefix, &app, &mut subscriptions, output).await;
                    }
                    None => return,
                },
                () = sleep_until(next) => app.registry.cluster_input(Input::Timeout),
            }
        }
    }
}

fn note(app: &App, event: &Event) {
    match event {
        Event::Connected => {
            info!("NATS is there");
            app.registry.cluster_input(Input::Medium { is_up: true });
        }
        Event::Disconnected | Event::Closed => {
            warn!("NATS is away; people of this server go on without those of others");
            app.registry.cluster_input(Input::Medium { is_up: false });
        }
        Event::LameDuckMode | Event::Draining => info!(%event, "NATS"),
        Event::SlowConsumer(_) | Event::ServerError(_) | Event::ClientError(_) => {
            app.metrics.cluster_error();
            warn!(%event, "NATS");
        }
    }
}

async fn carry(
    client: &Client,
    prefix: &str,
    app: &Arc<App>,
    subscriptions: &mut HashMap<Interest, AbortOnDropHandle<()>>,
    output: Output,
) {
    match output {
        Output::Subscribe(interest) => match client.subscribe(interest.text(prefix)).await {
            Ok(mut carried) => {
                let (app, prefix) = (Arc::clone(app), prefix.to_owned());
                let listening = tokio::spawn(async move {
                    while let Some(carried) = carried.next().await {
                        receive(&app, &prefix, &carried);
                    }
                });
                subscriptions.insert(interest, AbortOnDropHandle::new(listening));
            }
            Err(error) => warn!(%error, "cannot subscribe"),
        },
        Output::Unsubscribe(interest) => {
            subscriptions.remove(&interest);
        }
        Output::Publish {
            to,
            message,
            answer,
        } => {
            let (to, bytes) = (to.text(prefix), message.encode().into());
            let published = match answer {
                Some(answer) => {
                    let answer = answer.text(prefix);
                    client.publish_with_reply(to, answer, bytes).await
                }
                None => client.publish(to, bytes).await,
            };
            app.metrics.cluster_message("out");
            if let Err(error) = published {
                debug!(%error, "cannot publish");
            }
        }
        Output::Hub(_)
        | Output::Arrived { .. }
        | Output::Settled { .. }
        | Output::Taken { .. }
        | Output::HandOver { .. }
        | Output::Forwarded { .. } => {
            debug_assert!(false, "the registry carries these out");
        }
    }
}

fn receive(app: &App, prefix: &str, carried: &Carried) {
    let input = if carried.status == Some(StatusCode::NO_RESPONDERS) {
        Subject::question(&carried.subject, prefix)
            .map(|(user, asked)| Input::NoResponders(user, asked))
            .or_else(|| Subject::sought(&carried.subject, prefix).map(Input::NobodyHasIt))
    } else {
        Message::decode(&carried.payload).ok().map(Input::Received)
    };
    match input {
        Some(input) => {
            app.metrics.cluster_message("in");
            app.registry.cluster_input(input);
        }
        // Of a later version, or of somebody else's.
        None => app.metrics.cluster_message("unreadable"),
    }
}

/// For an error: what stands before the `@` is nobody's business.
fn without_password(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => address.to_owned(),
    }
}
