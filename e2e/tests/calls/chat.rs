//! Chat in a call: marks, links, connections that come and go, and what is kept.

use std::time::Duration;

use wimpex_e2e::{CallKind, Peer, Role, Scenario, times, wait_until, wait_until_within};

use crate::reconnects::introduced;
use crate::shared::{
    BROKEN, alice_and_bob, connect, hang_up, hang_up_but, in_a_call, measured, scenarios, unfold,
};

scenarios! {
    FirefoxToo: lines_arrive_and_are_marked,
    FirefoxToo: lines_survive_connections_and_the_server,
    FirefoxToo: a_chat_stays_at_its_end,
    AnyBrowsers: many_lines_arrive_once_and_in_order,
    AnyBrowsers: a_chat_is_kept_only_if_that_is_wanted,
    // A script of the scene's runs before the page's own, which only DevTools can.
    Chromium: what_comes_over_the_channel_is_only_text,
    AnyBrowsers: a_bare_page_is_offered_no_chat,
}

/// As WebDriver has it.
const ENTER: char = '\u{E007}';

/// What is in the region, line by line.
const LINES: &str =
    "return [...document.querySelectorAll('[role=log] .text')].map((it) => it.textContent)";

async fn opens_the_chat(peer: &Peer) {
    peer.page.click(Role::Button, "Chat").await;
    peer.page.find(Role::Region, "Chat").await;
}

async fn says(peer: &Peer, text: &str) {
    peer.page.paste("Message", text).await;
    peer.page.click(Role::Button, "Send").await;
}

async fn has_lines(peer: &Peer, lines: &[&str]) {
    wait_until("the lines of the chat", async || {
        let found: Vec<String> = peer.page.evaluate(LINES).await;
        (found == lines)
            .then_some(())
            .ok_or_else(|| format!("{found:?}"))
    })
    .await;
}

async fn is_marked(peer: &Peer, line: &str, mark: &str) {
    let script = "const last = [...document.querySelectorAll('[role=log] li')].at(-1);
         return [last?.querySelector('.text')?.textContent, last?.querySelector('.mark')?.textContent]";
    wait_until("the mark of the newest line", async || {
        let found: [Option<String>; 2] = peer.page.evaluate(script).await;
        let wanted = [line, mark].map(|it| Some(it.to_owned()));
        (found == wanted)
            .then_some(())
            .ok_or_else(|| format!("{found:?}"))
    })
    .await;
}

async fn lines_arrive_and_are_marked(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    opens_the_chat(&alice).await;
    alice.page.wait_for_text(&["Nothing here yet"]).await;
    alice.page.fill("Message", "Hello, Bob!").await;
    alice.page.press(ENTER).await;
    alice
        .page
        .wait_for_text(&["Hello, Bob!", "Delivered"])
        .await;
    // Told in place, and counted.
    let notice = bob.page.find(Role::Button, "Alice: Hello, Bob!").await;
    let described =
        "const it = [...document.querySelectorAll('button')].find((it) => it.ariaLabel === 'Chat');
        return document.getElementById(it.getAttribute('aria-describedby')).textContent";
    wait_until("the count", async || {
        let count: String = bob.page.evaluate(described).await;
        (count == "1 unread message").then_some(()).ok_or(count)
    })
    .await;
    assert!(!alice.page.visible_text().await.contains("Read"));
    // At once, for it stays for some seconds only.
    notice.click().await.expect("the notice is still there");
    bob.page.find(Role::Region, "Chat").await;
    has_lines(&bob, &["Hello, Bob!"]).await;
    alice.page.wait_for_text(&["Read"]).await;
    let count: String = bob.page.evaluate(described).await;
    assert_eq!(count, "");
    // What looks like markup is text, and an address a link.
    says(
        &bob,
        "<b>see</b> https://example.org/a?b. Or javascript:alert(1)\nthere",
    )
    .await;
    let whole = "<b>see</b> https://example.org/a?b. Or javascript:alert(1)\nthere";
    has_lines(&alice, &["Hello, Bob!", whole]).await;
    let links: Vec<String> = alice
        .page
        .evaluate("return [...document.querySelectorAll('[role=log] a')].map((it) => [it.href, it.rel, it.target].join(' '))")
        .await;
    assert_eq!(
        links,
        ["https://example.org/a?b noopener noreferrer nofollow _blank"]
    );
    // Escape closes it, and what was being written stays.
    alice.page.fill("Message", "half a line").await;
    alice.page.press('\u{E00C}').await;
    alice.page.wait_until_gone(Role::Region, "Chat").await;
    opens_the_chat(&alice).await;
    assert_eq!(alice.page.value("Message").await, "half a line");
    says(&alice, &"x".repeat(8_003)).await;
    alice
        .page
        .wait_for_text(&["Too long by 3 characters"])
        .await;
    hang_up(&alice, &bob).await;
}

async fn lines_survive_connections_and_the_server(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Video).await;
    tokio::join!(alice.sees(), bob.sees());
    introduced(&alice, &bob).await;
    opens_the_chat(&alice).await;
    opens_the_chat(&bob).await;
    says(&alice, "one").await;
    has_lines(&bob, &["one"]).await;
    // ICE restarts.
    let _: bool = alice
        .page
        .evaluate("window.dispatchEvent(new Event('online')); return true")
        .await;
    says(&alice, "two").await;
    has_lines(&bob, &["one", "two"]).await;
    says(&bob, "three").await;
    has_lines(&bob, &["one", "two", "three"]).await;
    // The browser closes the connection; both write before there is another.
    let _: bool = bob
        .page
        .evaluate("window.__probe.closeConnections(); return true")
        .await;
    says(&bob, "four").await;
    says(&alice, "five").await;
    wait_until("all lines at both", async || {
        for peer in [&alice, &bob] {
            let mut found: Vec<String> = peer.page.evaluate(LINES).await;
            found.sort();
            if found != ["five", "four", "one", "three", "two"] {
                return Err(format!("{}: {found:?}", peer.name));
            }
        }
        Ok(())
    })
    .await;
    tokio::join!(alice.is_connected(), bob.is_connected());
    alice.page.wait_for_text(&["Read"]).await;
    // Without a server.
    scenario.server_mut().kill();
    says(&alice, "six").await;
    wait_until("a line without a server", async || {
        let found: Vec<String> = bob.page.evaluate(LINES).await;
        let last = found.last().map(String::as_str) == Some("six");
        (last && found.len() == 6)
            .then_some(())
            .ok_or_else(|| format!("{found:?}"))
    })
    .await;
    hang_up_but(&alice, &bob, BROKEN).await;
}

/// Whatever takes the place of its lines, and whatever comes between a scroll and its event; only its
/// reader leaves the end.
async fn a_chat_stays_at_its_end(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    introduced(&alice, &bob).await;
    opens_the_chat(&alice).await;
    opens_the_chat(&bob).await;
    let does = async |script: &str| {
        let script =
            format!("const list = document.querySelector('[role=log]'); {script}; return true");
        let _: bool = bob.page.evaluate(&script).await;
    };
    let is_at_end = async || {
        wait_until("the end of the list", async || {
            let below: f64 = bob
                .page
                .evaluate(
                    "const it = document.querySelector('[role=log]');
                     return it.scrollHeight - it.scrollTop - it.clientHeight",
                )
                .await;
            (below < 2.0)
                .then_some(())
                .ok_or_else(|| format!("{below} px below"))
        })
        .await;
    };
    let long: Vec<String> = (1..40).map(|it| it.to_string()).collect();
    says(&alice, &long.join("\n")).await;
    is_at_end().await;
    does(
        "list.firstElementChild.style.minHeight = '5000px';
         list.dispatchEvent(new Event('scroll'))",
    )
    .await;
    is_at_end().await;
    says(&alice, "More").await;
    is_marked(&alice, "More", "Read").await;
    is_at_end().await;
    does("list.style.marginBottom = '100px'").await;
    is_at_end().await;
    does("list.scrollTop = 0").await;
    // The page hears of it with the next frame.
    let frame =
        "return new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(true))))";
    let _: bool = bob.page.evaluate(frame).await;
    says(&alice, "Last").await;
    is_marked(&alice, "Last", "Delivered").await;
    bob.page.click(Role::Button, "Show new messages").await;
    is_at_end().await;
    is_marked(&alice, "Last", "Read").await;
    hang_up(&alice, &bob).await;
}

/// The first two hundred as fast as a page can, with the connection closed in their middle; each after
/// that as fast as a page may, with another connection for each thousand.
async fn many_lines_arrive_once_and_in_order(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    introduced(&alice, &bob).await;
    opens_the_chat(&alice).await;
    opens_the_chat(&bob).await;
    let count = times("lines", 200, 10_000);
    // A page shows the last thousand: what it shows is looked at again and again, and must go on from
    // what it has shown before.
    let watch = "window.__seen = 0;
        setInterval(() => {
            const lines = [...document.querySelectorAll('[role=log] .text')].map((it) => it.textContent);
            const first = Number(lines[0]?.slice(5) ?? 0);
            const wrong = lines.find((line, at) => line !== `line ${first + at}`);
            if (wrong !== undefined || first > window.__seen) window.__wrong ??= `${wrong} from ${first} on, after ${window.__seen}`;
            window.__seen = Math.max(window.__seen, first + lines.length);
        }, 100);
        return true";
    for peer in [&alice, &bob] {
        let _: bool = peer.page.evaluate(watch).await;
    }
    let write = format!(
        "const box = document.querySelector('textarea');
        let line = 0;
        const say = () => {{
            if (line === 120 || line % 1000 === 700) window.__probe.closeConnections();
            box.value = `line ${{line}}`;
            line += 1;
            box.dispatchEvent(new InputEvent('input', {{ bubbles: true }}));
            box.form.requestSubmit();
        }};
        while (line < 200) say();
        const each = setInterval(() => {{
            // One that found no room stays there.
            if (box.value !== '') box.form.requestSubmit();
            else if (line < {count}) say();
            else clearInterval(each);
        }}, 55);
        return true"
    );
    let _: bool = alice.page.evaluate(&write).await;
    let whole = Duration::from_secs(60 + u64::from(count) / 8);
    wait_until_within(whole, "every line at both", async || {
        for peer in [&alice, &bob] {
            let (seen, wrong): (u32, Option<String>) = peer
                .page
                .evaluate("return [window.__seen, window.__wrong ?? null]")
                .await;
            assert_eq!(wrong, None, "{}", peer.name);
            if seen < count {
                return Err(format!("{}: {seen} lines", peer.name));
            }
        }
        Ok(())
    })
    .await;
    measured(&format!("{count} lines, each once and in order"));
    hang_up(&alice, &bob).await;
}

async fn a_chat_is_kept_only_if_that_is_wanted(scenario: &Scenario<'_>) {
    let (alice, bob) = in_a_call(scenario, CallKind::Audio).await;
    opens_the_chat(&alice).await;
    opens_the_chat(&bob).await;
    says(&alice, "remember this").await;
    has_lines(&bob, &["remember this"]).await;
    alice.page.click(Role::Checkbox, "Keep").await;
    alice
        .page
        .wait_for_text(&["Kept in this browser only"])
        .await;
    says(&bob, "I will").await;
    has_lines(&alice, &["remember this", "I will"]).await;
    hang_up(&alice, &bob).await;
    // In the same page nothing is forgotten; after it, what was not kept is.
    alice.back_home().await;
    bob.page.reload().await;
    alice.page.reload().await;
    tokio::join!(alice.at_home(), bob.at_home());
    connect(&bob, &alice, CallKind::Audio).await;
    opens_the_chat(&alice).await;
    opens_the_chat(&bob).await;
    has_lines(&alice, &["remember this", "I will"]).await;
    alice.page.wait_for_text(&["Earlier"]).await;
    has_lines(&bob, &[]).await;
    says(&bob, "anew").await;
    has_lines(&alice, &["remember this", "I will", "anew"]).await;
    hang_up(&alice, &bob).await;
    alice.back_home().await;
    unfold(&alice, "Forget me").await;
    alice
        .page
        .click(Role::Checkbox, "I know that this cannot be undone")
        .await;
    alice.page.click(Role::Button, "Forget everything").await;
    alice.page.find(Role::Textbox, "Your name").await;
    let kept = "return (async () => {
        const open = indexedDB.open('wimpex-chat');
        const database = await new Promise((resolve) => { open.onsuccess = () => resolve(open.result); });
        const all = database.transaction('chats').objectStore('chats').getAllKeys();
        const keys = await new Promise((resolve) => { all.onsuccess = () => resolve(all.result); });
        database.close();
        return keys.length;
    })()";
    let kept: u32 = alice.page.evaluate(kept).await;
    assert_eq!(kept, 0);
}

async fn what_comes_over_the_channel_is_only_text(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    alice
        .page
        .before_each_load(
            "const make = RTCPeerConnection.prototype.createDataChannel;
            RTCPeerConnection.prototype.createDataChannel = function (label, ...rest) {
                const channel = make.call(this, label, ...rest);
                if (label === 'wimpex-stream') window.__stream = channel;
                return channel;
            }",
        )
        .await;
    alice.page.reload().await;
    alice.at_home().await;
    connect(&alice, &bob, CallKind::Audio).await;
    opens_the_chat(&bob).await;
    let evil = r#"const { __stream: it } = window;
        const pieces = ['{', '}', '"type":"chat"', '"seq":', '1e999', '-1', 'null', '[', '"', '\\u0000',
            '"text":"x"', ',', '"ack"', '"received":9007199254740993', '"hello"', '"version":2', 'é', '\ud800'];
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
        it.send(JSON.stringify({ type: 'chat', seq: 1, text: '<img src=x onerror="window.__evil = true"><script>window.__evil = true</script>' }));
        it.send(JSON.stringify({ type: 'chat', seq: 2, text: 'javascript:alert(1) data:text/html,x https://bank.example@evil.example/ \u202Etxt.exe' }));
        it.send(JSON.stringify({ type: 'read', read: 99 }));
        return true"#;
    let _: bool = alice.page.evaluate(evil).await;
    has_lines(
        &bob,
        &[
            r#"<img src=x onerror="window.__evil = true"><script>window.__evil = true</script>"#,
            "javascript:alert(1) data:text/html,x https://bank.example@evil.example/ txt.exe",
        ],
    )
    .await;
    let found: (bool, u32) = bob
        .page
        .evaluate("return [window.__evil === true, document.querySelectorAll('[role=log] :is(a, img, script)').length]")
        .await;
    assert_eq!(found, (false, 0));
    floods(&alice).await;
    let lines: Vec<String> = bob.page.evaluate(LINES).await;
    assert_eq!(lines.len(), 2);
    tokio::join!(alice.hears(), bob.hears());
    hang_up(&alice, &bob).await;
}

/// Sends malformed texts by the thousand, of which a page takes what it can, and waits until all are gone.
pub(crate) async fn floods(peer: &Peer) {
    let script = "window.__flood(900, 6000); return true";
    let _: bool = peer.page.evaluate(script).await;
    wait_until("all to be sent", async || {
        let script = "return (window.__stream ?? window.__files).bufferedAmount";
        let left: u32 = peer.page.evaluate(script).await;
        (left == 0).then_some(()).ok_or_else(|| left.to_string())
    })
    .await;
}

/// A page that does not say that it can is not asked to.
async fn a_bare_page_is_offered_no_chat(scenario: &Scenario<'_>) {
    let bare = scenario.bare_peer("Bare").await;
    let alice = scenario.peer("Alice").await;
    bare.call(&alice.id().await, CallKind::Video).await;
    alice.accept().await;
    alice.is_connected().await;
    tokio::join!(
        alice.sees(),
        alice.hears(),
        bare.peer().sees(),
        bare.peer().hears()
    );
    assert!(alice.page.find_now(Role::Button, "Chat").await.is_none());
    alice.end().await;
    alice.call_is_over(&["ended"]).await;
}
