//! The page: calls between two browsers.
//!
//! Three layers, and each knows only those below it: `ui` shows what is and
//! sends what the person wants; `session` is the one inbox and the one loop
//! around the client; `browser` is one thin adapter for each Web API. What is
//! not needed at once is in one second chunk: `chunk` is how, and each layer lists its own
//! in a module `lazy`.

pub mod browser;
pub mod chunk;
pub mod session;
pub mod ui;
