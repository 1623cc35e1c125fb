//! Runs test cases with the usual options of a test binary.
//!
//! `WIMPEX_E2E_BROWSER` chooses the browsers of the two peers: `chromium`, `firefox`, `pairs` for
//! all four combinations of them, or `webkit` for the few scenarios that need no WebRTC. Unset, every
//! scenario is played in Chromium, those that are marked for it in Firefox too, where the driver says that
//! there is one (`WIMPEX_FIREFOX`), and those of WebKit where it is there. `WIMPEX_SOAK=1` plays
//! the scenarios that repeat something at length (see [`times`]).

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::env;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use libtest_mimic::{Arguments, Failed, Trial};

use crate::browser_options::BrowserKind::{self, Chromium, Firefox, WebKit};
use crate::net_lab::NetLab;
use crate::scenario::{Harness, Scenario};
use crate::sound_server::SoundServer;

/// How the names of scenarios in the network laboratory begin.
const NATLAB: &str = "natlab::";
/// No scenario may take longer, whatever hangs.
const SCENARIO: Duration = Duration::from_secs(180);
/// The same for those that run at length.
const SOAK: Duration = Duration::from_secs(2 * 3600);

/// What WebDriver says of a renderer that is gone. No page may be able to do that, so it is the
/// browser's fault: seen three times with Chromium, always when a call's network changed. Such a
/// scenario is played once more, and what the browser said is shown; a page that crashes it
/// each time fails all the same.
const TAB_CRASHED: &str = "tab crashed";

/// How often a scenario does something: `short`, or `long` where `WIMPEX_SOAK` is set.
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

/// Whether something runs at length, and then alone.
pub fn soaks() -> bool {
    env::vars_os().any(|(name, _)| name.to_string_lossy().starts_with("WIMPEX_SOAK"))
}

/// A scenario's future: it stays on the thread that runs it.
pub type ScenarioFuture<'s> = Pin<Box<dyn Future<Output = ()> + 's>>;

/// Which browsers a scenario can run in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Any pair.
    AnyBrowsers,
    /// Any pair; every run plays it in Firefox too.
    FirefoxToo,
    /// Any pair, while nothing else runs: it looks at a call that nothing disturbs.
    Alone,
    /// A sound server of its own ([`SoundServer`]), and any pair; every run plays it in Firefox too.
    /// Skipped where there can be none.
    RealDevices,
    /// Only WebKit: it needs no WebRTC. Skipped where its driver or a screen is missing.
    WebKit,
    /// The network laboratory and only Firefox. Skipped where there is none of them.
    FirefoxInNetworks,
    /// Only Firefox: it needs a preference that others lack. Left out where there is none.
    Firefox,
    /// Only Chromium: it needs a flag that others lack.
    Chromium,
    /// The network laboratory ([`NetLab`]), and any pair. Skipped where there can be none.
    Networks,
    /// Those, and only Chromium.
    ChromiumInNetworks,
}

impl Needs {
    fn only_chromium(self) -> bool {
        matches!(self, Self::Chromium | Self::ChromiumInNetworks)
    }

    fn networks(self) -> bool {
        matches!(
            self,
            Self::Networks | Self::ChromiumInNetworks | Self::FirefoxInNetworks
        )
    }
}

/// A registered test: its name, what it needs, and the scenario that it runs.
pub struct TestCase {
    /// Its name for filters.
    pub name: &'static str,
    /// Which browsers it can run in.
    pub needs: Needs,
    /// The scenario. It panics when something is not as it should be.
    pub run: for<'s> fn(&'s Scenario<'_>) -> ScenarioFuture<'s>,
}

/// Runs the test cases that the command line asks for.
pub fn main(cases: Vec<TestCase>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    if arguments.test_threads.is_none() {
        // Every scenario keeps two browsers busy with video.
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        arguments.test_threads = Some(cores.clamp(1, 4));
    }
    remember_panic_site();
    if let Some(missing) = NetLab::missing() {
        eprintln!("scenarios in networks of our own are left out: {missing}");
    }
    if let Some(missing) = SoundServer::missing() {
        eprintln!("scenarios with real sound devices are left out: {missing}");
    }
    let harness = Arc::new(Harness::new());
    let trials = cases
        .into_iter()
        .flat_map(|case| trials(&harness, &case))
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    // The reports above are long, and whoever reads the end of a log has only the last of them.
    for trouble in harness
        .troubles
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .iter()
    {
        eprintln!("FAILED {trouble}");
    }
    // The last owner: this closes the idle browsers, which exiting would not.
    drop(harness);
    conclusion.exit_code()
}

fn trials(harness: &Arc<Harness>, case: &TestCase) -> Vec<Trial> {
    let only_firefox = matches!(case.needs, Needs::FirefoxInNetworks | Needs::Firefox);
    let firefox_too = matches!(case.needs, Needs::FirefoxToo | Needs::RealDevices);
    let mut pairs = pairs(only_firefox || firefox_too);
    if case.needs == Needs::WebKit && env::var_os("WIMPEX_E2E_BROWSER").is_none() {
        pairs = vec![[WebKit; 2]];
    }
    let several = pairs.len() > 1;
    pairs
        .into_iter()
        .filter(|pair| !case.needs.only_chromium() || *pair == [Chromium; 2])
        .filter(|pair| !only_firefox || *pair == [Firefox; 2])
        .filter(|pair| (case.needs == Needs::WebKit) == (*pair == [WebKit; 2]))
        .map(|pair| {
            let networks = case.needs.networks();
            let mut name = if networks { NATLAB } else { "" }.to_owned() + case.name;
            if several {
                name += &format!(" [{}, {}]", pair[0].name(), pair[1].name());
            }
            let (harness, run, title) = (Arc::clone(harness), case.run, name.clone());
            let alone = case.needs == Needs::Alone;
            Trial::test(name, move || {
                let machine = &harness.machine;
                let held = harness.runtime.block_on(async {
                    if alone {
                        (None, Some(machine.write().await))
                    } else {
                        (Some(machine.read().await), None)
                    }
                });
                let play = || {
                    let net_lab = networks.then(NetLab::new);
                    run_case(&harness, pair, &title, net_lab, run)
                };
                let mut outcome = play();
                if let Err(report) = &outcome
                    && report.contains(TAB_CRASHED)
                {
                    eprintln!("{title}: the browser’s tab crashed; once more\n{report}");
                    outcome = play();
                }
                drop(held);
                outcome.map_err(Failed::from)
            })
            .with_ignored_flag(lacks(case.needs))
        })
        .collect()
}

/// Whether this machine has not what it needs.
fn lacks(needs: Needs) -> bool {
    needs.networks() && NetLab::missing().is_some()
        || needs == Needs::RealDevices && SoundServer::missing().is_some()
        || needs == Needs::WebKit && !is_webkit_here()
}

/// Debian's packages webkit2gtk-driver and xvfb.
fn is_webkit_here() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    ["WebKitWebDriver", "xvfb-run"]
        .iter()
        .all(|program| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

fn pairs(firefox_too: bool) -> Vec<[BrowserKind; 2]> {
    match env::var("WIMPEX_E2E_BROWSER").as_deref() {
        Ok("firefox") => vec![[Firefox, Firefox]],
        Ok("webkit") => vec![[WebKit, WebKit]],
        Ok("pairs") => vec![
            [Chromium, Chromium],
            [Chromium, Firefox],
            [Firefox, Chromium],
            [Firefox, Firefox],
        ],
        Err(_) if firefox_too && env::var_os("WIMPEX_FIREFOX").is_some() => {
            vec![[Chromium, Chromium], [Firefox, Firefox]]
        }
        _ => vec![[Chromium, Chromium]],
    }
}

fn run_case(
    harness: &Harness,
    pair: [BrowserKind; 2],
    title: &str,
    net_lab: Option<NetLab>,
    run: for<'s> fn(&'s Scenario<'_>) -> ScenarioFuture<'s>,
) -> Result<(), String> {
    harness.runtime.block_on(async {
        let scenario = Scenario::new(harness, pair, title, net_lab);
        let limit = if soaks() { SOAK } else { SCENARIO };
        let played = tokio::time::timeout(limit, run(&scenario));
        let trouble = match AssertUnwindSafe(played).catch_unwind().await {
            Ok(Ok(())) => None,
            Ok(Err(_)) => Some(format!("not done after {limit:?}")),
            Err(panic) => Some(format!(
                "{}{}",
                panic_message(panic.as_ref()),
                PANIC_SITE.take()
            )),
        };
        match trouble {
            None => {
                scenario.finish().await;
                Ok(())
            }
            Some(trouble) => {
                let short: String = trouble.chars().take(1000).collect();
                let troubles = harness.troubles.lock();
                troubles
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(format!("{title}: {short}"));
                Err(format!("{trouble}\n{}", scenario.report().await))
            }
        }
    })
}

thread_local! {
    /// Where the last panic of this thread came from.
    static PANIC_SITE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A panic comes out of whatever waited in vain; of interest are the lines
/// of the scenario that led there.
fn remember_panic_site() {
    panic::set_hook(Box::new(|info| {
        let trace = Backtrace::force_capture().to_string();
        let mut lines: Vec<&str> = trace
            .lines()
            .map(str::trim)
            .filter(|line| line.contains("tests/calls/") && !line.contains("main.rs"))
            .collect();
        lines.dedup();
        let scenario = lines.join("\n  ");
        let at = info.location().map(ToString::to_string).unwrap_or_default();
        PANIC_SITE.set(format!("\n  at {at}\n  {scenario}"));
    }));
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
        .unwrap_or_else(|| "a panic without a message".to_owned())
}
