//! The flags of messages that are left.

use clap::Args;

/// Messages for who does not answer.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Messages for who does not answer")]
pub struct MailboxConfig {
    /// Keep messages, which nobody but their receivers can open, until they are fetched or a week
    /// old
    #[arg(long, env = "WIMPEX_MESSAGES", value_name = "BOOL", num_args = 0..=1,
          require_equals = true, default_missing_value = "true", action = clap::ArgAction::Set,
          default_value_t = Self::default().messages)]
    pub messages: bool,

    /// The most megabytes that all of them have together
    #[arg(long, env = "WIMPEX_MESSAGES_TOTAL_MB", value_name = "N",
          default_value_t = Self::default().messages_total_mb)]
    pub messages_total_mb: u64,
}

impl Default for MailboxConfig {
    fn default() -> Self {
        Self {
            messages: true,
            messages_total_mb: 2_000,
        }
    }
}
