//! How long it takes from the click on Accept to the first picture of the caller:
//! our page and the bare page, in turn, in the same two browsers, on the same server.

use std::process::ExitCode;
use std::time::Duration;

use tokio::time::sleep;
use wimpex_e2e::{BrowserKind, CallKind, Harness, Page, Peer, Role, Scenario, wait_until};

/// Calls of each kind, unless `WIMPEX_BENCH_ROUNDS` says otherwise.
const ROUNDS: usize = 20;

fn rounds() -> usize {
    let told = std::env::var("WIMPEX_BENCH_ROUNDS").ok();
    told.and_then(|told| told.parse().ok()).unwrap_or(ROUNDS)
}

fn main() -> ExitCode {
    let harness = Harness::new();
    let (wimpex, bare) = harness.run([BrowserKind::Chromium; 2], measure);
    let work = harness.run([BrowserKind::Chromium; 2], work);
    drop(harness);
    let (w, b) = (Spread::of(wimpex), Spread::of(bare));
    println!(
        "Accept → first remote frame at the callee, {} calls each, in turn, milliseconds",
        rounds()
    );
    println!(
        "{:<8} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "page", "min", "25 %", "median", "75 %", "max"
    );
    for (name, s) in [("wimpex", &w), ("bare", &b)] {
        println!(
            "{name:<8} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>8.1}",
            s.at(0.0),
            s.at(0.25),
            s.at(0.5),
            s.at(0.75),
            s.at(1.0)
        );
    }
    println!("main thread in a minute of a call, percent of a core (scripts alone)");
    for (page, share) in ["bare", "panel closed", "panel open"].iter().zip(&work) {
        let longest = match share.longest.as_millis() {
            0 => "no task over 50 ms".to_owned(),
            millis => format!("a task of {millis} ms"),
        };
        println!(
            "{page:<13} {:>5.2} ({:.2}), {longest}",
            share.tasks, share.scripts
        );
    }
    println!("accept_to_first_frame_wimpex_ms={:.1}", w.at(0.5));
    println!("accept_to_first_frame_bare_ms={:.1}", b.at(0.5));
    println!("accept_to_first_frame_ratio={:.3}", w.at(0.5) / b.at(0.5));
    let faults = too_much(&work);
    for fault in &faults {
        eprintln!("error: {fault}");
    }
    if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What a call may cost over a bare page's, in percent of a core: with the panel closed, and
/// with it open.
const MOST: [(&str, f64); 2] = [("closed", 0.3), ("open", 1.5)];

/// Where it costs more, in words.
fn too_much([bare, ours @ ..]: &[Share; 3]) -> Vec<String> {
    let mut faults = Vec::new();
    for ((panel, most), share) in MOST.iter().zip(ours) {
        let more = share.tasks - bare.tasks;
        println!("panel_{panel}_over_bare_percent={more:.2}");
        if more >= *most {
            faults.push(format!(
                "with the panel {panel}, a call takes {more:.2} % of a core more than a bare \
                 page's; {most} % is the most"
            ));
        }
        if !share.longest.is_zero() {
            let millis = share.longest.as_millis();
            faults.push(format!(
                "with the panel {panel}, a task took {millis} ms; 50 is the most"
            ));
        }
    }
    faults
}

async fn measure(scenario: &Scenario<'_>) -> (Vec<f64>, Vec<f64>) {
    let (caller, callee) = (
        scenario.unopened_peer("Caller").await,
        scenario.unopened_peer("Callee").await,
    );
    let (mut wimpex, mut bare) = (Vec::new(), Vec::new());
    // The first round of each warms both up and does not count.
    for round in 0..=rounds() {
        // Each goes first in every other round, so that neither profits from the order.
        let times = if round % 2 == 0 {
            let w = wimpex_call(round == 0, &caller, &callee).await;
            [w, bare_call(scenario, &caller, &callee).await]
        } else {
            let b = bare_call(scenario, &caller, &callee).await;
            [wimpex_call(false, &caller, &callee).await, b]
        };
        eprintln!(
            "round {round}: wimpex {:.0} ms, bare {:.0} ms",
            times[0], times[1]
        );
        if round > 0 {
            wimpex.push(times[0]);
            bare.push(times[1]);
        }
    }
    (wimpex, bare)
}

async fn wimpex_call(first: bool, caller: &Peer, callee: &Peer) -> f64 {
    for peer in [caller, callee] {
        peer.visit("/").await;
        if first {
            peer.enter_name().await;
        }
        peer.at_home().await;
    }
    caller.call(&callee.link().await, CallKind::Video).await;
    callee.is_called().await;
    camera_is_on(&caller.page).await;
    callee.accept().await;
    let time = accept_to_first_frame(&callee.page).await;
    callee.end().await;
    time
}

async fn bare_call(scenario: &Scenario<'_>, caller: &Peer, callee: &Peer) -> f64 {
    let caller = scenario.at_bare_page(&caller.page, "Caller").await;
    let callee = scenario.at_bare_page(&callee.page, "Callee").await;
    caller.call(&callee.id().await, CallKind::Video).await;
    camera_is_on(caller.page()).await;
    callee.accept().await;
    let time = accept_to_first_frame(callee.page()).await;
    callee.end().await;
    caller.state_is("ended").await;
    time
}

/// What the callee's main thread takes in a call: the bare page's, and ours with the
/// quality panel closed, and with it open.
async fn work(scenario: &Scenario<'_>) -> [Share; 3] {
    let (caller, callee) = (
        scenario.unopened_peer("Caller").await,
        scenario.unopened_peer("Callee").await,
    );
    let bare = {
        let caller = scenario.at_bare_page(&caller.page, "Caller").await;
        let callee = scenario.at_bare_page(&callee.page, "Callee").await;
        caller.call(&callee.id().await, CallKind::Video).await;
        callee.accept().await;
        let share = share(callee.page()).await;
        callee.end().await;
        share
    };
    for peer in [&caller, &callee] {
        peer.visit("/").await;
        peer.enter_name().await;
        peer.at_home().await;
    }
    caller.call(&callee.link().await, CallKind::Video).await;
    callee.accept().await;
    let closed = share(&callee.page).await;
    callee.page.click(Role::Button, "Quality").await;
    let open = share(&callee.page).await;
    callee.end().await;
    [bare, closed, open]
}

async fn share(page: &Page) -> Share {
    const TIME: Duration = Duration::from_secs(60);
    // What a call begins with is not what it costs.
    sleep(Duration::from_secs(5)).await;
    let before = page.main_thread_time().await;
    let longest = page.longest_task(TIME).await;
    let after = page.main_thread_time().await;
    let percent = |before: Duration, after: Duration| {
        (after - before).as_secs_f64() / TIME.as_secs_f64() * 100.0
    };
    Share {
        tasks: percent(before.tasks, after.tasks),
        scripts: percent(before.scripts, after.scripts),
        longest,
    }
}

/// What a minute of a call takes of a core, in percent, and its longest task.
struct Share {
    tasks: f64,
    scripts: f64,
    longest: Duration,
}

/// People take longer to accept than a camera takes to open. The bare page rings
/// only once it has opened; ours rings at once.
async fn camera_is_on(caller: &Page) {
    wait_until("the caller's camera", async || {
        match caller.snapshot().await.live_cameras {
            0 => Err("off".to_owned()),
            _ => Ok(()),
        }
    })
    .await;
}

async fn accept_to_first_frame(page: &Page) -> f64 {
    wait_until("the first remote frame", async || {
        let milestones = page.milestones().await;
        let click = milestones
            .clicks
            .iter()
            .rfind(|click| click.label == "Accept");
        match (click, milestones.first_frame) {
            (Some(click), Some(frame)) => Ok(frame - click.at),
            other => Err(format!("{other:?}")),
        }
    })
    .await
}

struct Spread(Vec<f64>);

impl Spread {
    fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        Self(times)
    }

    /// The quantile, interpolated between its two neighbours.
    fn at(&self, quantile: f64) -> f64 {
        let place = quantile * (self.0.len() - 1) as f64;
        let (low, high) = (place.floor() as usize, place.ceil() as usize);
        self.0[low] + (self.0[high] - self.0[low]) * place.fract()
    }
}
