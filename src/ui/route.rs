//! Which route of the page is open, as the address bar shows it.

use leptos::prelude::*;

use crate::browser::{location, window};
use wimpex_client::address::Route;

/// The open route; goes to another one.
#[derive(Clone, Copy)]
pub(crate) struct Router {
    route: RwSignal<Route>,
}

impl Router {
    /// From the page's address; follows the browser's back button.
    pub(crate) fn provide() -> Self {
        let route = RwSignal::new(Route::from_path(&location::path()));
        let back = window::on("popstate", move |_| {
            route.set(Route::from_path(&location::path()));
        });
        // Lives as long as the component that provides it.
        StoredValue::new_local(back);
        let router = Self { route };
        provide_context(router);
        router
    }

    pub(crate) fn get(&self) -> Route {
        self.route.get()
    }

    /// To the first screen.
    pub(crate) fn go_home(&self) {
        if self.route.get_untracked() != Route::Home {
            location::push_path("/");
            self.route.set(Route::Home);
        }
    }
}
