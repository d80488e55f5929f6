//! A lane and what it did: spans without gap or overlap, and when it held a GIL. It knows no other lane.

use super::event::State;
use super::lane_info::LaneInfo;
use crate::time::Time;

/// A lane and what it did.
#[derive(Clone, Debug, PartialEq)]
pub struct TracedLane {
    /// Who it is.
    pub info: LaneInfo,
    /// What it did: no gap, no overlap; only the last span of a live lane is open.
    pub spans: Vec<Span>,
    /// When it held a GIL.
    pub holds: Vec<Hold>,
    /// The source line that it is at.
    line: Option<u32>,
    /// What its next state is about.
    detail: Option<u32>,
}

/// A stretch of time in which a lane was in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// From.
    pub start: Time,
    /// To; none while it lasts.
    pub end: Option<Time>,
    /// Which state.
    pub state: State,
    /// For which task, if for one.
    pub task: Option<u32>,
    /// The program's line that the lane was at when it began, where that is known.
    pub line: Option<u32>,
    /// What it is about, as a number for [`Trace::detail`](super::Trace::detail): the lock that a lane waits for.
    pub detail: Option<u32>,
}

/// A stretch of time in which a lane held a GIL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// From.
    pub start: Time,
    /// To; none while it lasts.
    pub end: Option<Time>,
    /// The interpreter whose GIL it was; the first one is 0.
    pub interpreter: u32,
}

impl TracedLane {
    /// A lane that has done nothing yet.
    #[must_use]
    pub fn new(info: LaneInfo) -> TracedLane {
        TracedLane { info, spans: Vec::new(), holds: Vec::new(), line: None, detail: None }
    }

    /// From now on it is at this line of the program.
    pub(super) fn at_line(&mut self, line: u32) {
        self.line = Some(line);
    }

    /// The next state is about this.
    pub(super) fn about(&mut self, detail: u32) {
        self.detail = Some(detail);
    }

    /// From `at` on the lane is in this state, or is no more.
    pub(super) fn change(&mut self, at: Time, to: Option<(State, Option<u32>)>) {
        let detail = self.detail.take();
        let to = to.map(|(state, task)| (state, task, detail));
        if let Some(open) = self.spans.pop_if(|span| span.end.is_none()) {
            if to == Some((open.state, open.task, open.detail)) {
                self.spans.push(open);
                return;
            }
            // A span that lasted no time that the clock could see is left out.
            if open.start < at {
                self.spans.push(Span { end: Some(at), ..open });
            }
        }
        // What goes on as it was before such a span is the same span still.
        if let Some(before) = self.spans.last_mut()
            && before.end == Some(at)
            && to == Some((before.state, before.task, before.detail))
        {
            before.end = None;
            return;
        }
        if let Some((state, task, detail)) = to {
            self.spans.push(Span { start: at, end: None, state, task, line: self.line, detail });
        }
    }
}
