//! How much may happen to whole clients.

/// How much may happen in one exploration.
#[derive(Clone, Debug, Default)]
pub struct ClientsBounds {
    /// What to call it.
    pub name: &'static str,
    /// The calls that may be started, each once, each at any moment: by which client, and
    /// whom. The greater number wins in glare.
    pub calls: &'static [(usize, usize)],
    /// Whether the login is explored too; else both clients are logged in at first.
    pub from_login: bool,
    /// Hanging up and cancelling, so many times.
    pub hang_ups: u8,
    /// Declining, so many times.
    pub declines: u8,
    /// Sockets that break: both ends are told, and what is on its way is lost.
    pub breaks: u8,
    /// Sockets that die silently: nothing gets through any more, and nobody is told.
    pub silences: u8,
    /// Single frames that are lost, which TCP never does.
    pub lost: u8,
    /// Sessions without a socket that the server gives up waiting for.
    pub forgotten: u8,
    /// Restarts of the server.
    pub restarts: u8,
    /// Pages that are loaded anew.
    pub reloads: u8,
    /// Losses of the media's path.
    pub cuts: u8,
    /// Connections that a browser closes by itself.
    pub closes: u8,
    /// Timers that fire although something else is about to happen.
    pub hasty_timers: u8,
    /// Whether keys, the verifier and signatures take their time.
    pub slow_answers: bool,
    /// Whether what clients send takes its time to the server.
    pub slow_uplink: bool,
    /// Whether what the server acknowledges takes its time to the client, which makes no
    /// difference but where sockets break.
    pub slow_acks: bool,
    /// Whether a description has a candidate.
    pub candidates: bool,
}

const CALL: &[(usize, usize)] = &[(0, 1)];
const GLARE: &[(usize, usize)] = &[(0, 1), (1, 0)];

/// The bound that the ordinary tests explore, in seconds.
pub fn small_clients() -> Vec<ClientsBounds> {
    vec![
        ClientsBounds {
            name: "clients: login",
            from_login: true,
            breaks: 1,
            slow_answers: true,
            slow_uplink: true,
            slow_acks: true,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: one call",
            calls: CALL,
            hang_ups: 1,
            declines: 1,
            candidates: true,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: slow signatures",
            calls: CALL,
            hang_ups: 1,
            slow_answers: true,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: glare",
            calls: GLARE,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: a broken socket",
            calls: CALL,
            breaks: 1,
            slow_acks: true,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: a restarted server",
            calls: CALL,
            restarts: 1,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: a lost path",
            calls: CALL,
            cuts: 1,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: a connection that the browser closes",
            calls: CALL,
            closes: 1,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: a page loaded anew",
            calls: CALL,
            reloads: 1,
            slow_answers: true,
            ..ClientsBounds::default()
        },
    ]
}

/// What `cargo xtask model` explores.
pub fn clients_configurations() -> Vec<ClientsBounds> {
    let mut all = small_clients();
    all.extend([
        ClientsBounds {
            name: "clients: glare, slow signatures",
            calls: GLARE,
            slow_answers: true,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: slow signatures across a restart",
            calls: CALL,
            restarts: 1,
            slow_answers: true,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: glare, slow signatures, a forgotten session",
            calls: GLARE,
            breaks: 1,
            forgotten: 1,
            slow_answers: true,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: a silent socket",
            calls: CALL,
            hang_ups: 1,
            silences: 1,
            slow_uplink: true,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: lost frames",
            calls: CALL,
            lost: 1,
            slow_uplink: true,
            slow_acks: true,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: forgotten sessions",
            calls: CALL,
            breaks: 1,
            forgotten: 1,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: a lost path and a restart",
            calls: CALL,
            restarts: 1,
            cuts: 1,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: closed connections, hanging up",
            calls: CALL,
            hang_ups: 1,
            closes: 2,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: a closed connection and a restart",
            calls: CALL,
            restarts: 1,
            closes: 1,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: two lost paths, hanging up",
            calls: CALL,
            hang_ups: 1,
            cuts: 2,
            candidates: true,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: login across a restart",
            from_login: true,
            restarts: 1,
            silences: 1,
            slow_answers: true,
            slow_uplink: true,
            slow_acks: true,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: glare across a restart",
            calls: GLARE,
            restarts: 1,
            ..ClientsBounds::default()
        },
        ClientsBounds {
            name: "clients: hasty timers",
            calls: CALL,
            hang_ups: 1,
            hasty_timers: 2,
            ..ClientsBounds::default()
        },
    ]);
    all
}
