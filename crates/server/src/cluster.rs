//! NATS, by which several servers are one: it carries what the machine in the registry says, and
//! tells it what the others say. `wimpex_cluster` decides, as the hub does.
//!
//! NATS may be away: then the machine knows, and people of this server go on without. Neither
//! `/livez` nor `/readyz` asks for it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{
    Client, ConnectOptions, Event, Message as Carried, ServerAddr, StatusCode, Subscriber,
};
use futures_util::StreamExt;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, interval, sleep_until};
use tokio_util::task::AbortOnDropHandle;
use tracing::{debug, info, warn};
use wimpex_cluster::{Input, Interest, Message, Output, Subject};
use wimpex_jetstream::{JetStreamOptions, JetStreamStore};
use wimpex_protocol::UserId;

use crate::app::App;
use crate::config::ClusterConfig;
use crate::relays::{self, Said};

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
        let Some((servers, options)) = reached(config)? else {
            return Ok(None);
        };
        let events = unbounded_channel();
        let told = events.0.clone();
        let options = options
            // What this server asks it does not answer itself, so that nobody else is nobody.
            .no_echo()
            .retry_on_initial_connect()
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
        let _relays = match client.subscribe(relays::subject(&self.prefix)).await {
            Ok(relays) => {
                AbortOnDropHandle::new(tokio::spawn(follow_relays(Arc::clone(&app), relays)))
            }
            Err(error) => return warn!(%error, "cannot subscribe"),
        };
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

fn note(app: &App, event: &Event) {
    match event {
        Event::Connected => {
            info!("NATS is there");
            if let Some(relays) = &app.relays {
                relays.spare(app.clock.now());
            }
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

/// Hears of relays elsewhere, and takes leave of the dead.
async fn follow_relays(app: Arc<App>, mut said: Subscriber) {
    let Some(relays) = &app.relays else {
        return;
    };
    let mut look = interval(relays::SAY / 2);
    loop {
        tokio::select! {
            carried = said.next() => match carried {
                Some(carried) => match Said::decode(&carried.payload) {
                    Some(said) => relays.hear(said, app.clock.now()),
                    None => app.metrics.cluster_message("unreadable"),
                },
                None => return,
            },
            // While NATS is away nobody is dead.
            _ = look.tick(), if app.registry.is_medium_up() => {
                if let Some(concerns) = relays.bury(app.clock.now()) {
                    info!(left = relays.count(), "a relay is gone");
                    app.registry.tell_relay_moved(concerns);
                }
            }
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

fn receive(app: &Arc<App>, prefix: &str, carried: &Carried) {
    let input = if carried.status == Some(StatusCode::NO_RESPONDERS) {
        Subject::question(&carried.subject, prefix)
            .map(|(user, asked)| Input::NoResponders(user, asked))
            .or_else(|| Subject::sought(&carried.subject, prefix).map(Input::NobodyHasIt))
    } else {
        Message::decode(&carried.payload).ok().map(Input::Received)
    };
    if let Some(Input::Received(Message::Waiting { user })) = &input {
        app.tell_waiting(user);
    }
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
