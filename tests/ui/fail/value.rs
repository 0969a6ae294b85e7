//! What `#[derive(Value)]` refuses, each message once.

use wharf::prelude::*;

#[derive(Value)]
struct TwoFields {
    a: i64,
    b: i64,
}

#[derive(Value)]
struct Generic<T>(T);

#[derive(Value)]
union Union {
    a: i64,
}

#[derive(Value)]
enum Empty {}

#[derive(Value)]
enum WithFields {
    A(i64),
}

#[derive(Value)]
#[value(integer)]
struct IntegerStruct(i64);

#[derive(Value)]
struct FieldWord(#[value(name = "b")] i64);

#[derive(Value)]
#[value(rename = "snake_case")]
enum UnknownWord {
    A,
}

#[derive(Value)]
#[value(rename_all)]
enum NoText {
    A,
}

#[derive(Value)]
#[value(rename_all = "Snake")]
enum UnknownCase {
    A,
}

#[derive(Value)]
#[value(integer, rename_all = "snake_case")]
enum NumbersAndNames {
    A,
}

#[derive(Value)]
#[value(integer)]
enum NoLiteral {
    A = 1 + 1,
}

#[derive(Value)]
#[value(integer)]
#[repr(u64)]
enum TooLarge {
    A = 9223372036854775807,
    B,
}

#[derive(Value)]
enum UnknownVariantWord {
    #[value(text = "a")]
    A,
}

#[derive(Value)]
#[value(rename_all = "lowercase")]
enum SameName {
    A,
    #[value(name = "a")]
    B,
}

fn main() {}
