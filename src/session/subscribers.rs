//! The one place where a signal lets go of subscribers that are gone: Leptos does not
//! (docs/leptos-subscribers.md).

use leptos::prelude::*;
use leptos::reactive::graph::Source;

/// Notifies a signal and empties its list of subscribers. Whoever is still there is marked
/// dirty, and subscribes again when it next runs or is read.
pub(super) fn renew_subscribers(signal: &(impl Notify + Source)) {
    // In this order: who is no longer listed is not notified.
    signal.notify();
    signal.clear_subscribers();
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Weak};

    use leptos::reactive::graph::{AnySource, AnySubscriber, ReactiveNode, Subscriber};

    use super::*;

    /// Counts how often it is marked dirty.
    #[derive(Default)]
    struct Counting(AtomicU32);

    impl ReactiveNode for Counting {
        fn mark_dirty(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }

        fn mark_check(&self) {}

        fn mark_subscribers_check(&self) {}

        fn update_if_necessary(&self) -> bool {
            false
        }
    }

    impl Subscriber for Counting {
        fn add_source(&self, _: AnySource) {}

        fn clear_sources(&self, _: &AnySubscriber) {}
    }

    fn subscribe(signal: &ArcRwSignal<u32>, node: &Arc<Counting>) {
        let weak: Weak<dyn Subscriber + Send + Sync> = Arc::downgrade(node) as _;
        signal.add_subscriber(AnySubscriber(Arc::as_ptr(node) as usize, weak));
    }

    #[test]
    fn everybody_is_notified_once_and_then_let_go_of() {
        let signal = ArcRwSignal::new(0);
        let nodes = [(); 3].map(|()| Arc::new(Counting::default()));
        for node in &nodes {
            subscribe(&signal, node);
            assert_eq!(Arc::weak_count(node), 1, "the signal's");
        }
        renew_subscribers(&signal);
        for node in &nodes {
            assert_eq!(node.0.load(Ordering::Relaxed), 1);
            assert_eq!(Arc::weak_count(node), 0);
        }
    }

    #[test]
    fn a_memo_that_is_still_there_hears_of_the_next_change() {
        let owner = Owner::new();
        owner.set();
        let signal = ArcRwSignal::new(1);
        let read = signal.clone();
        let doubled = Memo::new(move |_| 2 * read.get());
        assert_eq!(doubled.get_untracked(), 2);
        renew_subscribers(&signal);
        assert_eq!(doubled.get_untracked(), 2);
        signal.set(2);
        assert_eq!(doubled.get_untracked(), 4);
        // Nor does it miss one that comes before it is read.
        renew_subscribers(&signal);
        signal.set(3);
        assert_eq!(doubled.get_untracked(), 6);
    }
}
