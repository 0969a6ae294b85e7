//! How many connections are in use at which hour of the day.
//!
//! The days since the start are laid over each other, by UTC. Whoever samples does so evenly and says which hour it is.
#![deny(clippy::disallowed_methods)]

use serde::Serialize;

/// Samples of the connections in use, by hour of the day.
#[derive(Debug, Clone, Default)]
pub(crate) struct UsagePattern {
    hours: [Samples; 24],
}

/// An hour of the day by UTC, 0 to 23.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hour(u8);

/// How many connections were in use in one hour of the day, over all days since the start.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HourlyUsage {
    /// The hour by UTC, 0 to 23.
    pub hour: u8,
    /// How many samples were taken in this hour. If none was, the mean and the peak are 0.
    pub samples: u64,
    /// The mean of the connections in use.
    pub mean: f64,
    /// The most connections that a sample found in use.
    pub peak: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Samples {
    count: u64,
    sum: u64,
    peak: u32,
}

impl Hour {
    /// The hour of a moment, given as seconds since 1970.
    pub(crate) const fn at_unix_secs(secs: u64) -> Self {
        Self((secs / 3_600 % 24) as u8)
    }
}

impl UsagePattern {
    /// Counts that `in_use` connections were in use at a moment of `hour`.
    pub(crate) fn sample(&mut self, hour: Hour, in_use: u32) {
        let samples = &mut self.hours[usize::from(hour.0)];
        samples.count += 1;
        samples.sum += u64::from(in_use);
        samples.peak = samples.peak.max(in_use);
    }

    /// All hours of the day, from 0 to 23.
    pub(crate) fn snapshot(&self) -> [HourlyUsage; 24] {
        std::array::from_fn(|hour| {
            let samples = self.hours[hour];
            HourlyUsage {
                hour: hour as u8,
                samples: samples.count,
                mean: samples.sum as f64 / samples.count.max(1) as f64,
                peak: samples.peak,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_of_a_moment_is_the_one_of_utc() {
        for (secs, hour) in [
            (0, 0),
            (3_599, 0),
            (3_600, 1),
            (86_399, 23),
            (86_400, 0),
            // 2026-01-02 15:04:05.
            (1_767_366_245, 15),
        ] {
            assert_eq!(Hour::at_unix_secs(secs), Hour(hour), "{secs} s");
        }
    }

    #[test]
    fn days_lie_over_each_other() {
        let mut usage = UsagePattern::default();
        for (day, in_use) in [(0, 2), (1, 4), (2, 9)] {
            usage.sample(Hour::at_unix_secs(day * 86_400 + 7 * 3_600), in_use);
        }
        usage.sample(Hour(8), 1);
        let snapshot = usage.snapshot();
        let (hour, samples, mean, peak) = (7, 3, 5.0, 9);
        let seventh = HourlyUsage {
            hour,
            samples,
            mean,
            peak,
        };
        assert_eq!(snapshot[7], seventh);
        assert_eq!((snapshot[8].mean, snapshot[8].peak), (1.0, 1));
        assert_eq!(snapshot.iter().map(|hour| hour.samples).sum::<u64>(), 4);
    }

    #[test]
    fn an_hour_without_a_sample_is_told_as_such() {
        let snapshot = UsagePattern::default().snapshot();
        assert!(
            snapshot
                .iter()
                .all(|hour| hour.samples == 0 && hour.mean == 0.0)
        );
        let json = serde_json::to_string(&snapshot[23]).unwrap();
        assert_eq!(json, r#"{"hour":23,"samples":0,"mean":0.0,"peak":0}"#);
    }
}
