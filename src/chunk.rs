//! Code splitting (lazy loading): code that is not part of the first load comes in wasm
//! modules of its own (chunks), when it is first needed.
//!
//! Here is the mechanism only. Each layer declares with [`lazy!`] what of its own is
//! loaded later: see `session::lazy` and `ui::lazy`. There are three such parts: `ring` has
//! what it takes for a call to ring, `calls` what it takes for one to be made and to be seen, and
//! `extras` everything else. What several need is in modules that come with the first of them.
//!
//! `cargo xtask build` splits them off (xtask/src/page/release.rs); under plain Trunk
//! and in the tests the code is there from the start. Whoever calls it awaits it
//! either way, and gets [`NotLoaded`] when it cannot be had.

use futures_util::future::LocalBoxFuture;

/// A chunk could not be loaded: the network is away, or the server has another build
/// by now. A later call tries again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotLoaded;

#[cfg(split)]
impl From<wasm_split_helpers::SplitLoaderError> for NotLoaded {
    fn from(_: wasm_split_helpers::SplitLoaderError) -> Self {
        Self
    }
}

/// The result of a function that [`lazy!`] declares. Loading begins when it is polled.
pub type Lazy<T> = LocalBoxFuture<'static, Result<T, NotLoaded>>;

/// Declares a function whose body is in a chunk: `in part, name(argument: Type, ...) -> Result
/// { body }` becomes `pub fn name(argument: Type, ...) -> Lazy<Result>`.
macro_rules! lazy {
    ($(#[$doc:meta])* in $part:ident, $name:ident($($argument:ident: $kind:ty),*) -> $result:ty $body:block) => {
        $(#[$doc])*
        #[allow(
            unsafe_code,
            reason = "the attribute that marks where to split declares foreign functions"
        )]
        pub fn $name($($argument: $kind),*) -> $crate::chunk::Lazy<$result> {
            #[cfg_attr(split, wasm_split_helpers::wasm_split($part, fallible))]
            fn later($($argument: $kind),*) -> Result<$result, $crate::chunk::NotLoaded> {
                Ok($body)
            }
            #[cfg(split)]
            return Box::pin(later($($argument),*));
            #[cfg(not(split))]
            return Box::pin(std::future::ready(later($($argument),*)));
        }
    };
}

pub(crate) use lazy;

lazy! {
    /// Loads `ring` and does nothing.
    in ring, preload_ring() -> () {}
}

lazy! {
    /// Loads `extras` and does nothing, so that it is there when the network is not.
    in extras, preload_extras() -> () {}
}
