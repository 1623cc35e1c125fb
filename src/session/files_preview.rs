//! A small picture of an image that has arrived.

use web_sys::HtmlCanvasElement;
use wimpex_files::{FileId, image_size, limits};

use super::files_database::folder;
use crate::browser::{BrowserError, blob, file_store, image_preview};

/// Bytes in which an image says how large it is, as a rule.
const HEAD: f64 = 65_536.0;
/// Points from top to bottom.
const HEIGHT: u32 = 112;

/// Draws it; says whether there is something to be seen. An image that would take gigabytes of
/// memory, or does not say how many, is not decoded.
pub async fn draw_preview(key: FileId, canvas: &HtmlCanvasElement) -> bool {
    let drawn = async {
        let kept = file_store::file([&folder(), &key.encode()]).await?;
        let head = kept.slice_with_f64_and_f64(0.0, HEAD)?;
        let head = blob::bytes(&head).await?.to_vec();
        let points = image_size(&head).map(|(width, height)| u64::from(width) * u64::from(height));
        if points.is_none_or(|points| points == 0 || points > limits::PREVIEW_POINTS) {
            return Err(BrowserError::named("EncodingError"));
        }
        image_preview::draw(&kept, canvas, HEIGHT).await
    };
    drawn.await.is_ok()
}
