//! Media Session: the keys and lock screens of systems
//! (<https://www.w3.org/TR/mediasession/>).

use js_sys::{Function, Object, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use super::reflect::{call, method, property};
use super::window::window;

/// The actions of a call (`MediaSessionAction`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// `togglemicrophone`.
    ToggleMicrophone,
    /// `togglecamera`.
    ToggleCamera,
    /// `hangup`.
    HangUp,
}

impl Action {
    const ALL: [Self; 3] = [Self::ToggleMicrophone, Self::ToggleCamera, Self::HangUp];

    fn name(self) -> &'static str {
        match self {
            Self::ToggleMicrophone => "togglemicrophone",
            Self::ToggleCamera => "togglecamera",
            Self::HangUp => "hangup",
        }
    }
}

/// The system shows a call while this lives, where the browser has that.
pub struct MediaSession {
    session: JsValue,
    _handlers: Vec<Closure<dyn FnMut()>>,
}

impl MediaSession {
    /// Shows it; `run` is called with what the user does there. `None` where the browser has
    /// no such thing.
    pub fn show(run: impl Fn(Action) + Clone + 'static) -> Option<Self> {
        let session = property(&window().navigator(), "mediaSession")?;
        let handlers = Action::ALL.map(|action| {
            let run = run.clone();
            let handler = Closure::<dyn FnMut()>::new(move || run(action));
            set_handler(&session, action, handler.as_ref().unchecked_ref());
            handler
        });
        Some(Self {
            session,
            _handlers: handlers.into(),
        })
    }

    /// Who the call is with (`MediaMetadata.title`).
    pub fn set_title(&self, title: &str) {
        let metadata = property(&window(), "MediaMetadata").and_then(|constructor| {
            let init = Object::new();
            Reflect::set(&init, &"title".into(), &title.into()).ok()?;
            let constructor: Function = constructor.dyn_into().ok()?;
            Reflect::construct(&constructor, &js_sys::Array::of1(&init)).ok()
        });
        if let Some(metadata) = metadata {
            let _ = Reflect::set(&self.session, &"metadata".into(), &metadata);
        }
    }

    /// Whether microphone and camera are in use.
    pub fn set_active(&self, microphone: bool, camera: bool) {
        call(&self.session, "setMicrophoneActive", &microphone.into());
        call(&self.session, "setCameraActive", &camera.into());
    }
}

impl Drop for MediaSession {
    fn drop(&mut self) {
        for action in Action::ALL {
            set_handler(&self.session, action, &JsValue::NULL);
        }
        let _ = Reflect::set(&self.session, &"metadata".into(), &JsValue::NULL);
    }
}

/// A browser throws for an action that it does not know.
fn set_handler(session: &JsValue, action: Action, handler: &JsValue) {
    if let Some(set) = method(session, "setActionHandler") {
        let _ = set.call2(session, &action.name().into(), handler);
    }
}
