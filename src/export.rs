//! Files made of a trace: Chrome trace events, SVG pictures. It knows no browser.

mod svg;
mod trace_events;

pub use svg::{SvgOptions, svg};
pub use trace_events::trace_events;
