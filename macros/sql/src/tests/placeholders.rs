use expect_test::expect;

use super::{check, pieces, read};
use crate::{Dialect, Placeholders, analyze};

#[test]
fn placeholders_hide_nowhere() {
    check(
        &expect![[r#"
            any SELECT :a, ':b', ':c''d :e' FROM t -- :f
                -> SELECT <a>, ':b', ':c''d :e' FROM t
            any SELECT /* :a */ :b /* it's */ , ":c" FROM t WHERE d=:d AND e>=:e
                -> SELECT /* :a */ <b> /* it's */ , ":c" FROM t WHERE d=<d> AND e>=<e>
            any SELECT * FROM t WHERE a = :a_1 AND b = :A AND c = :a_1
                -> SELECT * FROM t WHERE a = <a_1> AND b = <A> AND c = <a_1>
            any SELECT (:a), -:b, :c + :d, :e||:f
                -> SELECT (<a>), -<b>, <c> + <d>, <e>||<f>
            pg SELECT :a::int, x::text, E'\':b', '\', :c, $$ :d $$, $q$ :e $$ $q$, U&':f'
                -> SELECT <a>::int, x::text, E'\\':b', '\\', <c>, $$ :d $$, $q$ :e $$ $q$, U&':f'
            pg SELECT /* /* :a */ :b */ :c, "d :e", a[1:2], a[lo:hi], a[:f], a[1::g]
                -> SELECT /* /* :a */ :b */ <c>, "d :e", a[1:2], a[lo:hi], a[<f>], a[1::g]
            pg SELECT a$$b, :c, d ? 'e', f ?| ARRAY[:g], '\'
                -> SELECT a$$b, <c>, d ? 'e', f ?| ARRAY[<g>], '\\'
            pg SELECT x FROM e WHERE type='a' AND b=:b
                -> SELECT x FROM e WHERE type='a' AND b=<b>
            my SELECT '\':a', "\":b", `c :d`, :e # :f
                -> SELECT '\\':a', "\\":b", `c :d`, <e>
            my SELECT 5--1, :a -- :b
                -> SELECT 5--1, <a>
            my SELECT '''', :a, "'", :b, 'x' ':c'
                -> SELECT '''', <a>, "'", <b>, 'x' ':c'
            my SELECT :a /*! , :b */
                -> SELECT <a> /*! , :b */
            my SET @a := 5
                -> SET @a := 5
            lite SELECT [a :b], `c :d`, "e :f", '\', :g
                -> SELECT [a :b], `c :d`, "e :f", '\\', <g>
            lite SELECT /* /* :a */ :b
                -> SELECT /* /* :a */ <b>
            any SELECT 'é', :é, :a
                -> error: this `:` starts no placeholder: put a space before it at line 1, column 13
            any SELECT 'é€😀', :a FROM t
                -> SELECT 'é€😀', <a> FROM t
        "#]],
        pieces,
    );
}

#[test]
fn lists_stand_alone_in_their_parentheses() {
    check(
        &expect![[r#"
            any SELECT * FROM t WHERE a IN (:a)
                -> SELECT * FROM t WHERE a IN (<a..>)
            any SELECT * FROM t WHERE a NOT IN ( /* these */ :a ) AND b IN (:b, :c) AND d IN ((:d)) AND e IN (:e + 1)
                -> SELECT * FROM t WHERE a NOT IN ( /* these */ <a..> ) AND b IN (<b>, <c>) AND d IN ((<d>)) AND e IN (<e> + 1)
            any SELECT * FROM t WHERE a IN (SELECT :a) AND b = (:b) AND (c, d) IN (:e)
                -> SELECT * FROM t WHERE a IN (SELECT <a>) AND b = (<b>) AND (c, d) IN (<e..>)
            any DELETE FROM t WHERE a IN (:a)
                -> DELETE FROM t WHERE a IN (<a..>)
            pg SELECT * FROM t WHERE a = ANY(:a) AND b IN (:b)
                -> SELECT * FROM t WHERE a = ANY(<a>) AND b IN (<b..>)
            pg EXPLAIN SELECT * FROM t WHERE a IN (:a)
                -> EXPLAIN SELECT * FROM t WHERE a IN (<a..>)
        "#]],
        pieces,
    );
}

#[test]
fn column_lists_keep_their_entity_and_alias() {
    check(
        &expect![[r#"
            any SELECT {Account} FROM accounts
                -> SELECT <{Account}> FROM accounts
            any SELECT {Account as a}, {  Order  AS  o  } FROM accounts a JOIN orders o ON o.account = a.id
                -> SELECT <{Account} of a>, <{Order} of o> FROM accounts a JOIN orders o ON o.account = a.id
            any INSERT INTO t ({New}) VALUES (:a)
                -> INSERT INTO t (<{New}>) VALUES (<a>)
            pg DELETE FROM t RETURNING {Account}
                -> DELETE FROM t RETURNING <{Account}>
            any SELECT '{Account}' -- {Account}
                -> SELECT '{Account}'
            any SELECT {Account}
                -> SELECT <{Account}>
            any SELECT * FROM {Account}
                -> error: `{..}` stands for columns, and a table is expected here at line 1, column 15
            any SELECT {Account FROM t
                -> error: a brace opens here and isn't closed at line 1, column 8
            any SELECT {} FROM t
                -> error: expected `{Entity}` or `{Entity as alias}` at line 1, column 8
            any SELECT {a b c} FROM t
                -> error: expected `{Entity}` or `{Entity as alias}` at line 1, column 8
            any SELECT {a as} FROM t
                -> error: expected `{Entity}` or `{Entity as alias}` at line 1, column 8
            any SELECT {a.b} FROM t
                -> error: expected `{Entity}` or `{Entity as alias}` at line 1, column 8
            any SELECT {1} FROM t
                -> error: expected `{Entity}` or `{Entity as alias}` at line 1, column 8
            my SELECT {fn now()}
                -> error: expected `{Entity}` or `{Entity as alias}` at line 1, column 8
        "#]],
        pieces,
    );
}

#[test]
fn the_closing_semicolon_is_dropped_and_all_else_is_kept() {
    check(
        &expect![[r#"
            any SELECT 1;
                -> SELECT 1
            any SELECT 1 ; -- done
                -> SELECT 1
            any SELECT 1;;  ;
                -> SELECT 1
            any SELECT 1 -- done
                -> SELECT 1
            any -- first
                -> error: a statement expected, the text is empty at line 1, column 1
            any /* a */ SELECT /* b */ 1 /* c */
                -> /* a */ SELECT /* b */ 1
            my SELECT 1 /*! for update */;
                -> SELECT 1 /*! for update */
        "#]],
        pieces,
    );
}

#[test]
fn each_server_gets_its_own_placeholders() {
    let text = "SELECT {T as t} FROM t WHERE a = :a AND b IN (:b) AND c = :a";
    let found = analyze(text, Dialect::Sqlite).unwrap();
    let mut shown = String::new();
    for style in [
        Placeholders::Dollar,
        Placeholders::QuestionNumbered,
        Placeholders::Question,
    ] {
        let rendered = found.render(style, &|entity, alias| {
            format!("<{entity}/{}>", alias.unwrap_or("-"))
        });
        shown.push_str(&format!("{rendered:?}\n"));
    }
    expect![[r#"
        ("SELECT <T/t> FROM t WHERE a = $1 AND b IN ($2) AND c = $1", [0, 1])
        ("SELECT <T/t> FROM t WHERE a = ?1 AND b IN (?2) AND c = ?1", [0, 1])
        ("SELECT <T/t> FROM t WHERE a = ? AND b IN (?) AND c = ?", [0, 1, 0])
    "#]]
    .assert_eq(&shown);
}

#[test]
fn names_are_in_order_of_first_appearance() {
    let (_, found) = read("any SELECT :b, :a, :b, :c");
    assert_eq!(found.unwrap().names, ["b", "a", "c"]);
}
