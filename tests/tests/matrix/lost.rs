//! A commit whose request or whose answer is lost on the wire.

use wharf::prelude::*;
use wharf_tests::proxy::Fault;

use crate::bank::Accounts;
use crate::fixture::{Balances, Engine, Fixture};

/// Commits through a proxy that strikes at the word COMMIT; what is there afterwards.
async fn commit_and_lose(fixture: &Fixture, fault: Fault) -> (Error, Balances) {
    fixture.reset().await;
    let uow = fixture.db.begin().await.expect("a unit of work");
    Accounts::raise(&uow, 1).await.expect("a statement");
    let proxy = fixture.proxy.as_ref().expect("a fixture with a proxy");
    proxy.arm(b"COMMIT", fault);
    let error = uow.commit().await.expect_err("the answer never comes");
    fixture
        .next_borrower_is_clean(&format!("a lost commit on {:?}", fixture.engine))
        .await;
    (error, fixture.balances().await)
}

async fn a_lost_commit_is_unknown(engine: Engine) {
    let fixture = Fixture::proxied(engine).await;
    for (fault, expected) in [
        (Fault::AckLost, [1, 0, 0, 0]),
        (Fault::RequestLost, [0, 0, 0, 0]),
    ] {
        let (error, balances) = commit_and_lose(&fixture, fault).await;
        assert_eq!(error.kind(), ErrorKind::CommitUnknown, "{error:?}");
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert!(!error.is_retryable(), "to try again could do it twice");
        assert_eq!(balances, expected);
    }
    fixture.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_unknown_on_postgres() {
    a_lost_commit_is_unknown(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_unknown_on_mariadb() {
    a_lost_commit_is_unknown(Engine::MariaDb).await;
}
