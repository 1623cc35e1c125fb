//! The prototype of a character (UTS 39, section 4): what stands for all that look like it.

use std::sync::LazyLock;

include!(concat!(env!("OUT_DIR"), "/prototypes.rs"));

/// Sorted by the first.
static PROTOTYPES: LazyLock<Vec<(char, &'static str)>> = LazyLock::new(|| {
    let targets: Vec<&str> = TARGETS.split(' ').collect();
    let mut source = 0;
    let steps = numbers(STEPS).map(|step| {
        source += step;
        source
    });
    let prototypes = steps.zip(numbers(PLACES)).filter_map(|(source, place)| {
        let target = targets.get(usize::try_from(place).ok()?)?;
        Some((char::from_u32(source)?, *target))
    });
    prototypes.collect()
});

/// What a character that is its own NFKD looks like; `None` if it is its own prototype.
pub(crate) fn prototype(c: char) -> Option<&'static str> {
    let found = PROTOTYPES.binary_search_by_key(&c, |(source, _)| *source);
    found.ok().map(|place| PROTOTYPES[place].1)
}

/// Reads LEB128.
fn numbers(bytes: &'static [u8]) -> impl Iterator<Item = u32> {
    let mut bytes = bytes.iter();
    std::iter::from_fn(move || {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = *bytes.next()?;
            number |= u32::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return Some(number);
            }
        }
    })
}
