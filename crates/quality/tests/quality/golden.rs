//! Readings of real calls: see `docs/quality.md` for how they were recorded.
