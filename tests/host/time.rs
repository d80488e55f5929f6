//! Time as types, and the anchor that makes the clocks of two workers one.

use std::time::Duration;

use gilscope::time::{Anchor, Time, from_js_millis, millis};

#[test]
fn units_are_what_they_say() {
    let time = Time::from_nanos(1_234_567_891);
    assert_eq!((time.nanos(), time.micros(), time.millis()), (1_234_567_891, 1_234_567.891, 1_234.567_891));
    assert_eq!(time.to_string(), "1234.568 ms");
    assert_eq!(Time::after(Duration::from_micros(5)), Time::from_nanos(5_000));
    assert_eq!(Time::ZERO, Time::default());
    assert_eq!(millis(Duration::from_micros(1_500)), 1.5);
    assert_eq!(from_js_millis(1.5), Duration::from_micros(1_500));
    // The clock of an isolated page has steps of 5 µs: none is lost.
    assert!(
        (0..1_000_u32).all(|step| from_js_millis(f64::from(step) * 0.005) == Duration::from_micros(step.into()) * 5)
    );
}

#[test]
fn time_does_not_run_over_its_ends() {
    let (early, late) = (Time::from_nanos(5), Time::from_nanos(12));
    assert_eq!(late.since(early), Duration::from_nanos(7));
    assert_eq!(early.since(late), Duration::ZERO, "what is earlier is not a time ago");
    assert_eq!(early + Duration::from_nanos(7), late);
    assert_eq!(late + Duration::MAX, Time::from_nanos(u64::MAX));
    assert_eq!(Time::after(Duration::MAX), Time::from_nanos(u64::MAX));
    for millis in [-1.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
        assert_eq!(from_js_millis(millis), Duration::ZERO, "{millis}");
    }
}

#[test]
fn times_are_ordered_as_they_pass() {
    let mut times = [3, 1, 2].map(Time::from_nanos);
    times.sort();
    assert_eq!(times, [1, 2, 3].map(Time::from_nanos));
    assert!(Time::ZERO < Time::from_nanos(1));
}

#[test]
fn a_time_crosses_as_its_nanoseconds() {
    assert_eq!(serde_json::to_string(&Time::from_nanos(7)).unwrap(), "7");
    assert_eq!(serde_json::from_str::<Time>("7").unwrap(), Time::from_nanos(7));
}

/// 2025, in milliseconds since 1970, with the fractions that browsers give.
const ORIGIN: f64 = 1_763_697_600_123.4;

#[test]
fn an_anchor_is_the_zero_of_its_own_clock() {
    let anchor = Anchor::here(ORIGIN, 5_000.125);
    assert_eq!(anchor.time(ORIGIN, 5_000.125), Time::ZERO);
    assert_eq!(anchor.time(ORIGIN, 5_000.13), Time::after(from_js_millis(5_000.13 - 5_000.125)));
    assert_eq!(anchor.time(ORIGIN, 6_000.125), Time::from_nanos(1_000_000_000));
    assert_eq!(anchor.time(ORIGIN, 4_000.0), Time::ZERO, "before the run began there is no time");
}

#[test]
fn an_anchor_brings_another_workers_clock_onto_its_own() {
    let anchor = Anchor::here(ORIGIN, 5_000.0);
    // A worker that was made 4,321.5 ms after the page, and reads 1,000 ms: together 5,321.5 ms of the page's clock.
    let later = ORIGIN + 4_321.5;
    let off = |time: Time, right: u64| time.nanos().abs_diff(right);
    // A number this large has a step of 0.24 µs: so much the origins are off, and no more.
    assert!(off(anchor.time(later, 1_000.0), 321_500_000) < 250);
    // Steps of the other's clock are not lost to the size of the origin.
    for step in 0..1_000_u32 {
        let reading = 1_000.0 + f64::from(step) * 0.005;
        let passed = anchor.time(later, reading).since(anchor.time(later, 1_000.0));
        let right = Duration::from_micros(u64::from(step) * 5);
        assert!(passed.abs_diff(right) <= Duration::from_nanos(2), "{passed:?} for {right:?}");
    }
    // A worker that is older than the run's.
    assert!(off(anchor.time(ORIGIN - 1_000.0, 7_000.0), 1_000_000_000) < 250);
}

#[test]
fn an_anchor_crosses_to_other_memories_unchanged() {
    let anchor = Anchor::here(ORIGIN, 0.1 + 0.2);
    let json = serde_json::to_string(&anchor).unwrap();
    assert_eq!(serde_json::from_str::<Anchor>(&json).unwrap(), anchor);
}
