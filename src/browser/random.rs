//! Random numbers.

use super::BrowserError;
use super::window::window;

/// Bytes that nobody can guess (`crypto.getRandomValues`).
///
/// # Errors
/// Where the browser has no `crypto`, or no entropy.
pub fn bytes<const N: usize>() -> Result<[u8; N], BrowserError> {
    let mut bytes = [0; N];
    window()
        .crypto()?
        .get_random_values_with_u8_array(&mut bytes)?;
    Ok(bytes)
}

/// From 0 to below 1 (`Math.random`): for jitter, not for secrets.
pub fn fraction() -> f64 {
    js_sys::Math::random()
}
