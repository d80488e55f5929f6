//! Real work with a checkable result: the primes below n, counted by trial division; and how large n must be.
//!
//! Trial division is chosen because it does what a Python loop does to a machine: it keeps one core busy, allocates
//! nothing, and can be interrupted between any two candidates.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// A count of primes in progress, to be driven candidate by candidate.
#[derive(Clone, Debug)]
pub struct Primes {
    candidate: u32,
    below: u32,
    count: u32,
}

impl Primes {
    /// Begins to count the primes below `n`.
    #[must_use]
    pub fn below(n: u32) -> Primes {
        Primes { candidate: 3, below: n, count: u32::from(n > 2) }
    }

    /// Tests the next candidate; `false` when there is none left.
    ///
    /// One candidate below a million takes at most a few microseconds: between two of them is the place to look
    /// whether another thread asks for the GIL, as CPython looks at its eval breaker.
    #[inline]
    pub fn step(&mut self) -> bool {
        if self.candidate >= self.below {
            return false;
        }
        self.count += u32::from(smallest_divisor(self.candidate).0);
        self.candidate += 2;
        true
    }

    /// The primes counted so far.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }
}

/// Whether the odd number `candidate` (3 or more) is prime, and how many divisions it took to see.
#[inline]
#[expect(clippy::manual_is_multiple_of, reason = "it looks whether the divisor is 0, in the innermost loop")]
fn smallest_divisor(candidate: u32) -> (bool, u32) {
    let mut divisor = 3;
    let mut divisions = 0;
    while divisor * divisor <= candidate {
        divisions += 1;
        if candidate % divisor == 0 {
            return (false, divisions);
        }
        divisor += 2;
    }
    (true, divisions)
}

/// The number of primes below `n`.
#[must_use]
pub fn count_primes(n: u32) -> u32 {
    let mut primes = Primes::below(n);
    while primes.step() {}
    primes.count()
}

/// How many divisions [`count_primes`] makes for `n`: the size of the work, the same on every machine.
#[must_use]
pub fn divisions(n: u32) -> u64 {
    (3..n).step_by(2).map(|candidate| u64::from(smallest_divisor(candidate).1)).sum()
}

/// The sample counts the primes below this: about as much work as the examples do in one step, for a division is
/// cheaper in a long row than in a short one. A round takes some 40 ms.
const SAMPLE: u32 = 700_000;
/// What [`divisions`] gives for it; a test holds it to that.
const SAMPLE_DIVISIONS: u64 = 20_359_858;
/// The most that is ever counted in one step: candidates stay below 2^26, so that `divisor * divisor` stays in 32 bits.
pub(super) const MOST: u32 = 1 << 26;
/// Rounds of the calibration; the fastest counts, for a machine is only ever disturbed towards slow.
const ROUNDS: u32 = 5;

/// How fast this machine computes when nothing else runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Calibration {
    /// Divisions in a second, the fastest of five rounds.
    pub divisions_per_second: f64,
}

impl Calibration {
    /// Measures it, by the clock `now`; takes about a quarter of a second.
    pub fn measure(mut now: impl FnMut() -> Time) -> Calibration {
        let fastest = (0..ROUNDS)
            .map(|_| {
                let began = now();
                std::hint::black_box(count_primes(std::hint::black_box(SAMPLE)));
                now().since(began)
            })
            .min()
            .unwrap_or_default();
        // A clock that does not move (or is coarser than the round) must not give an endless amount of work.
        let seconds = fastest.max(Duration::from_micros(100)).as_secs_f64();
        Calibration { divisions_per_second: SAMPLE_DIVISIONS as f64 / seconds }
    }

    /// The `n` whose primes take `seconds` to count, alone on this machine.
    #[must_use]
    pub fn primes_for(&self, seconds: f64) -> u32 {
        let goal = self.divisions_per_second * seconds;
        let (mut low, mut high) = (0, MOST);
        while low + 1 < high {
            let middle = low.midpoint(high);
            if estimated_divisions(middle) <= goal { low = middle } else { high = middle }
        }
        high
    }
}

/// [`divisions`], estimated at once: within 6 % from n = 1,000 on, 2 % from 10,000 on (a test holds it to that).
///
/// A prime p costs (sqrt(p) - 1) / 2 divisions, and near x every ln(x)-th number is prime; the integral of that is the
/// first part. The composites add what it takes to find their smallest divisor: a fit to counts up to 300,000.
fn estimated_divisions(n: u32) -> f64 {
    if n < 9 {
        return 0.0;
    }
    let n = f64::from(n);
    let log = n.ln();
    let size = n.powf(1.5);
    let primes = size / (3.0 * log) * (1.0 + 2.0 / (3.0 * log) + 8.0 / (9.0 * log * log)) - n / (2.0 * log);
    let composites = 1.6 * size / (log * log) * (1.0 - 5.8 / n.sqrt());
    primes + composites
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_sample_is_as_much_work_as_it_says() {
        assert_eq!(super::divisions(super::SAMPLE), super::SAMPLE_DIVISIONS);
    }
}
