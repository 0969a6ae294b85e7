//! What is wrong with a configuration: everything at once, each with the value and what is allowed.

use std::time::Duration;

use super::{PoolConfig, Sizing};
use crate::driver::MOST_STATEMENTS;

/// The most connections that a pool may have: far more than any server is better off with.
const MOST_CONNECTIONS: u32 = 10_000;
const MOST_WAITERS: u32 = 10_000_000;
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

impl PoolConfig {
    /// Everything that is wrong.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = self.wrong_sizes();
        problems.extend(self.wrong_times());
        problems.extend(self.wrong_partitions());
        problems
    }

    fn wrong_sizes(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check = |name: &str, value: u64, least: u64, most: u64, most_is: &str| {
            if value < least || value > most {
                problems.push(format!(
                    "{name} is {value}, and {least} to {most}{most_is} is allowed"
                ));
            }
        };
        let max = u64::from(self.max_connections);
        check("max_connections", max, 1, MOST_CONNECTIONS.into(), "");
        let of_max = " (max_connections)";
        check(
            "min_connections",
            self.min_connections.into(),
            0,
            max,
            of_max,
        );
        check(
            "initial_connections",
            self.initial_connections.into(),
            0,
            max,
            of_max,
        );
        check(
            "max_opening",
            self.max_opening.into(),
            1,
            MOST_CONNECTIONS.into(),
            "",
        );
        check(
            "max_waiters",
            self.max_waiters.into(),
            0,
            MOST_WAITERS.into(),
            "",
        );
        if let Some(statements) = self.statement_cache {
            check(
                "statement_cache",
                statements as u64,
                0,
                MOST_STATEMENTS as u64,
                "",
            );
        }
        if let Some(uses) = self.max_uses {
            check("max_uses", uses, 1, u64::MAX, "");
        }
        if self.sizing == Sizing::Elastic && self.min_connections == 0 {
            problems.push(
                "min_connections is 0, and an elastic pool needs at least 1 to grow from"
                    .to_owned(),
            );
        }
        problems
    }

    fn wrong_times(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check = |name: &str, value: Option<Duration>, least: Duration| {
            if let Some(value) = value
                && (value < least || value > LONGEST)
            {
                problems.push(format!(
                    "{name} is {value:?}, and {least:?} to 7 days is allowed"
                ));
            }
        };
        check("acquire_timeout", Some(self.acquire_timeout), MILLISECOND);
        check("connect_timeout", Some(self.connect_timeout), MILLISECOND);
        check("check_timeout", Some(self.check_timeout), MILLISECOND);
        check(
            "check_after_idle",
            Some(self.check_after_idle),
            Duration::ZERO,
        );
        check("close_timeout", Some(self.close_timeout), Duration::ZERO);
        check("idle_timeout", self.idle_timeout, SECOND);
        check("max_lifetime", self.max_lifetime, SECOND);
        check("leak_warning", self.leak_warning, MILLISECOND);
        check("leak_reclaim", self.leak_reclaim, MILLISECOND);
        if let Some(shedding) = self.shedding {
            check("the target of shedding", Some(shedding.target), MILLISECOND);
            check(
                "the interval of shedding",
                Some(shedding.interval),
                shedding.target.max(MILLISECOND),
            );
        }
        problems
    }

    fn wrong_partitions(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let named = self
            .partitions
            .named
            .iter()
            .map(|(key, limits)| (key.to_string(), limits));
        let each = self
            .partitions
            .each
            .iter()
            .map(|(kind, limits)| (format!("each {}", kind.name()), limits));
        let mut rules: Vec<_> = named.chain(each).collect();
        rules.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (whose, limits) in rules {
            let most = limits.max_connections.unwrap_or(self.max_connections);
            if most == 0 || most > self.max_connections {
                problems.push(format!(
                    "max_connections of {whose} is {most}, and 1 to {} (the pool's) is allowed",
                    self.max_connections
                ));
            }
            let waiters = limits.max_waiters.unwrap_or(0);
            if waiters > self.max_waiters {
                problems.push(format!(
                    "max_waiters of {whose} is {waiters}, and 0 to {} (the pool's) is allowed",
                    self.max_waiters
                ));
            }
            if limits.guaranteed > most {
                problems.push(format!(
                    "guaranteed of {whose} is {}, and 0 to {most} (its max_connections) is allowed",
                    limits.guaranteed
                ));
            }
        }
        let rules = self
            .partitions
            .named
            .values()
            .chain(self.partitions.each.values());
        let guaranteed: u64 = rules.map(|limits| u64::from(limits.guaranteed)).sum();
        // Whoever belongs to none of them must be able to get one.
        if guaranteed > 0 && guaranteed >= u64::from(self.max_connections) {
            problems.push(format!(
                "{guaranteed} connections are guaranteed to partitions, and at most {} (max_connections less one) can be",
                self.max_connections.saturating_sub(1)
            ));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::{PartitionKey, PartitionKind, PartitionLimits, Shedding};

    #[test]
    fn the_defaults_are_sound() {
        assert_eq!(PoolConfig::new().problems(), Vec::<String>::new());
    }

    /// What is wrong with this, which is one thing.
    fn problem(config: PoolConfig) -> String {
        let problems = config.problems();
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems.concat()
    }

    #[test]
    fn each_wrong_value_is_a_problem() {
        let new = PoolConfig::new;
        let eternity = Duration::MAX;
        let of_tenants = |limits| new().each_partition(PartitionKind::Tenant, limits);
        for (config, expected) in [
            (
                new().max_connections(0).initial_connections(0),
                "max_connections is 0, and 1 to 10000 is",
            ),
            (
                new().max_connections(10_001),
                "max_connections is 10001, and 1 to 10000 is",
            ),
            (
                new().initial_connections(11),
                "initial_connections is 11, and 0 to 10 (max_connections) is",
            ),
            (new().max_opening(0), "max_opening is 0, and 1 to 10000 is"),
            (
                new().max_waiters(10_000_001),
                "max_waiters is 10000001, and 0 to 10000000 is",
            ),
            (new().max_uses(0), "max_uses is 0, and 1 to"),
            (
                new().statement_cache(10_001),
                "statement_cache is 10001, and 0 to 10000 is",
            ),
            (
                new().sizing(Sizing::Elastic),
                "min_connections is 0, and an elastic pool needs at least 1",
            ),
            (
                new().acquire_timeout(eternity),
                "acquire_timeout is 18446744073709551615.999999999s, and 1ms to 7 days is",
            ),
            (
                new().connect_timeout(Duration::ZERO),
                "connect_timeout is 0ns, and 1ms to 7 days is",
            ),
            (
                new().check_timeout(Duration::ZERO),
                "check_timeout is 0ns, and 1ms to 7 days is",
            ),
            (new().check_after_idle(eternity), "check_after_idle is"),
            (new().close_timeout(eternity), "close_timeout is"),
            (
                new().idle_timeout(MILLISECOND),
                "idle_timeout is 1ms, and 1s to 7 days is",
            ),
            (
                new().max_lifetime(MILLISECOND),
                "max_lifetime is 1ms, and 1s to 7 days is",
            ),
            (
                new().leak_warning(Duration::ZERO),
                "leak_warning is 0ns, and 1ms to 7 days is",
            ),
            (
                new().leak_reclaim(Duration::ZERO),
                "leak_reclaim is 0ns, and 1ms to 7 days is",
            ),
            (
                new().shedding(Shedding::new().target(Duration::ZERO)),
                "the target of shedding is 0ns, and 1ms to 7 days is",
            ),
            (
                of_tenants(PartitionLimits::new().max_connections(11)),
                "max_connections of each tenant is 11, and 1 to 10 (the pool's) is",
            ),
            (
                of_tenants(PartitionLimits::new().max_waiters(100_001)),
                "max_waiters of each tenant is 100001, and 0 to 100000 (the pool's) is",
            ),
            (
                of_tenants(PartitionLimits::new().guaranteed(10)),
                "10 connections are guaranteed to partitions, and at most 9",
            ),
        ] {
            let problem = problem(config);
            assert!(problem.starts_with(expected), "{problem}");
        }
    }

    #[test]
    fn guarantees_are_added_up_however_large() {
        let most = PartitionLimits::new().guaranteed(u32::MAX);
        let keys = ["acme", "other"].map(|name| PartitionKey::new(PartitionKind::Tenant, name));
        let config = keys
            .into_iter()
            .fold(PoolConfig::new(), |config, key| config.partition(key, most));
        let problems = config.problems();
        assert_eq!(
            problems.last().map(String::as_str),
            Some(
                "8589934590 connections are guaranteed to partitions, and at most 9 (max_connections less one) can be"
            )
        );
    }

    #[test]
    fn all_problems_are_named_with_value_and_range() {
        let config = PoolConfig::new()
            .max_connections(2)
            .min_connections(3)
            .acquire_timeout(Duration::ZERO)
            .idle_timeout(Duration::from_secs(8 * 24 * 60 * 60))
            .shedding(Shedding::new().interval(MILLISECOND))
            .partition(
                PartitionKey::new(PartitionKind::Tenant, "acme"),
                PartitionLimits::new().max_connections(5).guaranteed(6),
            )
            .each_partition(
                PartitionKind::User,
                PartitionLimits::new().max_connections(0),
            );
        assert_eq!(
            config.problems(),
            [
                "min_connections is 3, and 0 to 2 (max_connections) is allowed",
                "acquire_timeout is 0ns, and 1ms to 7 days is allowed",
                "idle_timeout is 691200s, and 1s to 7 days is allowed",
                "the interval of shedding is 1ms, and 50ms to 7 days is allowed",
                "max_connections of each user is 0, and 1 to 2 (the pool's) is allowed",
                "max_connections of tenant acme is 5, and 1 to 2 (the pool's) is allowed",
                "guaranteed of tenant acme is 6, and 0 to 5 (its max_connections) is allowed",
                "6 connections are guaranteed to partitions, and at most 1 (max_connections less one) can be",
            ]
        );
    }
}
