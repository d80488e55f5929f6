//! Striking behaviours of Python, as programs that the Python engine runs as they stand: each a file in `programs/`.

/// A Python program that a reader can choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// The name in requests and in the page's address.
    pub id: &'static str,
    /// What readers see in the list.
    pub title: &'static str,
    /// What to look at.
    pub about: &'static str,
    /// Whether it is shown with the GIL first.
    pub gil: bool,
    /// The program.
    pub source: &'static str,
}

/// All programs, in the order of the list: futures, threads, processes, asyncio.
pub const PROGRAMS: &[Program] = &[
    Program {
        id: "exceptions",
        title: "Exceptions, and who sees them",
        about: "Three calls raise: one is asked for its result, one is not asked, one has no future. Look at which of \
                the three you would have heard of.",
        gil: true,
        source: include_str!("programs/exceptions.py"),
    },
    Program {
        id: "cancel",
        title: "cancel() and shutdown(cancel_futures=True)",
        about: "Eight calls on two workers: look at which bars never appear. What runs cannot be cancelled, what waits \
                can.",
        gil: true,
        source: include_str!("programs/cancel.py"),
    },
    Program {
        id: "map-as-completed",
        title: "map() against as_completed()",
        about: "The same three calls twice: look at when each result is printed. map() keeps the order of the \
                arguments, so a slow first call holds up the others; as_completed() gives what is done.",
        gil: true,
        source: include_str!("programs/map_as_completed.py"),
    },
    Program {
        id: "pool-of-one",
        title: "A pool of one that waits for itself",
        about: "The only worker waits for a call that only it could run: look at when inner() is called at last.",
        gil: true,
        source: include_str!("programs/pool_of_one.py"),
    },
    Program {
        id: "deadlock",
        title: "A deadlock of two locks",
        about: "Two threads take the same two locks in opposite orders: look at what both bars wait for, for ever. \
                The run notices, says so and ends.",
        gil: true,
        source: include_str!("programs/deadlock.py"),
    },
    Program {
        id: "race",
        title: "A race without a lock",
        about: "Three threads add to one number. Look at what is counted free-threaded, then choose “with the GIL” and \
                run it again: the loss is gone, by luck and not by promise.",
        gil: false,
        source: include_str!("programs/race.py"),
    },
    Program {
        id: "convoy",
        title: "A convoy behind the GIL",
        about: "A thread that waits for 5 ms at a time, alone and beside one that computes: look at how it comes back \
                about a switch interval late each time. Free-threaded it does not.",
        gil: true,
        source: include_str!("programs/convoy.py"),
    },
    Program {
        id: "switch-interval",
        title: "The switch interval: 0.5, 5 and 50 ms",
        about: "Two threads compute, three times: zoom in and look at how long each holds the GIL before the other gets \
                it.",
        gil: true,
        source: include_str!("programs/switch_interval.py"),
    },
    Program {
        id: "chunksize",
        title: "chunksize: calls in parcels",
        about: "Two hundred tiny calls to processes, one by one and in parcels of fifty: look at how much shorter the \
                second half is.",
        gil: true,
        source: include_str!("programs/chunksize.py"),
    },
    Program {
        id: "pickling",
        title: "Pickling that costs more than the work",
        about: "One list is summed by a process and by a thread: look at how much longer the process takes, because the \
                list has to be copied to it.",
        gil: true,
        source: include_str!("programs/pickling.py"),
    },
    Program {
        id: "dead-worker",
        title: "A worker that dies",
        about: "One of two processes ends in the middle of its call: look at how the other one is ended too, and all \
                calls are lost.",
        gil: true,
        source: include_str!("programs/dead_worker.py"),
    },
    Program {
        id: "task-group",
        title: "A TaskGroup that cancels",
        about: "Three coroutines belong together: look at what becomes of c when b fails, long before c is due.",
        gil: true,
        source: include_str!("programs/task_group.py"),
    },
    Program {
        id: "semaphore",
        title: "A Semaphore(4)",
        about: "Twelve coroutines start at once, and a semaphore lets four in: look at the three waves.",
        gil: true,
        source: include_str!("programs/semaphore.py"),
    },
    Program {
        id: "blocking-call",
        title: "A blocking call in a coroutine, and its cure",
        about: "A ticker beside time.sleep() in a coroutine, then beside the same call in asyncio.to_thread(): look at \
                how often it ticks.",
        gil: true,
        source: include_str!("programs/blocking_call.py"),
    },
];

/// The program of that id.
#[must_use]
pub fn program(id: &str) -> Option<&'static Program> {
    PROGRAMS.iter().find(|program| program.id == id)
}
