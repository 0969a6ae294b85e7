//! Reaching every await point, and judging what is left.

use std::future::Future;
use std::pin::pin;

use futures_util::future::{Either, select};
use wharf::prelude::*;
use wharf_tests::cancel::drop_after;

use crate::bank::Accounts;
use crate::fixture::{Balances, Fixture};
use crate::scenarios::{INNER, InnerScenario, Scenario, Verdict};

/// More points than any scenario has: reaching it means that one never ends.
const MOST_POINTS: usize = 2_000;

/// How a future is dropped.
#[derive(Clone, Copy)]
enum Drop<'a> {
    /// After that many polls.
    Polls(usize),
    /// After that many polls and then as soon as the server has answered into the proxy's hands.
    Withheld(usize, &'a Fixture),
}

impl Drop<'_> {
    /// `None` when it was dropped.
    async fn apply<F: Future>(self, future: F) -> Option<F::Output> {
        match self {
            Self::Polls(polls) => drop_after(polls, future).await,
            Self::Withheld(polls, fixture) => {
                let proxy = fixture.proxy.as_ref().expect("a fixture with a proxy");
                let mut future = Box::pin(future);
                if let Some(output) = drop_after(polls, future.as_mut()).await {
                    return Some(output);
                }
                proxy.withhold_answers();
                let output = match select(future, pin!(proxy.answer_withheld())).await {
                    Either::Left((output, _)) => Some(output),
                    // The future is dropped here, with its answer in the proxy's hands.
                    Either::Right(_) => None,
                };
                proxy.release();
                output
            }
        }
    }
}

/// Drops a scenario after each number of polls, until it gets through; says how many points that were.
pub async fn by_polls(fixture: &Fixture, scenario: &Scenario) -> usize {
    let mut points = try_points(fixture, scenario, Drop::Polls).await;
    if scenario.name == INNER_GOES_WITH {
        for inner in INNER {
            points += try_inner_points(fixture, inner, Drop::Polls).await;
        }
    }
    points
}

/// The same, with the request delivered and the answer withheld.
pub async fn by_withheld_answers(fixture: &Fixture, scenario: &Scenario) -> usize {
    let drop = |polls| Drop::Withheld(polls, fixture);
    let mut points = try_points(fixture, scenario, drop).await;
    if scenario.name == INNER_GOES_WITH {
        for inner in INNER {
            points += try_inner_points(fixture, inner, drop).await;
        }
    }
    points
}

/// The inner scenarios are tried once, after this one.
const INNER_GOES_WITH: &str = "a nested unit that is kept";

async fn try_points<'a>(
    fixture: &Fixture,
    scenario: &Scenario,
    drop: impl Fn(usize) -> Drop<'a>,
) -> usize {
    for point in 0..MOST_POINTS {
        fixture.reset().await;
        let verdict = drop(point).apply((scenario.run)(&fixture.db)).await;
        let at = format!(
            "`{}` on {:?}, dropped at point {point}",
            scenario.name, fixture.engine
        );
        fixture.next_borrower_is_clean(&at).await;
        let balances = fixture.balances().await;
        match verdict {
            Some(verdict) => {
                assert!(
                    verdict.is_ok(),
                    "`{}` itself fails: {verdict:?}",
                    scenario.name
                );
                assert_eq!(
                    balances, scenario.done,
                    "matrix violation: Ok and not committed, {at}"
                );
                return point;
            }
            None => {
                let is_allowed =
                    balances == Balances::default() || scenario.allowed.contains(&balances);
                assert!(
                    is_allowed,
                    "matrix violation: half done, {balances:?}, {at}"
                );
            }
        }
    }
    panic!("`{}` has more than {MOST_POINTS} points", scenario.name);
}

async fn try_inner_points<'a>(
    fixture: &Fixture,
    inner: &InnerScenario,
    drop: impl Fn(usize) -> Drop<'a>,
) -> usize {
    for point in 0..MOST_POINTS {
        fixture.reset().await;
        let at = format!(
            "inner `{}` on {:?}, dropped at point {point}",
            inner.name, fixture.engine
        );
        let (verdict, committed) = around(fixture, inner, drop(point)).await;
        fixture.next_borrower_is_clean(&at).await;
        let balances = fixture.balances().await;
        match (verdict, committed) {
            (Some(verdict), committed) => {
                assert!(
                    verdict.is_ok(),
                    "`{}` itself fails: {verdict:?}",
                    inner.name
                );
                assert!(
                    committed.is_ok(),
                    "matrix violation: nothing went wrong, and {committed:?}, {at}"
                );
                assert_eq!(
                    balances, inner.done,
                    "matrix violation: Ok and not committed, {at}"
                );
                return point;
            }
            (None, Ok(())) => {
                // A statement that had not been sent when it was dropped harms nobody.
                let is_untouched = inner.dooms && balances == [1, 0, 0, 1];
                let is_allowed = inner.allowed.contains(&balances) || is_untouched;
                assert!(
                    is_allowed,
                    "matrix violation: outer work lost or inner half done, {balances:?}, {at}"
                );
            }
            (None, Err(error)) => {
                let is_doomed = inner.dooms && error.kind() == ErrorKind::RolledBack;
                assert!(
                    is_doomed,
                    "matrix violation: the outer unit is lost by the inner, {error:?}, {at}"
                );
                assert_eq!(
                    balances,
                    Balances::default(),
                    "matrix violation: rolled back and not undone, {at}"
                );
            }
        }
    }
    panic!("`{}` has more than {MOST_POINTS} points", inner.name);
}

/// Runs the outer unit around the inner future, which alone is dropped.
async fn around(
    fixture: &Fixture,
    inner: &InnerScenario,
    drop: Drop<'_>,
) -> (Option<Verdict>, Verdict) {
    let uow = fixture.db.begin().await.expect("the outer unit begins");
    Accounts::raise(&uow, 1)
        .await
        .expect("the outer unit works");
    let verdict = drop.apply((inner.run)(&uow)).await;
    let committed = async {
        Accounts::raise(&uow, 4).await?;
        uow.commit().await.map(std::mem::drop)
    };
    (verdict, committed.await)
}
