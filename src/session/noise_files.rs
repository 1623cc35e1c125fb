//! The files of the page's own filter of noise.

use crate::browser::noise_filter::{self, NoiseFilterFiles};

/// `cargo xtask build` makes them and says here what they are called. Trunk and the tests have none, and
/// then no filter is offered.
pub(super) const FILES: Option<NoiseFilterFiles> = match (
    option_env!("WIMPEX_NOISE_SCRIPT"),
    option_env!("WIMPEX_NOISE_MODULE"),
) {
    (Some(script), Some(module)) => Some(NoiseFilterFiles { script, module }),
    _ => None,
};

/// Whether the page can filter noise by itself.
pub(super) fn is_supported() -> bool {
    FILES.is_some() && noise_filter::is_supported()
}
