use expect_test::{Expect, expect};

use super::attribute;
use crate::pretty::{mistakes, pretty};

fn expands(options: &str, source: &str, expected: Expect) {
    expected.assert_eq(&pretty(&attribute(
        options.parse().unwrap(),
        source.parse().unwrap(),
    )));
}

#[test]
fn the_body_runs_between_begin_and_commit() {
    expands(
        "read_only",
        r#"
        /// What there is.
        pub async fn report(uow: &UnitOfWork<ReadOnly>, mut rows: Vec<Row>) -> Result<Report, BankError> {
            rows.push(Rows::get(uow, 1).await?);
            Ok(Report::of(rows))
        }
        "#,
        expect![[r#"
            /// What there is.
            pub async fn report(
                uow: &impl w::Executor,
                mut rows: Vec<Row>,
            ) -> Result<Report, BankError> {
                let mut runner = w::Runner::new(
                    w::target(uow),
                    const { w::TransactionOptions::new().read_only() },
                    w::Site::here("report"),
                );
                let unit = runner.begin::<w::ReadOnly>().await?;
                let result: Result<Report, BankError> = {
                    let uow: &UnitOfWork<ReadOnly> = &unit;
                    runner
                        .run(
                            &unit,
                            async {
                                #[allow(
                                    unreachable_code,
                                    clippy::diverging_sub_expression,
                                    clippy::empty_loop,
                                    clippy::let_unit_value
                                )]
                                if false {
                                    let result: Result<Report, BankError> = loop {};
                                    return result;
                                }
                                rows.push(Rows::get(uow, 1).await?);
                                Ok(Report::of(rows))
                            },
                        )
                        .await
                };
                runner.finish_once(unit, result).await
            }
        "#]],
    );
}

#[test]
fn with_retries_each_run_gets_its_own_copy_of_the_arguments() {
    expands(
        r#"isolation = Serializable, retry = 5, timeout = "2s", propagation = requires_new"#,
        r#"
        async fn transfer(uow: &UnitOfWork, from: i64, mut note: String, seen: &[i64]) -> Result<()> {
            note.push('!');
            Ok(())
        }
        "#,
        expect![[r#"
            async fn transfer(
                uow: &impl w::WriteExecutor,
                from: i64,
                note: String,
                seen: &[i64],
            ) -> Result<()> {
                let mut runner = w::Runner::new(
                    w::target(uow),
                    const {
                        w::TransactionOptions::new()
                            .isolation(w::Isolation::Serializable)
                            .timeout(::core::time::Duration::from_millis(2000))
                            .retry(5)
                            .propagation(w::Propagation::RequiresNew)
                    },
                    w::Site::here("transfer"),
                );
                loop {
                    let unit = runner.begin::<w::ReadWrite>().await?;
                    let result: Result<()> = {
                        let uow: &UnitOfWork = &unit;
                        let from = ::core::clone::Clone::clone(&from);
                        let mut note = ::core::clone::Clone::clone(&note);
                        runner
                            .run(
                                &unit,
                                async {
                                    #[allow(
                                        unreachable_code,
                                        clippy::diverging_sub_expression,
                                        clippy::empty_loop,
                                        clippy::let_unit_value
                                    )]
                                    if false {
                                        let result: Result<()> = loop {};
                                        return result;
                                    }
                                    note.push('!');
                                    Ok(())
                                },
                            )
                            .await
                    };
                    match runner.finish(unit, result).await {
                        ::core::ops::ControlFlow::Break(result) => return result,
                        ::core::ops::ControlFlow::Continue(()) => {}
                    }
                }
            }
        "#]],
    );
}

#[test]
fn exactly_once_runs_again_until_its_fate_is_known() {
    expands(
        "exactly_once",
        r#"
        async fn transfer(uow: &UnitOfWork, from: i64) -> Result<()> {
            Ok(())
        }
        "#,
        expect![[r#"
            async fn transfer(uow: &impl w::WriteExecutor, from: i64) -> Result<()> {
                let mut runner = w::Runner::new(
                    w::target(uow),
                    const { w::TransactionOptions::new().exactly_once() },
                    w::Site::here("transfer"),
                );
                loop {
                    let unit = runner.begin::<w::ReadWrite>().await?;
                    let result: Result<()> = {
                        let uow: &UnitOfWork = &unit;
                        let from = ::core::clone::Clone::clone(&from);
                        runner
                            .run(
                                &unit,
                                async {
                                    #[allow(
                                        unreachable_code,
                                        clippy::diverging_sub_expression,
                                        clippy::empty_loop,
                                        clippy::let_unit_value
                                    )]
                                    if false {
                                        let result: Result<()> = loop {};
                                        return result;
                                    }
                                    Ok(())
                                },
                            )
                            .await
                    };
                    match runner.finish(unit, result).await {
                        ::core::ops::ControlFlow::Break(result) => return result,
                        ::core::ops::ControlFlow::Continue(()) => {}
                    }
                }
            }
        "#]],
    );
}

#[test]
fn under_a_key_the_value_of_an_earlier_call_is_returned() {
    expands(
        "exactly_once = order.id + 1",
        r#"
        async fn pay(&self, uow: &UnitOfWork, order: &Order, mut amount: i64) -> Result<Receipt> {
            Ok(Receipt)
        }
        "#,
        expect![[r#"
            async fn pay(
                &self,
                uow: &impl w::WriteExecutor,
                order: &Order,
                amount: i64,
            ) -> Result<Receipt> {
                let mut runner = w::Runner::keyed(
                    w::target(uow),
                    const { w::TransactionOptions::new().exactly_once() },
                    w::Site::here("pay"),
                    &(order.id + 1),
                    &[&order, &amount],
                );
                loop {
                    let unit = match runner.begin_keyed::<w::ReadWrite, _>().await? {
                        ::core::ops::ControlFlow::Continue(unit) => unit,
                        ::core::ops::ControlFlow::Break(result) => {
                            return ::core::result::Result::Ok(result);
                        }
                    };
                    let result: Result<Receipt> = {
                        let uow: &UnitOfWork = &unit;
                        let mut amount = ::core::clone::Clone::clone(&amount);
                        runner
                            .run(
                                &unit,
                                async {
                                    #[allow(
                                        unreachable_code,
                                        clippy::diverging_sub_expression,
                                        clippy::empty_loop,
                                        clippy::let_unit_value
                                    )]
                                    if false {
                                        let result: Result<Receipt> = loop {};
                                        return result;
                                    }
                                    Ok(Receipt)
                                },
                            )
                            .await
                    };
                    match runner.finish_keyed(unit, result).await {
                        ::core::ops::ControlFlow::Break(result) => return result,
                        ::core::ops::ControlFlow::Continue(()) => {}
                    }
                }
            }
        "#]],
    );
}

#[test]
fn a_key_that_is_an_argument_is_not_compared_with_itself() {
    let source = "async fn pay(uow: &UnitOfWork, key: &str, amount: i64) -> Result<()> { Ok(()) }";
    let tokens = attribute(
        "exactly_once = key".parse().unwrap(),
        source.parse().unwrap(),
    );
    assert!(
        pretty(&tokens).contains("&[&amount]"),
        "{}",
        pretty(&tokens)
    );
}

#[test]
fn an_option_that_is_not_understood_is_told_at_its_value() {
    let cases = [
        "isolation = Snapshot",
        "isolation",
        "timeout = 2",
        "timeout = \"2\"",
        "timeout = \"0s\"",
        "timeout = \"2h\"",
        "retry = 101",
        "retry = -1",
        "retry",
        "propagation = mandatory",
        "read_only = true",
        "read_only()",
        "exactly_once()",
        "exactly_once, exactly_once = key",
        "read_only, exactly_once",
        "isolated",
        "retry = 1, retry = 2",
        "retry = 1 timeout",
    ];
    let source = "async fn f(uow: &UnitOfWork) -> Result<()> { Ok(()) }";
    let told: String = cases
        .iter()
        .map(|options| {
            let tokens = attribute(options.parse().unwrap(), source.parse().unwrap());
            format!("{options}\n    {}", mistakes(tokens))
        })
        .collect();
    expect![[r#"
        isolation = Snapshot
            `isolation` is `ReadUncommitted`, `ReadCommitted`, `RepeatableRead` or `Serializable`    <- Snapshot
        isolation
            `isolation` is `ReadUncommitted`, `ReadCommitted`, `RepeatableRead` or `Serializable`    <- isolation
        timeout = 2
            expected `timeout = "2s"`    <- 2
        timeout = "2"
            expected a whole number and a unit: `"250ms"`, `"2s"` or `"1m"`    <- "2"
        timeout = "0s"
            a timeout is at least `"1ms"`    <- "0s"
        timeout = "2h"
            expected a whole number and a unit: `"250ms"`, `"2s"` or `"1m"`    <- "2h"
        retry = 101
            `retry` is between 0 and 100    <- 101
        retry = -1
            expected `retry = 5`    <- -1
        retry
            expected `retry = 5`    <- retry
        propagation = mandatory
            `propagation` is `nested`, `join` or `requires_new`    <- mandatory
        read_only = true
            `read_only` takes no value    <- true
        a `read_only` function takes `&UnitOfWork<ReadOnly>`    <- UnitOfWork
        read_only()
            `read_only` takes no list    <- read_only
        a `read_only` function takes `&UnitOfWork<ReadOnly>`    <- UnitOfWork
        exactly_once()
            `exactly_once` takes no list    <- exactly_once
        exactly_once, exactly_once = key
            `exactly_once` is given twice    <- exactly_once
        read_only, exactly_once
            a `read_only` function takes `&UnitOfWork<ReadOnly>`    <- UnitOfWork
        isolated
            unknown option `isolated`, expected one of `isolation`, `read_only`, `timeout`, `retry`, `propagation` or `exactly_once`    <- isolated
        retry = 1, retry = 2
            `retry` is given twice    <- retry
        retry = 1 timeout
            expected `,`    <- timeout
    "#]].assert_eq(&told);
}

#[test]
fn a_timeout_has_a_unit() {
    for (timeout, milliseconds) in [("250ms", "250"), ("2s", "2000"), ("1m", "60000")] {
        let options = format!("timeout = \"{timeout}\"");
        let source = "async fn f(uow: &UnitOfWork) -> Result<()> { Ok(()) }";
        let tokens = attribute(options.parse().unwrap(), source.parse().unwrap());
        let wanted = format!("from_millis ({milliseconds})");
        assert!(tokens.to_string().contains(&wanted), "{timeout}");
    }
}

#[test]
fn a_function_that_cannot_be_a_unit_of_work_is_told_why() {
    let cases = [
        ("", "fn f(uow: &UnitOfWork) -> Result<()> { Ok(()) }"),
        ("", "async fn f(uow: &UnitOfWork) -> Result<()>;"),
        ("", "async fn f(uow: &UnitOfWork) { }"),
        ("", "async fn f(uow: &UnitOfWork) -> i64 { 1 }"),
        (
            "",
            "async fn f(uow: &UnitOfWork) -> Result<impl Sized> { Ok(1) }",
        ),
        ("", "async fn f(db: &Database) -> Result<()> { Ok(()) }"),
        ("", "async fn f(uow: UnitOfWork) -> Result<()> { Ok(()) }"),
        (
            "",
            "async fn f(uow: &mut UnitOfWork) -> Result<()> { Ok(()) }",
        ),
        (
            "",
            "async fn f(mut uow: &UnitOfWork) -> Result<()> { Ok(()) }",
        ),
        ("", "async fn f(_: &UnitOfWork) -> Result<()> { Ok(()) }"),
        (
            "",
            "async fn f(a: &UnitOfWork, b: &UnitOfWork) -> Result<()> { Ok(()) }",
        ),
        (
            "",
            "async fn f(uow: &UnitOfWork<M>) -> Result<()> { Ok(()) }",
        ),
        (
            "",
            "async fn f(uow: &UnitOfWork<ReadOnly>) -> Result<()> { Ok(()) }",
        ),
        (
            "read_only",
            "async fn f(uow: &wharf::UnitOfWork) -> Result<()> { Ok(()) }",
        ),
        (
            "retry = 1",
            "async fn f(self, uow: &UnitOfWork) -> Result<()> { Ok(()) }",
        ),
        (
            "exactly_once",
            "async fn f(self, uow: &UnitOfWork) -> Result<()> { Ok(()) }",
        ),
        (
            "exactly_once = key",
            "async fn f(uow: &UnitOfWork, key: &str, (a, b): (i64, i64), _: i64) -> Result<()> { Ok(()) }",
        ),
        (
            "read_only, exactly_once",
            "async fn f(uow: &UnitOfWork<ReadOnly>) -> Result<()> { Ok(()) }",
        ),
        ("", "struct A;"),
    ];
    let told: String = cases
        .iter()
        .map(|(options, source)| {
            let tokens = attribute(options.parse().unwrap(), source.parse().unwrap());
            format!("{source}\n    {}", mistakes(tokens))
        })
        .collect();
    expect![[r#"
        fn f(uow: &UnitOfWork) -> Result<()> { Ok(()) }
            a transactional function is `async`    <- fn
        async fn f(uow: &UnitOfWork) -> Result<()>;
            a transactional function has a body: it is what runs in the unit of work    <- f
        async fn f(uow: &UnitOfWork) { }
            a transactional function returns `Result<T, E>`, where `E` is made `From<wharf::Error>`: an `Err` rolls back    <- f
        async fn f(uow: &UnitOfWork) -> i64 { 1 }
            a transactional function returns `Result<T, E>`, where `E` is made `From<wharf::Error>`: an `Err` rolls back    <- i64
        async fn f(uow: &UnitOfWork) -> Result<impl Sized> { Ok(1) }
            a transactional function names the type that it returns    <- impl Sized
        async fn f(db: &Database) -> Result<()> { Ok(()) }
            a transactional function has a parameter `uow: &UnitOfWork`, or `uow: &UnitOfWork<ReadOnly>`    <- f
        async fn f(uow: UnitOfWork) -> Result<()> { Ok(()) }
            a unit of work is passed by shared reference: `&UnitOfWork`    <- UnitOfWork
        async fn f(uow: &mut UnitOfWork) -> Result<()> { Ok(()) }
            a unit of work is passed by shared reference: `&UnitOfWork`    <- &mut UnitOfWork
        async fn f(mut uow: &UnitOfWork) -> Result<()> { Ok(()) }
            a unit of work is shared: it needs no `mut`    <- mut uow
        async fn f(_: &UnitOfWork) -> Result<()> { Ok(()) }
            the unit of work needs a plain name, like `uow`    <- _
        async fn f(a: &UnitOfWork, b: &UnitOfWork) -> Result<()> { Ok(()) }
            a transactional function has one unit of work    <- b: &UnitOfWork
        async fn f(uow: &UnitOfWork<M>) -> Result<()> { Ok(()) }
            expected `UnitOfWork`, `UnitOfWork<ReadWrite>` or `UnitOfWork<ReadOnly>`    <- UnitOfWork<M>
        async fn f(uow: &UnitOfWork<ReadOnly>) -> Result<()> { Ok(()) }
            this unit of work only reads: say `#[transactional(read_only)]`    <- UnitOfWork<ReadOnly>
        async fn f(uow: &wharf::UnitOfWork) -> Result<()> { Ok(()) }
            a `read_only` function takes `&UnitOfWork<ReadOnly>`    <- wharf::UnitOfWork
        async fn f(self, uow: &UnitOfWork) -> Result<()> { Ok(()) }
            with `retry` the body may run again: take `&self`    <- self
        async fn f(self, uow: &UnitOfWork) -> Result<()> { Ok(()) }
            with `exactly_once` the body may run again: take `&self`    <- self
        async fn f(uow: &UnitOfWork, key: &str, (a, b): (i64, i64), _: i64) -> Result<()> { Ok(()) }
            with a key each argument needs a plain name: whoever uses the key again must give the same    <- (a, b)
        with a key each argument needs a plain name: whoever uses the key again must give the same    <- _
        async fn f(uow: &UnitOfWork<ReadOnly>) -> Result<()> { Ok(()) }
            `exactly_once` is for what writes: reading twice does no harm    <- UnitOfWork<ReadOnly>
        struct A;
            `#[transactional]` goes on an `async fn` with a `&UnitOfWork` parameter
    "#]].assert_eq(&told);
}

#[test]
fn a_stand_in_takes_what_the_callers_pass() {
    expands(
        "retry = 101",
        "async fn f(uow: &UnitOfWork) -> Result<()> { Ok(()) }",
        expect![[r#"
            ::core::compile_error! {
                "`retry` is between 0 and 100"
            }
            #[allow(unused, clippy::all)]
            async fn f(uow: &impl w::WriteExecutor) -> Result<()> {
                ::core::unimplemented!()
            }
        "#]],
    );
}
