//! Types that can hold the time of a write, for `#[created_at]` and `#[updated_at]`.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::driver::{Param, Value};

/// A type that can hold the time of a write: the process's clock, cut to microseconds so that what is stored is what
/// was returned.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't hold the time of a write",
    note = "use `chrono::DateTime<Utc>`, `time::OffsetDateTime` (by feature), or an `i64` for milliseconds since 1970"
)]
pub trait Moment: Value {
    /// Now.
    fn now_param() -> Param<'static>;
}

impl<T: Moment> Moment for Option<T> {
    fn now_param() -> Param<'static> {
        T::now_param()
    }
}

/// Milliseconds since 1970.
impl Moment for i64 {
    fn now_param() -> Param<'static> {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Param::I64(Self::try_from(since.as_millis()).unwrap_or(Self::MAX))
    }
}

#[cfg(feature = "chrono")]
mod chrono_moments {
    use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};

    use super::{Moment, Param};

    impl Moment for DateTime<Utc> {
        fn now_param() -> Param<'static> {
            Param::ChronoTimestamp(Utc::now().trunc_subsecs(6))
        }
    }

    impl Moment for NaiveDateTime {
        fn now_param() -> Param<'static> {
            Param::ChronoDateTime(Utc::now().trunc_subsecs(6).naive_utc())
        }
    }
}

#[cfg(feature = "time")]
mod time_moments {
    use time::{OffsetDateTime, PrimitiveDateTime};

    use super::{Moment, Param};

    fn now() -> OffsetDateTime {
        let now = OffsetDateTime::now_utc();
        // A microsecond of a valid time is in range.
        now.replace_microsecond(now.microsecond()).unwrap_or(now)
    }

    impl Moment for OffsetDateTime {
        fn now_param() -> Param<'static> {
            Param::TimeTimestamp(now())
        }
    }

    impl Moment for PrimitiveDateTime {
        fn now_param() -> Param<'static> {
            let now = now();
            Param::TimeDateTime(PrimitiveDateTime::new(now.date(), now.time()))
        }
    }
}
