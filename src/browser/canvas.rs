//! A canvas as the source of a video (<https://www.w3.org/TR/mediacapture-fromelement/>), and of a
//! picture (HTML, section 4.12.5).

use js_sys::Promise;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, CanvasRenderingContext2d, HtmlCanvasElement, HtmlVideoElement, MediaStream,
    MediaStreamTrack,
};

use super::reflect::property;
use super::window::document;
use super::{BrowserError, promise, reflect};

/// One that nobody sees.
pub struct Canvas {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    track: Option<MediaStreamTrack>,
}

/// A rectangle in points: from the left, from above, width and height.
pub type Rectangle = [f64; 4];

impl Canvas {
    /// Of this size in points.
    ///
    /// # Errors
    /// `NotSupportedError` where it cannot be drawn on.
    pub fn new(width: u32, height: u32) -> Result<Self, BrowserError> {
        let canvas: HtmlCanvasElement = document().create_element("canvas")?.unchecked_into();
        canvas.set_width(width);
        canvas.set_height(height);
        let context = canvas.get_context("2d")?;
        let context = context.ok_or_else(|| BrowserError::named("NotSupportedError"))?;
        Ok(Self {
            canvas,
            context: context.unchecked_into(),
            track: None,
        })
    }

    /// Fills it.
    pub fn fill(&self, [x, y, width, height]: Rectangle, colour: &str) {
        self.context.set_fill_style_str(colour);
        self.context.fill_rect(x, y, width, height);
    }

    /// Draws the picture that is there now.
    pub fn picture(&self, player: &Player, [x, y, width, height]: Rectangle) {
        // One that is not there yet draws nothing.
        let _ = self
            .context
            .draw_image_with_html_video_element_and_dw_and_dh(&player.video, x, y, width, height);
    }

    /// Writes in the middle of it, so high, no wider than it is.
    pub fn text(&self, text: &str, [x, y, width, height]: Rectangle, size: u32, colour: &str) {
        self.context.set_fill_style_str(colour);
        self.context
            .set_font(&format!("{size}px system-ui, sans-serif"));
        self.context.set_text_align("center");
        self.context.set_text_baseline("middle");
        let (x, y) = (x + width / 2.0, y + height / 2.0);
        let _ = self
            .context
            .fill_text_with_max_width(text, x, y, width * 0.9);
    }

    /// What is drawn, as a video of at most so many frames a second; it ends with this.
    ///
    /// # Errors
    /// `NotSupportedError` where the browser cannot.
    pub fn track(&mut self, rate: u32) -> Result<MediaStreamTrack, BrowserError> {
        let stream = reflect::call(&self.canvas, "captureStream", &rate.into());
        let stream = stream.and_then(|it| it.dyn_into::<MediaStream>().ok());
        let tracks = stream.map(|it| it.get_video_tracks());
        let track = tracks.and_then(|it| it.iter().next());
        let track = track.ok_or_else(|| BrowserError::named("NotSupportedError"))?;
        let track: MediaStreamTrack = track.unchecked_into();
        self.track = Some(Clone::clone(&track));
        Ok(track)
    }

    /// What is drawn, as a picture.
    ///
    /// # Errors
    /// Where there is no room for it.
    pub async fn blob(&self, mime_type: &str) -> Result<Blob, BrowserError> {
        let blob = Promise::new(&mut |resolve, _| {
            let done = Closure::once_into_js(move |blob: JsValue| {
                let _ = resolve.call1(&JsValue::NULL, &blob);
            });
            // Throws for one that is not ours to read; all that is drawn here is.
            let _ = self
                .canvas
                .to_blob_with_type(done.unchecked_ref(), mime_type);
        });
        Ok(JsFuture::from(blob).await?.dyn_into()?)
    }
}

impl Drop for Canvas {
    fn drop(&mut self) {
        if let Some(track) = &self.track {
            track.stop();
        }
    }
}

/// A video that nobody sees and that plays, so that it can be drawn.
pub struct Player {
    stream: String,
    video: HtmlVideoElement,
}

impl Player {
    /// Of this stream.
    ///
    /// # Errors
    /// Where the browser makes no elements.
    pub fn new(stream: &MediaStream) -> Result<Self, BrowserError> {
        let video: HtmlVideoElement = document().create_element("video")?.unchecked_into();
        video.set_muted(true);
        video.set_attribute("playsinline", "")?;
        video.set_src_object(Some(stream));
        // Muted, so that it is never refused.
        if let Ok(played) = video.play() {
            promise::ignore(&played);
        }
        Ok(Self {
            stream: stream.id(),
            video,
        })
    }

    /// The stream's id.
    pub fn stream(&self) -> &str {
        &self.stream
    }

    /// Width and height of the picture, once there is one.
    pub fn size(&self) -> Option<(f64, f64)> {
        let (width, height) = (self.video.video_width(), self.video.video_height());
        // HAVE_CURRENT_DATA
        let ready = property(&self.video, "readyState").and_then(|it| it.as_f64());
        let is_there = width > 2 && height > 2 && ready.is_some_and(|it| it >= 2.0);
        is_there.then_some((f64::from(width), f64::from(height)))
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.video.set_src_object(None);
    }
}
