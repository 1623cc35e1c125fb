//! Which screen is open, and what lies over it.

use wimpex_call::State;

use wimpex_client::address::Route;

/// A screen that fills the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Screen {
    /// Asks for a name.
    Welcome,
    /// What the address bar names.
    At(Route),
    /// A call.
    Call,
    /// How a call ended.
    Ended,
}

/// The whole page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppScreen {
    /// What fills it.
    pub screen: Screen,
    /// A call waits for its answer, here or there: it may be heard, and one that comes in has its
    /// prompt over the screen.
    pub may_ring: bool,
}

/// From the state of the call, whether there is a name, whether it is being changed, and
/// the route.
pub fn app_screen(state: State, has_name: bool, is_renaming: bool, route: Route) -> AppScreen {
    let screen = match state {
        State::Calling | State::Connecting | State::Connected | State::Reconnecting => Screen::Call,
        State::Ended => Screen::Ended,
        // The prompt lies over whatever was there.
        State::Idle | State::Ringing if is_renaming || !has_name => Screen::Welcome,
        State::Idle | State::Ringing => Screen::At(route),
    };
    AppScreen {
        screen,
        may_ring: matches!(state, State::Calling | State::Ringing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_takes_the_page_and_a_prompt_only_covers_it() {
        let shown = |state| app_screen(state, true, false, Route::Home);
        assert_eq!(shown(State::Idle).screen, Screen::At(Route::Home));
        assert_eq!(shown(State::Ringing).screen, Screen::At(Route::Home));
        for state in [
            State::Calling,
            State::Connecting,
            State::Connected,
            State::Reconnecting,
        ] {
            assert_eq!(shown(state).screen, Screen::Call, "{state:?}");
        }
        assert_eq!(shown(State::Ended).screen, Screen::Ended);
        assert!(shown(State::Ringing).may_ring && shown(State::Calling).may_ring);
        assert!(!shown(State::Connecting).may_ring && !shown(State::Idle).may_ring);
    }

    #[test]
    fn who_has_no_name_is_asked_for_one_but_not_in_a_call() {
        let shown = |state, has_name, is_renaming| {
            app_screen(state, has_name, is_renaming, Route::Broken).screen
        };
        assert_eq!(shown(State::Idle, false, false), Screen::Welcome);
        assert_eq!(shown(State::Idle, true, true), Screen::Welcome);
        assert_eq!(shown(State::Idle, true, false), Screen::At(Route::Broken));
        assert_eq!(shown(State::Calling, true, true), Screen::Call);
    }
}
