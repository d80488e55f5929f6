//! What happened: events of lanes, and the trace that they add up to. It knows no method.

mod assembly;
mod end;
mod event;
mod kept;
mod lane;
mod lane_info;
mod recorder;

pub use assembly::{Environment, Line, Program, Ran, Shown, ShownOutcome, Stream, Subject, TaskRecord, Trace};
pub use end::End;
pub use event::{EVENT_BYTES, Event, Mark, State};
pub use kept::{BegunLine, Keeper, LONGEST_LINE, LeftOut, MOST_BYTES, MOST_LINES};
pub use lane::{Hold, Span, TracedLane};
pub use lane_info::{LaneInfo, LaneKind};
pub use recorder::{Batch, Lane, Recorder};
