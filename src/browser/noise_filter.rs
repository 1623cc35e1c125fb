//! Web Audio API: a track through an AudioWorklet (<https://www.w3.org/TR/webaudio/#audioworklet>),
//! which takes the noise out of it.

use std::cell::RefCell;

use js_sys::{Array, Object, Reflect, WebAssembly};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaStreamTrack, Response};

use super::BrowserError;
use super::location::below_base;
use super::media_capture::stream_of;
use super::reflect::{call, property};
use super::window::window;

/// What the module has learned: samples a second. Another rate of the microphone's is converted.
const SAMPLE_RATE: f64 = 48_000.0;
/// As assets/noise-suppressor.js registers it.
const PROCESSOR: &str = "noise-suppressor";

/// The names of the files beside the page: the worklet's script, and the module that it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoiseFilterFiles {
    /// assets/noise-suppressor.js
    pub script: &'static str,
    /// crates/noise
    pub module: &'static str,
}

thread_local! {
    /// The module, once it is loaded: another microphone waits for nothing.
    static MODULE: RefCell<Option<JsValue>> = const { RefCell::new(None) };
}

/// Whether the browser has AudioWorklets; not in an insecure context.
pub fn is_supported() -> bool {
    property(&window(), "AudioWorkletNode").is_some()
}

/// A track without the noise of another one, until it is dropped. The other one stays its owner's:
/// while it is not enabled, this is silent.
pub struct NoiseFilter {
    context: JsValue,
    source: JsValue,
    destination: JsValue,
}

impl NoiseFilter {
    /// Loads what is needed, and begins.
    ///
    /// # Errors
    /// `NetworkError` where a file cannot be had, `NotSupportedError` and others where the browser has
    /// no AudioWorklet or does not convert the microphone's sample rate.
    pub async fn new(
        track: MediaStreamTrack,
        files: NoiseFilterFiles,
    ) -> Result<Self, BrowserError> {
        let module = module(files.module).await?;
        let unsupported = || BrowserError::named("NotSupportedError");
        let options = object(&[
            ("sampleRate", SAMPLE_RATE.into()),
            ("latencyHint", 0.into()),
        ])?;
        let context = construct("AudioContext", &[options])?;
        // Closed with everything in it, whatever fails from here on.
        let mut filter = Self {
            context,
            source: JsValue::UNDEFINED,
            destination: JsValue::UNDEFINED,
        };
        let context = &filter.context;
        let worklet = property(context, "audioWorklet").ok_or_else(unsupported)?;
        let script = below_base(&format!("/{}", files.script));
        resolved(call(&worklet, "addModule", &script.into())).await?;
        let mono = [
            ("channelCount", 1.into()),
            ("channelCountMode", "explicit".into()),
        ];
        let node = object(
            &[
                &mono[..],
                &[
                    ("outputChannelCount", Array::of1(&1.into()).into()),
                    ("processorOptions", object(&[("module", module)])?),
                ],
            ]
            .concat(),
        )?;
        let node = construct(
            "AudioWorkletNode",
            &[Clone::clone(context), PROCESSOR.into(), node],
        )?;
        let stream = stream_of([&track]).ok_or_else(unsupported)?;
        filter.source =
            call(context, "createMediaStreamSource", &stream).ok_or_else(unsupported)?;
        filter.destination = construct(
            "MediaStreamAudioDestinationNode",
            &[Clone::clone(context), object(&mono)?],
        )?;
        call(&filter.source, "connect", &node).ok_or_else(unsupported)?;
        call(&node, "connect", &filter.destination).ok_or_else(unsupported)?;
        resolved(call(context, "resume", &JsValue::UNDEFINED)).await?;
        Ok(filter)
    }

    /// To be sent.
    pub fn track(&self) -> Option<MediaStreamTrack> {
        let stream = property(&self.destination, "stream")?;
        let tracks = call(&stream, "getAudioTracks", &JsValue::UNDEFINED)?;
        Some(tracks.dyn_into::<Array>().ok()?.get(0).unchecked_into())
    }
}

impl Drop for NoiseFilter {
    fn drop(&mut self) {
        call(&self.source, "disconnect", &JsValue::UNDEFINED);
        if let Some(track) = self.track() {
            track.stop();
        }
        call(&self.context, "close", &JsValue::UNDEFINED);
    }
}

/// As `WebAssembly.Module`, compiled where it does not hold up the page.
async fn module(name: &str) -> Result<JsValue, BrowserError> {
    if let Some(module) = MODULE.with_borrow(Clone::clone) {
        return Ok(module);
    }
    let path = below_base(&format!("/{name}"));
    let response = JsFuture::from(window().fetch_with_str(&path)).await?;
    let response: Response = response.unchecked_into();
    if !response.ok() {
        return Err(BrowserError::named("NetworkError"));
    }
    let bytes = JsFuture::from(response.array_buffer()?).await?;
    let module = JsFuture::from(WebAssembly::compile(&bytes)).await?;
    MODULE.set(Some(module.clone()));
    Ok(module)
}

fn construct(class: &str, arguments: &[JsValue]) -> Result<JsValue, BrowserError> {
    let class = property(&window(), class).and_then(|it| it.dyn_into::<js_sys::Function>().ok());
    let class = class.ok_or_else(|| BrowserError::named("NotSupportedError"))?;
    let arguments: Array = arguments.iter().collect();
    Ok(Reflect::construct(&class, &arguments)?)
}

async fn resolved(promise: Option<JsValue>) -> Result<(), BrowserError> {
    let promise = promise.and_then(|it| it.dyn_into::<js_sys::Promise>().ok());
    let promise = promise.ok_or_else(|| BrowserError::named("NotSupportedError"))?;
    JsFuture::from(promise).await?;
    Ok(())
}

fn object(fields: &[(&str, JsValue)]) -> Result<JsValue, BrowserError> {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &JsValue::from_str(name), value)?;
    }
    Ok(object.into())
}
