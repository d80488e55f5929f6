//! Intervals reduced to columns of pixels: what to show where many share one. It knows no trace and no colour.
//!
//! A column shows one thing. Which, is decided so that neither a short interval between long ones nor the proportion of
//! many short ones is lost:
//!
//! ```text
//! intervals   |aaaaaaaaaaaaaaaaa|b|aaaaaaaaaaaaa|   |a|bb|a|bb|a|bb|a|bb|a|bb|a|bb|a|bb|
//! columns     |   |   |   |   |   |   |   |   |     |   |   |   |   |   |   |   |   |   |
//! shown         a   a   a   a   b   a   a   a         b   a   b   b   a   b   b   a   b
//!                          an accent                       as much of each as there is
//! ```
//!
//! The time in a column that could not be shown is owed, and counts in the next (as a printer's dots make grey). The cost
//! is bound by the columns: where very many intervals share one, it is sampled.

use std::ops::Range;

/// An interval's start and end, in columns from the left, and the number of its key.
pub(super) type Interval = (f64, f64, usize);

/// From so many intervals in one column on, the column is sampled: exactness cannot be seen any more, and the cost of a
/// drawing shall not grow with the length of a run.
const DENSE: usize = 256;
/// At so many instants.
const SAMPLES: usize = 64;
/// An interval of less than a column is shown all the same where its two neighbours, each of a column at least, together
/// last for so many columns: what one column makes of it then misleads nobody about proportions.
const APART: f64 = 6.0;

/// Columns, and how much of each is covered by each key.
#[derive(Debug)]
pub(super) struct Columns {
    count: usize,
    keys: usize,
    /// Parts of a column, column by column.
    covered: Vec<f32>,
    /// What must be seen in a column though it is less than others.
    accents: Vec<Option<usize>>,
}

/// A run of columns that show one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub columns: Range<usize>,
    pub key: usize,
}

impl Columns {
    /// So many columns, so many keys, nothing covered.
    pub fn new(count: usize, keys: usize) -> Columns {
        Columns { count, keys, covered: vec![0.0; count * keys], accents: vec![None; count] }
    }

    /// Covers columns with `count` intervals, which are sorted and do not overlap.
    pub fn add(&mut self, count: usize, interval: impl Fn(usize) -> Interval) {
        let mut at = partition(0..count, |i| interval(i).1 <= 0.0);
        let mut shorts = Shorts::new(at > 0);
        // All before this is counted.
        let mut from = 0.0_f64;
        while at < count {
            let (start, end, key) = interval(at);
            if start >= self.count as f64 {
                break;
            }
            from = from.max(start);
            let column = from.floor();
            let dense = at + DENSE < count && interval(at + DENSE).0 < column + 1.0;
            if dense {
                let beyond = partition(at..count, |i| interval(i).0 < column + 1.0);
                self.sample(from..column + 1.0, at..beyond, &interval);
                shorts.forget();
                from = column + 1.0;
                // The last one may reach into the next column.
                at = if interval(beyond - 1).1 > from { beyond - 1 } else { beyond };
            } else {
                self.spread(from, end.min(self.count as f64), key);
                if let Some((place, key)) = shorts.next(start, end, key) {
                    self.accent(place, key);
                }
                from = from.max(end);
                at += 1;
            }
        }
        if let Some((place, key)) = shorts.last() {
            self.accent(place, key);
        }
    }

    /// What each column shows, as runs from the left; columns that are mostly not covered are in none.
    pub fn runs(&self) -> Vec<Run> {
        let mut owed = vec![0.0_f32; self.keys + 1];
        let nothing = self.keys;
        let mut runs: Vec<Run> = Vec::new();
        for column in 0..self.count {
            let covered = &self.covered[column * self.keys..][..self.keys];
            let shown = self.accents[column].unwrap_or_else(|| {
                let free = (1.0 - covered.iter().sum::<f32>()).max(0.0);
                let mut best = nothing;
                let mut most = f32::NEG_INFINITY;
                for (key, part) in covered.iter().copied().chain([free]).enumerate() {
                    owed[key] += part;
                    // Only what is there can be shown, however much is owed.
                    if part > 1e-4 && owed[key] > most {
                        (best, most) = (key, owed[key]);
                    }
                }
                owed[best] -= 1.0;
                best
            });
            match runs.last_mut() {
                _ if shown == nothing => {}
                Some(run) if run.key == shown && run.columns.end == column => run.columns.end += 1,
                _ => runs.push(Run { columns: column..column + 1, key: shown }),
            }
        }
        runs
    }

    fn spread(&mut self, start: f64, end: f64, key: usize) {
        let mut from = start;
        while from < end {
            let column = from.floor();
            let to = end.min(column + 1.0);
            self.cover(column as usize, key, to - from);
            from = to;
        }
    }

    fn sample(&mut self, stretch: Range<f64>, indices: Range<usize>, interval: &impl Fn(usize) -> Interval) {
        let column = stretch.start as usize;
        let step = (stretch.end - stretch.start) / SAMPLES as f64;
        for sample in 0..SAMPLES {
            // At an irregular place within each step: regular ones could keep pace with intervals that alternate.
            let place = sample as f64 + scatter((column * SAMPLES + sample) as u32);
            let at = stretch.start + place * step;
            let index = partition(indices.clone(), |i| interval(i).1 <= at);
            if index < indices.end {
                let (start, _, key) = interval(index);
                if start <= at {
                    self.cover(column, key, step);
                }
            }
        }
    }

    fn cover(&mut self, column: usize, key: usize, part: f64) {
        if column < self.count {
            self.covered[column * self.keys + key] += part as f32;
        }
    }

    fn accent(&mut self, place: f64, key: usize) {
        if let Some(accent) = self.accents.get_mut(place as usize) {
            *accent = Some(accent.map_or(key, |other| other.min(key)));
        }
    }
}

/// The first index of the range for which `before` does not hold; it holds for none after that.
pub(super) fn partition(range: Range<usize>, before: impl Fn(usize) -> bool) -> usize {
    let Range { start: mut low, end: mut high } = range;
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// A number from 0 to 1 that looks like chance, and is the same for the same seed.
fn scatter(seed: u32) -> f64 {
    let mut bits = seed.wrapping_mul(0x9e37_79b9);
    bits = (bits ^ (bits >> 15)).wrapping_mul(0x85eb_ca6b);
    bits = (bits ^ (bits >> 13)).wrapping_mul(0xc2b2_ae35);
    f64::from(bits ^ (bits >> 16)) / f64::from(u32::MAX)
}

/// Finds short intervals between long ones.
struct Shorts {
    /// How long the neighbour before the group lasted, and its key, if it has one.
    before: (f64, Option<usize>),
    /// Where the last interval ended.
    end: Option<f64>,
    /// The group of short intervals so far: its length, and the middle and key of the one to show.
    length: f64,
    group: Option<(f64, usize)>,
}

impl Shorts {
    /// `cut` says that intervals to the left are not seen, so that nothing is known of the first one's neighbour.
    fn new(cut: bool) -> Shorts {
        let before = (if cut { 0.0 } else { APART }, None);
        Shorts { before, end: None, length: 0.0, group: None }
    }

    fn forget(&mut self) {
        *self = Shorts::new(true);
    }

    /// Takes in the next interval; gives the place and the key of an accent, if one has shown itself.
    fn next(&mut self, start: f64, end: f64, key: usize) -> Option<(f64, usize)> {
        let gap = start - self.end.unwrap_or(start);
        let over_gap = if gap > 0.0 { self.step(gap, None, start - gap / 2.0) } else { None };
        self.end = Some(end);
        self.step(end - start, Some(key), f64::midpoint(start, end)).or(over_gap)
    }

    /// After the last interval comes nothing, for long.
    fn last(&mut self) -> Option<(f64, usize)> {
        self.step(APART, None, 0.0)
    }

    fn step(&mut self, length: f64, key: Option<usize>, middle: f64) -> Option<(f64, usize)> {
        let (length_before, key_before) = self.before;
        if length < 1.0 {
            self.length += length;
            // Of several, the state that comes first in the legend.
            if let Some(key) = key
                && key_before != Some(key)
                && self.group.is_none_or(|(_, other)| key < other)
            {
                self.group = Some((middle, key));
            }
            return None;
        }
        let apart = length_before >= 1.0 && length_before + length >= APART && self.length < 1.0;
        self.length = 0.0;
        self.before = (length, key);
        self.group.take().filter(|(_, shown)| apart && key != Some(*shown))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::Columns;

    /// The share of the columns that show key 0 when these lengths, in columns, follow each other for ever: key 0 first,
    /// then key 1, in turns. And how many intervals were looked at.
    fn share(count: usize, lengths: [f64; 2]) -> (f64, usize) {
        let period = lengths[0] + lengths[1];
        let looked_at = Cell::new(0);
        let mut columns = Columns::new(count, 2);
        columns.add((2.0 * count as f64 / period).ceil() as usize, |i| {
            looked_at.set(looked_at.get() + 1);
            let start = (i / 2) as f64 * period + if i % 2 == 0 { 0.0 } else { lengths[0] };
            (start, start + lengths[i % 2], i % 2)
        });
        let shown: usize = columns.runs().iter().filter(|run| run.key == 0).map(|run| run.columns.len()).sum();
        (shown as f64 / count as f64, looked_at.get())
    }

    #[test]
    fn the_cost_is_bound_by_the_columns() {
        let (_, some) = share(100, [1e-3, 1e-3]);
        let (_, many) = share(100, [1e-6, 1e-6]);
        assert!(many < some * 3, "a thousand times as many intervals cost {many} looks instead of {some}");
    }

    #[test]
    fn shares_are_kept_at_every_rhythm() {
        // Also at those that a regular sampling would take for one of both: whole periods between two samples.
        for lengths in
            [[0.3, 0.7], [0.1, 0.3], [2.5, 1.1], [1.0 / 4096.0, 1.0 / 4096.0], [1.0 / 65536.0, 3.0 / 65536.0]]
        {
            let (share, _) = share(2000, lengths);
            let expected = lengths[0] / (lengths[0] + lengths[1]);
            assert!((share - expected).abs() < 0.01, "{lengths:?}: {share} instead of {expected}");
        }
    }

    #[test]
    fn what_comes_often_gets_no_accents() {
        // Each would double what is shown of it.
        let (shown, _) = share(1000, [0.5, 2.0]);
        assert!((shown - 0.2).abs() < 0.01, "{shown} instead of 0.2");
        let (shown, _) = share(1000, [0.01, 40.0]);
        assert!((shown - 1.0 / 40.01).abs() < 0.002, "{shown}: one column each");
    }
}
