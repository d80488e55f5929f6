//! Time as types: whole nanoseconds since a run began. No other file does arithmetic on raw numbers of time.
//!
//! Every lane of a run stamps with the same zero. Where a lane's clock counts from elsewhere (each Web Worker has a
//! `performance.timeOrigin` of its own), an [`Anchor`] brings it onto the run's.

use std::fmt;
use std::ops::Add;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An instant of a run: nanoseconds since the run began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(u64);

impl Time {
    /// The instant at which the run began.
    pub const ZERO: Time = Time(0);

    /// The instant `nanos` nanoseconds after the run began.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Time {
        Time(nanos)
    }

    /// The instant `duration` after the run began.
    #[must_use]
    pub fn after(duration: Duration) -> Time {
        Time(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
    }

    /// Nanoseconds since the run began.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Microseconds since the run began: the unit of Chrome trace events.
    #[must_use]
    pub fn micros(self) -> f64 {
        self.0 as f64 / 1e3
    }

    /// Milliseconds since the run began: the unit of the charts and of JavaScript.
    #[must_use]
    pub fn millis(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The time from `earlier` to `self`; nothing when `earlier` is the later one.
    #[must_use]
    pub fn since(self, earlier: Time) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Time {
    type Output = Time;
    fn add(self, duration: Duration) -> Time {
        Time(self.0.saturating_add(Time::after(duration).0))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} ms", self.millis())
    }
}

/// Milliseconds as JavaScript's clocks give them, as a duration; what is negative or no number counts as none.
#[must_use]
pub fn from_js_millis(millis: f64) -> Duration {
    Duration::try_from_secs_f64(millis / 1e3).unwrap_or_default()
}

/// A duration in milliseconds, for people and for JavaScript.
#[must_use]
pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Brings readings of one clock onto the clock of the run.
///
/// Two workers' `performance.now()` cannot be compared, for each counts from its own `performance.timeOrigin`; the sum
/// of both can (they agree within the clock's resolution: 5 µs in an isolated page).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anchor {
    /// `performance.timeOrigin` of the instance whose clock this was, in milliseconds since 1970.
    origin: f64,
    /// `performance.now()` there when the run began, in milliseconds.
    began: f64,
}

impl Anchor {
    /// The run begins now: `origin` and `now` are `performance.timeOrigin` and `performance.now()`, in milliseconds.
    #[must_use]
    pub const fn here(origin: f64, now: f64) -> Anchor {
        Anchor { origin, began: now }
    }

    /// The instant of the run at which an instance with time origin `origin` reads `now`, both in milliseconds.
    ///
    /// The two large numbers are subtracted first, so that nothing of the small ones is lost to rounding.
    #[must_use]
    pub fn time(&self, origin: f64, now: f64) -> Time {
        Time::after(from_js_millis((origin - self.origin) + (now - self.began)))
    }
}
