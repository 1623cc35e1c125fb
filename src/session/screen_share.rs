//! The screen that is shown in a call, and its sound: captured when the user says so, sent over
//! whichever connection the call has, and let go of with it. Loaded with the call.

use leptos::prelude::{LocalStorage, RwSignal, Set};
use wasm_bindgen_futures::spawn_local;
use web_sys::{MediaStream, MediaStreamTrack};
use wimpex_call::{ActiveCall, CallSnapshot, Command, PeerConnectionId, Sharing};
use wimpex_protocol::CallId;

use super::capture::Sending;
use super::connection::Connection;
use super::event::Inbox;
use super::share_event::{ShareEvent, ShareView};
use crate::browser::media_capture::{Track, TrackEvent, stream_of};
use crate::browser::rtc_peer_connection::PeerConnection;
use crate::browser::rtc_rtp_sender::{self, ContentHint, SentVideo};
use crate::browser::screen_capture::{self, CapturedScreen};

pub(super) struct ScreenShare {
    inbox: Inbox,
    shown: Option<RwSignal<ShareView, LocalStorage>>,
    view: ShareView,
    /// The browser's picker is open, or what came of it belongs to this call: an older number is
    /// of one before.
    asked: u32,
    /// In which call it was opened, while it is.
    asks_in: Option<CallId>,
    screen: Option<Screen>,
}

struct Screen {
    /// Who is shown it.
    call: CallId,
    connection: PeerConnectionId,
    video: Track,
    audio: Option<Track>,
}

impl ScreenShare {
    pub(super) fn new(inbox: Inbox) -> Self {
        Self {
            inbox,
            shown: None,
            view: ShareView::default(),
            asked: 0,
            asks_in: None,
            screen: None,
        }
    }

    /// What matters of what is shown over this connection, while something is.
    pub(super) fn content(&self, connection: PeerConnectionId) -> Option<ContentHint> {
        let screen = self.screen.as_ref();
        let screen = screen.filter(|screen| screen.connection == connection);
        screen.map(|_| self.view.content)
    }

    /// For a recording: what the user shows, with its sound, and what the peer does or did.
    pub(super) fn pictures(
        &self,
    ) -> (
        Option<MediaStream>,
        Option<MediaStreamTrack>,
        Option<MediaStream>,
    ) {
        let audio = self.screen.as_ref().and_then(|it| it.audio.as_ref());
        let audio = audio.map(|audio| Clone::clone(audio.js()));
        (self.view.preview.clone(), audio, self.view.remote.clone())
    }

    /// What was shown in one call is never seen in another, and goes with its call, or with the
    /// first word that it is on hold.
    pub(super) fn follow(&mut self, calls: &CallSnapshot, connections: &[Connection]) {
        let call = calls.call.as_ref().filter(|call| !call.on_hold);
        let is_shown = |screen: &Screen| call.is_some_and(|call| call.call_id == screen.call);
        if let Some(screen) = self.screen.take_if(|screen| !is_shown(screen)) {
            let mut open = connections.iter();
            if let Some(open) = open.find(|open| open.id == screen.connection) {
                open.sending().share(None, None);
                end_on(&open.sending());
            }
            self.forget();
        } else if self.asks_in.is_some() && self.asks_in.as_ref() != call.map(|it| &it.call_id) {
            self.forget();
        }
    }

    /// What comes of the peer's screens over the connection that is not on hold.
    pub(super) fn look(&mut self, connections: &[Connection]) {
        let open = connections.iter().find(|open| !open.is_on_hold());
        let remote = open.and_then(Connection::remote_screen);
        if self.view.remote.as_ref() != remote {
            self.view.remote = remote.cloned();
            self.show();
        }
    }

    pub(super) fn handle(
        &mut self,
        event: ShareEvent,
        call: Option<&ActiveCall>,
        sending: &Sending,
    ) {
        match event {
            ShareEvent::Show(signal) => self.shown = Some(signal),
            ShareEvent::Start if self.screen.is_some() || self.asks_in.is_some() => return,
            ShareEvent::Start => self.ask(call),
            ShareEvent::Chosen(asked, chosen) if asked != self.asked => {
                // The call is over.
                return chosen.into_iter().for_each(CapturedScreen::stop);
            }
            ShareEvent::Chosen(_, Ok(chosen)) => {
                self.asks_in = None;
                let (Some(call), Some(peer)) = (call, sending) else {
                    return chosen.stop();
                };
                // Whoever lets it be heard shows something that plays.
                self.view.content = match chosen.audio {
                    Some(_) => ContentHint::Motion,
                    None => ContentHint::Text,
                };
                self.start(chosen, call, peer);
            }
            ShareEvent::Chosen(_, Err(error)) => {
                self.asks_in = None;
                self.view.error = Some(error.name);
            }
            ShareEvent::Ended(asked) if asked != self.asked => return,
            // From the browser's own bar, or since the window is gone.
            ShareEvent::Ended(_) | ShareEvent::Stop => self.stop(sending),
            ShareEvent::Described(connection) => return self.described(connection, sending),
            ShareEvent::SetContent(content) => {
                self.view.content = content;
                if let (Some(screen), Some(peer)) = (&self.screen, sending) {
                    rtc_rtp_sender::hint(screen.video.js(), content);
                    prefer(peer, content);
                }
            }
        }
        self.show();
    }

    /// A connection was made, which may be another one of the same call.
    pub(super) fn connect(&mut self, made: &Connection, calls: &CallSnapshot) {
        let call = calls.call.as_ref();
        let call = call.filter(|call| call.connection == made.id);
        if let (Some(screen), Some(call)) = (&mut self.screen, call)
            && screen.call == call.call_id
        {
            screen.connection = made.id;
            screen.send(&made.sending());
        }
    }

    fn forget(&mut self) {
        self.asked += 1;
        self.asks_in = None;
        self.view = ShareView {
            remote: self.view.remote.take(),
            ..ShareView::default()
        };
        self.show();
    }

    fn ask(&mut self, call: Option<&ActiveCall>) {
        let Some(call) = call else { return };
        self.asked += 1;
        self.asks_in = Some(call.call_id.clone());
        self.view.error = None;
        let (inbox, asked) = (self.inbox.clone(), self.asked);
        // At once: the click that allows it is forgotten soon.
        let captured = screen_capture::capture();
        spawn_local(async move {
            inbox.post(ShareEvent::Chosen(asked, captured.await).into());
        });
    }

    fn start(&mut self, chosen: CapturedScreen, call: &ActiveCall, peer: &PeerConnection) {
        let (inbox, asked) = (self.inbox.clone(), self.asked);
        let report = move |event| match event {
            TrackEvent::Ended => inbox.post(ShareEvent::Ended(asked).into()),
            // A tab that does not change sends nothing.
            TrackEvent::Muted(_) => {}
        };
        let screen = Screen {
            call: call.call_id.clone(),
            connection: call.connection,
            video: Track::new(chosen.video, report),
            // The picture goes on without it.
            audio: chosen.audio.map(|audio| Track::new(audio, |_| ())),
        };
        rtc_rtp_sender::hint(screen.video.js(), self.view.content);
        screen.send(peer);
        prefer(peer, self.view.content);
        self.view.preview = stream_of([screen.video.js()]);
        self.screen = Some(screen);
        self.inbox.post(Command::SetSharing(place(peer)).into());
    }

    /// Another connection of the call may be to a page that takes a screen elsewhere.
    fn described(&mut self, connection: PeerConnectionId, sending: &Sending) {
        let screen = self.screen.as_ref();
        if let (Some(_), Some(peer)) = (screen.filter(|it| it.connection == connection), sending)
            && peer.takes_screen().is_some()
        {
            prefer(peer, self.view.content);
            self.inbox.post(Command::SetSharing(place(peer)).into());
        }
    }

    fn stop(&mut self, sending: &Sending) {
        if self.screen.take().is_some() {
            if let Some(peer) = sending {
                peer.share(None, None);
                end_on(peer);
            }
            self.view.preview = None;
            self.inbox.post(Command::SetSharing(Sharing::Off).into());
        }
    }

    fn show(&self) {
        if let Some(shown) = self.shown {
            // The screen may be gone.
            let _ = shown.try_set(self.view.clone());
        }
    }
}

impl Screen {
    fn send(&self, peer: &PeerConnection) {
        let audio = self.audio.as_ref().map(Track::js);
        peer.share(Some(self.video.js()), audio);
    }
}

/// Where the peer sees it.
fn place(peer: &PeerConnection) -> Sharing {
    if peer.takes_screen() == Some(true) {
        Sharing::Beside
    } else {
        Sharing::InPlace
    }
}

fn video(peer: &PeerConnection) -> SentVideo {
    match place(peer) {
        Sharing::Beside => SentVideo::Screen,
        Sharing::InPlace | Sharing::Off => SentVideo::Camera,
    }
}

fn prefer(peer: &PeerConnection, content: ContentHint) {
    rtc_rtp_sender::prefer(&peer.js(), video(peer), content);
}

/// The camera is as it was, whichever way the screen has gone.
fn end_on(peer: &PeerConnection) {
    match video(peer) {
        SentVideo::Screen => rtc_rtp_sender::rest_screen(&peer.js()),
        SentVideo::Camera => {
            rtc_rtp_sender::prefer(&peer.js(), SentVideo::Camera, ContentHint::Motion);
        }
    }
}
