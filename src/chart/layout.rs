//! Where everything is: rows, bars, labels, ticks. Pure geometry, in CSS pixels from the left upper corner.

use std::collections::BTreeSet;

use super::columns::{Columns, Interval};
use super::scale::{Scale, Tick};
use super::text::{shorten, width_of};
use crate::time::Time;
use crate::trace::{Hold, LaneKind, State, Trace, TracedLane};

/// What is to be seen of a trace. All charts of a page share start, end and width: one clock, one scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// The time at the left end of the axis.
    pub start: Time,
    /// The time at its right end.
    pub end: Time,
    /// The chart's width in CSS pixels.
    pub width: f64,
    /// The width of a pixel of the screen in CSS pixels, `1 / devicePixelRatio`: edges are put between such pixels.
    pub pixel: f64,
}

/// A chart, laid out.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// The width, in CSS pixels.
    pub width: f64,
    /// Time to x.
    pub scale: Scale,
    /// The area of the bars.
    pub plot: Rect,
    /// The ticks of the axis.
    pub ticks: Vec<Tick>,
    /// The rows, from above.
    pub rows: Vec<Row>,
    /// Where a run was stopped or failed.
    pub end: Option<EndMark>,
    /// Where a live run is.
    pub live: Option<f64>,
    /// The instant up to which open spans are drawn.
    pub now: Time,
    /// The width of a pixel of the screen in CSS pixels.
    pub pixel: f64,
    /// How many more lanes there are that have no row.
    pub hidden: usize,
}

/// A rectangle, in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// The left edge.
    pub x: f64,
    /// The upper edge.
    pub y: f64,
    /// The width.
    pub width: f64,
    /// The height.
    pub height: f64,
}

/// A row of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it shows.
    pub kind: RowKind,
    /// The row's area, over the whole width.
    pub area: Rect,
    /// The upper edge of its bars.
    pub bar_top: f64,
    /// The height of its bars.
    pub bar_height: f64,
    /// The lane's full name.
    pub name: String,
    /// The name as it fits beside the bars.
    pub label: String,
    /// What stands below the name: the process's number.
    pub detail: Option<String>,
    /// Its number among the holders of the GIL, where that is shown: its colour in the GIL's row.
    pub holder: Option<usize>,
    /// The size of its text.
    pub text_size: f64,
    /// Its bars, from the left.
    pub bars: Vec<Bar>,
    /// Names within its bars, where they fit.
    pub bar_labels: Vec<BarLabel>,
    /// The extents of its tasks, from the left.
    pub bands: Vec<Band>,
    /// The left edges of the marks of printed lines.
    pub lines: Vec<f64>,
}

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// The states of the lane of this number.
    Lane(u16),
    /// Who holds the GIL of the interpreter of this number.
    Gil(u32),
}

/// A bar: a stretch of a row in one colour.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// The left edge.
    pub x: f64,
    /// The width.
    pub width: f64,
    /// What it stands for.
    pub fill: Fill,
}

/// A name within a bar.
#[derive(Clone, Debug, PartialEq)]
pub struct BarLabel {
    /// The bar's middle.
    pub x: f64,
    /// The bar's width.
    pub width: f64,
    /// What the bar stands for.
    pub fill: Fill,
    /// The name as it fits.
    pub label: String,
}

/// What a bar stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fill {
    /// A state of the row's lane.
    State(State),
    /// This holder has the GIL: 0 is the main thread, the workers follow.
    Holder(usize),
}

/// The whole extent of a task, drawn as a line above its bars.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// The left edge.
    pub x: f64,
    /// The width.
    pub width: f64,
    /// The task's number.
    pub task: u32,
    /// Its name as it fits.
    pub label: Option<String>,
}

/// Where a run ended before its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EndMark {
    /// The line's left edge.
    pub x: f64,
    /// `stopped`, `failed` or `deadlock`.
    pub word: &'static str,
}

impl View {
    /// A view of this stretch of time, `width` CSS pixels wide, on a screen whose pixels are CSS pixels.
    #[must_use]
    pub fn new(start: Time, end: Time, width: f64) -> View {
        View { start, end, width, pixel: 1.0 }
    }

    /// The same on a screen with so many pixels in a CSS pixel (`devicePixelRatio`).
    #[must_use]
    pub fn on_screen(self, device_pixel_ratio: f64) -> View {
        View { pixel: 1.0 / device_pixel_ratio.clamp(0.25, 8.0), ..self }
    }
}

/// Space around the chart and between its parts.
const MARGIN: f64 = 8.0;
/// The height of the axis below the rows.
const AXIS: f64 = 22.0;
/// The size of names beside the bars.
const NAME_SIZE: f64 = 11.0;
/// The size of tasks' names, and of all else that is said beside.
pub(super) const SMALL_SIZE: f64 = 10.0;
/// From so many rows on they are low ones, without names of tasks.
const MANY_ROWS: usize = 24;
/// Lanes beyond these have no row: 10,000 coroutines would make a picture that no browser can hold.
const MOST_LANES: usize = 200;
/// The height of the line that says so.
const HIDDEN: f64 = 16.0;
/// Interpreters beyond these have no row for their GIL.
const MOST_GILS: usize = 9;
/// The smallest distance of two ticks.
const TICK_GAP: f64 = 66.0;

/// The heights of a row's parts, from above.
#[derive(Clone, Copy)]
struct Heights {
    /// Names and extents of tasks.
    band: f64,
    bar: f64,
    gap: f64,
    text_size: f64,
}

const LOW: Heights = Heights { band: 0.0, bar: 8.0, gap: 3.0, text_size: 8.5 };
const PLAIN: Heights = Heights { band: 0.0, bar: 14.0, gap: 8.0, text_size: NAME_SIZE };
const WITH_TASKS: Heights = Heights { band: 15.0, bar: 14.0, gap: 7.0, text_size: NAME_SIZE };

impl Layout {
    /// The chart's height, in CSS pixels.
    #[must_use]
    pub fn height(&self) -> f64 {
        self.plot.y + self.plot.height + AXIS + if self.hidden > 0 { HIDDEN } else { 0.0 }
    }
}

/// Lays a trace out. Open spans reach up to `now`, or to the run's end if it has one.
#[must_use]
pub fn layout(trace: &Trace, view: &View, now: Time) -> Layout {
    let ended = trace.end.as_ref();
    let now = ended.map_or(now, |(at, _)| *at);
    let snap = |x: f64| (x / view.pixel).round() * view.pixel;
    let gutter = snap((view.width * 0.19).clamp(56.0, 172.0));
    let columns = ((view.width - gutter - MARGIN) / view.pixel).floor().max(1.0) as usize;
    let mut plot = Rect { x: gutter, y: MARGIN / 2.0, width: columns as f64 * view.pixel, height: 0.0 };
    let scale = Scale { start: view.start, end: view.end, left: plot.x, right: plot.x + plot.width };
    let builder =
        Builder { trace, now, scale, columns, pixel: view.pixel, low: trace.live_lanes().count() > MANY_ROWS };
    let mut rows = builder.rows();
    for row in &mut rows {
        row.area.y = plot.y + plot.height;
        row.area.width = view.width;
        row.bar_top += row.area.y;
        plot.height += row.area.height;
    }
    let seen = |x: f64| (plot.x - view.pixel..=plot.x + plot.width).contains(&x).then_some(x);
    let word = ended.filter(|(_, end)| !end.is_complete()).map(|(_, end)| end.word());
    let end = word.and_then(|word| Some(EndMark { x: seen(snap(scale.x(now)))?, word }));
    let live = if ended.is_none() { seen(snap(scale.x(now))) } else { None };
    let ticks = scale.ticks(TICK_GAP);
    let hidden = trace.live_lanes().count().saturating_sub(MOST_LANES);
    Layout { width: view.width, scale, plot, ticks, rows, end, live, now, pixel: view.pixel, hidden }
}

/// What a row is made from.
struct Builder<'a> {
    trace: &'a Trace,
    now: Time,
    scale: Scale,
    columns: usize,
    pixel: f64,
    low: bool,
}

impl Builder<'_> {
    fn rows(&self) -> Vec<Row> {
        let holders = self.holders();
        let shared = self.trace.has_shared_gil();
        let mut bands = self.bands();
        let mut rows = Vec::new();
        let mut lanes: Vec<(u16, &TracedLane)> = self.trace.live_lanes().collect();
        // The lanes of a process stay together, whenever they came to life.
        lanes.sort_by_key(|(_, lane)| lane.info.pid);
        for (number, lane) in lanes.into_iter().take(MOST_LANES) {
            let place = usize::from(number);
            let holder = holders.iter().position(|holder| *holder == number).filter(|_| shared);
            rows.push(self.lane_row(number, lane, std::mem::take(&mut bands[place]), holder));
            if rows.len() == 1 && shared {
                rows.extend(self.interpreters().into_iter().map(|number| self.gil_row(&holders, number)));
            }
        }
        self.mark_lines(&mut rows);
        rows
    }

    /// The lanes that can hold the GIL, the main thread first: threads of its process. Coroutines have no thread of
    /// their own, and another process has another GIL.
    fn holders(&self) -> Vec<u16> {
        let main = self.trace.lanes.first().map(|main| main.info.pid);
        let threads = self.trace.live_lanes().filter(|(_, lane)| lane.info.kind != LaneKind::Coroutine);
        threads.filter(|(_, lane)| Some(lane.info.pid) == main).map(|(number, _)| number).collect()
    }

    fn lane_row(&self, number: u16, lane: &TracedLane, mut bands: Vec<Band>, holder: Option<usize>) -> Row {
        let fits = width_of(&lane.info.name, NAME_SIZE) <= self.room();
        if lane.info.kind == LaneKind::Coroutine && self.tight() && !fits {
            // A task's name does not fit beside its lane: above it does.
            bands.extend(self.coroutine_band(lane));
        }
        let heights = match (self.low, bands.is_empty()) {
            (true, _) => LOW,
            (false, true) => PLAIN,
            (false, false) => WITH_TASKS,
        };
        let mut columns = Columns::new(self.columns, State::ALL.len());
        columns.add(lane.spans.len(), |i| {
            let span = &lane.spans[i];
            let key = State::ALL.iter().position(|state| *state == span.state).unwrap_or(0);
            self.interval(span.start, span.end, key)
        });
        let own_process = self.trace.lanes.first().is_some_and(|main| main.info.pid != lane.info.pid);
        Row {
            bars: self.bars(&columns, |key| Fill::State(State::ALL[key])),
            bands: if self.low { Vec::new() } else { bands },
            holder,
            detail: if own_process && heights.band > 0.0 { self.process(lane.info.pid) } else { None },
            ..self.row(RowKind::Lane(number), &lane.info.name, &short_name(lane, own_process), heights)
        }
    }

    /// The interpreters of the main process, each of which has a GIL: the first one, and those whose GIL was ever held.
    fn interpreters(&self) -> Vec<u32> {
        let main = self.trace.lanes.first().map(|main| main.info.pid);
        let own = self.trace.lanes.iter().filter(|lane| Some(lane.info.pid) == main);
        let held: BTreeSet<u32> = own.flat_map(|lane| lane.holds.iter().map(|hold| hold.interpreter)).collect();
        std::iter::once(0).chain(held.into_iter().filter(|number| *number != 0)).take(MOST_GILS).collect()
    }

    fn gil_row(&self, holders: &[u16], interpreter: u32) -> Row {
        let heights = if self.low { LOW } else { PLAIN };
        let mut columns = Columns::new(self.columns, holders.len());
        for (key, number) in holders.iter().enumerate() {
            let holds = &self.trace.lanes[usize::from(*number)].holds;
            let holds: Vec<&Hold> = holds.iter().filter(|hold| hold.interpreter == interpreter).collect();
            columns.add(holds.len(), |i| self.interval(holds[i].start, holds[i].end, key));
        }
        let bars = self.bars(&columns, Fill::Holder);
        let bar_labels = bars.iter().filter_map(|bar| {
            let Fill::Holder(holder) = bar.fill else { return None };
            let lane = &self.trace.lanes[usize::from(holders[holder])];
            let fits = |name: &str| width_of(name, SMALL_SIZE) + 4.0 <= bar.width;
            let short = short_name(lane, false);
            let label = [&lane.info.name, &short].into_iter().find(|name| fits(name))?.clone();
            Some(BarLabel { x: bar.x + bar.width / 2.0, width: bar.width, fill: bar.fill, label })
        });
        let bar_labels = if self.low { Vec::new() } else { bar_labels.collect() };
        let names = match interpreter {
            0 => ("GIL held by".to_owned(), "GIL".to_owned()),
            number => (format!("GIL of interpreter {number}"), format!("GIL {number}")),
        };
        Row { bar_labels, bars, ..self.row(RowKind::Gil(interpreter), &names.0, &names.1, heights) }
    }

    /// A row with nothing in it, at the top.
    fn row(&self, kind: RowKind, name: &str, short: &str, heights: Heights) -> Row {
        let size = heights.text_size;
        let whole = width_of(name, size) <= self.room();
        let label = if whole || !self.tight() { self.beside(name, size) } else { self.beside(short, size) };
        Row {
            kind,
            area: Rect { height: heights.band + heights.bar + heights.gap, ..Rect::default() },
            bar_top: heights.band + heights.gap / 2.0,
            bar_height: heights.bar,
            name: name.to_owned(),
            label,
            detail: None,
            holder: None,
            text_size: size,
            bars: Vec::new(),
            bar_labels: Vec::new(),
            bands: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// A process's number, as much of it as fits.
    fn process(&self, pid: u32) -> Option<String> {
        let fits = |text: &String| width_of(text, SMALL_SIZE) <= self.room();
        [format!("PID {pid}"), pid.to_string()].into_iter().find(fits)
    }

    /// How wide a name beside the bars may be.
    fn room(&self) -> f64 {
        self.scale.left - 2.0 * MARGIN
    }

    /// Whether a short name is better than the few letters of a long one for which there is room.
    fn tight(&self) -> bool {
        self.room() < width_of("ThreadPool…-0_0", NAME_SIZE)
    }

    fn beside(&self, text: &str, size: f64) -> String {
        shorten(text, size, self.room()).unwrap_or_default()
    }

    fn interval(&self, start: Time, end: Option<Time>, key: usize) -> Interval {
        let column = |time: Time| (self.scale.x(time) - self.scale.left) / self.pixel;
        (column(start), column(end.unwrap_or(self.now)), key)
    }

    fn bars(&self, columns: &Columns, fill: impl Fn(usize) -> Fill) -> Vec<Bar> {
        let bar = |run: super::columns::Run| Bar {
            x: self.scale.left + run.columns.start as f64 * self.pixel,
            width: run.columns.len() as f64 * self.pixel,
            fill: fill(run.key),
        };
        columns.runs().into_iter().map(bar).collect()
    }

    /// The extents of tasks, by lane. A coroutine's lane is its task: it needs none.
    fn bands(&self) -> Vec<Vec<Band>> {
        let mut bands: Vec<Vec<Band>> = vec![Vec::new(); self.trace.lanes.len()];
        for (number, task) in (0..).zip(&self.trace.tasks) {
            let Some(ran) = task.ran else { continue };
            let lane = usize::from(ran.lane);
            if self.trace.lanes.get(lane).is_none_or(|lane| lane.info.kind == LaneKind::Coroutine) {
                continue;
            }
            bands[lane].extend(self.band(number, &task.label, ran.start, ran.end));
        }
        bands
    }

    fn coroutine_band(&self, lane: &TracedLane) -> Option<Band> {
        let task = lane.spans.iter().find_map(|span| span.task)?;
        self.band(task, &lane.info.name, lane.spans.first()?.start, lane.spans.last()?.end)
    }

    /// The extent of a task, if a pixel of it is seen: those that are too short to tell apart become one line.
    fn band(&self, task: u32, name: &str, start: Time, end: Option<Time>) -> Option<Band> {
        let x = |time: Time| {
            let x = self.scale.x(time).clamp(self.scale.left, self.scale.right);
            (x / self.pixel).round() * self.pixel
        };
        let (left, right) = (x(start), x(end.unwrap_or(self.now)));
        let label = shorten(name, SMALL_SIZE, right - left - 4.0);
        (left < right).then_some(Band { x: left, width: right - left, task, label })
    }

    fn mark_lines(&self, rows: &mut [Row]) {
        for line in &self.trace.output {
            let x = (self.scale.x(line.at) / self.pixel).floor() * self.pixel;
            let row = rows.iter_mut().find(|row| row.kind == RowKind::Lane(line.lane));
            if let Some(row) = row
                && x >= self.scale.left
                && x < self.scale.right
                && row.lines.last() != Some(&x)
            {
                row.lines.push(x);
            }
        }
    }
}

/// A name of a few letters: `main`, `loop`, `w0` (a worker), `p1` (a process), `task` (a coroutine).
fn short_name(lane: &TracedLane, own_process: bool) -> String {
    let name = &lane.info.name;
    let number = name.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    match lane.info.kind {
        LaneKind::Main if name == "event loop" => "loop".to_owned(),
        LaneKind::Main => "main".to_owned(),
        LaneKind::Worker if own_process => format!("p{number}"),
        LaneKind::Worker => format!("w{number}"),
        LaneKind::Coroutine => "task".to_owned(),
    }
}
