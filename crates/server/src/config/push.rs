//! The flags of web push.

use std::path::PathBuf;

use clap::Args;
use wimpex_push::PushService;

/// Ringing where no page is open.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Web push: ringing where no page is open")]
pub struct PushConfig {
    /// Let people have their devices woken by calls
    /// [default: where the page is served over https]
    #[arg(long, env = "WIMPEX_PUSH", value_name = "BOOL", num_args = 0..=1,
          require_equals = true, default_missing_value = "true")]
    pub push: Option<bool>,

    /// Send to this push service too, such as push.example.org:8443, beside those of the browsers'
    /// makers; it may be in your own network; may be repeated
    #[arg(
        long,
        env = "WIMPEX_PUSH_SERVICE",
        value_name = "HOST",
        value_delimiter = ','
    )]
    pub push_service: Vec<PushService>,

    /// The certificate that vouches for --push-service, as PEM
    /// [default: those that this system trusts]
    #[arg(long, env = "WIMPEX_PUSH_ROOT", value_name = "FILE")]
    pub push_root: Option<PathBuf>,

    /// Where push services can reach you, if there is something: https://… or mailto:…
    /// [default: the origin of the page]
    #[arg(long, env = "WIMPEX_PUSH_CONTACT", value_name = "URL")]
    pub push_contact: Option<String>,
}
