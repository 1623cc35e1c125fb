//! How much may happen.

/// How much may happen in one exploration.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    /// What to call it.
    pub name: &'static str,
    /// The pages: (user, device).
    pub pages: &'static [(&'static str, &'static str)],
    /// The calls that may be started, each once, each at any moment: who, which
    /// page's user, and the id, of which the greater wins in glare.
    pub calls: &'static [(usize, usize, &'static str)],
    /// Whom a page's user knows: (page, of page). Everybody else is a stranger to it.
    pub known: &'static [(usize, usize)],
    /// Hanging up and cancelling, so many times.
    pub hang_ups: u8,
    /// Declining, so many times.
    pub declines: u8,
    /// Closing the note of how the last call ended.
    pub dismisses: u8,
    /// Timers that fire although something else is about to happen.
    pub hasty_timers: u8,
    /// Messages that vanish, which the signaling connection forbids.
    pub lost: u8,
    /// Messages that arrive twice, the second time at any later moment.
    pub repeated: u8,
    /// Messages that others overtake.
    pub late: u8,
    /// Pages that are closed: the server notices at once.
    pub closed: u8,
    /// Pages that are killed: the server notices later.
    pub killed: u8,
    /// Pages that are opened in place of those.
    pub opened: u8,
    /// Restarts of the server.
    pub restarts: u8,
    /// Pages whose session ends because they are away for too long.
    pub blackouts: u8,
    /// Losses of the media's path.
    pub cuts: u8,
    /// Moves of a page to another network.
    pub networks: u8,
    /// Connections that a browser closes by itself.
    pub closes: u8,
    /// Pages that are left in a call, and may come back to it.
    pub returns: u8,
    /// Connections and descriptions that a browser refuses.
    pub refusals: u8,
    /// Whether a lost path is at first only disconnected.
    pub disconnects: bool,
    /// Whether descriptions take their time.
    pub slow_descriptions: bool,
    /// Whether a description has a candidate.
    pub candidates: bool,
    /// Whether messages of several senders to one page may cross.
    pub crossing: bool,
    /// Whether the user takes their time to allow the microphone.
    pub slow_permission: bool,
}

const PAIR: &[(&str, &str)] = &[("alice", "a1"), ("bob", "b1")];
const TABS: &[(&str, &str)] = &[("alice", "a1"), ("bob", "b1"), ("bob", "b2")];
const THREE: &[(&str, &str)] = &[("alice", "a1"), ("bob", "b1"), ("carol", "c1")];

/// The bound that the ordinary tests explore, in seconds.
pub fn small() -> Vec<Bounds> {
    vec![
        Bounds {
            name: "one call",
            pages: PAIR,
            calls: &[(0, 1, "call_1")],
            hang_ups: 1,
            declines: 1,
            dismisses: 1,
            hasty_timers: 1,
            crossing: true,
            slow_permission: true,
            ..Bounds::default()
        },
        Bounds {
            name: "glare",
            pages: PAIR,
            calls: &[(0, 1, "call_1"), (1, 0, "call_2")],
            hang_ups: 1,
            declines: 1,
            dismisses: 1,
            candidates: true,
            ..Bounds::default()
        },
        Bounds {
            name: "two tabs",
            pages: TABS,
            calls: &[(0, 1, "call_1")],
            declines: 1,
            hasty_timers: 1,
            ..Bounds::default()
        },
        Bounds {
            name: "a restarted server",
            pages: PAIR,
            calls: &[(0, 1, "call_1")],
            hang_ups: 1,
            restarts: 1,
            candidates: true,
            ..Bounds::default()
        },
        Bounds {
            name: "a lost path",
            pages: PAIR,
            calls: &[(0, 1, "call_1")],
            hang_ups: 1,
            cuts: 1,
            disconnects: true,
            slow_descriptions: true,
            candidates: true,
            ..Bounds::default()
        },
        Bounds {
            name: "a connection that the browser closes",
            pages: PAIR,
            calls: &[(0, 1, "call_1")],
            hang_ups: 1,
            closes: 2,
            candidates: true,
            ..Bounds::default()
        },
        Bounds {
            name: "a page that is left and comes back",
            pages: PAIR,
            calls: &[(0, 1, "call_1")],
            hang_ups: 1,
            returns: 2,
            ..Bounds::default()
        },
        Bounds {
            name: "late and repeated",
            pages: PAIR,
            calls: &[(0, 1, "call_1")],
            hang_ups: 1,
            repeated: 1,
            late: 2,
            ..Bounds::default()
        },
        Bounds {
            name: "a stranger, then a contact",
            pages: THREE,
            calls: &[(0, 1, "call_1"), (2, 1, "call_2")],
            known: &[(1, 0)],
            ..Bounds::default()
        },
        Bounds {
            name: "pages that go",
            pages: PAIR,
            calls: &[(0, 1, "call_1")],
            hang_ups: 1,
            closed: 1,
            killed: 1,
            opened: 1,
            ..Bounds::default()
        },
    ]
}

/// What `cargo xtask model` explores.
pub fn configurations() -> Vec<Bounds> {
    let mut all = small();
    all.extend([
        Bounds {
            name: "glare, crossing",
            pages: PAIR,
            calls: &[(0, 1, "call_1"), (1, 0, "call_2")],
            hang_ups: 1,
            declines: 1,
            dismisses: 1,
            candidates: true,
            crossing: true,
            ..Bounds::default()
        },
        Bounds {
            name: "two tabs, hanging up",
            pages: TABS,
            calls: &[(0, 1, "call_1")],
            hang_ups: 1,
            declines: 1,
            ..Bounds::default()
        },
        Bounds {
            name: "glare on a bad network",
            pages: PAIR,
            calls: &[(0, 1, "call_1"), (1, 0, "call_2")],
            lost: 1,
            repeated: 1,
            late: 1,
            ..Bounds::default()
        },
        Bounds {
            name: "glare, pages that go",
            pages: PAIR,
            calls: &[(0, 1, "call_1"), (1, 0, "call_2")],
            closed: 1,
            killed: 1,
            opened: 1,
            ..Bounds::default()
        },
        Bounds {
            name: "glare across a restart",
            pages: PAIR,
            calls: &[(0, 1, "call_1"), (1, 0, "call_2")],
            restarts: 1,
            ..Bounds::default()
        },
        Bounds {
            name: "blackout and restart",
            pages: PAIR,
            calls: &[(0, 1, "call_1")],
            hang_ups: 1,
            declines: 1,
            restarts: 1,
            blackouts: 1,
            candidates: true,
            ..Bounds::default()
        },
        Bounds {
            name: "a lost path and a restart",
            pages: PAIR,
            calls: &[(0, 1, "call_1")],
            hang_ups: 1,
            cuts: 1,
            restarts: 1,
            candidates: true,
            ..Bounds::default()
        },
        Bounds {
            name: "two lost paths, bad network",
            pages: PAIR,
            calls: &[(0, 1, "call_1")],
            hang_ups: 1,
            cuts: 2,
            lost: 1,
            repeated: 1,
            candidates: true,
            ..Bounds::default()
        },
        Bounds {
            name: "a browser that refuses",
            pages: PAIR,
            calls: &[(0, 1, "call_1")],
            hang_ups: 1,
            cuts: 1,
            refusals: 1,
            slow_descriptions: true,
            candidates: true,
            ..Bounds::default()
        },
        Bounds {
            name: "other networks",
            pages: PAIR,
            calls: &[(0, 1, "call_1")],
            hang_ups: 1,
            networks: 2,
            slow_descriptions: true,
            ..Bounds::default()
        },
        Bounds {
            name: "a closed connection and a restart",
            pages: PAIR,
            calls: &[(0, 1, "call_1")],
            hang_ups: 1,
            closes: 1,
            restarts: 1,
            slow_descriptions: true,
            ..Bounds::default()
        },
        Bounds {
            name: "closed connections and a lost path",
            pages: PAIR,
            calls: &[(0, 1, "call_1")],
            closes: 2,
            cuts: 1,
            ..Bounds::default()
        },
        Bounds {
            name: "closed connections, bad network",
            pages: PAIR,
            calls: &[(0, 1, "call_1")],
            closes: 1,
            lost: 1,
            repeated: 1,
            ..Bounds::default()
        },
        Bounds {
            name: "a page that comes back, and a lost path",
            pages: PAIR,
            calls: &[(0, 1, "call_1")],
            hang_ups: 1,
            returns: 1,
            cuts: 1,
            candidates: true,
            ..Bounds::default()
        },
        Bounds {
            name: "a page that comes back, and a restart",
            pages: PAIR,
            calls: &[(0, 1, "call_1")],
            returns: 1,
            restarts: 1,
            closes: 1,
            ..Bounds::default()
        },
        Bounds {
            name: "a page that comes back, bad network",
            pages: PAIR,
            calls: &[(0, 1, "call_1")],
            returns: 1,
            lost: 1,
            repeated: 1,
            ..Bounds::default()
        },
        Bounds {
            name: "a third user",
            pages: THREE,
            calls: &[(0, 1, "call_1"), (2, 1, "call_2")],
            ..Bounds::default()
        },
        Bounds {
            name: "a stranger and a contact",
            pages: THREE,
            calls: &[(0, 1, "call_1"), (2, 1, "call_2")],
            known: &[(1, 0)],
            hang_ups: 1,
            declines: 1,
            ..Bounds::default()
        },
        Bounds {
            name: "hasty timers",
            pages: PAIR,
            calls: &[(0, 1, "call_1")],
            hang_ups: 1,
            hasty_timers: 2,
            ..Bounds::default()
        },
    ]);
    all
}
