//! How a configuration was put together, so that it can be read again.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

/// What every setting was given as: its key, and its values as they were written. Secrets are among
/// them.
pub type Values = BTreeMap<String, Vec<OsString>>;

/// Reads flags, environment and file again; or says everything that is wrong with them.
type Reread<Config> = dyn Fn() -> Result<Config, Vec<String>> + Send + Sync;

/// See the module. Of a configuration that was not read from anywhere it is empty.
#[derive(Clone)]
pub struct Given<Config> {
    values: Values,
    reread: Option<Arc<Reread<Config>>>,
}

impl<Config> Given<Config> {
    /// With what reads it again.
    pub fn new(
        values: Values,
        reread: impl Fn() -> Result<Config, Vec<String>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            values,
            reread: Some(Arc::new(reread)),
        }
    }

    /// Every setting's values.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// The configuration as it would be read now; `None` if it was not read from anywhere.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn reread(&self) -> Option<Result<Config, Vec<String>>> {
        self.reread.as_ref().map(|reread| reread())
    }
}

impl<Config> Default for Given<Config> {
    fn default() -> Self {
        Self {
            values: Values::default(),
            reread: None,
        }
    }
}

impl<Config> fmt::Debug for Given<Config> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Given").finish_non_exhaustive()
    }
}
