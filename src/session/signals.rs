//! What the ui reads. Only the loop writes it.

use std::collections::VecDeque;
use std::sync::Arc;

use leptos::prelude::*;
use web_sys::MediaStream;
use wimpex_client::devices::DevicesSnapshot;
use wimpex_client::{
    Audience, Check, CheckResult, LinkedCall, Part, Peer, Routes, ServerState, Trust, View,
};
use wimpex_contacts::Contacts;
use wimpex_protocol::{Name, UserId};
use wimpex_quality::Reading;
use wimpex_record::Recorder;
use wimpex_sansio::{Now, UnixTime};

use super::stats::QualitySnapshot;
use super::subscribers::renew_subscribers;
use super::view_signal::ViewSignal;

/// Declares [`Signals`]: one list for the struct, its making, and the sweep.
macro_rules! signals {
    (
        view { $($name:ident: $kind:ty,)* }
        shared { $($(#[$doc:meta])* $shared:ident: $shared_kind:ty = $value:expr,)* }
        local { $($(#[$local_doc:meta])* $local:ident: $local_kind:ty,)* }
    ) => {
        /// The client's view, part by part, and what only the browser holds. A signal for
        /// each part that screens read by itself.
        #[derive(Clone, Copy)]
        pub struct Signals {
            $(
                #[doc = concat!("[`View::", stringify!($name), "`].")]
                pub $name: ViewSignal<$kind>,
            )*
            $($(#[$doc])* pub $shared: RwSignal<$shared_kind>,)*
            $($(#[$local_doc])* pub $local: RwSignal<$local_kind, LocalStorage>,)*
            /// [`View::routes`]; read when a call is over.
            pub routes: StoredValue<Routes>,
            /// What went through the call machine.
            pub recorder: StoredValue<Recorder, LocalStorage>,
            /// How the calls fared, each second, for diagnostics.
            pub readings: StoredValue<VecDeque<(Now, Arc<Reading>)>, LocalStorage>,
        }

        impl Signals {
            pub(super) fn new() -> Self {
                Self {
                    $($name: ViewSignal::new(|view| &view.$name, |view| &mut view.$name),)*
                    $($shared: RwSignal::new($value),)*
                    $($local: RwSignal::new_local(None),)*
                    routes: StoredValue::new(Routes::default()),
                    recorder: StoredValue::new_local(Recorder::default()),
                    readings: StoredValue::new_local(VecDeque::new()),
                }
            }

            /// Lets go of the components that are gone, in every signal.
            ///
            /// Leptos 0.8 never does (docs/leptos-subscribers.md): a component that is taken
            /// away stays in the list of every signal that it has read, some hundred bytes
            /// each, for as long as the page lives. Whoever is still there is told that
            /// something has changed, and comes back to the list by reading again.
            pub(super) fn sweep(&self) {
                for view in [$(self.$name.whole(),)*] {
                    renew_subscribers(view);
                }
                $(renew_subscribers(&self.$shared);)*
                $(renew_subscribers(&self.$local);)*
            }
        }
    };
}

signals! {
    view {
        name: Option<Name>,
        me: Option<UserId>,
        server: ServerState,
        messages_waiting: u32,
        hide_address: bool,
        contacts_only: bool,
        strangers_silenced_until: Option<UnixTime>,
        do_not_disturb_until: Option<UnixTime>,
        audience: Audience,
        has_relay: bool,
        check: Vec<(Check, CheckResult)>,
        check_unavailable: bool,
        call: wimpex_call::CallSnapshot,
        linked_call: Option<LinkedCall>,
        trust: Trust,
        peers: Vec<Peer>,
        contacts_loaded: bool,
        contacts: Arc<Contacts>,
        has_contacts: bool,
        contacts_unsaved: bool,
        forget_error: Option<String>,
    }
    shared {
        /// Whether video frames arrive at the moment; unknown before it is measured.
        video_arrives: Option<bool> = None,
        /// Microphone, camera and speaker, once their code is loaded.
        devices: Arc<DevicesSnapshot> = Arc::default(),
        /// The speaker to play to, by its id; empty is the system's default.
        speaker: String = String::new(),
        /// With whom the call is that the user may return to: an id, a line break, and the name
        /// that they claim; empty without one.
        left_call: String = String::new(),
        /// How loud the user's microphone is, 0 to 1, while they look at the devices.
        microphone_level: f64 = 0.0,
        /// How loud the peer is, 0 to 1; for audio calls only.
        level: f64 = 0.0,
        /// The numbers of the last second, and of the last two minutes.
        quality: Option<Arc<QualitySnapshot>> = None,
        /// Tells of more in the recorder, to who debugs.
        recorded: () = (),
    }
    local {
        /// The self-view.
        own_video: Option<MediaStream>,
        /// The peer's video.
        remote_video: Option<MediaStream>,
        /// The peer's audio.
        remote_audio: Option<MediaStream>,
    }
}

impl Signals {
    /// Takes over a part of the view that has changed.
    pub(super) fn patch(&self, part: Part, view: &Arc<View>) {
        match part {
            Part::Name => self.name.show(view),
            Part::Me => self.me.show(view),
            Part::Server => {
                self.server.show(view);
                self.messages_waiting.show(view);
            }
            Part::Settings => {
                self.hide_address.show(view);
                self.contacts_only.show(view);
                self.strangers_silenced_until.show(view);
                self.do_not_disturb_until.show(view);
                self.audience.show(view);
                self.has_relay.show(view);
            }
            Part::Check => {
                self.check.show(view);
                self.check_unavailable.show(view);
            }
            Part::Call => {
                self.routes.set_value(view.routes);
                self.linked_call.show(view);
                self.call.show(view);
            }
            Part::Trust => self.trust.show(view),
            Part::Peers => self.peers.show(view),
            Part::Contacts => {
                self.contacts.show(view);
                self.contacts_loaded.show(view);
                self.has_contacts.show(view);
                self.contacts_unsaved.show(view);
                self.forget_error.show(view);
            }
        }
    }

    /// Gives the recorder. One copy of what that takes, for all who do.
    #[inline(never)]
    pub(super) fn record(&self, run: &mut dyn FnMut(&mut Recorder)) {
        self.recorder.update_value(|recorder| run(recorder));
    }

    /// The peer connection is gone, and with it all that came of it.
    pub(super) fn clear_connection(&self) {
        self.remote_video.set(None);
        self.remote_audio.set(None);
        self.quality.set(None);
        self.video_arrives.set(None);
        self.level.set(0.0);
    }
}
