//! Files that the user hands to the page: chosen, dropped or pasted (HTML, sections 4.10.5.1.17 and
//! 6.11; <https://www.w3.org/TR/clipboard-apis/>), and those that the page hands to the user.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, File, FileList, HtmlElement, HtmlInputElement};

use super::blob::ObjectUrl;
use super::reflect::property;
use super::window::document;
use super::{BrowserError, Listener, blob, web_crypto};
use gloo_timers::callback::Timeout;

/// Lets the user choose files; none if they choose none.
pub async fn choose() -> Vec<File> {
    pick(|input| input.set_multiple(true)).await
}

/// Lets the user choose a file, and reads its text; `None` if they choose none. `accept`
/// is that of `<input type=file>`
/// (<https://html.spec.whatwg.org/multipage/input.html#attr-input-accept>).
pub async fn open(accept: &str) -> Option<String> {
    let file = pick(|input| input.set_accept(accept))
        .await
        .into_iter()
        .next()?;
    JsFuture::from(file.text()).await.ok()?.as_string()
}

async fn pick(set_up: impl FnOnce(&HtmlInputElement)) -> Vec<File> {
    let chosen = async {
        let input = document().create_element("input").ok()?;
        let input: HtmlInputElement = input.unchecked_into();
        input.set_type("file");
        set_up(&input);
        // Firefox fires nothing at an element that is outside of the document, once it is garbage.
        input.set_hidden(true);
        document().body()?.append_child(&input).ok()?;
        let mut listeners = None;
        let settled = Promise::new(&mut |resolve, _| {
            let settle = |event| {
                let resolve = resolve.clone();
                Listener::new(&input, event, move |_| {
                    let _ = resolve.call0(&JsValue::NULL);
                })
            };
            listeners = Some([settle("change"), settle("cancel")]);
        });
        input.click();
        JsFuture::from(settled).await.ok()?;
        drop(listeners);
        input.remove();
        input.files()
    };
    all(chosen.await)
}

/// The files of a `drop` or a `paste`.
pub fn given(event: &Event) -> Vec<File> {
    let data = ["dataTransfer", "clipboardData"]
        .into_iter()
        .find_map(|name| property(event, name));
    let files = data.and_then(|data| property(&data, "files"));
    all(files.and_then(|files| files.dyn_into().ok()))
}

/// Whether something is dragged that has files in it.
pub fn drags_files(event: &Event) -> bool {
    let types = property(event, "dataTransfer").and_then(|data| property(&data, "types"));
    types.is_some_and(|types| js_sys::Array::from(&types).includes(&"Files".into(), 0))
}

fn all(files: Option<FileList>) -> Vec<File> {
    let Some(files) = files else {
        return Vec::new();
    };
    (0..files.length()).filter_map(|at| files.get(at)).collect()
}

/// Some bytes of a file, and their SHA-256.
///
/// # Errors
/// `NotReadableError`, `NotFoundError` where it is gone or has changed.
pub async fn read(
    file: &File,
    at: u64,
    bytes: u64,
) -> Result<(Uint8Array, [u8; 32]), BrowserError> {
    #[allow(clippy::cast_precision_loss, reason = "below 2^53")]
    let part = file.slice_with_f64_and_f64(at as f64, (at + bytes) as f64)?;
    let read = blob::bytes(&part).await?;
    if u64::from(read.length()) != bytes {
        return Err(BrowserError::named("NotReadableError"));
    }
    let digest = web_crypto::sha256_of(&read).await?;
    Ok((read, digest))
}

/// So long a browser may take to read what it saves, in milliseconds: gigabytes are copied.
const SAVED_AFTER: u32 = 3_600_000;

/// Saves a file under this name. Whatever is in it, it is only bytes: no page is made of it.
///
/// # Errors
/// Where the browser refuses.
pub fn save(file: &File, name: &str) -> Result<(), BrowserError> {
    let plain =
        file.slice_with_f64_and_f64_and_content_type(0.0, file.size(), "application/octet-stream")?;
    let url = ObjectUrl::new(&plain)?;
    let link = document().create_element("a")?;
    link.set_attribute("href", url.as_str())?;
    link.set_attribute("download", name)?;
    let link: HtmlElement = link.unchecked_into();
    link.set_hidden(true);
    // Firefox follows no link that is outside of the document.
    if let Some(body) = document().body() {
        body.append_child(&link)?;
    }
    link.click();
    link.remove();
    Timeout::new(SAVED_AFTER, move || drop(url)).forget();
    Ok(())
}
