//! The loop: one input, its outputs, one timer.

use std::sync::Arc;

use futures_channel::mpsc::UnboundedReceiver;
use futures_util::StreamExt;
use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use wimpex_call::limits;
use wimpex_client::{Client, Input, Output, Part, View};
use wimpex_sansio::{Machine, UnixTime};

use super::effects::Effects;
use super::event::{Event, Inbox};
use super::host::PageHost;
use super::options::Options;
use super::settings;
use super::signals::Signals;
use crate::browser::{Listener, clock, network_information, random, window};

/// A wall clock that differs by so many milliseconds from what the client reckons was
/// set anew.
const WALL_CLOCK_SET: u64 = 500;

/// Starts the loop, which runs as long as the page.
pub(super) fn spawn(
    options: Options,
    signals: Signals,
    inbox: Inbox,
    mut events: UnboundedReceiver<Event>,
) {
    let _listeners = listeners(&inbox);
    let mut page = EventLoop::new(options, signals, inbox);
    spawn_local(async move {
        let _listeners = _listeners;
        page.run_outputs();
        while let Some(event) = events.next().await {
            page.handle(event);
        }
    });
}

struct EventLoop {
    client: Client<PageHost>,
    effects: Effects,
    signals: Signals,
    inbox: Inbox,
    timer: Option<Timeout>,
    sweep: Option<Timeout>,
    wall_offset: Option<u64>,
}

/// Components that a change of screen has taken away are gone by then, in milliseconds.
const SWEEP_AFTER: u32 = 2_000;

impl EventLoop {
    fn new(options: Options, signals: Signals, inbox: Inbox) -> Self {
        if options.ring != limits::RING {
            signals.record(&mut |recorder| recorder.ring = Some(options.ring));
        }
        let client = Client::new(
            PageHost::new(signals, options.debug),
            settings::stored(),
            options.ring,
            (random::fraction() * u64::MAX as f64) as u64,
            clock::now(),
        );
        Self {
            client,
            effects: Effects::new(inbox.clone(), signals),
            signals,
            inbox,
            timer: None,
            sweep: None,
            wall_offset: None,
        }
    }

    fn handle(&mut self, event: Event) {
        if matches!(event, Event::Sweep) {
            self.signals.sweep();
        } else if let Some(input) = self.effects.translate(event, &self.client) {
            self.tell_wall_clock();
            self.client.handle(input, clock::now());
            self.run_outputs();
        }
    }

    /// The wall clock may be set while the page is open.
    fn tell_wall_clock(&mut self) {
        let (now, wall) = (clock::now().as_millis(), clock::wall_millis());
        let offset = wall.saturating_sub(now);
        if self
            .wall_offset
            .is_none_or(|known| known.abs_diff(offset) > WALL_CLOCK_SET)
        {
            self.wall_offset = Some(offset);
            let wall = UnixTime::from_millis(wall);
            self.client.handle(Input::WallClock(wall), clock::now());
        }
    }

    fn run_outputs(&mut self) {
        // What changed comes last, so that one snapshot serves all parts.
        let mut snapshot = None;
        while let Some(output) = self.client.poll_output() {
            match output {
                Output::Changed(part) => {
                    let view = snapshot
                        .get_or_insert_with(|| Arc::new(self.client.view().clone()))
                        .clone();
                    self.patch(part, &view);
                }
                output => self.effects.run(output, self.client.view()),
            }
        }
        self.arm_timer();
    }

    fn patch(&mut self, part: Part, view: &Arc<View>) {
        self.signals.patch(part, view);
        // What takes components away: another screen, a shorter list.
        if matches!(part, Part::Call | Part::Contacts) {
            let inbox = self.inbox.clone();
            let sweep = move || inbox.post(Event::Sweep);
            self.sweep = Some(Timeout::new(SWEEP_AFTER, sweep));
        }
    }

    /// One timer, set anew after each input.
    fn arm_timer(&mut self) {
        self.timer = self.client.poll_timeout().map(|at| {
            let inbox = self.inbox.clone();
            // Rounded up: a timer that comes a little early would find nothing due.
            let millis = at.since(clock::now()).as_millis() + 1;
            let millis = u32::try_from(millis).unwrap_or(u32::MAX);
            Timeout::new(millis, move || inbox.post(Event::Client(Input::Timeout)))
        });
    }
}

/// What the browser tells of the page as a whole.
fn listeners(inbox: &Inbox) -> (Option<Listener>, [Listener; 5]) {
    let on = |name, input: fn() -> Input<super::event::BoxedCalls>| {
        let inbox = inbox.clone();
        window::on(name, move |_| inbox.post(Event::Client(input())))
    };
    let network = network_information::on_type_change({
        let inbox = inbox.clone();
        move || inbox.post(Event::Client(Input::NetworkChanged))
    });
    let others = [
        on("online", || Input::NetworkChanged),
        on("storage", || Input::StorageChanged {
            has_name: settings::has_name(),
            strangers_silenced_until: settings::strangers_silenced_until(),
            do_not_disturb_until: settings::do_not_disturb_until(),
            audience: settings::audience(),
        }),
        on("focus", || Input::Resumed),
        // From the back/forward cache (bfcache), too.
        on("pageshow", || Input::Resumed),
        on("pagehide", || Input::PageHide),
    ];
    (network, others)
}
