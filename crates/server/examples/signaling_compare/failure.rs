//! Whatever ends a comparison.

use std::error::Error;

pub(crate) type Failure = Box<dyn Error + Send + Sync>;
