//! Charts as one standalone SVG file. No styles, only presentation attributes: pages with a strict policy show it too.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::chart::{Align, FONT, Paint, Rect, Surface, Text, Texture, Theme, View, draw, layout, legend, width_of};
use crate::time::{Time, millis};
use crate::trace::Trace;

/// How a picture is to look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SvgOptions {
    /// The width, in CSS pixels.
    pub width: f64,
    /// The colours.
    pub theme: Theme,
}

/// The height of a chart's title, and the space below a chart, in CSS pixels.
const TITLE: f64 = 26.0;
const SPACE: f64 = 10.0;
/// A row of the legend.
const LEGEND_ROW: f64 = 20.0;
const LEGEND_SIZE: f64 = 11.0;
const SWATCH: f64 = 18.0;

/// Charts with their titles, below each other on one scale, as the text of an SVG file.
#[must_use]
pub fn svg(charts: &[(&str, &Trace)], options: &SvgOptions) -> String {
    let theme = &options.theme;
    let end = charts.iter().map(|(_, trace)| trace.horizon()).max().unwrap_or_default();
    let view = View::new(Time::ZERO, end, options.width);
    let mut file = File { theme, patterns: BTreeSet::new(), body: String::new(), down: 0.0 };
    for (title, trace) in charts {
        file.title(title, trace, options.width);
        let layout = layout(trace, &view, end);
        draw(&layout, theme, &mut file);
        file.down += layout.height() + SPACE;
    }
    file.legend(charts, options.width);
    file.finish(options.width)
}

/// The text of a file, and what was used in it.
struct File<'a> {
    theme: &'a Theme,
    /// Textures in use: the file defines each once.
    patterns: BTreeSet<(&'static str, Texture)>,
    body: String,
    /// How far down the next part begins.
    down: f64,
}

impl File<'_> {
    fn title(&mut self, title: &str, trace: &Trace, width: f64) {
        let makespan = trace.makespan().map(|makespan| format!("{:.0} ms", millis(makespan)));
        let size = 14.0;
        let y = 19.0;
        self.write_text(title, 8.0, y, size, self.theme.ink, Align::Start, true);
        if let Some(makespan) = makespan {
            self.write_text(&makespan, width - 8.0, y, size, self.theme.ink, Align::End, true);
        }
        self.down += TITLE;
    }

    /// The states that are in the charts, in as many rows as they need.
    fn legend(&mut self, charts: &[(&str, &Trace)], width: f64) {
        let spans = || charts.iter().flat_map(|(_, trace)| &trace.lanes).flat_map(|lane| &lane.spans);
        let mut x = 8.0;
        for entry in legend(self.theme) {
            if !spans().any(|span| span.state == entry.state) {
                continue;
            }
            let needs = SWATCH + 6.0 + width_of(entry.title, LEGEND_SIZE);
            if x + needs > width - 8.0 && x > 8.0 {
                x = 8.0;
                self.down += LEGEND_ROW;
            }
            self.fill(&[Rect { x, y: 2.0, width: SWATCH, height: 12.0 }], &entry.paint);
            self.write_text(entry.title, x + SWATCH + 6.0, 12.0, LEGEND_SIZE, self.theme.muted, Align::Start, false);
            x += needs + 16.0;
        }
        self.down += LEGEND_ROW;
    }

    #[expect(clippy::too_many_arguments, reason = "one for each attribute of the element")]
    fn write_text(&mut self, text: &str, x: f64, y: f64, size: f64, color: &str, align: Align, bold: bool) {
        let anchor = match align {
            Align::Start => "",
            Align::Middle => r#" text-anchor="middle""#,
            Align::End => r#" text-anchor="end""#,
        };
        let weight = if bold { r#" font-weight="600""# } else { "" };
        let (x, y, size, text) = (number(x), number(y + self.down), number(size), escape(text));
        let line = format!(r#"<text x="{x}" y="{y}" font-size="{size}" fill="{color}"{anchor}{weight}>{text}</text>"#);
        self.body.push_str(&line);
        self.body.push('\n');
    }

    fn finish(self, width: f64) -> String {
        let (width, height) = (number(width), number(self.down + 4.0));
        let mut file = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"{FONT}\" shape-rendering=\"crispEdges\">\n"
        );
        file.push_str("<defs>\n");
        for (ink, texture) in &self.patterns {
            let Some(tile) = texture.tile() else { continue };
            let path: String =
                tile.strokes.iter().map(|[x, y, to_x, to_y]| format!("M{x} {y}L{to_x} {to_y}")).collect();
            let (id, size, line) = (pattern_id(ink, *texture), tile.size, tile.line_width);
            let _ = writeln!(
                file,
                r#"<pattern id="{id}" width="{size}" height="{size}" patternUnits="userSpaceOnUse"><path d="{path}" stroke="{ink}" stroke-width="{line}" shape-rendering="auto"/></pattern>"#
            );
        }
        let background = self.theme.background;
        let _ = writeln!(file, "</defs>\n<rect width=\"{width}\" height=\"{height}\" fill=\"{background}\"/>");
        file + &self.body + "</svg>\n"
    }
}

impl Surface for File<'_> {
    fn fill(&mut self, areas: &[Rect], paint: &Paint) {
        let mut path = String::new();
        for area in areas.iter().filter(|area| area.width > 0.0 && area.height > 0.0) {
            let (x, y) = (number(area.x), number(area.y + self.down));
            let (width, height) = (number(area.width), number(area.height));
            let _ = write!(path, "M{x} {y}h{width}v{height}h-{width}z");
        }
        if path.is_empty() {
            return;
        }
        let _ = writeln!(self.body, r#"<path fill="{}" d="{path}"/>"#, paint.fill);
        if paint.texture != Texture::Plain {
            self.patterns.insert((paint.ink, paint.texture));
            let _ = writeln!(self.body, r#"<path fill="url(#{})" d="{path}"/>"#, pattern_id(paint.ink, paint.texture));
        }
    }

    fn text(&mut self, text: &Text) {
        self.write_text(text.text, text.x, text.y, text.size, text.color, text.align, false);
    }
}

fn pattern_id(ink: &str, texture: Texture) -> String {
    let name = match texture {
        Texture::Plain => "plain",
        Texture::Hatched => "hatched",
        Texture::HatchedBack => "hatched-back",
        Texture::Dotted => "dotted",
        Texture::Striped => "striped",
    };
    format!("{name}-{}", ink.trim_start_matches('#'))
}

/// A number with two decimals at the most.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The one way of text into the file.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // XML has no way to write these.
            c if c.is_control() && !matches!(c, '\t' | '\n' | '\r') => escaped.push('\u{fffd}'),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
