//! What is under the pointer.

use super::columns::partition;
use super::layout::{Fill, Layout, Row, RowKind};
use crate::time::Time;
use crate::trace::{LaneKind, State, Trace};

/// What is at a point of a chart, for a tooltip.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// What it is.
    pub what: What,
    /// The lane's number; of a hold, the holder's.
    pub lane: u16,
    /// The lane's full name.
    pub lane_name: String,
    /// The state, `Holds the GIL`, `Task`, or `Printed`.
    pub title: &'static str,
    /// From.
    pub start: Time,
    /// To, so far if it lasts.
    pub end: Time,
    /// Whether it lasts.
    pub open: bool,
    /// The task's name.
    pub task: Option<String>,
    /// The printed text.
    pub text: Option<String>,
    /// What the lane waits for.
    pub detail: Option<String>,
    /// The program's first and last line in it, where they are known.
    pub lines: Option<(u32, u32)>,
    /// How many more spans are at this pixel.
    pub others: usize,
}

/// What a hit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A span of a lane.
    Span,
    /// A stretch in which the lane held the GIL.
    Hold,
    /// A task's whole extent.
    Task,
    /// A printed line.
    Line,
}

/// How far from a mark of one pixel the pointer may be, in CSS pixels.
const NEAR: f64 = 3.0;
/// So many spans of one pixel are looked at to find the longest.
const LOOKED_AT: usize = 1000;

/// A stretch of time, of a span or of a hold.
#[derive(Clone, Copy)]
struct Stretch {
    start: Time,
    end: Option<Time>,
    /// Its place among the spans or the holds of its lane.
    place: usize,
}

impl Layout {
    /// What is at this point (in CSS pixels) of the chart of this trace: the one that it was laid out from.
    #[must_use]
    pub fn hit(&self, trace: &Trace, x: f64, y: f64) -> Option<Hit> {
        let row = self.rows.iter().find(|row| (row.area.y..row.area.y + row.area.height).contains(&y))?;
        if !(self.scale.left..self.scale.right).contains(&x) {
            return None;
        }
        let line = if y > row.bar_top + row.bar_height { self.line(trace, row, x) } else { None };
        let task = if y < row.bar_top { self.task(trace, row, x) } else { None };
        line.or(task).or_else(|| self.bar(trace, row, x))
    }

    /// Where a moment of a lane is: x, the upper edge of the lane's bars, and their height. None if it is not seen.
    #[must_use]
    pub fn locate(&self, lane: u16, at: Time) -> Option<[f64; 3]> {
        let row = self.rows.iter().find(|row| row.kind == RowKind::Lane(lane))?;
        let x = self.scale.x(at);
        (self.scale.left..=self.scale.right).contains(&x).then_some([x, row.bar_top, row.bar_height])
    }

    fn line(&self, trace: &Trace, row: &Row, x: f64) -> Option<Hit> {
        let RowKind::Lane(lane) = row.kind else { return None };
        let from = trace.output.partition_point(|line| self.scale.x(line.at) < x - NEAR);
        let near = trace.output[from..].iter().take_while(|line| self.scale.x(line.at) <= x + NEAR);
        let mine = near.filter(|line| line.lane == lane);
        let distance = |line: &&crate::trace::Line| (self.scale.x(line.at) - x).abs();
        let others = mine.clone().count().saturating_sub(1);
        let line = mine.min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
        let lines = line.source_line.map(|line| (line, line));
        let hit = Hit { text: Some(line.text.clone()), lines, others, ..self.at(row, lane, What::Line, "Printed") };
        Some(Hit { start: line.at, end: line.at, ..hit })
    }

    fn task(&self, trace: &Trace, row: &Row, x: f64) -> Option<Hit> {
        let RowKind::Lane(lane) = row.kind else { return None };
        let band = row.bands.iter().find(|band| (band.x..band.x + band.width).contains(&x))?;
        let traced = trace.lanes.get(usize::from(lane))?;
        let (start, end) = if traced.info.kind == LaneKind::Coroutine {
            (traced.spans.first()?.start, traced.spans.last()?.end)
        } else {
            let ran = trace.tasks.get(band.task as usize)?.ran?;
            (ran.start, ran.end)
        };
        let hit = self.at(row, lane, What::Task, "Task");
        Some(Hit { task: label(trace, Some(band.task)), ..self.lasting(hit, start, end) })
    }

    fn bar(&self, trace: &Trace, row: &Row, x: f64) -> Option<Hit> {
        let place = row.bars.partition_point(|bar| bar.x + bar.width <= x);
        let bar = row.bars.get(place).filter(|bar| bar.x <= x)?;
        // The pixel of the screen that the point is in.
        let left = self.scale.left + ((x - self.scale.left) / self.pixel).floor() * self.pixel;
        let pixel = (self.scale.time(left), self.scale.time(left + self.pixel));
        match (row.kind, bar.fill) {
            (RowKind::Lane(lane), Fill::State(state)) => {
                let spans = &trace.lanes.get(usize::from(lane))?.spans;
                let stretch = |place: usize| Stretch { start: spans[place].start, end: spans[place].end, place };
                let (found, others) = self.longest(pixel, spans.len(), stretch, |i| spans[i].state == state)?;
                let span = &spans[found.place];
                let detail = trace.detail(span.detail).map(str::to_owned);
                // What computes has gone on to where the next state begins.
                let next = spans.get(found.place + 1).filter(|_| state == State::OnCpu).and_then(|next| next.line);
                let lines = span.line.or(next).map(|line| (line, next.unwrap_or(line)));
                let hit = self.at(row, lane, What::Span, state.title());
                let hit = Hit { others, task: label(trace, span.task), detail, lines, ..hit };
                Some(self.lasting(hit, found.start, found.end))
            }
            (RowKind::Gil(interpreter), Fill::Holder(holder)) => {
                let row_of = self.rows.iter().find(|row| row.holder == Some(holder))?;
                let RowKind::Lane(number) = row_of.kind else { return None };
                let lane = trace.lanes.get(usize::from(number))?;
                let holds = &lane.holds;
                let stretch = |place: usize| Stretch { start: holds[place].start, end: holds[place].end, place };
                let of_it = |i: usize| holds[i].interpreter == interpreter;
                let (found, others) = self.longest(pixel, holds.len(), stretch, of_it)?;
                let span =
                    lane.spans.get(lane.spans.partition_point(|span| span.end.unwrap_or(self.now) <= found.start));
                let task = label(trace, span.and_then(|span| span.task));
                let hit = self.at(row, number, What::Hold, "Holds the GIL");
                let hit = Hit { lane_name: lane.info.name.clone(), task, others, ..hit };
                Some(self.lasting(hit, found.start, found.end))
            }
            _ => None,
        }
    }

    /// Of the stretches in a pixel that are wanted, the one that takes the most of it; and how many others there are.
    fn longest(
        &self,
        (from, to): (Time, Time),
        count: usize,
        stretch: impl Fn(usize) -> Stretch,
        wanted: impl Fn(usize) -> bool,
    ) -> Option<(Stretch, usize)> {
        let end = |i: usize| stretch(i).end.unwrap_or(self.now);
        let first = partition(0..count, |i| end(i) <= from);
        let beyond = partition(first..count, |i| stretch(i).start < to);
        let within = |i: &usize| end(*i).min(to).since(stretch(*i).start.max(from));
        let looked_at = (first..beyond).take(LOOKED_AT);
        let found = looked_at.filter(|i| wanted(*i)).max_by_key(within)?;
        Some((stretch(found), beyond - first - 1))
    }

    /// A hit of a row, without its times.
    fn at(&self, row: &Row, lane: u16, what: What, title: &'static str) -> Hit {
        let lane_name = row.name.clone();
        let (start, end) = (Time::ZERO, Time::ZERO);
        let (task, text, detail, lines) = (None, None, None, None);
        Hit { what, lane, lane_name, title, start, end, open: false, task, text, detail, lines, others: 0 }
    }

    fn lasting(&self, hit: Hit, start: Time, end: Option<Time>) -> Hit {
        Hit { start, end: end.unwrap_or(self.now), open: end.is_none(), ..hit }
    }
}

fn label(trace: &Trace, task: Option<u32>) -> Option<String> {
    Some(trace.tasks.get(task? as usize)?.label.clone())
}
