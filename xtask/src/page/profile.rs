//! How what browsers load is compiled.

/// The profile that makes it small (Cargo.toml).
pub(super) const PROFILE: &str = "page";

/// Makes cargo build the standard library along with the page, without the formatting of panics:
/// nobody reads them in a page, and they are a tenth of its bytes. A panic then says nothing but
/// `unreachable`; `cargo xtask dev` and the tests build with messages. Stable Rust cannot do that
/// yet, so it is told to act as unstable (`RUSTC_BOOTSTRAP`); that the toolchain is pinned makes it
/// safe to rely on.
///
/// Without reference types, wasm-bindgen keeps JavaScript's values in an array of its own. That is
/// a kilobyte less, and it makes no exported tables, which Binaryen up to 109 (Debian 12, Ubuntu
/// 24.04) writes wrongly, and no `table.fill`, which it cannot read.
///
/// The relocations tell the splitter what needs what.
pub(super) const SMALLEST: [(&str, &str); 4] = [
    ("RUSTC_BOOTSTRAP", "1"),
    ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort"),
    ("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size"),
    (
        "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
        "--cfg=erase_components --cfg=split -Clink-arg=--emit-relocs \
         -Ctarget-feature=-reference-types,-multivalue -Zunstable-options \
         -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=shallow",
    ),
];
