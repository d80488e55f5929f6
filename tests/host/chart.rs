//! The chart: what must hold of every layout, on traces written by hand.

use std::sync::Arc;
use std::time::Duration;

use gilscope::chart::{
    Fill, Layout, Paint, Rect, RowKind, Scale, Surface, Text, Texture, Theme, View, What, draw, layout, legend,
    shorten, width_of,
};
use gilscope::method::lanes;
use gilscope::time::Time;
use gilscope::trace::{End, Environment, Event, Mark, Shown, Span, State, Trace};
use gilscope::workload::{Calibration, Exception, Plan};

use crate::surroundings::{PID, request};

pub fn ms(millis: f64) -> Time {
    Time::after(Duration::from_secs_f64(millis / 1e3))
}

/// A trace without events.
pub fn empty(json: &str) -> Trace {
    let request = request(json).expect("a right request");
    let plan = Arc::new(Plan::new(&request, 2, Calibration { divisions_per_second: 1e9 }));
    let lanes = lanes::lanes(&plan, PID);
    let environment = Environment {
        isolated: true,
        clock_resolution_nanos: 5000,
        cores: 2,
        browser: "a browser".to_owned(),
        divisions_per_second: 1e9,
    };
    Trace::new(plan, environment, lanes)
}

fn absorb(trace: &mut Trace, script: &[(f64, u16, Mark)]) {
    let events: Vec<Event> = script.iter().map(|&(at, lane, mark)| Event { at: ms(at), lane, mark }).collect();
    trace.absorb(&events, []);
}

/// Two threads under one GIL, three tasks. One has a name that markup does not like, one raises an exception.
///
/// ```text
/// 0      10      20      30      40      50      60      70      80      90     100
/// main   submits, waits, prints the results
/// w0     <task 0: sleeps      ][waits and computes in turns with w1 ][task 2 sleeps]
/// w1     <task 1: sleeps  ][computes in turns                   ]
/// ```
pub fn scripted() -> Trace {
    let mut trace = live();
    let raised = Exception::new("ValueError", "\"no\" < yes");
    let shown = |text: &str| Ok(Shown { repr: text.to_owned(), str: text.to_owned() });
    trace.absorb(&[], [(0, shown("1")), (1, Err(raised)), (2, shown("3"))]);
    let end = [
        (80.0, 1, Mark::TaskEnd(0)),
        (80.0, 1, Mark::Done(0)),
        (80.0, 1, Mark::TaskStart(2)),
        (80.0, 1, Mark::State(State::WaitingForIo, Some(2))),
        (80.0, 1, Mark::GilDropped),
        (100.0, 1, Mark::TaskEnd(2)),
        (100.0, 1, Mark::Done(2)),
        (100.0, 1, Mark::LaneEnd),
        (100.5, 0, Mark::GilTaken(0)),
        (100.5, 0, Mark::State(State::OnCpu, None)),
        (100.5, 0, Mark::Got(0)),
        (100.6, 0, Mark::Got(2)),
        (100.7, 0, Mark::PrintMain(0)),
        (101.0, 0, Mark::ShutdownDone),
        (101.0, 0, Mark::GilDropped),
        (101.0, 0, Mark::LaneEnd),
    ];
    absorb(&mut trace, &end);
    trace.finish(ms(101.0), End::Complete);
    trace
}

/// The same run at 78 ms.
pub fn live() -> Trace {
    let mut trace = empty(
        r#"{"method":"threads","maxWorkers":2,"workload":{"name":"scripted","after":["All & done"],"tasks":[
            {"call":{"function":"f","args":["<&\"'"]},"steps":[{"print":"called"}]},
            {"call":{"function":"a_function_with_a_long_name","args":[1]}},
            {"call":{"function":"f","args":[2]}}]}}"#,
    );
    let start = [
        (0.0, 0, Mark::GilTaken(0)),
        (0.0, 0, Mark::State(State::OnCpu, None)),
        (0.2, 0, Mark::PoolCreated),
        (0.5, 0, Mark::Submit(0)),
        (0.6, 1, Mark::State(State::Starting, None)),
        (2.0, 1, Mark::State(State::WaitingForIo, Some(0))),
        (2.0, 1, Mark::TaskStart(0)),
        (2.0, 1, Mark::Print(0, 0)),
        (2.5, 0, Mark::Submitted(0)),
        (2.6, 0, Mark::Submit(1)),
        (2.7, 2, Mark::State(State::Starting, None)),
        (4.0, 2, Mark::State(State::WaitingForIo, Some(1))),
        (4.0, 2, Mark::TaskStart(1)),
        (4.5, 0, Mark::Submitted(1)),
        (4.6, 0, Mark::Submit(2)),
        (4.7, 0, Mark::Submitted(2)),
        (4.8, 0, Mark::Shutdown),
        (5.0, 0, Mark::State(State::Idle, None)),
        (5.0, 0, Mark::GilDropped),
    ];
    let mut trace_of_two = start.to_vec();
    for slice in 0..6 {
        let (lane, task) = if slice % 2 == 0 { (2, 1) } else { (1, 0) };
        let at = 20.0 + 10.0 * f64::from(slice);
        let wait = if slice < 2 { 3.0 } else { 0.0 };
        trace_of_two.extend([
            (at - wait, lane, Mark::State(State::WaitingForGil, Some(task))),
            (at, lane, Mark::GilTaken(0)),
            (at, lane, Mark::State(State::OnCpu, Some(task))),
            (at + 10.0, lane, Mark::GilDropped),
            (at + 10.0, lane, Mark::State(State::WaitingForGil, Some(task))),
        ]);
    }
    trace_of_two.retain(|(at, _, _)| *at <= 78.0);
    trace_of_two.extend([
        (70.0, 2, Mark::TaskEnd(1)),
        (70.0, 2, Mark::Done(1)),
        (70.0, 2, Mark::State(State::Idle, None)),
    ]);
    absorb(&mut trace, &trace_of_two);
    trace
}

/// A trace with one lane of these spans.
fn one_lane(spans: impl IntoIterator<Item = (f64, State)>) -> Trace {
    let mut trace = empty(r#"{"example":"asyncio-gather","method":"sequential"}"#);
    let mut at = Time::ZERO;
    for (millis, state) in spans {
        let end = at + Duration::from_secs_f64(millis / 1e3);
        trace.lanes[0].spans.push(Span { start: at, end: Some(end), state, task: None, line: None, detail: None });
        at = end;
    }
    trace.finish(at, End::Complete);
    trace
}

fn view(start: f64, end: f64, width: f64) -> View {
    View::new(ms(start), ms(end), width)
}

/// The width of all bars of a state, in CSS pixels.
fn painted(layout: &Layout, state: State) -> f64 {
    let bars = layout.rows.iter().flat_map(|row| &row.bars);
    bars.filter(|bar| bar.fill == Fill::State(state)).map(|bar| bar.width).sum()
}

fn bars(layout: &Layout) -> usize {
    layout.rows.iter().map(|row| row.bars.len()).sum()
}

/// Remembers what was drawn.
#[derive(Default)]
struct Drawn {
    areas: Vec<(Rect, Paint)>,
    texts: Vec<(String, f64)>,
}

impl Surface for Drawn {
    fn fill(&mut self, areas: &[Rect], paint: &Paint) {
        self.areas.extend(areas.iter().map(|area| (*area, *paint)));
    }
    fn text(&mut self, text: &Text) {
        assert!(width_of(text.text, text.size) <= text.max_width + 0.1, "{text:?} is wider than it may be");
        self.texts.push((text.text.to_owned(), text.y));
    }
}

fn drawn(layout: &Layout) -> Drawn {
    let mut surface = Drawn::default();
    draw(layout, &Theme::LIGHT, &mut surface);
    surface
}

#[test]
fn rows_are_main_then_gil_then_workers() {
    let layout = layout(&scripted(), &view(0.0, 101.0, 1000.0), ms(101.0));
    let rows: Vec<_> = layout.rows.iter().map(|row| (row.kind, row.label.as_str())).collect();
    assert_eq!(
        rows,
        [
            (RowKind::Lane(0), "MainThread"),
            (RowKind::Gil(0), "GIL held by"),
            (RowKind::Lane(1), "ThreadPoolExecutor-0_0"),
            (RowKind::Lane(2), "ThreadPoolExecutor-0_1"),
        ]
    );
    for pair in layout.rows.windows(2) {
        assert_eq!(pair[0].area.y + pair[0].area.height, pair[1].area.y, "rows leave a gap or overlap");
    }
}

#[test]
fn nothing_is_drawn_outside_of_the_chart_nor_bars_outside_of_the_plot() {
    let traces = [scripted(), live(), one_lane((0..5000).map(|i| (0.02, State::ALL[i % 7])))];
    for trace in &traces {
        for (start, end) in [(0.0, 101.0), (0.0, 500.0), (30.0, 31.0), (30.0, 30.001), (99.0, 200.0), (300.0, 400.0)] {
            for width in [280.0, 360.0, 777.5, 1000.0, 2500.0] {
                for ratio in [1.0, 1.25, 2.0, 3.0] {
                    let layout = layout(trace, &view(start, end, width).on_screen(ratio), ms(101.0));
                    check_inside(&layout, ratio);
                }
            }
        }
    }
}

fn check_inside(layout: &Layout, ratio: f64) {
    for row in &layout.rows {
        let mut free = layout.plot.x;
        for bar in &row.bars {
            assert!(bar.x >= free - 1e-6, "bars overlap, or begin left of the plot: {bar:?} in {}", row.name);
            free = bar.x + bar.width;
            let edge = bar.x * ratio;
            assert!((edge - edge.round()).abs() < 1e-6, "{bar:?} is not on the screen's pixels ({ratio})");
        }
        assert!(free <= layout.plot.x + layout.plot.width + 1e-6, "a bar of {} ends right of the plot", row.name);
    }
    let drawn = drawn(layout);
    for (area, paint) in &drawn.areas {
        let inside = area.x >= 0.0
            && area.y >= 0.0
            && area.x + area.width <= layout.width + 1e-6
            && area.y + area.height <= layout.height();
        assert!(inside && area.width > 0.0 && area.height > 0.0, "{area:?} ({paint:?}) of {:?}", layout.plot);
    }
}

#[test]
fn time_in_a_state_is_width_in_its_colour() {
    let trace = scripted();
    let layout = layout(&trace, &view(0.0, 101.0, 1000.0), ms(101.0));
    for state in State::ALL {
        let spans = trace.lanes.iter().flat_map(|lane| &lane.spans).filter(|span| span.state == state);
        let expected: f64 = spans.map(|span| layout.scale.x(span.end.unwrap()) - layout.scale.x(span.start)).sum();
        let width = painted(&layout, state);
        assert!((width - expected).abs() <= 3.0, "{state:?}: {width} px painted, {expected} px in the trace");
    }
}

#[test]
fn a_hundred_thousand_spans_become_a_bar_per_column_and_keep_their_proportion() {
    // 3 and 7 parts in a rhythm that no column keeps.
    let spans = |count| {
        (0..count).flat_map(|i| {
            let wobble = 1.0 + f64::from(i % 13) / 40.0;
            [(0.003 * wobble, State::OnCpu), (0.007 * wobble, State::WaitingForIo)]
        })
    };
    for (count, within) in [(50_000, 1.0), (500_000, 6.0)] {
        let trace = one_lane(spans(count));
        let end = trace.horizon();
        let layout = layout(&trace, &View::new(Time::ZERO, end, 1000.0), end);
        assert!(bars(&layout) as f64 <= layout.plot.width, "{} bars", bars(&layout));
        let (on_cpu, waiting) = (painted(&layout, State::OnCpu), painted(&layout, State::WaitingForIo));
        assert!((on_cpu + waiting - layout.plot.width).abs() < 1e-6, "a gap: {on_cpu} + {waiting}");
        let expected = 0.3 * layout.plot.width;
        assert!((on_cpu - expected).abs() <= within, "{count}: {on_cpu} px on CPU instead of {expected}");
    }
}

#[test]
fn a_short_span_between_long_ones_is_seen() {
    let ticks = || [(100.0, State::WaitingForIo), (0.004, State::WaitingForLoop), (0.003, State::OnCpu)];
    let trace = one_lane((0..4).flat_map(|_| ticks()));
    let layout = layout(&trace, &view(0.0, 450.0, 1000.0), trace.horizon());
    let ticks: Vec<_> = layout.rows[0].bars.iter().filter(|bar| bar.fill == Fill::State(State::OnCpu)).collect();
    assert_eq!(ticks.len(), 4, "{:?}", layout.rows[0].bars);
    for (i, tick) in ticks.iter().enumerate() {
        let expected = layout.scale.x(ms(100.0 * (i + 1) as f64));
        assert!(tick.width == 1.0 && (tick.x - expected).abs() <= 1.5, "{tick:?} is not at {expected}");
    }
    assert_eq!(painted(&layout, State::WaitingForLoop), 0.0, "of several short ones, On CPU is what matters");
}

#[test]
fn open_spans_reach_to_now_and_a_stopped_run_says_so() {
    let mut trace = live();
    let view = view(0.0, 200.0, 1000.0);
    let at = |layout: &Layout| layout.rows[2].bars.last().map(|bar| bar.x + bar.width).unwrap();
    let first = layout(&trace, &view, ms(90.0));
    assert!((at(&first) - first.scale.x(ms(90.0))).abs() <= 1.0);
    assert!((first.live.unwrap() - first.scale.x(ms(90.0))).abs() <= 1.0);
    assert_eq!(first.end, None);

    trace.finish(ms(120.0), End::Stopped);
    let last = layout(&trace, &view, ms(150.0));
    assert!((at(&last) - last.scale.x(ms(120.0))).abs() <= 1.0, "the run's end holds, not now");
    let end = last.end.expect("a mark");
    assert!(end.word == "stopped" && (end.x - last.scale.x(ms(120.0))).abs() <= 1.0, "{end:?}");
    assert!(drawn(&last).texts.iter().any(|(text, _)| text == "stopped"));
    assert_eq!(last.live, None);

    trace.end = Some((ms(120.0), End::Failed("why".to_owned())));
    assert_eq!(layout(&trace, &view, ms(150.0)).end.map(|end| end.word), Some("failed"));
}

#[test]
fn tasks_are_named_above_their_extent_and_processes_have_numbers() {
    let layout_at = |width| layout(&scripted(), &view(0.0, 101.0, width), ms(101.0));
    let labels = |layout: &Layout| -> Vec<_> {
        layout.rows.iter().flat_map(|row| &row.bands).map(|band| band.label.clone().unwrap_or_default()).collect()
    };
    assert_eq!(labels(&layout_at(1000.0)), ["f('<&\"\\'')", "f(2)", "a_function_with_a_long_name(1)"]);
    assert_eq!(labels(&layout_at(280.0)), ["f('<&\"\\'')", "f(2)", "a_function…ong_name(1)"]);
    let narrow = layout_at(280.0);
    let names: Vec<_> = narrow.rows.iter().map(|row| row.label.as_str()).collect();
    assert_eq!(names, ["main", "GIL", "w0", "w1"]);

    let mut trace = empty(r#"{"example":"processes-three","method":"processes"}"#);
    absorb(
        &mut trace,
        &[
            (0.0, 0, Mark::State(State::Idle, None)),
            (0.0, 1, Mark::State(State::OnCpu, Some(0))),
            (0.0, 1, Mark::TaskStart(0)),
        ],
    );
    let layout_at = |width| layout(&trace, &view(0.0, 10.0, width), ms(9.0));
    assert_eq!(layout_at(1000.0).rows.len(), 2, "lanes that never came to life have no row");
    assert_eq!(layout_at(1000.0).rows[1].detail, Some(format!("PID {}", PID + 3)));
    assert_eq!(layout_at(280.0).rows[1].detail, Some((PID + 3).to_string()));
}

#[test]
fn a_coroutine_whose_name_does_not_fit_beside_its_lane_has_it_above() {
    let mut trace = empty(r#"{"example":"asyncio-gather","method":"asyncio"}"#);
    absorb(
        &mut trace,
        &[
            (0.0, 0, Mark::State(State::OnCpu, None)),
            (0.0, 2, Mark::State(State::OnCpu, Some(1))),
            (1.0, 2, Mark::State(State::WaitingForIo, Some(1))),
        ],
    );
    let wide = layout(&trace, &view(0.0, 10.0, 1000.0), ms(9.0));
    assert_eq!((wide.rows[1].label.as_str(), wide.rows[1].bands.len()), ("io_bound_function('b')", 0));
    let narrow = layout(&trace, &view(0.0, 10.0, 360.0), ms(9.0));
    let band = &narrow.rows[1].bands[0];
    assert_eq!((narrow.rows[1].label.as_str(), band.task), ("task", 1));
    assert_eq!(band.label.as_deref(), Some("io_bound_function('b')"));
    let hit = narrow.hit(&trace, band.x + 5.0, narrow.rows[1].bar_top - 5.0).expect("the task");
    assert_eq!((hit.what, hit.task.as_deref()), (What::Task, Some("io_bound_function('b')")));
}

#[test]
fn many_lanes_are_low_and_marks_of_one_pixel_are_one() {
    let mut trace = empty(r#"{"example":"processes-ten-on-five","method":"threads","maxWorkers":10}"#);
    let lane = trace.lanes[1].clone();
    trace.lanes.extend(std::iter::repeat_n(lane, 40));
    let mut script: Vec<_> = (0..51).map(|lane| (0.0, lane, Mark::State(State::OnCpu, Some(0)))).collect();
    script.push((0.0, 1, Mark::TaskStart(0)));
    script.extend((0..1000).map(|i| (5.0 + f64::from(i) / 1000.0, 0, Mark::Print(0, 0))));
    absorb(&mut trace, &script);
    let layout = layout(&trace, &view(0.0, 10.0, 1000.0), ms(9.0));
    assert_eq!(layout.rows.len(), 52);
    assert!(layout.height() < 52.0 * 12.0, "{} px", layout.height());
    assert!(layout.rows.iter().all(|row| row.bands.is_empty()));
    let marks = layout.rows[0].lines.len();
    assert!((75..=85).contains(&marks), "{marks} marks on a tenth of 820 px");
    check_inside(&layout, 1.0);
}

#[test]
fn a_text_is_shortened_in_its_middle() {
    let room = |characters: usize| width_of(&"x".repeat(characters), 10.0);
    let cases = [
        ("ThreadPoolExecutor-0_3", 22, Some("ThreadPoolExecutor-0_3")),
        ("ThreadPoolExecutor-0_3", 15, Some("Thread…utor-0_3")),
        ("io_bound_function('a')", 5, Some("…'a')")),
        ("io_bound_function('a')", 3, None),
        ("f(1)", 4, Some("f(1)")),
        ("日本語のなまえ", 9, Some("日…まえ")),
        ("", 0, Some("")),
    ];
    for (text, characters, expected) in cases {
        let short = shorten(text, 10.0, room(characters));
        assert!(short.as_ref().is_none_or(|short| width_of(short, 10.0) <= room(characters) + 1e-6), "{short:?}");
        assert_eq!(short.as_deref(), expected, "{text} in {characters}");
    }
}

#[test]
fn what_is_under_the_pointer() {
    let trace = scripted();
    let layout = layout(&trace, &view(0.0, 101.0, 1000.0), ms(101.0));
    let hit = |row: usize, millis: f64, down: f64| {
        let row = &layout.rows[row];
        layout.hit(&trace, layout.scale.x(ms(millis)), row.bar_top + down)
    };
    let span = hit(2, 35.0, 5.0).expect("a span");
    assert_eq!((span.what, span.lane, span.title), (What::Span, 1, "On CPU"));
    assert_eq!((span.start, span.end, span.open), (ms(30.0), ms(40.0), false));
    assert_eq!(span.lane_name, "ThreadPoolExecutor-0_0");
    assert_eq!(span.task.as_deref(), Some("f('<&\"\\'')"));

    let hold = hit(1, 45.0, 5.0).expect("a hold");
    assert_eq!((hold.what, hold.lane, hold.title), (What::Hold, 2, "Holds the GIL"));
    assert_eq!((hold.start, hold.end), (ms(40.0), ms(50.0)));
    assert_eq!(hold.lane_name, "ThreadPoolExecutor-0_1");
    assert_eq!(hold.task.as_deref(), Some("a_function_with_a_long_name(1)"));
    assert_eq!(hit(1, 15.0, 5.0), None, "nobody holds the GIL");

    let task = hit(2, 35.0, -6.0).expect("a task");
    assert_eq!((task.what, task.start, task.end), (What::Task, ms(2.0), ms(80.0)));
    assert_eq!(task.task.as_deref(), Some("f('<&\"\\'')"));

    let line = hit(0, 100.7, 16.0).expect("a printed line");
    assert_eq!((line.what, line.text.as_deref(), line.start), (What::Line, Some("All & done"), ms(100.7)));

    assert_eq!(layout.hit(&trace, 10.0, layout.rows[2].bar_top), None, "left of the plot");
    assert_eq!(layout.hit(&trace, 500.0, layout.height() - 1.0), None, "the axis");
    assert_eq!(hit(3, 120.0, 5.0), None, "right of the plot");
}

#[test]
fn of_many_spans_in_a_pixel_the_longest_of_its_colour_is_named() {
    let (cpu, io) = (State::OnCpu, State::WaitingForIo);
    let trace =
        one_lane([(10.0, io), (0.1, io), (0.05, cpu), (0.1, io), (0.5, cpu), (0.05, io), (0.1, cpu), (50.0, io)]);
    let layout = layout(&trace, &view(0.0, 100.0, 300.0), trace.horizon());
    let bar = layout.rows[0].bars.iter().find(|bar| bar.fill == Fill::State(cpu)).expect("a bar");
    let hit = layout.hit(&trace, bar.x + bar.width / 2.0, layout.rows[0].bar_top + 1.0).expect("a span");
    assert_eq!((hit.title, hit.start, hit.end), ("On CPU", ms(10.25), ms(10.75)));
    assert!(hit.others >= 3, "{hit:?}");
}

#[test]
fn every_bar_is_hit_as_what_it_shows() {
    let spans = (0..4000).map(|i| (0.01 + f64::from(i % 7) * 0.03, State::ALL[(i as usize * 5) % 7]));
    for trace in [scripted(), one_lane(spans)] {
        let end = trace.horizon();
        let layout = layout(&trace, &View::new(Time::ZERO, end, 600.0).on_screen(2.0), end);
        for row in &layout.rows {
            for bar in &row.bars {
                for x in [bar.x + 0.1, bar.x + bar.width - 0.1] {
                    let hit = layout.hit(&trace, x, row.bar_top + 1.0).expect("something");
                    match bar.fill {
                        Fill::State(state) => assert_eq!(hit.title, state.title(), "{bar:?}: {hit:?}"),
                        Fill::Holder(holder) => assert_eq!(usize::from(hit.lane), holder, "{bar:?}: {hit:?}"),
                    }
                }
            }
        }
    }
}

#[test]
fn ticks_are_round_and_have_units() {
    let labels = |start: u64, end: u64| -> Vec<String> {
        let scale = Scale { start: Time::from_nanos(start), end: Time::from_nanos(end), left: 100.0, right: 900.0 };
        scale.ticks(100.0).into_iter().map(|tick| tick.label).collect()
    };
    assert_eq!(labels(0, 1_700_000_000)[..3], ["0", "500 ms", "1000 ms"]);
    assert_eq!(labels(0, 30_000_000_000)[..3], ["0", "5 s", "10 s"]);
    assert_eq!(labels(13_000, 90_000), ["20 µs", "30 µs", "40 µs", "50 µs", "60 µs", "70 µs", "80 µs", "90 µs"]);
    assert_eq!(labels(1_000_000_001, 1_000_000_009)[0], "1000000001 ns");
    assert!(labels(5, 5).len() <= 9, "a scale of no extent has an end");
    let scale = Scale { start: ms(7.0), end: ms(19.0), left: 100.0, right: 900.0 };
    for x in [100.0, 333.0, 900.0] {
        assert!((scale.x(scale.time(x)) - x).abs() < 1e-3);
    }
    for tick in scale.ticks(66.0).windows(2) {
        assert!(tick[1].x - tick[0].x >= 66.0 && (scale.x(tick[0].at) - tick[0].x).abs() < 1e-9);
    }
}

/// Relative luminance, as WCAG 2 defines it.
fn luminance(color: &str) -> f64 {
    let part = |i: usize| {
        let part = f64::from(u8::from_str_radix(&color[i..i + 2], 16).expect("#rrggbb")) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn states_are_told_apart_without_their_hue() {
    for theme in [Theme::LIGHT, Theme::DARK] {
        let entries = legend(&theme);
        assert_eq!(entries.len(), State::ALL.len());
        for (i, a) in entries.iter().enumerate() {
            for b in &entries[i + 1..] {
                let apart = contrast(a.paint.fill, b.paint.fill);
                assert!(a.paint.texture != b.paint.texture || apart >= 1.15, "{} and {}: {apart}", a.title, b.title);
            }
            let textured = a.paint.texture != Texture::Plain;
            assert!(!textured || contrast(a.paint.fill, a.paint.ink) >= 1.5, "the texture of {} is not seen", a.title);
            let on_cpu = theme.state(State::OnCpu).fill;
            assert!(a.state == State::OnCpu || contrast(a.paint.fill, on_cpu) >= 1.15, "{} and On CPU", a.title);
        }
        for ink in [theme.ink, theme.muted, theme.end] {
            assert!(contrast(ink, theme.background) >= 4.5, "{ink} cannot be read");
        }
        for holder in 0..10 {
            let paint = theme.holder(holder);
            assert!(contrast(paint.fill, paint.ink) >= 3.0, "the name of holder {holder} cannot be read: {paint:?}");
        }
    }
}

#[test]
fn lanes_beyond_a_picture_are_counted_and_not_drawn() {
    let tasks = vec![r#"{"call":{"function":"f"}}"#; 500].join(",");
    let trace = crate::surroundings::run(&format!(r#"{{"method":"asyncio","workload":{{"tasks":[{tasks}]}}}}"#));
    let layout = gilscope::chart::layout(&trace, &View::new(Time::ZERO, trace.horizon(), 800.0), trace.horizon());
    assert_eq!(layout.rows.len() + layout.hidden, trace.live_lanes().count());
    assert_eq!(trace.live_lanes().count(), 501, "the loop and 500 coroutines");
    assert!(layout.hidden > 0 && layout.height() < 16_384.0, "a canvas is at most so high: {}", layout.height());
}
