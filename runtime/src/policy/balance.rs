//! Which of several equals serves the next call.
//!
//! Each function gets the load of all candidates and random numbers, and returns the place of the one to be taken, or
//! `None` if there is nobody. All of them are without memory: what they go by is in their arguments.
#![deny(clippy::disallowed_methods)]

use std::time::Duration;

/// What is known of how much one candidate has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    /// How many calls it serves now.
    pub(crate) in_use: u32,
    /// Its share, in relation to the others. One of 0 gets calls only if all have 0.
    pub(crate) weight: u32,
    /// What it is expected to take; `None`: it hasn't been asked yet.
    pub(crate) latency: Option<Duration>,
}

/// What is new with each call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Draws {
    /// How many calls there were before.
    pub(crate) turn: u64,
    /// Two random numbers, even over all that there are.
    pub(crate) first: u64,
    pub(crate) second: u64,
}

/// One after the other.
pub(crate) fn round_robin(loads: &[Load], draws: Draws) -> Option<usize> {
    let place = draws.turn.checked_rem(loads.len() as u64)?;
    Some(place as usize)
}

/// The one that serves the fewest calls now; among several, any.
pub(crate) fn least_in_use(loads: &[Load], draws: Draws) -> Option<usize> {
    let least = loads.iter().map(|load| load.in_use).min()?;
    let idlest = || {
        loads
            .iter()
            .enumerate()
            .filter(|(_, load)| load.in_use == least)
    };
    let drawn = below(draws.first, idlest().count() as u64);
    idlest().nth(drawn as usize).map(|(place, _)| place)
}

/// Any, as often as its weight is in the sum of all.
pub(crate) fn weighted(loads: &[Load], draws: Draws) -> Option<usize> {
    by_share(loads, draws.first, |load| f64::from(load.weight))
}

/// Any, as often as its weight divided by its latency is in the sum of all.
///
/// Not always the fastest one, which would get all calls at once and be the slowest soon. Who hasn't been asked yet is
/// taken for as fast as the fastest.
pub(crate) fn by_latency(loads: &[Load], draws: Draws) -> Option<usize> {
    let fastest = loads.iter().filter_map(|load| load.latency).min();
    by_share(loads, draws.first, |load| {
        let latency = load.latency.or(fastest).unwrap_or_default();
        f64::from(load.weight) / seconds(latency)
    })
}

/// Of two that are drawn, the one whose calls are done sooner: calls it serves / weight x latency.
///
/// Two draws are enough to spread the load nearly as well as asking all would, and unlike it don't send everybody to the
/// one that was the idlest a moment ago: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001. That
/// load is counted in latency is from Finagle's peak EWMA.
pub(crate) fn adaptive(loads: &[Load], draws: Draws) -> Option<usize> {
    let one = below(draws.first, loads.len() as u64) as usize;
    // Among the others: those behind the first are one place further on.
    let other = below(draws.second, loads.len().saturating_sub(1) as u64) as usize;
    let other = if other < one { other } else { other + 1 };
    match (loads.get(one), loads.get(other)) {
        (Some(first), Some(second)) if cost(second, first) < cost(first, second) => Some(other),
        (Some(_), _) => Some(one),
        (None, _) => None,
    }
}

/// How long a call waits for its answer; of one that hasn't been asked yet, if it were as fast as its rival.
fn cost(load: &Load, rival: &Load) -> f64 {
    let latency = load.latency.or(rival.latency).unwrap_or_default();
    // The call that is to be placed counts too, or the idle ones would all be alike. Nobody divides by 0: those are last.
    (f64::from(load.in_use) + 1.0) / f64::from(load.weight) * seconds(latency)
}

/// A latency that can be divided by: below 1 µs nothing was measured but the clock.
fn seconds(latency: Duration) -> f64 {
    latency.max(Duration::from_micros(1)).as_secs_f64()
}

/// Any, as often as its share is in the sum of all.
fn by_share(loads: &[Load], draw: u64, share: impl Fn(&Load) -> f64) -> Option<usize> {
    let total: f64 = loads.iter().map(&share).sum();
    if total <= 0.0 {
        let any = below(draw, loads.len() as u64) as usize;
        return (!loads.is_empty()).then_some(any);
    }
    // From 0 to just below 1: 53 bits are what an f64 holds.
    let mut left = (draw >> 11) as f64 / (1_u64 << 53) as f64 * total;
    for (place, load) in loads.iter().enumerate() {
        left -= share(load);
        if left < 0.0 {
            return Some(place);
        }
    }
    // The sum was rounded: what is left over belongs to the last that has a share.
    loads.iter().rposition(|load| share(load) > 0.0)
}

/// A number below `count`, evenly from an even draw; 0, if there is none.
fn below(draw: u64, count: u64) -> u64 {
    ((u128::from(draw) * u128::from(count)) >> 64) as u64
}

#[cfg(test)]
mod tests;
