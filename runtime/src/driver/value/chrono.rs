//! The types of `chrono`.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};

use super::{Cell, Kind, Param, Value, single_column};
use crate::driver::sqlx;
use crate::driver::text_time::Civil;
use crate::error::Result;

pub(crate) fn civil_of_date(date: NaiveDate) -> Civil {
    // A month and a day fit a byte.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "months and days are below 32"
    )]
    Civil {
        year: date.year(),
        month: date.month() as u8,
        day: date.day() as u8,
        ..Civil::MIDNIGHT
    }
}

pub(crate) fn civil_of_time(time: NaiveTime) -> Civil {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "hours, minutes and seconds are below 61"
    )]
    Civil {
        hour: time.hour() as u8,
        minute: time.minute() as u8,
        second: time.second() as u8,
        micros: (time.nanosecond() / 1000).min(999_999),
        ..Civil::MIDNIGHT
    }
}

pub(crate) fn civil_of_date_time(value: NaiveDateTime) -> Civil {
    let Civil {
        hour,
        minute,
        second,
        micros,
        ..
    } = civil_of_time(value.time());
    Civil {
        hour,
        minute,
        second,
        micros,
        ..civil_of_date(value.date())
    }
}

fn date(civil: Civil) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(civil.year, civil.month.into(), civil.day.into())
}

fn time_of_day(civil: Civil) -> Option<NaiveTime> {
    NaiveTime::from_hms_micro_opt(
        civil.hour.into(),
        civil.minute.into(),
        civil.second.into(),
        civil.micros,
    )
}

fn date_time(civil: Civil) -> Option<NaiveDateTime> {
    Some(date(civil)?.and_time(time_of_day(civil)?))
}

fn timestamp(civil: Civil) -> Option<DateTime<Utc>> {
    Some((date_time(civil)? - Duration::minutes(civil.offset_minutes.into())).and_utc())
}

macro_rules! times {
    ($($type:ty, $kind:ident, $variant:ident, $parse:path, $make:ident;)+) => {$(
        impl Value for $type {
            const KIND: Kind = Kind::$kind;

            fn to_param(&self) -> Result<Param<'_>> {
                Ok(Param::$variant(*self))
            }

            fn from_cell(cell: Cell<'_>) -> Result<Self> {
                let found = match cell.clone() {
                    #[cfg(feature = "sqlite")]
                    Cell::Sqlite(cell) => super::sqlite_value::<&str>(cell, &["TEXT"]).map(|text| {
                        let text = text?;
                        $parse(text).and_then($make).ok_or_else(|| super::unreadable(text, Kind::$kind.name()))
                    }),
                    #[cfg(feature = "postgres")]
                    Cell::Postgres(value) => super::checked::<$type, sqlx::Postgres>(value),
                    #[cfg(feature = "mysql")]
                    Cell::MySql(value) => super::checked::<$type, sqlx::MySql>(value),
                    Cell::Param(Param::$variant(value)) => Some(Ok(*value)),
                    Cell::Param(_) => None,
                    Cell::Text(text) => Some(
                        $parse(text).and_then($make).ok_or_else(|| super::unreadable(text, Kind::$kind.name())),
                    ),
                };
                found.unwrap_or_else(|| Err(cell.mismatch()))
            }
        }
        single_column!($type);
        impl super::operand::Element for $type {}
    )+};
}

times! {
    DateTime<Utc>, Timestamp, ChronoTimestamp, Civil::parse, timestamp;
    NaiveDateTime, DateTime, ChronoDateTime, Civil::parse, date_time;
    NaiveDate, Date, ChronoDate, Civil::parse, date;
    NaiveTime, Time, ChronoTime, Civil::parse_time_of_day, time_of_day;
}
