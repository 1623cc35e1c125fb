//! Larger towns, reckoned from what was measured; and their herds, simulated.

use crate::measure::Measured;

/// What a machine has, of which so much is to be used: the rest is for what is not reckoned.
const GIB: f64 = 64.0;
const CORES: f64 = 16.0;
const USED: f64 = 0.6;
/// A person calls twice a day, all of it within ten hours; and comes back four times a day: pages are
/// closed, lines change.
const CALLS_A_DAY: f64 = 2.0;
const BUSY_HOURS: f64 = 10.0;
const LOGINS_A_DAY: f64 = 4.0;
/// A machine of that size, by the month, in euros.
const MACHINE: f64 = 100.0;
/// TLS is the server's too: a handshake, of ECDSA, in milliseconds of a core.
const TLS: f64 = 0.5;
/// Bytes of TLS's and the kernel's for each connection.
const CONNECTION: f64 = 30.0 * 1024.0;

/// People, and how many regions they are in.
const TOWNS: [(&str, f64, f64); 3] = [
    ("a town", 1e5, 1.0),
    ("a country", 1e7, 3.0),
    ("the internet", 1e9, 20.0),
];

pub(crate) fn tell(measured: &Measured) {
    println!(
        "\nreckoned, with machines of {CORES:.0} cores and {GIB:.0} GiB of which {:.0} % are used, {:.0} \
         KiB of TLS and kernel for each socket, {TLS} ms a handshake, {CALLS_A_DAY} calls and \
         {LOGINS_A_DAY} logins a day within {BUSY_HOURS} hours, {MACHINE} € a machine and month:",
        USED * 100.0,
        CONNECTION / 1024.0,
    );
    for (name, people, regions) in TOWNS {
        let memory = people * (measured.bytes_per_person + CONNECTION);
        let nats_memory = people * measured.nats_bytes_per_person;
        let busy = BUSY_HOURS * 3_600.0;
        let spent = people / busy
            * (LOGINS_A_DAY * (measured.login + TLS) + CALLS_A_DAY * measured.call)
            / 1e3;
        let by_memory = memory / (GIB * USED * f64::from(1 << 30));
        let by_cores = spent / (CORES * USED);
        // One region or machine may be lost: the others hold all.
        let reserve = if regions > 1.0 {
            regions / (regions - 1.0)
        } else {
            1.0
        };
        let nodes = (by_memory.max(by_cores) * reserve).ceil().max(2.0) + regions;
        // Each server of a NATS cluster knows all subscriptions of its region.
        let region_memory = nats_memory / regions * reserve;
        let nats = regions * 3.0 * (region_memory / (GIB * USED * f64::from(1 << 30))).ceil();
        let herd = Herd {
            people: people / nodes,
            machines: nodes - 1.0,
            login: measured.login + TLS,
        };
        println!(
            "{name:>13} ({people:.0e}): {nodes:.0} nodes ({by_memory:.1} by memory, {by_cores:.1} by CPU), \
             {nats:.0} of NATS ({:.1} GiB each), {:.0} € a month and million people",
            region_memory / f64::from(1 << 30),
            (nodes + nats) * MACHINE / (people / 1e6),
        );
        herd.tell("a node dies");
        if regions > 1.0 {
            let herd = Herd {
                people: people / regions,
                machines: nodes * (regions - 1.0) / regions,
                login: measured.login + TLS,
            };
            herd.tell("a region dies");
        }
    }
}

/// People who have lost their node at one moment.
struct Herd {
    people: f64,
    /// That live, and let them in.
    machines: f64,
    /// Milliseconds of a core.
    login: f64,
}

/// Seconds of a step of the simulation.
const STEP: f64 = 0.05;
/// A page that has no answer for so long tries again, and what was done for it was for nothing.
const GIVES_UP: f64 = 10.0;
/// The longest that is simulated.
const HORIZON: f64 = 3_600.0;

impl Herd {
    fn tell(&self, what: &str) {
        let at_once = self.back(1.0);
        let spread = SPREADS
            .into_iter()
            .map(|spread| (spread, self.back(spread)));
        let best = spread.min_by(|one, other| one.1.total_cmp(&other.1));
        let (best, back) = best.unwrap_or((1.0, at_once));
        let text = |seconds: f64| match seconds < HORIZON {
            true => format!("{seconds:.1} s"),
            false => "never".to_owned(),
        };
        println!(
            "{:>15} {what}, {:.0} people come back: all are there after {} if they come within 1 s, after {} \
             if within {best:.0} s",
            "",
            self.people,
            text(at_once),
            text(back)
        );
    }

    /// Seconds until all are back, if they come within that time: in steps, with a queue at the nodes. Who
    /// waits too long comes again.
    fn back(&self, spread: f64) -> f64 {
        let each_step = self.machines * CORES * STEP * 1e3 / self.login;
        let (mut coming, mut queue, mut inside, mut now) = (self.people, Vec::new(), 0.0, 0.0);
        let mut again: Vec<(f64, f64)> = Vec::new();
        let mut first = 0;
        while inside < self.people - 0.5 && now < HORIZON {
            let arrive = (self.people * STEP / spread).min(coming);
            coming -= arrive;
            let due: f64 = again.iter().filter(|it| it.0 <= now).map(|it| it.1).sum();
            again.retain(|it| it.0 > now);
            queue.push((now, arrive + due));
            let mut room = each_step;
            while room > 0.0 && first < queue.len() {
                let (since, waiting): &mut (f64, f64) = &mut queue[first];
                let served = waiting.min(room);
                *waiting -= served;
                room -= served;
                if now - *since <= GIVES_UP {
                    inside += served;
                } else {
                    // Nobody is there for it any more, and has come again meanwhile.
                    again.push((now + spread, served));
                }
                if *waiting <= 0.0 {
                    first += 1;
                }
            }
            now += STEP;
        }
        now
    }
}

const SPREADS: [f64; 6] = [1.0, 5.0, 15.0, 60.0, 300.0, 1_200.0];
