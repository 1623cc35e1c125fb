//! How most scenes begin.

use wimpex_e2e::{CallKind, Person, Role, Stage, eventually};

/// Lists a module's scenes with what each needs.
macro_rules! scenes {
    ($($needs:ident: $name:ident,)*) => {
        pub(crate) fn all() -> Vec<wimpex_e2e::Scenario> {
            vec![$(wimpex_e2e::Scenario {
                name: stringify!($name),
                needs: wimpex_e2e::Needs::$needs,
                scene: |stage| Box::pin($name(stage)),
            }),*]
        }
    };
}
pub(crate) use scenes;

/// Words of an end screen after a call that somebody ended.
pub(crate) const ENDED: &[&str] = &["call ended", "hung up"];

/// What the browser itself writes on the console about a server that is not there.
pub(crate) const BROKEN: &[&str] = &["WebSocket connection to", "net::ERR_"];

/// A figure, for whoever reads the run; `cargo xtask soak` collects them.
pub(crate) fn measured(what: &str) {
    println!("measured: {what}");
}

/// Alice and Bob at home, in a browser each.
pub(crate) async fn alice_and_bob(stage: &Stage<'_>) -> (Person, Person) {
    let (alice, bob) = (stage.visitor("Alice").await, stage.visitor("Bob").await);
    tokio::join!(alice.open(), bob.open());
    (alice, bob)
}

/// Alice and Bob in a call that Alice made and Bob took.
pub(crate) async fn in_a_call(stage: &Stage<'_>, kind: CallKind) -> (Person, Person) {
    let (alice, bob) = alice_and_bob(stage).await;
    connect(&alice, &bob, kind).await;
    (alice, bob)
}

/// `caller` calls, `callee` accepts, both get connected.
pub(crate) async fn connect(caller: &Person, callee: &Person, kind: CallKind) {
    caller.call(&callee.link().await, kind).await;
    callee.accept().await;
    tokio::join!(caller.is_connected(), callee.is_connected());
}

/// `who` hangs up, both are told so, and nothing is left at either.
pub(crate) async fn hang_up(who: &Person, other: &Person) {
    hang_up_but(who, other, &[]).await;
}

/// [`hang_up`], except for console errors with one of these parts.
pub(crate) async fn hang_up_but(who: &Person, other: &Person, excepted: &[&str]) {
    who.end().await;
    tokio::join!(who.call_is_over(ENDED), other.call_is_over(ENDED));
    tokio::join!(
        who.left_nothing_but(excepted),
        other.left_nothing_but(excepted)
    );
}

/// Opens contacts, calls and the device's own.
pub(crate) async fn opens_the_book(person: &Person) {
    person
        .page
        .click(Role::Button, "Contacts and this device")
        .await;
    person.page.wait_for_text(&["Add a contact"]).await;
}

/// Opens what a click on its summary opens.
pub(crate) async fn unfold(person: &Person, summary: &str) {
    let script = format!(
        "const it = [...document.querySelectorAll('summary')]
             .find((it) => (it.ariaLabel ?? it.textContent).trim() === {summary:?});
         if (it && !it.parentElement.open) it.click();
         return it !== undefined;"
    );
    eventually(summary, async || {
        let found: bool = person.page.evaluate(&script).await;
        found.then_some(()).ok_or_else(|| "not there".to_owned())
    })
    .await;
}

/// Adds a contact.
pub(crate) async fn adds(person: &Person, link: &str, name: &str) {
    unfold(person, "Add a contact").await;
    person.page.fill("Their link or ID", link).await;
    person.page.fill("Your name for them", name).await;
    person.page.click(Role::Button, "Add").await;
    person
        .page
        .find(Role::Button, &format!("Audio call with {name}"))
        .await;
}
