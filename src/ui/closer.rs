//! A screen that the peer shows is looked at as closely as one likes.

use leptos::prelude::*;
use web_sys::{Element, KeyboardEvent, MouseEvent, PointerEvent, WheelEvent};

use super::screens::zoom::Zoom;

/// How closely, and what pulls it. A face stays as it is.
#[derive(Clone, Copy)]
pub(crate) struct Closer {
    pub(crate) is_screen: Memo<bool>,
    pub(crate) zoom: RwSignal<Zoom>,
    /// Where the pointer was that pulls.
    pulls: StoredValue<Option<(i32, i32)>>,
}

impl Closer {
    /// For a picture, while it is one to be looked at closely.
    pub(crate) fn new(is_screen: Memo<bool>) -> Self {
        let closer = Self {
            is_screen,
            zoom: RwSignal::new(Zoom::default()),
            pulls: StoredValue::new(None),
        };
        Effect::new(move || {
            if !closer.is_screen.get() {
                closer.zoom.set(Zoom::default());
            }
        });
        closer
    }

    pub(crate) fn wheel(self, event: &WheelEvent) {
        if self.is_screen.get_untracked() {
            event.prevent_default();
            let (delta, at) = (event.delta_y(), place(event));
            self.zoom.update(|zoom| *zoom = zoom.wheel(delta, at));
        }
    }

    pub(crate) fn toggle(self, event: &MouseEvent) {
        if self.is_screen.get_untracked() {
            let at = place(event);
            self.zoom.update(|zoom| *zoom = zoom.toggle(at));
        }
    }

    pub(crate) fn take(self, event: &PointerEvent) {
        if !self.zoom.get_untracked().is_whole() {
            let element: Element = event_target(event);
            // Without capture a quick pull would lose the picture; it is no more than that.
            let _ = element.set_pointer_capture(event.pointer_id());
            self.pulls
                .set_value(Some((event.client_x(), event.client_y())));
        }
    }

    pub(crate) fn pull(self, event: &PointerEvent) {
        let Some((x, y)) = self.pulls.get_value() else {
            return;
        };
        let (width, height) = size(event);
        let part = |pixels: i32, of: f64| f64::from(pixels) / of;
        let by = (
            part(event.client_x() - x, width),
            part(event.client_y() - y, height),
        );
        self.zoom.update(|zoom| *zoom = zoom.pulled(by.0, by.1));
        self.pulls
            .set_value(Some((event.client_x(), event.client_y())));
    }

    pub(crate) fn let_go(self) {
        self.pulls.set_value(None);
    }

    pub(crate) fn key(self, event: &KeyboardEvent) {
        let is_alone = !event.ctrl_key() && !event.alt_key() && !event.meta_key();
        if is_alone
            && self.is_screen.get_untracked()
            && let Some(zoom) = self.zoom.get_untracked().key(&event.key())
        {
            event.prevent_default();
            self.zoom.set(zoom);
        }
    }
}

/// Of the picture's place, which is the stage, however close the picture is.
fn size(event: &MouseEvent) -> (f64, f64) {
    let element: Element = event_target(event);
    let stage = element.parent_element().unwrap_or(element);
    let [width, height] = [stage.client_width(), stage.client_height()];
    (f64::from(width.max(1)), f64::from(height.max(1)))
}

/// Where in it the pointer is, from its middle: 0.5 is the right or lower edge.
fn place(event: &MouseEvent) -> (f64, f64) {
    let (width, height) = size(event);
    (
        f64::from(event.client_x()) / width - 0.5,
        f64::from(event.client_y()) / height - 0.5,
    )
}
