use expect_test::expect;

use super::{are_refused, expands};

#[test]
fn a_derived_method_is_a_static_query_and_one_call() {
    expands(
        r#"
        /// The richest first.
        pub async fn find_top3_by_owner_and_active_is_true_or_id_in_order_by_balance_desc(
            db: &impl Executor, owner: &str, ids: &[i64],
        ) -> Result<Vec<Account>>;
        "#,
        expect![[r#"
            impl Accounts {
                /// The richest first.
                #[track_caller]
                pub fn find_top3_by_owner_and_active_is_true_or_id_in_order_by_balance_desc(
                    db: &impl Executor,
                    owner: &str,
                    ids: &[i64],
                ) -> impl w::Future<Output = Result<Vec<Account>>> {
                    type Row = <Accounts as w::Repository>::Entity;
                    const CONDITIONS: &[&[w::Term]] = &[
                        &[
                            w::Term {
                                column: <Row as w::Entity>::FIELDS.owner.place(),
                                op: w::Op::Eq,
                                ignore_case: false,
                            },
                            w::Term {
                                column: <Row as w::Entity>::FIELDS.active.boolean_place(),
                                op: w::Op::IsTrue,
                                ignore_case: false,
                            },
                        ],
                        &[
                            w::Term {
                                column: <Row as w::Entity>::FIELDS.id.place(),
                                op: w::Op::In,
                                ignore_case: false,
                            },
                        ],
                    ];
                    const ORDERS: &[w::DerivedOrder] = &[
                        w::DerivedOrder {
                            column: <Row as w::Entity>::FIELDS.balance.place(),
                            descending: true,
                        },
                    ];
                    static QUERY: w::Derived = w::Derived::new(
                        <Row as w::Entity>::TABLE,
                        "Accounts::find_top3_by_owner_and_active_is_true_or_id_in_order_by_balance_desc",
                        CONDITIONS,
                        ORDERS,
                        ::core::option::Option::Some(3),
                    );
                    let target = w::target(db);
                    async move {
                        let params = [
                            <Row as w::Entity>::FIELDS.owner.operand(owner)?,
                            <Row as w::Entity>::FIELDS.id.operands(ids.iter())?,
                        ];
                        let answer = w::derived::all::<Row>(&QUERY, target, &params).await?;
                        let answer: Result<Vec<Account>> = ::core::result::Result::Ok(answer);
                        answer
                    }
                }
            }
        "#]],
    );
}

#[test]
fn a_derived_stream_is_no_future() {
    expands(
        "fn find_by_owner_starts_with(db: &Database, start: String) -> impl Stream<Item = Result<Account>>;",
        expect![[r#"
            impl Accounts {
                #[track_caller]
                fn find_by_owner_starts_with(
                    db: &Database,
                    start: String,
                ) -> impl Stream<Item = Result<Account>> {
                    type Row = <Accounts as w::Repository>::Entity;
                    const CONDITIONS: &[&[w::Term]] = &[
                        &[
                            w::Term {
                                column: <Row as w::Entity>::FIELDS.owner.place(),
                                op: w::Op::StartsWith,
                                ignore_case: false,
                            },
                        ],
                    ];
                    const ORDERS: &[w::DerivedOrder] = &[];
                    static QUERY: w::Derived = w::Derived::new(
                        <Row as w::Entity>::TABLE,
                        "Accounts::find_by_owner_starts_with",
                        CONDITIONS,
                        ORDERS,
                        ::core::option::Option::None,
                    );
                    w::derived::stream::<
                        Row,
                    >(
                        &QUERY,
                        w::target(db),
                        (|| w::Result::Ok(
                            ::std::vec![
                                < Row as w::Entity > ::FIELDS.owner.text_operand(w::Op::StartsWith, &
                                start) ?
                            ],
                        ))(),
                    )
                }
            }
        "#]],
    );
}

#[test]
fn a_derived_delete_can_say_whether_there_was_anything() {
    expands(
        "async fn delete_by_type(db: &impl WriteExecutor, r#type: &str) -> Result<bool>;",
        expect![[r#"
            impl Accounts {
                #[track_caller]
                fn delete_by_type(
                    db: &impl WriteExecutor,
                    r#type: &str,
                ) -> impl w::Future<Output = Result<bool>> {
                    type Row = <Accounts as w::Repository>::Entity;
                    const CONDITIONS: &[&[w::Term]] = &[
                        &[
                            w::Term {
                                column: <Row as w::Entity>::FIELDS.r#type.place(),
                                op: w::Op::Eq,
                                ignore_case: false,
                            },
                        ],
                    ];
                    const ORDERS: &[w::DerivedOrder] = &[];
                    static QUERY: w::Derived = w::Derived::new(
                        <Row as w::Entity>::TABLE,
                        "Accounts::delete_by_type",
                        CONDITIONS,
                        ORDERS,
                        ::core::option::Option::None,
                    );
                    let target = w::target(db);
                    async move {
                        let params = [<Row as w::Entity>::FIELDS.r#type.operand(r#type)?];
                        let answer = w::derived::delete::<Row>(&QUERY, target, &params).await? > 0;
                        let answer: Result<bool> = ::core::result::Result::Ok(answer);
                        answer
                    }
                }
            }
        "#]],
    );
}

#[test]
fn a_derived_method_returns_what_its_verb_can_answer() {
    are_refused(
        &[
            "async fn find_by_a(db: &impl Executor, a: i64) -> Result<u64>;",
            "async fn find_first_by_a_order_by_b(db: &impl Executor, a: i64) -> Result<Vec<A>>;",
            "async fn find_top2_by_a_order_by_b(db: &impl Executor, a: i64) -> Result<A>;",
            "async fn get_by_a(db: &impl Executor, a: i64) -> Result<Option<A>>;",
            "async fn count_by_a(db: &impl Executor, a: i64) -> Result<i64>;",
            "async fn exists_by_a(db: &impl Executor, a: i64) -> Result<u64>;",
            "async fn delete_by_a(db: &impl WriteExecutor, a: i64) -> Result<()>;",
            "async fn delete_by_a(db: &impl Executor, a: i64) -> Result<u64>;",
            "async fn delete_by_a(db: &UnitOfWork<ReadOnly>, a: i64) -> Result<u64>;",
            "async fn find_by_2fa(db: &impl Executor, a: i64) -> Result<A>;",
            "async fn find_by_self(db: &impl Executor, a: i64) -> Result<A>;",
            "async fn find_by_a_in(db: &impl Executor, a: Vec<i64>) -> Result<Vec<A>>;",
        ],
        expect![[r#"
            async fn find_by_a(db: &impl Executor, a: i64) -> Result<u64>;
                `find_by_...` returns entities: `Result<Vec<T>>`, `Result<Option<T>>`, `Result<T>`, `Result<Page<T>>` or `impl Stream<Item = Result<T>>`    <- Result<u64>
            async fn find_first_by_a_order_by_b(db: &impl Executor, a: i64) -> Result<Vec<A>>;
                `find_first_by_...` returns one entity: `Result<Option<T>>`, or `Result<T>` when its absence is an error    <- Result<Vec<A>>
            async fn find_top2_by_a_order_by_b(db: &impl Executor, a: i64) -> Result<A>;
                `find_top<N>_by_...` returns entities: `Result<Vec<T>>` or `impl Stream<Item = Result<T>>`    <- Result<A>
            async fn get_by_a(db: &impl Executor, a: i64) -> Result<Option<A>>;
                `get_by_...` returns one entity, whose absence is an error: `Result<T>`; others begin with `find_by_`    <- Result<Option<A>>
            async fn count_by_a(db: &impl Executor, a: i64) -> Result<i64>;
                `count_by_...` returns a number: `Result<u64>`    <- Result<i64>
            async fn exists_by_a(db: &impl Executor, a: i64) -> Result<u64>;
                `exists_by_...` returns yes or no: `Result<bool>`    <- Result<u64>
            async fn delete_by_a(db: &impl WriteExecutor, a: i64) -> Result<()>;
                `delete_by_...` returns how many rows it deleted, `Result<u64>`, or whether any, `Result<bool>`    <- Result<()>
            async fn delete_by_a(db: &impl Executor, a: i64) -> Result<u64>;
                `delete_by_a` writes: take `&impl WriteExecutor`    <- &impl Executor
            async fn delete_by_a(db: &UnitOfWork<ReadOnly>, a: i64) -> Result<u64>;
                `delete_by_a` writes: take `&impl WriteExecutor`    <- &UnitOfWork<ReadOnly>
            async fn find_by_2fa(db: &impl Executor, a: i64) -> Result<A>;
                `2fa` can't be the name of a field    <- find_by_2fa
            async fn find_by_self(db: &impl Executor, a: i64) -> Result<A>;
                `self` can't be the name of a field    <- find_by_self
            async fn find_by_a_in(db: &impl Executor, a: Vec<i64>) -> Result<Vec<A>>;
                `_in` takes a slice: `a: &[T]`    <- Vec<i64>
        "#]],
    );
}
