//! What `concurrent.futures` promises, call by call: no method, and threads only where something blocks.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use gilscope::executor::{FutureState, Futures, ProcessPool, Seats, ThreadPool, Work};
use gilscope::time::Time;
use gilscope::workload::{Exception, Refused, StartMethod, Value};

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
    let started: Vec<_> = (0..6).map(|task| pool.submit(task, at(task.into())).unwrap()).collect();
    assert_eq!(started, [Some(0), Some(1), Some(2), None, None, None]);
    // Three calls on ten threads start three.
    let pool = ThreadPool::new(10);
    assert_eq!((0..3).filter_map(|task| pool.submit(task, at(0)).unwrap()).collect::<Vec<_>>(), [0, 1, 2]);
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
    assert_eq!(pool.submit(0, at(0)), Ok(Some(0)));
    for task in 0..4 {
        assert_eq!(pool.next_or_idle(), Some(Work::Task(task, at(0))));
        assert_eq!(pool.next_or_idle(), None, "the queue is empty: idle from now on");
        assert_eq!(pool.submit(task + 1, at(0)), Ok(None), "the idle one will take it");
    }
    assert_eq!(pool.next(), Work::Task(4, at(0)));
    // A thread is idle once: the second of two submits needs another.
    assert_eq!(pool.next_or_idle(), None);
    assert_eq!((pool.submit(5, at(0)), pool.submit(6, at(0))), (Ok(None), Ok(Some(1))));
}

#[test]
fn a_thread_is_idle_only_when_it_found_the_queue_empty() {
    let pool = ThreadPool::new(4);
    assert_eq!((pool.submit(0, at(0)), pool.submit(1, at(0))), (Ok(Some(0)), Ok(Some(1))));
    // The first thread takes both calls: it never found the queue empty, and still a third submit starts a thread.
    assert_eq!(pool.next_or_idle(), Some(Work::Task(0, at(0))));
    assert_eq!(pool.next_or_idle(), Some(Work::Task(1, at(0))));
    assert_eq!(pool.submit(2, at(0)), Ok(Some(2)));
    // A blocking get alone makes nobody idle.
    assert_eq!(pool.next(), Work::Task(2, at(0)));
    assert_eq!(pool.submit(3, at(0)), Ok(Some(3)));
}

#[test]
fn a_thread_that_waits_is_woken_by_a_call_and_by_the_end() {
    let pool = Arc::new(ThreadPool::new(1));
    let waiting = Arc::clone(&pool);
    assert_eq!(blocks(move || waiting.next(), || assert_eq!(pool.submit(7, at(3)), Ok(Some(0)))), Work::Task(7, at(3)));
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
    assert_eq!(pool.submit(3, at(0)), Err(Refused::ShutDown));
    assert_eq!(Refused::ShutDown.exception().line(), "RuntimeError: cannot schedule new futures after shutdown");
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
    assert!(futures.set_running(0));
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

#[test]
fn a_future_can_be_cancelled_only_while_it_is_pending() {
    let futures = Futures::new(3);
    let done = Arc::new(Ok(Value::None));
    let cancelled: Arc<Result<Value, _>> = Arc::new(Err(Exception::new("CancelledError", "")));
    // Pending: yes, and again yes; its worker leaves it alone, and nothing can finish it.
    assert!(futures.cancel(0, at(5)) && futures.cancel(0, at(6)));
    assert_eq!(futures.state(0), FutureState::Cancelled(at(5)));
    assert_eq!((futures.outcome(0), futures.wait(0)), (Some((cancelled.clone(), at(5))), (cancelled.clone(), at(5))));
    assert!(!futures.set_finished(0, Arc::clone(&done), at(7)), "InvalidStateError");
    assert!(!futures.set_running(0), "whoever comes to it must not begin it");
    assert_eq!(futures.state(0), FutureState::CancelledAndNotified(at(5)));
    assert!(futures.cancel(0, at(8)) && !futures.set_running(0));
    assert_eq!(futures.outcome(0), Some((cancelled, at(5))));
    // Running: no. Finished: no.
    assert!(futures.set_running(1));
    assert_eq!((futures.cancel(1, at(5)), futures.state(1)), (false, FutureState::Running));
    assert!(futures.set_finished(1, Arc::clone(&done), at(9)));
    assert_eq!((futures.cancel(1, at(10)), futures.state(1)), (false, FutureState::Finished(done, at(9))));
    assert_eq!(futures.state(2), FutureState::Pending);
}

#[test]
fn futures_complete_in_the_order_in_which_they_are_done() {
    let futures = Arc::new(Futures::new(4));
    let done = || Arc::new(Ok(Value::None));
    assert_eq!(futures.completed(0), None);
    futures.set_finished(2, done(), at(1));
    futures.set_finished(0, done(), at(2));
    // Cancelling tells nobody who waits; that a worker came by does.
    futures.cancel(3, at(3));
    assert_eq!([0, 1, 2].map(|n| futures.completed(n)), [Some(2), Some(0), None]);
    let waiting = Arc::clone(&futures);
    assert_eq!(blocks(move || waiting.wait_completed(2), || assert!(!futures.set_running(3))), 3);
    let waiting = Arc::clone(&futures);
    assert_eq!(blocks(move || waiting.wait_completed(3), || assert!(futures.set_finished(1, done(), at(4)))), 1);
}

// ProcessPoolExecutor.

const ON_DEMAND: [StartMethod; 2] = [StartMethod::Forkserver, StartMethod::Spawn];

/// All that can go into the call queue goes, and nothing was cancelled.
fn fill(pool: &mut ProcessPool) -> Vec<u32> {
    pool.fill(|_| true)
}

#[test]
fn processes_start_on_demand() {
    for start_method in ON_DEMAND {
        let mut pool = ProcessPool::new(10, start_method);
        let started: Vec<_> = (0..3).map(|task| pool.submit(task).unwrap()).collect();
        assert_eq!((started, pool.started()), (vec![0..1, 1..2, 2..3], 3));
        let mut pool = ProcessPool::new(2, start_method);
        let started: Vec<_> = (0..5).map(|task| pool.submit(task).unwrap().len()).collect();
        assert_eq!((started, pool.started()), (vec![1, 1, 0, 0, 0], 2));
    }
}

#[test]
fn fork_starts_all_processes_at_the_first_submit() {
    let mut pool = ProcessPool::new(10, StartMethod::Fork);
    assert_eq!(pool.started(), 0, "none before");
    let started: Vec<_> = (0..3).map(|task| pool.submit(task).unwrap().len()).collect();
    assert_eq!((started, pool.started()), (vec![10, 0, 0], 10));
}

#[test]
fn the_call_queue_holds_one_call_more_than_there_are_workers() {
    // Eight long calls on two workers: three are RUNNING right after the submits, before any worker is up.
    let mut pool = ProcessPool::new(2, StartMethod::Forkserver);
    for task in 0..8 {
        let _ = pool.submit(task);
    }
    assert_eq!((fill(&mut pool), fill(&mut pool)), (vec![0, 1, 2], vec![]));
    pool.ready(0);
    pool.ready(1);
    assert_eq!([pool.take(), pool.take(), pool.take()], [Some((0, 0)), Some((1, 1)), None]);
    // The first result wakes the manager, which fills the queue: two that run and three more are RUNNING then.
    pool.finished(0);
    assert_eq!(fill(&mut pool), [3, 4]);
    assert_eq!(pool.take(), Some((0, 2)));
    assert_eq!(fill(&mut pool), [5]);
}

#[test]
fn what_is_in_the_call_queue_is_not_cancelled() {
    let mut pool = ProcessPool::new(2, StartMethod::Forkserver);
    let futures = Futures::new(8);
    for task in 0..8 {
        let _ = pool.submit(task);
    }
    let filled = pool.fill(|task| futures.set_running(task));
    let cancelled: Vec<bool> = (0..8).map(|task| futures.cancel(task, at(1))).collect();
    assert_eq!((filled, cancelled), (vec![0, 1, 2], [false, false, false, true, true, true, true, true].to_vec()));
    // Those that are cancelled leave the queue and are never called.
    pool.ready(0);
    assert_eq!(pool.take(), Some((0, 0)));
    assert_eq!(pool.fill(|task| futures.set_running(task)), [0; 0]);
    assert!((3..8).all(|task| futures.state(task) == FutureState::CancelledAndNotified(at(1))));
}

#[test]
fn a_shutdown_cancels_what_is_pending_and_refuses_what_comes() {
    let mut pool = ProcessPool::new(2, StartMethod::Forkserver);
    for task in 0..8 {
        let _ = pool.submit(task);
    }
    let _ = fill(&mut pool);
    assert_eq!((pool.shutdown(true), pool.is_done()), (vec![3, 4, 5, 6, 7], false));
    assert_eq!(pool.submit(8), Err(Refused::ShutDown));
    pool.ready(0);
    while let Some((worker, _)) = pool.take() {
        pool.finished(worker);
    }
    assert!(pool.is_done());
    // Without that it only takes no more.
    let mut pool = ProcessPool::new(2, StartMethod::Forkserver);
    let _ = (pool.submit(0), pool.submit(1));
    assert_eq!((pool.shutdown(false), pool.submit(2), fill(&mut pool)), (vec![], Err(Refused::ShutDown), vec![0, 1]));
}

#[test]
fn a_process_gets_a_call_when_it_is_up_and_calls_go_out_in_order() {
    let mut pool = ProcessPool::new(2, StartMethod::Forkserver);
    for task in 0..4 {
        let _ = pool.submit(task);
    }
    let _ = fill(&mut pool);
    assert_eq!(pool.take(), None, "none is up");
    pool.ready(1);
    assert_eq!((pool.take(), pool.take()), (Some((1, 0)), None), "the first that is up gets the first call");
    pool.ready(0);
    assert_eq!((pool.take(), pool.take()), (Some((0, 1)), None));
    assert_eq!((pool.call_of(0), pool.call_of(1), pool.call_of(2)), (Some(1), Some(0), None));
    pool.finished(0);
    let _ = fill(&mut pool);
    assert_eq!((pool.call_of(0), pool.take()), (None, Some((0, 2))));
    pool.finished(0);
    pool.finished(1);
    let left = [pool.take(), pool.take()];
    assert_eq!(left, [Some((0, 3)), None], "one call is left");
}

#[test]
fn a_process_is_idle_for_each_call_that_it_has_ended() {
    let mut pool = ProcessPool::new(4, StartMethod::Spawn);
    let submit = |pool: &mut ProcessPool, task| {
        let started = pool.submit(task).unwrap().len();
        let _ = fill(pool);
        started
    };
    // Four calls, one after the other: one process.
    assert_eq!(submit(&mut pool, 0), 1);
    pool.ready(0);
    for task in 0..4 {
        assert_eq!(pool.take(), Some((0, task)));
        pool.finished(0);
        assert_eq!(submit(&mut pool, task + 1), 0);
    }
    assert_eq!(pool.started(), 1);
    // The semaphore counts calls that have ended, not processes: two calls of one process save two starts.
    assert_eq!(pool.take(), Some((0, 4)));
    assert_eq!(submit(&mut pool, 5), 1, "it is busy");
    pool.finished(0);
    assert_eq!(pool.take(), Some((0, 5)));
    pool.finished(0);
    assert_eq!([6, 7, 8].map(|task| submit(&mut pool, task)), [0, 0, 1]);
}

#[test]
fn a_process_that_dies_takes_all_unfinished_calls_with_it() {
    let mut pool = ProcessPool::new(2, StartMethod::Forkserver);
    for task in 0..8 {
        let _ = pool.submit(task);
    }
    let _ = fill(&mut pool);
    pool.ready(0);
    pool.ready(1);
    let _ = (pool.take(), pool.take());
    pool.finished(1);
    assert_eq!(pool.take(), Some((1, 2)));
    assert!(!pool.is_broken());
    assert_eq!(pool.died(), [0, 2, 3, 4, 5, 6, 7], "begun, queued and pending, and not the one that has ended");
    assert_eq!((pool.take(), pool.died(), pool.call_of(0), pool.is_broken()), (None, vec![], None, true));
    pool.ready(0);
    assert_eq!((pool.submit(8), pool.take()), (Err(Refused::Broken), None), "nobody is up any more");
    assert_eq!(
        Refused::Broken.exception().line(),
        "BrokenProcessPool: A child process terminated abruptly, the process pool is not usable anymore"
    );
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
