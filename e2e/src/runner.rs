//! Runs scenarios with the usual options of a test binary.
//!
//! `WIMPEX_E2E_BROWSER` chooses the browsers of the two people: `chromium` (the
//! default), `firefox`, or `pairs` for all four combinations. `WIMPEX_SOAK=1` plays
//! the scenes that repeat something at length (see [`times`]).

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::env;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use libtest_mimic::{Arguments, Failed, Trial};

use crate::browser::BrowserKind::{self, Chromium, Firefox};
use crate::net_lab::Lab;
use crate::scenario::{Stage, World};

/// How the names of scenes in networks of our own begin.
const NATLAB: &str = "natlab::";
/// No scenario may take longer, whatever hangs.
const SCENARIO: Duration = Duration::from_secs(180);
/// The same for those that are played at length.
const SOAK: Duration = Duration::from_secs(2 * 3600);

/// How often a scene does something: `short`, or `long` where `WIMPEX_SOAK` is set.
/// `WIMPEX_SOAK_KILLS=7` says it of `kills` alone.
pub fn times(what: &str, short: u32, long: u32) -> u32 {
    let variable = format!("WIMPEX_SOAK_{}", what.to_uppercase());
    match env::var(&variable) {
        Ok(count) => count
            .parse()
            .unwrap_or_else(|_| panic!("{variable} is no number")),
        Err(_) if env::var_os("WIMPEX_SOAK").is_some() => long,
        Err(_) => short,
    }
}

/// Whether something is played at length, and then alone.
pub fn soaks() -> bool {
    env::vars_os().any(|(name, _)| name.to_string_lossy().starts_with("WIMPEX_SOAK"))
}

/// A scene's future: it stays on the thread that plays it.
pub type Scene<'s> = Pin<Box<dyn Future<Output = ()> + 's>>;

/// Which browsers a scenario can be played in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Any pair.
    AnyBrowsers,
    /// Any pair, while nothing else is played: it looks at a call that nothing disturbs.
    Alone,
    /// Only Chromium: it needs a flag that others lack.
    Chromium,
    /// Networks of our own ([`Lab`]), and any pair. Left out where there can be none.
    Networks,
    /// Those, and only Chromium.
    ChromiumInNetworks,
}

impl Needs {
    fn only_chromium(self) -> bool {
        matches!(self, Self::Chromium | Self::ChromiumInNetworks)
    }

    fn networks(self) -> bool {
        matches!(self, Self::Networks | Self::ChromiumInNetworks)
    }
}

/// One scenario: a name, what it needs, and what happens.
pub struct Scenario {
    /// Its name for filters.
    pub name: &'static str,
    /// Which browsers it can be played in.
    pub needs: Needs,
    /// What happens. It panics when something is not as it should be.
    pub scene: for<'s> fn(&'s Stage<'_>) -> Scene<'s>,
}

/// Plays the scenarios that the command line asks for.
pub fn main(scenarios: Vec<Scenario>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    if arguments.test_threads.is_none() {
        // Every scenario keeps two browsers busy with video.
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        arguments.test_threads = Some(cores.clamp(1, 4));
    }
    note_where_scenes_panic();
    if let Some(missing) = Lab::missing() {
        eprintln!("scenes in networks of our own are left out: {missing}");
    }
    let world = Arc::new(World::new());
    let trials = scenarios
        .into_iter()
        .flat_map(|scenario| trials(&world, &scenario))
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    // The last owner: this closes the idle browsers, which exiting would not.
    drop(world);
    conclusion.exit_code()
}

fn trials(world: &Arc<World>, scenario: &Scenario) -> Vec<Trial> {
    let pairs = pairs();
    let several = pairs.len() > 1;
    pairs
        .into_iter()
        .filter(|pair| !scenario.needs.only_chromium() || *pair == [Chromium; 2])
        .map(|pair| {
            let networks = scenario.needs.networks();
            let mut name = if networks { NATLAB } else { "" }.to_owned() + scenario.name;
            if several {
                name += &format!(" [{}, {}]", pair[0].name(), pair[1].name());
            }
            let (world, scene, title) = (Arc::clone(world), scenario.scene, name.clone());
            let alone = scenario.needs == Needs::Alone;
            Trial::test(name, move || {
                let machine = &world.machine;
                let held = world.runtime.block_on(async {
                    if alone {
                        (None, Some(machine.write().await))
                    } else {
                        (Some(machine.read().await), None)
                    }
                });
                let lab = networks.then(Lab::new);
                let played = play(&world, pair, &title, lab, scene);
                drop(held);
                played
            })
            .with_ignored_flag(networks && Lab::missing().is_some())
        })
        .collect()
}

fn pairs() -> Vec<[BrowserKind; 2]> {
    match env::var("WIMPEX_E2E_BROWSER").as_deref() {
        Ok("firefox") => vec![[Firefox, Firefox]],
        Ok("pairs") => vec![
            [Chromium, Chromium],
            [Chromium, Firefox],
            [Firefox, Chromium],
            [Firefox, Firefox],
        ],
        _ => vec![[Chromium, Chromium]],
    }
}

fn play(
    world: &World,
    pair: [BrowserKind; 2],
    title: &str,
    lab: Option<Lab>,
    scene: for<'s> fn(&'s Stage<'_>) -> Scene<'s>,
) -> Result<(), Failed> {
    world.runtime.block_on(async {
        let stage = Stage::new(world, pair, title, lab);
        let limit = if soaks() { SOAK } else { SCENARIO };
        let played = tokio::time::timeout(limit, scene(&stage));
        let trouble = match AssertUnwindSafe(played).catch_unwind().await {
            Ok(Ok(())) => None,
            Ok(Err(_)) => Some(format!("not done after {limit:?}")),
            Err(panic) => Some(format!("{}{}", words(panic.as_ref()), PLACE.take())),
        };
        match trouble {
            None => {
                stage.clear().await;
                Ok(())
            }
            Some(trouble) => Err(format!("{trouble}\n{}", stage.report().await).into()),
        }
    })
}

thread_local! {
    /// Where the last panic of this thread came from.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A panic comes out of a helper that waited in vain; of interest are the lines
/// of the scene that led there.
fn note_where_scenes_panic() {
    panic::set_hook(Box::new(|info| {
        let trace = Backtrace::force_capture().to_string();
        let mut lines: Vec<&str> = trace
            .lines()
            .map(str::trim)
            .filter(|line| line.contains("tests/calls/") && !line.contains("main.rs"))
            .collect();
        lines.dedup();
        let scene = lines.join("\n  ");
        let at = info.location().map(ToString::to_string).unwrap_or_default();
        PLACE.set(format!("\n  at {at}\n  {scene}"));
    }));
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
        .unwrap_or_else(|| "a panic without words".to_owned())
}
