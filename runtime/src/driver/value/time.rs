//! The types of `time`.

use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use super::{Cell, Kind, Param, Value, single_column, times};
use crate::driver::sqlx;
use crate::driver::text_time::Civil;
use crate::error::Result;

pub(crate) fn civil_of_date(date: Date) -> Civil {
    Civil {
        year: date.year(),
        month: date.month().into(),
        day: date.day(),
        ..Civil::MIDNIGHT
    }
}

pub(crate) fn civil_of_time(time: Time) -> Civil {
    Civil {
        hour: time.hour(),
        minute: time.minute(),
        second: time.second(),
        micros: time.microsecond(),
        ..Civil::MIDNIGHT
    }
}

pub(crate) fn civil_of_date_time(value: PrimitiveDateTime) -> Civil {
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

pub(crate) fn civil_of_timestamp(value: OffsetDateTime) -> Civil {
    let utc = value.to_offset(UtcOffset::UTC);
    civil_of_date_time(PrimitiveDateTime::new(utc.date(), utc.time()))
}

fn date(civil: Civil) -> Option<Date> {
    Date::from_calendar_date(civil.year, Month::try_from(civil.month).ok()?, civil.day).ok()
}

fn time_of_day(civil: Civil) -> Option<Time> {
    Time::from_hms_micro(civil.hour, civil.minute, civil.second, civil.micros).ok()
}

fn date_time(civil: Civil) -> Option<PrimitiveDateTime> {
    Some(PrimitiveDateTime::new(date(civil)?, time_of_day(civil)?))
}

fn timestamp(civil: Civil) -> Option<OffsetDateTime> {
    Some((date_time(civil)? - Duration::minutes(civil.offset_minutes.into())).assume_utc())
}

times! {
    OffsetDateTime, Timestamp, TimeTimestamp, civil_of_timestamp, Civil::parse, timestamp;
    PrimitiveDateTime, DateTime, TimeDateTime, civil_of_date_time, Civil::parse, date_time;
    Date, Date, TimeDate, civil_of_date, Civil::parse, date;
    Time, Time, TimeTime, civil_of_time, Civil::parse_time_of_day, time_of_day;
}
