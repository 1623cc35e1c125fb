//! Small pictures of large ones: `createImageBitmap`, which decodes beside the page's own thread
//! (HTML, section 8.11).

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, HtmlCanvasElement};

use super::reflect::{call, method, property};
use super::{BrowserError, window};

/// Draws an image onto the canvas, `height` points high. Whatever it is, it is only points.
///
/// # Errors
/// `InvalidStateError` for what is no image that this browser knows.
pub async fn draw(
    blob: &Blob,
    canvas: &HtmlCanvasElement,
    height: u32,
) -> Result<(), BrowserError> {
    let window = window::window();
    let create: Function = method(&window, "createImageBitmap")
        .ok_or_else(|| BrowserError::named("NotSupportedError"))?;
    let options = Object::new();
    Reflect::set(&options, &"resizeHeight".into(), &height.into())?;
    let drawn: Promise = create.call2(&window, blob, &options)?.dyn_into()?;
    let bitmap = JsFuture::from(drawn).await?;
    let size = |name| {
        property(&bitmap, name)
            .and_then(|it| it.as_f64())
            .unwrap_or(0.0)
    };
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a size in points"
    )]
    canvas.set_width(size("width").min(f64::from(height) * 4.0) as u32);
    canvas.set_height(height);
    let context = canvas.get_context("bitmaprenderer")?;
    let context: JsValue = context.map_or(JsValue::NULL, Into::into);
    call(&context, "transferFromImageBitmap", &bitmap);
    Ok(())
}
