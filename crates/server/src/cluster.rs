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

use crate::app::App;
use crate::config::ClusterConfig;
use crate::nats::reached;
use crate::relays::{self, Said};

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
                if relays.bury(app.clock.now()) {
                    info!(left = relays.count(), "a relay is gone");
                    app.registry.tell_relay_moved();
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
    match &input {
        Some(Input::Received(Message::Waiting { user })) => app.tell_waiting(user),
        Some(Input::Received(Message::Declined { user, caller, call })) => {
            // There may be none any more.
            let _ = app.registry.decline(user, caller, call);
        }
        _ => {}
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
