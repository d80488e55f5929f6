//! The surroundings of a run on the host: the machine's clock, real sleep, threads for processes.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use gilscope::gil::Gil;
use gilscope::host::{Alarm, Host, Pause, Processes, Said, Why};
use gilscope::method::threads::Threads;
use gilscope::method::{Run, event_loop, lanes, processes, sequential};
use gilscope::presets;
use gilscope::time::Time;
use gilscope::trace::{Batch, End, Environment, Event, Recorder, Shown, Trace};
use gilscope::workload::{Calibration, Method, Plan, Request};

#[derive(Debug)]
pub struct Machine {
    began: Instant,
    /// Batches that lanes hand over themselves, where no other thread empties the rings.
    recorder: Mutex<Option<Arc<Recorder>>>,
    taken: Mutex<Vec<Batch>>,
}

impl Host for Machine {
    fn now(&self) -> Time {
        Time::after(self.began.elapsed())
    }
    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
    fn hand_over(&self, why: Why) {
        if why == Why::Full {
            let recorder = self.recorder.lock().unwrap().clone();
            let batch = recorder.map(|recorder| recorder.take()).unwrap_or_default();
            self.taken.lock().unwrap().push(batch);
        }
    }
}

/// Parses a request about an example or a workload.
pub fn request(json: &str) -> Result<Request, gilscope::workload::RequestError> {
    let ids: Vec<_> = presets::examples().iter().map(|example| example.id).collect();
    Request::parse(json, |id| presets::example(id).map(|example| example.workload), &ids)
}

pub fn calibration() -> Calibration {
    let began = Instant::now();
    Calibration::measure(|| Time::after(began.elapsed()))
}

pub const PID: u32 = 4700;

/// Runs a request to its end, for real.
pub fn run(json: &str) -> Trace {
    let request = request(json).expect("a right request");
    let plan = Arc::new(Plan::new(&request, 2, calibration()));
    let infos = lanes::lanes(&plan, PID);
    let recorder = Arc::new(Recorder::new(0, infos.len()));
    let machine = Arc::new(Machine {
        began: Instant::now(),
        recorder: Mutex::new(Some(Arc::clone(&recorder))),
        taken: Mutex::default(),
    });
    let run = Run { plan: Arc::clone(&plan), host: machine.clone(), recorder: Arc::clone(&recorder) };
    let mut other = Vec::new();
    match plan.method {
        Method::Sequential => sequential::run(&run),
        Method::Threads | Method::ThreadsFree | Method::Interpreters => {
            let threads = Threads::new(run);
            broadcast(Threads::seats(&plan), &|seat| threads.enter(seat));
        }
        Method::Processes => {
            let pool = ThreadProcesses::new(&request, machine.clone());
            pollster::block_on(processes::run(&run, &pool));
            other = std::mem::take(&mut *pool.events.lock().unwrap());
        }
        Method::Asyncio => {
            let pause = Parked::default();
            if plan.to_thread() {
                let gil = Arc::new(Gil::new(plan.switch_interval));
                let threads = Arc::new(Threads::behind_loop(run.clone(), Arc::clone(&gil), pause.alarm()));
                let behind = event_loop::Behind { gil, threads: Arc::clone(&threads) };
                let behind = Mutex::new(Some(behind));
                broadcast(Threads::seats(&plan), &|seat| match seat.checked_sub(1) {
                    Some(worker) => threads.worker(worker as u32),
                    None => pollster::block_on(event_loop::run(&run, &pause_with(&pause, &machine), behind.lock().unwrap().take())),
                });
            } else {
                pollster::block_on(event_loop::run(&run, &pause_with(&pause, &machine), None));
            }
        }
    }
    let mut trace = Trace::new(plan, Environment::default(), infos);
    let batches = std::mem::take(&mut *machine.taken.lock().unwrap());
    for batch in batches.into_iter().chain([recorder.take()]) {
        absorb(&mut trace, batch);
    }
    for batch in other {
        absorb(&mut trace, batch);
    }
    let end = trace.horizon();
    trace.finish(end, End::Complete);
    trace
}

fn absorb(trace: &mut Trace, batch: Batch) {
    // By way of the bytes, as in the browser.
    let events = Event::from_bytes(&Event::to_bytes(&batch.events)).expect("events");
    trace.absorb(&events, batch.outcomes.iter().map(|(task, outcome)| (*task, Shown::outcome(outcome))));
}

/// Calls `enter` once on each of `seats` threads of a rayon pool.
fn broadcast(seats: usize, enter: &(dyn Fn(usize) + Sync)) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(seats).build().expect("a pool");
    pool.broadcast(|context| enter(context.index()));
}

/// An event loop's wait, by parking its thread.
#[derive(Debug, Default, Clone)]
pub struct Parked(Arc<(Mutex<bool>, Condvar)>);

struct ParkedOn<'a>(&'a Parked, &'a Machine);

fn pause_with<'a>(parked: &'a Parked, machine: &'a Machine) -> ParkedOn<'a> {
    ParkedOn(parked, machine)
}

impl Parked {
    fn alarm(&self) -> Box<dyn Alarm> {
        Box::new(self.clone())
    }
}

impl Alarm for Parked {
    fn ring(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }
}

impl Pause for ParkedOn<'_> {
    async fn until(&self, deadline: Option<Time>) {
        let (rung, changed) = &*self.0.0;
        let mut rung = rung.lock().unwrap();
        while !*rung {
            match deadline.map(|deadline| deadline.since(self.1.now())) {
                Some(Duration::ZERO) => break,
                Some(left) => rung = changed.wait_timeout(rung, left).unwrap().0,
                None => rung = changed.wait(rung).unwrap(),
            }
        }
        *rung = false;
    }

    fn alarm(&self) -> Box<dyn Alarm> {
        self.0.alarm()
    }
}

/// Processes as threads with a plan and a recorder of their own, that get bytes by a channel.
struct ThreadProcesses {
    request: Request,
    machine: Arc<Machine>,
    calls: RefCell<Vec<Sender<Vec<u8>>>>,
    say: Sender<Said>,
    said: Receiver<Said>,
    events: Arc<Mutex<Vec<Batch>>>,
    /// Kills a worker when it gets its first call.
    pub kill: AtomicBool,
}

impl ThreadProcesses {
    fn new(request: &Request, machine: Arc<Machine>) -> ThreadProcesses {
        let (say, said) = channel();
        ThreadProcesses {
            request: request.clone(),
            machine,
            calls: RefCell::default(),
            say,
            said,
            events: Arc::default(),
            kill: AtomicBool::new(false),
        }
    }
}

impl Processes for ThreadProcesses {
    fn start(&self, worker: u32) {
        let (send, calls) = channel::<Vec<u8>>();
        self.calls.borrow_mut().push(send);
        let plan = Arc::new(Plan::new(&self.request, 2, calibration()));
        let lane = lanes::first_worker(&plan) + worker as u16;
        let recorder = Arc::new(Recorder::new(lane, 1));
        let run = Run { plan, host: self.machine.clone(), recorder: Arc::clone(&recorder) };
        let (say, events, started) = (self.say.clone(), Arc::clone(&self.events), self.machine.now());
        let kill = self.kill.load(Ordering::Relaxed);
        std::thread::spawn(move || {
            let process = processes::Worker::new(run, worker, started);
            let mut said = Said::Ready { worker };
            while say.send(said).is_ok() {
                let Ok(call) = calls.recv() else { break };
                if kill {
                    let _ = say.send(Said::Died { worker, reason: "killed".to_owned() });
                    break;
                }
                let answer = process.call(&call, Time::ZERO);
                events.lock().unwrap().push(recorder.take());
                said = Said::Result { worker, answer };
            }
        });
    }

    fn send(&self, worker: u32, call: Vec<u8>) {
        self.calls.borrow()[worker as usize].send(call).expect("the worker lives");
    }

    async fn next(&self) -> Said {
        self.said.recv().expect("a worker lives")
    }
}
