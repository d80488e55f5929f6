//! Time to pixels and back, and the ticks of the axis.

use std::time::Duration;

use crate::time::{Time, from_js_millis};

/// A stretch of time on a stretch of a line, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The time at the left.
    pub start: Time,
    /// The time at the right.
    pub end: Time,
    /// The left end, in CSS pixels.
    pub left: f64,
    /// The right end, in CSS pixels.
    pub right: f64,
}

/// A tick of the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// When.
    pub at: Time,
    /// Where, in CSS pixels.
    pub x: f64,
    /// What it says, with its unit: `250 ms`.
    pub label: String,
}

impl Scale {
    /// Where an instant is, in CSS pixels; outside of the ends too.
    #[must_use]
    pub fn x(&self, time: Time) -> f64 {
        self.left + (time.millis() - self.start.millis()) * self.pixels_per_milli()
    }

    /// Which instant is at `x`; none is before the run's start.
    #[must_use]
    pub fn time(&self, x: f64) -> Time {
        let millis = self.start.millis() + (x - self.left) / self.pixels_per_milli();
        Time::after(from_js_millis(millis.max(0.0)))
    }

    fn pixels_per_milli(&self) -> f64 {
        // A scale of no extent shows a nanosecond.
        (self.right - self.left).max(1.0) / (self.end.millis() - self.start.millis()).max(1e-6)
    }

    /// Ticks at round times, at least `gap` CSS pixels apart.
    #[must_use]
    pub fn ticks(&self, gap: f64) -> Vec<Tick> {
        let most = ((self.right - self.left) / gap.max(1.0)).clamp(1.0, 1000.0);
        let step = round_up(self.end.since(self.start).as_nanos() as f64 / most);
        let over = self.start.since(Time::ZERO).as_nanos() % step.as_nanos();
        let first = if over == 0 { Duration::ZERO } else { step - Duration::from_nanos_u128(over) };
        let mut at = self.start + first;
        let mut ticks = Vec::new();
        while at <= self.end {
            ticks.push(Tick { at, x: self.x(at), label: label(at, step) });
            at = at + step;
        }
        ticks
    }
}

/// The next of 1, 2, 5, 10, 20 … nanoseconds.
fn round_up(nanos: f64) -> Duration {
    let mut step = Duration::from_nanos(1);
    for factor in [2.0, 2.5, 2.0].into_iter().cycle() {
        if step.as_nanos() as f64 >= nanos {
            break;
        }
        step = step.mul_f64(factor);
    }
    step
}

/// The time in the largest unit in which all ticks are whole numbers.
fn label(at: Time, step: Duration) -> String {
    let at = at.since(Time::ZERO);
    if at.is_zero() {
        return "0".to_owned();
    }
    if step >= Duration::from_secs(1) {
        format!("{} s", at.as_secs())
    } else if step >= Duration::from_millis(1) {
        format!("{} ms", at.as_millis())
    } else if step >= Duration::from_micros(1) {
        format!("{} µs", at.as_micros())
    } else {
        format!("{} ns", at.as_nanos())
    }
}
