//! Random numbers that nobody can guess.

use super::BrowserError;

/// Bytes from `crypto.getRandomValues`.
///
/// # Errors
/// Where the browser has no `crypto`.
pub fn bytes<const N: usize>() -> Result<[u8; N], BrowserError> {
    let mut bytes = [0; N];
    super::window::window()
        .crypto()?
        .get_random_values_with_u8_array(&mut bytes)?;
    Ok(bytes)
}

/// Between 0 and 1, for jitter; not for secrets.
pub fn fraction() -> f64 {
    js_sys::Math::random()
}
