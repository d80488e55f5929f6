//! Text in a chart is of one width per character, so that layout can measure it without a screen.

/// The width of a character of a monospaced font, as a part of its size: 0.6 in nearly all of them.
const CHARACTER: f64 = 0.602;

/// The width of a text of this size, in the unit of the size.
#[must_use]
pub fn width_of(text: &str, size: f64) -> f64 {
    cells(text) as f64 * CHARACTER * size
}

/// How many characters' widths a text takes: East Asian characters and emoji take two.
fn cells(text: &str) -> usize {
    text.chars().map(cell).sum()
}

fn cell(c: char) -> usize {
    match u32::from(c) {
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f => 2,
        0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1_f300..=0x1_faff | 0x2_0000..=0x3_fffd => 2,
        _ => 1,
    }
}

/// The text, shortened in its middle until it fits; the end says which of several it is, so it is kept longer.
///
/// None if what is left would say nothing.
#[must_use]
pub fn shorten(text: &str, size: f64, width: f64) -> Option<String> {
    let room = (width / (CHARACTER * size) + 1e-6).floor().max(0.0) as usize;
    if cells(text) <= room {
        return Some(text.to_owned());
    }
    if room < 4 {
        return None;
    }
    // A short rest is the end alone: `…(0)`.
    let head = if room < 8 { 0 } else { room / 2 - 1 };
    let tail = room - 1 - head;
    let mut left = head;
    let start: String = text.chars().take_while(|c| take(&mut left, *c)).collect();
    let mut left = tail;
    let end: Vec<char> = text.chars().rev().take_while(|c| take(&mut left, *c)).collect();
    Some(start.chars().chain(['…']).chain(end.into_iter().rev()).collect())
}

fn take(left: &mut usize, c: char) -> bool {
    let rest = left.checked_sub(cell(c));
    *left = rest.unwrap_or(0);
    rest.is_some()
}
