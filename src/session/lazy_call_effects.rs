//! What of a call's effects is in the first load: they are loaded with the first call, or when the
//! browser is idle, and what is asked of them meanwhile waits.

use std::collections::VecDeque;

use wasm_bindgen_futures::spawn_local;
use wimpex_call::MediaError;
use wimpex_client::{Client, Input, Output, View};

use super::event::{BoxedCalls, Event, Inbox, RunCall};
use super::host::PageHost;
use super::lazy;
use super::signals::Signals;
use crate::chunk;

pub(super) struct LazyCallEffects {
    inbox: Inbox,
    signals: Signals,
    effects: Option<Box<dyn RunCall>>,
    is_loading: bool,
    waiting: VecDeque<Waiting>,
}

enum Waiting {
    Output(Output),
    /// What the user wants of the devices before the first call, or a screen of the chat.
    Event(Event),
}

impl LazyCallEffects {
    pub(super) fn new(inbox: Inbox, signals: Signals) -> Self {
        Self {
            inbox,
            signals,
            effects: None,
            is_loading: false,
            waiting: VecDeque::new(),
        }
    }

    /// Loads them, unless they are there or on their way.
    pub(super) fn load(&mut self) {
        if self.effects.is_some() || self.is_loading {
            return;
        }
        self.is_loading = true;
        let (inbox, signals) = (self.inbox.clone(), self.signals);
        spawn_local(async move {
            let loaded = match lazy::call_effects(inbox.clone(), signals).await {
                Ok(loading) => Some(loading.await),
                Err(chunk::NotLoaded) => None,
            };
            inbox.post(Event::CallEffectsLoaded(loaded));
        });
    }

    /// They are there, or cannot be had: the call ends then, and the next one tries again.
    pub(super) fn loaded(&mut self, effects: Option<Box<dyn RunCall>>, client: &Client<PageHost>) {
        self.is_loading = false;
        if effects.is_some() {
            // After what a call cannot ring without, so that they do not share a slow line.
            spawn_local(async {
                // Whoever needs it tries again.
                let _ = chunk::preload_extras().await;
            });
        }
        self.effects = effects;
        for waiting in std::mem::take(&mut self.waiting) {
            match (&mut self.effects, waiting) {
                (Some(effects), Waiting::Output(output)) => effects.run(output, client.view()),
                (None, Waiting::Output(output)) => self.fail(output),
                (Some(effects), Waiting::Event(event)) => {
                    if let Some(input) = effects.translate(event, client) {
                        self.inbox.post(Event::Client(input));
                    }
                }
                // The screen that asked is of the same code, and says that it is not there.
                (None, Waiting::Event(_)) => {}
            }
        }
    }

    pub(super) fn run(&mut self, output: Output, view: &View) {
        match &mut self.effects {
            Some(effects) => effects.run(output, view),
            None => match output {
                Output::Call(_) => {
                    self.waiting.push_back(Waiting::Output(output));
                    self.load();
                }
                // A connection that is made later takes those of then.
                Output::SetIceServers(_) => {}
                _ => self.fail(output),
            },
        }
    }

    pub(super) fn translate(
        &mut self,
        event: Event,
        client: &Client<PageHost>,
    ) -> Option<Input<BoxedCalls>> {
        match &mut self.effects {
            Some(effects) => effects.translate(event, client),
            None => {
                // Everything else is about what they have made.
                if matches!(
                    event,
                    Event::Capture(_) | Event::Direct(_) | Event::Share(_) | Event::Later(_)
                ) {
                    self.waiting.push_back(Waiting::Event(event));
                    self.load();
                }
                None
            }
        }
    }

    /// Nothing can be captured or connected without them.
    fn fail(&self, output: Output) {
        use wimpex_call::Output as Call;
        let failed = match output {
            Output::Call(Call::CreateConnection { connection, .. }) => {
                wimpex_call::Input::CreateConnectionFailed { connection }.into()
            }
            Output::Call(Call::RequestMedia {
                request,
                audio,
                video,
            }) => {
                let error = |wanted: bool| wanted.then_some(Err(MediaError::Other));
                wimpex_call::Input::Media {
                    request,
                    audio: error(audio),
                    video: error(video),
                }
                .into()
            }
            Output::SendDataChannel(id, _) => Event::Client(Input::DataChannelSent(id, false)),
            _ => return,
        };
        self.inbox.post(failed);
    }
}
