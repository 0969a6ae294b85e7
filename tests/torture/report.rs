//! What came of it all, for people and for programs.

use std::time::{Duration, Instant};

use wharf::RoutingStats;

use crate::checker::{Checked, Harm};
use crate::history::{Call, Fate, History};
use crate::nemesis::Incidents;
use crate::options::Engine;

/// So many violations are shown one by one.
const SHOWN: usize = 20;

/// Prints details for people, and as the last line what programs read.
pub(crate) fn print(
    engine: Engine,
    history: &History,
    incidents: &Incidents,
    checked: &Checked,
    routing: RoutingStats,
) {
    for (kind, count) in history.errors() {
        eprintln!("torture: {count} times {kind}");
    }
    eprintln!("torture: {routing:?}");
    if incidents.unseen > 0 {
        let unseen = incidents.unseen;
        eprintln!("torture: {unseen} times Wharf didn't see what happened to the primary");
    }
    let (in_tails, told) = (checked.in_tails, history.told_lost());
    if in_tails > 0 || told > 0 {
        eprintln!(
            "torture: {in_tails} acknowledged writes were not replicated in time, and {told} times somebody was told"
        );
    }
    let violations = &checked.violations;
    for violation in violations.iter().take(SHOWN) {
        eprintln!("torture: {violation}");
    }
    if violations.len() > SHOWN {
        eprintln!("torture: and {} more", violations.len() - SHOWN);
    }

    let count = |harm| {
        let of_it = violations.iter().filter(|violation| violation.harm == harm);
        of_it.count()
    };
    let acks = acks(&history.calls());
    println!(
        "torture {} ops={} commits_cut={} failovers={} lost={} doubled={} half={} stale_own={} backwards={} \
         unresolved={} detect_p50_ms={} reroute_p50_ms={} outage_max_ms={}",
        engine.name(),
        history.operations(),
        history.cuts(),
        incidents.failovers.len(),
        count(Harm::Lost),
        count(Harm::Doubled),
        count(Harm::Half),
        count(Harm::StaleOwn),
        count(Harm::Backwards),
        count(Harm::Unresolved),
        ms(median(incidents.detections.clone())),
        ms(median(reroutes(incidents, &acks))),
        ms(longest_gap(&acks)),
    );
}

/// When writes were acknowledged, in order.
fn acks(calls: &[Call]) -> Vec<Instant> {
    let acked = calls.iter().filter(|call| call.fate == Fate::Acked);
    let mut acks: Vec<Instant> = acked.map(|call| call.ended).collect();
    acks.sort();
    acks
}

/// From when each new primary took writes until a worker's write was acknowledged.
fn reroutes(incidents: &Incidents, acks: &[Instant]) -> Vec<Duration> {
    let first_after = |at: Instant| acks.get(acks.partition_point(|ack| *ack < at));
    let accepting = incidents
        .failovers
        .iter()
        .map(|failover| failover.accepting_at);
    let reroute = |at| first_after(at).map(|ack| *ack - at);
    accepting.filter_map(reroute).collect()
}

fn longest_gap(acks: &[Instant]) -> Option<Duration> {
    acks.windows(2).map(|pair| pair[1] - pair[0]).max()
}

fn median(mut durations: Vec<Duration>) -> Option<Duration> {
    durations.sort();
    durations.get(durations.len() / 2).copied()
}

/// In milliseconds; `-` where there is none.
fn ms(duration: Option<Duration>) -> String {
    duration.map_or("-".into(), |duration| {
        format!("{:.1}", duration.as_secs_f64() * 1000.0)
    })
}
