//! What the core costs: an event of the record, a hand-over of the GIL, a chart of many spans.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gilscope::chart::{View, layout};
use gilscope::gil::Gil;
use gilscope::host::{Host, Why};
use gilscope::method::lanes;
use gilscope::presets;
use gilscope::time::Time;
use gilscope::trace::{Environment, Event, Mark, Recorder, State, Trace};
use gilscope::workload::{Calibration, Plan, Request};

#[derive(Debug)]
struct Machine(Instant, Arc<Recorder>);

impl Host for Machine {
    fn now(&self) -> Time {
        Time::after(self.0.elapsed())
    }
    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
    fn hand_over(&self, _: Why) {
        black_box(self.1.take());
    }
}

/// Writing an event into a ring, its emptying included, beside reading the clock, which every event does too.
fn record(c: &mut Criterion) {
    let recorder = Arc::new(Recorder::new(1));
    let machine = Arc::new(Machine(Instant::now(), Arc::clone(&recorder)));
    let lane = recorder.lane(0, 0, machine.clone());
    let mut group = c.benchmark_group("record");
    group.throughput(Throughput::Elements(1));
    group.bench_function("clock alone", |b| b.iter(|| machine.now()));
    group.bench_function("event", |b| b.iter(|| lane.state(State::OnCpu)));
    group.finish();
}

/// Taking and releasing the GIL: alone, and handing it to another thread and back.
fn gil(c: &mut Criterion) {
    let mut group = c.benchmark_group("gil");
    let gil = Arc::new(Gil::new(Duration::from_millis(5)));
    group.bench_function("take and release, alone", |b| {
        b.iter(|| {
            gil.take(0, || ());
            gil.release(0, Time::ZERO);
        });
    });
    let stop = Arc::new(AtomicBool::new(false));
    let other = std::thread::spawn({
        let (gil, stop) = (Arc::clone(&gil), Arc::clone(&stop));
        move || {
            while !stop.load(Ordering::Relaxed) {
                gil.take(1, || ());
                gil.release(1, Time::ZERO);
            }
        }
    });
    group.bench_function("take and release, against another thread", |b| {
        b.iter(|| {
            gil.take(0, || ());
            gil.release(0, Time::ZERO);
        });
    });
    stop.store(true, Ordering::Relaxed);
    other.join().expect("it ends");
    group.finish();
}

/// A trace of four threads that take turns every 5 µs.
fn many_spans(spans: u64) -> Trace {
    let ids: Vec<_> = presets::examples().iter().map(|example| example.id).collect();
    let request = r#"{"example":"cpu-four","method":"threads"}"#;
    let request = Request::parse(request, |id| presets::example(id).map(|example| example.workload), &ids);
    let calibration = Calibration { divisions_per_second: 1e8 };
    let plan = Arc::new(Plan::new(&request.expect("a right request"), 2, calibration));
    let lanes = lanes::lanes(&plan, 4700);
    let mut trace = Trace::new(plan, Environment::default(), lanes);
    let events: Vec<Event> = (0..spans)
        .map(|i| {
            let state = if i / 4 % 4 == i % 4 { State::OnCpu } else { State::WaitingForGil };
            let at = Time::from_nanos(i * 5_000);
            Event { at, lane: 1 + (i % 4) as u16, mark: Mark::State(state, Some((i % 4) as u32)) }
        })
        .collect();
    trace.absorb(&events, []);
    trace
}

/// Laying a chart out: its cost is that of the pixels, not of the spans.
fn chart(c: &mut Criterion) {
    let mut group = c.benchmark_group("layout");
    for spans in [1_000, 10_000, 100_000, 1_000_000] {
        let trace = many_spans(spans);
        let view = View::new(Time::ZERO, trace.horizon(), 1000.0);
        group.bench_function(format!("{spans} spans"), |b| b.iter(|| black_box(layout(&trace, &view, view.end))));
    }
    group.finish();
}

criterion_group! {
    name = core;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    targets = record, gil, chart
}
criterion_main!(core);
