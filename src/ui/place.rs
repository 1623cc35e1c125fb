//! Where in the page the person is, as the address bar shows it.

use leptos::prelude::*;

use crate::browser::{location, window};
use crate::session::address::Place;

/// The place, and the way to another one.
#[derive(Clone, Copy)]
pub(crate) struct Places {
    place: RwSignal<Place>,
}

impl Places {
    /// From the page's address; follows the browser's back button.
    pub(crate) fn provide() -> Self {
        let place = RwSignal::new(Place::from_path(&location::path()));
        let back = window::on("popstate", move |_| {
            place.set(Place::from_path(&location::path()));
        });
        // Lives as long as the component that provides it.
        StoredValue::new_local(back);
        let places = Self { place };
        provide_context(places);
        places
    }

    pub(crate) fn get(&self) -> Place {
        self.place.get()
    }

    /// To the first screen.
    pub(crate) fn go_home(&self) {
        if self.place.get_untracked() != Place::Home {
            location::push_path("/");
            self.place.set(Place::Home);
        }
    }
}
