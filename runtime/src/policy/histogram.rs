//! How long things took: counts of durations, and the percentiles that can be read from them.
//!
//! Buckets are log-linear, as in HdrHistogram: each power of two is cut into eight equal parts. A percentile is the
//! middle of its bucket, so it differs from the true value by at most 1/16 of that value, or by half a unit if that is
//! more. What took less than one unit counts as nothing, and what is beyond the last bucket as the end of it. The
//! mean and the greatest, which is the percentile of 100, don't come from the buckets and are exact.
//!
//! The counters are plain: whoever records owns the histogram, and readers merge copies.
#![deny(clippy::disallowed_methods)]

use std::time::Duration;

/// Waits for a connection: by 1 µs, up to 17.9 min.
pub(crate) type WaitHistogram = Histogram<1_000, { buckets(30) }>;

/// Times for which one slot's connection was held: by 1 ms, up to 17.5 min.
pub(crate) type HoldHistogram = Histogram<1_000_000, { buckets(20) }>;

/// Counts of durations in `BUCKETS` buckets, whose finest are one unit of `UNIT_NANOS` wide.
#[derive(Debug, Clone)]
pub(crate) struct Histogram<const UNIT_NANOS: u64, const BUCKETS: usize> {
    counts: [u64; BUCKETS],
    count: u64,
    sum: Duration,
    max: Duration,
}

/// Each power of two is cut into `1 << PART_BITS` buckets.
const PART_BITS: u32 = 3;
const PARTS: u64 = 1 << PART_BITS;

/// How many buckets hold all that is below `2^bits` units.
pub(crate) const fn buckets(bits: u32) -> usize {
    ((bits - PART_BITS + 1) as usize) << PART_BITS
}

impl<const UNIT_NANOS: u64, const BUCKETS: usize> Default for Histogram<UNIT_NANOS, BUCKETS> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const UNIT_NANOS: u64, const BUCKETS: usize> Histogram<UNIT_NANOS, BUCKETS> {
    pub(crate) const fn new() -> Self {
        Self {
            counts: [0; BUCKETS],
            count: 0,
            sum: Duration::ZERO,
            max: Duration::ZERO,
        }
    }

    // Never: what is rare would stand in the way of every return to the pool.
    #[inline(never)]
    pub(crate) fn record(&mut self, duration: Duration) {
        self.counts[Self::bucket(duration)] += 1;
        self.count += 1;
        self.sum = self.sum.saturating_add(duration);
        self.max = self.max.max(duration);
    }

    /// Counts `times` durations of nothing, as those who found a connection at once waited.
    pub(crate) fn record_zeros(&mut self, times: u64) {
        self.counts[0] += times;
        self.count += times;
    }

    /// Adds what `other` has counted.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.count += other.count;
        self.sum = self.sum.saturating_add(other.sum);
        self.max = self.max.max(other.max);
    }

    /// What `percent` of all durations don't exceed, `percent` in `0.0 ..= 100.0`; nothing, if none was counted.
    pub(crate) fn percentile(&self, percent: f64) -> Duration {
        let rank = (percent / 100.0 * self.count as f64).ceil().max(1.0) as u64;
        if rank >= self.count {
            return self.max;
        }
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Self::middle(bucket).min(self.max);
            }
        }
        self.max
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The mean; nothing, if none was counted.
    pub(crate) fn mean(&self) -> Duration {
        if self.count == 0 {
            return Duration::ZERO;
        }
        self.sum.div_f64(self.count as f64)
    }

    /// The greatest; nothing, if none was counted.
    pub(crate) fn max(&self) -> Duration {
        self.max
    }

    fn bucket(duration: Duration) -> usize {
        // In 64 bits: this is on the way of returns to the pool.
        let seconds = duration.as_secs().saturating_mul(1_000_000_000);
        let nanos = seconds.saturating_add(duration.subsec_nanos().into());
        let units = nanos / UNIT_NANOS;
        // Octave 0 is all below 16 units, in buckets of one unit; in each further one they are twice as wide.
        let octave = units.max(PARTS).ilog2() - PART_BITS;
        let bucket = u64::from(octave) * PARTS + (units >> octave);
        usize::try_from(bucket).map_or(BUCKETS - 1, |bucket| bucket.min(BUCKETS - 1))
    }

    /// Where a bucket begins, in units, and how many units wide it is.
    fn span(bucket: usize) -> (u64, u64) {
        let octave = (bucket as u64 / PARTS).saturating_sub(1);
        ((bucket as u64 - octave * PARTS) << octave, 1 << octave)
    }

    /// The duration that stands for all in a bucket.
    fn middle(bucket: usize) -> Duration {
        if bucket == 0 {
            return Duration::ZERO;
        }
        let (start, width) = Self::span(bucket);
        Duration::from_nanos(start * UNIT_NANOS + width * UNIT_NANOS / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn micros(micros: u64) -> Duration {
        Duration::from_micros(micros)
    }

    /// Every bucket begins where the one before ends, and stands for its first and its last nanosecond within bounds.
    fn check_every_bucket<const UNIT: u64, const BUCKETS: usize>(bits: u32) {
        type Checked<const UNIT: u64, const BUCKETS: usize> = Histogram<UNIT, BUCKETS>;
        let mut end = 0;
        for bucket in 0..BUCKETS {
            let (start, width) = Checked::<UNIT, BUCKETS>::span(bucket);
            assert_eq!(start, end, "bucket {bucket} begins where the last one ends");
            end = start + width;
            let middle = Checked::<UNIT, BUCKETS>::middle(bucket).as_nanos() as u64;
            for nanos in [start * UNIT, end * UNIT - 1] {
                let duration = Duration::from_nanos(nanos);
                assert_eq!(Checked::<UNIT, BUCKETS>::bucket(duration), bucket);
                let bound = if bucket == 0 {
                    UNIT
                } else {
                    (nanos / 16).max(UNIT / 2)
                };
                assert!(
                    middle.abs_diff(nanos) <= bound,
                    "{nanos} ns is told as {middle} ns"
                );
            }
        }
        assert_eq!(end, 1 << bits, "the buckets end at 2^{bits} units");
    }

    #[test]
    fn the_error_is_bounded_in_every_bucket() {
        check_every_bucket::<1_000, { buckets(30) }>(30);
        check_every_bucket::<1_000_000, { buckets(20) }>(20);
        assert_eq!((buckets(30), buckets(20)), (224, 144));
    }

    #[test]
    fn every_millisecond_falls_into_its_bucket() {
        let mut last = 0;
        for millis in 0..1 << 20 {
            let bucket = HoldHistogram::bucket(Duration::from_millis(millis));
            let (start, width) = HoldHistogram::span(bucket);
            assert!((start..start + width).contains(&millis));
            assert!(bucket == last || bucket == last + 1);
            last = bucket;
        }
    }

    #[test]
    fn what_is_beyond_the_buckets_counts_in_the_last() {
        let mut holds = HoldHistogram::new();
        holds.record(Duration::from_secs(86_400));
        holds.record(Duration::MAX);
        assert_eq!(holds.count(), 2);
        assert_eq!(
            holds.percentile(50.0),
            HoldHistogram::middle(buckets(20) - 1)
        );
        assert_eq!(holds.max(), Duration::MAX);
    }

    #[test]
    fn percentiles_follow_the_ranks() {
        let mut waits = WaitHistogram::new();
        for wait in 1..=1_000 {
            waits.record(micros(wait * 100));
        }
        assert_eq!(waits.count(), 1_000);
        assert_eq!(waits.mean(), micros(50_050));
        assert_eq!(waits.max(), micros(100_000));
        for percent in [0.1, 1.0, 25.0, 50.0, 95.0, 99.0, 99.9, 100.0] {
            let exact = percent * 1_000.0;
            let told = waits.percentile(percent).as_nanos() as f64 / 1_000.0;
            assert!(
                (told - exact).abs() <= exact / 16.0,
                "p{percent} is {exact} us and told as {told}"
            );
        }
    }

    #[test]
    fn zeros_count_in_the_percentiles_and_in_the_mean() {
        let mut waits = WaitHistogram::new();
        waits.record(Duration::from_millis(10));
        waits.record_zeros(99);
        assert_eq!(waits.count(), 100);
        assert_eq!(waits.percentile(50.0), Duration::ZERO);
        assert_eq!(waits.percentile(99.0), Duration::ZERO);
        assert_eq!(waits.percentile(100.0), Duration::from_millis(10));
        assert_eq!(waits.mean(), micros(100));
    }

    #[test]
    fn a_merged_histogram_is_the_one_of_all() {
        let (mut all, mut some, mut others) = (
            WaitHistogram::new(),
            WaitHistogram::new(),
            WaitHistogram::new(),
        );
        for wait in 0..2_000 {
            let wait = micros(wait * wait);
            all.record(wait);
            if wait.as_micros().is_multiple_of(3) {
                some.record(wait);
            } else {
                others.record(wait);
            }
        }
        some.merge(&others);
        assert_eq!(some.counts, all.counts);
        assert_eq!(
            (some.count(), some.mean(), some.max()),
            (all.count(), all.mean(), all.max())
        );
    }

    #[test]
    fn an_empty_histogram_tells_nothing() {
        let waits = WaitHistogram::new();
        assert_eq!(waits.percentile(99.0), Duration::ZERO);
        assert_eq!(
            (waits.mean(), waits.max()),
            (Duration::ZERO, Duration::ZERO)
        );
    }
}
