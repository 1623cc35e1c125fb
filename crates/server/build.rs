//! Lets cargo notice a new page: a release build embeds `dist`, so it has to be
//! compiled again when that changes. A debug build reads it at start instead.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=../../dist");
    }
}
