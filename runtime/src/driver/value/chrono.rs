//! The types of `chrono`.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};

use super::{Cell, Kind, Param, Value, single_column, times};
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

pub(crate) fn civil_of_timestamp(value: DateTime<Utc>) -> Civil {
    civil_of_date_time(value.naive_utc())
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

times! {
    DateTime<Utc>, Timestamp, ChronoTimestamp, civil_of_timestamp, Civil::parse, timestamp;
    NaiveDateTime, DateTime, ChronoDateTime, civil_of_date_time, Civil::parse, date_time;
    NaiveDate, Date, ChronoDate, civil_of_date, Civil::parse, date;
    NaiveTime, Time, ChronoTime, civil_of_time, Civil::parse_time_of_day, time_of_day;
}
