//! The surroundings of a run on the host: the machine's clock, real sleep, threads for processes; and what the tests
//! of a machine that others disturb need.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use gilscope::gil::Gil;
use gilscope::host::{Alarm, Host, Pause, Processes, Said, Why};
use gilscope::method::crossing::{self, Call};
use gilscope::method::threads::Threads;
use gilscope::method::{Run, event_loop, lanes, processes, sequential};
use gilscope::presets;
use gilscope::time::Time;
use gilscope::trace::{Batch, End, Environment, Event, Recorder, Shown, Trace};
use gilscope::workload::{Calibration, Method, Plan, Request, RequestError};

/// The number of the main process.
/// The plan that was run.
pub fn plan(trace: &Trace) -> &Plan {
    trace.plan().expect("a workload was run")
}

pub const PID: u32 = 4700;

/// Parses a request about an example or a workload.
pub fn request(json: &str) -> Result<Request, RequestError> {
    let ids: Vec<_> = presets::examples().iter().map(|example| example.id).collect();
    Request::parse(json, |id| presets::example(id).map(|example| example.workload), &ids)
}

/// How fast this machine computes: measured once for all tests.
pub fn calibration() -> Calibration {
    static MEASURED: OnceLock<Calibration> = OnceLock::new();
    *MEASURED.get_or_init(|| {
        let began = Instant::now();
        Calibration::measure(|| Time::after(began.elapsed()))
    })
}

/// Runs a request to its end, for real.
pub fn run(json: &str) -> Trace {
    run_on(&Setup::default(), json).trace
}

/// What a test chooses of a run's surroundings.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The machine's cores, as the plan is told.
    pub cores: u32,
    /// By how much computing that is asked for in seconds is shortened.
    pub computing: f64,
    /// The smallest step of the clock.
    pub resolution: Duration,
    /// By how much the clock of every second thread is ahead.
    pub skew: Duration,
    /// What goes wrong in a process.
    pub fault: Option<Fault>,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup { cores: 2, computing: 1.0, resolution: Duration::from_nanos(1), skew: Duration::ZERO, fault: None }
    }
}

/// What goes wrong in a process of a pool.
#[derive(Clone, Debug)]
pub struct Fault {
    /// When.
    pub when: When,
    /// What it does then.
    pub does: Does,
}

/// When something goes wrong in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// When this worker should have come up.
    Starting(u32),
    /// When a worker, whichever it is, should have answered the call of this task.
    Task(u32),
}

/// What a process does that goes wrong.
#[derive(Clone, Debug)]
pub enum Does {
    /// It dies, with these last words.
    Dies(&'static str),
    /// It answers this.
    Answers(Vec<u8>),
}

/// A run that has ended.
#[derive(Debug)]
pub struct Ended {
    /// What happened.
    pub trace: Trace,
    /// The same as it was recorded: in order within each lane.
    pub events: Vec<Event>,
    /// What broke the pool, if something did.
    pub broken: Option<String>,
    /// How often it came by a point at which it could have been stopped.
    pub stop_points: u64,
}

/// Tests that run beside each other take this for reading; one that measures takes it for writing, and is alone.
static MACHINE: RwLock<()> = RwLock::new(());

/// Runs a request to its end in surroundings of the test's choice.
pub fn run_on(setup: &Setup, json: &str) -> Ended {
    let _others = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    run_in_time(setup, json)
}

/// Like [`run_on`], while no other run of these tests disturbs it.
pub fn run_alone(setup: &Setup, json: &str) -> Ended {
    let _alone = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
    run_in_time(setup, json)
}

/// The longest run of these tests takes a few seconds.
fn run_in_time(setup: &Setup, json: &str) -> Ended {
    let (setup, json) = (setup.clone(), json.to_owned());
    within(60, move || run_to_the_end(&setup, &json))
}

fn run_to_the_end(setup: &Setup, json: &str) -> Ended {
    let request = request(json).expect("a right request");
    let calibration = Calibration { divisions_per_second: calibration().divisions_per_second * setup.computing };
    let plan = Arc::new(Plan::new(&request, setup.cores, calibration));
    let infos = lanes::lanes(&plan, PID);
    let recorder = Arc::new(Recorder::new(lanes::threads(&plan)));
    let machine = Arc::new(Machine::new(setup, Arc::clone(&recorder)));
    let run = Run { plan: Arc::clone(&plan), host: machine.clone(), recorder };
    let mut broken = None;
    let mut batches = Vec::new();
    match plan.method {
        Method::Sequential => sequential::run(&run),
        Method::Threads | Method::ThreadsFree | Method::Interpreters => {
            let threads = Threads::new(run);
            broadcast(Threads::seats(&plan), &|seat| threads.enter(seat));
        }
        Method::Processes => {
            let pool = ThreadProcesses::new(Arc::clone(&plan), Arc::clone(&machine), setup.fault.clone());
            broken = pollster::block_on(processes::run(&run, &pool));
            batches = std::mem::take(&mut *lock(&pool.batches));
        }
        Method::Asyncio => {
            let pause = Parked { state: Arc::default(), machine: Arc::clone(&machine) };
            if plan.to_thread() {
                let gil = Arc::new(Gil::new(plan.switch_interval));
                let threads = Arc::new(Threads::behind_loop(run.clone(), Arc::clone(&gil), pause.alarm()));
                let behind = Mutex::new(Some(event_loop::Behind { gil, threads: Arc::clone(&threads) }));
                broadcast(Threads::seats(&plan), &|seat| match seat.checked_sub(1) {
                    Some(worker) => threads.worker(worker as u32),
                    None => {
                        let behind = lock(&behind).take();
                        pollster::block_on(event_loop::run(&run, &pause, behind));
                    }
                });
            } else {
                pollster::block_on(event_loop::run(&run, &pause, None));
            }
        }
    }
    machine.take();
    let mut own = std::mem::take(&mut *lock(&machine.taken));
    let environment = Environment {
        clock_resolution_nanos: (setup.resolution + setup.skew).as_nanos() as u64,
        ..Environment::default()
    };
    let mut trace = Trace::new(plan, environment, infos);
    let mut events = Vec::new();
    if !batches.is_empty() {
        // A process's lane has two writers, its parent before it is up and after it died: what came first goes first.
        batches.splice(0..0, own.split_off(0));
        let outcomes = batches.iter_mut().flat_map(|batch| std::mem::take(&mut batch.outcomes)).collect();
        let mut events: Vec<Event> = batches.drain(..).flat_map(|batch| batch.events).collect();
        events.sort_by_key(|event| (event.lane, event.at));
        batches.push(Batch { events, outcomes });
    }
    for batch in own.into_iter().chain(batches) {
        // By way of the bytes, as in the browser.
        let crossed = Event::from_bytes(&Event::to_bytes(&batch.events)).expect("events");
        trace.absorb(&crossed, batch.outcomes.iter().map(|(task, outcome)| (*task, Shown::outcome(outcome))));
        events.extend(crossed);
    }
    let end = trace.horizon();
    trace.finish(end, End::Complete);
    Ended { trace, events, broken, stop_points: machine.stop_points.load(Ordering::Relaxed) }
}

/// Calls `enter` once on each of `seats` threads of a rayon pool.
fn broadcast(seats: usize, enter: &(dyn Fn(usize) + Sync)) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(seats).build().expect("a pool");
    pool.broadcast(|context| enter(context.index()));
}

/// What `f` returns; fails when it takes far longer than it can in any right program. A test must not hang.
pub fn within<T: Send + 'static>(seconds: u64, f: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, result) = channel();
    let thread = thread::spawn(move || drop(send.send(f())));
    match result.recv_timeout(Duration::from_secs(seconds)) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => panic!("still not done after {seconds} s: it hangs"),
        Err(RecvTimeoutError::Disconnected) => match thread.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) => unreachable!("a thread that ended without a result has panicked"),
        },
    }
}

/// Calls `f` for each of these, all at once: for runs that mostly sleep.
pub fn at_once<T: Send>(items: impl IntoIterator<Item = T>, f: impl Fn(T) + Sync) {
    thread::scope(|scope| {
        let threads: Vec<_> = items.into_iter().map(|item| scope.spawn(|| f(item))).collect();
        for thread in threads {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
}

/// For what others on the machine can spoil, but nobody can bring about: tries up to five times.
///
/// A right program passes unless it is disturbed five times in a row; a wrong one never passes. What holds in every
/// run, however disturbed, is not to be tested by this.
pub fn undisturbed(mut attempt: impl FnMut() -> Result<(), String>) {
    let mut spoilt = Vec::new();
    for _ in 0..5 {
        match attempt() {
            Ok(()) => return,
            Err(how) => spoilt.push(how),
        }
    }
    panic!("not once in five times:\n{}", spoilt.join("\n"));
}

/// The machine, to a run: its clock, its sleep, and the one reader of the run's recorder.
#[derive(Debug)]
struct Machine {
    began: Instant,
    resolution: Duration,
    skew: Duration,
    stop_points: Arc<AtomicU64>,
    recorder: Arc<Recorder>,
    taken: Mutex<Vec<Batch>>,
}

impl Machine {
    fn new(setup: &Setup, recorder: Arc<Recorder>) -> Machine {
        let Setup { resolution, skew, .. } = *setup;
        Machine {
            began: Instant::now(),
            resolution,
            skew,
            stop_points: Arc::default(),
            recorder,
            taken: Mutex::default(),
        }
    }

    /// The same machine to a process, which has a recorder of its own.
    fn of_process(&self, recorder: Arc<Recorder>) -> Machine {
        let Machine { began, resolution, skew, .. } = *self;
        let stop_points = Arc::clone(&self.stop_points);
        Machine { began, resolution, skew, stop_points, recorder, taken: Mutex::default() }
    }

    /// Empties the rings. The lock is held meanwhile: a recorder has one reader at a time.
    fn take(&self) {
        let mut taken = lock(&self.taken);
        taken.push(self.recorder.take());
    }
}

impl Host for Machine {
    fn now(&self) -> Time {
        thread_local! {
            static IS_AHEAD: bool = {
                static THREADS: AtomicU64 = AtomicU64::new(0);
                THREADS.fetch_add(1, Ordering::Relaxed).is_multiple_of(2)
            };
        }
        let skew = if IS_AHEAD.with(|is_ahead| *is_ahead) { self.skew } else { Duration::ZERO };
        let (now, step) = ((self.began.elapsed() + skew).as_nanos(), self.resolution.as_nanos());
        Time::from_nanos((now - now % step) as u64)
    }
    fn sleep(&self, duration: Duration) {
        thread::sleep(duration);
    }
    fn hand_over(&self, why: Why) {
        if why == Why::Full {
            self.take();
        }
    }
    fn stop_point(&self) {
        self.stop_points.fetch_add(1, Ordering::Relaxed);
    }
}

/// An event loop's wait, by parking its thread.
#[derive(Clone, Debug)]
struct Parked {
    state: Arc<(Mutex<bool>, Condvar)>,
    machine: Arc<Machine>,
}

impl Alarm for Parked {
    fn ring(&self) {
        *lock(&self.state.0) = true;
        self.state.1.notify_all();
    }
}

impl Pause for Parked {
    async fn until(&self, deadline: Option<Time>) {
        let (rung, changed) = &*self.state;
        let mut rung = lock(rung);
        while !*rung {
            match deadline.map(|deadline| deadline.since(self.machine.now())) {
                Some(Duration::ZERO) => break,
                Some(left) => rung = changed.wait_timeout(rung, left).unwrap().0,
                None => rung = changed.wait(rung).unwrap(),
            }
        }
        *rung = false;
    }

    fn alarm(&self) -> Box<dyn Alarm> {
        Box::new(self.clone())
    }
}

/// A call on its way, and when it was sent.
type Sent = (Time, Vec<u8>);

/// Processes as threads: each has a plan and a recorder of its own, and gets nothing but bytes, by a channel.
struct ThreadProcesses {
    plan: Arc<Plan>,
    machine: Arc<Machine>,
    fault: Option<Fault>,
    calls: RefCell<Vec<Sender<Sent>>>,
    say: Sender<Said>,
    said: Receiver<Said>,
    batches: Arc<Mutex<Vec<Batch>>>,
    /// When all were ended: what they did later is not heard of.
    terminated: Arc<Mutex<Option<Time>>>,
}

impl ThreadProcesses {
    fn new(plan: Arc<Plan>, machine: Arc<Machine>, fault: Option<Fault>) -> ThreadProcesses {
        let (say, said) = channel();
        let (calls, batches, terminated) = (RefCell::default(), Arc::default(), Arc::default());
        ThreadProcesses { plan, machine, fault, calls, say, said, batches, terminated }
    }
}

impl Processes for ThreadProcesses {
    fn start(&self, worker: u32) {
        let (send, calls) = channel::<Sent>();
        self.calls.borrow_mut().push(send);
        let plan = Arc::new(self.plan.as_ref().clone());
        let recorder = Arc::new(Recorder::new(1));
        let machine = Arc::new(self.machine.of_process(Arc::clone(&recorder)));
        let run = Run { plan, host: machine.clone(), recorder };
        let (say, batches, started) = (self.say.clone(), Arc::clone(&self.batches), machine.now());
        let terminated = Arc::clone(&self.terminated);
        let fault = self.fault.clone();
        thread::spawn(move || {
            let wrong = |when: When| fault.as_ref().filter(|fault| fault.when == when).map(|fault| fault.does.clone());
            let speak = |right: &dyn Fn() -> Said, does: Option<Does>| match does {
                None => (right(), true),
                Some(Does::Dies(reason)) => (Said::Died { worker, reason: reason.to_owned() }, false),
                Some(Does::Answers(answer)) => (Said::Result { worker, answer }, true),
            };
            let hand_over = || {
                machine.take();
                let terminated = *lock(&terminated);
                let mut taken = std::mem::take(&mut *lock(&machine.taken));
                for batch in &mut taken {
                    batch.events.retain(|event| terminated.is_none_or(|terminated| event.at <= terminated));
                }
                lock(&batches).append(&mut taken);
            };
            let process = processes::Worker::new(run, worker, started);
            hand_over();
            let (mut said, mut lives) = speak(&|| Said::Ready { worker }, wrong(When::Starting(worker)));
            while say.send(said).is_ok() && lives {
                let Ok((sent, call)) = calls.recv() else { break };
                let answer = || {
                    let answer = process.call(&call, sent);
                    hand_over();
                    answer.map_or(Said::Exited { worker }, |answer| Said::Result { worker, answer })
                };
                let calls = crossing::from_bytes::<Vec<Call>>(&call).unwrap_or_default();
                let task = calls.first().map_or(u32::MAX, |call| call.task);
                (said, lives) = speak(&answer, wrong(When::Task(task)));
                lives &= !matches!(said, Said::Exited { .. });
            }
        });
    }

    fn send(&self, worker: u32, call: Vec<u8>) {
        // That the worker is dead its parent may not have heard yet: then nobody gets the call.
        let sent = self.machine.now();
        let _ = self.calls.borrow()[worker as usize].send((sent, call));
    }

    async fn next(&self, deadline: Option<Time>) -> Option<Said> {
        match deadline.map(|deadline| deadline.since(self.machine.now())) {
            Some(left) => self.said.recv_timeout(left).ok(),
            None => Some(self.said.recv().expect("this pool can speak too")),
        }
    }

    fn terminate(&self) {
        lock(&self.terminated).get_or_insert(self.machine.now());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
