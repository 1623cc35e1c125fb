//! The table of places: who may know whom. ARCHITECTURE.md has it in words.

/// Something outside the repository that a place may have to do without.
#[derive(Debug)]
pub(crate) struct Subject {
    /// As it is called in a finding.
    pub(crate) what: &'static str,
    /// The beginnings of paths that lead there, and places of ours.
    pub(crate) paths: &'static [&'static str],
}

/// A folder or a file with a job of its own.
#[derive(Debug)]
pub(crate) struct Place {
    /// From the root.
    pub(crate) path: &'static str,
    /// What it must never know, though it stands above it in the table or outside the repository.
    pub(crate) never: &'static [&'static Subject],
}

const BROWSERS: Subject = Subject {
    what: "browsers",
    paths: &[
        "console_error_panic_hook",
        "gloo_net",
        "gloo_timers",
        "js_sys",
        "leptos",
        "wasm_bindgen",
        "wasm_bindgen_futures",
        "web_sys",
    ],
};
const SIGNALS: Subject = Subject {
    what: "signals and markup",
    paths: &["leptos", "reactive_graph", "reactive_stores"],
};
const SOCKETS: Subject = Subject {
    what: "sockets",
    paths: &[
        "axum",
        "hyper",
        "socket2",
        "std::net::TcpListener",
        "std::net::TcpStream",
        "std::net::UdpSocket",
        "std::os::unix::net",
        "tokio",
        "tokio_tungstenite",
        "web_sys::WebSocket",
    ],
};
const CLOCKS: Subject = Subject {
    what: "clocks (time is an argument)",
    paths: &[
        "std::time::Instant",
        "std::time::SystemTime",
        "std::time::UNIX_EPOCH",
    ],
};
const RANDOMNESS: Subject = Subject {
    what: "randomness (it is an argument)",
    paths: &["fastrand", "getrandom", "rand"],
};
const JSON: Subject = Subject {
    what: "how a message is written",
    paths: &["serde_json"],
};
const MESSAGES: Subject = Subject {
    what: "messages on the wire",
    paths: &["crates/protocol"],
};
const CALLS: Subject = Subject {
    what: "the states of a call",
    paths: &["crates/call"],
};
const POLICY: Subject = Subject {
    what: "what the page decides",
    paths: &["crates/verification", "crates/contacts", "crates/client"],
};
const PAGE: Subject = Subject {
    what: "the page",
    paths: &["src"],
};
const OURS: Subject = Subject {
    what: "what it loads",
    paths: &["crates", "src"],
};
/// SDP and sockets, as browsers have them.
const PEERS: Subject = Subject {
    what: "SDP and sockets",
    paths: &[
        "web_sys::RtcPeerConnection",
        "web_sys::RtcSessionDescription",
        "web_sys::RtcSessionDescriptionInit",
        "web_sys::WebSocket",
        "src/browser/rtc_peer_connection.rs",
        "src/browser/web_socket.rs",
    ],
};
/// What makes up the page, seen from the server.
const CALLERS: Subject = Subject {
    what: "what is inside an SDP, or what a page does with it",
    paths: &[
        "crates/webrtc",
        "crates/verification",
        "crates/call",
        "crates/contacts",
        "crates/quality",
        "crates/record",
        "crates/client",
    ],
};
const SIGNALING: Subject = Subject {
    what: "signaling",
    paths: &[
        "crates/protocol",
        "crates/stream",
        "crates/identity",
        "crates/hub",
    ],
};
const INSIDES: Subject = Subject {
    what: "the insides of the pieces (it talks to them through cargo, flags and environment)",
    paths: &["crates", "src", "e2e"],
};

const PURE: &[&Subject] = &[&BROWSERS, &SOCKETS, &CLOCKS, &RANDOMNESS];

const fn pure(path: &'static str) -> Place {
    Place { path, never: PURE }
}

/// A place may know the places above it, itself, and what no rule forbids; a place that does not
/// exist has no rules.
pub(crate) const PLACES: &[Place] = &[
    pure("crates/sansio"),
    pure("crates/webrtc"),
    pure("crates/protocol"),
    Place {
        path: "crates/stream",
        never: &[&MESSAGES, &BROWSERS, &SOCKETS, &CLOCKS, &RANDOMNESS],
    },
    Place {
        path: "crates/recording",
        never: &[&MESSAGES, &CALLS, &BROWSERS, &SOCKETS, &CLOCKS, &RANDOMNESS],
    },
    Place {
        path: "crates/direct",
        never: &[&MESSAGES, &CALLS, &BROWSERS, &SOCKETS, &CLOCKS, &RANDOMNESS],
    },
    Place {
        path: "crates/files",
        never: &[&MESSAGES, &CALLS, &BROWSERS, &SOCKETS, &CLOCKS, &RANDOMNESS],
    },
    pure("crates/identity"),
    pure("crates/mailbox"),
    pure("crates/verification"),
    pure("crates/call"),
    Place {
        path: "crates/confusables",
        never: &[&MESSAGES, &BROWSERS, &SOCKETS, &CLOCKS, &RANDOMNESS],
    },
    Place {
        path: "crates/contacts",
        never: &[&CALLS, &BROWSERS, &SOCKETS, &CLOCKS, &RANDOMNESS],
    },
    Place {
        path: "crates/quality",
        never: &[&CALLS, &BROWSERS, &SOCKETS, &CLOCKS, &RANDOMNESS],
    },
    Place {
        path: "crates/noise",
        never: &[&MESSAGES, &CALLS, &BROWSERS, &SOCKETS, &CLOCKS, &RANDOMNESS],
    },
    pure("crates/record"),
    pure("crates/client"),
    Place {
        path: "src/chunk.rs",
        never: &[&OURS],
    },
    Place {
        path: "src/browser",
        never: &[&MESSAGES, &CALLS, &POLICY, &SIGNALS],
    },
    Place {
        path: "src/session",
        never: &[],
    },
    Place {
        path: "src/ui",
        never: &[&PEERS],
    },
    // The root module and `main`.
    Place {
        path: "src",
        never: &[],
    },
    Place {
        path: "crates/limits",
        never: &[&CALLERS, &SIGNALING, &PAGE, &BROWSERS, &SOCKETS],
    },
    Place {
        path: "crates/hub",
        never: &[
            &CALLERS,
            &PAGE,
            &JSON,
            &BROWSERS,
            &SOCKETS,
            &CLOCKS,
            &RANDOMNESS,
        ],
    },
    Place {
        path: "crates/cluster",
        never: &[&CALLERS, &PAGE, &BROWSERS, &SOCKETS, &CLOCKS, &RANDOMNESS],
    },
    Place {
        path: "crates/store",
        never: &[&CALLERS, &SIGNALING, &PAGE, &BROWSERS, &SOCKETS, &CLOCKS],
    },
    Place {
        path: "crates/jetstream",
        never: &[&CALLERS, &SIGNALING, &PAGE, &BROWSERS],
    },
    Place {
        path: "crates/push",
        never: &[
            &CALLERS,
            &SIGNALING,
            &PAGE,
            &BROWSERS,
            &SOCKETS,
            &CLOCKS,
            &RANDOMNESS,
        ],
    },
    Place {
        path: "crates/relay",
        never: &[&CALLERS, &SIGNALING, &PAGE, &BROWSERS],
    },
    Place {
        path: "crates/server",
        never: &[&CALLERS, &PAGE, &BROWSERS],
    },
    Place {
        path: "crates/model",
        never: &[&PAGE, &BROWSERS],
    },
    Place {
        path: "fuzz",
        never: &[&PAGE, &BROWSERS],
    },
    Place {
        path: "e2e",
        never: &[&INSIDES],
    },
    Place {
        path: "xtask",
        never: &[&INSIDES],
    },
];
