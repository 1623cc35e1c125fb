//! The processors that packages are built for.

/// A processor that packages are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Architecture {
    /// As rustc calls it.
    pub(super) target: &'static str,
    /// In the names of our files, as Linux calls it.
    pub(super) name: &'static str,
    /// As OCI images call it.
    pub(super) oci: &'static str,
    /// Environment for cargo, where C is compiled and programs are linked by something else than
    /// what this machine has anyway.
    pub(super) tools: &'static [(&'static str, &'static str)],
}

pub(super) const X86_64: Architecture = Architecture {
    target: "x86_64-unknown-linux-musl",
    name: "x86_64",
    oci: "amd64",
    tools: &[],
};
pub(super) const ARM64: Architecture = Architecture {
    target: "aarch64-unknown-linux-musl",
    name: "aarch64",
    oci: "arm64",
    // Everything of musl that is linked comes with Rust's target, so that any compiler and linker
    // for the processor will do.
    tools: &[
        (
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER",
            "aarch64-linux-gnu-gcc",
        ),
        ("CC_aarch64_unknown_linux_musl", "aarch64-linux-gnu-gcc"),
    ],
};
