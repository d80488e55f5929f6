//! `std::time` for threads in a browser: there std's own `Instant` and `SystemTime` panic.
//!
//! Every worker's `performance.now()` counts from an origin of its own. Instants of all threads of a memory can be
//! compared all the same: they count from the origin of the thread that asked first.

#[cfg(not(target_arch = "wasm32"))]
pub use std::time::{Duration, Instant, SystemTime, SystemTimeError, UNIX_EPOCH};

#[cfg(target_arch = "wasm32")]
pub use browser::{Duration, Instant, SystemTime, SystemTimeError, UNIX_EPOCH};

/// The time since somebody first asked, in this memory; what Python's `time.perf_counter()` counts.
#[must_use]
pub fn since_start() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use core::fmt;
    use core::ops::{Add, AddAssign, Sub, SubAssign};
    use std::sync::OnceLock;

    pub use core::time::Duration;
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        type Performance;
        #[wasm_bindgen(thread_local_v2, js_name = performance)]
        static PERFORMANCE: Performance;
        #[wasm_bindgen(method)]
        fn now(this: &Performance) -> f64;
        #[wasm_bindgen(method, getter, js_name = timeOrigin)]
        fn time_origin(this: &Performance) -> f64;
    }

    thread_local! {
        /// This thread's time origin, in milliseconds since 1970.
        static ORIGIN: f64 = PERFORMANCE.with(Performance::time_origin);
        /// How much later that is than the memory's first one.
        static LATER: f64 = {
            static FIRST: OnceLock<f64> = OnceLock::new();
            ORIGIN.with(|origin| origin - FIRST.get_or_init(|| *origin))
        };
    }

    fn reading() -> f64 {
        PERFORMANCE.with(Performance::now)
    }

    fn from_millis(millis: f64) -> Duration {
        Duration::try_from_secs_f64(millis / 1e3).unwrap_or_default()
    }

    /// An instant of the one clock that the threads of a memory share.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct Instant(Duration);

    impl Instant {
        #[must_use]
        pub fn now() -> Instant {
            // A second is added, so that an earlier origin than the first one's is no negative time.
            Instant(from_millis(LATER.with(|later| later + reading() + 1e3)))
        }

        #[must_use]
        pub fn duration_since(&self, earlier: Instant) -> Duration {
            self.0.saturating_sub(earlier.0)
        }

        #[must_use]
        pub fn saturating_duration_since(&self, earlier: Instant) -> Duration {
            self.0.saturating_sub(earlier.0)
        }

        #[must_use]
        pub fn checked_duration_since(&self, earlier: Instant) -> Option<Duration> {
            self.0.checked_sub(earlier.0)
        }

        #[must_use]
        pub fn elapsed(&self) -> Duration {
            Instant::now().duration_since(*self)
        }

        #[must_use]
        pub fn checked_add(&self, duration: Duration) -> Option<Instant> {
            self.0.checked_add(duration).map(Instant)
        }

        #[must_use]
        pub fn checked_sub(&self, duration: Duration) -> Option<Instant> {
            self.0.checked_sub(duration).map(Instant)
        }
    }

    impl Add<Duration> for Instant {
        type Output = Instant;
        fn add(self, duration: Duration) -> Instant {
            Instant(self.0 + duration)
        }
    }

    impl AddAssign<Duration> for Instant {
        fn add_assign(&mut self, duration: Duration) {
            self.0 += duration;
        }
    }

    impl Sub<Duration> for Instant {
        type Output = Instant;
        fn sub(self, duration: Duration) -> Instant {
            Instant(self.0 - duration)
        }
    }

    impl SubAssign<Duration> for Instant {
        fn sub_assign(&mut self, duration: Duration) {
            self.0 -= duration;
        }
    }

    impl Sub for Instant {
        type Output = Duration;
        fn sub(self, earlier: Instant) -> Duration {
            self.duration_since(earlier)
        }
    }

    /// A time of the calendar, as fine as `performance` has it: `Date.now()` has milliseconds only.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct SystemTime(Duration);

    /// 1970.
    pub const UNIX_EPOCH: SystemTime = SystemTime(Duration::ZERO);

    impl SystemTime {
        pub const UNIX_EPOCH: SystemTime = UNIX_EPOCH;

        #[must_use]
        pub fn now() -> SystemTime {
            SystemTime(ORIGIN.with(|origin| from_millis(*origin) + from_millis(reading())))
        }

        /// # Errors
        /// `earlier` is the later one.
        pub fn duration_since(&self, earlier: SystemTime) -> Result<Duration, SystemTimeError> {
            self.0.checked_sub(earlier.0).ok_or_else(|| SystemTimeError(earlier.0 - self.0))
        }

        /// # Errors
        /// It lies in the future.
        pub fn elapsed(&self) -> Result<Duration, SystemTimeError> {
            SystemTime::now().duration_since(*self)
        }
    }

    impl Add<Duration> for SystemTime {
        type Output = SystemTime;
        fn add(self, duration: Duration) -> SystemTime {
            SystemTime(self.0 + duration)
        }
    }

    /// A time was asked for that is negative.
    #[derive(Clone, Debug)]
    pub struct SystemTimeError(Duration);

    impl SystemTimeError {
        #[must_use]
        pub fn duration(&self) -> Duration {
            self.0
        }
    }

    impl fmt::Display for SystemTimeError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("second time provided was later than self")
        }
    }

    impl std::error::Error for SystemTimeError {}
}
