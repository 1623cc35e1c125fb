//! Messages for who did not answer: left, sealed, played; and refused.

use wimpex_e2e::{CallKind, Peer, Role, Scenario, wait_until};

use crate::shared::{adds, alice_and_bob, hang_up, opens_the_book, scenarios};

scenarios! {
    // It is listened to, but Firefox's `AudioContext` stands still on a machine without a sound device.
    Chromium: a_message_is_left_and_played_later,
    AnyBrowsers: a_message_for_who_is_there_comes_at_once,
    AnyBrowsers: a_message_comes_in_the_middle_of_a_call,
    AnyBrowsers: a_stranger_leaves_nothing_for_contacts_only,
    AnyBrowsers: what_a_stranger_leaves_frightens_nobody,
    AnyBrowsers: one_message_that_cannot_come_keeps_no_other_waiting,
    AnyBrowsers: a_message_stays_where_it_could_not_be_opened_just_now,
    AnyBrowsers: a_key_is_renewed_and_what_was_sealed_for_the_one_before_opens,
    FirefoxToo: a_message_with_picture_comes_in_every_browser,
}

/// A page of the same origin that is not the page.
const ELSEWHERE: &str = "/healthz";
const PLAY: &str = "Play the message from My Alice";

async fn a_message_is_left_and_played_later(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let link = bob.link().await;
    knows_alice(&alice, &bob).await;
    bob.visit(ELSEWHERE).await;
    alice.call(&link, CallKind::Video).await;
    alice.call_is_over(&["offline", "isn’t online"]).await;
    records(&alice, "Record with picture").await;
    alice.page.find(Role::Video, "Your message").await;
    // Seen, not liked, and recorded anew.
    alice.page.click(Role::Button, "Record again").await;
    has_recorded(&alice).await;
    // Whoever presses twice means it once.
    let twice = "const buttons = [...document.querySelectorAll('button')];
        const stop = buttons.find((it) => it.innerText === 'Stop');
        stop.click();
        stop.click();
        return true";
    let _: bool = alice.page.evaluate(twice).await;
    plays(&alice, "Your message").await;
    alice.page.click(Role::Button, "Send message").await;
    alice.page.wait_for_text(&["Sent."]).await;
    // The page opens again.
    bob.visit("/").await;
    bob.at_home().await;
    bob.page.wait_for_text(&["new message with picture"]).await;
    bob.page.click(Role::Button, PLAY).await;
    plays(&bob, "Message from My Alice").await;
    sounds_as_it_was_said(&alice, &bob, "Message from My Alice").await;
    bob.page
        .click(Role::Button, "Close the message from My Alice")
        .await;
    wait_until("that it was played", async || {
        let text = bob.page.visible_text().await;
        let is_old = text.contains("message with picture") && !text.contains("new message");
        is_old.then_some(()).ok_or(text)
    })
    .await;
    // It is kept here, and at the server no more.
    scenario.server_mut().kill();
    bob.visit("/").await;
    bob.page.click(Role::Button, PLAY).await;
    plays(&bob, "Message from My Alice").await;
    bob.page
        .click(Role::Button, "Delete the message from My Alice")
        .await;
    bob.page.wait_until_gone(Role::Button, PLAY).await;
}

async fn a_message_for_who_is_there_comes_at_once(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let link = bob.link().await;
    knows_alice(&alice, &bob).await;
    // A bit flipped on the way.
    let flip = "const it = new Uint8Array(await answer.arrayBuffer());
        it[1000] ^= 1;
        return new Response(it);";
    meddle(&bob, flip, "").await;
    unheard(&alice, &bob, &link).await;
    sends_sound(&alice).await;
    bob.page.wait_for_text(&["A message was refused"]).await;
    assert!(bob.page.find_now(Role::Button, PLAY).await.is_none());
    alice.back_home().await;
    bob.page.reload().await;
    bob.at_home().await;
    // An honest server.
    meddle(&bob, "", "window.__list = await answer.clone().text();").await;
    unheard(&alice, &bob, &link).await;
    sends_sound(&alice).await;
    bob.page.find(Role::Button, PLAY).await;
    let text = bob.page.visible_text().await;
    assert!(!text.contains("A message was refused"), "{text}");
    bob.page
        .click(Role::Button, "Delete the message from My Alice")
        .await;
    bob.page.wait_until_gone(Role::Button, PLAY).await;
    alice.back_home().await;
    // One that sends the same again.
    meddle(&bob, "", "return new Response(window.__list);").await;
    unheard(&alice, &bob, &link).await;
    bob.page.wait_for_text(&["A message was refused"]).await;
    assert!(bob.page.find_now(Role::Button, PLAY).await.is_none());
}

/// Bob talks with Carol, on the screen of her link, where no messages are shown.
async fn a_message_comes_in_the_middle_of_a_call(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let carol = scenario.peer("Carol").await;
    let link = bob.link().await;
    knows_alice(&alice, &bob).await;
    bob.visit(&format!("/u/{}", carol.id().await)).await;
    bob.press_call(CallKind::Video).await;
    carol.accept().await;
    tokio::join!(bob.is_connected(), carol.is_connected());
    tokio::join!(bob.sees(), carol.sees());
    alice.call(&link, CallKind::Audio).await;
    bob.page.find(Role::Region, "Call waiting").await;
    alice.cancel().await;
    bob.page.wait_until_gone(Role::Region, "Call waiting").await;
    // The server has nothing of it: a page that rests would have it wait until the end.
    meddle(&bob, "window.__came = true;", "").await;
    sends_sound(&alice).await;
    let came: Option<bool> = bob.page.evaluate("return window.__came").await;
    assert_eq!(came, Some(true), "before its sender hears that it is sent");
    bob.page
        .wait_for_text(&["My Alice has left you a message"])
        .await;
    tokio::join!(bob.sees(), carol.sees());
    hang_up(&bob, &carol).await;
    bob.visit("/").await;
    bob.page.find(Role::Button, PLAY).await;
}

async fn a_stranger_leaves_nothing_for_contacts_only(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let link = bob.link().await;
    opens_the_book(&bob).await;
    bob.page
        .wait_for_text(&["Anyone who can call you can leave you a message"])
        .await;
    bob.page
        .click(Role::Checkbox, "Only contacts may call me")
        .await;
    bob.page
        .wait_for_text(&["Your contacts can leave you a message"])
        .await;
    bob.visit(ELSEWHERE).await;
    alice.call(&link, CallKind::Audio).await;
    alice.call_is_over(&["offline", "isn’t online"]).await;
    wait_until("what the server says", async || {
        let script = "return performance.getEntriesByName(`${location.origin}/messages`)
            .filter((it) => it.responseStatus === 204).length;";
        let refused: u32 = alice.page.evaluate(script).await;
        (refused > 0).then_some(()).ok_or_else(String::new)
    })
    .await;
    let leave = alice.page.find_now(Role::Button, "Leave a message").await;
    assert!(leave.is_none());
}

async fn what_a_stranger_leaves_frightens_nobody(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let link = bob.link().await;
    opens_the_book(&bob).await;
    bob.page
        .wait_for_text(&["Anyone who can call you can leave you a message"])
        .await;
    // Signed by her, and nothing that opens: here, of a bit that is flipped.
    let flip = "const it = new Uint8Array(await answer.arrayBuffer());
        it[1000] ^= 1;
        return new Response(it);";
    meddle(&bob, flip, "").await;
    unheard(&alice, &bob, &link).await;
    sends_sound(&alice).await;
    nothing_waits(&bob).await;
    let text = bob.page.visible_text().await;
    assert!(!text.contains("A message was refused"), "{text}");
}

async fn one_message_that_cannot_come_keeps_no_other_waiting(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let link = bob.link().await;
    knows_alice(&alice, &bob).await;
    // Of what it asks for, nothing can be had, or all but what it asks for first.
    let fails = "const { id } = JSON.parse(JSON.parse(asked).message);
        if (window.__fails === 'first') window.__fails = id;
        if (window.__fails === 'all' || window.__fails === id)
            return new Response('host-full', { status: 507 });";
    meddle(&bob, fails, "").await;
    let fail = async |what: &str| {
        let script = format!("window.__fails = '{what}'; return true;");
        let _: bool = bob.page.evaluate(&script).await;
    };
    let come = async |count: usize| {
        wait_until(&format!("{count} messages"), async || {
            let text = bob.page.visible_text().await;
            let is_so = text.matches("new message").count() == count;
            is_so.then_some(()).ok_or(text)
        })
        .await;
    };
    // Neither comes, on its way or where it rests then.
    fail("all").await;
    for _ in 0..2 {
        unheard(&alice, &bob, &link).await;
        sends_sound(&alice).await;
        alice.back_home().await;
    }
    // Of three that wait by now the first fails; the others come.
    fail("first").await;
    unheard(&alice, &bob, &link).await;
    sends_sound(&alice).await;
    come(2).await;
    bob.page.reload().await;
    bob.at_home().await;
    come(3).await;
}

async fn a_message_stays_where_it_could_not_be_opened_just_now(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let link = bob.link().await;
    knows_alice(&alice, &bob).await;
    let fails = "const decrypt = crypto.subtle.decrypt;
        SubtleCrypto.prototype.decrypt = () => {
            SubtleCrypto.prototype.decrypt = decrypt;
            window.__failed = true;
            return Promise.reject(new RangeError('out of memory'));
        };
        return true;";
    let _: bool = bob.page.evaluate(fails).await;
    unheard(&alice, &bob, &link).await;
    sends_sound(&alice).await;
    wait_until("that it could not be opened", async || {
        let has_failed: bool = bob.page.evaluate("return window.__failed === true;").await;
        has_failed.then_some(()).ok_or_else(String::new)
    })
    .await;
    let text = bob.page.visible_text().await;
    assert!(!text.contains("A message was refused"), "{text}");
    // It is asked for once more: whoever has sent it has left it at the server then.
    bob.page.find(Role::Button, PLAY).await;
}

/// The keys that Bob's browser has, by the names under which they are kept.
async fn keys(bob: &Peer) -> Vec<String> {
    let script = "return new Promise((done, failed) => {
        const opening = indexedDB.open('wimpex-messages');
        opening.onerror = () => failed(opening.error);
        opening.onsuccess = () => {
            const all = opening.result.transaction('keys').objectStore('keys').getAllKeys();
            all.onsuccess = () => { opening.result.close(); done(all.result); };
        };
    });";
    bob.page.evaluate(script).await
}

/// Changes what is kept of Bob's keys: `change` has the `store`, and the `name` and value of each.
async fn change_keys(bob: &Peer, change: &str) {
    let script = format!(
        "return new Promise((done, failed) => {{
            const opening = indexedDB.open('wimpex-messages');
            opening.onerror = () => failed(opening.error);
            opening.onsuccess = () => {{
                const changing = opening.result.transaction('keys', 'readwrite');
                const store = changing.objectStore('keys');
                changing.oncomplete = () => {{ opening.result.close(); done(true); }};
                changing.onabort = () => failed(changing.error);
                store.openCursor().onsuccess = ({{ target: {{ result }} }}) => {{
                    if (!result) return;
                    const [name, value] = [result.key, result.value];
                    {change}
                    result.continue();
                }};
            }};
        }});"
    );
    let _: bool = bob.page.evaluate(&script).await;
}

async fn a_key_is_renewed_and_what_was_sealed_for_the_one_before_opens(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let link = bob.link().await;
    knows_alice(&alice, &bob).await;
    bob.visit(ELSEWHERE).await;
    alice.call(&link, CallKind::Audio).await;
    alice.call_is_over(&["offline", "isn’t online"]).await;
    sends_sound(&alice).await;
    alice.back_home().await;
    let of_now = keys(&bob).await;
    assert_eq!(of_now.len(), 1, "{of_now:?}");
    // Thirty days later.
    let older = "if (name.startsWith('own ') && !window.__older) {
            window.__older = true;
            store.put(value, `own ${name.slice(4) - 1}`);
            result.delete();
        }";
    change_keys(&bob, older).await;
    let number = of_now[0].replace("own ", "").parse::<u64>();
    let before = number.expect("the number of the month") - 1;
    bob.visit("/").await;
    bob.at_home().await;
    bob.page.find(Role::Button, PLAY).await;
    let until = format!("until {before}");
    wait_until("another key to be published", async || {
        let all = keys(&bob).await;
        let is_renewed = all.contains(&of_now[0]) && all.contains(&until);
        is_renewed.then_some(()).ok_or_else(|| format!("{all:?}"))
    })
    .await;
    // What comes from now on is sealed for that, and the one before is over; but for what is here.
    let over = "if (name.startsWith('until ')) result.update(1);";
    change_keys(&bob, over).await;
    unheard(&alice, &bob, &link).await;
    sends_sound(&alice).await;
    let has_messages = async |count: usize| {
        wait_until(&format!("{count} messages"), async || {
            let text = bob.page.visible_text().await;
            let are_there = text.matches("new message").count() == count;
            are_there.then_some(()).ok_or(text)
        })
        .await;
    };
    has_messages(2).await;
    let name = format!("own {before}");
    assert!(keys(&bob).await.contains(&name));
    let delete = "Delete the message from My Alice";
    for left in [1, 0] {
        bob.page.click(Role::Button, delete).await;
        // Another click would be for the same one.
        has_messages(left).await;
    }
    bob.page.wait_until_gone(Role::Button, delete).await;
    alice.back_home().await;
    unheard(&alice, &bob, &link).await;
    sends_sound(&alice).await;
    bob.page.find(Role::Button, PLAY).await;
    let all = keys(&bob).await;
    assert_eq!(all, of_now, "{all:?}");
}

async fn a_message_with_picture_comes_in_every_browser(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    let link = bob.link().await;
    knows_alice(&alice, &bob).await;
    bob.visit(ELSEWHERE).await;
    alice.call(&link, CallKind::Video).await;
    alice.call_is_over(&["offline", "isn’t online"]).await;
    records(&alice, "Record with picture").await;
    plays(&alice, "Your message").await;
    alice.page.click(Role::Button, "Send message").await;
    alice.page.wait_for_text(&["Sent."]).await;
    bob.visit("/").await;
    bob.at_home().await;
    bob.page.wait_for_text(&["new message with picture"]).await;
    bob.page.click(Role::Button, PLAY).await;
    plays(&bob, "Message from My Alice").await;
}

/// Waits until the server has no message for them any more.
async fn nothing_waits(who: &Peer) {
    wait_until("that what came is deleted", async || {
        let script = "return performance.getEntriesByName(`${location.origin}/messages`)
            .filter((it) => it.responseStatus === 204).length;";
        // Their own key, and the deletion.
        let done: u32 = who.page.evaluate(script).await;
        (done > 1).then_some(()).ok_or_else(|| done.to_string())
    })
    .await;
}

/// Bob has Alice among his contacts, and takes messages.
async fn knows_alice(alice: &Peer, bob: &Peer) {
    opens_the_book(bob).await;
    adds(bob, &alice.link().await, "My Alice").await;
    bob.page
        .wait_for_text(&["Anyone who can call you can leave you a message"])
        .await;
}

/// Alice calls, and gives up.
async fn unheard(alice: &Peer, bob: &Peer, link: &str) {
    alice.call(link, CallKind::Audio).await;
    bob.is_called().await;
    alice.cancel().await;
    bob.back_home().await;
}

async fn records(who: &Peer, how: &str) {
    who.page.click(Role::Button, "Leave a message").await;
    who.page.click(Role::Button, how).await;
    has_recorded(who).await;
    who.page.click(Role::Button, "Stop").await;
    who.page.wait_for_text(&["Nothing has been sent yet"]).await;
}

/// Waits until it has recorded for two seconds or more: none of them is shown for longer than itself.
async fn has_recorded(who: &Peer) {
    wait_until("two seconds of a recording", async || {
        let text = who.page.visible_text().await;
        let shown = text.split("Recording: ").nth(1);
        let elapsed = shown.and_then(|it| it.split_whitespace().next()?.split_once(':'));
        let seconds = elapsed.and_then(|(minutes, seconds)| {
            Some(minutes.parse::<u32>().ok()? * 60 + seconds.parse::<u32>().ok()?)
        });
        seconds.filter(|it| *it >= 2).map(drop).ok_or(text)
    })
    .await;
}

async fn sends_sound(who: &Peer) {
    records(who, "Record sound").await;
    who.page.click(Role::Button, "Send message").await;
    who.page.wait_for_text(&["Sent."]).await;
}

/// Waits until a recording is there as a whole, with a picture of the camera's, and plays it.
async fn plays(who: &Peer, name: &str) {
    // Muted, for there may be nothing that it could be heard with.
    let script = format!(
        "const it = document.querySelector(`video[aria-label=\"{name}\"]`);
         if (!it) return [false, 'nothing'];
         it.muted = true;
         return it.play().catch((error) => error.name).then((failed) => [
             it.readyState === 4 && !it.paused && it.videoWidth > 100,
             `${{failed}} ${{it.readyState}} ${{it.paused}} ${{it.videoWidth}} ${{it.currentTime}}`]);"
    );
    wait_until(&format!("{name:?} to play"), async || {
        let (is_playing, state): (bool, String) = who.page.evaluate(&script).await;
        if is_playing {
            return Ok(());
        }
        Err(format!("{state} {:?}", who.page.console_errors().await))
    })
    .await;
}

/// What is heard of a message has the tone of its sender's microphone.
async fn sounds_as_it_was_said(from: &Peer, to: &Peer, name: &str) {
    let microphone = "navigator.mediaDevices.getUserMedia({ audio: true })
        .then((stream) => [context.createMediaStreamSource(stream), () => {}])";
    let message = format!(
        "Promise.resolve(document.querySelector(`video[aria-label=\"{name}\"]`)).then((it) => {{
            it.muted = false;
            it.loop = true;
            return [context.createMediaElementSource(it), () => it.play()];
        }})"
    );
    // A bin of the spectrum is 6 Hz wide, and Opus keeps no phase.
    let is_near = |one: u32, other: u32| one.abs_diff(other) <= 24;
    // Where sound stops for a moment, that makes noise of its own: what comes twice is the tone.
    let mut seen = Vec::new();
    let comes_twice = |hertz| {
        let is_known = seen.iter().any(|it| is_near(*it, hertz));
        seen.push(hertz);
        is_known
    };
    let said = tone(from, microphone, comes_twice).await;
    tone(to, &message, |heard| is_near(said, heard)).await;
}

/// The loudest tone of a source of sound, in Hz, once it makes such a one.
async fn tone(who: &Peer, source: &str, mut is_it: impl FnMut(u32) -> bool) -> u32 {
    let listen = format!(
        "const context = new AudioContext();
         window.__ear = {source}.then(([source, play]) => {{
             const ear = context.createAnalyser();
             ear.fftSize = 8192;
             ear.smoothingTimeConstant = 0;
             source.connect(ear);
             return {{ context, ear, play }};
         }});
         return true;"
    );
    let _: bool = who.page.evaluate(&listen).await;
    let look = "return window.__ear.then(async ({ context, ear, play }) => {
        await context.resume();
        await play();
        const bins = new Float32Array(ear.frequencyBinCount);
        ear.getFloatFrequencyData(bins);
        const loudest = bins.indexOf(Math.max(...bins));
        return [Math.round((loudest * context.sampleRate) / ear.fftSize), bins[loudest] > -50];
    });";
    wait_until("a tone", async || {
        let (hertz, is_loud): (u32, bool) = who.page.evaluate(look).await;
        (is_loud && is_it(hertz))
            .then_some(hertz)
            .ok_or_else(|| format!("{hertz} Hz, loud: {is_loud}"))
    })
    .await
}

/// A server of one's own making: scripts for what was sealed, and for the list of what waits; `asked`
/// is the request's body.
async fn meddle(who: &Peer, sealed: &str, list: &str) {
    let script = format!(
        "window.__fetch ??= window.fetch;
         window.fetch = async (...all) => {{
             const asked = all[0] instanceof Request ? await all[0].clone().text() : '';
             const answer = await window.__fetch.apply(window, all);
             const type = answer.headers.get('content-type') ?? '';
             if (!answer.ok || !answer.url.endsWith('/messages')) return answer;
             if (type === 'application/octet-stream') {{ {sealed} }}
             if (type === 'application/json') {{ {list} }}
             return answer;
         }};
         return true;"
    );
    let _: bool = who.page.evaluate(&script).await;
}
