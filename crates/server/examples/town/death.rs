//! One of three nodes is killed: how long its people cannot be reached, and what is lost meanwhile.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use crate::failure::Failure;
use crate::person::{PATIENCE, Page, Person, ringing};
use crate::processes::Process;

/// Who has lost the socket comes back within it, as pages do.
const SPREAD_MILLIS: u64 = 1_000;
/// Pairs whose nodes live, and who talk all the time.
const TALKING: usize = 50;
/// Between two messages of one pair.
const PAUSE: Duration = Duration::from_millis(50);
/// Between two attempts to reach somebody.
const AGAIN: Duration = Duration::from_millis(200);

pub(crate) struct Death {
    people: usize,
    /// Seconds until each of them could be reached again.
    reached: Vec<f64>,
    said: usize,
    lost: usize,
}

impl Death {
    pub(crate) fn tell(&self) {
        let at = |part: f64| {
            let place = (self.reached.len().saturating_sub(1)) as f64 * part;
            self.reached
                .get(place as usize)
                .copied()
                .unwrap_or_default()
        };
        println!(
            "a node of three dies with {} people: reached again after {:.1} s (p50), {:.1} s (all); \
             of {} messages between others {} were lost, repeated or out of order",
            self.people,
            at(0.5),
            at(1.0),
            self.said,
            self.lost,
        );
    }

    /// All within five seconds, and nothing lost.
    pub(crate) fn is_as_aimed(&self) -> bool {
        self.lost == 0 && self.reached.iter().all(|seconds| *seconds < 5.0)
    }
}

pub(crate) async fn death(people: usize) -> Result<Death, Failure> {
    let folder = tempfile::tempdir()?;
    let secret = folder.path().join("secret");
    let nats = Process::nats()?;
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Process::node(Some(&nats), &secret)?);
    }
    sleep(Duration::from_secs(4)).await;
    let living: Vec<SocketAddr> = nodes.iter().take(2).map(|node| node.address).collect();
    let over = Arc::new(AtomicBool::new(false));
    let mut talking = Vec::new();
    for nth in 0..TALKING as u64 {
        let from = Person::new(1_000_000 + nth).come(living[0]).await?;
        let to = Person::new(2_000_000 + nth).come(living[1]).await?;
        talking.push(tokio::spawn(talk(from, to, Arc::clone(&over))));
    }
    let count = people / 3;
    let mut pages = Vec::new();
    for seed in 0..count as u64 {
        let person = Person::new(3_000_000 + seed);
        let page = person.come(nodes[2].address).await?;
        pages.push((person, page));
    }
    sleep(Duration::from_secs(2)).await;
    nodes[2].kill();
    let killed = Instant::now();
    let mut returning = Vec::new();
    for (nth, (person, mut page)) in pages.into_iter().enumerate() {
        let living = living.clone();
        returning.push(tokio::spawn(async move {
            while page.next().await.is_ok() {}
            let spread = (nth as u64).wrapping_mul(7_919) % SPREAD_MILLIS;
            sleep(Duration::from_millis(spread)).await;
            let mut page = person.come(living[nth % 2]).await?;
            let probe = Person::new(4_000_000 + nth as u64);
            let probe = probe.come(living[(nth + 1) % 2]).await?;
            reached(&mut page, probe, killed).await
        }));
    }
    let mut all = Vec::new();
    for returning in returning {
        all.push(returning.await??);
    }
    all.sort_by(f64::total_cmp);
    over.store(true, Ordering::Relaxed);
    let (mut said, mut lost) = (0, 0);
    for talking in talking {
        let (of, not) = talking.await??;
        (said, lost) = (said + of, lost + not);
    }
    Ok(Death {
        people: count,
        reached: all,
        said,
        lost,
    })
}

/// Somebody at another node tries until it arrives; how many seconds after that moment it did.
async fn reached(page: &mut Page, mut probe: Page, since: Instant) -> Result<f64, Failure> {
    let id = page.id.clone();
    let trying = async {
        for nth in 0_u32.. {
            probe.send(&ringing(&id, &format!("probe-{nth}"))).await?;
            let _ = timeout(AGAIN, probe.next()).await;
        }
        Ok::<(), Failure>(())
    };
    let arrives = page.next_of("call-ringing");
    tokio::select! {
        arrived = arrives => arrived.map(|_| since.elapsed().as_secs_f64()),
        failed = trying => Err(failed.err().unwrap_or_else(|| "it gave up".into())),
    }
}

/// Says one after the other until it is over; how many were said, and how many did not come once and in
/// their order.
async fn talk(
    mut from: Page,
    mut to: Page,
    over: Arc<AtomicBool>,
) -> Result<(usize, usize), Failure> {
    let receiver = to.id.clone();
    let saying = tokio::spawn(async move {
        let mut said = 0_usize;
        while !over.load(Ordering::Relaxed) {
            from.send(&ringing(&receiver, &said.to_string())).await?;
            said += 1;
            sleep(PAUSE).await;
        }
        from.send(&ringing(&receiver, "over")).await?;
        // Until the other has it.
        sleep(Duration::from_secs(2)).await;
        Ok::<_, Failure>(said)
    });
    let (mut come, mut wrong) = (HashSet::new(), 0);
    let mut next = 0;
    let listening = async {
        loop {
            let message = to.next_of("call-ringing").await?;
            let call = message["callId"].as_str().unwrap_or_default().to_owned();
            if call == "over" {
                return Ok::<_, Failure>(());
            }
            let number: usize = call.parse()?;
            wrong += usize::from(number != next || !come.insert(number));
            next = number + 1;
        }
    };
    timeout(2 * PATIENCE, listening).await??;
    let said = saying.await??;
    Ok((said, wrong.max(said - come.len())))
}
