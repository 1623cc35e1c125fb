//! Who may ring, and when: links that end, and do not disturb.

use wimpex_e2e::{CallKind, Peer, Role, Scenario, wait_until};

use crate::shared::{adds, alice_and_bob, opens_the_book, scenarios, unfold};

scenarios! {
    AnyBrowsers: a_link_that_ends_lets_a_stranger_ring_so_many_times,
    AnyBrowsers: a_link_that_was_taken_back_or_cut_short_says_so,
    AnyBrowsers: nobody_disturbs_but_who_always_may,
    // Only Chromium has `beforeinstallprompt`.
    Chromium: the_hint_to_install_is_put_away_for_good,
}

/// Makes a link for one call, and gives it as it was copied.
pub(crate) async fn makes_a_link(peer: &Peer, label: &str) -> String {
    unfold(peer, "New link").await;
    peer.page.fill("What it’s for", label).await;
    peer.page.click(Role::Button, "Make a link").await;
    let copy = format!("Copy: {label}");
    peer.page.find(Role::Button, &copy).await;
    let keep = "Object.defineProperty(navigator, 'clipboard', { configurable: true, value: {
            writeText: (text) => { window.copied = text; return Promise.resolve(); } } });
        return true;";
    let _: bool = peer.page.evaluate(keep).await;
    peer.page.click(Role::Button, &copy).await;
    wait_until("the link to be copied", async || {
        let copied: Option<String> = peer.page.evaluate("return window.copied ?? null").await;
        copied.ok_or_else(|| "nothing".to_owned())
    })
    .await
}

/// The path of the page that a link leads to.
fn path(link: &str) -> &str {
    let place = link.find("/u/").expect("it is a link");
    &link[place..]
}

async fn takes_calls_from_contacts_only(peer: &Peer) {
    peer.page
        .click(Role::Checkbox, "Only contacts may call me")
        .await;
}

async fn a_link_that_ends_lets_a_stranger_ring_so_many_times(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    opens_the_book(&bob).await;
    takes_calls_from_contacts_only(&bob).await;
    let link = makes_a_link(&bob, "For the plumber").await;
    // Short enough to be read as a QR code.
    assert!(link.len() < 220, "{link}");
    bob.page
        .wait_for_text(&["For the plumber", "for one call"])
        .await;
    alice.visit(path(&link)).await;
    alice.press_call(CallKind::Audio).await;
    let prompt = bob.is_called().await;
    assert!(
        prompt.contains("By your link “For the plumber”"),
        "{prompt}"
    );
    bob.accept().await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    alice.end().await;
    bob.back_home().await;
    bob.page.wait_for_text(&["Used up"]).await;
    alice.back_home().await;
    // Also where it is typed in, and after a reload of the page that has given it out.
    bob.page.reload().await;
    bob.at_home().await;
    alice.call(&link, CallKind::Audio).await;
    alice.call_is_over(&["This link is used up"]).await;
    assert!(bob.page.texts(Role::AlertDialog).await.is_empty());
}

async fn a_link_that_was_taken_back_or_cut_short_says_so(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    opens_the_book(&bob).await;
    let link = makes_a_link(&bob, "Once").await;
    alice.call(&link[..link.len() - 9], CallKind::Audio).await;
    alice.call_is_over(&["This link isn’t valid"]).await;
    alice.back_home().await;
    bob.page.click(Role::Button, "Take back: Once").await;
    bob.page.find(Role::Button, "Remove: Once").await;
    alice.call(&link, CallKind::Audio).await;
    alice.call_is_over(&["This link was taken back"]).await;
    alice.back_home().await;
    bob.page.click(Role::Button, "Remove: Once").await;
    bob.page.wait_until_gone(Role::Button, "Remove: Once").await;
    alice.call(&link, CallKind::Audio).await;
    alice.call_is_over(&["This link isn’t valid"]).await;
}

async fn nobody_disturbs_but_who_always_may(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let link = bob.link().await;
    opens_the_book(&bob).await;
    adds(&bob, &alice.link().await, "My sister").await;
    let second = scenario.second_tab_of("Bob").await;
    second.visit("/").await;
    second.at_home().await;
    bob.page.click(Role::Button, "For 30 minutes").await;
    for tab in [&bob, &second] {
        tab.page.wait_for_text(&["Do not disturb until"]).await;
    }
    bob.page.reload().await;
    bob.at_home().await;
    bob.page.wait_for_text(&["Do not disturb until"]).await;
    alice.call(&link, CallKind::Audio).await;
    alice.page.wait_for_text(&["without a sound"]).await;
    bob.page.wait_for_text(&["Audio call, missed"]).await;
    for tab in [&bob, &second] {
        assert!(tab.page.texts(Role::AlertDialog).await.is_empty());
    }
    alice.cancel().await;
    alice.back_home().await;
    unfold(&bob, "Who may ring all the same").await;
    bob.page.click(Role::Checkbox, "My sister").await;
    alice.call(&link, CallKind::Audio).await;
    bob.is_called().await;
    second.is_called().await;
    alice.cancel().await;
    alice.back_home().await;
    bob.back_home().await;
    bob.page.click(Role::Checkbox, "My sister").await;
    second.back_home().await;
    second.page.click(Role::Button, "Turn off").await;
    bob.page.wait_until_gone(Role::Button, "Turn off").await;
    alice.call(&link, CallKind::Audio).await;
    bob.is_called().await;
}

async fn the_hint_to_install_is_put_away_for_good(scenario: &Scenario<'_>) {
    let bob = scenario.peer("Bob").await;
    opens_the_book(&bob).await;
    // What Chromium fires where it would install the page; it may have done so itself by now.
    let offer = "const offer = new Event('beforeinstallprompt', { cancelable: true });
        offer.prompt = () => { window.asked = (window.asked ?? 0) + 1; return Promise.resolve(); };
        window.dispatchEvent(offer);
        return offer.defaultPrevented;";
    let is_ours: bool = bob.page.evaluate(offer).await;
    assert!(is_ours, "the browser shows none of its own");
    bob.page.click(Role::Button, "Install").await;
    bob.page.wait_until_gone(Role::Button, "Install").await;
    let asked: u32 = bob.page.evaluate("return window.asked").await;
    assert_eq!(asked, 1);
    let _: bool = bob.page.evaluate(offer).await;
    bob.page.click(Role::Button, "No, thanks").await;
    bob.page.wait_until_gone(Role::Button, "Install").await;
    bob.page.reload().await;
    bob.at_home().await;
    opens_the_book(&bob).await;
    let _: bool = bob.page.evaluate(offer).await;
    assert!(bob.page.find_now(Role::Button, "Install").await.is_none());
}
