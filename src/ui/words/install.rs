//! Installing the page.

/// Heading.
pub const TITLE: &str = "Keep Wimpex at hand";
/// What it brings.
pub const HINT: &str = "Installed, Wimpex opens from your home screen or your list of apps, in a window of \
    its own. It takes next to no space.";
/// On iPhones and iPads, where only the user can do it.
pub const HOME_SCREEN: &str = "On an iPhone or iPad: tap Share, then “Add to Home Screen”. Wimpex then opens \
    from there like an app, and can ring when it’s closed.";
/// Installs it.
pub const INSTALL: &str = "Install";
/// Never again.
pub const NOT_NOW: &str = "No, thanks";
