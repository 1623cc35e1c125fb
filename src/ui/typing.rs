//! What somebody was typing when a call took the page: the field, and where the caret was.

use std::cell::RefCell;

use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement};

thread_local! {
    /// Of a prompt that is gone, until its field can be seen again.
    static INTERRUPTED: RefCell<Option<Typing>> = const { RefCell::new(None) };
}

/// What had the focus.
pub(super) struct Typing {
    element: HtmlElement,
    /// `selectionStart` and `selectionEnd`, where it is a field with text.
    selection: Option<(u32, u32)>,
}

impl Typing {
    /// What has the focus at the moment; `None` if nothing has.
    pub(super) fn here() -> Option<Self> {
        let element: HtmlElement = document().active_element()?.dyn_into().ok()?;
        let selection = element.dyn_ref::<HtmlInputElement>().and_then(|input| {
            let (from, to) = (input.selection_start(), input.selection_end());
            Some((from.ok()??, to.ok()??))
        });
        (element.tag_name() != "BODY").then_some(Self { element, selection })
    }

    /// Gives it the focus and the caret back: now if it is in sight, or when the call that was
    /// accepted, or the screen with how it ended, has been left ([`resume_typing`]).
    pub(super) fn resume_when_shown(self) {
        INTERRUPTED.with_borrow_mut(|interrupted| {
            // Over the screen of how a call ended, a field that was left before it counts for more.
            if !interrupted
                .as_ref()
                .is_some_and(|it| it.element.is_connected())
            {
                *interrupted = Some(self);
            }
        });
        resume_typing();
    }
}

/// After the screens have changed: returns to what a prompt interrupted, if it can be seen.
pub(super) fn resume_typing() {
    spawn_local(async {
        tick().await;
        INTERRUPTED.with_borrow_mut(|interrupted| {
            // One that is hidden, or is no more, has no box (CSSOM View, `offsetParent`).
            let shown = |typing: &mut Typing| typing.element.offset_parent().is_some();
            let Some(typing) = interrupted.take_if(shown) else {
                return;
            };
            let _ = typing.element.focus();
            if let (Some((from, to)), Some(input)) = (
                typing.selection,
                typing.element.dyn_ref::<HtmlInputElement>(),
            ) {
                let _ = input.set_selection_range(from, to);
            }
        });
    });
}
