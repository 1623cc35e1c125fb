//! A server for invited people: the link that its host sends, and what it says when it counts no more.

use tempfile::TempDir;
use wimpex_e2e::{CallKind, Peer, Scenario};

use crate::shared::{connect, hang_up, scenarios};

scenarios! {
    AnyBrowsers: an_invitation_lets_in_for_good_and_calls,
    AnyBrowsers: an_invitation_that_is_over_says_so,
}

const INVITED: &str = "This server is for invited people";
const OVER: &str = "This invitation doesn’t count any more";

/// The server's host.
struct Host<'a> {
    scenario: &'a Scenario<'a>,
    state: TempDir,
}

impl<'a> Host<'a> {
    fn of(scenario: &'a Scenario<'a>) -> Self {
        let state = TempDir::with_prefix("wimpex-e2e-state-").expect("a folder");
        let (url, folder) = (scenario.server().url(), state.path().display().to_string());
        let arguments = ["--access=invited", "--origin", &url, "--state-dir", &folder];
        scenario.server_mut().restart_with(&arguments);
        Self { scenario, state }
    }

    fn does(&self, words: &[&str]) -> serde_json::Value {
        self.scenario.server().admin(self.state.path(), words)
    }

    /// Moves its end into the past, as time would: the server reads the record when it starts.
    fn expire(&self, id: &str) {
        self.scenario.server_mut().kill();
        let file = self.state.path().join("access.json");
        let text = std::fs::read_to_string(&file).expect("the record");
        let mut record: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        record["invitations"][id]["until"] = 1.into();
        std::fs::write(&file, record.to_string()).expect("the record");
        self.scenario.server_mut().restart();
    }

    /// An invitation's id, and the path and fragment of its link.
    fn invites(&self, uses: &str) -> (String, String) {
        let made = self.does(&["invite", "--uses", uses, "--expires", "7d"]);
        let text = |field: &str| made[field].as_str().unwrap_or_default().to_owned();
        let link = text("link");
        let path = link.strip_prefix(&self.scenario.server().url());
        (text("id"), path.expect("a link of this server").to_owned())
    }
}

async fn is_told(peer: &Peer, words: &str) {
    peer.page.wait_for_text(&[words]).await;
}

async fn an_invitation_lets_in_for_good_and_calls(scenario: &Scenario<'_>) {
    let host = Host::of(scenario);
    let (_, link) = host.invites("2");
    let (alice, bob) = (
        scenario.unopened_peer("Alice").await,
        scenario.unopened_peer("Bob").await,
    );
    alice.visit("/").await;
    alice.enter_name().await;
    is_told(&alice, INVITED).await;
    // The same browser, by the link; and from then on without.
    alice.visit(&link).await;
    alice.page.reload().await;
    alice.at_home().await;
    let id = alice.id().await;
    alice.visit("/").await;
    alice.at_home().await;
    assert_eq!(alice.id().await, id);
    bob.open_at(&link).await;
    connect(&alice, &bob, CallKind::Audio).await;
    hang_up(&alice, &bob).await;
    let known = host.does(&["invitations"]);
    assert_eq!(known["admitted"], 2, "{known}");
    assert_eq!(known["invitations"][0]["used"], 2, "{known}");
}

async fn an_invitation_that_is_over_says_so(scenario: &Scenario<'_>) {
    let host = Host::of(scenario);
    let (_, used_up) = host.invites("1");
    let alice = scenario.unopened_peer("Alice").await;
    alice.open_at(&used_up).await;
    let bob = scenario.unopened_peer("Bob").await;
    bob.visit(&used_up).await;
    bob.enter_name().await;
    is_told(&bob, OVER).await;
    let (id, revoked) = host.invites("5");
    host.does(&["revoke", &id]);
    let (id, expired) = host.invites("5");
    host.expire(&id);
    for (link, words) in [
        (&*revoked, OVER),
        (&*expired, OVER),
        ("/#invite=AAAA", OVER),
        ("/", INVITED),
    ] {
        bob.visit("/healthz").await;
        bob.visit(link).await;
        is_told(&bob, words).await;
    }
    // A good one helps at once.
    let (_, good) = host.invites("1");
    bob.visit("/healthz").await;
    bob.visit(&good).await;
    bob.at_home().await;
}
