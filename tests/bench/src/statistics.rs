//! Medians, ranges and percentiles.

use std::time::Duration;

/// The value in the middle; the mean of the two in the middle of an even number. 0 of none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else {
        return 0.0;
    };
    (values[last / 2] + values[last.div_ceil(2)]) / 2.0
}

/// The least and the greatest value.
pub(crate) fn range(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (least, greatest)
}

/// The least of the sorted values that `percent` of them don't exceed. 0 of none.
pub(crate) fn percentile(sorted: &[Duration], percent: f64) -> Duration {
    let rank = (sorted.len() as f64 * percent / 100.0).ceil() as usize;
    sorted
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle_whatever_the_order() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median([5.0]), 5.0);
        assert_eq!(median([]), 0.0);
    }

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let laps: Vec<_> = (1..=200).map(Duration::from_nanos).collect();
        assert_eq!(percentile(&laps, 50.0), Duration::from_nanos(100));
        assert_eq!(percentile(&laps, 99.0), Duration::from_nanos(198));
        assert_eq!(percentile(&laps, 100.0), Duration::from_nanos(200));
        assert_eq!(percentile(&laps[..1], 50.0), Duration::from_nanos(1));
        assert_eq!(percentile(&[], 50.0), Duration::ZERO);
    }
}
