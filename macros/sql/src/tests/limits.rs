use super::facts;
use crate::{Class, Dialect, MAX_LENGTH, Placeholders, analyze, analyze_portable};

/// A text of exactly this length that begins like `start`.
fn padded(start: &str, length: usize) -> String {
    format!("{start}{}", " ".repeat(length - start.len()))
}

#[test]
fn texts_up_to_the_limit_are_read_and_longer_ones_refused() {
    for dialect in Dialect::ALL {
        assert_eq!(
            analyze(&padded("SELECT 1", MAX_LENGTH), dialect)
                .unwrap()
                .class,
            Class::Read
        );
        let error = analyze(&padded("SELECT 1", MAX_LENGTH + 1), dialect).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a text of 65537 bytes, at most 65536 at line 1, column 1"
        );
    }
    assert!(analyze_portable(&padded("SELECT 1", MAX_LENGTH)).is_ok());
    assert!(analyze_portable(&padded("SELECT 1", MAX_LENGTH + 1)).is_err());
}

/// `start`, then `link` as often as it fits.
fn chain(start: &str, link: &str, end: &str) -> String {
    format!(
        "{start}{}{end}",
        link.repeat((MAX_LENGTH - start.len() - end.len()) / link.len())
    )
}

#[test]
fn the_widest_expressions_do_not_exhaust_the_stack() {
    let wide = format!("SELECT 1{}", "+1".repeat(30_000));
    let chains = [
        wide,
        chain("SELECT 1", "+1", ""),
        chain("SELECT a", " OR a", ""),
        chain("SELECT 1", " UNION SELECT 1", ""),
        chain("SELECT a", "||a", ""),
        chain("SELECT a", "::a", ""),
        chain("SELECT a", " IS NULL", ""),
        chain("SELECT a", "[1]", ""),
        chain("SELECT a", ".a", ""),
        chain("SELECT * FROM a", ",a", ""),
        chain("SELECT * FROM a", " JOIN a", ""),
        chain("SELECT a FROM a WHERE a IN (1", ",1", ")"),
    ];
    for text in &chains {
        for dialect in Dialect::ALL {
            if let Ok(found) = analyze(text, dialect) {
                assert!(
                    found.class == Class::Read,
                    "{} {}",
                    &text[..40],
                    facts(&found)
                );
                assert_eq!(
                    found.render(Placeholders::Dollar, &|_, _| String::new()).0,
                    *text
                );
            }
        }
    }
    assert!(analyze(&chains[0], Dialect::Postgres).is_ok());
}

#[test]
fn the_deepest_nesting_is_refused_in_time_and_without_a_crash() {
    let links = [
        "(",
        "((",
        "SELECT (",
        "SELECT * FROM (",
        "NOT ",
        "- ",
        "+",
        "~",
        "CASE WHEN ",
        "ARRAY[",
        "[",
        "EXPLAIN ",
        "f(",
        "CAST(",
        "WITH a AS (",
        "PREPARE a AS ",
        "CREATE TABLE a AS ",
        "INTERVAL ",
        "EXISTS (",
        "a IN (",
        "BEGIN ",
        "{a}",
        "IF a THEN ",
        "ROW(",
        "CREATE FUNCTION f() RETURNS ",
        "DECLARE a ",
        "x'",
        "LATERAL (",
        "a JOIN (",
        "INSERT INTO a ",
        "ARRAY<",
        "STRUCT<",
        "MAP{",
        "PRIOR ",
        "LAMBDA ",
        "a -> ",
    ];
    for start in [
        "",
        "SELECT ",
        "SELECT * FROM ",
        "SELECT a::",
        "SELECT CAST(a AS ",
        "VALUES (",
    ] {
        for link in links {
            // Deeper than the parser goes; and as long as it gets, where that may go another way.
            for length in if start.is_empty() {
                &[4000, 65_000][..]
            } else {
                &[4000]
            } {
                let text = format!(
                    "{start}{}",
                    link.repeat((length - start.len()) / link.len())
                );
                for dialect in Dialect::ALL {
                    let _ = analyze(&text, dialect);
                }
            }
        }
    }
}
