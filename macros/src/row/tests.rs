use expect_test::expect;

use super::derive;
use crate::pretty::{mistakes, pretty};

#[test]
fn a_row_is_read_by_the_names_of_its_fields() {
    let source = r#"
        struct Total {
            owner: String,
            #[column(name = "sum")]
            total: i64,
            #[column(json)]
            tags: Vec<String>,
            #[column(skip)]
            shown: bool,
        }
    "#;
    expect![[r#"
        const _: () = {
            impl w::FromRow for Total {
                const COLUMNS: &'static [&'static str] = &["owner", "sum", "tags"];
                const WIDTH: usize = 3;
                fn from_row(row: &w::Row<'_>) -> w::Result<Self> {
                    w::Result::Ok(Self {
                        owner: row.get::<String>(0)?,
                        total: row.get::<i64>(1)?,
                        tags: row.get::<w::Json<Vec<String>>>(2)?.0,
                        shown: <bool as ::core::default::Default>::default(),
                    })
                }
            }
        };
    "#]]
    .assert_eq(&pretty(&derive(source.parse().unwrap())));
}

#[test]
fn a_row_without_columns_is_refused() {
    let cases = [
        "struct A {}",
        "struct A { #[column(skip)] a: i64 }",
        "struct A(i64);",
        "union A { a: i64 }",
        "struct A { #[column(nam = \"b\")] a: i64 }",
        "struct A { a: i64, #[column(name = \"a\")] b: i64 }",
        "struct A { #[column(json, json)] a: i64 }",
    ];
    let told: String = cases
        .iter()
        .map(|source| {
            format!(
                "{source}\n    {}",
                mistakes(derive(source.parse().unwrap()))
            )
        })
        .collect();
    expect![[r#"
        struct A {}
            a row needs at least one column    <- A
        struct A { #[column(skip)] a: i64 }
            a row needs at least one column    <- A
        struct A(i64);
            `Row` is derived for a structure with named fields: its columns need names    <- A
        union A { a: i64 }
            `Row` is derived for a structure with named fields    <- A
        struct A { #[column(nam = "b")] a: i64 }
            unknown column attribute `nam`, expected one of `name = "..."`, `json` or `skip`    <- nam
        struct A { a: i64, #[column(name = "a")] b: i64 }
            column `a` belongs to field `a` already    <- b
        struct A { #[column(json, json)] a: i64 }
            `json` is given twice    <- json
    "#]].assert_eq(&told);
}
