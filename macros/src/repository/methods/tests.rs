mod derived;
mod query;
mod signature;

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
                #[track_caller]
                fn count_by_owner(
                    db: &impl Executor,
                    owner: &str,
                ) -> impl w::Future<Output = Result<u64>> {
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
                    let target = w::target(db);
                    async move {
                        let params = [<Row as w::Entity>::FIELDS.owner.operand(owner)?];
                        let answer = w::derived::count::<Row>(&QUERY, target, &params).await?;
                        let answer: Result<u64> = ::core::result::Result::Ok(answer);
                        answer
                    }
                }
            }
        "#]],
    );
}
