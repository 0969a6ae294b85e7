//! The cancellation matrix: every scenario is dropped at every one of its await points, on every engine.
//!
//! A point is reached by polling the scenario's future N times, for every N until it gets through; and once more through
//! a proxy that has delivered the request and withholds the answer. After each point these must hold:
//!
//! - all or nothing: the accounts are in the state before or in a state that the scenario allows;
//! - `Ok` from commit means committed;
//! - the next borrower's connection is clean: what it writes on its own is there for everybody at once;
//! - no connection is lost: the pool has one, and it serves the next call;
//! - nothing outer is lost by something inner.
//!
//! It fails, as it must, when what it shows is switched off: with `WHARF_WITHOUT=state` a connection counts as clean whatever
//! happened on it, with `WHARF_WITHOUT=guard` a lost commit is run again without a question. `.ci/run` sees to that.

#![allow(unreachable_pub, missing_docs, reason = "a test binary has no users")]

mod bank;
mod fixture;
mod lost;
mod once;
mod points;
mod scenarios;

use fixture::{Engine, Fixture};
use points::{by_polls, by_withheld_answers};
use scenarios::SCENARIOS;

/// How often everything is polled through. Whether an answer is there at the first look is chance, most of all on SQLite,
/// whose answers come from another thread: each round finds other points.
const ROUNDS: usize = 4;

async fn run(engine: Engine) {
    let mut polled = 0;
    let mut withheld = 0;
    let fixture = Fixture::direct(engine).await;
    for _ in 0..ROUNDS {
        for scenario in SCENARIOS {
            polled += by_polls(&fixture, scenario).await;
        }
    }
    fixture.close().await;
    if engine != Engine::Sqlite {
        let fixture = Fixture::proxied(engine).await;
        for scenario in SCENARIOS {
            withheld += by_withheld_answers(&fixture, scenario).await;
        }
        fixture.close().await;
    }
    println!(
        "matrix {engine:?} scenarios={} polled={polled} withheld={withheld}",
        SCENARIOS.len()
    );
    // Each scenario has several await points; fewer means that the matrix no longer tries them.
    assert!(
        polled >= 4 * SCENARIOS.len(),
        "only {polled} points were tried"
    );
    assert!(
        engine == Engine::Sqlite || withheld >= 2 * SCENARIOS.len(),
        "only {withheld} points were tried"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_half_done_or_dirty_on_sqlite() {
    run(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_half_done_or_dirty_on_postgres() {
    run(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_half_done_or_dirty_on_mariadb() {
    run(Engine::MariaDb).await;
}
