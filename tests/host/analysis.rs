//! What a trace means, on traces that are written down here.

use std::sync::Arc;

use gilscope::analysis::{Analysis, analyse, speed_up};
use gilscope::method::lanes;
use gilscope::time::Time;
use gilscope::trace::{End, Environment, Event, Mark, State, Trace};
use gilscope::workload::{Calibration, Plan};
use serde_json::json;

use crate::surroundings::{PID, request};

/// A trace of two tasks on two workers; each line is a lane's letter and number, and then its states from when on:
/// `c` on CPU, `g` waiting for the GIL, `i` waiting for I/O, `-` idle, `.` its end. Times are in milliseconds.
fn trace(method: &str, lanes: &[(u16, &[(u64, char)])]) -> Trace {
    let task = json!({"call": {"function": "f"}});
    let json = json!({"workload": {"tasks": [task, task], "maxWorkers": 2}, "method": method});
    let request = request(&json.to_string()).unwrap();
    let plan = Plan::new(&request, 2, Calibration { divisions_per_second: 1e8 });
    let infos = lanes::lanes(&plan, PID);
    let mut trace = Trace::new(Arc::new(plan), Environment::default(), infos);
    for (lane, states) in lanes {
        for (at, state) in *states {
            let mark = match state {
                'c' => Mark::State(State::OnCpu, None),
                'g' => Mark::State(State::WaitingForGil, None),
                'i' => Mark::State(State::WaitingForIo, None),
                '-' => Mark::State(State::Idle, None),
                _ => Mark::LaneEnd,
            };
            event(&mut trace, *lane, *at, mark);
        }
    }
    trace
}

fn ms(ms: u64) -> Time {
    Time::from_nanos(ms * 1_000_000)
}

fn event(trace: &mut Trace, lane: u16, at: u64, mark: Mark) {
    trace.absorb(&[Event { at: ms(at), lane, mark }], []);
}

fn ran(trace: &mut Trace, task: u32, from: u64, to: u64) {
    event(trace, 1, from, Mark::TaskStart(task));
    event(trace, 1, to, Mark::TaskEnd(task));
}

fn held(trace: &mut Trace, lane: u16, from: u64, to: u64) {
    event(trace, lane, from, Mark::GilTaken(0));
    event(trace, lane, to, Mark::GilDropped);
}

fn time_in(analysis: &Analysis, state: State) -> f64 {
    analysis.states.iter().find(|time| time.state == state).map_or(0.0, |time| time.time)
}

fn at_once(method: &str, lanes: &[(u16, &[(u64, char)])]) -> usize {
    analyse(&trace(method, lanes), ms(1_000)).most_on_cpu
}

#[test]
fn the_makespan_is_from_the_first_start_to_the_last_end() {
    let mut trace = trace("threads", &[(0, &[(0, 'c'), (100, '.')])]);
    assert_eq!(analyse(&trace, ms(100)).makespan, None, "nothing has run");
    ran(&mut trace, 1, 20, 50);
    assert_eq!(analyse(&trace, ms(100)).makespan, None, "not everything has run");
    event(&mut trace, 2, 30, Mark::TaskStart(0));
    assert_eq!(analyse(&trace, ms(100)).makespan, None, "not everything has ended");
    event(&mut trace, 2, 75, Mark::TaskEnd(0));
    let analysis = analyse(&trace, ms(100));
    assert_eq!((analysis.makespan, analysis.duration), (Some(55.0), 100.0));
    trace.finish(ms(120), End::Complete);
    assert_eq!(analyse(&trace, ms(500)).duration, 120.0, "a run that has ended goes on no more");
}

#[test]
fn lanes_that_only_touch_were_not_on_cpu_at_once() {
    assert_eq!(at_once("threads", &[]), 0);
    assert_eq!(at_once("threads", &[(1, &[(0, 'i'), (10, '.')])]), 0);
    assert_eq!(
        at_once(
            "threads",
            &[(1, &[(0, 'c'), (10, 'g'), (20, 'c'), (30, '.')]), (2, &[(0, 'g'), (10, 'c'), (20, '.')])]
        ),
        1
    );
    assert_eq!(at_once("threads-free", &[(1, &[(0, 'c'), (11, '.')]), (2, &[(0, 'g'), (10, 'c'), (20, '.')])]), 2);
    let three: &[(u64, char)] = &[(5, 'c'), (6, '.')];
    assert_eq!(at_once("threads-free", &[(0, three), (1, &[(0, 'c'), (10, '.')]), (2, &[(0, 'c'), (10, '.')])]), 3);
    // The most of all moments, not the last one's.
    assert_eq!(at_once("threads-free", &[(1, &[(0, 'c'), (10, '-'), (20, 'c')]), (2, &[(0, 'c'), (10, '.')])]), 2);
    // A coroutine's time on CPU is its loop's.
    assert_eq!(
        at_once("asyncio", &[(0, &[(0, 'c'), (10, '-')]), (1, &[(0, 'c'), (5, 'i')]), (2, &[(5, 'c'), (9, 'i')])]),
        1
    );
}

#[test]
fn what_is_open_counts_until_now() {
    let lanes: &[(u16, &[(u64, char)])] = &[(1, &[(0, 'i'), (40, 'c')]), (2, &[(60, 'c')])];
    let live = trace("threads-free", lanes);
    let at = |now| {
        let analysis = analyse(&live, ms(now));
        (time_in(&analysis, State::OnCpu), time_in(&analysis, State::WaitingForIo), analysis.most_on_cpu)
    };
    assert_eq!(at(100), (100.0, 40.0, 2));
    assert_eq!(at(80), (60.0, 40.0, 2));
    // A look before the last that is known: nothing negative.
    assert_eq!(at(50), (10.0, 40.0, 1));
}

#[test]
fn time_is_summed_by_state_over_threads() {
    let analysis = analyse(
        &trace("asyncio", &[(0, &[(0, 'c'), (30, '-'), (100, '.')]), (1, &[(0, 'c'), (10, 'i'), (90, '.')])]),
        ms(100),
    );
    assert_eq!((time_in(&analysis, State::OnCpu), time_in(&analysis, State::Idle)), (30.0, 70.0));
    assert_eq!(time_in(&analysis, State::WaitingForIo), 0.0, "a coroutine is no thread");
    let lanes: Vec<_> = analysis.lanes.iter().map(|lane| (lane.lane, lane.name.as_str())).collect();
    assert_eq!(
        lanes,
        [(0, "event loop"), (1, "f()")],
        "but has a lane, with its own sums; lanes without a life have none"
    );
    let states =
        |lane: usize| analysis.lanes[lane].states.iter().map(|time| (time.state, time.time)).collect::<Vec<_>>();
    assert_eq!(states(0), [(State::OnCpu, 30.0), (State::Idle, 70.0)]);
    assert_eq!(states(1), [(State::OnCpu, 10.0), (State::WaitingForIo, 80.0)]);

    let analysis = analyse(
        &trace("threads", &[(1, &[(0, 'c'), (30, 'g'), (50, '.')]), (2, &[(10, 'g'), (30, 'c'), (70, '.')])]),
        ms(70),
    );
    assert_eq!((time_in(&analysis, State::OnCpu), time_in(&analysis, State::WaitingForGil)), (70.0, 40.0));
    assert!(analysis.states.iter().all(|time| time.time > 0.0), "states that nobody was in are left out");
}

#[test]
fn workers_are_those_that_came_to_life() {
    assert_eq!(analyse(&trace("threads", &[(0, &[(0, 'c')])]), ms(9)).workers, 0);
    assert_eq!(analyse(&trace("threads", &[(0, &[(0, 'c')]), (2, &[(0, 'c')])]), ms(9)).workers, 1);
    assert_eq!(analyse(&trace("processes", &[(1, &[(0, '-')]), (2, &[(0, 'c')])]), ms(9)).workers, 2);
    assert_eq!(analyse(&trace("asyncio", &[(0, &[(0, 'c')]), (1, &[(0, 'c')]), (2, &[(0, 'c')])]), ms(9)).workers, 0);
}

#[test]
fn the_gil_is_switched_when_another_lane_takes_it() {
    let lanes: &[(u16, &[(u64, char)])] = &[(0, &[(0, 'c')]), (1, &[(0, 'c')]), (2, &[(0, 'c')])];
    let mut with_gil = trace("threads", lanes);
    assert_eq!(analyse(&with_gil, ms(9)).gil_switches, Some(0));
    for (lane, from) in [(0, 0), (1, 10), (1, 20), (2, 30), (1, 40), (0, 50)] {
        held(&mut with_gil, lane, from, from + 10);
    }
    assert_eq!(analyse(&with_gil, ms(90)).gil_switches, Some(4), "taking it again is no switch");
    for method in ["threads-free", "interpreters", "processes", "sequential", "asyncio"] {
        let mut without = trace(method, &[(0, &[(0, 'c')])]);
        held(&mut without, 0, 0, 10);
        assert_eq!(analyse(&without, ms(9)).gil_switches, None, "{method} has no GIL that lanes share");
    }
}

#[test]
fn the_speed_up_is_by_makespan() {
    let of = |to: u64| {
        let mut trace = trace("threads", &[(1, &[(0, 'c'), (500, '.')])]);
        ran(&mut trace, 0, 0, to / 2);
        ran(&mut trace, 1, 10, to);
        analyse(&trace, ms(500))
    };
    let unfinished = analyse(&trace("threads", &[]), ms(9));
    assert_eq!(speed_up(&of(400), &of(100)), Some(4.0));
    assert_eq!(speed_up(&of(100), &of(400)), Some(0.25));
    assert_eq!(speed_up(&of(100), &of(0)), None, "no time is not how many times faster");
    assert_eq!((speed_up(&unfinished, &of(100)), speed_up(&of(100), &unfinished)), (None, None));
}

#[test]
fn a_trace_of_nothing_means_nothing() {
    let analysis = analyse(&trace("threads", &[]), Time::ZERO);
    assert_eq!((analysis.makespan, analysis.duration, analysis.most_on_cpu, analysis.workers), (None, 0.0, 0, 0));
    assert_eq!((analysis.states, analysis.lanes), (vec![], vec![]));
}
