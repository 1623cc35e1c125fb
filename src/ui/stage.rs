//! Which pictures a call shows, and which is the large one: what the parts of its screen share.

use leptos::prelude::*;
use web_sys::MediaStream;
use wimpex_direct::Feature;

use super::screens::peer_media::{shows_screen, shows_screen_beside};
use super::screens::pictures::{Picture, Pictures};
use super::use_session;
use crate::session::{DirectEvent, LiveView, ShareEvent, ShareView};

/// What the parts of the call's screen share of its pictures.
#[derive(Clone, Copy)]
pub(crate) struct StageState {
    /// What is shown to the peer.
    pub(crate) share: RwSignal<ShareView, LocalStorage>,
    /// What counts only now of the exchange with the peer's page.
    pub(crate) live: RwSignal<LiveView>,
    /// The large picture that the user has chosen.
    wanted: RwSignal<Option<Picture>>,
    /// Which pictures there are.
    pub(crate) pictures: Memo<Pictures>,
    /// The pointer is shown to the peer.
    pub(crate) points: RwSignal<bool>,
}

impl StageState {
    /// For a call's screen; the session shows what it knows in it from now on. Given to all of the
    /// screen's parts as context.
    pub(crate) fn provide() -> Self {
        let session = use_session();
        let view = session.view;
        let share = RwSignal::new_local(ShareView::default());
        let live = RwSignal::new(LiveView::default());
        let wanted = RwSignal::new(None);
        let pictures = Memo::new(move |_| {
            let has_screen = view.call.with(shows_screen_beside);
            let has_own = share.with(|it| it.preview.is_some());
            Pictures::new(wanted.get(), has_screen, has_own)
        });
        session.share(ShareEvent::Show(share));
        session.direct(DirectEvent::ShowLive(live));
        let stage = Self {
            share,
            live,
            wanted,
            pictures,
            points: RwSignal::new(false),
        };
        // A screen that comes is looked at, whatever was chosen before.
        let has_screen = Memo::new(move |_| view.call.with(shows_screen_beside));
        Effect::new(move |before: Option<bool>| {
            let has_screen = has_screen.get();
            if before.is_some_and(|before| before != has_screen) {
                wanted.set(None);
            }
            has_screen
        });
        provide_context(stage);
        stage
    }

    /// See [`Self::provide`].
    pub(crate) fn of_call() -> Self {
        expect_context()
    }

    pub(crate) fn is_large(self, picture: Picture) -> bool {
        self.pictures.with(|it| it.large == picture)
    }

    /// For the style: which of the small places it has.
    pub(crate) fn place(self, picture: Picture) -> Option<String> {
        let nth = self.pictures.with(|it| it.small(picture));
        nth.map(|nth| nth.to_string())
    }

    /// Makes another one large.
    pub(crate) fn swap(self) {
        if let Some(next) = self.pictures.with_untracked(Pictures::next) {
            self.wanted.set(Some(next));
        }
    }

    /// Makes this one large.
    pub(crate) fn enlarge(self, picture: Picture) {
        self.wanted.set(Some(picture));
    }

    /// The large picture's, for a window of its own.
    pub(crate) fn large_stream(self) -> Option<MediaStream> {
        let view = use_session().view;
        match self.pictures.with(|it| it.large) {
            Picture::Face | Picture::OwnScreen => view.remote_video.get(),
            Picture::Screen => self.share.with(|it| it.remote.clone()),
        }
    }

    /// Somebody shows a screen to somebody who can point at it.
    pub(crate) fn can_point(self) -> bool {
        let is_shown = self.pictures.with(|it| {
            let small = |picture| it.small(picture).is_some();
            it.large != Picture::Face || small(Picture::Screen) || small(Picture::OwnScreen)
        });
        is_shown && self.live.with(|it| it.features.has(Feature::Point))
    }
}

/// Whether what the peer sends as its camera's picture is a screen.
pub(crate) fn face_is_screen(view: &wimpex_call::CallSnapshot) -> bool {
    shows_screen(view) && !shows_screen_beside(view)
}
