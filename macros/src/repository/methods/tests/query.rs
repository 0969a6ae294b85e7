use expect_test::expect;

use super::{are_refused, expands, written};

#[test]
fn a_query_is_a_template_and_one_call() {
    expands(
        r#"
        #[query("SELECT {Account} FROM accounts WHERE owner IN (:owners) AND balance >= :floor")]
        pub async fn richer_than(db: &impl Executor, floor: i64, owners: &[&str]) -> Result<Vec<Account>>;
        "#,
        expect![[r#"
            impl Accounts {
                #[track_caller]
                pub fn richer_than(
                    db: &impl Executor,
                    floor: i64,
                    owners: &[&str],
                ) -> impl w::Future<Output = Result<Vec<Account>>> {
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
                    let target = w::target(db);
                    async move {
                        let params = [w::ToParam::to_param(owners)?, w::ToParam::to_param(&floor)?];
                        let answer = w::template::all::<Account>(&QUERY, target, &params).await?;
                        let answer: Result<Vec<Account>> = ::core::result::Result::Ok(answer);
                        answer
                    }
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
                #[track_caller]
                fn clean(
                    db: &UnitOfWork,
                    days: i64,
                    kind: String,
                ) -> impl w::Future<Output = Result<u64>> {
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
                    let target = w::target(db);
                    async move {
                        let params = [w::ToParam::to_param(&days)?, w::ToParam::to_param(&kind)?];
                        let answer = w::template::affected(&QUERY, target, &params).await?;
                        let answer: Result<u64> = ::core::result::Result::Ok(answer);
                        answer
                    }
                }
                #[track_caller]
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
