//! What time it is, as far as reports say.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::env;
use thiserror::Error;

/// `SOURCE_DATE_EPOCH` is set, and says no time.
#[derive(Debug, Error)]
#[error("SOURCE_DATE_EPOCH is no number of seconds since 1970")]
pub struct ClockError;

/// The time that ages are counted to and that reports are dated with: now, or what
/// `SOURCE_DATE_EPOCH` says, so that a report can be made again to the byte
/// (<https://reproducible-builds.org/specs/source-date-epoch/>).
///
/// # Errors
///
/// When the variable is set to something that is no time.
pub fn now() -> Result<Timestamp, ClockError> {
    match env::var_os("SOURCE_DATE_EPOCH") {
        None => Ok(Timestamp::now()),
        Some(seconds) => seconds
            .to_str()
            .and_then(|seconds| seconds.parse().ok())
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .ok_or(ClockError),
    }
}

/// The day that it is in UTC, as [`now`] says: what expires, expires everywhere at once.
///
/// # Errors
///
/// As [`now`].
pub fn today() -> Result<Date, ClockError> {
    Ok(now()?.to_zoned(TimeZone::UTC).date())
}
