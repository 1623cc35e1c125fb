//! Web Speech API: what is said, as text, recognised on this device
//! (<https://webaudio.github.io/web-speech-api/>). Nothing that is recorded goes to anybody for it.

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{EventTarget, MediaStreamTrack};

use super::reflect::{call, property};
use super::{Listener, window};

/// Listens to a track while it lives.
pub struct SpeechRecognition {
    recognition: EventTarget,
    _result: Listener,
    _end: Option<Listener>,
}

/// What was heard.
pub struct Heard {
    /// In words.
    pub text: String,
    /// It will not change any more.
    pub is_final: bool,
}

/// The interface and the language of the browser, if that is recognised on this device, now: not
/// in browsers that send what is said to their maker.
async fn available() -> Option<(Function, String)> {
    let global = js_sys::global();
    let interface: Function = ["SpeechRecognition", "webkitSpeechRecognition"]
        .iter()
        .find_map(|name| property(&global, name))?
        .dyn_into()
        .ok()?;
    let language = window::window().navigator().language()?;
    let options = Object::new();
    set(&options, "langs", &Array::of1(&language.as_str().into()))?;
    set(&options, "processLocally", &true.into())?;
    let available: js_sys::Promise = call(&interface, "available", &options)?.dyn_into().ok()?;
    let available = JsFuture::from(available).await.ok()?.as_string()?;
    (available == "available").then_some((interface, language))
}

/// Whether what is said can be recognised on this device.
pub async fn is_available() -> bool {
    available().await.is_some()
}

impl SpeechRecognition {
    /// Begins, in the language of the browser; `None` unless that is done on this device, now.
    pub async fn start(
        track: &MediaStreamTrack,
        on_said: impl Fn(String) + 'static,
    ) -> Option<Self> {
        let recognition = recognition().await?;
        let result = Listener::new(&recognition, "result", move |event| {
            let heard = results(&event).filter(|heard| heard.is_final);
            heard.for_each(|heard| on_said(heard.text));
        });
        call(&recognition, "start", track)?;
        Some(Self {
            recognition,
            _result: result,
            _end: None,
        })
    }

    /// The same, and what is being said is told before it is final (`interimResults`); `on_end`
    /// hears that the browser has ended it.
    pub async fn interim(
        track: &MediaStreamTrack,
        on_heard: impl Fn(Heard) + 'static,
        on_end: impl Fn() + 'static,
    ) -> Option<Self> {
        let recognition = recognition().await?;
        set(&recognition, "interimResults", &true.into())?;
        let result = Listener::new(&recognition, "result", move |event| {
            results(&event).for_each(&on_heard);
        });
        let end = Listener::new(&recognition, "end", move |_| on_end());
        call(&recognition, "start", track)?;
        Some(Self {
            recognition,
            _result: result,
            _end: Some(end),
        })
    }
}

impl Drop for SpeechRecognition {
    fn drop(&mut self) {
        // Does nothing once it has ended.
        let _ = call(&self.recognition, "abort", &JsValue::UNDEFINED);
    }
}

/// One that has not begun.
async fn recognition() -> Option<EventTarget> {
    let (interface, language) = available().await?;
    let recognition = Reflect::construct(&interface, &Array::new()).ok()?;
    set(&recognition, "processLocally", &true.into())?;
    set(&recognition, "continuous", &true.into())?;
    set(&recognition, "lang", &language.into())?;
    recognition.dyn_into().ok()
}

fn set(object: &JsValue, name: &str, value: &JsValue) -> Option<bool> {
    Reflect::set(object, &name.into(), value).ok()
}

/// Those of an event that are new.
fn results(event: &JsValue) -> impl Iterator<Item = Heard> {
    let number = |of: &JsValue, name: &str| property(of, name)?.as_f64();
    let first = number(event, "resultIndex").unwrap_or_default() as u32;
    let results = property(event, "results");
    let length = results.as_ref().and_then(|it| number(it, "length"));
    let length = length.unwrap_or_default() as u32;
    (first..length).filter_map(move |nth| {
        let result = Reflect::get_u32(results.as_ref()?, nth).ok()?;
        let is_final = property(&result, "isFinal")?.as_bool()?;
        let said = Reflect::get_u32(&result, 0).ok()?;
        let text = property(&said, "transcript")?.as_string()?;
        Some(Heard { text, is_final })
    })
}
