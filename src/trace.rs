//! What happened: events of lanes, and the trace that they add up to. It knows no method.

mod assembly;
mod event;
mod lane_info;
mod recorder;

pub use assembly::{
    End, Environment, Hold, Line, Program, Ran, Shown, ShownOutcome, Span, Stream, Subject, TaskRecord, Trace,
    TracedLane,
};
pub use event::{EVENT_BYTES, Event, Mark, State};
pub use lane_info::{LaneInfo, LaneKind};
pub use recorder::{Batch, Lane, Recorder};
