//! What the ui reads. Only the loop writes it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::reactive::graph::Source;
use web_sys::MediaStream;
use wimpex_gate::Assurance;
use wimpex_identity::Refusal;
use wimpex_protocol::{CallId, Name, UserId};
use wimpex_quality::Reading;

use super::candidates::CandidateSummaries;
use super::check::{Finding, Part};
use super::recorder::Recorder;
use super::stats::QualitySnapshot;

/// How the page stands with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerState {
    /// No name yet, so there is nothing to log in with.
    Nameless,
    /// The first connection is being made.
    Connecting,
    /// Logged in.
    Online,
    /// The connection was lost, or none came about; it is being tried again.
    Lost,
    /// The server answers, but not over a WebSocket: something between blocks it.
    Blocked,
    /// The server refused the login: too many connections from this network. It is
    /// tried again, slowly.
    Refused,
    /// The server did not believe the login: it takes this page for another's, or does
    /// not take the name. It is tried again, slowly.
    Unbelieved,
    /// The server let somebody else in than who had asked: under another id than that
    /// of the key. It is not to be trusted.
    Dishonest,
}

/// Somebody whose coming and going is watched: a contact, or who is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Who.
    pub user: UserId,
    /// Whether they are there; `None` while that is not known.
    pub online: Option<bool>,
    /// What they call themselves, if that is known.
    pub name: Option<String>,
    /// What the person has named them; nothing if they are no contact.
    pub called: Option<String>,
    /// Their link was opened here, or typed in: the person means this very id.
    pub opened: bool,
    /// The pictures of a call with this contact did not match.
    pub mistrusted: bool,
}

impl Contact {
    /// Of whom nothing is known yet.
    pub fn new(user: UserId) -> Self {
        Self {
            user,
            online: None,
            name: None,
            called: None,
            opened: false,
            mistrusted: false,
        }
    }

    /// Whether the person has a word of their own for who this is: what comes in
    /// their name and does not hold is then no stranger's mischief.
    pub(crate) fn is_pinned(&self) -> bool {
        self.called.is_some() || self.opened
    }
}

/// Something that came in somebody's name, and does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// In whose.
    pub peer: UserId,
    /// What is wrong with it.
    pub refusal: Refusal,
}

/// Whom one deals with, as far as that is known. One signal for all of it, since each
/// type of signal costs the page its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// How sure it is that the call is with who it says.
    pub assurance: Assurance,
    /// Whether the two have seen the same pictures, if they have compared them.
    pub compared: Option<bool>,
    /// Something was refused that the person has to know of.
    pub alarm: Option<Alarm>,
    /// The call that was stopped for such a reason.
    pub stopped: Option<CallId>,
    /// This browser keeps no key, so that the person is a guest.
    pub is_guest: bool,
    /// The key of earlier visits is gone, so that the person is another one.
    pub is_another: bool,
    /// This device's clock and the server's are so far apart that calls may not be
    /// taken for fresh.
    pub is_clock_off: bool,
}

/// Signals, each with the latest value.
#[derive(Clone, Copy)]
pub struct View {
    /// The name that the person goes by.
    pub name: RwSignal<Option<Name>>,
    /// The id under which the person can be called; kept from earlier visits.
    pub me: RwSignal<Option<UserId>>,
    /// How the page stands with the server.
    pub server: RwSignal<ServerState>,
    /// Whether calls go through a relay only, so that the peer learns no address.
    pub hide_address: RwSignal<bool>,
    /// Whether the server offers a relay (TURN); it says so at login.
    pub has_relay: RwSignal<bool>,
    /// How the check fares; empty before the first.
    pub check: RwSignal<Vec<(Part, Finding)>>,
    /// The call.
    pub call: RwSignal<wimpex_call::View>,
    /// How far the person can know whom they deal with.
    pub trust: RwSignal<Trust>,
    /// Whoever is watched.
    pub people: RwSignal<Vec<Contact>>,
    /// The person's own picture.
    pub own_picture: RwSignal<Option<MediaStream>, LocalStorage>,
    /// The peer's picture.
    pub remote_picture: RwSignal<Option<MediaStream>, LocalStorage>,
    /// The peer's sound.
    pub remote_sound: RwSignal<Option<MediaStream>, LocalStorage>,
    /// Whether pictures arrive at the moment; unknown before it is measured.
    pub picture_arrives: RwSignal<Option<bool>>,
    /// How loud the peer is, 0 to 1; for audio calls only.
    pub level: RwSignal<f64>,
    /// The numbers of the last second, and of the last two minutes.
    pub quality: RwSignal<Option<Arc<QualitySnapshot>>>,
    /// The check was asked for and could not be loaded.
    pub no_check: RwSignal<bool>,
    /// Which ways the two sides of the last call named; read when it is over.
    pub routes: StoredValue<CandidateSummaries>,
    /// What went through the call machine.
    pub recorder: StoredValue<Recorder, LocalStorage>,
    /// How the calls fared, each second, for diagnostics.
    pub readings: StoredValue<VecDeque<(Duration, Arc<Reading>)>, LocalStorage>,
    /// Tells of more in the recorder, to who debugs.
    pub recorded: RwSignal<()>,
}

/// Lets go of those who listened to a signal and are gone. Leptos 0.8 never does: a
/// component that is taken away stays in the list of every signal that it has
/// read, some hundred bytes each, for as long as the page lives. Whoever is still
/// there is told that something has changed, and comes back to the list.
fn sweep<S: Notify + Source>(signal: &S) {
    signal.notify();
    signal.clear_subscribers();
}

impl View {
    /// Gives the recorder. One copy of what that takes, for all who do.
    #[inline(never)]
    pub(super) fn record(&self, run: &mut dyn FnMut(&mut Recorder)) {
        self.recorder.update_value(|recorder| run(recorder));
    }

    /// Forgets the components that are gone.
    pub(super) fn sweep(&self) {
        sweep(&self.name);
        sweep(&self.me);
        sweep(&self.server);
        sweep(&self.hide_address);
        sweep(&self.has_relay);
        sweep(&self.check);
        sweep(&self.no_check);
        sweep(&self.call);
        sweep(&self.trust);
        sweep(&self.people);
        sweep(&self.own_picture);
        sweep(&self.remote_picture);
        sweep(&self.remote_sound);
        sweep(&self.picture_arrives);
        sweep(&self.level);
        sweep(&self.quality);
        sweep(&self.recorded);
    }

    pub(super) fn new() -> Self {
        Self {
            name: RwSignal::new(None),
            me: RwSignal::new(None),
            server: RwSignal::new(ServerState::Nameless),
            hide_address: RwSignal::new(false),
            has_relay: RwSignal::new(true),
            check: RwSignal::new(Vec::new()),
            call: RwSignal::new(wimpex_call::View::default()),
            trust: RwSignal::new(Trust::default()),
            people: RwSignal::new(Vec::new()),
            own_picture: RwSignal::new_local(None),
            remote_picture: RwSignal::new_local(None),
            remote_sound: RwSignal::new_local(None),
            picture_arrives: RwSignal::new(None),
            level: RwSignal::new(0.0),
            quality: RwSignal::new(None),
            no_check: RwSignal::new(false),
            routes: StoredValue::new(CandidateSummaries::default()),
            recorder: StoredValue::new_local(Recorder::default()),
            readings: StoredValue::new_local(VecDeque::new()),
            recorded: RwSignal::new(()),
        }
    }
}
