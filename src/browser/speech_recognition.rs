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
}

impl SpeechRecognition {
    /// Begins, in the language of the browser; `None` unless that is done on this device, now.
    pub async fn start(
        track: &MediaStreamTrack,
        on_said: impl Fn(String) + 'static,
    ) -> Option<Self> {
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
        // Not in browsers that send what is said to their maker.
        let available: js_sys::Promise =
            call(&interface, "available", &options)?.dyn_into().ok()?;
        let available = JsFuture::from(available).await;
        if available.ok()?.as_string()? != "available" {
            return None;
        }
        let recognition = Reflect::construct(&interface, &Array::new()).ok()?;
        set(&recognition, "processLocally", &true.into())?;
        set(&recognition, "continuous", &true.into())?;
        set(&recognition, "lang", &language.into())?;
        let recognition: EventTarget = recognition.dyn_into().ok()?;
        let result = Listener::new(&recognition, "result", move |event| {
            final_results(&event).for_each(&on_said);
        });
        call(&recognition, "start", track)?;
        Some(Self {
            recognition,
            _result: result,
        })
    }
}

impl Drop for SpeechRecognition {
    fn drop(&mut self) {
        // Does nothing once it has ended.
        let _ = call(&self.recognition, "abort", &JsValue::UNDEFINED);
    }
}

fn set(object: &JsValue, name: &str, value: &JsValue) -> Option<bool> {
    Reflect::set(object, &name.into(), value).ok()
}

/// Those of an event that will not change any more.
fn final_results(event: &JsValue) -> impl Iterator<Item = String> {
    let number = |of: &JsValue, name: &str| property(of, name)?.as_f64();
    let first = number(event, "resultIndex").unwrap_or_default() as u32;
    let results = property(event, "results");
    let length = results.as_ref().and_then(|it| number(it, "length"));
    let length = length.unwrap_or_default() as u32;
    (first..length).filter_map(move |nth| {
        let result = Reflect::get_u32(results.as_ref()?, nth).ok()?;
        let is_final = property(&result, "isFinal")?.as_bool()?;
        let said = Reflect::get_u32(&result, 0).ok()?;
        is_final.then(|| property(&said, "transcript")?.as_string())?
    })
}
