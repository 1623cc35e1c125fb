//! How most scenarios begin.

use wimpex_e2e::{CallKind, Peer, Role, Scenario, wait_until};

/// Lists a module's scenarios with what each needs.
macro_rules! scenarios {
    ($($needs:ident: $name:ident,)*) => {
        pub(crate) fn all() -> Vec<wimpex_e2e::TestCase> {
            vec![$(wimpex_e2e::TestCase {
                name: stringify!($name),
                needs: wimpex_e2e::Needs::$needs,
                run: |scenario| Box::pin($name(scenario)),
            }),*]
        }
    };
}
pub(crate) use scenarios;

/// Words of an end screen after a call that somebody ended.
pub(crate) const ENDED: &[&str] = &["call ended", "hung up"];

/// What the browser itself writes on the console about a server that is not there.
pub(crate) const BROKEN: &[&str] = &["WebSocket connection to", "net::ERR_"];

/// A figure, for whoever reads the run; `cargo xtask soak` collects them.
pub(crate) fn measured(what: &str) {
    println!("measured: {what}");
}

/// Alice and Bob at home, in a browser each.
pub(crate) async fn alice_and_bob(scenario: &Scenario<'_>) -> (Peer, Peer) {
    let (alice, bob) = (
        scenario.unopened_peer("Alice").await,
        scenario.unopened_peer("Bob").await,
    );
    tokio::join!(alice.open(), bob.open());
    (alice, bob)
}

/// Alice and Bob in a call that Alice made and Bob took.
pub(crate) async fn in_a_call(scenario: &Scenario<'_>, kind: CallKind) -> (Peer, Peer) {
    let (alice, bob) = alice_and_bob(scenario).await;
    connect(&alice, &bob, kind).await;
    (alice, bob)
}

/// `caller` calls, `callee` accepts, both get connected.
pub(crate) async fn connect(caller: &Peer, callee: &Peer, kind: CallKind) {
    caller.call(&callee.link().await, kind).await;
    callee.accept().await;
    tokio::join!(caller.is_connected(), callee.is_connected());
}

/// `who` hangs up, both are told so, and nothing is left at either.
pub(crate) async fn hang_up(who: &Peer, other: &Peer) {
    hang_up_but(who, other, &[]).await;
}

/// [`hang_up`], except for console errors with one of these parts.
pub(crate) async fn hang_up_but(who: &Peer, other: &Peer, excepted: &[&str]) {
    who.end().await;
    tokio::join!(who.call_is_over(ENDED), other.call_is_over(ENDED));
    tokio::join!(
        who.left_nothing_but(excepted),
        other.left_nothing_but(excepted)
    );
}

/// Opens contacts, calls and the device's own.
pub(crate) async fn opens_the_book(peer: &Peer) {
    peer.page
        .click(Role::Button, "Contacts and this device")
        .await;
    peer.page.wait_for_text(&["Add a contact"]).await;
}

/// Opens what a click on its summary opens.
pub(crate) async fn unfold(peer: &Peer, summary: &str) {
    let script = format!(
        "const it = [...document.querySelectorAll('summary')]
             .find((it) => (it.ariaLabel ?? it.textContent).trim() === {summary:?});
         if (it && !it.parentElement.open) it.click();
         return it !== undefined;"
    );
    wait_until(summary, async || {
        let found: bool = peer.page.evaluate(&script).await;
        found.then_some(()).ok_or_else(|| "not there".to_owned())
    })
    .await;
}

/// Adds to the contacts, after a call, who it was with.
pub(crate) async fn keeps(peer: &Peer, name: &str) {
    peer.page.click(Role::Button, "Add to contacts").await;
    peer.page.fill("Your name for them", name).await;
    peer.page.click(Role::Button, "Add").await;
    peer.page
        .wait_for_text(&["They’re in your contacts now"])
        .await;
}

/// Adds a contact.
pub(crate) async fn adds(peer: &Peer, link: &str, name: &str) {
    unfold(peer, "Add a contact").await;
    peer.page.fill("Their link or ID", link).await;
    peer.page.fill("Your name for them", name).await;
    peer.page.click(Role::Button, "Add").await;
    peer.page
        .find(Role::Button, &format!("Audio call with {name}"))
        .await;
}

/// A WAV file: PCM of one channel, for a browser's microphone to hear.
pub(crate) fn wav(rate: u32, samples: impl IntoIterator<Item = i16>) -> Vec<u8> {
    let data: Vec<u8> = samples.into_iter().flat_map(i16::to_le_bytes).collect();
    let length = data.len() as u32;
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + length).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    // PCM, mono.
    file.extend([1, 0, 1, 0]);
    file.extend(rate.to_le_bytes());
    file.extend((rate * 2).to_le_bytes());
    file.extend([2, 0, 16, 0]);
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(data);
    file
}
