//! Files in a call: asked for, whole, gone on with, and shown for what they are.

use std::time::{Duration, Instant};

use wimpex_e2e::{CallKind, Peer, Role, Scenario, wait_until, wait_until_within};

use crate::chat::floods;
use crate::page_return::is_kept;
use crate::reconnects::introduced;
use crate::shared::{alice_and_bob, connect, hang_up, in_a_call, measured, scenarios};
use crate::waiting::carol_waits;

scenarios! {
    AnyBrowsers: a_file_arrives_as_it_was,
    AnyBrowsers: a_file_goes_on_over_another_connection,
    AnyBrowsers: a_file_goes_on_in_a_page_that_was_loaded_anew,
    AnyBrowsers: a_file_goes_on_in_the_next_call,
    AnyBrowsers: a_file_goes_to_whom_it_was_chosen_for,
    AnyBrowsers: refused_cancelled_and_paused,
    AnyBrowsers: a_name_is_shown_for_what_it_is,
    // A script of the scene's runs before the page's own, which only DevTools can.
    Chromium: what_comes_over_the_files_channel_is_taken_as_hostile,
    AnyBrowsers: a_bare_page_is_offered_no_files,
}

/// As long as a file of some megabytes may take while others compile.
const WHOLE: Duration = Duration::from_secs(240);

/// Drops a file of so many bytes, which differ from place to place, and gives its SHA-256.
pub(crate) async fn sends(peer: &Peer, name: &str, size: u64) -> String {
    peer.page.find(Role::Button, "Send file").await;
    let script = format!(
        "return (async () => {{
            const part = new Uint32Array(2 ** 18);
            const parts = [];
            let state = 1;
            for (let left = {size}; left > 0; left -= part.byteLength) {{
                for (let at = 0; at < part.length; at += 1) part[at] = state = Math.imul(state, 1664525) + 1013904223 | 0;
                parts.push(new Blob([new Uint8Array(part.buffer, 0, Math.min(left, part.byteLength))]));
            }}
            const file = new File(parts, {name:?}, {{ lastModified: 1700000000000 }});
            const data = new DataTransfer();
            data.items.add(file);
            const drop = () => document.querySelector('main').dispatchEvent(
                new DragEvent('drop', {{ dataTransfer: data, bubbles: true, cancelable: true }}));
            drop();
            const hash = {size} > 2 ** 27 ? new ArrayBuffer(0) : await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
            return Array.from(new Uint8Array(hash), (it) => it.toString(16).padStart(2, '0')).join('');
        }})()"
    );
    peer.page.evaluate(&script).await
}

/// SHA-256 and length of the newest file that is kept.
const KEPT: &str = "return (async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('wimpex-files');
    let newest = null;
    for await (const handle of folder.values()) {
        const file = await handle.getFile();
        if (!newest || file.lastModified > newest.lastModified) newest = file;
    }
    if (!newest) return ['', 0];
    const hash = await crypto.subtle.digest('SHA-256', await newest.arrayBuffer());
    return [Array.from(new Uint8Array(hash), (it) => it.toString(16).padStart(2, '0')).join(''), newest.size];
})()";

pub(crate) async fn accepts(peer: &Peer, name: &str) {
    peer.page
        .click(Role::Button, &format!("Accept {name}"))
        .await;
}

pub(crate) async fn has_received(peer: &Peer, name: &str, hash: &str, size: u64) {
    let save = format!("Save {name}");
    wait_until_within(WHOLE, "the file to arrive", async || {
        let found = peer.page.find_now(Role::Button, &save).await;
        match found {
            Some(_) => Ok(()),
            None => Err(peer.page.visible_text().await),
        }
    })
    .await;
    let kept: (String, u64) = peer.page.evaluate(KEPT).await;
    assert_eq!(kept, (hash.to_owned(), size));
}

/// Does something in the page as soon as half of the file is there.
pub(crate) async fn at_half(peer: &Peer, what: &str) {
    let script = format!(
        "delete window.__half;
        const look = setInterval(() => {{
            const it = document.querySelector('.files progress:not([hidden])');
            if (!it || it.value < 40) return;
            clearInterval(look);
            {what};
            window.__half = it.value;
        }}, 5);"
    );
    let _: Option<bool> = peer.page.evaluate(&script).await;
    let value: f64 = wait_until_within(WHOLE, "half of the file", async || {
        let half: Option<f64> = peer.page.evaluate("return window.__half ?? null").await;
        match half {
            Some(half) => Ok(half),
            None => Err(peer.page.visible_text().await),
        }
    })
    .await;
    assert!(value < 100.0, "it was over before");
}

async fn a_file_arrives_as_it_was(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    let size = (16 << 20) + 12_345;
    let hash = sends(&alice, "holiday plan.bin", size).await;
    // Nothing comes unasked.
    bob.page.find(Role::Button, "Accept holiday plan.bin").await;
    bob.page
        .wait_for_text(&["Alice wants to send you a file"])
        .await;
    alice
        .page
        .wait_for_text(&["Waiting for", "to accept"])
        .await;
    let began = Instant::now();
    accepts(&bob, "holiday plan.bin").await;
    has_received(&bob, "holiday plan.bin", &hash, size).await;
    measured(&format!("16 MiB in {:?}, looked at", began.elapsed()));
    alice.page.wait_for_text(&["Sent"]).await;
    // The other way, and two at once, one of them empty.
    let hash = sends(&bob, "one.bin", 300_000).await;
    sends(&bob, "empty.txt", 0).await;
    accepts(&alice, "empty.txt").await;
    alice.page.find(Role::Button, "Save empty.txt").await;
    accepts(&alice, "one.bin").await;
    has_received(&alice, "one.bin", &hash, 300_000).await;
    tokio::join!(alice.hears(), bob.hears());
    // What has arrived is there after the call, too, and in a page that was loaded anew.
    hang_up(&alice, &bob).await;
    bob.page.find(Role::Button, "Save holiday plan.bin").await;
}

async fn a_file_goes_on_over_another_connection(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    introduced(&alice, &bob).await;
    let size = 16 << 20;
    let hash = sends(&alice, "a.bin", size).await;
    accepts(&bob, "a.bin").await;
    at_half(&bob, "window.__probe.closeConnections()").await;
    has_received(&bob, "a.bin", &hash, size).await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    hang_up(&alice, &bob).await;
}

async fn a_file_goes_on_in_a_page_that_was_loaded_anew(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    tokio::join!(is_kept(&alice), is_kept(&bob));
    let size = 16 << 20;
    let hash = sends(&alice, "a.bin", size).await;
    accepts(&bob, "a.bin").await;
    at_half(
        &bob,
        "document.querySelector('[aria-label=\"Pause a.bin\"]').click()",
    )
    .await;
    bob.page.reload().await;
    bob.page.click(Role::Button, "Return to the call").await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    has_received(&bob, "a.bin", &hash, size).await;
    alice.page.wait_for_text(&["Sent"]).await;
    hang_up(&alice, &bob).await;
}

async fn a_file_goes_on_in_the_next_call(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    introduced(&alice, &bob).await;
    let size = 16 << 20;
    let hash = sends(&alice, "a.bin", size).await;
    accepts(&bob, "a.bin").await;
    at_half(
        &bob,
        "document.querySelector('[aria-label=\"Pause a.bin\"]').click()",
    )
    .await;
    hang_up(&alice, &bob).await;
    tokio::join!(alice.back_home(), bob.back_home());
    // Whoever sends has a page that remembers nothing, and chooses the file again.
    alice.page.reload().await;
    alice.at_home().await;
    bob.page.reload().await;
    bob.at_home().await;
    connect(&bob, &alice, CallKind::Audio).await;
    let again = sends(&alice, "a.bin", size).await;
    assert_eq!(again, hash);
    bob.page
        .wait_for_text(&["Part of it is here already"])
        .await;
    accepts(&bob, "a.bin").await;
    has_received(&bob, "a.bin", &hash, size).await;
    hang_up(&alice, &bob).await;
}

/// The browser's picker is still open when another call takes the place of the first.
async fn a_file_goes_to_whom_it_was_chosen_for(scenario: &Scenario<'_>) {
    let (alice, bob, carol) = carol_waits(scenario).await;
    introduced(&alice, &bob).await;
    let keeps_open = "const click = HTMLInputElement.prototype.click;
        HTMLInputElement.prototype.click = function () {
            if (this.type === 'file') window.picker = this;
            else click.call(this);
        };
        return true";
    let _: bool = bob.page.evaluate(keeps_open).await;
    bob.page.click(Role::Button, "Send file").await;
    wait_until("the picker", async || {
        let is_open: bool = bob.page.evaluate("return 'picker' in window").await;
        is_open.then_some(()).ok_or_else(String::new)
    })
    .await;
    bob.page.click(Role::Button, "Hold and answer").await;
    tokio::join!(bob.is_connected(), carol.sees());
    introduced(&bob, &carol).await;
    let chooses = "const data = new DataTransfer();
        data.items.add(new File(['between us'], 'for-alice.txt'));
        picker.files = data.files;
        picker.dispatchEvent(new Event('change'));
        return true";
    let _: bool = bob.page.evaluate(chooses).await;
    alice.page.wait_for_text(&["for-alice.txt"]).await;
    let carols = carol.page.visible_text().await;
    assert!(!carols.contains("for-alice.txt"), "{carols}");
}

async fn refused_cancelled_and_paused(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    sends(&alice, "no.bin", 1_000).await;
    bob.page.click(Role::Button, "Refuse no.bin").await;
    alice.page.wait_for_text(&["refused it"]).await;
    let size = 64 << 20;
    let hash = sends(&alice, "big.bin", size).await;
    accepts(&bob, "big.bin").await;
    at_half(
        &alice,
        "document.querySelector('[aria-label=\"Pause big.bin\"]').click()",
    )
    .await;
    bob.page.wait_for_text(&["Paused by"]).await;
    alice.page.click(Role::Button, "Resume big.bin").await;
    has_received(&bob, "big.bin", &hash, size).await;
    bob.page.click(Role::Button, "Remove big.bin").await;
    sends(&alice, "more.bin", size).await;
    accepts(&bob, "more.bin").await;
    at_half(
        &bob,
        "document.querySelector('[aria-label=\"Cancel more.bin\"]').click()",
    )
    .await;
    alice.page.wait_for_text(&["cancelled it"]).await;
    // Nothing of either is left.
    wait_until("both to be deleted", async || {
        let kept: (String, u64) = bob.page.evaluate(KEPT).await;
        (kept.1 == 0)
            .then_some(())
            .ok_or_else(|| format!("{} bytes", kept.1))
    })
    .await;
    hang_up(&alice, &bob).await;
}

async fn a_name_is_shown_for_what_it_is(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    sends(&alice, "invoice\u{202E}fdp.exe", 10).await;
    bob.page.wait_for_text(&["U+202E"]).await;
    bob.page.wait_for_text(&["Its name hides characters"]).await;
    bob.page.wait_for_text(&["(.exe)"]).await;
    sends(&alice, "photo.jpg.scr", 10).await;
    bob.page.wait_for_text(&["it’s a program (.scr)"]).await;
    hang_up(&alice, &bob).await;
}

async fn what_comes_over_the_files_channel_is_taken_as_hostile(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    alice
        .page
        .before_each_load(
            "const make = RTCPeerConnection.prototype.createDataChannel;
            RTCPeerConnection.prototype.createDataChannel = function (label, ...rest) {
                const channel = make.call(this, label, ...rest);
                if (label === 'wimpex-files') window.__files = channel;
                return channel;
            }",
        )
        .await;
    alice.page.reload().await;
    alice.at_home().await;
    connect(&alice, &bob, CallKind::Audio).await;
    alice.page.find(Role::Button, "Send file").await;
    let evil = r#"const { __files: it } = window;
        const id = '0'.repeat(31) + '1';
        const pieces = ['{', '}', '"type":"offer"', '"type":"block"', `"file":"${id}"`, '1e999', '-1', 'null', '[', '"', '\\u0000',
            '"name":"../../x"', '"size":9007199254740993', ',', '"bytes":-5', 'é', '\ud800'];
        window.__flood = (from, until) => {
            for (let round = from; round < until; round += 1) {
                let text = '';
                for (let at = 0; at < 12; at += 1) text += pieces[(round * 7 + at * at * 13 + (round / 17 | 0)) % pieces.length];
                it.send(text);
            }
        };
        window.__flood(0, 900);
        it.send(new Uint8Array(60_000));
        it.send('x'.repeat(60_000));
        for (let number = 0; number < 200; number += 1) it.send(JSON.stringify({ type: 'offer',
            file: number.toString(16).padStart(32, '0'), name: '<img src=x onerror="window.__evil = true">', size: 5, modified: 1 }));
        it.send(new Uint8Array(60_000));
        return true"#;
    let _: bool = alice.page.evaluate(evil).await;
    bob.page
        .wait_for_text(&["wants to send you 32 files"])
        .await;
    let found: (bool, u32) = bob
        .page
        .evaluate("return [window.__evil === true, document.querySelectorAll('.files img').length]")
        .await;
    assert_eq!(found, (false, 0));
    let kept: bool = bob
        .page
        .evaluate("return navigator.storage.getDirectory().then((it) => it.getDirectoryHandle('wimpex-files')).then(async (it) => (await it.keys().next()).done, () => true)")
        .await;
    assert!(kept, "nothing is kept that was not asked for");
    floods(&alice).await;
    tokio::join!(alice.hears(), bob.hears());
    hang_up(&alice, &bob).await;
}

/// A page that does not say that it can is not asked to.
async fn a_bare_page_is_offered_no_files(scenario: &Scenario<'_>) {
    let bare = scenario.bare_peer("Bare").await;
    let alice = scenario.peer("Alice").await;
    bare.call(&alice.id().await, CallKind::Video).await;
    alice.accept().await;
    alice.is_connected().await;
    tokio::join!(alice.sees(), alice.hears());
    let button = alice.page.find_now(Role::Button, "Send file").await;
    assert!(button.is_none());
    alice.end().await;
    alice.call_is_over(&["ended"]).await;
}
