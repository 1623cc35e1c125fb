//! The server as a program: flags, logs, signals.

#[cfg(unix)]
mod successor;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use tracing::{debug, error, info, warn};
use tracing_subscriber::EnvFilter;
use wimpex_server::cli::{Action, Cli, Fault, ParseError};
use wimpex_server::config::LogFormat;
use wimpex_server::{Config, Listeners, RelayServer, Role, Server};
#[cfg(unix)]
use wimpex_server::{Inherited, Succession, systemd};

/// The static program's. musl's own has one lock for all threads, and a message may cost twice as
/// much with it (docs/performance.md).
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// As of clap, which ends the program itself where flags make no sense.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::parse_all(std::env::args_os()) {
        Ok(cli) => cli,
        Err(ParseError::Flags(error)) => error.exit(),
        Err(ParseError::Faults(faults)) => return tell_faults(&faults),
    };
    match cli.action {
        Some(Action::CheckConfig) => {
            println!("The configuration is fine.");
            ExitCode::SUCCESS
        }
        Some(Action::ExampleConfig) => print_all(wimpex_server::cli::example().as_bytes()),
        Some(Action::Completions { shell }) => print_all(&wimpex_server::cli::completions(shell)),
        Some(Action::Man) => print_all(&wimpex_server::cli::manual()),
        #[cfg(unix)]
        Some(Action::Admin(args)) => {
            let state_dir = cli.settings.operation.state_dir;
            match wimpex_server::admin::perform(&args, state_dir.as_deref()) {
                Ok(text) => print_all(text.as_bytes()),
                Err(why) => {
                    eprintln!("{why}");
                    ExitCode::FAILURE
                }
            }
        }
        #[cfg(unix)]
        Some(Action::Setup(args)) => wait_for(wimpex_server::setup::setup(&args)),
        #[cfg(unix)]
        Some(Action::Check) => wait_for(wimpex_server::setup::check(&cli.settings)),
        None => {
            #[cfg(unix)]
            if let Some(code) = successor::pass_on() {
                return code;
            }
            serve(cli.settings)
        }
    }
}

#[cfg(unix)]
#[tokio::main(flavor = "current_thread")]
async fn wait_for(done: impl Future<Output = ExitCode>) -> ExitCode {
    done.await
}

/// A reader who has seen enough is no error.
fn print_all(bytes: &[u8]) -> ExitCode {
    let mut stdout = std::io::stdout();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Ok(()) | Err(_) => ExitCode::SUCCESS,
    }
}

fn tell_faults(faults: &[Fault]) -> ExitCode {
    for fault in faults {
        eprintln!("{fault}");
    }
    match faults.len() {
        1 => eprintln!("1 fault in the configuration."),
        count => eprintln!("{count} faults in the configuration."),
    }
    ExitCode::from(USAGE)
}

#[tokio::main]
async fn serve(mut config: Config) -> ExitCode {
    start_log(config.operation.log_format);
    // Each connection is a file descriptor; the usual soft limit is for older programs.
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(allowed) => match wimpex_server::fit_limits(&mut config, allowed) {
            Ok(None) => debug!(allowed, "file descriptors"),
            Ok(Some(wanted)) => warn!(
                allowed,
                wanted,
                max_connections = config.limits.max_connections,
                turn_allocations = config.turn.limits.allocations,
                "the system allows fewer file descriptors than the limits want; they are smaller now"
            ),
            Err(error) => {
                error!("{error}");
                return ExitCode::FAILURE;
            }
        },
        Err(error) => debug!(%error, "cannot raise the limit of file descriptors"),
    }
    match start(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // It warns of every malformed packet, which anybody can send, and its spans
    // show keys.
    let filter = filter.add_directive("stun_types=error".parse().expect("it is one"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}

#[cfg(unix)]
async fn start(config: Config) -> Result<(), Box<dyn std::error::Error>> {
    // Before anything that takes time, so that an early signal is not lost.
    let shutdown = stop_signal()?;
    successor::on_signal()?;
    let mut inherited = Inherited::from_system();
    let succession = Succession::begin(&config, &mut inherited).await?;
    if config.role == Role::Turn {
        let relay = RelayServer::inheriting(config, &mut inherited)?;
        inherited.close_rest();
        tell(&relay_lines(&relay));
        on_hangup(relay.reload())?;
        let endpoint = succession.complete(relay.things()?, |_| Ok(())).await?;
        systemd::ready();
        relay.run_or_hand_over(endpoint, until_told(shutdown)).await;
    } else {
        let listeners = Listeners::bind_or_take(&config, &mut inherited).await?;
        let server = Server::inheriting(config, &mut inherited)?;
        inherited.close_rest();
        tell(&listeners.lines());
        let handle = server.handle();
        // It tells the log itself.
        on_hangup(move || drop(handle.reload()))?;
        let things = server.things(&listeners)?;
        let take_over = |state: &[u8]| server.take_over(state);
        let endpoint = succession.complete(things, take_over).await?;
        if endpoint.is_some() {
            server.open_admin();
        }
        systemd::ready();
        server
            .run_or_hand_over(listeners, endpoint, until_told(shutdown))
            .await;
    }
    info!("stopped");
    Ok(())
}

/// The system's manager hears of it, too.
#[cfg(unix)]
async fn until_told(shutdown: impl Future<Output = ()>) {
    shutdown.await;
    systemd::stopping();
}

/// No other process can take over.
#[cfg(not(unix))]
async fn start(config: Config) -> Result<(), Box<dyn std::error::Error>> {
    let shutdown = stop_signal()?;
    if config.role == Role::Turn {
        let relay = RelayServer::new(config)?;
        tell(&relay_lines(&relay));
        relay.run(shutdown).await;
    } else {
        let listeners = Listeners::bind(&config).await?;
        let server = Server::new(config)?;
        tell(&listeners.lines());
        server.run_on(listeners, shutdown).await;
    }
    info!("stopped");
    Ok(())
}

fn relay_lines(relay: &RelayServer) -> Vec<String> {
    let line = |address: &std::net::SocketAddr| format!("relaying on {address}");
    relay.addresses().iter().map(line).collect()
}

/// Where it listens, for who has asked the system to choose a port. That nobody reads it is no
/// reason not to serve: whoever has started the process before this one may be gone.
fn tell(lines: &[String]) {
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let mut stdout = std::io::stdout().lock();
    let _ = stdout
        .write_all(lines.as_bytes())
        .and_then(|()| stdout.flush());
}

/// Has read anew what can be whenever the system's manager says so.
#[cfg(unix)]
fn on_hangup(reload: impl Fn() + Send + 'static) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            reload();
        }
    });
    Ok(())
}

/// Completes when somebody wants the server to stop.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Completes when somebody wants the server to stop.
#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
