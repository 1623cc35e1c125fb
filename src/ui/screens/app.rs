//! Which screen is open, and what lies over it.

use wimpex_call::State;

use wimpex_client::address::Route;

/// A screen of the page without a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Screen {
    /// Asks for a name.
    Welcome,
    /// What the address bar names.
    At(Route),
}

/// A screen that a call puts in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallPart {
    /// The call itself.
    Call,
    /// How it ended.
    Ended,
}

/// The whole page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppScreen {
    /// Is there all the time, so that nothing that was typed or opened in it is lost; hidden while
    /// there is a call.
    pub below: Screen,
    /// Fills the page while there is one.
    pub call: Option<CallPart>,
    /// A call waits for its answer, here or there: it may be heard, and one that comes in has its
    /// prompt over the screen.
    pub may_ring: bool,
}

/// From the state of the call, whether there is a name, whether it is being changed, and
/// the route.
pub fn app_screen(state: State, has_name: bool, is_renaming: bool, route: Route) -> AppScreen {
    AppScreen {
        below: if is_renaming || !has_name {
            Screen::Welcome
        } else {
            Screen::At(route)
        },
        call: match state {
            State::Calling | State::Connecting | State::Connected | State::Reconnecting => {
                Some(CallPart::Call)
            }
            State::Ended => Some(CallPart::Ended),
            // The prompt lies over whatever was there.
            State::Idle | State::Ringing => None,
        },
        may_ring: matches!(state, State::Calling | State::Ringing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_takes_the_page_and_a_prompt_only_covers_it() {
        let shown = |state| app_screen(state, true, false, Route::Home);
        assert_eq!(shown(State::Idle).call, None);
        assert_eq!(shown(State::Ringing).call, None);
        for state in [
            State::Calling,
            State::Connecting,
            State::Connected,
            State::Reconnecting,
        ] {
            assert_eq!(shown(state).call, Some(CallPart::Call), "{state:?}");
        }
        assert_eq!(shown(State::Ended).call, Some(CallPart::Ended));
        assert!(shown(State::Ringing).may_ring && shown(State::Calling).may_ring);
        assert!(!shown(State::Connecting).may_ring && !shown(State::Idle).may_ring);
    }

    /// So that a text that was being typed when it rang is not thrown away (Rocket.Chat #3470).
    #[test]
    fn a_call_leaves_the_screen_below_it_as_it_was() {
        for state in [State::Idle, State::Ringing, State::Connected, State::Ended] {
            let below = app_screen(state, true, false, Route::Home).below;
            assert_eq!(below, Screen::At(Route::Home), "{state:?}");
            assert_eq!(
                app_screen(state, true, true, Route::Home).below,
                Screen::Welcome
            );
        }
    }

    #[test]
    fn who_has_no_name_is_asked_for_one() {
        let shown = |has_name, is_renaming| {
            app_screen(State::Idle, has_name, is_renaming, Route::Broken).below
        };
        assert_eq!(shown(false, false), Screen::Welcome);
        assert_eq!(shown(true, true), Screen::Welcome);
        assert_eq!(shown(true, false), Screen::At(Route::Broken));
    }
}
