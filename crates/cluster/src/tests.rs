//! Nodes on a medium, in virtual time.

mod calls;
mod failures;
mod moving;
mod presence;
mod world;
