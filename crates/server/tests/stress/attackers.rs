//! Where the attackers run: beside the server and the honest people, since there is but this
//! machine, yet so that they take no processor from them. What they cost is then what the
//! server does for them.

use std::hint::spin_loop;
use std::thread::available_parallelism;
use std::time::Instant;

use tokio::runtime::{Builder, Runtime};

/// Threads that have what nobody else wants of the processors.
pub(crate) fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(cores())
        .on_thread_start(|| {
            // On Linux it is the thread's own.
            let _ = rustix::process::setpriority_process(None, 19);
        })
        .enable_all()
        .build()
        .unwrap()
}

/// Has them do so much that there is nothing left.
pub(crate) fn keep_busy(attackers: &Runtime, until: Instant) {
    for _ in 0..cores() {
        attackers.spawn(async move {
            while Instant::now() < until {
                spin_loop();
            }
        });
    }
}

fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}
