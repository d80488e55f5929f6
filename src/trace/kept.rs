//! How much of what a run prints is kept: a program may print without end, and its page is to live.

use serde::{Deserialize, Serialize};

/// So many lines of a stream are kept,
pub const MOST_LINES: usize = 20_000;
/// with so many bytes in all,
pub const MOST_BYTES: usize = 4 << 20;
/// and of one line so many.
pub const LONGEST_LINE: usize = 64 << 10;
/// Room for the words that say how much of a line was cut off.
const NOTE: usize = 64;

/// What was printed and is not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Whole lines.
    pub lines: u64,
    /// Bytes, of those lines and of lines that were too long.
    pub bytes: u64,
}

impl LeftOut {
    /// More was left out.
    pub fn add(&mut self, more: LeftOut) {
        self.lines += more.lines;
        self.bytes += more.bytes;
    }
}

/// What of one stream was kept, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keeper {
    lines: usize,
    bytes: usize,
    left_out: LeftOut,
}

impl Keeper {
    /// A line that may be kept: as much of it as there is room for. None if there is none: then it is counted.
    pub fn keep(&mut self, mut line: BegunLine) -> Option<String> {
        let cut = line.text.len() + line.cut;
        if self.lines >= MOST_LINES || self.bytes + line.text.len() > MOST_BYTES {
            self.left_out.add(LeftOut { lines: 1, bytes: cut as u64 });
            // What comes later does not go before it.
            self.lines = MOST_LINES;
            return None;
        }
        self.lines += 1;
        self.bytes += line.text.len();
        if line.cut > 0 {
            self.left_out.bytes += line.cut as u64;
            line.text.push_str(&format!(" … and {} bytes more", line.cut));
        }
        Some(line.text)
    }

    /// What was not kept since the last call.
    pub fn take_left_out(&mut self) -> LeftOut {
        std::mem::take(&mut self.left_out)
    }
}

/// A line that is being written: its beginning, and how much more of it there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BegunLine {
    text: String,
    cut: usize,
}

impl BegunLine {
    /// A whole line.
    #[must_use]
    pub fn whole(text: String) -> BegunLine {
        if text.len() <= LONGEST_LINE {
            return BegunLine { text, cut: 0 };
        }
        let mut line = BegunLine::default();
        line.push(&text);
        line
    }

    /// It goes on.
    pub fn push(&mut self, text: &str) {
        let room = if self.cut > 0 { 0 } else { (LONGEST_LINE - NOTE).saturating_sub(self.text.len()) };
        let end = (0..=room.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        self.text.push_str(&text[..end]);
        self.cut += text.len() - end;
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}
