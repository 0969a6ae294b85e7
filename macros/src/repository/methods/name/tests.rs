use expect_test::{Expect, expect};
use syn::{FnArg, Pat, Signature};

use super::{Name, Place};
use crate::repository::methods::argument::Argument;

/// Reads `name(argument: type, ..)`.
fn read(source: &str) -> String {
    let signature: Signature = syn::parse_str(&format!("fn {source}")).unwrap();
    let arguments: Vec<_> = signature
        .inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Typed(argument) => match &*argument.pat {
                Pat::Ident(name) => Some(Argument::new(&name.ident, &argument.ty)),
                _ => None,
            },
            FnArg::Receiver(_) => None,
        })
        .collect();
    match Name::read(&signature.ident.to_string(), &arguments) {
        Ok(name) => describe(&name),
        Err(mistake) => match mistake.place {
            Place::Name => format!("! {}", mistake.message),
            Place::Argument(place) => format!("! argument {place}: {}", mistake.message),
        },
    }
}

fn describe(name: &Name) -> String {
    let mut text = name.verb.word().to_owned();
    if let Some(limit) = name.limit {
        text.push_str(&format!(" {limit:?}"));
    }
    let any: Vec<_> = name
        .conditions
        .iter()
        .map(|all| {
            let all: Vec<_> = all
                .iter()
                .map(|condition| {
                    let case = if condition.ignore_case {
                        " ignoring case"
                    } else {
                        ""
                    };
                    format!("{} {:?}{case}", condition.field, condition.op)
                })
                .collect();
            all.join(" and ")
        })
        .collect();
    if !any.is_empty() {
        text.push_str(&format!(": {}", any.join(", or ")));
    }
    for sort in &name.orders {
        let direction = if sort.descending { "desc" } else { "asc" };
        text.push_str(&format!(" | {} {direction}", sort.field));
    }
    text
}

fn check(sources: &[&str], expected: Expect) {
    let read: String = sources
        .iter()
        .map(|source| format!("{source}\n    {}\n", read(source)))
        .collect();
    expected.assert_eq(&read);
}

#[test]
fn every_suffix_is_understood() {
    check(
        &[
            "find_by_a(x: i64)",
            "find_by_a_ne(x: i64)",
            "find_by_a_gt(x: i64)",
            "find_by_a_gte(x: i64)",
            "find_by_a_lt(x: i64)",
            "find_by_a_lte(x: i64)",
            "find_by_a_in(x: &[i64])",
            "find_by_a_not_in(x: &[&str])",
            "find_by_a_like(x: &str)",
            "find_by_a_starts_with(x: &str)",
            "find_by_a_ends_with(x: String)",
            "find_by_a_contains(x: &str)",
            "find_by_a_between(x: i64, y: i64)",
            "find_by_a_is_null()",
            "find_by_a_is_not_null()",
            "find_by_a_is_true()",
            "find_by_a_is_false()",
            "find_by_a_ignore_case(x: &str)",
            "find_by_a_ne_ignore_case(x: &str)",
            "find_by_a_contains_ignore_case(x: &str)",
        ],
        expect![[r#"
            find_by_a(x: i64)
                find: a Eq
            find_by_a_ne(x: i64)
                find: a Ne
            find_by_a_gt(x: i64)
                find: a Gt
            find_by_a_gte(x: i64)
                find: a Gte
            find_by_a_lt(x: i64)
                find: a Lt
            find_by_a_lte(x: i64)
                find: a Lte
            find_by_a_in(x: &[i64])
                find: a In
            find_by_a_not_in(x: &[&str])
                find: a NotIn
            find_by_a_like(x: &str)
                find: a Like
            find_by_a_starts_with(x: &str)
                find: a StartsWith
            find_by_a_ends_with(x: String)
                find: a EndsWith
            find_by_a_contains(x: &str)
                find: a Contains
            find_by_a_between(x: i64, y: i64)
                find: a Between
            find_by_a_is_null()
                find: a IsNull
            find_by_a_is_not_null()
                find: a IsNotNull
            find_by_a_is_true()
                find: a IsTrue
            find_by_a_is_false()
                find: a IsFalse
            find_by_a_ignore_case(x: &str)
                find: a Eq ignoring case
            find_by_a_ne_ignore_case(x: &str)
                find: a Ne ignoring case
            find_by_a_contains_ignore_case(x: &str)
                find: a Contains ignoring case
        "#]],
    );
}

#[test]
fn and_binds_tighter_than_or() {
    check(
        &[
            "count_by_a_and_b_or_c(a: i64, b: i64, c: i64)",
            "exists_by_a_or_b_and_c(a: i64, b: i64, c: i64)",
            "delete_by_a_or_b(a: i64, b: i64)",
            "get_by_first_name_and_last_name(x: &str, y: &str)",
        ],
        expect![[r#"
            count_by_a_and_b_or_c(a: i64, b: i64, c: i64)
                count: a Eq and b Eq, or c Eq
            exists_by_a_or_b_and_c(a: i64, b: i64, c: i64)
                exists: a Eq, or b Eq and c Eq
            delete_by_a_or_b(a: i64, b: i64)
                delete: a Eq, or b Eq
            get_by_first_name_and_last_name(x: &str, y: &str)
                get: first_name Eq and last_name Eq
        "#]],
    );
}

#[test]
fn orders_are_read_with_and_without_directions() {
    check(
        &[
            "find_by_a_order_by_b(a: i64)",
            "find_by_a_order_by_b_desc_c_asc(a: i64)",
            "find_by_a_order_by_b_desc_and_c(a: i64)",
            "find_by_a_order_by_b_and_c_desc(a: i64)",
            "find_order_by_created_at_desc()",
            "find_all_order_by_b()",
            "find_first_by_a_order_by_b(a: i64)",
            "find_first_order_by_b()",
            "find_top10_by_a_order_by_b_desc(a: i64)",
            "get_by_a_order_by_b(a: i64)",
        ],
        expect![[r#"
            find_by_a_order_by_b(a: i64)
                find: a Eq | b asc
            find_by_a_order_by_b_desc_c_asc(a: i64)
                find: a Eq | b desc | c asc
            find_by_a_order_by_b_desc_and_c(a: i64)
                find: a Eq | b desc | c asc
            find_by_a_order_by_b_and_c_desc(a: i64)
                find: a Eq | b asc | c desc
            find_order_by_created_at_desc()
                find | created_at desc
            find_all_order_by_b()
                find | b asc
            find_first_by_a_order_by_b(a: i64)
                find First: a Eq | b asc
            find_first_order_by_b()
                find First | b asc
            find_top10_by_a_order_by_b_desc(a: i64)
                find Top(10): a Eq | b desc
            get_by_a_order_by_b(a: i64)
                get: a Eq | b asc
        "#]],
    );
}

#[test]
fn the_arguments_tell_which_words_are_fields() {
    check(
        &[
            "find_by_terms_and_conditions(text: &str)",
            "find_by_terms_and_conditions(terms: &str, conditions: &str)",
            "find_by_a_and_b_and_c(a_and_b: i64, c: i64)",
            "find_by_a_and_b_and_c(x: i64, b_and_c: i64)",
            "find_by_checked_in(value: bool)",
            "find_by_checked_in(values: &[i64])",
            "find_by_opted_in(opted_in: &[u8])",
            "find_by_number_like(number_like: i64)",
            "find_by_balance_gte(balance_gte: i64)",
            "find_by_balance_gte(balance: i64)",
            "find_by_is_null(is_null: bool)",
            "find_by_in_order_by_date(x: i64)",
            "find_by_a_and_b_is_null(a: i64)",
            "find_by_a_and_b_is_null(a_and_b_is_null: i64)",
            "find_by_sort_order_by_hand(sort_order_by_hand: i64)",
            "find_by_ignore_case(x: bool)",
            "find_by_and(x: bool)",
        ],
        expect![[r#"
            find_by_terms_and_conditions(text: &str)
                find: terms_and_conditions Eq
            find_by_terms_and_conditions(terms: &str, conditions: &str)
                find: terms Eq and conditions Eq
            find_by_a_and_b_and_c(a_and_b: i64, c: i64)
                find: a_and_b Eq and c Eq
            find_by_a_and_b_and_c(x: i64, b_and_c: i64)
                find: a Eq and b_and_c Eq
            find_by_checked_in(value: bool)
                find: checked_in Eq
            find_by_checked_in(values: &[i64])
                find: checked In
            find_by_opted_in(opted_in: &[u8])
                find: opted_in Eq
            find_by_number_like(number_like: i64)
                find: number_like Eq
            find_by_balance_gte(balance_gte: i64)
                find: balance_gte Eq
            find_by_balance_gte(balance: i64)
                find: balance Gte
            find_by_is_null(is_null: bool)
                find: is_null Eq
            find_by_in_order_by_date(x: i64)
                find: in Eq | date asc
            find_by_a_and_b_is_null(a: i64)
                find: a Eq and b IsNull
            find_by_a_and_b_is_null(a_and_b_is_null: i64)
                find: a_and_b_is_null Eq
            find_by_sort_order_by_hand(sort_order_by_hand: i64)
                find: sort_order_by_hand Eq
            find_by_ignore_case(x: bool)
                find: ignore_case Eq
            find_by_and(x: bool)
                find: and Eq
        "#]],
    );
}

#[test]
fn what_is_no_query_is_told_why() {
    check(
        &[
            "fetch_by_a(a: i64)",
            "find()",
            "find_by()",
            "find_all()",
            "find_all_by_a(a: i64)",
            "find_recent_by_a(a: i64)",
            "find__by_a(a: i64)",
            "find_by_a_(a: i64)",
            "find_first_by_a(a: i64)",
            "find_top3_by_a(a: i64)",
            "find_top_by_a(a: i64)",
            "find_top0_by_a(a: i64)",
            "get_first_by_a(a: i64)",
            "count_first_by_a(a: i64)",
            "count_order_by_a()",
            "delete_by_a_order_by_b(a: i64)",
            "find_order_by_a(a: i64)",
            "find_order_by()",
            "find_order_by_desc()",
            "find_order_by_a_and()",
            "find_by_a_order_by_desc(a: i64)",
            "find_by_a_and_b(a: i64)",
            "find_by_a_is_null(a: i64)",
            "find_by_a_between(a: i64)",
            "find_by_a_and(a: i64, b: i64)",
            "find_by_and_or_and(a: i64)",
            "find_by_a_in(a: i64)",
            "find_by_a(a: &[i64])",
            "find_by_a_like(a: i64)",
            "find_by_a_ignore_case(a: i64)",
            "find_by_a_gt_ignore_case(a: &str)",
            "find_by_a_between_ignore_case(low: &str, high: &str)",
            "find_by_a_in(a: Vec<i64>)",
            "find_by_a_in(a: &[i64; 3])",
            "find_by_a_contains(a: &[&str])",
            "find_by_a_and_b_gt(a: &[i64], b: i64)",
            "find_by_a_and_or_b(x: &[i64])",
            "find_by_a_and_b_order_by_desc(x: &[i64], y: &[i64])",
            "find_by_a_and_b_and_c(x: i64, y: i64)",
        ],
        expect![[r#"
            fetch_by_a(a: i64)
                ! `fetch_by_a` is no query: its name begins with `find_by_`, `get_by_`, `count_by_`, `exists_by_` or `delete_by_`, or it has `#[query("...")]`, or a body
            find()
                ! `find` can't be read: after `find` comes `_by_` and a field, `_first_by_`, `_top10_by_` or `_order_by_`; for anything else there is `#[query("...")]`
            find_by()
                ! `find_by` can't be read: after `find` comes `_by_` and a field, `_first_by_`, `_top10_by_` or `_order_by_`; for anything else there is `#[query("...")]`
            find_all()
                ! `find_all` can't be read: after `find` comes `_by_` and a field, `_first_by_`, `_top10_by_` or `_order_by_`; for anything else there is `#[query("...")]`
            find_all_by_a(a: i64)
                ! `find_all_by_a` can't be read: after `find` comes `_by_` and a field, `_first_by_`, `_top10_by_` or `_order_by_`; for anything else there is `#[query("...")]`
            find_recent_by_a(a: i64)
                ! `find_recent_by_a` can't be read: after `find` comes `_by_` and a field, `_first_by_`, `_top10_by_` or `_order_by_`; for anything else there is `#[query("...")]`
            find__by_a(a: i64)
                ! `find__by_a` has an empty word: there is one `_` between words, and none at an end
            find_by_a_(a: i64)
                ! `find_by_a_` has an empty word: there is one `_` between words, and none at an end
            find_first_by_a(a: i64)
                ! which one is first is arbitrary: add `_order_by_...`
            find_top3_by_a(a: i64)
                ! which 3 are the top is arbitrary: add `_order_by_...`
            find_top_by_a(a: i64)
                ! how many? after `top` comes a number, as in `find_top10_by_`
            find_top0_by_a(a: i64)
                ! how many? after `top` comes a number, as in `find_top10_by_`
            get_first_by_a(a: i64)
                ! `_first` goes with `find`: `find_first_by_...`
            count_first_by_a(a: i64)
                ! `_first` goes with `find`: `find_first_by_...`
            count_order_by_a()
                ! `count_order_by_a` can't be read: after `count` comes `_by_` and a field; for anything else there is `#[query("...")]`
            delete_by_a_order_by_b(a: i64)
                delete: a_order_by_b Eq
            find_order_by_a(a: i64)
                ! argument 0: `find_order_by_a` has no condition that takes an argument
            find_order_by()
                ! after `_order_by_` come fields with `_asc` or `_desc`, joined by `_and_`: `find_order_by` leaves one out
            find_order_by_desc()
                ! after `_order_by_` come fields with `_asc` or `_desc`, joined by `_and_`: `find_order_by_desc` leaves one out
            find_order_by_a_and()
                ! after `_order_by_` come fields with `_asc` or `_desc`, joined by `_and_`: `find_order_by_a_and` leaves one out
            find_by_a_order_by_desc(a: i64)
                find: a_order_by_desc Eq
            find_by_a_and_b(a: i64)
                find: a_and_b Eq
            find_by_a_is_null(a: i64)
                find: a_is_null Eq
            find_by_a_between(a: i64)
                find: a_between Eq
            find_by_a_and(a: i64, b: i64)
                ! `find_by_a_and` takes 1 argument (`a_and`) after where to run, and has 2
            find_by_and_or_and(a: i64)
                find: and_or_and Eq
            find_by_a_in(a: i64)
                find: a_in Eq
            find_by_a(a: &[i64])
                ! argument 0: a list goes with `_in` or `_not_in`, as in `a_in`
            find_by_a_like(a: i64)
                find: a_like Eq
            find_by_a_ignore_case(a: i64)
                find: a_ignore_case Eq
            find_by_a_gt_ignore_case(a: &str)
                ! `find_by_a_gt_ignore_case` can be read as `a_gt` with `_ignore_case` and as `a_gt_ignore_case`: name the arguments like the fields
            find_by_a_between_ignore_case(low: &str, high: &str)
                ! `_ignore_case` compares texts, and `_between` doesn't
            find_by_a_in(a: Vec<i64>)
                ! argument 0: `_in` takes a slice: `a: &[T]`
            find_by_a_in(a: &[i64; 3])
                ! argument 0: `_in` takes a slice: `a: &[T]`
            find_by_a_contains(a: &[&str])
                ! argument 0: a list goes with `_in` or `_not_in`, as in `a_in`
            find_by_a_and_b_gt(a: &[i64], b: i64)
                ! argument 0: a list goes with `_in` or `_not_in`, as in `a_in`
            find_by_a_and_or_b(x: &[i64])
                ! `find_by_a_and_or_b` leaves out a field: each `_and_` and `_or_` joins two
            find_by_a_and_b_order_by_desc(x: &[i64], y: &[i64])
                ! after `_order_by_` come fields with `_asc` or `_desc`, joined by `_and_`: `find_by_a_and_b_order_by_desc` leaves one out
            find_by_a_and_b_and_c(x: i64, y: i64)
                ! `find_by_a_and_b_and_c` can be read as `a` and `b_and_c` and as `a_and_b` and `c`: name the arguments like the fields
        "#]],
    );
}

#[test]
fn a_name_that_nobody_could_read_is_refused_in_bounded_time() {
    let name = vec!["a_in"; 40].join("_and_");
    let arguments: Vec<_> = (0..20).map(|n| format!("x{n}: &str")).collect();
    let read = read(&format!("find_by_{name}({})", arguments.join(", ")));
    expect![[r#"! this name can be read in too many ways: write `#[query("...")]`"#]]
        .assert_eq(&read);
}
