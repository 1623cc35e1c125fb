//! What visitors are shown: the page, and the headers that come with it. Both follow what the host says
//! while the server runs.

use crate::config::Config;
use crate::error::StartError;
use crate::headers::PageHeaders;
use crate::origin::Origin;
use crate::page::Page;

/// See the module.
pub(crate) struct Shown {
    pub(crate) page: Page,
    pub(crate) headers: PageHeaders,
}

impl Shown {
    /// As `config` says it, on a server that was started with `started`; `own` is the origin that people
    /// reach it by, if it is known.
    ///
    /// # Errors
    /// [`StartError::Page`] or [`StartError::Origin`].
    pub(crate) fn load(
        config: &Config,
        started: &Config,
        own: Option<&Origin>,
    ) -> Result<Self, StartError> {
        let ancestors = config.access.frame_ancestor.iter();
        let ancestors = ancestors.map(|text| Origin::written(text));
        let ancestors: Vec<_> = ancestors
            .collect::<Result<_, _>>()
            .map_err(StartError::Origin)?;
        let reports = started.operation.reports.then_some(&started.base_path);
        let page = Page::load(
            config.page_dir.as_deref(),
            (&config.access, &started.base_path),
            started.page_state_folder().as_deref(),
        )?;
        Ok(Self {
            page,
            headers: PageHeaders::new(&ancestors, own, reports),
        })
    }
}
