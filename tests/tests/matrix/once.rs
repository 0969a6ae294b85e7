//! Every fault at every message of a call that is `exactly_once`: begin, statement, savepoint, commit, and the question what
//! became of the commit. Whatever happens, it is applied once or not at all, and the program knows which.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use wharf::prelude::*;
use wharf::{CommitId, CommitOutcome};
use wharf_tests::cancel::drop_after;
use wharf_tests::proxy;

use crate::bank::{Account, Accounts};
use crate::fixture::{Engine, Fixture};

/// Where something goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Point {
    Begin,
    Statement,
    Savepoint,
    Commit,
    Resolve,
}

/// What goes wrong there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The server refuses.
    Error,
    /// The connection breaks, and the message with it.
    CutBefore,
    /// The message arrives, and its answer doesn't.
    CutAfter,
    /// The server ends the connection.
    Kill,
}

const POINTS: [Point; 5] = [
    Point::Begin,
    Point::Statement,
    Point::Savepoint,
    Point::Commit,
    Point::Resolve,
];
const FAULTS: [Fault; 4] = [Fault::Error, Fault::CutBefore, Fault::CutAfter, Fault::Kill];

/// More polls than any of these futures takes.
const MOST_POLLS: usize = 2_000;

/// Raises two accounts, and meets with one fault on the way.
struct Teller<'a> {
    fixture: &'a Fixture,
    point: Point,
    fault: Fault,
    has_struck: AtomicBool,
    hooks: Arc<AtomicU32>,
}

impl<'a> Teller<'a> {
    fn new(fixture: &'a Fixture, point: Point, fault: Fault) -> Self {
        Self {
            fixture,
            point,
            fault,
            has_struck: AtomicBool::new(false),
            hooks: Arc::default(),
        }
    }

    #[transactional(exactly_once, retry = 3)]
    async fn raise(&self, uow: &UnitOfWork) -> Result<()> {
        let hooks = self.hooks.clone();
        uow.on_commit(move || {
            hooks.fetch_add(1, Ordering::Relaxed);
        });
        if self.strikes(Point::Statement).await {
            Accounts::insert(uow, &Account { id: 1, balance: 0 }).await?;
        }
        Accounts::raise(uow, 1).await?;
        if self.strikes(Point::Savepoint).await {
            uow.nested(async |part| Accounts::get(part, 77).await)
                .await?;
        }
        uow.nested(async |part| Accounts::raise(part, 2).await)
            .await?;
        if self.strikes(Point::Commit).await {
            // Swallowed, and so the commit is refused.
            let taken = Accounts::insert(uow, &Account { id: 1, balance: 0 }).await;
            taken.expect_err("the account is there");
        }
        Ok(())
    }

    /// Lets the fault happen at its point, once; `true` when the call is to bring an error about by itself.
    async fn strikes(&self, point: Point) -> bool {
        if point != self.point || self.has_struck.swap(true, Ordering::Relaxed) {
            return false;
        }
        let arm = |fault| {
            let proxy = self.fixture.proxy.as_ref().expect("a proxy");
            proxy.arm(pattern(self.fixture.engine, point), fault);
        };
        match self.fault {
            Fault::Error => return true,
            Fault::CutBefore => arm(proxy::Fault::RequestLost),
            Fault::CutAfter => arm(proxy::Fault::AckLost),
            Fault::Kill => self.fixture.kill_connections().await,
        }
        false
    }

    fn at(&self) -> String {
        format!(
            "{:?} at {:?} on {:?}",
            self.fault, self.point, self.fixture.engine
        )
    }
}

/// A word of the message that is lost.
fn pattern(engine: Engine, point: Point) -> &'static [u8] {
    match (point, engine) {
        (Point::Begin, Engine::MariaDb) => b"START",
        (Point::Begin, _) => b"BEGIN",
        (Point::Statement, _) => b"UPDATE",
        (Point::Savepoint, _) => b"SAVEPOINT",
        (Point::Commit, _) => b"COMMIT",
        (Point::Resolve, Engine::MariaDb) => b"IGNORE",
        (Point::Resolve, _) => b"CONFLICT",
    }
}

/// One fault at one message of a call.
async fn try_call(fixture: &Fixture, point: Point, fault: Fault) {
    fixture.reset().await;
    let teller = Teller::new(fixture, point, fault);
    let breaks_begin = teller.strikes(Point::Begin).await;
    if breaks_begin {
        fixture.hide_guard().await;
    }
    let result = teller.raise(&fixture.db).await;
    if breaks_begin {
        fixture.show_guard().await;
    }
    let at = teller.at();
    assert!(teller.has_struck.into_inner(), "{at} was never reached");
    if let Some(proxy) = &fixture.proxy {
        assert!(!proxy.is_armed(), "{at}: the message never went out");
    }
    fixture.next_borrower_is_clean(&at).await;
    let hooks = teller.hooks.load(Ordering::Relaxed);
    let balances = fixture.balances().await;
    if fault == Fault::Error {
        let error = result.expect_err("refused");
        assert_ne!(error.outcome(), Outcome::Unknown, "{at}: {error:?}");
        assert_eq!(
            (balances, hooks),
            ([0, 0, 0, 0], 0),
            "matrix violation: {at}"
        );
    } else {
        assert!(result.is_ok(), "matrix violation: {at}: {result:?}");
        assert_eq!(
            (balances, hooks),
            ([1, 1, 0, 0], 1),
            "matrix violation: doubled or lost by {at}"
        );
    }
}

/// A unit whose commit is lost, and what it is called.
async fn lose_commit(fixture: &Fixture, is_applied: bool) -> (CommitId, CommitOutcome) {
    fixture.reset().await;
    let uow = fixture.db.begin().await.expect("a unit of work");
    Accounts::raise(&uow, 1).await.expect("a statement");
    let (fault, outcome) = match is_applied {
        true => (proxy::Fault::AckLost, CommitOutcome::Committed),
        false => (proxy::Fault::RequestLost, CommitOutcome::RolledBack),
    };
    let proxy = fixture.proxy.as_ref().expect("a proxy");
    proxy.arm(b"COMMIT", fault);
    let error = uow.commit().await.expect_err("the answer never comes");
    (error.commit_id().expect("a guard row"), outcome)
}

/// One fault at the question what became of a commit, which gets its answer all the same.
async fn try_question(fixture: &Fixture, fault: Fault, is_applied: bool) {
    let (id, outcome) = lose_commit(fixture, is_applied).await;
    let teller = Teller::new(fixture, Point::Resolve, fault);
    if teller.strikes(Point::Resolve).await {
        fixture.hide_guard().await;
        let refused = fixture.db.resolve(id).await.expect_err("there is no table");
        assert_eq!(refused.kind(), ErrorKind::Schema);
        fixture.show_guard().await;
    }
    for time in ["first", "second"] {
        let resolved = fixture.db.resolve(id).await;
        let at = teller.at();
        assert_eq!(
            resolved.ok(),
            Some(outcome),
            "matrix violation: {at}, asked the {time} time"
        );
    }
    assert_eq!(fixture.balances().await, [i64::from(is_applied), 0, 0, 0]);
}

/// The question is dropped after every number of polls, and asked again.
async fn drop_question(fixture: &Fixture, is_applied: bool) -> usize {
    for polls in 0..MOST_POLLS {
        let (id, outcome) = lose_commit(fixture, is_applied).await;
        let resolved = drop_after(polls, fixture.db.resolve(id)).await;
        let again = fixture.db.resolve(id).await;
        assert_eq!(
            again.ok(),
            Some(outcome),
            "matrix violation: dropped at poll {polls}"
        );
        if resolved.is_some() {
            return polls;
        }
    }
    panic!("it never ends");
}

/// The call is dropped after every number of polls: then it is applied or not, but never half or twice.
async fn drop_call(fixture: &Fixture) -> usize {
    for polls in 0..MOST_POLLS {
        fixture.reset().await;
        let teller = Teller::new(fixture, Point::Resolve, Fault::Error);
        let done = drop_after(polls, teller.raise(&fixture.db)).await;
        let at = format!("dropped at poll {polls} on {:?}", fixture.engine);
        fixture.next_borrower_is_clean(&at).await;
        let balances = fixture.balances().await;
        match done {
            Some(result) => {
                assert!(result.is_ok(), "{result:?}");
                assert_eq!(balances, [1, 1, 0, 0], "matrix violation: {at}");
                return polls;
            }
            None => {
                let is_whole = [[0, 0, 0, 0], [1, 1, 0, 0]].contains(&balances);
                assert!(is_whole, "matrix violation: {balances:?}, {at}");
            }
        }
    }
    panic!("it never ends");
}

async fn run(engine: Engine) {
    let fixture = match engine {
        Engine::Sqlite => Fixture::guarded_file().await,
        _ => Fixture::guarded(engine).await,
    };
    let mut dropped = drop_call(&fixture).await;
    let mut struck = 0;
    for point in POINTS {
        for fault in FAULTS {
            match (point, fault) {
                // Nothing is on a wire there.
                (Point::Resolve, _) | (_, Fault::CutBefore | Fault::CutAfter | Fault::Kill)
                    if engine == Engine::Sqlite =>
                {
                    continue;
                }
                (Point::Resolve, fault) => {
                    for is_applied in [true, false] {
                        try_question(&fixture, fault, is_applied).await;
                        struck += 1;
                    }
                }
                (point, fault) => {
                    try_call(&fixture, point, fault).await;
                    struck += 1;
                }
            }
        }
    }
    if engine != Engine::Sqlite {
        for is_applied in [true, false] {
            dropped += drop_question(&fixture, is_applied).await;
        }
    }
    fixture.close().await;
    println!("matrix once {engine:?} struck={struck} dropped={dropped}");
    assert_eq!(struck, if engine == Engine::Sqlite { 4 } else { 24 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_done_twice_on_sqlite() {
    run(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_done_twice_on_postgres() {
    run(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_done_twice_on_mariadb() {
    run(Engine::MariaDb).await;
}
