//! What runs and verifies calls, without its code.

use wimpex_call::Calls;
use wimpex_client::Loaded;
use wimpex_verification::Verify;

/// The verifier of the page.
pub type BoxedVerifier = Box<dyn Verify + Send>;

/// Verifier and call machine of the page: their code comes with the first call.
pub type BoxedCalls = Loaded<BoxedVerifier, BoxedMachine>;

/// The call machine of the page.
pub type BoxedMachine = Box<dyn Calls + Send>;
