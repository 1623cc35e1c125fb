//! Numbers as text, small enough for the first load.

/// A number without its fraction.
#[allow(
    clippy::cast_possible_truncation,
    reason = "saturating, and far from the limits"
)]
pub fn whole(number: f64) -> i64 {
    number.round() as i64
}

/// A number with `places` (1 or more) decimals. By whole numbers: the standard
/// library's way for floats would cost the page ten kilobytes.
pub fn decimal(number: f64, places: u32) -> String {
    let unit = 10_i64.pow(places);
    #[allow(clippy::cast_precision_loss, reason = "a power of ten")]
    let scaled = whole(number.abs() * unit as f64);
    let sign = if number < 0.0 && scaled != 0 {
        "−"
    } else {
        ""
    };
    let width = places as usize;
    format!("{sign}{}.{:0width$}", scaled / unit, scaled % unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_decimals() {
        assert_eq!(decimal(0.04, 1), "0.0");
        assert_eq!(decimal(12.349, 2), "12.35");
        assert_eq!(decimal(-1.5, 1), "−1.5");
        assert_eq!(decimal(f64::NAN, 1), "0.0");
    }
}
