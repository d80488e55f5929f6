//! What `concurrent.futures` promises, call by call: no method, and threads only where something blocks.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use gilscope::executor::{Futures, ProcessPool, Seats, ThreadPool, Work};
use gilscope::time::Time;
use gilscope::workload::{Exception, Value};

use crate::surroundings::within;

fn at(nanos: u64) -> Time {
    Time::from_nanos(nanos)
}

/// What a thread of its own returns from `f`, which blocks until `unblock` has been called, and no shorter.
fn blocks<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static, unblock: impl FnOnce()) -> T {
    let (send, result) = channel();
    thread::spawn(move || send.send(f()));
    assert_eq!(
        result.recv_timeout(Duration::from_millis(20)).err(),
        Some(RecvTimeoutError::Timeout),
        "it did not block"
    );
    unblock();
    result.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|_| panic!("it still blocks"))
}

// ThreadPoolExecutor.

#[test]
fn every_submit_starts_a_thread_until_there_are_max_workers() {
    let pool = ThreadPool::new(3);
    let started: Vec<_> = (0..6).map(|task| pool.submit(task, at(task.into()))).collect();
    assert_eq!(started, [Some(0), Some(1), Some(2), None, None, None]);
    // Three calls on ten threads start three.
    let pool = ThreadPool::new(10);
    assert_eq!((0..3).filter_map(|task| pool.submit(task, at(0))).collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn calls_leave_the_queue_in_the_order_of_submission() {
    let pool = ThreadPool::new(2);
    for task in 0..5 {
        let _ = pool.submit(task, at(10 + u64::from(task)));
    }
    let left: Vec<_> = (0..5).map(|_| pool.next()).collect();
    assert_eq!(left, (0..5).map(|task| Work::Task(task, at(10 + u64::from(task)))).collect::<Vec<_>>());
}

#[test]
fn an_idle_thread_saves_a_new_one() {
    let pool = ThreadPool::new(4);
    // Five submits, each when the one before has ended: one thread does all.
    assert_eq!(pool.submit(0, at(0)), Some(0));
    for task in 0..4 {
        assert_eq!(pool.next_or_idle(), Some(Work::Task(task, at(0))));
        assert_eq!(pool.next_or_idle(), None, "the queue is empty: idle from now on");
        assert_eq!(pool.submit(task + 1, at(0)), None, "the idle one will take it");
    }
    assert_eq!(pool.next(), Work::Task(4, at(0)));
    // A thread is idle once: the second of two submits needs another.
    assert_eq!(pool.next_or_idle(), None);
    assert_eq!((pool.submit(5, at(0)), pool.submit(6, at(0))), (None, Some(1)));
}

#[test]
fn a_thread_is_idle_only_when_it_found_the_queue_empty() {
    let pool = ThreadPool::new(4);
    assert_eq!((pool.submit(0, at(0)), pool.submit(1, at(0))), (Some(0), Some(1)));
    // The first thread takes both calls: it never found the queue empty, and still a third submit starts a thread.
    assert_eq!(pool.next_or_idle(), Some(Work::Task(0, at(0))));
    assert_eq!(pool.next_or_idle(), Some(Work::Task(1, at(0))));
    assert_eq!(pool.submit(2, at(0)), Some(2));
    // A blocking get alone makes nobody idle.
    assert_eq!(pool.next(), Work::Task(2, at(0)));
    assert_eq!(pool.submit(3, at(0)), Some(3));
}

#[test]
fn a_thread_that_waits_is_woken_by_a_call_and_by_the_end() {
    let pool = Arc::new(ThreadPool::new(1));
    let waiting = Arc::clone(&pool);
    assert_eq!(blocks(move || waiting.next(), || assert_eq!(pool.submit(7, at(3)), Some(0))), Work::Task(7, at(3)));
    let waiting = Arc::clone(&pool);
    assert_eq!(blocks(move || waiting.next(), || pool.shutdown()), Work::Stop);
}

#[test]
fn after_shutdown_what_is_queued_is_done_first_and_all_threads_end() {
    let pool = ThreadPool::new(2);
    for task in 0..3 {
        let _ = pool.submit(task, at(0));
    }
    pool.shutdown();
    let left = [pool.next_or_idle().unwrap(), pool.next(), pool.next()];
    assert_eq!(left, [0, 1, 2].map(|task| Work::Task(task, at(0))));
    assert_eq!([pool.next(), pool.next()], [Work::Stop, Work::Stop], "one for each thread, and for any other");
    assert_eq!(pool.next_or_idle(), Some(Work::Stop));
}

#[test]
fn every_call_goes_to_one_thread_whoever_hurries() {
    within(30, || {
        let pool = Arc::new(ThreadPool::new(4));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let pool = Arc::clone(&pool);
                thread::spawn(move || {
                    let mut done = Vec::new();
                    while let Work::Task(task, _) = pool.next_or_idle().unwrap_or_else(|| pool.next()) {
                        done.push(task);
                    }
                    done
                })
            })
            .collect();
        for task in 0..20_000 {
            let _ = pool.submit(task, at(0));
        }
        pool.shutdown();
        let done: Vec<Vec<u32>> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(done.iter().all(|done| done.is_sorted()), "each thread gets its calls in the order of submission");
        let mut all = done.concat();
        all.sort_unstable();
        assert_eq!(all, (0..20_000).collect::<Vec<_>>());
    });
}

#[test]
fn join_waits_for_every_thread_that_was_started() {
    let pool = Arc::new(ThreadPool::new(3));
    assert_eq!(pool.join(), Time::ZERO, "none was started");
    let _ = (pool.submit(0, at(0)), pool.submit(1, at(0)));
    pool.worker_ended(at(50));
    let joined = Arc::clone(&pool);
    let ended = blocks(move || joined.join(), || pool.worker_ended(at(40)));
    assert_eq!(ended, at(50), "when the last of them ended, in whichever order they say so");
}

#[test]
fn what_no_thread_has_begun_can_be_cancelled() {
    let pool = ThreadPool::new(2);
    for task in 0..5 {
        let _ = pool.submit(task, at(0));
    }
    assert_eq!(pool.next(), Work::Task(0, at(0)));
    assert_eq!(pool.cancel_pending(), [1, 2, 3, 4]);
    assert!(pool.cancel_pending().is_empty());
    assert_eq!(pool.next_or_idle(), None);
    pool.shutdown();
    assert_eq!(pool.next(), Work::Stop);
}

// Futures.

#[test]
fn a_future_is_there_when_it_is_finished() {
    let futures = Arc::new(Futures::new(2));
    assert_eq!(futures.outcome(0), None);
    futures.set_running(0);
    assert_eq!(futures.outcome(0), None, "running is not finished");
    let outcome = Arc::new(Ok(Value::Int(5)));
    let waiting = Arc::clone(&futures);
    let result = blocks(
        move || waiting.wait(0),
        || {
            futures.set_finished(1, Arc::new(Err(Exception::new("ValueError", "no"))), at(9));
            futures.set_finished(0, Arc::clone(&outcome), at(7));
        },
    );
    assert_eq!(result, (Arc::clone(&outcome), at(7)));
    assert_eq!((futures.outcome(0), futures.wait(0)), (Some(result.clone()), result));
    assert_eq!(futures.wait(1), (Arc::new(Err(Exception::new("ValueError", "no"))), at(9)), "its own, not another's");
}

// ProcessPoolExecutor.

#[test]
fn processes_start_on_demand() {
    let mut pool = ProcessPool::new(10);
    let started: Vec<_> = (0..3).map(|task| pool.submit(task)).collect();
    assert_eq!((started, pool.started()), (vec![Some(0), Some(1), Some(2)], 3));
    let mut pool = ProcessPool::new(2);
    let started: Vec<_> = (0..5).map(|task| pool.submit(task)).collect();
    assert_eq!((started, pool.started()), (vec![Some(0), Some(1), None, None, None], 2));
}

#[test]
fn a_process_gets_a_call_when_it_is_up_and_calls_go_out_in_order() {
    let mut pool = ProcessPool::new(2);
    for task in 0..4 {
        let _ = pool.submit(task);
    }
    assert_eq!(pool.assign(), None, "none is up");
    pool.ready(1);
    assert_eq!((pool.assign(), pool.assign()), (Some((1, 0)), None), "the first that is up gets the first call");
    pool.ready(0);
    assert_eq!((pool.assign(), pool.assign()), (Some((0, 1)), None));
    assert_eq!((pool.call_of(0), pool.call_of(1), pool.call_of(2)), (Some(1), Some(0), None));
    pool.finished(0);
    assert_eq!((pool.call_of(0), pool.assign()), (None, Some((0, 2))));
    pool.finished(0);
    pool.finished(1);
    let left = [pool.assign(), pool.assign()];
    assert_eq!(left, [Some((0, 3)), None], "one call is left");
}

#[test]
fn a_process_is_idle_for_each_call_that_it_has_ended() {
    let mut pool = ProcessPool::new(4);
    // Four calls, one after the other: one process.
    assert_eq!(pool.submit(0), Some(0));
    pool.ready(0);
    for task in 0..4 {
        assert_eq!(pool.assign(), Some((0, task)));
        pool.finished(0);
        assert_eq!(pool.submit(task + 1), None);
    }
    assert_eq!(pool.started(), 1);
    // The semaphore counts calls that have ended, not processes: two calls of one process save two starts.
    assert_eq!(pool.assign(), Some((0, 4)));
    assert_eq!(pool.submit(5), Some(1), "it is busy");
    pool.finished(0);
    assert_eq!(pool.assign(), Some((0, 5)));
    pool.finished(0);
    assert_eq!((pool.submit(6), pool.submit(7), pool.submit(8)), (None, None, Some(2)));
}

#[test]
fn a_process_that_dies_takes_all_unfinished_calls_with_it() {
    let mut pool = ProcessPool::new(2);
    for task in 0..6 {
        let _ = pool.submit(task);
    }
    pool.ready(0);
    pool.ready(1);
    let _ = (pool.assign(), pool.assign());
    pool.finished(1);
    assert_eq!(pool.assign(), Some((1, 2)));
    let mut lost = pool.died();
    assert_eq!(lost[2..], [3, 4, 5], "those that waited, in their order");
    lost.sort_unstable();
    assert_eq!(lost, [0, 2, 3, 4, 5], "each once, and not the one that has ended");
    assert_eq!((pool.assign(), pool.died(), pool.call_of(0)), (None, vec![], None));
}

// Seats.

#[test]
fn a_start_returns_when_the_thread_has_said_that_it_runs() {
    let seats = Arc::new(Seats::new(2));
    let (started, signalled) = (Arc::clone(&seats), Arc::clone(&seats));
    blocks(
        move || started.start(1, at(5)),
        move || {
            assert_eq!(signalled.wait(1), Some(at(5)), "its parent's stamp");
            // Another thread's word is not its own.
            signalled.signal_started(0);
            signalled.signal_started(1);
        },
    );
}

#[test]
fn a_seat_waits_to_be_started() {
    let seats = Arc::new(Seats::new(2));
    let waiting = Arc::clone(&seats);
    seats.signal_started(0);
    seats.signal_started(1);
    assert_eq!(blocks(move || waiting.wait(1), || (seats.start(0, at(4)), seats.start(1, at(8))).1), Some(at(8)));
}

#[test]
fn seats_that_are_never_started_are_let_go() {
    let seats = Arc::new(Seats::new(3));
    seats.signal_started(0);
    seats.start(0, at(2));
    let waiting = Arc::clone(&seats);
    assert_eq!(blocks(move || waiting.wait(1), || seats.close()), None);
    assert_eq!(seats.wait(2), None, "whoever comes later, too");
    assert_eq!(seats.wait(0), Some(at(2)), "who was started was started, though it looks late");
}
