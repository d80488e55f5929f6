//! What happened: events on their way, the recorder under load, and what events add up to.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use gilscope::host::{Host, Why};
use gilscope::method::lanes;
use gilscope::time::Time;
use gilscope::trace::{
    EVENT_BYTES, End, Environment, Event, Hold, Mark, Ran, Recorder, Shown, Span, State, Stream, Trace,
};
use gilscope::workload::{Calibration, Exception, Outcome, Plan, Refused, Value};
use serde_json::{Value as Json, json};

use crate::surroundings::{PID, request, within};

fn at(nanos: u64) -> Time {
    Time::from_nanos(nanos)
}

// Events on their way.

/// An event of every kind, with the largest and the smallest number that it can have.
fn all_marks() -> Vec<Mark> {
    let mut marks: Vec<Mark> = State::ALL
        .into_iter()
        .flat_map(|state| [None, Some(0), Some(9_999)].map(|task| Mark::State(state, task)))
        .collect();
    for task in [0, 1, 9_999] {
        marks.extend([
            Mark::Submit(task),
            Mark::Submitted(task),
            Mark::TaskStart(task),
            Mark::TaskEnd(task),
            Mark::Done(task),
            Mark::Got(task),
            Mark::Print(task, 0),
            Mark::Print(task, u16::MAX),
            Mark::PrintMain(task),
            Mark::PrintResult(task),
            Mark::Running(task),
            Mark::PrintCancel(task, task % 2 == 0),
            Mark::PrintCancel(task, task % 2 != 0),
            Mark::Refused(task, Refused::ShutDown),
            Mark::Refused(task, Refused::Broken),
            Mark::PrintTraceback(task),
            Mark::GilTaken(task),
            Mark::Line(task),
            Mark::Detail(task),
        ]);
    }
    marks.extend([Mark::LaneEnd, Mark::PrintList, Mark::GilDropped]);
    marks.extend([Mark::PoolCreated, Mark::Shutdown, Mark::ShutdownDone]);
    marks
}

/// The kinds of [`all_marks`]; a new one fails to compile here, and is to be added there.
fn kind(mark: Mark) -> usize {
    match mark {
        Mark::State(..) => 0,
        Mark::LaneEnd => 1,
        Mark::Submit(_) => 2,
        Mark::Submitted(_) => 3,
        Mark::TaskStart(_) => 4,
        Mark::TaskEnd(_) => 5,
        Mark::Done(_) => 6,
        Mark::Got(_) => 7,
        Mark::Print(..) => 8,
        Mark::PrintMain(_) => 9,
        Mark::PrintResult(_) => 10,
        Mark::PrintList => 11,
        Mark::PrintTraceback(_) => 12,
        Mark::GilTaken(_) => 13,
        Mark::GilDropped => 14,
        Mark::PoolCreated => 15,
        Mark::Shutdown => 16,
        Mark::ShutdownDone => 17,
        Mark::Line(_) => 18,
        Mark::Detail(_) => 19,
        Mark::Running(_) => 20,
        Mark::PrintCancel(..) => 21,
        Mark::Refused(..) => 22,
    }
}

fn all_events() -> Vec<Event> {
    let times = [0, 1, 5_000_000, u64::MAX];
    let lanes = [0, 1, 10_064, u16::MAX];
    let events = all_marks().into_iter().enumerate();
    events.map(|(i, mark)| Event { at: at(times[i % 4]), lane: lanes[i / 4 % 4], mark }).collect()
}

#[test]
fn every_event_comes_back_from_its_words_and_its_bytes() {
    let events = all_events();
    for kind in 0..23 {
        assert!(events.iter().any(|event| self::kind(event.mark) == kind), "no event of kind {kind} is tried");
    }
    for event in &events {
        assert_eq!(Event::from_words(event.to_words()), Some(*event));
    }
    let words: std::collections::HashSet<_> = events.iter().map(|event| event.to_words()).collect();
    assert_eq!(words.len(), events.len(), "two events have the same words");
    let bytes = Event::to_bytes(&events);
    assert_eq!(bytes.len(), EVENT_BYTES * events.len());
    assert_eq!(Event::from_bytes(&bytes), Some(events));
    assert_eq!(Event::from_bytes(&[]), Some(vec![]));
}

#[test]
fn what_is_no_event_is_refused() {
    let right = Event { at: at(7), lane: 3, mark: Mark::LaneEnd };
    let bytes = Event::to_bytes(&[right, right]);
    for length in 0..bytes.len() {
        let whole = length % EVENT_BYTES == 0;
        assert_eq!(Event::from_bytes(&bytes[..length]).is_some(), whole, "{length} bytes");
    }
    let [time, word] = right.to_words();
    let with_kind = |kind: u64| [time, word & !(0xff << 16) | kind << 16];
    let kinds = (0..=255).filter(|kind| Event::from_words(with_kind(*kind)).is_some()).count();
    assert_eq!(kinds, 23, "there are as many kinds as marks");
    let state = Event { mark: Mark::State(State::Idle, None), ..right }.to_words()[1];
    let states = (0..=255_u64).filter(|number| Event::from_words([0, state & !(0xff << 24) | number << 24]).is_some());
    assert_eq!(states.count(), State::ALL.len());
    // One that is none spoils its batch: it is another memory's word, and nobody knows where that went wrong.
    let mut spoilt = bytes.clone();
    spoilt[EVENT_BYTES + 10] = 0xee;
    assert_eq!(Event::from_bytes(&spoilt), None);
}

#[test]
fn states_are_called_what_cpython_calls_them() {
    let titles: Vec<_> = State::ALL.iter().map(|state| state.title()).collect();
    for title in
        ["Starting", "On CPU", "Waiting for GIL", "Waiting for I/O", "Copying", "Idle", "Waiting for event loop"]
    {
        assert_eq!(titles.iter().filter(|other| **other == title).count(), 1, "{title}");
    }
    assert_eq!(titles.len(), 7);
}

// The recorder.

/// A clock that goes on by one nanosecond at each look, and a reader of the recorder where the test has one.
#[derive(Debug, Default)]
struct Scripted {
    looks: AtomicU64,
    recorder: Mutex<Option<Arc<Recorder>>>,
    taken: Mutex<Vec<Event>>,
    full: AtomicU64,
}

impl Host for Scripted {
    fn now(&self) -> Time {
        at(self.looks.fetch_add(1, Ordering::Relaxed) + 1)
    }
    fn sleep(&self, _: Duration) {}
    fn hand_over(&self, why: Why) {
        assert_eq!(why, Why::Full, "a pen asks for nothing else");
        self.full.fetch_add(1, Ordering::Relaxed);
        match &*self.recorder.lock().unwrap() {
            Some(recorder) => self.taken.lock().unwrap().extend(recorder.take().events),
            None => thread::yield_now(),
        }
    }
}

#[test]
fn a_million_events_pass_from_one_thread_to_another_in_order() {
    const EVENTS: u32 = 1_000_000;
    within(60, || {
        let recorder = Arc::new(Recorder::new(1));
        let host = Arc::new(Scripted::default());
        let writer = {
            let lane = (Arc::clone(&recorder), host.clone());
            thread::spawn(move || {
                let lane = lane.0.lane(0, 7, lane.1);
                for i in 0..EVENTS {
                    // Both words hold the number, so that half an event would be seen.
                    lane.mark_at(at(u64::from(i)), Mark::Submit(i));
                }
            })
        };
        let (mut next, mut batches) = (0, 0);
        while next < EVENTS {
            let events = recorder.take().events;
            batches += u32::from(!events.is_empty());
            for event in events {
                assert_eq!(event, Event { at: at(u64::from(next)), lane: 7, mark: Mark::Submit(next) });
                next += 1;
            }
        }
        writer.join().unwrap();
        assert!(recorder.take().events.is_empty(), "none comes twice");
        assert!(batches > 10, "{batches} batches: the reader never read while the writer wrote");
    });
}

#[test]
fn a_full_ring_waits_for_its_reader_and_loses_nothing() {
    const EVENTS: u32 = 100_000;
    let recorder = Arc::new(Recorder::new(2));
    let host = Arc::new(Scripted { recorder: Mutex::new(Some(Arc::clone(&recorder))), ..Scripted::default() });
    let lane = recorder.lane(1, 3, host.clone());
    for i in 0..EVENTS {
        lane.mark(Mark::Submit(i));
    }
    let mut events = std::mem::take(&mut *host.taken.lock().unwrap());
    let full = host.full.load(Ordering::Relaxed);
    assert!(full > 0 && events.len() < EVENTS as usize, "the ring has been full, and it is not empty now");
    // A ring is full when it is full and no earlier: each time as many events came out.
    assert_eq!(events.len() as u64 % full, 0);
    events.extend(recorder.take().events);
    let numbers: Vec<_> = events.iter().map(|event| event.mark).collect();
    assert_eq!(numbers, (0..EVENTS).map(Mark::Submit).collect::<Vec<_>>());
}

#[test]
fn lanes_of_one_thread_share_its_ring_and_keep_their_order() {
    let recorder = Arc::new(Recorder::new(2));
    let host = Arc::new(Scripted::default());
    let pen = |thread, lane| recorder.lane(thread, lane, host.clone());
    let (main, first, second, worker) = (pen(0, 0), pen(0, 1), pen(0, 2), pen(1, 3));
    worker.mark(Mark::Done(0));
    main.mark(Mark::Submit(0));
    second.mark(Mark::Submit(1));
    first.mark(Mark::Submit(2));
    main.mark(Mark::Submit(3));
    let events: Vec<_> = recorder.take().events.iter().map(|event| (event.lane, event.mark)).collect();
    let right =
        [(0, Mark::Submit(0)), (2, Mark::Submit(1)), (1, Mark::Submit(2)), (0, Mark::Submit(3)), (3, Mark::Done(0))];
    assert_eq!(events, right);
    assert_eq!((main.number(), worker.number()), (0, 3));
}

#[test]
fn a_pen_never_goes_back_in_time() {
    #[derive(Debug)]
    struct Jumps(Mutex<Cell<u64>>);
    impl Host for Jumps {
        fn now(&self) -> Time {
            // 50, 40, 30: a clock that goes back.
            let now = self.0.lock().unwrap();
            now.set(now.get() - 10);
            at(now.get())
        }
        fn sleep(&self, _: Duration) {}
        fn hand_over(&self, _: Why) {}
    }
    let recorder = Arc::new(Recorder::new(1));
    let lane = recorder.lane(0, 0, Arc::new(Jumps(Mutex::new(Cell::new(60)))));
    assert_eq!((lane.last(), lane.mark(Mark::PoolCreated)), (at(0), at(50)));
    assert_eq!(lane.mark(Mark::Shutdown), at(50));
    // Who took a lock that another dropped at 70 came later, whatever its clock says.
    lane.not_before(at(70));
    assert_eq!(lane.last(), at(70));
    lane.not_before(at(10));
    lane.set_task(Some(4));
    assert_eq!(lane.state(State::OnCpu), at(70));
    let times: Vec<_> = recorder.take().events.iter().map(|event| (event.at.nanos(), event.mark)).collect();
    assert_eq!(times[..2], [(50, Mark::PoolCreated), (50, Mark::Shutdown)]);
    assert_eq!(times[2..], [(70, Mark::State(State::OnCpu, Some(4)))]);
}

#[test]
fn the_outcome_of_what_is_done_comes_with_it_or_before() {
    within(60, || {
        const TASKS: u32 = 20_000;
        let recorder = Arc::new(Recorder::new(1));
        let writer = {
            let recorder = Arc::clone(&recorder);
            thread::spawn(move || {
                let lane = recorder.lane(0, 0, Arc::new(Scripted::default()));
                for task in 0..TASKS {
                    recorder.outcome(task, &Arc::new(Ok(Value::Int(i64::from(task)))));
                    lane.mark(Mark::Done(task));
                }
            })
        };
        let (mut outcomes, mut done) = (0, 0);
        while done < TASKS {
            let batch = recorder.take();
            for (task, outcome) in batch.outcomes {
                assert_eq!((task, outcome.as_ref()), (outcomes, &Ok(Value::Int(i64::from(task)))));
                outcomes += 1;
            }
            done += batch.events.len() as u32;
            assert!(outcomes >= done, "{done} are done, and there are {outcomes} outcomes");
        }
        writer.join().unwrap();
    });
}

// What events add up to.

fn trace_of(request: &Json) -> Trace {
    let request = self::request(&request.to_string()).unwrap();
    let plan = Plan::new(&request, 2, Calibration { divisions_per_second: 1e8 });
    let lanes = lanes::lanes(&plan, PID);
    Trace::new(Arc::new(plan), Environment::default(), lanes)
}

/// Two workers under one GIL, two tasks; the main thread is lane 0.
fn two_threads() -> Trace {
    let task = |name| json!({"call": {"function": "f", "args": [name]}, "steps": [{"print": "{parameter}"}]});
    trace_of(&json!({
        "workload": {"before": ["before"], "after": ["after"], "tasks": [task("x"), task("y")], "maxWorkers": 2},
        "method": "threads",
    }))
}

fn absorb(trace: &mut Trace, lane: u16, events: &[(u64, Mark)]) {
    let events: Vec<_> = events.iter().map(|(time, mark)| Event { at: at(*time), lane, mark: *mark }).collect();
    trace.absorb(&events, []);
}

fn state(state: State) -> Mark {
    Mark::State(state, None)
}

/// A lane's spans, with -1 for an open end.
fn spans(trace: &Trace, lane: usize) -> Vec<(u64, i64, State)> {
    let end = |span: &Span| span.end.map_or(-1, |end| end.nanos() as i64);
    trace.lanes[lane].spans.iter().map(|span| (span.start.nanos(), end(span), span.state)).collect()
}

#[test]
fn a_lane_is_in_one_state_after_the_other() {
    use State::{Idle, OnCpu, Starting, WaitingForGil};
    let mut trace = two_threads();
    assert_eq!(trace.live_lanes().count(), 0, "no lane has come to life");
    absorb(&mut trace, 1, &[(10, state(Starting)), (20, state(WaitingForGil)), (35, state(OnCpu))]);
    assert_eq!(spans(&trace, 1), [(10, 20, Starting), (20, 35, WaitingForGil), (35, -1, OnCpu)]);
    assert_eq!(trace.live_lanes().map(|(number, _)| number).collect::<Vec<_>>(), [1]);
    // A batch goes on where the last one ended.
    absorb(&mut trace, 1, &[(40, state(Idle)), (50, Mark::LaneEnd)]);
    assert_eq!(spans(&trace, 1)[2..], [(35, 40, OnCpu), (40, 50, Idle)]);
}

#[test]
fn spans_that_lasted_no_time_are_left_out_and_what_they_parted_is_one() {
    use State::{Copying, Idle, OnCpu, Starting, WaitingForGil};
    let mut trace = two_threads();
    let (x, y) = (Some(0), Some(1));
    absorb(
        &mut trace,
        1,
        &[
            // The first state of all, for no time.
            (10, state(Starting)),
            (10, state(OnCpu)),
            // The same again: no new span.
            (12, state(OnCpu)),
            // Two between, for no time: one span still.
            (15, state(Idle)),
            (15, state(WaitingForGil)),
            (15, state(OnCpu)),
            (20, Mark::State(OnCpu, x)),
            // The same state for another task is another span.
            (30, Mark::State(OnCpu, y)),
            (40, Mark::State(Copying, y)),
            (40, state(Idle)),
            // The end, right after a span of no time.
            (50, state(OnCpu)),
            (50, Mark::LaneEnd),
        ],
    );
    let spans: Vec<_> = trace.lanes[1].spans.iter().map(|span| (span.start.nanos(), span.state, span.task)).collect();
    assert_eq!(spans, [(10, OnCpu, None), (20, OnCpu, x), (30, OnCpu, y), (40, Idle, None)]);
    let ends: Vec<_> = trace.lanes[1].spans.iter().map(|span| span.end.unwrap().nanos()).collect();
    assert_eq!(ends, [20, 30, 40, 50]);
}

#[test]
fn the_end_of_a_run_closes_what_is_open() {
    use State::{Idle, OnCpu};
    let mut trace = two_threads();
    absorb(&mut trace, 0, &[(0, state(Idle))]);
    absorb(&mut trace, 1, &[(10, state(OnCpu)), (10, Mark::GilTaken(0))]);
    absorb(&mut trace, 2, &[(5, state(Idle)), (8, Mark::LaneEnd)]);
    assert_eq!((trace.horizon(), trace.end.clone()), (at(10), None));
    trace.finish(at(30), End::Stopped);
    assert_eq!(trace.end, Some((at(30), End::Stopped)));
    assert_eq!(spans(&trace, 0), [(0, 30, Idle)]);
    assert_eq!(spans(&trace, 1), [(10, 30, OnCpu)]);
    assert_eq!(spans(&trace, 2), [(5, 8, Idle)], "this one had ended before");
    assert_eq!(trace.lanes[1].holds, [Hold { start: at(10), end: Some(at(30)), interpreter: 0 }]);
    assert_eq!(trace.horizon(), at(30));
}

#[test]
fn a_run_does_not_end_before_the_last_that_is_known_of_it() {
    use State::{Idle, WaitingForGil};
    for last in [state(Idle), Mark::GilTaken(0), Mark::LaneEnd, Mark::Print(0, 0)] {
        let mut trace = two_threads();
        absorb(&mut trace, 1, &[(10, state(WaitingForGil)), (90, last)]);
        trace.finish(at(50), End::Failed("no".to_owned()));
        assert_eq!(trace.end, Some((at(90), End::Failed("no".to_owned()))), "{last:?}");
        for lane in &trace.lanes {
            assert!(lane.spans.iter().all(|span| span.end > Some(span.start)), "{last:?}: {:?}", lane.spans);
            assert!(lane.holds.iter().all(|hold| hold.end >= Some(hold.start)), "{last:?}: {:?}", lane.holds);
        }
    }
}

#[test]
fn a_task_has_its_times_and_its_outcome() {
    let mut trace = two_threads();
    assert_eq!(trace.tasks.iter().map(|task| task.label.as_str()).collect::<Vec<_>>(), ["f('x')", "f('y')"]);
    absorb(
        &mut trace,
        0,
        &[(1, Mark::PoolCreated), (2, Mark::Submit(1)), (4, Mark::Submitted(1)), (5, Mark::Shutdown)],
    );
    absorb(&mut trace, 2, &[(3, Mark::TaskStart(1))]);
    assert_eq!(trace.tasks[1].ran, Some(Ran { lane: 2, start: at(3), end: None }));
    assert_eq!(trace.makespan(), None);
    absorb(&mut trace, 2, &[(6, Mark::TaskEnd(1)), (7, Mark::Done(1))]);
    absorb(&mut trace, 0, &[(8, Mark::ShutdownDone), (9, Mark::Got(1))]);
    trace.absorb(&[], [(1, Shown::outcome(&Ok(Value::Str("r".into()))))]);
    let task = &trace.tasks[1];
    assert_eq!(
        (task.submit, task.submitted, task.done, task.got),
        (Some(at(2)), Some(at(4)), Some(at(7)), Some(at(9)))
    );
    assert_eq!(task.ran, Some(Ran { lane: 2, start: at(3), end: Some(at(6)) }));
    assert_eq!(task.outcome, Some(Ok(Shown { repr: "'r'".into(), str: "r".into() })));
    assert_eq!((trace.pool_created, trace.shutdown, trace.shutdown_done), (Some(at(1)), Some(at(5)), Some(at(8))));
    assert_eq!(trace.makespan(), None, "the other task has not run");
    absorb(&mut trace, 1, &[(20, Mark::TaskStart(0)), (45, Mark::TaskEnd(0))]);
    assert_eq!(trace.makespan(), Some(Duration::from_nanos(42)), "from the first start to the last end");
    let untouched = &trace.tasks[0];
    assert_eq!((untouched.submit, untouched.done, &untouched.outcome), (None, None, &None));
}

#[test]
fn a_future_is_pending_running_finished_cancelled_or_never_was() {
    let mut trace = trace_of(&json!({"example": "processes-ten-on-five", "method": "processes"}));
    let cancelled = || Err(Exception::cancelled());
    let state = |trace: &Trace, task: usize| trace.tasks[task].state();
    absorb(&mut trace, 0, &[(1, Mark::Submit(0)), (2, Mark::Submit(1)), (3, Mark::Submit(2)), (4, Mark::Submit(3))]);
    assert_eq!([0, 1, 2, 3].map(|task| state(&trace, task)), ["PENDING"; 4]);
    // In the call queue of a process pool it is running, though no worker has begun it.
    absorb(&mut trace, 0, &[(5, Mark::Running(0)), (6, Mark::Running(1))]);
    assert_eq!((state(&trace, 0), trace.tasks[0].running, trace.tasks[0].ran), ("RUNNING", Some(at(5)), None));
    trace.absorb(&[], [(2, cancelled())]);
    absorb(&mut trace, 0, &[(7, Mark::Done(2)), (8, Mark::PrintCancel(2, true)), (9, Mark::PrintCancel(1, false))]);
    absorb(&mut trace, 0, &[(10, Mark::Refused(4, Refused::ShutDown))]);
    assert_eq!([1, 2, 3, 4].map(|task| state(&trace, task)), ["RUNNING", "CANCELLED", "PENDING", "REFUSED"]);
    let refused = "RuntimeError: cannot schedule new futures after shutdown";
    let traceback = "Traceback (most recent call last):";
    assert_eq!(output(&trace), [(8, "cancel 2: True"), (9, "cancel 1: False"), (10, traceback), (10, refused)]);
    // A call that never begins is not waited for; one that runs, is.
    assert_eq!(trace.makespan(), None);
}

#[test]
fn what_another_memory_says_of_lanes_and_tasks_that_are_not_here_is_left_out() {
    let mut trace = two_threads();
    for lane in [3, 900, u16::MAX] {
        absorb(&mut trace, lane, &[(1, state(State::OnCpu)), (2, Mark::GilTaken(0)), (3, Mark::Print(0, 0))]);
    }
    let numbers = [2, 9_999, u32::MAX];
    for task in numbers {
        let marks = [Mark::Submit, Mark::Submitted, Mark::TaskStart, Mark::TaskEnd, Mark::Done, Mark::Got]
            .map(|mark| mark(task));
        absorb(&mut trace, 0, &marks.map(|mark| (1, mark)));
        trace.absorb(&[], [(task, Ok(Shown { repr: "1".into(), str: "1".into() }))]);
    }
    // An end without a start, a drop without a hold.
    absorb(&mut trace, 1, &[(1, Mark::TaskEnd(0)), (2, Mark::GilDropped), (3, Mark::LaneEnd)]);
    assert_eq!(trace.live_lanes().count(), 0);
    assert!(trace.lanes.iter().all(|lane| lane.holds.is_empty()));
    assert_eq!(trace.output, []);
    assert_eq!((trace.lanes.len(), trace.tasks.len()), (3, 2));
    assert!(trace.tasks.iter().all(|task| task.submit.is_none() && task.ran.is_none() && task.outcome.is_none()));
    // Lines that nobody knows are empty, not a panic.
    absorb(&mut trace, 0, &[(4, Mark::PrintMain(99)), (4, Mark::Print(0, 99)), (4, Mark::PrintResult(77))]);
    absorb(&mut trace, 0, &[(5, Mark::PrintTraceback(77)), (5, Mark::PrintList)]);
    let lines: Vec<_> = trace.output.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(lines, ["", "", "", "Traceback (most recent call last):", "", "[, ]"]);
}

// Output.

fn output(trace: &Trace) -> Vec<(u64, &str)> {
    trace.output.iter().map(|line| (line.at.nanos(), line.text.as_str())).collect()
}

#[test]
fn lines_come_in_the_order_in_which_they_were_printed() {
    // By lane; and at 60 all three lanes at once, as by a coarse clock.
    let batches: [(u16, &[(u64, Mark)]); 3] = [
        (0, &[(10, Mark::PrintMain(0)), (60, Mark::PrintMain(1)), (60, Mark::PrintResult(0)), (70, Mark::PrintList)]),
        (1, &[(20, Mark::Print(0, 0)), (40, Mark::Print(0, 1)), (60, Mark::Print(0, 2)), (60, Mark::Print(0, 3))]),
        (2, &[(10, Mark::Print(1, 0)), (30, Mark::Print(1, 1)), (60, Mark::Print(1, 2))]),
    ];
    let right = [
        (10, "before"),
        (10, "y 1"),
        (20, "x 1"),
        (30, "y 2"),
        (40, "x 2"),
        (60, "x 3"),
        (60, "x 4"),
        (60, "y 3"),
        (60, "after"),
        (60, "0"),
        (70, "[0, 1]"),
    ];
    let steps: Vec<_> = (1..=4).map(|i| json!({"print": format!("{{parameter}} {i}")})).collect();
    let task = |name| json!({"call": {"function": "f", "args": [name]}, "steps": steps});
    let request = json!({
        "workload": {"before": ["before"], "after": ["after"], "tasks": [task("x"), task("y")], "maxWorkers": 2},
        "method": "threads",
    });
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        // Whole lanes, and an event at a time.
        for piece in [100, 1] {
            let mut trace = trace_of(&request);
            let number = |i: i64| Shown::outcome(&Ok(Value::Int(i)));
            trace.absorb(&[], [(0, number(0)), (1, number(1))]);
            for lane in order {
                let (lane, events) = batches[lane];
                events.chunks(piece).for_each(|events| absorb(&mut trace, lane, events));
            }
            assert_eq!(output(&trace), right, "lanes in the order {order:?}");
        }
    }
}

#[test]
fn results_are_printed_as_python_prints_them() {
    let mut trace = two_threads();
    let outcomes: [Outcome; 2] = [Ok(Value::Str("it's".into())), Err(Exception::new("ValueError", "no"))];
    trace.absorb(&[], (0..).zip(outcomes.iter().map(Shown::outcome)));
    absorb(&mut trace, 0, &[(1, Mark::PrintResult(0)), (2, Mark::PrintList), (3, Mark::PrintTraceback(1))]);
    let lines: Vec<_> = trace.output.iter().map(|line| (line.stream, line.text.as_str())).collect();
    assert_eq!(
        lines,
        [
            (Stream::Stdout, "it's"),
            (Stream::Stdout, "[\"it's\", ]"),
            (Stream::Stderr, "Traceback (most recent call last):"),
            (Stream::Stderr, "ValueError: no"),
        ]
    );
}

#[test]
fn a_shared_gil_is_one_that_several_lanes_can_hold() {
    for (method, to_thread, shared) in [
        ("sequential", false, false),
        ("threads", false, true),
        ("threads-free", false, false),
        ("processes", false, false),
        ("asyncio", false, false),
        ("asyncio", true, true),
        ("threads-free", true, false),
        ("interpreters", false, false),
    ] {
        let workload = json!({"tasks": [{"call": {"function": "f"}}], "toThread": to_thread});
        let trace = trace_of(&json!({"workload": workload, "method": method}));
        assert_eq!(trace.has_shared_gil(), shared, "{method}, to_thread {to_thread}");
    }
}
