//! What is checked: the calls that are possible within bounds.

use std::sync::{Arc, Mutex};

use crate::bounds::Bounds;
use crate::diagram::Diagram;

/// The bounds, and the transitions of calls that were seen within them.
#[derive(Clone, Debug)]
pub struct Calls {
    pub(crate) bounds: Bounds,
    pub(crate) diagram: Arc<Mutex<Diagram>>,
}

impl Calls {
    /// Everything that can happen within these bounds.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            diagram: Arc::default(),
        }
    }

    /// Where the transitions are noted; it outlives the checker.
    pub fn diagram(&self) -> Arc<Mutex<Diagram>> {
        Arc::clone(&self.diagram)
    }
}
