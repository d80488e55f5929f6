//! What a trace means: how long, how many at once, what the time went into. Pure; it knows no chart.

use std::time::Duration;

use serde::Serialize;

use crate::time::{Time, millis};
use crate::trace::{LaneKind, State, Trace, TracedLane};

/// What a trace means. Times in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Analysis {
    /// From the first task's start to the last one's end; none if not all tasks have ended.
    pub makespan: Option<f64>,
    /// From the run's start to its end.
    pub duration: f64,
    /// The most lanes that were on CPU at one moment. (Lanes that could run; more than there are cores take turns.)
    pub most_on_cpu: usize,
    /// Workers that came to life.
    pub workers: usize,
    /// How often a GIL changed hands; none where there is no shared GIL.
    pub gil_switches: Option<usize>,
    /// Time by state, over all lanes that are threads.
    pub states: Vec<StateTime>,
    /// Each lane's time by state.
    pub lanes: Vec<LaneTime>,
}

/// Time spent in a state.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StateTime {
    /// Which state.
    pub state: State,
    /// How long, in milliseconds.
    pub time: f64,
}

/// A lane's time by state.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LaneTime {
    /// The lane's number.
    pub lane: u16,
    /// Its name.
    pub name: String,
    /// Its time by state; states that it never was in are left out.
    pub states: Vec<StateTime>,
}

/// Analyses a trace, live or complete. Open spans count up to `now`.
#[must_use]
pub fn analyse(trace: &Trace, now: Time) -> Analysis {
    let now = trace.end.as_ref().map_or(now, |(at, _)| *at);
    let lanes: Vec<LaneTime> = trace
        .live_lanes()
        .map(|(number, lane)| {
            let time = |state| {
                let spans = lane.spans.iter().filter(|span| span.state == state);
                spans.map(|span| span.end.unwrap_or(now).since(span.start)).sum::<Duration>()
            };
            LaneTime { lane: number, name: lane.info.name.clone(), states: by_state(time) }
        })
        .collect();
    let is_thread = |number: u16| trace.lanes[usize::from(number)].info.kind != LaneKind::Coroutine;
    let total = |state| {
        let states = lanes.iter().filter(|lane| is_thread(lane.lane)).flat_map(|lane| &lane.states);
        let time: f64 = states.filter(|time| time.state == state).map(|time| time.time).sum();
        Duration::from_secs_f64(time / 1e3)
    };
    Analysis {
        makespan: trace.makespan().map(millis),
        duration: now.millis(),
        most_on_cpu: most_on_cpu(trace, now),
        workers: trace.live_lanes().filter(|(_, lane)| lane.info.kind == LaneKind::Worker).count(),
        gil_switches: trace.has_shared_gil().then(|| gil_switches(trace)),
        states: by_state(total),
        lanes,
    }
}

/// How many times as fast a run was as another of the same workload, by their makespans.
#[must_use]
pub fn speed_up(base: &Analysis, this: &Analysis) -> Option<f64> {
    Some(base.makespan? / this.makespan?).filter(|speed_up| speed_up.is_finite())
}

fn by_state(time: impl Fn(State) -> Duration) -> Vec<StateTime> {
    let times = State::ALL.map(|state| StateTime { state, time: millis(time(state)) });
    times.into_iter().filter(|time| time.time > 0.0).collect()
}

/// The most threads on CPU at one moment. Coroutines do not count: theirs is the loop's thread.
fn most_on_cpu(trace: &Trace, now: Time) -> usize {
    let threads = trace.live_lanes().filter(|(_, lane)| lane.info.kind != LaneKind::Coroutine);
    let on_cpu = threads.flat_map(|(_, lane)| &lane.spans).filter(|span| span.state == State::OnCpu);
    let mut edges: Vec<(Time, i32)> =
        on_cpu.flat_map(|span| [(span.start, 1), (span.end.unwrap_or(now), -1)]).collect();
    // At one instant, ends come before starts: lanes that only touch were not there at once.
    edges.sort_unstable();
    let mut count = 0;
    let most = edges.into_iter().map(|(_, step)| {
        count += step;
        count
    });
    most.max().unwrap_or(0).max(0) as usize
}

fn gil_switches(trace: &Trace) -> usize {
    let held = |number: u16, lane: &TracedLane| {
        let pid = lane.info.pid;
        lane.holds.iter().map(move |hold| ((pid, hold.interpreter), hold.start, number)).collect::<Vec<_>>()
    };
    let mut holds: Vec<_> = trace.live_lanes().flat_map(|(number, lane)| held(number, lane)).collect();
    holds.sort_unstable();
    // Of one GIL: each interpreter of each process has its own.
    holds.windows(2).filter(|pair| pair[0].0 == pair[1].0 && pair[0].2 != pair[1].2).count()
}
