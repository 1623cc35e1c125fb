//! What idle people, logins and calls cost, and how long it takes until it rings.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::Mutex;
use tokio::time::{sleep, sleep_until};

use crate::failure::Failure;
use crate::person::{Page, Person, answer, end, offer};
use crate::processes::Process;

/// So many log in at the same time.
const AT_ONCE: usize = 16;
/// What nodes say to each other about who has come is over.
const SETTLE: Duration = Duration::from_secs(4);

/// Of all nodes together, in bytes and milliseconds of one core.
pub(crate) struct Measured {
    nodes: usize,
    has_nats: bool,
    pub(crate) bytes_per_person: f64,
    pub(crate) nats_bytes_per_person: f64,
    pub(crate) login: f64,
    pub(crate) call: f64,
    pub(crate) nats_call: f64,
    ring_half: f64,
    ring_most: f64,
}

impl Measured {
    pub(crate) fn tell(&self) {
        let name = match (self.nodes, self.has_nats) {
            (_, false) => "one, no NATS".to_owned(),
            (1, true) => "1 node".to_owned(),
            (nodes, true) => format!("{nodes} nodes"),
        };
        println!(
            "{name:<18} {:>11.2} {:>11.0} {:>10.3} {:>10.3} {:>9.3} {:>6.1} ms {:>6.1} ms",
            self.bytes_per_person / 1024.0,
            self.nats_bytes_per_person,
            self.login,
            self.call,
            self.nats_call,
            self.ring_half,
            self.ring_most,
        );
    }
}

pub(crate) async fn measure(
    nodes: usize,
    has_nats: bool,
    people: usize,
    calls: usize,
    rate: u64,
) -> Result<Measured, Failure> {
    let folder = tempfile::tempdir()?;
    let nats = has_nats.then(Process::nats).transpose()?;
    let secret = folder.path().join("secret");
    let all: Result<Vec<Process>, Failure> = (0..nodes)
        .map(|_| Process::node(nats.as_ref(), &secret))
        .collect();
    let all = all?;
    sleep(SETTLE).await;
    let persons: Arc<Vec<Person>> = Arc::new((0..people as u64).map(Person::new).collect());
    // Whatever is there once is no person's.
    let before = resident(&all)?;
    let nats_before = nats.as_ref().map_or(Ok(0.0), Process::resident)?;
    let spent = cpu(&all)?;
    let addresses: Vec<_> = all.iter().map(|node| node.address).collect();
    let mut coming = Vec::new();
    for first in 0..AT_ONCE {
        let (persons, addresses) = (Arc::clone(&persons), addresses.clone());
        coming.push(tokio::spawn(async move {
            let mut pages = Vec::new();
            for nth in (first..persons.len()).step_by(AT_ONCE) {
                let node = addresses[nth % addresses.len()];
                pages.push((nth, persons[nth].come(node).await?));
            }
            Ok::<_, Failure>(pages)
        }));
    }
    let mut pages: Vec<(usize, Page)> = Vec::new();
    for coming in coming {
        pages.extend(coming.await??);
    }
    pages.sort_by_key(|(nth, _)| *nth);
    sleep(SETTLE).await;
    let login = (cpu(&all)? - spent).as_secs_f64() * 1e3 / people as f64;
    let bytes_per_person = (resident(&all)? - before) / people as f64;
    // Who comes is watched, as contacts are: by one who is at another node.
    let ids: Vec<String> = pages.iter().map(|(_, page)| page.id.clone()).collect();
    for (nth, page) in &mut pages {
        let other = &ids[(*nth + 1) % ids.len()];
        page.send(&json!({"type": "presence-watch", "userIds": [other]}))
            .await?;
    }
    sleep(SETTLE).await;
    let watching = (resident(&all)? - before) / people as f64;
    let nats_now = nats.as_ref().map_or(Ok(0.0), Process::resident)?;
    let (spent, nats_spent) = (cpu(&all)?, nats_cpu(nats.as_ref())?);
    let pages: Vec<_> = pages
        .into_iter()
        .map(|(_, page)| Arc::new(Mutex::new(page)))
        .collect();
    let mut rings = call(&pages, calls, rate).await?;
    // What is said between the nodes without any call is a part of it.
    let per_call = |spent: Duration| spent.as_secs_f64() * 1e3 / calls as f64;
    let call = per_call(cpu(&all)? - spent);
    let nats_call = per_call(nats_cpu(nats.as_ref())? - nats_spent);
    rings.sort_by(f64::total_cmp);
    let at = |part: f64| rings[((rings.len() - 1) as f64 * part) as usize];
    Ok(Measured {
        nodes,
        has_nats,
        bytes_per_person: watching.max(bytes_per_person),
        nats_bytes_per_person: (nats_now - nats_before) / people as f64,
        login,
        call,
        nats_call,
        ring_half: at(0.5),
        ring_most: at(0.99),
    })
}

/// Each caller rings somebody, who answers, and hangs up. How many milliseconds it took to ring.
async fn call(pages: &[Arc<Mutex<Page>>], calls: usize, rate: u64) -> Result<Vec<f64>, Failure> {
    let begun = tokio::time::Instant::now();
    let mut running = Vec::new();
    for nth in 0..calls {
        // Nobody is in two at a time; neighbours are at different nodes.
        let pair = nth % (pages.len() / 2);
        let (from, to) = (
            Arc::clone(&pages[2 * pair]),
            Arc::clone(&pages[2 * pair + 1]),
        );
        let at = begun + Duration::from_millis(nth as u64 * 1_000 / rate);
        running.push(tokio::spawn(async move {
            sleep_until(at).await;
            let (mut from, mut to) = (from.lock().await, to.lock().await);
            let (caller, callee) = (from.id.clone(), to.id.clone());
            let id = format!("call-{nth}");
            let sent = Instant::now();
            from.send(&offer(&callee, &id)).await?;
            to.next_of("call-offer").await?;
            let rung = sent.elapsed().as_secs_f64() * 1e3;
            to.send(&answer(&caller, &id)).await?;
            from.next_of("call-answer").await?;
            from.send(&end(&callee, &id)).await?;
            to.next_of("call-end").await?;
            Ok::<_, Failure>(rung)
        }));
    }
    let mut rings = Vec::new();
    for running in running {
        rings.push(running.await??);
    }
    Ok(rings)
}

fn resident(all: &[Process]) -> Result<f64, Failure> {
    all.iter().map(Process::resident).sum()
}

fn cpu(all: &[Process]) -> Result<Duration, Failure> {
    all.iter().map(Process::cpu).sum()
}

fn nats_cpu(nats: Option<&Process>) -> Result<Duration, Failure> {
    nats.map_or(Ok(Duration::ZERO), Process::cpu)
}
