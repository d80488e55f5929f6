//! The picture of a trace: pure geometry, and drawing onto whatever surface there is. It knows no browser and no file.
//!
//! ```text
//! Trace + View --layout--> Layout --draw--> Surface (a canvas, an SVG file)
//!                             \---hit-----> Hit (what is under the pointer)
//! ```

mod columns;
mod draw;
mod hit;
mod layout;
mod scale;
mod text;
mod theme;

pub use draw::{Align, FONT, Surface, Text, draw};
pub use hit::{Hit, What};
pub use layout::{Band, Bar, BarLabel, EndMark, Fill, Layout, Rect, Row, RowKind, View, layout};
pub use scale::{Scale, Tick};
pub use text::{shorten, width_of};
pub use theme::{LegendEntry, Paint, Stroke, Texture, Theme, Tile, legend};
