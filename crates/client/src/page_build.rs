//! Which build of the page this is, and whether the server has another one.

use wimpex_sansio::Now;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct PageBuild {
    /// `None`: the page does not know, and stays as it is.
    own: Option<String>,
    /// What this tab was loaded anew for already, separated by spaces.
    loaded_for: String,
    /// The server's, if it is another one than ours and this tab has not been loaded for it.
    newer: Option<String>,
    /// When to look again whether nobody would notice.
    pub(crate) look_at: Option<Now>,
}

impl PageBuild {
    pub(crate) fn new(own: Option<String>, loaded_for: Option<String>) -> Self {
        Self {
            own,
            loaded_for: loaded_for.unwrap_or_default(),
            ..Self::default()
        }
    }

    /// The server says which build it has. One that this tab was loaded for before and did not
    /// get (a proxy gives out an old one; several servers take turns) is not tried again.
    pub(crate) fn server_has(&mut self, build: Option<String>, now: Now) {
        self.newer = build.filter(|build| {
            let is_other = self.own.as_ref().is_some_and(|own| own != build);
            is_other && !self.loaded_for.split(' ').any(|it| it == build)
        });
        self.look_at = self.newer.as_ref().map(|_| now);
    }

    /// The build that this page should give way to.
    pub(crate) fn newer(&self) -> Option<&String> {
        self.newer.as_ref()
    }
}
