//! A signal for one part of the client's view.

use std::ops::Deref;
use std::sync::Arc;

use leptos::prelude::{Get, GetUntracked, RwSignal, Set, Update};
use wimpex_client::View;

/// Tells of changes of one part, but holds the whole view: so all such signals are of one
/// type underneath, and each further type would cost the page two kilobytes of code.
pub struct ViewSignal<T: 'static> {
    view: RwSignal<Arc<View>>,
    part: fn(&View) -> &T,
    part_mut: fn(&mut View) -> &mut T,
}

impl<T> Clone for ViewSignal<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ViewSignal<T> {}

/// A part of a view, borrowed from the snapshot that it belongs to.
pub struct PartGuard<T: 'static> {
    view: Arc<View>,
    part: fn(&View) -> &T,
}

impl<T> Deref for PartGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        (self.part)(&self.view)
    }
}

impl<T> ViewSignal<T> {
    pub(super) fn new(part: fn(&View) -> &T, part_mut: fn(&mut View) -> &mut T) -> Self {
        Self {
            view: RwSignal::new(Arc::new(View::new())),
            part,
            part_mut,
        }
    }

    /// The signal underneath.
    pub(super) fn whole(&self) -> &RwSignal<Arc<View>> {
        &self.view
    }

    /// Borrows the part, and subscribes who runs to its changes.
    pub fn read(&self) -> PartGuard<T> {
        PartGuard {
            view: self.view.get(),
            part: self.part,
        }
    }

    /// Reads a value of the part, and subscribes who runs to its changes.
    pub fn with<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read(&self.read())
    }

    /// Reads a value of the part once.
    pub fn with_untracked<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read((self.part)(&self.view.get_untracked()))
    }

    /// Sets the part by itself: for tests of components, which have no client.
    pub fn set(&self, value: T) {
        self.view
            .update(|view| *(self.part_mut)(Arc::make_mut(view)) = value);
    }

    /// Changes the part by itself: for tests of components, which have no client.
    pub fn update(&self, change: impl FnOnce(&mut T)) {
        self.view
            .update(|view| change((self.part_mut)(Arc::make_mut(view))));
    }

    /// Takes over the part of a new view.
    pub(super) fn show(&self, view: &Arc<View>) {
        self.view.set(view.clone());
    }
}

impl<T: Clone> ViewSignal<T> {
    /// The part, and subscribes who runs to its changes.
    pub fn get(&self) -> T {
        self.read().clone()
    }

    /// The part as it is now.
    pub fn get_untracked(&self) -> T {
        self.with_untracked(T::clone)
    }
}
