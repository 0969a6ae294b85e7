use expect_test::expect;

use super::{check, facts};
use crate::{Dialect, analyze};

#[test]
fn errors_point_at_the_place_in_the_original_text() {
    check(
        &expect![[r#"
            any SELECT * FORM t
                -> error: expected end of statement, found `t` at line 1, column 15
            any SELECT 'é', :name FROM
                -> error: expected identifier, found the end at line 1, column 23
            any SELECT * FROM t WHERE a = :a AND
                -> error: expected an expression, found the end at line 1, column 33
            any SELECT * FROM t WHERE a = :a :b
                -> error: expected end of statement, found `:b` at line 1, column 30
            any SELECT * FROM :table
                -> error: expected identifier, found `:table` at line 1, column 15
            any SELECT {Account as a} {Account as b} FROM t
                -> Read SELECT, reads t, rows
            any SELECT 1 2
                -> error: expected end of statement, found `2` at line 1, column 10
            any FOO BAR
                -> error: expected an SQL statement, found `FOO` at line 1, column 1
            any ;
                -> error: a statement expected, the text is empty at line 1, column 1
            any ()
                -> error: expected SELECT, VALUES, or a subquery in the query body, found `)` at line 1, column 2
            any SELECT 'a
                -> error: a string begins here and doesn't end at line 1, column 8
            any SELECT "a
                -> error: a quoted name begins here and doesn't end at line 1, column 8
            any SELECT /* a
                -> error: a comment begins here and doesn't end at line 1, column 8
            pg SELECT $a$ b
                -> error: a dollar-quoted string begins here and doesn't end at line 1, column 8
            pg SELECT /* /* */
                -> error: a comment begins here and doesn't end at line 1, column 8
            my SELECT `a
                -> error: a quoted name begins here and doesn't end at line 1, column 8
            lite SELECT [a
                -> error: a quoted name begins here and doesn't end at line 1, column 8
            my SELECT 'a\'
                -> error: a string begins here and doesn't end at line 1, column 8
        "#]],
        facts,
    );
}

#[test]
fn only_names_bind() {
    check(
        &expect![[r#"
            any SELECT * FROM t WHERE a = ?
                -> error: use `:name` at line 1, column 27
            any SELECT * FROM t WHERE a = $1
                -> error: use `:name` at line 1, column 27
            lite SELECT ?1
                -> error: use `:name` at line 1, column 8
            lite SELECT @a
                -> error: use `:name` at line 1, column 8
            lite SELECT $a
                -> error: use `:name` at line 1, column 8
            pg SELECT * FROM t WHERE a = ?
                -> error: use `:name` at line 1, column 27
            pg SELECT $1
                -> error: use `:name` at line 1, column 8
            my SELECT @a, @@b
                -> Read SELECT, rows
            any SELECT * FROM t WHERE a ? 'b'
                -> Read SELECT, reads t, rows
            any SELECT * FROM t WHERE a = ? AND b ? 'c'
                -> error: use `:name` at line 1, column 27
            pg SELECT:a
                -> error: this `:` starts no placeholder: put a space before it at line 1, column 7
            pg SELECT 1 WHERE TRUE AND:a
                -> error: this `:` starts no placeholder: put a space before it at line 1, column 24
            any SELECT :a:b
                -> error: this `:` starts no placeholder: put a space before it at line 1, column 10
            any SELECT :a.b
                -> error: `:a` can be read in two ways: put spaces around it at line 1, column 8
            pg SELECT a[:b], c
                -> Read SELECT, rows
            any SELECT a[:b], c
                -> error: SQLite and PostgreSQL find different placeholders here: name the dialect at line 1, column 10
        "#]],
        facts,
    );
}

#[test]
fn a_second_statement_is_refused_where_it_begins() {
    check(
        &expect![[r#"
            any SELECT 1; SELECT 2
                -> error: one statement expected, a second one begins here at line 1, column 11
            any SELECT 1; DROP TABLE t;
                -> error: one statement expected, a second one begins here at line 1, column 11
            pg SELECT 1; -- SELECT 2
                -> Read SELECT, rows
            pg SELECT ';'; /* ; */
                -> Read SELECT, rows
            my SELECT 1; /* x */ SELECT 2
                -> error: one statement expected, a second one begins here at line 1, column 19
            pg DO $$ BEGIN END $$; DROP TABLE t
                -> error: one statement expected, a second one begins here at line 1, column 21
            lite PRAGMA a; PRAGMA b
                -> error: one statement expected, a second one begins here at line 1, column 11
            pg COMMIT; DROP TABLE t
                -> error: one statement expected, a second one begins here at line 1, column 9
        "#]],
        facts,
    );
}

#[test]
fn places_count_lines_and_characters() {
    let error = analyze("SELECT 'é',\n  'ü' x y\nFROM t", Dialect::Postgres).unwrap_err();
    expect!["expected end of statement, found `y` at line 2, column 9, byte 22"]
        .assert_eq(&format!("{error}, byte {}", error.offset));
}
