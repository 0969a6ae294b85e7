//! What an engine's error code means. The only place that looks at codes; one table an engine.
//!
//! The codes and what follows from them are in each engine's manual: PostgreSQL's appendix A, MariaDB's error code
//! list, SQLite's result codes.
//!
//! A type that doesn't fit is a matter of the schema, a value that doesn't fit is one of encoding. MariaDB, and SQLite in
//! most tables, convert between types: there the same mistake is found by the first value that can't be converted, or never.
#![deny(clippy::disallowed_methods)]

use crate::error::{ConstraintKind, ErrorKind};

/// What a code means for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// The engine undid the unit, or asks for it: run it again.
    Retryable(ErrorKind),
    /// The connection is gone.
    Lost,
    Constraint(ConstraintKind),
    /// The server is full.
    Limit,
    Cancelled,
    Timeout,
    ReadOnly,
    /// The transaction can only roll back.
    Poisoned,
    Fatal(ErrorKind),
    /// The program is wrong.
    Mistake(ErrorKind),
    Other,
}

/// PostgreSQL: by SQLSTATE.
#[cfg(any(feature = "postgres", test))]
pub(super) fn postgres(code: &str) -> Class {
    match code {
        "40001" => Class::Retryable(ErrorKind::Serialization),
        "40P01" => Class::Retryable(ErrorKind::Deadlock),
        "55P03" => Class::Retryable(ErrorKind::Busy),
        "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "40003" => Class::Lost,
        "23505" => Class::Constraint(ConstraintKind::Unique),
        "23503" => Class::Constraint(ConstraintKind::ForeignKey),
        "23502" => Class::Constraint(ConstraintKind::NotNull),
        "23514" => Class::Constraint(ConstraintKind::Check),
        "23P01" => Class::Constraint(ConstraintKind::Exclusion),
        "53300" | "53400" | "53100" | "53200" => Class::Limit,
        "57014" => Class::Cancelled,
        "25006" => Class::ReadOnly,
        "25P02" => Class::Poisoned,
        "42501" => Class::Mistake(ErrorKind::Privilege),
        "42P01" | "42703" | "42883" | "42704" | "3F000" | "42P07" | "42701" | "3D000" | "42804"
        | "42846" => Class::Mistake(ErrorKind::Schema),
        "XX001" | "XX002" | "58P01" => Class::Fatal(ErrorKind::Corrupt),
        "0A000" => Class::Mistake(ErrorKind::Unsupported),
        _ if code.starts_with("08") => Class::Lost,
        _ if code.starts_with("28") => Class::Fatal(ErrorKind::Authentication),
        _ if code.starts_with("22") => Class::Mistake(ErrorKind::Encode),
        _ if code.starts_with("42") => Class::Mistake(ErrorKind::Syntax),
        _ => Class::Other,
    }
}

/// MariaDB and MySQL: by number, since SQLSTATE alone doesn't tell enough.
#[cfg(any(feature = "mysql", test))]
pub(super) fn mysql(number: u16) -> Class {
    match number {
        1213 => Class::Retryable(ErrorKind::Deadlock),
        1205 => Class::Retryable(ErrorKind::Busy),
        1020 => Class::Retryable(ErrorKind::Serialization),
        1053 | 1927 | 2006 | 2013 => Class::Lost,
        1062 | 1169 | 1586 => Class::Constraint(ConstraintKind::Unique),
        1451 | 1452 | 1216 | 1217 => Class::Constraint(ConstraintKind::ForeignKey),
        1048 | 1364 => Class::Constraint(ConstraintKind::NotNull),
        4025 | 3819 => Class::Constraint(ConstraintKind::Check),
        1040 | 1203 | 1226 | 1021 | 1114 => Class::Limit,
        1317 => Class::Cancelled,
        1969 | 3024 => Class::Timeout,
        1290 | 1836 | 1792 => Class::ReadOnly,
        1045 | 1698 => Class::Fatal(ErrorKind::Authentication),
        1044 | 1142 | 1143 | 1227 => Class::Mistake(ErrorKind::Privilege),
        1146 | 1054 | 1305 | 1051 | 1049 | 1050 | 1060 | 4078 | 4079 => {
            Class::Mistake(ErrorKind::Schema)
        }
        1264 | 1366 | 1406 | 1292 => Class::Mistake(ErrorKind::Encode),
        1064 | 1149 => Class::Mistake(ErrorKind::Syntax),
        1194 | 1195 => Class::Fatal(ErrorKind::Corrupt),
        // A thread that is to be killed, and has ended.
        1094 => Class::Mistake(ErrorKind::NotFound),
        _ => Class::Other,
    }
}

/// SQLite: by extended result code.
#[cfg(any(feature = "sqlite", test))]
pub(super) fn sqlite(code: u32, message: &str) -> Class {
    match code {
        1555 | 2067 | 2579 => Class::Constraint(ConstraintKind::Unique),
        787 | 1811 => Class::Constraint(ConstraintKind::ForeignKey),
        1299 => Class::Constraint(ConstraintKind::NotNull),
        275 => Class::Constraint(ConstraintKind::Check),
        // Only the text tells what code 1 is about.
        1 if message.contains("no such")
            || message.contains("has no column")
            || message.contains("already exists") =>
        {
            Class::Mistake(ErrorKind::Schema)
        }
        1 => Class::Mistake(ErrorKind::Syntax),
        // A value of another type, in a table that is STRICT.
        3091 => Class::Mistake(ErrorKind::Schema),
        _ => match code & 0xff {
            5 | 6 => Class::Retryable(ErrorKind::Busy),
            8 => Class::ReadOnly,
            9 => Class::Cancelled,
            13 | 18 => Class::Limit,
            10 | 11 | 26 => Class::Fatal(ErrorKind::Corrupt),
            14 => Class::Fatal(ErrorKind::Connect),
            20 => Class::Mistake(ErrorKind::Schema),
            23 | 3 => Class::Mistake(ErrorKind::Privilege),
            _ => Class::Other,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_class() {
        use Class::{
            Cancelled, Constraint, Fatal, Limit, Lost, Mistake, Other, Poisoned, ReadOnly,
            Retryable,
        };
        use ConstraintKind::{Check, ForeignKey, NotNull, Unique};
        let postgres_table = [
            ("40001", Retryable(ErrorKind::Serialization)),
            ("40P01", Retryable(ErrorKind::Deadlock)),
            ("55P03", Retryable(ErrorKind::Busy)),
            ("57P01", Lost),
            ("08006", Lost),
            ("40003", Lost),
            ("23505", Constraint(Unique)),
            ("23503", Constraint(ForeignKey)),
            ("23502", Constraint(NotNull)),
            ("23514", Constraint(Check)),
            ("53300", Limit),
            ("57014", Cancelled),
            ("25006", ReadOnly),
            ("25P02", Poisoned),
            ("28P01", Fatal(ErrorKind::Authentication)),
            ("42601", Mistake(ErrorKind::Syntax)),
            ("42P01", Mistake(ErrorKind::Schema)),
            ("42703", Mistake(ErrorKind::Schema)),
            ("42804", Mistake(ErrorKind::Schema)),
            ("42846", Mistake(ErrorKind::Schema)),
            ("42883", Mistake(ErrorKind::Schema)),
            ("22P02", Mistake(ErrorKind::Encode)),
            ("42501", Mistake(ErrorKind::Privilege)),
            ("XX001", Fatal(ErrorKind::Corrupt)),
            ("P0001", Other),
            ("", Other),
        ];
        for (code, class) in postgres_table {
            assert_eq!(postgres(code), class, "{code}");
        }
        let mysql_table = [
            (1213, Retryable(ErrorKind::Deadlock)),
            (1205, Retryable(ErrorKind::Busy)),
            (1020, Retryable(ErrorKind::Serialization)),
            (2013, Lost),
            (1062, Constraint(Unique)),
            (1452, Constraint(ForeignKey)),
            (1048, Constraint(NotNull)),
            (4025, Constraint(Check)),
            (1040, Limit),
            (1317, Cancelled),
            (1969, Class::Timeout),
            (1290, ReadOnly),
            (1792, ReadOnly),
            (1045, Fatal(ErrorKind::Authentication)),
            (1146, Mistake(ErrorKind::Schema)),
            (4078, Mistake(ErrorKind::Schema)),
            (1366, Mistake(ErrorKind::Encode)),
            (1064, Mistake(ErrorKind::Syntax)),
            (1094, Mistake(ErrorKind::NotFound)),
            (9999, Other),
        ];
        for (number, class) in mysql_table {
            assert_eq!(mysql(number), class, "{number}");
        }
        let sqlite_table = [
            (5, Retryable(ErrorKind::Busy)),
            (517, Retryable(ErrorKind::Busy)),
            (261, Retryable(ErrorKind::Busy)),
            (8, ReadOnly),
            (9, Cancelled),
            (13, Limit),
            (1555, Constraint(Unique)),
            (2067, Constraint(Unique)),
            (787, Constraint(ForeignKey)),
            (1299, Constraint(NotNull)),
            (275, Constraint(Check)),
            (3850, Fatal(ErrorKind::Corrupt)),
            (14, Fatal(ErrorKind::Connect)),
            (20, Mistake(ErrorKind::Schema)),
            (3091, Mistake(ErrorKind::Schema)),
            (1, Mistake(ErrorKind::Syntax)),
            (7, Other),
        ];
        for (code, class) in sqlite_table {
            assert_eq!(sqlite(code, "syntax error"), class, "{code}");
        }
        assert_eq!(
            sqlite(1, "no such table: accounts"),
            Mistake(ErrorKind::Schema)
        );
    }
}
