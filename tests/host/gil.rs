//! The lock: its rules by a scripted clock, then the lock itself with real threads.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use gilscope::gil::{Gil, ThreadId, Turn};
use gilscope::time::Time;
use gilscope::workload::Primes;

use crate::surroundings::within;

const INTERVAL: Duration = Duration::from_millis(5);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

// The rules.

#[test]
fn a_lock_that_is_held_cannot_be_taken() {
    let mut turn = Turn::default();
    assert!(turn.try_take(1));
    assert!(!turn.try_take(2));
    assert!(!turn.try_take(1), "not even by its holder");
    assert!(!turn.release(1), "nobody asked");
    assert!(turn.try_take(2));
}

#[test]
fn a_request_needs_a_holder_and_no_switch_since_the_wait_began() {
    let mut turn = Turn::default();
    turn.interval_over(turn.switches());
    assert!(!turn.requested(), "nobody holds it");
    assert!(turn.try_take(1));
    let before = turn.switches();
    assert!(!turn.release(1));
    assert!(turn.try_take(2));
    turn.interval_over(before);
    assert!(!turn.requested(), "it changed hands during the wait");
    turn.interval_over(turn.switches());
    assert!(turn.requested());
    // The same thread taking it again is no switch: it has had it all along.
    let since = turn.switches();
    assert!(turn.release(2));
    assert!(turn.try_take(2));
    assert_eq!(turn.switches(), since);
}

#[test]
fn a_request_hits_only_the_holder_who_was_asked() {
    let mut turn = Turn::default();
    assert!(turn.try_take(1));
    turn.interval_over(turn.switches());
    assert!(turn.release(1), "it was asked: it must let another have it");
    assert!(!turn.taken_by_other(1));
    assert!(turn.try_take(2));
    assert!(turn.taken_by_other(1));
    assert!(!turn.requested(), "the next holder has had no slice yet");
    assert!(!turn.release(2));
}

// The rules, driven by a machine that loses no time: threads that compute and sleep by a script.

#[derive(Clone, Copy, Debug)]
enum Do {
    Compute(Duration),
    Sleep(Duration),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Doing {
    /// Not born yet, or asleep.
    Away {
        until: Time,
    },
    /// In `Gil::take`, since a moment at which the GIL had changed hands so often.
    Waits {
        until: Time,
        switches: u64,
    },
    /// Holds the GIL.
    Computes {
        until: Time,
    },
    /// In `Gil::yield_to_other`.
    Yielded {
        left: Duration,
    },
    Ended,
}

#[derive(Debug)]
struct Scripted {
    doing: Doing,
    script: VecDeque<Do>,
    /// What is left to compute when it next has the GIL.
    left: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Slice {
    who: ThreadId,
    from: Time,
    to: Time,
    /// Ended by a request.
    asked: bool,
    /// When its thread began to wait for it.
    wanted: Time,
}

impl Slice {
    fn length(&self) -> Duration {
        self.to.since(self.from)
    }
}

/// Which of the waiting threads the operating system lets have the GIL: their numbers, and how many slices there were.
type Choice = fn(&[ThreadId], usize) -> ThreadId;

const CHOICES: [Choice; 4] = [
    |waiting, _| waiting[0],
    |waiting, _| waiting[waiting.len() - 1],
    |waiting, slices| waiting[slices % waiting.len()],
    |waiting, slices| waiting[(slices * 7_919 + 13) % 104_729 % waiting.len()],
];

struct Simulation {
    turn: Turn,
    now: Time,
    threads: Vec<Scripted>,
    choice: Choice,
    wanted: Vec<Time>,
    from: Time,
    slices: Vec<Slice>,
    requests: usize,
}

/// Runs threads until `end`: each is born at a time and has a script.
fn simulate(threads: &[(Duration, Vec<Do>)], choice: Choice, end: Duration) -> Simulation {
    let scripted = |(born, script): &(Duration, Vec<Do>)| Scripted {
        doing: Doing::Away { until: Time::after(*born) },
        script: script.iter().copied().collect(),
        left: Duration::ZERO,
    };
    let mut simulation = Simulation {
        turn: Turn::default(),
        now: Time::ZERO,
        threads: threads.iter().map(scripted).collect(),
        choice,
        wanted: vec![Time::ZERO; threads.len()],
        from: Time::ZERO,
        slices: Vec::new(),
        requests: 0,
    };
    while simulation.now < Time::after(end) && simulation.step() {}
    simulation
}

impl Simulation {
    /// Goes to the next moment at which something happens; `false` when nothing will any more.
    fn step(&mut self) -> bool {
        self.settle();
        let next = self.threads.iter().filter_map(|thread| match thread.doing {
            Doing::Away { until } | Doing::Waits { until, .. } | Doing::Computes { until } => Some(until),
            Doing::Yielded { .. } => panic!("a thread that yielded waits for ever: nobody else can take the GIL"),
            Doing::Ended => None,
        });
        let Some(next) = next.min() else { return false };
        self.now = next;
        for me in 0..self.threads.len() {
            match self.threads[me].doing {
                Doing::Away { until } if until == next => {
                    self.wanted[me] = next;
                    self.go_on(me);
                }
                Doing::Waits { until, switches } if until == next => {
                    let before = self.turn.requested();
                    self.turn.interval_over(switches);
                    self.requests += usize::from(self.turn.requested() && !before);
                    self.take(me);
                }
                Doing::Computes { until } if until == next => self.go_on(me),
                _ => {}
            }
        }
        true
    }

    /// What takes no time: the holder looks at the request, yields; others take what is free.
    fn settle(&mut self) {
        for changes in 0.. {
            assert!(changes < 1_000, "the GIL changes hands without end while no time passes");
            let yielded = (0..self.threads.len()).find(|me| match self.threads[*me].doing {
                Doing::Yielded { .. } => self.turn.taken_by_other(*me as ThreadId),
                _ => false,
            });
            if let Some(me) = yielded {
                let Doing::Yielded { left } = self.threads[me].doing else { unreachable!() };
                self.threads[me].left = left;
                self.wanted[me] = self.now;
                self.take(me);
                continue;
            }
            let holder = self.threads.iter().position(|thread| matches!(thread.doing, Doing::Computes { .. }));
            match holder {
                Some(me) if self.turn.requested() => {
                    let Doing::Computes { until } = self.threads[me].doing else { unreachable!() };
                    self.release(me);
                    self.threads[me].doing = Doing::Yielded { left: until.since(self.now) };
                }
                Some(_) => return,
                None => {
                    let waiting: Vec<ThreadId> = (0..self.threads.len())
                        .filter(|me| matches!(self.threads[*me].doing, Doing::Waits { .. }))
                        .map(|me| me as ThreadId)
                        .collect();
                    if waiting.is_empty() {
                        return;
                    }
                    let next = (self.choice)(&waiting, self.slices.len());
                    self.take(usize::from(next));
                    assert!(matches!(self.threads[usize::from(next)].doing, Doing::Computes { .. }), "it is free");
                }
            }
        }
    }

    fn take(&mut self, me: usize) {
        self.threads[me].doing = if self.turn.try_take(me as ThreadId) {
            self.from = self.now;
            Doing::Computes { until: self.now + self.threads[me].left }
        } else {
            Doing::Waits { until: self.now + INTERVAL, switches: self.turn.switches() }
        };
    }

    fn release(&mut self, me: usize) {
        let who = me as ThreadId;
        let asked = self.turn.release(who);
        self.slices.push(Slice { who, from: self.from, to: self.now, asked, wanted: self.wanted[me] });
    }

    /// The next line of a thread's script; it holds the GIL if it computed until now.
    fn go_on(&mut self, me: usize) {
        let holds = matches!(self.threads[me].doing, Doing::Computes { .. });
        match self.threads[me].script.pop_front() {
            Some(Do::Compute(time)) if holds => self.threads[me].doing = Doing::Computes { until: self.now + time },
            Some(Do::Compute(time)) => {
                self.threads[me].left = time;
                self.take(me);
            }
            line => {
                if holds {
                    self.release(me);
                }
                self.threads[me].doing = match line {
                    Some(Do::Sleep(time)) => Doing::Away { until: self.now + time },
                    _ => Doing::Ended,
                };
            }
        }
    }
}

fn hog(born: Duration) -> (Duration, Vec<Do>) {
    (born, vec![Do::Compute(Duration::from_secs(100))])
}

#[test]
fn two_threads_that_compute_have_slices_of_one_interval_in_strict_turn() {
    for choice in CHOICES {
        let run = simulate(&[hog(ms(0)), hog(ms(0))], choice, Duration::from_secs(1));
        assert_eq!(run.slices.len(), 199, "a second has 200 intervals; the last has not ended");
        for (i, slice) in run.slices.iter().enumerate() {
            assert_eq!((slice.length(), slice.asked), (INTERVAL, true), "{slice:?}");
            assert_eq!(usize::from(slice.who), i % 2, "they take turns");
        }
        assert_eq!(run.requests, 199 + usize::from(run.turn.requested()));
    }
}

#[test]
fn more_threads_have_slices_of_one_interval_too_and_one_request_for_each() {
    for count in [3, 4, 8] {
        for choice in CHOICES {
            // All at once, and out of step, so that their waits begin in the midst of slices.
            for apart in [Duration::ZERO, Duration::from_micros(1_700)] {
                let threads: Vec<_> = (0..count).map(|i| hog(apart * i)).collect();
                let run = simulate(&threads, choice, Duration::from_secs(1));
                // The first waiter of all came `apart` after the first slice began.
                assert_eq!(run.slices[0].length(), INTERVAL + apart);
                for pair in run.slices.windows(2) {
                    assert_eq!((pair[1].length(), pair[1].asked), (INTERVAL, true), "{count} threads: {pair:?}");
                    assert_ne!(pair[0].who, pair[1].who, "forced switching");
                    assert_eq!(pair[0].to, pair[1].from, "no time is lost");
                }
                assert_eq!(run.requests, run.slices.len() + usize::from(run.turn.requested()), "one for each slice");
                assert!(run.slices.len() > 190);
            }
        }
    }
}

#[test]
fn which_thread_is_next_is_not_decided_by_the_lock() {
    let threads: Vec<_> = (0..3).map(|_| hog(ms(0))).collect();
    let order = |choice| {
        let run = simulate(&threads, choice, ms(100));
        run.slices.iter().map(|slice| slice.who).collect::<Vec<_>>()
    };
    // Always the lowest waiting: two threads take turns, and the third starves, as pairs were seen to in CPython.
    assert!(order(CHOICES[0]).iter().all(|who| *who < 2));
    // Always the highest: thread 0 has the first slice, then the two others take turns.
    assert!(order(CHOICES[1])[1..].iter().all(|who| *who > 0));
}

#[test]
fn a_thread_that_waits_for_io_comes_back_one_interval_late_each_time() {
    let blink = Duration::from_micros(10);
    let io: Vec<Do> = (0..20).flat_map(|_| [Do::Compute(blink), Do::Sleep(ms(2))]).collect();
    for choice in CHOICES {
        let run = simulate(&[hog(ms(0)), (ms(1), io.clone())], choice, Duration::from_secs(1));
        let (io, hog): (Vec<&Slice>, Vec<&Slice>) = run.slices.iter().partition(|slice| slice.who == 1);
        assert_eq!(io.len(), 20);
        for slice in &io {
            assert_eq!(slice.from.since(slice.wanted), INTERVAL, "the convoy: one interval for each call that blocks");
            assert_eq!((slice.length(), slice.asked), (blink, false), "it drops the GIL of its own will");
        }
        // The one that computes has it back at once, with no request and no wait.
        let hog = &hog[..20];
        assert!(hog.iter().all(|slice| slice.asked), "{hog:?}");
        assert!(hog.windows(2).all(|pair| pair[1].from == pair[0].to + blink));
        assert_eq!(run.requests, 20);
    }
}

#[test]
fn two_threads_that_wait_for_io_are_late_by_what_they_wait_for_each_other() {
    // Short computing, and never a whole interval of waiting: so nobody asks.
    let script: Vec<Do> = (0..50).flat_map(|_| [Do::Compute(ms(2)), Do::Sleep(ms(1))]).collect();
    for choice in CHOICES {
        let run = simulate(&[(ms(0), script.clone()), (ms(0), script.clone())], choice, Duration::from_secs(1));
        assert_eq!((run.slices.len(), run.requests), (100, 0));
        assert!(run.slices.iter().all(|slice| slice.from.since(slice.wanted) <= ms(2)));
    }
}

#[test]
fn without_contention_nobody_ever_asks() {
    let alone: Vec<Do> = vec![Do::Compute(ms(500)), Do::Sleep(ms(50)), Do::Compute(ms(500))];
    // The other computes only while the first sleeps.
    let other = vec![Do::Compute(ms(49))];
    let run = simulate(&[(ms(0), alone), (Duration::from_micros(500_500), other)], CHOICES[0], Duration::from_secs(2));
    assert_eq!(run.requests, 0);
    assert!(run.slices.iter().all(|slice| slice.from == slice.wanted && !slice.asked), "{:?}", run.slices);
    assert_eq!(run.slices.len(), 3);
}

// The lock itself.

/// What threads under one lock do: compute in turns, now and then sleep; each step is checked by a counter that only
/// the holder may touch. Returns who took the lock, in order, and how often it was dropped on request.
///
/// Goes on until the lock was dropped on request `wanted` times.
fn contend(threads: ThreadId, wanted: usize) -> (Vec<ThreadId>, usize) {
    let gil = Gil::new(Duration::from_micros(500));
    let inside = AtomicUsize::new(0);
    let takes = Mutex::new(Vec::new());
    let (yields, rounds) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let all_here = Barrier::new(threads.into());
    let enter = |me| {
        let _ = gil.take(me, || ());
        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two hold the GIL");
        takes.lock().unwrap().push(me);
    };
    let leave = || assert_eq!(inside.fetch_sub(1, Ordering::SeqCst), 1, "two hold the GIL");
    thread::scope(|scope| {
        for me in 0..threads {
            let (gil, takes, yields, rounds) = (&gil, &takes, &yields, &rounds);
            let (all_here, enter, leave) = (&all_here, &enter, &leave);
            scope.spawn(move || {
                all_here.wait();
                while yields.load(Ordering::SeqCst) < wanted {
                    let round = rounds.fetch_add(1, Ordering::SeqCst);
                    enter(me);
                    // About ten milliseconds of computing.
                    let mut primes = Primes::below(100_000);
                    while primes.step() {
                        if gil.drop_requested() {
                            yields.fetch_add(1, Ordering::SeqCst);
                            leave();
                            let had = takes.lock().unwrap().len();
                            gil.yield_to_other(me, Time::ZERO);
                            let taken = takes.lock().unwrap()[had..].to_vec();
                            // Whoever took it may not have written that down yet; I have not taken it.
                            assert!(!taken.contains(&me));
                            enter(me);
                            let taken = takes.lock().unwrap()[had..].to_vec();
                            assert_ne!(taken[0], me, "after a drop on request another has it first");
                        }
                    }
                    leave();
                    gil.release(me, Time::ZERO);
                    if round.is_multiple_of(2) {
                        thread::sleep(Duration::from_micros(300));
                    }
                }
            });
        }
    });
    assert_eq!(inside.into_inner(), 0);
    let (takes, yields, rounds) = (takes.into_inner().unwrap(), yields.into_inner(), rounds.into_inner());
    assert_eq!(takes.len(), rounds + yields, "each round takes it once, and once more after each drop on request");
    (takes, yields)
}

#[test]
fn never_two_hold_the_lock_and_a_drop_on_request_lets_another_have_it() {
    for threads in [2, 5] {
        let (takes, yields) = within(50, move || contend(threads, 60));
        assert!(yields >= 60);
        assert!((0..threads).all(|me| takes.contains(&me)), "all of them had it: {takes:?}");
    }
}

#[test]
fn nobody_asks_who_does_not_wait() {
    let gil = Gil::new(ms(1));
    let _ = gil.take(1, || panic!("it is free: there is nothing to wait for"));
    thread::sleep(ms(10));
    assert!(!gil.drop_requested());
    gil.release(1, Time::ZERO);
}

#[test]
fn the_drop_is_asked_for_after_a_whole_interval_and_never_before() {
    for interval in [ms(2), ms(20)] {
        within(20, move || {
            let gil = Arc::new(Gil::new(interval));
            let _ = gil.take(1, || ());
            let (waits, waiting) = channel();
            let waiter = {
                let gil = Arc::clone(&gil);
                thread::spawn(move || {
                    let _ = gil.take(2, || waits.send(Instant::now()).unwrap());
                    gil.release(2, Time::ZERO);
                })
            };
            let since = waiting.recv().unwrap();
            while !gil.drop_requested() {
                thread::yield_now();
            }
            let waited = since.elapsed();
            assert!(waited >= interval, "asked for after {waited:?} of {interval:?}");
            gil.yield_to_other(1, Time::ZERO);
            waiter.join().unwrap();
        });
    }
}

#[test]
fn a_request_does_not_outlive_a_voluntary_drop() {
    within(20, || {
        let gil = Arc::new(Gil::new(ms(1)));
        let _ = gil.take(1, || ());
        let (waits, waiting) = channel();
        let waiter = {
            let gil = Arc::clone(&gil);
            thread::spawn(move || {
                let _ = gil.take(2, || waits.send(()).unwrap());
                let asked = gil.drop_requested();
                gil.release(2, Time::ZERO);
                asked
            })
        };
        waiting.recv().unwrap();
        while !gil.drop_requested() {
            thread::yield_now();
        }
        // As if it went to sleep just then, and did not look.
        gil.release(1, Time::ZERO);
        assert!(!waiter.join().unwrap(), "the request was meant for the holder before");
    });
}

#[test]
fn a_voluntary_drop_and_one_that_nobody_asked_for_wait_for_nobody() {
    within(20, || {
        let gil = Gil::new(ms(1));
        for _ in 0..3 {
            let _ = gil.take(1, || panic!("nobody else has it"));
            gil.release(1, Time::ZERO);
            let _ = gil.take(1, || panic!("nobody else has it"));
            gil.yield_to_other(1, Time::ZERO);
        }
    });
}

#[test]
fn a_drop_on_request_returns_when_another_has_taken_it() {
    within(20, || {
        let gil = Arc::new(Gil::new(ms(1)));
        let _ = gil.take(1, || ());
        let (taken, let_go) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let waiter = {
            let (gil, taken, let_go) = (Arc::clone(&gil), Arc::clone(&taken), Arc::clone(&let_go));
            thread::spawn(move || {
                let _ = gil.take(2, || ());
                taken.store(true, Ordering::SeqCst);
                while !let_go.load(Ordering::SeqCst) {
                    thread::yield_now();
                }
                gil.release(2, Time::ZERO);
            })
        };
        while !gil.drop_requested() {
            thread::yield_now();
        }
        gil.yield_to_other(1, Time::ZERO);
        // Thread 2 has it, and keeps it: taking it again must wait.
        let waited = AtomicBool::new(false);
        let _ = gil.take(1, || {
            waited.store(true, Ordering::SeqCst);
            while !taken.load(Ordering::SeqCst) {
                thread::yield_now();
            }
            let_go.store(true, Ordering::SeqCst);
        });
        assert!(waited.load(Ordering::SeqCst), "it was free: nobody else had taken it");
        gil.release(1, Time::ZERO);
        waiter.join().unwrap();
    });
}

#[test]
fn whoever_takes_it_learns_when_it_was_dropped() {
    within(20, || {
        let gil = Gil::new(INTERVAL);
        assert_eq!(gil.take(1, || ()), Time::ZERO);
        gil.release(1, Time::from_nanos(70));
        assert_eq!(gil.take(2, || ()), Time::from_nanos(70));
        gil.yield_to_other(2, Time::from_nanos(90));
        assert_eq!(gil.take(1, || ()), Time::from_nanos(90));
    });
}

#[test]
fn being_woken_is_not_having_waited_for_an_interval() {
    within(50, || {
        // Nobody waits for as long as that. But many are woken when the GIL is dropped, and find that the one who
        // dropped it has taken it again.
        let gil = Gil::new(Duration::from_secs(60));
        thread::scope(|scope| {
            for me in 0..3 {
                let gil = &gil;
                scope.spawn(move || {
                    for _ in 0..3_000 {
                        let _ = gil.take(me, || ());
                        for _ in 0..100 {
                            assert!(!gil.drop_requested(), "asked for before the interval was over");
                            std::hint::spin_loop();
                        }
                        gil.release(me, Time::ZERO);
                    }
                });
            }
        });
    });
}

#[test]
fn what_is_offered_and_not_taken_was_never_dropped() {
    let gil = Gil::new(INTERVAL);
    gil.take(1, || ());
    for _ in 0..10 {
        assert_eq!(gil.offer(1, Time::from_nanos(5), || panic!("nobody else is there")), None);
    }
    gil.release(1, Time::from_nanos(7));
    assert_eq!(gil.take(2, || panic!("it is free")), Time::from_nanos(7));
}

#[test]
fn what_is_offered_one_other_may_have_and_never_two() {
    let lost = within(60, || {
        let (gil, held, lost) = (Gil::new(ms(1)), AtomicBool::new(false), AtomicUsize::new(0));
        // Holding it, for long enough that others run into it if two can.
        let hold = |me: ThreadId| {
            assert!(!held.swap(true, Ordering::SeqCst), "thread {me} holds what another holds");
            thread::yield_now();
            held.store(false, Ordering::SeqCst);
        };
        thread::scope(|scope| {
            for me in 0..4 {
                let (gil, lost, hold) = (&gil, &lost, &hold);
                scope.spawn(move || {
                    gil.take(me, || ());
                    for _ in 0..2_000 {
                        hold(me);
                        let mut told = false;
                        let taken = gil.offer(me, Time::ZERO, || told = true);
                        assert_eq!(taken.is_some(), told, "it is told exactly when another had it");
                        lost.fetch_add(usize::from(told), Ordering::Relaxed);
                    }
                    gil.release(me, Time::ZERO);
                });
            }
        });
        lost.into_inner()
    });
    assert!(lost > 0, "in 8,000 offers nobody ever took it");
}
