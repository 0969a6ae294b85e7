use expect_test::{Expect, expect};

use crate::{
    pretty::{mistakes, pretty},
    repository::attribute,
};

fn written(methods: &str) -> proc_macro2::TokenStream {
    let block = format!("impl Accounts {{ {methods} }}");
    attribute(Default::default(), block.parse().unwrap())
}

fn expands(methods: &str, expected: Expect) {
    expected.assert_eq(&pretty(&written(methods)));
}

fn are_refused(methods: &[&str], expected: Expect) {
    let told: String = methods
        .iter()
        .map(|method| {
            let told = mistakes(written(method));
            let told: String = told.lines().map(|line| format!("    {line}\n")).collect();
            format!("{method}\n{told}")
        })
        .collect();
    expected.assert_eq(&told);
}

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
                pub async fn find_top3_by_owner_and_active_is_true_or_id_in_order_by_balance_desc(
                    db: &impl Executor,
                    owner: &str,
                    ids: &[i64],
                ) -> Result<Vec<Account>> {
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
                    let params = [
                        <Row as w::Entity>::FIELDS.owner.operand(owner)?,
                        <Row as w::Entity>::FIELDS.id.operands(ids.iter())?,
                    ];
                    let answer = w::derived::all::<Row>(&QUERY, w::target(db), &params).await?;
                    ::core::result::Result::Ok(answer)
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
                async fn delete_by_type(db: &impl WriteExecutor, r#type: &str) -> Result<bool> {
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
                    let params = [<Row as w::Entity>::FIELDS.r#type.operand(r#type)?];
                    let answer = w::derived::delete::<Row>(&QUERY, w::target(db), &params).await?
                        > 0;
                    ::core::result::Result::Ok(answer)
                }
            }
        "#]],
    );
}

#[test]
fn a_query_is_a_template_and_one_call() {
    expands(
        r#"
        #[query("SELECT {Account} FROM accounts WHERE owner IN (:owners) AND balance >= :floor")]
        pub async fn richer_than(db: &impl Executor, floor: i64, owners: &[&str]) -> Result<Vec<Account>>;
        "#,
        expect![[r#"
            impl Accounts {
                pub async fn richer_than(
                    db: &impl Executor,
                    floor: i64,
                    owners: &[&str],
                ) -> Result<Vec<Account>> {
                    static QUERY: w::Template = w::Template::new(
                        "Accounts::richer_than",
                        w::Texts::Same(
                            &[
                                w::Piece::Text("SELECT "),
                                w::Piece::Columns(
                                    <Account as w::Entity>::TABLE,
                                    ::core::option::Option::None,
                                ),
                                w::Piece::Text(" FROM accounts WHERE owner IN ("),
                                w::Piece::List(0, w::Kind::Text),
                                w::Piece::Text(") AND balance >= "),
                                w::Piece::Arg(1),
                            ],
                        ),
                        w::Effect {
                            verb: "SELECT",
                            table: "accounts",
                            writes: false,
                            ddl: false,
                        },
                        w::By::Position,
                    );
                    let params = [w::ToParam::to_param(owners)?, w::ToParam::to_param(&floor)?];
                    let answer = w::template::all::<Account>(&QUERY, w::target(db), &params).await?;
                    ::core::result::Result::Ok(answer)
                }
            }
        "#]],
    );
}

#[test]
fn engines_can_have_texts_of_their_own() {
    expands(
        r#"
        #[query("DELETE FROM notes WHERE age > :days AND kind = :kind", mysql = "DELETE FROM notes WHERE kind = :kind AND age > :days")]
        async fn clean(db: &UnitOfWork, days: i64, kind: String) -> Result<u64>;
        #[query(postgres = "SELECT a.id, {Account as a} FROM accounts a")]
        fn pages(db: &impl Executor) -> impl Stream<Item = Result<(i64, Account)>>;
        "#,
        expect![[r#"
            impl Accounts {
                async fn clean(db: &UnitOfWork, days: i64, kind: String) -> Result<u64> {
                    static QUERY: w::Template = w::Template::new(
                        "Accounts::clean",
                        w::Texts::Each {
                            sqlite: ::core::option::Option::Some(
                                &[
                                    w::Piece::Text("DELETE FROM notes WHERE age > "),
                                    w::Piece::Arg(0),
                                    w::Piece::Text(" AND kind = "),
                                    w::Piece::Arg(1),
                                ],
                            ),
                            postgres: ::core::option::Option::Some(
                                &[
                                    w::Piece::Text("DELETE FROM notes WHERE age > "),
                                    w::Piece::Arg(0),
                                    w::Piece::Text(" AND kind = "),
                                    w::Piece::Arg(1),
                                ],
                            ),
                            mysql: ::core::option::Option::Some(
                                &[
                                    w::Piece::Text("DELETE FROM notes WHERE kind = "),
                                    w::Piece::Arg(1),
                                    w::Piece::Text(" AND age > "),
                                    w::Piece::Arg(0),
                                ],
                            ),
                        },
                        w::Effect {
                            verb: "DELETE",
                            table: "notes",
                            writes: true,
                            ddl: false,
                        },
                        w::By::Name,
                    );
                    let params = [w::ToParam::to_param(&days)?, w::ToParam::to_param(&kind)?];
                    let answer = w::template::affected(&QUERY, w::target(db), &params).await?;
                    ::core::result::Result::Ok(answer)
                }
                fn pages(db: &impl Executor) -> impl Stream<Item = Result<(i64, Account)>> {
                    static QUERY: w::Template = w::Template::new(
                        "Accounts::pages",
                        w::Texts::Each {
                            sqlite: ::core::option::Option::None,
                            postgres: ::core::option::Option::Some(
                                &[
                                    w::Piece::Text("SELECT a.id, "),
                                    w::Piece::Columns(
                                        <Account as w::Entity>::TABLE,
                                        ::core::option::Option::Some("a"),
                                    ),
                                    w::Piece::Text(" FROM accounts a"),
                                ],
                            ),
                            mysql: ::core::option::Option::None,
                        },
                        w::Effect {
                            verb: "SELECT",
                            table: "accounts",
                            writes: false,
                            ddl: false,
                        },
                        w::By::Name,
                    );
                    w::template::stream::<
                        (i64, Account),
                    >(&QUERY, w::target(db), w::Result::Ok(::std::vec::Vec::new()))
                }
            }
        "#]],
    );
}

#[test]
fn rows_are_read_by_position_only_when_the_list_is_the_entity_alone() {
    let by_position = |text: &str| {
        let method = format!(
            "#[query(\"{text}\")] async fn f(db: &impl WriteExecutor) -> Result<Vec<Account>>;"
        );
        let tokens = written(&method).to_string();
        assert!(tokens.contains("QUERY"), "{tokens}");
        tokens.contains("By :: Position")
    };
    assert!(by_position("SELECT {Account} FROM accounts"));
    assert!(by_position(
        "select {Account as a}\\nfrom accounts a join b on true"
    ));
    assert!(by_position("DELETE FROM accounts RETURNING {Account}"));
    assert!(!by_position("SELECT {Account}, 1 FROM accounts"));
    assert!(!by_position("SELECT DISTINCT {Account} FROM accounts"));
    assert!(!by_position(
        "SELECT * FROM (SELECT {Account} FROM accounts) AS t"
    ));
    assert!(!by_position("SELECT {Other} FROM accounts"));
    assert!(!by_position("DELETE FROM accounts RETURNING 1, {Account}"));
}

#[test]
fn methods_with_a_body_are_left_alone() {
    expands(
        "#[inline] pub fn answer(&self) -> i64 { 42 } const A: i64 = 1;",
        expect![[r#"
            impl Accounts {
                #[inline]
                pub fn answer(&self) -> i64 {
                    42
                }
                const A: i64 = 1;
            }
        "#]],
    );
}

#[test]
fn a_mistake_in_one_method_leaves_the_others() {
    expands(
        r#"
        async fn find_by_owner(db: &impl Executor) -> Result<Vec<Account>>;
        fn find_by_id(db: &impl Executor) -> impl Stream<Item = Result<Account>>;
        async fn count_by_owner(db: &impl Executor, owner: &str) -> Result<u64>;
        "#,
        expect![[r#"
            ::core::compile_error! {
                "`find_by_owner` takes 1 argument (`owner`) after where to run, and has 0"
            }
            ::core::compile_error! {
                "`find_by_id` takes 1 argument (`id`) after where to run, and has 0"
            }
            impl Accounts {
                #[allow(unused, clippy::all)]
                async fn find_by_owner(db: &impl Executor) -> Result<Vec<Account>> {
                    ::core::unimplemented!()
                }
                #[allow(unused, clippy::all)]
                fn find_by_id(db: &impl Executor) -> impl Stream<Item = Result<Account>> {
                    let stream: w::RowsStream<Account> = ::core::unimplemented!();
                    stream
                }
                async fn count_by_owner(db: &impl Executor, owner: &str) -> Result<u64> {
                    type Row = <Accounts as w::Repository>::Entity;
                    const CONDITIONS: &[&[w::Term]] = &[
                        &[
                            w::Term {
                                column: <Row as w::Entity>::FIELDS.owner.place(),
                                op: w::Op::Eq,
                                ignore_case: false,
                            },
                        ],
                    ];
                    const ORDERS: &[w::DerivedOrder] = &[];
                    static QUERY: w::Derived = w::Derived::new(
                        <Row as w::Entity>::TABLE,
                        "Accounts::count_by_owner",
                        CONDITIONS,
                        ORDERS,
                        ::core::option::Option::None,
                    );
                    let params = [<Row as w::Entity>::FIELDS.owner.operand(owner)?];
                    let answer = w::derived::count::<Row>(&QUERY, w::target(db), &params).await?;
                    ::core::result::Result::Ok(answer)
                }
            }
        "#]],
    );
}

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

#[test]
fn a_query_is_checked_against_its_method() {
    are_refused(
        &[
            "#[query] async fn f(db: &impl Executor) -> Result<u64>;",
            "#[query()] async fn f(db: &impl Executor) -> Result<u64>;",
            "#[query(text)] async fn f(db: &impl Executor) -> Result<u64>;",
            "#[query(\"SELECT 1\", \"SELECT 2\")] async fn f(db: &impl Executor) -> Result<u64>;",
            "#[query(mysql = \"SELECT 1\", \"SELECT 2\")] async fn f(db: &impl Executor) -> Result<u64>;",
            "#[query(oracle = \"SELECT 1\")] async fn f(db: &impl Executor) -> Result<u64>;",
            "#[query(mysql = \"SELECT 1\", mysql = \"SELECT 2\")] async fn f(db: &impl Executor) -> Result<u64>;",
            "#[query(\"SELECT 1\")] #[query(\"SELECT 2\")] async fn f(db: &impl Executor) -> Result<u64>;",
            "#[query(\"SELECT 1\")] async fn f(db: &impl Executor) -> Result<u64> { Ok(1) }",
            "#[query(\"SELECT a\\nFROM b WHERE )\")] async fn f(db: &impl Executor) -> Result<u64>;",
            "#[query(postgres = \"SELECT ?\")] async fn f(db: &impl Executor) -> Result<u64>;",
            "#[query(\"SELECT a FROM b WHERE c = :flor\")] async fn f(db: &impl Executor, floor: i64) -> Result<u64>;",
            "#[query(\"SELECT a FROM b WHERE c = :d\")] async fn f(db: &impl Executor) -> Result<u64>;",
            "#[query(\"SELECT a FROM b WHERE c = :d\")] async fn f(db: &impl Executor, owner: i64, d: i64) -> Result<u64>;",
            "#[query(\"SELECT a FROM b WHERE c = :d\")] async fn f(db: &impl Executor, owner: i64) -> Result<u64>;",
            "#[query(\"SELECT a FROM b\")] async fn f(db: &impl Executor, owner: i64) -> Result<u64>;",
            "#[query(\"SELECT a FROM b WHERE c = :d\", mysql = \"SELECT a FROM b\")] async fn f(db: &impl Executor, d: i64) -> Result<u64>;",
            "#[query(\"SELECT a FROM b WHERE c IN (:d)\")] async fn f(db: &impl Executor, d: Vec<i64>) -> Result<u64>;",
            "#[query(\"SELECT {fn} FROM b\")] async fn f(db: &impl Executor) -> Result<Vec<B>>;",
        ],
        expect![[r##"
            #[query] async fn f(db: &impl Executor) -> Result<u64>;
                expected attribute arguments in parentheses: #[query(...)]    <- query
            #[query()] async fn f(db: &impl Executor) -> Result<u64>;
                expected a text: `#[query("SELECT ...")]`    <- #[query()]
            #[query(text)] async fn f(db: &impl Executor) -> Result<u64>;
                expected a string literal: it is read while compiling    <- text
            #[query("SELECT 1", "SELECT 2")] async fn f(db: &impl Executor) -> Result<u64>;
                one text is for every engine; others name theirs: `mysql = "..."`    <- "SELECT 2"
            #[query(mysql = "SELECT 1", "SELECT 2")] async fn f(db: &impl Executor) -> Result<u64>;
                the text for every engine comes first    <- "SELECT 2"
            #[query(oracle = "SELECT 1")] async fn f(db: &impl Executor) -> Result<u64>;
                unknown engine `oracle`, expected `sqlite`, `postgres` or `mysql`    <- oracle
            #[query(mysql = "SELECT 1", mysql = "SELECT 2")] async fn f(db: &impl Executor) -> Result<u64>;
                `mysql` is given twice    <- mysql
            #[query("SELECT 1")] #[query("SELECT 2")] async fn f(db: &impl Executor) -> Result<u64>;
                a method has one `#[query(...)]`    <- #[query("SELECT 2")]
            #[query("SELECT 1")] async fn f(db: &impl Executor) -> Result<u64> { Ok(1) }
                `#[query]` is for a method without a body: end the signature with `;`    <- #[query("SELECT 1")]
            #[query("SELECT a\nFROM b WHERE )")] async fn f(db: &impl Executor) -> Result<u64>;
                at line 2, column 14: expected an expression, found `)`    <- "SELECT a\nFROM b WHERE )"
            #[query(postgres = "SELECT ?")] async fn f(db: &impl Executor) -> Result<u64>;
                at line 1, column 8: use `:name`    <- ?
            #[query("SELECT a FROM b WHERE c = :flor")] async fn f(db: &impl Executor, floor: i64) -> Result<u64>;
                `:flor` has no argument; did you mean `:floor`?    <- "SELECT a FROM b WHERE c = :flor"
            #[query("SELECT a FROM b WHERE c = :d")] async fn f(db: &impl Executor) -> Result<u64>;
                `:d` has no argument    <- "SELECT a FROM b WHERE c = :d"
            #[query("SELECT a FROM b WHERE c = :d")] async fn f(db: &impl Executor, owner: i64, d: i64) -> Result<u64>;
                `owner` isn't used: the text binds `:d`    <- owner
            #[query("SELECT a FROM b WHERE c = :d")] async fn f(db: &impl Executor, owner: i64) -> Result<u64>;
                `:d` has no argument; the arguments are `owner`    <- "SELECT a FROM b WHERE c = :d"
                `owner` isn't used: the text binds `:d`    <- owner
            #[query("SELECT a FROM b")] async fn f(db: &impl Executor, owner: i64) -> Result<u64>;
                `owner` isn't used: the text binds nothing    <- owner
            #[query("SELECT a FROM b WHERE c = :d", mysql = "SELECT a FROM b")] async fn f(db: &impl Executor, d: i64) -> Result<u64>;
                this text doesn't use `:d`, and another one does    <- "SELECT a FROM b"
            #[query("SELECT a FROM b WHERE c IN (:d)")] async fn f(db: &impl Executor, d: Vec<i64>) -> Result<u64>;
                a list is passed as a slice: `d: &[T]`    <- d
            #[query("SELECT {fn} FROM b")] async fn f(db: &impl Executor) -> Result<Vec<B>>;
                `{fn}` can't be the name of an entity    <- "SELECT {fn} FROM b"
        "##]],
    );
}

#[test]
fn a_query_does_and_answers_what_its_method_says() {
    are_refused(
        &[
            "#[query(\"UPDATE a SET b = 1\")] async fn f(db: &impl Executor) -> Result<u64>;",
            "#[query(\"CREATE TABLE a (b INT)\")] async fn f(db: &impl Executor) -> Result<()>;",
            "#[query(\"SELECT a FROM b FOR UPDATE\")] async fn f(db: &impl Executor) -> Result<u64>;",
            "#[query(postgres = \"CALL a()\")] async fn f(db: &impl Executor) -> Result<()>;",
            "#[query(\"COMMIT\")] async fn f(db: &impl WriteExecutor) -> Result<()>;",
            "#[query(\"SELECT a FROM b\")] async fn f(db: &impl Executor) -> Result<()>;",
            "#[query(\"DELETE FROM a\")] async fn f(db: &impl WriteExecutor) -> Result<Vec<A>>;",
            "#[query(\"SELECT a FROM b\", mysql = \"DELETE FROM b\")] async fn f(db: &impl WriteExecutor) -> Result<u64>;",
            "#[query(\"SELECT a FROM b LIMIT 3\")] async fn f(db: &impl Executor, number: u64, size: u64) -> Result<Page<B>>;",
        ],
        expect![[r##"
            #[query("UPDATE a SET b = 1")] async fn f(db: &impl Executor) -> Result<u64>;
                this statement writes `a`: take `&impl WriteExecutor`    <- &impl Executor
            #[query("CREATE TABLE a (b INT)")] async fn f(db: &impl Executor) -> Result<()>;
                this statement changes the schema: take `&impl WriteExecutor`    <- &impl Executor
            #[query("SELECT a FROM b FOR UPDATE")] async fn f(db: &impl Executor) -> Result<u64>;
                this statement locks rows, which only the primary can do: take `&impl WriteExecutor`    <- &impl Executor
            #[query(postgres = "CALL a()")] async fn f(db: &impl Executor) -> Result<()>;
                what this statement does isn't known, so it may write: take `&impl WriteExecutor`    <- &impl Executor
            #[query("COMMIT")] async fn f(db: &impl WriteExecutor) -> Result<()>;
                transaction control and session settings aren't allowed in `#[query]`: the connection goes back to others    <- "COMMIT"
            #[query("SELECT a FROM b")] async fn f(db: &impl Executor) -> Result<()>;
                this statement returns rows: `Vec<T>`, `Option<T>`, `T`, `Page<T>` or `impl Stream`    <- Result<()>
            #[query("DELETE FROM a")] async fn f(db: &impl WriteExecutor) -> Result<Vec<A>>;
                this statement returns no rows: `u64`, `bool` or `()`, or add RETURNING    <- Result<Vec<A>>
            #[query("SELECT a FROM b", mysql = "DELETE FROM b")] async fn f(db: &impl WriteExecutor) -> Result<u64>;
                this text returns no rows, and another one returns rows    <- "DELETE FROM b"
            #[query("SELECT a FROM b LIMIT 3")] async fn f(db: &impl Executor, number: u64, size: u64) -> Result<Page<B>>;
                `f` returns a page, which sets the LIMIT: leave it out here    <- "SELECT a FROM b LIMIT 3"
        "##]],
    );
}
