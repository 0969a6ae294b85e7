use expect_test::expect;

use super::are_refused;

#[test]
fn a_signature_that_cannot_be_a_query_is_told_why() {
    are_refused(
        &[
            "async fn find_by_a() -> Result<A>;",
            "async fn find_by_a(&self, db: &impl Executor, a: i64) -> Result<A>;",
            "async fn find_by_a(db: impl Executor, a: i64) -> Result<A>;",
            "async fn find_by_a(db: &mut Database, a: i64) -> Result<A>;",
            "async fn find_by_a<E: Executor>(db: &E, a: i64) -> Result<A>;",
            "async fn find_by_a(db: &impl Executor, (a, b): (i64, i64)) -> Result<A>;",
            "async fn find_by_a(db: &impl Executor, mut a: i64) -> Result<A>;",
            "async fn find_by_a(db: &impl Executor, a: i64);",
            "async fn find_by_a(db: &impl Executor, a: i64) -> Vec<A>;",
            "fn find_by_a(db: &impl Executor, a: i64) -> Result<A>;",
            "async fn find_by_a(db: &impl Executor, a: i64) -> impl Stream<Item = Result<A>>;",
            "fn find_by_a(db: &impl Executor, a: i64) -> impl Stream<Item = A>;",
            "fn find_by_a(db: &impl Executor, a: i64) -> impl Future<Output = A>;",
            "async unsafe fn find_by_a(db: &impl Executor, a: i64) -> Result<A>;",
            "const fn find_by_a(db: &impl Executor, a: i64) -> Result<A>;",
            "async extern \"C\" fn find_by_a(db: &impl Executor, a: i64) -> Result<A>;",
            "async fn find_by_a(db: &impl Executor, a: i64) -> Result<Page<A>>;",
            "async fn find_by_a(db: &impl Executor, a: i64, number: i64, size: u64) -> Result<Page<A>>;",
            "#[cached(ttl = \"5m\")] async fn find_by_a(db: &impl Executor, a: i64) -> Result<A>;",
        ],
        expect![[r#"
            async fn find_by_a() -> Result<A>;
                the first parameter says where to run: `db: &impl Executor`, or `db: &impl WriteExecutor` for what writes    <- find_by_a
            async fn find_by_a(&self, db: &impl Executor, a: i64) -> Result<A>;
                a query is called on the repository itself, `Accounts::find_by_owner(..)`: it takes no `self`    <- &self
            async fn find_by_a(db: impl Executor, a: i64) -> Result<A>;
                the first parameter says where to run: `db: &impl Executor`, or `db: &impl WriteExecutor` for what writes    <- impl Executor
            async fn find_by_a(db: &mut Database, a: i64) -> Result<A>;
                the first parameter says where to run: `db: &impl Executor`, or `db: &impl WriteExecutor` for what writes    <- &mut Database
            async fn find_by_a<E: Executor>(db: &E, a: i64) -> Result<A>;
                a query has no generic types: where to run is `&impl Executor`, and an argument has a type of its own    <- E: Executor
                the first parameter says where to run: `db: &impl Executor`, or `db: &impl WriteExecutor` for what writes    <- &E
            async fn find_by_a(db: &impl Executor, (a, b): (i64, i64)) -> Result<A>;
                expected a plain name    <- (a, b)
            async fn find_by_a(db: &impl Executor, mut a: i64) -> Result<A>;
                expected a plain name    <- mut a
            async fn find_by_a(db: &impl Executor, a: i64);
                a method of a repository returns `Result<...>`    <- find_by_a
            async fn find_by_a(db: &impl Executor, a: i64) -> Vec<A>;
                a method of a repository returns `Result<...>`, or `impl Stream<Item = Result<T>>`    <- Vec<A>
            fn find_by_a(db: &impl Executor, a: i64) -> Result<A>;
                a query waits for the database: `async fn`    <- fn
            async fn find_by_a(db: &impl Executor, a: i64) -> impl Stream<Item = Result<A>>;
                a stream is returned at once and waits when it is read: `fn` without `async`    <- async
            fn find_by_a(db: &impl Executor, a: i64) -> impl Stream<Item = A>;
                a stream is `impl Stream<Item = Result<T>>`    <- impl Stream<Item = A>
            fn find_by_a(db: &impl Executor, a: i64) -> impl Future<Output = A>;
                a stream is `impl Stream<Item = Result<T>>`    <- impl Future<Output = A>
            async unsafe fn find_by_a(db: &impl Executor, a: i64) -> Result<A>;
                a query isn't `unsafe`    <- unsafe
            const fn find_by_a(db: &impl Executor, a: i64) -> Result<A>;
                a query can't be `const`    <- const
                a query waits for the database: `async fn`    <- fn
            async extern "C" fn find_by_a(db: &impl Executor, a: i64) -> Result<A>;
                a query is a plain `async fn`    <- extern "C"
            async fn find_by_a(db: &impl Executor, a: i64) -> Result<Page<A>>;
                a method that returns a page ends with the arguments `number: u64, size: u64`    <- find_by_a
            async fn find_by_a(db: &impl Executor, a: i64, number: i64, size: u64) -> Result<Page<A>>;
                a method that returns a page ends with the arguments `number: u64, size: u64`    <- number
            #[cached(ttl = "5m")] async fn find_by_a(db: &impl Executor, a: i64) -> Result<A>;
                `#[cached]` is not supported yet    <- #[cached(ttl = "5m")]
        "#]],
    );
}
