//! Push API (<https://www.w3.org/TR/push-api/>), and the notices of the service worker.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::BrowserError;
use super::reflect::property;
use super::window::window;

/// What a server needs to send to this browser.
#[derive(Clone)]
pub struct Subscription {
    /// Where to.
    pub endpoint: String,
    /// The browser's key, base64url.
    pub p256dh: String,
    /// Its secret, base64url.
    pub auth: String,
}

/// Whether there is a push service, and a service worker that it can reach.
pub fn is_supported() -> bool {
    let has = |name| property(&window(), name).is_some();
    has("PushManager") && has("Notification") && has_worker()
}

/// Whether this is an iPhone or iPad that shows the page in its browser: there push comes with
/// "Add to Home Screen" alone.
pub fn needs_home_screen() -> bool {
    let navigator: JsValue = window().navigator().into();
    let standalone = Reflect::get(&navigator, &"standalone".into());
    standalone.is_ok_and(|it| it == JsValue::FALSE)
}

/// Subscribes with the server's key, base64url. The browser asks the user, if nobody has yet.
///
/// # Errors
/// `NotAllowedError` where the user does not want it; `AbortError` where the push service is away.
pub async fn subscribe(server_key: &str) -> Result<Subscription, BrowserError> {
    let manager = manager().await?;
    let options = js_sys::Object::new();
    Reflect::set(&options, &"userVisibleOnly".into(), &JsValue::TRUE)?;
    Reflect::set(&options, &"applicationServerKey".into(), &server_key.into())?;
    let subscribed = ask(&manager, "subscribe", &options).await;
    let subscription = match subscribed {
        // One of another key: the server has lost its secret.
        Err(error) if error.name == "InvalidStateError" => {
            unsubscribe().await?;
            ask(&manager, "subscribe", &options).await?
        }
        other => other?,
    };
    read(&subscription)
}

/// The subscription that there is.
///
/// # Errors
/// Where the browser has none to give.
pub async fn current() -> Result<Option<Subscription>, BrowserError> {
    let manager = manager().await?;
    let found = ask(&manager, "getSubscription", &JsValue::UNDEFINED).await?;
    if found.is_null() {
        Ok(None)
    } else {
        read(&found).map(Some)
    }
}

/// Ends it.
///
/// # Errors
/// Where the browser cannot.
pub async fn unsubscribe() -> Result<(), BrowserError> {
    let manager = manager().await?;
    let found = ask(&manager, "getSubscription", &JsValue::UNDEFINED).await?;
    if !found.is_null() {
        ask(&found, "unsubscribe", &JsValue::UNDEFINED).await?;
    }
    Ok(())
}

/// Takes away the notices of that tag.
pub async fn close_notices(tag: &str) {
    let options = js_sys::Object::new();
    let _ = Reflect::set(&options, &"tag".into(), &tag.into());
    close(&options).await;
}

/// Takes away all notices of this page.
pub async fn close_all_notices() {
    close(&js_sys::Object::new()).await;
}

async fn close(options: &js_sys::Object) {
    let Ok(worker) = worker().await else { return };
    let Ok(notices) = ask(&worker, "getNotifications", options).await else {
        return;
    };
    for notice in Array::from(&notices) {
        let close = Reflect::get(&notice, &"close".into());
        if let Ok(close) = close.and_then(JsCast::dyn_into::<Function>) {
            let _ = close.call0(&notice);
        }
    }
}

fn read(subscription: &JsValue) -> Result<Subscription, BrowserError> {
    // As JSON the keys are base64url already.
    let json: Function = Reflect::get(subscription, &"toJSON".into())?.dyn_into()?;
    let json = json.call0(subscription)?;
    let keys = Reflect::get(&json, &"keys".into())?;
    let text = |of: &JsValue, name: &str| {
        let value = Reflect::get(of, &name.into()).ok()?;
        value.as_string()
    };
    let read = || {
        Some(Subscription {
            endpoint: text(&json, "endpoint")?,
            p256dh: text(&keys, "p256dh")?,
            auth: text(&keys, "auth")?,
        })
    };
    read().ok_or_else(|| BrowserError::named("DataError"))
}

fn has_worker() -> bool {
    property(&window().navigator(), "serviceWorker").is_some()
}

/// The registration, once its worker is active: assets/start.js has registered it.
async fn worker() -> Result<JsValue, BrowserError> {
    let navigator: JsValue = window().navigator().into();
    let container = Reflect::get(&navigator, &"serviceWorker".into())?;
    if container.is_undefined() {
        return Err(BrowserError::named("NotSupportedError"));
    }
    let ready: Promise = Reflect::get(&container, &"ready".into())?.dyn_into()?;
    Ok(JsFuture::from(ready).await?)
}

async fn manager() -> Result<JsValue, BrowserError> {
    Ok(Reflect::get(&worker().await?, &"pushManager".into())?)
}

/// A method that promises something.
async fn ask(of: &JsValue, method: &str, argument: &JsValue) -> Result<JsValue, BrowserError> {
    let method: Function = Reflect::get(of, &method.into())?.dyn_into()?;
    let promise: Promise = method.call1(of, argument)?.dyn_into()?;
    Ok(JsFuture::from(promise).await?)
}
