//! Microphone, camera and speaker: looked at, chosen, and remembered.

use wimpex_e2e::{BrowserKind, CallKind, Peer, Role, Scenario, wait_until};

use crate::device_lab::{
    alice_has_a_choice, alice_has_a_choice_and, choose, descriptions, devices, no_longer_says,
    sends, sent_label,
};
use crate::shared::{alice_and_bob, connect, hang_up, measured, scenarios};

scenarios! {
    // Only Chromium's flag makes three fake devices of each kind.
    Chromium: report_4_a_second_camera_and_microphone_are_sent,
    Chromium: report_4_a_chosen_speaker_plays,
    Chromium: report_4_a_browser_without_a_choice_of_speakers_says_so,
    Chromium: report_4_what_is_chosen_is_remembered,
    Chromium: report_4_a_choice_outlives_the_ids_of_devices,
    Chromium: a_change_that_fails_is_taken_back,
    Chromium: what_the_system_can_do_is_asked_of_it_alone,
    AnyBrowsers: devices_are_looked_at_before_a_call,
    // Only Chromium's flag makes three fake devices of each kind.
    Chromium: devices_are_looked_at_from_the_prompt,
}

async fn offers(peer: &Peer) -> usize {
    let sent = peer.page.snapshot().await.sent;
    let is_offer = |kind: &str| kind == "call-offer" || kind == "call-answer";
    sent.iter().filter(|it| is_offer(&it.r#type)).count()
}

async fn report_4_a_second_camera_and_microphone_are_sent(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_has_a_choice(scenario).await;
    let before = (offers(&alice).await, descriptions(&alice).await);
    alice.page.click(Role::Button, "Devices").await;
    alice.page.find(Role::Region, "Devices").await;
    alice.page.find(Role::Meter, "Microphone level").await;
    alice.page.find(Role::Button, "Test speaker").await;
    alice.page.find(Role::Video, "Preview of your camera").await;
    for (name, kind, at) in [("Camera", "video", 2), ("Microphone", "audio", 2)] {
        let first = sent_label(&alice, kind).await;
        choose(&alice, name, at).await;
        let took = sends(&alice, kind, |label| label != "none" && label != first).await;
        measured(&format!("another {name} after {} ms", took.as_millis()));
    }
    tokio::join!(bob.sees(), bob.hears());
    let after = (offers(&alice).await, descriptions(&alice).await);
    assert_eq!(after, before, "nothing is negotiated anew");
    alice.page.click(Role::Button, "Devices").await;
    alice.page.wait_until_gone(Role::Region, "Devices").await;
    hang_up(&alice, &bob).await;
}

/// The speakers of all that plays.
async fn sinks(peer: &Peer) -> Vec<String> {
    let script = "const playing = [...document.querySelectorAll('audio, video')];
        return playing.filter((it) => it.srcObject && !it.muted).map((it) => it.sinkId)";
    peer.page.evaluate(script).await
}

async fn report_4_a_chosen_speaker_plays(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_has_a_choice(scenario).await;
    alice.hears().await;
    assert!(sinks(&alice).await.iter().all(String::is_empty));
    alice.page.click(Role::Button, "Devices").await;
    choose(&alice, "Speaker", 2).await;
    wait_until("the chosen speaker", async || {
        let sinks = sinks(&alice).await;
        let is_chosen = !sinks.is_empty() && sinks.iter().all(|sink| !sink.is_empty());
        is_chosen.then_some(()).ok_or_else(|| format!("{sinks:?}"))
    })
    .await;
    alice.page.click(Role::Button, "Test speaker").await;
    alice.hears().await;
    choose(&alice, "Speaker", 0).await;
    wait_until("the system's default", async || {
        let sinks = sinks(&alice).await;
        let is_default = !sinks.is_empty() && sinks.iter().all(String::is_empty);
        is_default.then_some(()).ok_or_else(|| format!("{sinks:?}"))
    })
    .await;
    hang_up(&alice, &bob).await;
}

async fn report_4_a_browser_without_a_choice_of_speakers_says_so(scenario: &Scenario<'_>) {
    let without = "delete HTMLMediaElement.prototype.setSinkId;";
    let (alice, bob) = alice_has_a_choice_and(scenario, without).await;
    alice.page.click(Role::Button, "Devices").await;
    alice.page.find(Role::Combobox, "Speaker").await;
    alice
        .page
        .wait_for_text(&["can’t choose the speaker"])
        .await;
    let is_off = "return [...document.querySelectorAll('select')].map((it) => it.disabled)";
    let disabled: Vec<bool> = alice.page.evaluate(is_off).await;
    assert_eq!(
        disabled,
        [false, false, true],
        "camera, microphone, speaker"
    );
    alice.page.click(Role::Button, "Test speaker").await;
    alice.hears().await;
    hang_up(&alice, &bob).await;
}

async fn report_4_what_is_chosen_is_remembered(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_has_a_choice(scenario).await;
    alice.page.click(Role::Button, "Devices").await;
    for (name, kind) in [("Camera", "video"), ("Microphone", "audio")] {
        let first = sent_label(&alice, kind).await;
        choose(&alice, name, 2).await;
        sends(&alice, kind, |label| label != "none" && label != first).await;
    }
    choose(&alice, "Speaker", 2).await;
    let is_chosen = async |what: &str| {
        wait_until(what, async || {
            let sinks = sinks(&alice).await;
            let is_chosen = !sinks.is_empty() && sinks.iter().all(|sink| !sink.is_empty());
            is_chosen.then_some(()).ok_or_else(|| format!("{sinks:?}"))
        })
        .await;
    };
    is_chosen("the chosen speaker").await;
    let (camera, microphone) = (
        sent_label(&alice, "video").await,
        sent_label(&alice, "audio").await,
    );
    hang_up(&alice, &bob).await;
    bob.back_home().await;
    alice.page.reload().await;
    alice.at_home().await;
    connect(&alice, &bob, CallKind::Video).await;
    sends(&alice, "video", |label| label == camera).await;
    sends(&alice, "audio", |label| label == microphone).await;
    tokio::join!(bob.sees(), bob.hears(), alice.hears());
    is_chosen("the remembered speaker").await;
    hang_up(&alice, &bob).await;
}

/// A browser gives its devices other ids when the data of pages is cleared, and some do each time.
async fn report_4_a_choice_outlives_the_ids_of_devices(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_has_a_choice(scenario).await;
    alice.page.click(Role::Button, "Devices").await;
    let first = sent_label(&alice, "audio").await;
    choose(&alice, "Microphone", 2).await;
    sends(&alice, "audio", |label| label != "none" && label != first).await;
    let chosen = sent_label(&alice, "audio").await;
    hang_up(&alice, &bob).await;
    bob.back_home().await;
    // What is remembered are the ids from before.
    let script = "const lines = localStorage.getItem('wimpex.devices').split('\\n');
        const old = lines.map((line) => line.split('\\t'));
        old.forEach((fields) => { if (fields.length > 1) fields[1] = 'from-before'; });
        const text = old.map((fields) => fields.join('\\t')).join('\\n');
        localStorage.setItem('wimpex.devices', text);
        return text.includes('from-before')";
    assert!(alice.page.evaluate::<bool>(script).await);
    alice.page.reload().await;
    alice.at_home().await;
    connect(&alice, &bob, CallKind::Video).await;
    sends(&alice, "audio", |label| label == chosen).await;
    bob.hears().await;
    hang_up(&alice, &bob).await;
}

/// No browser for Linux has a camera that blurs or a microphone that isolates voices: what is handed to
/// the browser is looked at, and the browser made to say that it can.
const ABLE: &str = "
    const able = { audio: 'voiceIsolation', video: 'backgroundBlur' };
    const capabilities = MediaStreamTrack.prototype.getCapabilities;
    MediaStreamTrack.prototype.getCapabilities = function () {
        return { ...capabilities.call(this), [able[this.kind]]: [false, true] };
    };
    const asked = [];
    let refuses = false;
    const apply = MediaStreamTrack.prototype.applyConstraints;
    MediaStreamTrack.prototype.applyConstraints = async function (constraints) {
        asked.push(JSON.parse(JSON.stringify(constraints)));
        if (refuses) throw new DOMException('no', 'OverconstrainedError');
        const { backgroundBlur, voiceIsolation, ...known } = constraints;
        return apply.call(this, known);
    };
    window.__able = { asked: () => asked, refuse: () => { refuses = true; return true; } };";

const BLUR: &str = "Blur my background";
const NOISE: &str = "Filter out background noise";

async fn what_the_system_can_do_is_asked_of_it_alone(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_has_a_choice_and(scenario, ABLE).await;
    alice.page.click(Role::Button, "Devices").await;
    let asked = async || {
        let script = "return window.__able.asked()";
        let asked: Vec<serde_json::Value> = alice.page.evaluate(script).await;
        asked
    };
    let before = (asked().await.len(), descriptions(&alice).await);
    for (name, constraint) in [(BLUR, "backgroundBlur"), (NOISE, "voiceIsolation")] {
        for wanted in [true, false, true] {
            alice.page.click(Role::Checkbox, name).await;
            let last = wait_until(constraint, async || {
                let asked = asked().await;
                let last = asked.last().filter(|it| it[constraint]["exact"] == wanted);
                last.cloned().ok_or_else(|| format!("{asked:?}"))
            })
            .await;
            // What it was captured with is asked for still: what is left out ends.
            let kept = ["frameRate", "echoCancellation"];
            assert!(kept.iter().any(|it| !last[it].is_null()), "{last}");
        }
    }
    let after = (asked().await.len(), descriptions(&alice).await);
    assert_eq!(
        after,
        (before.0 + 6, before.1),
        "each once, and nothing negotiated"
    );
    // The next camera is blurred before anybody asks for it again.
    let first = sent_label(&alice, "video").await;
    choose(&alice, "Camera", 2).await;
    sends(&alice, "video", |label| label != "none" && label != first).await;
    wait_until("the blur of the other camera", async || {
        let asked = asked().await;
        let is_on = asked.len() == after.0 + 1 && asked[after.0]["backgroundBlur"]["exact"] == true;
        is_on.then_some(()).ok_or_else(|| format!("{asked:?}"))
    })
    .await;
    // What the system refuses is said, and shown as it is.
    assert!(
        alice
            .page
            .evaluate::<bool>("return window.__able.refuse()")
            .await
    );
    for (name, said) in [
        (BLUR, "The blur couldn’t be changed"),
        (NOISE, "The noise filter couldn’t be changed"),
    ] {
        alice.page.click(Role::Checkbox, name).await;
        alice.page.wait_for_text(&[said]).await;
        wait_until(&format!("{name} as it is"), async || {
            is_checked(&alice, name)
                .await
                .then_some(())
                .ok_or_else(|| "it is off".to_owned())
        })
        .await;
    }
    tokio::join!(bob.sees(), bob.hears());
    hang_up(&alice, &bob).await;
}

async fn is_checked(peer: &Peer, name: &str) -> bool {
    let script = format!(
        "return [...document.querySelectorAll('input[type=checkbox]')]
             .find((it) => it.labels[0].innerText.trim() === {name:?}).checked"
    );
    peer.page.evaluate(&script).await
}

async fn a_change_that_fails_is_taken_back(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_has_a_choice(scenario).await;
    let before = sent_label(&alice, "audio").await;
    let script = "return (await navigator.mediaDevices.enumerateDevices())
        .filter((it) => it.kind === 'audioinput' && it.deviceId !== 'default')[1].label";
    let wanted: String = alice.page.evaluate(script).await;
    let _: bool = devices(&alice, &format!("occupy({wanted:?})")).await;
    alice.page.click(Role::Button, "Devices").await;
    choose(&alice, "Microphone", 2).await;
    let said = format!("Couldn’t switch to {wanted}");
    alice.page.wait_for_text(&[&said]).await;
    sends(&alice, "audio", |label| label == before).await;
    bob.hears().await;
    let chosen = "const select = [...document.querySelectorAll('select')]
        .find((it) => it.labels[0].innerText.trim().startsWith('Microphone'));
        return select.selectedIndex";
    wait_until("the choice from before", async || {
        let at: i64 = alice.page.evaluate(chosen).await;
        (at == 0).then_some(()).ok_or_else(|| at.to_string())
    })
    .await;
    alice.page.click(Role::Button, "Dismiss").await;
    no_longer_says(&alice, &said).await;
    hang_up(&alice, &bob).await;
}

/// Whoever is called looks at their hair first.
async fn devices_are_looked_at_from_the_prompt(scenario: &Scenario<'_>) {
    let (alice, bob) = alice_and_bob(scenario).await;
    alice.call(&bob.link().await, CallKind::Video).await;
    bob.is_called().await;
    assert_eq!(bob.page.snapshot().await.captures, 0);
    bob.page
        .click(Role::Button, "Check camera and microphone")
        .await;
    bob.page.find(Role::Region, "Devices").await;
    bob.page.find(Role::Video, "Preview of your camera").await;
    bob.page.click(Role::Button, "Close").await;
    bob.page.wait_until_gone(Role::Region, "Devices").await;
    wait_until("all to be off", async || {
        let live = bob.page.snapshot().await.live_tracks;
        (live == 0).then_some(()).ok_or(live.to_string())
    })
    .await;
    // It rings all the same, and nobody has heard of it.
    bob.is_called().await;
    let sent = bob.page.snapshot().await;
    assert_eq!(
        (
            sent.sent_count("call-answer"),
            sent.sent_count("ice-candidate")
        ),
        (0, 0)
    );
    bob.decline().await;
    alice.call_is_over(&["declined"]).await;
    tokio::join!(alice.left_nothing(), bob.left_nothing());
}

async fn devices_are_looked_at_before_a_call(scenario: &Scenario<'_>) {
    let alice = scenario.peer("Alice").await;
    let quiet = alice.page.snapshot().await;
    assert_eq!(
        quiet.live_tracks, 0,
        "nothing is captured until it is opened"
    );
    alice
        .page
        .click(Role::Button, "Check camera and microphone")
        .await;
    alice.page.find(Role::Region, "Devices").await;
    alice.page.find(Role::Video, "Preview of your camera").await;
    // Firefox's `AudioContext` stands still on a machine without a sound device.
    if alice.page.kind() == BrowserKind::Chromium {
        wait_until("a level of the microphone", async || {
            let script = "return Number(document.querySelector('[role=meter]').ariaValueNow)";
            let level: f64 = alice.page.evaluate(script).await;
            (level > 0.0).then_some(()).ok_or_else(|| level.to_string())
        })
        .await;
    }
    alice.page.click(Role::Button, "Close").await;
    alice.page.wait_until_gone(Role::Region, "Devices").await;
    alice.left_nothing().await;
}
