//! What clients and relays agree about.

use std::error::Error;

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

pub(crate) const SECRET: &str = "north";
pub(crate) const REALM: &str = "compare";
pub(crate) const CHANNEL: u16 = 0x4000;
