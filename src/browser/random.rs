//! Random numbers that nobody can guess.

use super::BrowserError;

/// 16 bytes from `crypto.getRandomValues`.
///
/// # Errors
/// Where the browser has no `crypto`.
pub fn bytes() -> Result<[u8; 16], BrowserError> {
    let mut bytes = [0; 16];
    super::window::window()
        .crypto()?
        .get_random_values_with_u8_array(&mut bytes)?;
    Ok(bytes)
}

/// Between 0 and 1, for jitter; not for secrets.
pub fn fraction() -> f64 {
    js_sys::Math::random()
}
