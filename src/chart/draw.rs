//! A layout drawn onto a surface, with two primitives. What the surface is, it does not know.

use std::collections::BTreeMap;

use super::layout::{Fill, Layout, Rect, Row, SMALL_SIZE};
use super::text::width_of;
use super::theme::{Paint, Theme};

/// The font of a chart's text, as CSS and SVG name it: of one width per character, which layout relies on.
pub const FONT: &str = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";

/// What a chart is drawn on, in CSS pixels from the left upper corner.
///
/// It is empty and has the theme's background, or the page's.
pub trait Surface {
    /// Fills rectangles that do not overlap, all alike: with `paint.fill`, then with the strokes of its texture's tile.
    fn fill(&mut self, areas: &[Rect], paint: &Paint);
    /// Writes a text.
    fn text(&mut self, text: &Text);
}

/// A text and where it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Text<'a> {
    /// The words; they come from users: escape them.
    pub text: &'a str,
    /// Where its start, middle or end is, as `align` says.
    pub x: f64,
    /// Where its (alphabetic) baseline is.
    pub y: f64,
    /// The size of the font, in CSS pixels.
    pub size: f64,
    /// The colour.
    pub color: &'static str,
    /// Which way it goes from `x`.
    pub align: Align,
    /// How wide it may be, in CSS pixels; it has been shortened to this already, as far as one can know without a font.
    pub max_width: f64,
}

/// Which way a text goes from its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// It starts there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

/// The thickness of the line over a task's extent, and its distance from the bar, in CSS pixels.
const BAND_LINE: f64 = 2.0;
const BAND_GAP: f64 = 1.5;
/// The length of a printed line's mark below its bar.
const LINE_MARK: f64 = 3.0;

/// Draws a chart.
pub fn draw(layout: &Layout, theme: &Theme, surface: &mut dyn Surface) {
    let hair = layout.pixel * (1.0 / layout.pixel).round().max(1.0);
    grid(layout, theme, hair, surface);
    bars(layout, theme, surface);
    bands(layout, theme, surface);
    for row in &layout.rows {
        names(layout, row, theme, surface);
    }
    ends(layout, theme, surface);
    if layout.hidden > 0 {
        surface.text(&Text {
            text: &format!("and {} more lanes, not drawn", layout.hidden),
            x: layout.plot.x,
            y: layout.height() - 4.0,
            size: SMALL_SIZE,
            color: theme.muted,
            align: Align::Start,
            max_width: layout.plot.width,
        });
    }
}

fn grid(layout: &Layout, theme: &Theme, hair: f64, surface: &mut dyn Surface) {
    let plot = layout.plot;
    let lines: Vec<Rect> = layout
        .ticks
        .iter()
        .map(|tick| Rect { x: snap(tick.x, layout.pixel), y: plot.y, width: hair, height: plot.height + 4.0 })
        .collect();
    surface.fill(&lines, &Paint::plain(theme.grid));
    for tick in &layout.ticks {
        let half = width_of(&tick.label, SMALL_SIZE) / 2.0;
        surface.text(&Text {
            text: &tick.label,
            x: tick.x.clamp(plot.x.min(half), layout.width - half),
            y: plot.y + plot.height + 15.0,
            size: SMALL_SIZE,
            color: theme.muted,
            align: Align::Middle,
            max_width: 2.0 * half,
        });
    }
}

/// All bars of one paint at once, over all rows: surfaces change their colour a few times per chart only.
fn bars(layout: &Layout, theme: &Theme, surface: &mut dyn Surface) {
    let mut by_fill: BTreeMap<Fill, Vec<Rect>> = BTreeMap::new();
    for row in &layout.rows {
        for bar in &row.bars {
            let area = Rect { x: bar.x, y: row.bar_top, width: bar.width, height: row.bar_height };
            by_fill.entry(bar.fill).or_default().push(area);
        }
        if let Some(holder) = row.holder.filter(|_| !row.bars.is_empty()) {
            // The colour that the lane has in the GIL's row.
            let area = Rect { x: layout.plot.x - 6.0, y: row.bar_top, width: 3.0, height: row.bar_height };
            by_fill.entry(Fill::Holder(holder)).or_default().push(area);
        }
    }
    for (fill, areas) in &by_fill {
        surface.fill(areas, &paint(theme, *fill));
    }
}

fn paint(theme: &Theme, fill: Fill) -> Paint {
    match fill {
        Fill::State(state) => *theme.state(state),
        Fill::Holder(holder) => theme.holder(holder),
    }
}

fn bands(layout: &Layout, theme: &Theme, surface: &mut dyn Surface) {
    let line = |row: &Row, x: f64, width: f64| Rect {
        x,
        y: row.bar_top - BAND_GAP - BAND_LINE,
        // Tasks that follow at once stay two.
        width: if width > 3.0 { width - 1.0 } else { width },
        height: BAND_LINE,
    };
    let lines: Vec<Rect> =
        layout.rows.iter().flat_map(|row| row.bands.iter().map(|band| line(row, band.x, band.width))).collect();
    surface.fill(&lines, &Paint::plain(theme.task));
    let mark = |row: &Row, x: f64| Rect {
        x,
        y: row.bar_top + row.bar_height + 1.0,
        width: layout.pixel.max(1.0),
        height: LINE_MARK.min((row.area.y + row.area.height - row.bar_top - row.bar_height - 1.0).max(0.0)),
    };
    let marks: Vec<Rect> = layout.rows.iter().flat_map(|row| row.lines.iter().map(|x| mark(row, *x))).collect();
    surface.fill(&marks, &Paint::plain(theme.ink));
    for row in &layout.rows {
        for band in &row.bands {
            if let Some(label) = &band.label {
                surface.text(&Text {
                    text: label,
                    x: band.x + 1.0,
                    y: row.bar_top - BAND_GAP - BAND_LINE - 3.0,
                    size: SMALL_SIZE,
                    color: theme.ink,
                    align: Align::Start,
                    max_width: band.width - 2.0,
                });
            }
        }
        for label in &row.bar_labels {
            surface.text(&Text {
                text: &label.label,
                x: label.x,
                y: middle(row, SMALL_SIZE),
                size: SMALL_SIZE,
                color: paint(theme, label.fill).ink,
                align: Align::Middle,
                max_width: label.width - 2.0,
            });
        }
    }
}

/// A baseline that puts text of this size at the middle of a row's bars.
fn middle(row: &Row, size: f64) -> f64 {
    row.bar_top + row.bar_height / 2.0 + size * 0.35
}

fn names(layout: &Layout, row: &Row, theme: &Theme, surface: &mut dyn Surface) {
    let x = layout.plot.x - 10.0;
    surface.text(&Text {
        text: &row.label,
        x,
        y: middle(row, row.text_size),
        size: row.text_size,
        color: theme.ink,
        align: Align::End,
        max_width: x,
    });
    if let Some(detail) = &row.detail {
        surface.text(&Text {
            text: detail,
            x,
            y: middle(row, row.text_size) - row.text_size - 1.0,
            size: SMALL_SIZE,
            color: theme.muted,
            align: Align::End,
            max_width: x,
        });
    }
}

fn ends(layout: &Layout, theme: &Theme, surface: &mut dyn Surface) {
    let plot = layout.plot;
    let line = |x: f64, width: f64| Rect { x, y: plot.y, width, height: plot.height + 4.0 };
    if let Some(x) = layout.live {
        surface.fill(&[line(x, 1.0)], &Paint::plain(theme.muted));
    }
    if let Some(end) = layout.end {
        surface.fill(&[line(end.x, 2.0)], &Paint::plain(theme.end));
        let width = width_of(end.word, SMALL_SIZE);
        let right = end.x + 6.0 + width < layout.width;
        surface.text(&Text {
            text: end.word,
            x: if right { end.x + 5.0 } else { end.x - 4.0 },
            y: plot.y + 10.0,
            size: SMALL_SIZE,
            color: theme.end,
            align: if right { Align::Start } else { Align::End },
            max_width: width,
        });
    }
}

fn snap(x: f64, pixel: f64) -> f64 {
    (x / pixel).round() * pixel
}
