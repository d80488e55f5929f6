//! What a program's run says of itself: lanes and calls that nobody knew of, lines, what is waited for, GILs, its end.

use std::time::Duration;

use gilscope::analysis::analyse;
use gilscope::chart::{RowKind, View, layout};
use gilscope::export::trace_events;
use gilscope::time::Time;
use gilscope::trace::{Batch, End, Environment, Event, LaneInfo, LaneKind, Mark, Program, Shown, State, Stream, Trace};
use gilscope::wire::{News, Report, WireBatch, WireLine};
use gilscope::workload::Exception;
use serde_json::Value as Json;

fn ms(millis: u64) -> Time {
    Time::from_nanos(millis * 1_000_000)
}

fn info(name: &str, pid: u32) -> LaneInfo {
    let kind = if name == "MainThread" && pid == 1 { LaneKind::Main } else { LaneKind::Worker };
    LaneInfo { kind, name: name.into(), thread: name.into(), pid, tid: pid }
}

/// A trace with a main thread, lane 0, that has come to life.
fn program() -> Trace {
    let program = Program { name: "example.py".into(), gil: true, switch_interval: Duration::from_millis(5) };
    let mut trace = Trace::of_program(program, Environment::default());
    tell(&mut trace, News { lanes: vec![(0, info("MainThread", 1))], ..News::default() }, &[(0, 0, on(State::OnCpu))]);
    trace
}

/// A batch of this news and these events (when, on which lane, what), by way of a message.
fn tell(trace: &mut Trace, news: News, events: &[(u64, u16, Mark)]) {
    let events = events.iter().map(|(at, lane, mark)| Event { at: ms(*at), lane: *lane, mark: *mark }).collect();
    let batch = WireBatch::announce(&Batch { events, outcomes: Vec::new() }, news);
    let text = serde_json::to_string(&batch).expect("it can be sent");
    serde_json::from_str::<WireBatch>(&text).expect("it can be read").absorb(trace).expect("it is a batch");
}

fn on(state: State) -> Mark {
    Mark::State(state, None)
}

#[test]
fn lanes_and_calls_come_to_life_in_any_order_and_by_numbers_with_gaps() {
    let mut trace = program();
    let lanes = vec![(40_000, info("late", 3)), (7, info("Thread-1", 1))];
    tell(&mut trace, News { lanes, ..News::default() }, &[(3, 40_000, on(State::OnCpu)), (4, 7, Mark::Submit(3))]);
    assert_eq!(trace.lanes.len(), 3, "a lane each, whatever their numbers are");
    assert_eq!(trace.tasks.len(), 0, "a call is not announced by its number");
    assert_eq!(trace.live_lanes().map(|(_, lane)| lane.info.name.as_str()).collect::<Vec<_>>(), ["MainThread", "late"]);
    let news = News { lanes: vec![(40_000, info("renamed", 3))], tasks: vec![(3, "g()".into())], ..News::default() };
    tell(&mut trace, news, &[(5, 40_000, Mark::Submit(3)), (6, 7, on(State::OnCpu)), (7, 9, on(State::OnCpu))]);
    assert_eq!((trace.lanes.len(), trace.lanes[1].info.name.as_str()), (3, "renamed"));
    assert_eq!(trace.lanes[1].spans.len(), 1, "it keeps what it did");
    assert_eq!((trace.tasks.len(), trace.tasks[3].label.as_str(), trace.tasks[3].submit), (4, "g()", Some(ms(5))));
    tell(&mut trace, News { tasks: vec![(u32::MAX, "h()".into())], ..News::default() }, &[]);
    assert_eq!(trace.tasks.len(), 4);
    // The rows of a process stay together.
    let layout = layout(&trace, &View::new(ms(0), ms(10), 800.0), ms(10));
    let names: Vec<_> = layout.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["MainThread", "GIL held by", "Thread-1", "renamed"]);
}

#[test]
fn results_and_lines_are_in_the_report() {
    let mut trace = program();
    let line = WireLine { at: ms(5), lane: 0, stream: Stream::Stdout, text: "hello".into(), source_line: Some(4) };
    let news = News {
        tasks: vec![(0, "f(1)".into()), (1, "f(2)".into()), (2, "f(3)".into())],
        outcomes: vec![
            (0, Ok(Shown { repr: "'one'".into(), str: "one".into() })),
            (1, Err(Exception::new("ValueError", "no"))),
            (2, Err(Exception::new("CancelledError", ""))),
        ],
        lines: vec![line.clone(), WireLine { source_line: None, ..line }],
        ..News::default()
    };
    tell(&mut trace, news, &[(6, 0, Mark::Done(0))]);
    let report = Report::new(&trace, ms(10));
    let results: Vec<_> = report.results.iter().map(|result| (result.state, result.value.as_deref())).collect();
    assert_eq!(results, [("FINISHED", Some("'one'")), ("FINISHED", None), ("CANCELLED", None)]);
    assert_eq!(report.results[1].exception, Some(Exception::new("ValueError", "no")));
    assert_eq!(report.output.iter().map(|line| line.line).collect::<Vec<_>>(), [Some(4), None]);
}

#[test]
fn spans_know_their_line_and_what_they_wait_for() {
    let mut trace = program();
    let news = News { details: vec![(77, "Lock a".into()), (78, "Lock b".into())], ..News::default() };
    let events = [
        (10, 0, Mark::Line(12)),
        (10, 0, Mark::Detail(77)),
        (10, 0, on(State::Idle)),
        // Got, and another one wanted within the clock's step: it is another wait all the same.
        (20, 0, on(State::OnCpu)),
        (20, 0, Mark::Line(13)),
        (20, 0, Mark::Detail(78)),
        (20, 0, on(State::Idle)),
        (30, 0, on(State::OnCpu)),
        (40, 0, Mark::Line(20)),
        (40, 0, on(State::WaitingForIo)),
    ];
    tell(&mut trace, news, &events);
    let report = Report::new(&trace, ms(50));
    let spans = report.trace.spans.iter().map(|span| (span.state, span.line, span.detail.as_deref()));
    assert_eq!(
        spans.collect::<Vec<_>>(),
        [
            (State::OnCpu, None, None),
            (State::Idle, Some(12), Some("Lock a")),
            (State::Idle, Some(13), Some("Lock b")),
            (State::OnCpu, Some(13), None),
            (State::WaitingForIo, Some(20), None),
        ]
    );
    let layout = layout(&trace, &View::new(ms(0), ms(50), 800.0), ms(50));
    let row = &layout.rows[0];
    let at = |millis: u64| {
        let hit = layout.hit(&trace, layout.scale.x(ms(millis)) + 1.0, row.bar_top + 1.0).expect("a span is there");
        (hit.detail, hit.lines)
    };
    assert_eq!(at(15), (Some("Lock a".into()), Some((12, 12))));
    assert_eq!(at(35), (None, Some((13, 20))), "what computes has gone on to the line at which it stops");
    assert_eq!(at(45), (None, Some((20, 20))));
    let [x, top, height] = layout.locate(0, ms(25)).expect("it is seen");
    assert_eq!((x, top, height), (layout.scale.x(ms(25)), row.bar_top, row.bar_height));
    assert_eq!((layout.locate(0, ms(51)), layout.locate(1, ms(25))), (None, None), "what is not seen is nowhere");
    let file: Json = serde_json::from_str(&trace_events(&trace)).expect("it is JSON");
    let events = file["traceEvents"].as_array().expect("events");
    assert!(events.iter().any(|event| event["args"]["detail"] == "Lock a" && event["args"]["line"] == 12));
}

#[test]
fn each_interpreter_has_a_gil_of_its_own() {
    let mut trace = program();
    let lanes = vec![(1, info("a", 1)), (2, info("b", 1)), (500, info("of another process", 2))];
    tell(&mut trace, News { lanes, ..News::default() }, &[]);
    for (lane, interpreter, from, to) in
        [(0, 0, 0, 10), (1, 1, 5, 20), (2, 1, 20, 30), (500, 0, 11, 40), (0, 0, 12, 40)]
    {
        let taken = [(from, lane, Mark::GilTaken(interpreter)), (from, lane, on(State::OnCpu))];
        tell(&mut trace, News::default(), &taken);
        tell(&mut trace, News::default(), &[(to, lane, Mark::GilDropped), (to, lane, on(State::Idle))]);
    }
    assert_eq!(analyse(&trace, ms(40)).gil_switches, Some(1), "only that of interpreter 1 changed hands");
    let layout = layout(&trace, &View::new(ms(0), ms(40), 800.0), ms(40));
    let rows = |kind| layout.rows.iter().find(|row| row.kind == RowKind::Gil(kind)).expect("a row for the GIL");
    assert_eq!((rows(0).name.as_str(), rows(1).name.as_str()), ("GIL held by", "GIL of interpreter 1"));
    let holder = |kind, millis| {
        let hit = layout.hit(&trace, layout.scale.x(ms(millis)) + 1.0, rows(kind).bar_top + 1.0);
        hit.map(|hit| hit.lane_name)
    };
    assert_eq!((holder(0, 8), holder(1, 8)), (Some("MainThread".into()), Some("a".into())));
    assert_eq!((holder(0, 25), holder(1, 25), holder(1, 35)), (Some("MainThread".into()), Some("b".into()), None));
    let file = trace_events(&trace);
    assert!(file.contains("GIL of interpreter 1"), "{file}");
}

#[test]
fn how_a_program_ended_is_told() {
    let why = || "a waits for Lock b, line 3".to_owned();
    for (how, end, code, failure) in [
        (End::Complete, "complete", Some(0), None),
        (End::Exit(3), "complete", Some(3), None),
        (End::Stopped, "stopped", None, None),
        (End::Failed("no memory".into()), "failed", None, Some("no memory".to_owned())),
        (End::Deadlock(why()), "deadlock", None, Some(why())),
    ] {
        let mut trace = program();
        trace.finish(ms(10), how.clone());
        let report = Report::new(&trace, ms(10));
        assert_eq!((report.end, report.exit_code, report.failure), (end, code, failure));
        let layout = layout(&trace, &View::new(ms(0), ms(20), 800.0), ms(10));
        let word = (!how.is_complete()).then_some(end);
        assert_eq!(layout.end.map(|end| end.word), word, "the chart shows where it ended before its time");
    }
}
