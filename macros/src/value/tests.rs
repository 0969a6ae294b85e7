use expect_test::{Expect, expect};

use super::derive;
use crate::pretty::{mistakes, pretty};

fn expands(source: &str, expected: Expect) {
    expected.assert_eq(&pretty(&derive(source.parse().unwrap())));
}

#[test]
fn a_newtype_is_stored_as_its_field() {
    expands(
        "struct Email(String);",
        expect![[r#"
        const _: () = {
            impl w::Value for Email {
                const KIND: w::Kind = <String as w::Value>::KIND;
                const NULLABLE: bool = <String as w::Value>::NULLABLE;
                fn to_param(&self) -> w::Result<w::Param<'_>> {
                    <String as w::Value>::to_param(&self.0)
                }
                fn from_cell(cell: w::Cell<'_>) -> w::Result<Self> {
                    w::Result::Ok(Self(<String as w::Value>::from_cell(cell)?))
                }
                fn from_null() -> w::Result<Self> {
                    w::Result::Ok(Self(<String as w::Value>::from_null()?))
                }
            }
            impl w::FromRow for Email {
                const WIDTH: usize = 1;
                fn from_row(row: &w::Row<'_>) -> w::Result<Self> {
                    row.get(0)
                }
            }
            impl w::Element for Email {}
        };
    "#]],
    );
}

#[test]
fn an_enum_is_stored_as_the_names_of_its_variants() {
    expands(
        r#"
        #[value(rename_all = "snake_case")]
        enum Mood {
            VeryHappy,
            #[value(name = "blue")]
            Sad,
        }
        "#,
        expect![[r#"
            const _: () = {
                impl w::Value for Mood {
                    const KIND: w::Kind = w::Kind::Text;
                    fn to_param(&self) -> w::Result<w::Param<'_>> {
                        w::Result::Ok(
                            w::Param::Text(
                                ::std::borrow::Cow::Borrowed(
                                    match self {
                                        Self::VeryHappy => "very_happy",
                                        Self::Sad => "blue",
                                    },
                                ),
                            ),
                        )
                    }
                    fn from_cell(cell: w::Cell<'_>) -> w::Result<Self> {
                        let text = <::std::string::String as w::Value>::from_cell(cell)?;
                        match text.as_str() {
                            "very_happy" => w::Result::Ok(Self::VeryHappy),
                            "blue" => w::Result::Ok(Self::Sad),
                            _ => w::Result::Err(w::unknown_variant("Mood", &text)),
                        }
                    }
                }
                impl w::FromRow for Mood {
                    const WIDTH: usize = 1;
                    fn from_row(row: &w::Row<'_>) -> w::Result<Self> {
                        row.get(0)
                    }
                }
                impl w::Element for Mood {}
            };
        "#]],
    );
}

#[test]
fn an_enum_can_be_stored_as_numbers() {
    expands(
        "#[value(integer)] enum Level { Low = -3, Middle, High = 0x10 }",
        expect![[r#"
            const _: () = {
                impl w::Value for Level {
                    const KIND: w::Kind = w::Kind::I64;
                    fn to_param(&self) -> w::Result<w::Param<'_>> {
                        w::Result::Ok(
                            w::Param::I64(
                                match self {
                                    Self::Low => -3,
                                    Self::Middle => -2,
                                    Self::High => 16,
                                },
                            ),
                        )
                    }
                    fn from_cell(cell: w::Cell<'_>) -> w::Result<Self> {
                        let number = <i64 as w::Value>::from_cell(cell)?;
                        match number {
                            -3 => w::Result::Ok(Self::Low),
                            -2 => w::Result::Ok(Self::Middle),
                            16 => w::Result::Ok(Self::High),
                            _ => w::Result::Err(w::unknown_variant("Level", &number)),
                        }
                    }
                }
                impl w::FromRow for Level {
                    const WIDTH: usize = 1;
                    fn from_row(row: &w::Row<'_>) -> w::Result<Self> {
                        row.get(0)
                    }
                }
                impl w::Element for Level {}
            };
        "#]],
    );
}

#[test]
fn what_one_column_cannot_hold_is_refused() {
    let cases = [
        "struct A { a: i64, b: i64 }",
        "struct A;",
        "struct A<T>(T);",
        "union A { a: i64 }",
        "enum A {}",
        "enum A { B(i64) }",
        "#[value(integer)] struct A(i64);",
        "#[value(rename_all = \"snake_case\")] struct A(i64);",
        "struct A(#[value(name = \"b\")] i64);",
        "#[value(rename_all = \"Snake\")] enum A { B }",
        "#[value(rename_all)] enum A { B }",
        "#[value(rename = \"snake_case\")] enum A { B }",
        "#[value(integer, rename_all = \"snake_case\")] enum A { B }",
        "#[value(integer)] enum A { #[value(name = \"b\")] B }",
        "#[value(integer)] enum A { B = N }",
        "#[value(integer)] enum A { B = 9223372036854775807, C }",
        "enum A { #[value(text = \"b\")] B }",
        "#[value(rename_all = \"lowercase\")] enum A { B, #[value(name = \"b\")] C }",
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
        struct A { a: i64, b: i64 }
            `Value` is derived for a structure with one field, or an enum without fields; a larger structure is stored with `#[column(json)]`    <- A
        struct A;
            `Value` is derived for a structure with one field, or an enum without fields; a larger structure is stored with `#[column(json)]`    <- A
        struct A<T>(T);
            `Value` is derived for a type without generics    <- <T>
        union A { a: i64 }
            a union can't be read from a column    <- A
        enum A {}
            an enum without variants has no value to store    <- A
        enum A { B(i64) }
            a variant with fields doesn't fit into one column: store the enum with `#[column(json)]`    <- (i64)
        #[value(integer)] struct A(i64);
            this is for enums: a newtype is stored as its field    <- integer
        #[value(rename_all = "snake_case")] struct A(i64);
            this is for enums: a newtype is stored as its field    <- rename_all
        struct A(#[value(name = "b")] i64);
            a field of a newtype has no `#[value(...)]`    <- #[value(name = "b")]
        #[value(rename_all = "Snake")] enum A { B }
            expected one of `snake_case`, `lowercase`, `UPPERCASE`, `kebab-case`, `SCREAMING_SNAKE_CASE`, `camelCase` or `PascalCase`    <- "Snake"
        #[value(rename_all)] enum A { B }
            expected `rename_all = "snake_case"`    <- rename_all
        #[value(rename = "snake_case")] enum A { B }
            unknown value attribute `rename`, expected one of `rename_all = "..."` or `integer`    <- rename
        #[value(integer, rename_all = "snake_case")] enum A { B }
            with `integer` the numbers are stored, not the names    <- rename_all
        #[value(integer)] enum A { #[value(name = "b")] B }
            with `integer` the numbers are stored, not the names    <- "b"
        #[value(integer)] enum A { B = N }
            expected a literal number that fits in an `i64`: it is what is stored    <- N
        #[value(integer)] enum A { B = 9223372036854775807, C }
            its number doesn't fit in an `i64`, as which it is stored    <- C
        enum A { #[value(text = "b")] B }
            unknown variant attribute `text`, expected `name = "..."`    <- text
        #[value(rename_all = "lowercase")] enum A { B, #[value(name = "b")] C }
            `B` is stored as `b` already    <- "b"
    "#]].assert_eq(&told);
}
