//! What processes share: pipes, semaphores and each other's ends. Memories are not shared between processes, so this lies
//! in a `SharedArrayBuffer` of its own that every worker of a run is given, and is reached through JavaScript's Atomics.
//! A thread that waits here blocks, as in an operating system; no event loop takes part.
//!
//! All that waits for one of several things waits for the counter [`CHANGES`], which every change counts up.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};

use js_sys::{Atomics, Int32Array, JsString, SharedArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;

pub mod blocks;

/// Counts changes.
const CHANGES: u32 = 0;
/// How many processes the run has had, the main one not counted.
const PROCESSES: u32 = 1;

/// Counts all that may let a process go on that waits for another one.
const MOVES: u32 = 2;

/// Where the search for a free pipe and for a free semaphore goes on: a number that was just given back is the last one to
/// be used again, for a killed process that does not know it yet may still look at it.
const NEXT_PIPE: u32 = 4;
const NEXT_SEMAPHORE: u32 = 5;

/// Processes: two words each, state and exit code. A number is used once.
const MOST_PROCESSES: u32 = 1024;
const PROCESS: u32 = 16;
const RUNNING: i32 = 1;
const ENDED: i32 = 2;

/// Semaphores: how many processes have it, value; two words are free.
const MOST_SEMAPHORES: u32 = 2048;
const SEMAPHORE: u32 = PROCESS + 2 * MOST_PROCESSES;

/// Pipes: in use, bytes read, bytes written; then who has the reading end and who the writing one, a word for each: the
/// process's number plus one, and in the upper half how often it has it.
const MOST_PIPES: u32 = 512;
const OWNERS: u32 = 128;
const PIPE_WORDS: u32 = 4 + 2 * OWNERS;
const PIPE: u32 = SEMAPHORE + 4 * MOST_SEMAPHORES;
/// What a pipe holds, as in Linux: a power of two.
const CAPACITY: u32 = 1 << 16;
const DATA: u32 = 4 * (blocks::BLOCK + blocks::MOST_BLOCKS * blocks::BLOCK_WORDS);
/// What processes share as memory, after what the pipes hold.
const MEMORY: u32 = DATA + MOST_PIPES * CAPACITY;
const SIZE: u32 = MEMORY + blocks::MOST_BYTES;

/// The closing of an end changes no word that its other end waits for, and may be told in the moment before it waits: so
/// it looks again after so many milliseconds.
const LOOK_AGAIN: Option<f64> = Some(50.0);

struct View {
    buffer: SharedArrayBuffer,
    words: Int32Array,
    bytes: Uint8Array,
}

thread_local! {
    static VIEW: RefCell<Option<View>> = const { RefCell::new(None) };
}

/// Takes the buffer that this worker was given, or makes it for a run.
pub fn open(given: JsValue) {
    let buffer = given.dyn_into().unwrap_or_else(|_| SharedArrayBuffer::new(SIZE));
    let view = View { words: Int32Array::new(&buffer), bytes: Uint8Array::new(&buffer), buffer };
    VIEW.with(|own| *own.borrow_mut() = Some(view));
}

/// The buffer, to be given to another worker.
pub fn buffer() -> JsValue {
    VIEW.with(|view| view.borrow().as_ref().map_or(JsValue::NULL, |view| view.buffer.clone().into()))
}

fn with<T>(use_it: impl FnOnce(&View) -> T) -> T {
    VIEW.with(|view| use_it(view.borrow().as_ref().expect("every worker opens the kernel first")))
}

// Atomics fail only for wrong places and arrays.
fn load(place: u32) -> i32 {
    with(|view| Atomics::load(&view.words, place).unwrap_throw())
}

fn store(place: u32, value: i32) {
    with(|view| Atomics::store(&view.words, place, value).unwrap_throw());
}

fn add(place: u32, value: i32) -> i32 {
    with(|view| Atomics::add(&view.words, place, value).unwrap_throw())
}

fn exchange_if(place: u32, expected: i32, new: i32) -> bool {
    with(|view| Atomics::compare_exchange(&view.words, place, expected, new).unwrap_throw() == expected)
}

fn notify(place: u32) {
    with(|view| Atomics::notify(&view.words, place).unwrap_throw());
}

/// Waits until somebody notifies, unless the word is another one already; at the most so many milliseconds.
fn wait(place: u32, expected: i32, millis: Option<f64>) {
    let how: JsString = with(|view| match millis {
        Some(millis) => Atomics::wait_with_timeout(&view.words, place, expected, millis.max(0.0)),
        None => Atomics::wait(&view.words, place, expected),
    })
    .unwrap_throw();
    drop(how);
}

/// Which process this memory is.
static OWN: AtomicU32 = AtomicU32::new(0);

/// This memory is that process, from now on.
pub fn is(process: u32) {
    OWN.store(process, Ordering::Relaxed);
}

fn own() -> u32 {
    OWN.load(Ordering::Relaxed)
}

/// A process that was killed goes no further: its workers live on for up to some seconds, and what it had is others' now.
fn live() {
    let state = PROCESS + 2 * own();
    while load(state) == ENDED {
        wait(state, ENDED, None);
    }
}

/// The first of them that takes it, from where the last search ended.
fn take_next(next: u32, count: u32, take: impl Fn(u32) -> bool) -> Option<u32> {
    let from = load(next) as u32;
    let found = (0..count).map(|i| (from + i) % count).find(|number| take(*number))?;
    store(next, (found + 1) as i32);
    Some(found)
}

fn changed() {
    add(MOVES, 1);
    add(CHANGES, 1);
    notify(CHANGES);
}

/// How many changes there have been.
pub fn changes() -> i32 {
    load(CHANGES)
}

/// How often something happened that may let a process go on.
pub fn moves() -> i32 {
    load(MOVES)
}

/// Blocks until there have been more changes than `seen`; at the most so many milliseconds.
pub fn wait_for_change(seen: i32, millis: Option<f64>) {
    wait(CHANGES, seen, millis);
    live();
}

/// A number for a new process; none if there have been too many.
pub fn new_process() -> Option<u32> {
    live();
    let number = add(PROCESSES, 1) as u32 + 1;
    (number < MOST_PROCESSES).then(|| {
        store(PROCESS + 2 * number, RUNNING);
        number
    })
}

/// A process's exit code, if it has ended.
pub fn exit_code(number: u32) -> Option<i32> {
    (load(PROCESS + 2 * number) == ENDED).then(|| load(PROCESS + 2 * number + 1))
}

/// A process has ended: its ends of pipes are closed. What comes first counts.
pub fn process_ended(number: u32, code: i32) {
    let state = PROCESS + 2 * number;
    if load(state) == ENDED {
        return;
    }
    store(state + 1, code);
    store(state, ENDED);
    for pipe in (0..MOST_PIPES).filter(|pipe| load(place(*pipe)) != 0) {
        for owner in 0..2 * OWNERS {
            let word = place(pipe) + 4 + owner;
            let had = load(word);
            if had & 0xffff == number as i32 + 1 {
                store(word, 0);
            }
        }
        settle(pipe);
    }
    blocks::process_ended(number);
    changed();
}

/// As a process: has ends of pipes that are on their way from one process to another.
pub const ON_THE_WAY: u32 = MOST_PROCESSES;

/// An end of a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Out of it.
    Read = 0,
    /// Into it.
    Write = 1,
}

fn place(pipe: u32) -> u32 {
    PIPE + pipe * PIPE_WORDS
}

fn owners(pipe: u32, end: End) -> std::ops::Range<u32> {
    let first = place(pipe) + 4 + end as u32 * OWNERS;
    first..first + OWNERS
}

fn is_open(pipe: u32, end: End) -> bool {
    owners(pipe, end).any(|word| load(word) != 0)
}

/// Wakes who waits for the pipe, and gives it back when nobody has an end of it.
fn settle(pipe: u32) {
    if !is_open(pipe, End::Read) && !is_open(pipe, End::Write) {
        store(place(pipe) + 1, 0);
        store(place(pipe) + 2, 0);
        store(place(pipe), 0);
    }
    notify(place(pipe) + 1);
    notify(place(pipe) + 2);
}

/// A new pipe, both ends of it this process's; none if there are too many.
pub fn new_pipe(process: u32) -> Option<u32> {
    live();
    let pipe = take_next(NEXT_PIPE, MOST_PIPES, |pipe| exchange_if(place(pipe), 0, 1))?;
    open_end(pipe, End::Read, process);
    open_end(pipe, End::Write, process);
    Some(pipe)
}

/// A process has an end of a pipe, once more than before.
pub fn open_end(pipe: u32, end: End, process: u32) -> bool {
    let own = process as i32 + 1;
    live();
    loop {
        let words = || owners(pipe, end).map(|word| (word, load(word)));
        let found = words().find(|(_, had)| had & 0xffff == own).or_else(|| words().find(|(_, had)| *had == 0));
        let Some((word, had)) = found else { return false };
        let new = if had == 0 { 1 << 16 | own } else { had + (1 << 16) };
        if exchange_if(word, had, new) {
            return true;
        }
    }
}

/// A process closes its end.
pub fn close_end(pipe: u32, end: End, process: u32) {
    let own = process as i32 + 1;
    live();
    for word in owners(pipe, end) {
        loop {
            let had = load(word);
            if had & 0xffff != own {
                break;
            }
            let new = if had >> 16 <= 1 { 0 } else { had - (1 << 16) };
            if exchange_if(word, had, new) {
                settle(pipe);
                changed();
                return;
            }
        }
    }
}

/// Whether somebody has the end that reads.
pub fn heard(pipe: u32) -> bool {
    is_open(pipe, End::Read)
}

/// Whether a reader need not wait: there is something, or there never will be.
pub fn readable(pipe: u32) -> bool {
    // In this order: a writer may write and close between the two.
    let open = is_open(pipe, End::Write);
    load(place(pipe) + 1) != load(place(pipe) + 2) || !open
}

/// Reads what there is, at the most `most` bytes; blocks until there is something. Nothing if there never will be.
pub fn read(pipe: u32, most: usize) -> Vec<u8> {
    let (read_word, written_word) = (place(pipe) + 1, place(pipe) + 2);
    loop {
        live();
        let open = is_open(pipe, End::Write);
        let (read, written) = (load(read_word) as u32, load(written_word) as u32);
        let there = written.wrapping_sub(read);
        if there > 0 {
            let count = there.min(u32::try_from(most).unwrap_or(u32::MAX));
            let mut bytes = vec![0; count as usize];
            let from = read % CAPACITY;
            let first = count.min(CAPACITY - from);
            let base = DATA + pipe * CAPACITY;
            with(|view| {
                view.bytes.subarray(base + from, base + from + first).copy_to(&mut bytes[..first as usize]);
                view.bytes.subarray(base, base + count - first).copy_to(&mut bytes[first as usize..]);
            });
            store(read_word, read.wrapping_add(count) as i32);
            notify(read_word);
            changed();
            return bytes;
        }
        if !open {
            return Vec::new();
        }
        wait(written_word, written as i32, LOOK_AGAIN);
    }
}

/// Writes all of it; blocks while the pipe is full. False if nobody will read it.
pub fn write(pipe: u32, mut bytes: &[u8]) -> bool {
    let (read_word, written_word) = (place(pipe) + 1, place(pipe) + 2);
    while !bytes.is_empty() {
        live();
        if !is_open(pipe, End::Read) {
            return false;
        }
        let (read, written) = (load(read_word) as u32, load(written_word) as u32);
        let room = CAPACITY - written.wrapping_sub(read);
        if room == 0 {
            wait(read_word, read as i32, LOOK_AGAIN);
            continue;
        }
        let count = room.min(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        let to = written % CAPACITY;
        let first = count.min(CAPACITY - to);
        let base = DATA + pipe * CAPACITY;
        let (now, later) = bytes.split_at(count as usize);
        with(|view| {
            view.bytes.subarray(base + to, base + to + first).copy_from(&now[..first as usize]);
            view.bytes.subarray(base, base + count - first).copy_from(&now[first as usize..]);
        });
        bytes = later;
        store(written_word, written.wrapping_add(count) as i32);
        notify(written_word);
        changed();
    }
    true
}

/// A new semaphore; none if there are too many.
pub fn new_semaphore(value: i32) -> Option<u32> {
    live();
    let semaphore = take_next(NEXT_SEMAPHORE, MOST_SEMAPHORES, |number| exchange_if(SEMAPHORE + 4 * number, 0, 1))?;
    store(SEMAPHORE + 4 * semaphore + 1, value);
    Some(semaphore)
}

/// One process more has it.
pub fn keep_semaphore(semaphore: u32) {
    live();
    add(SEMAPHORE + 4 * semaphore, 1);
}

/// One process fewer has it; what nobody has is free again.
pub fn drop_semaphore(semaphore: u32) {
    live();
    add(SEMAPHORE + 4 * semaphore, -1);
}

/// Its value.
pub fn semaphore_value(semaphore: u32) -> i32 {
    load(SEMAPHORE + 4 * semaphore + 1)
}

/// Takes one if there is one.
pub fn try_acquire(semaphore: u32) -> bool {
    let word = SEMAPHORE + 4 * semaphore + 1;
    live();
    loop {
        let value = load(word);
        if value <= 0 {
            return false;
        }
        if exchange_if(word, value, value - 1) {
            return true;
        }
    }
}

/// Waits for one, at the most until `now` says that many milliseconds.
pub fn acquire(semaphore: u32, deadline: Option<f64>, now: impl Fn() -> f64) -> bool {
    loop {
        if try_acquire(semaphore) {
            return true;
        }
        let left = deadline.map(|deadline| deadline - now());
        if left.is_some_and(|left| left <= 0.0) {
            return false;
        }
        wait(SEMAPHORE + 4 * semaphore + 1, 0, left);
    }
}

/// Gives one back.
pub fn release(semaphore: u32) {
    let word = SEMAPHORE + 4 * semaphore + 1;
    live();
    add(MOVES, 1);
    add(word, 1);
    with(|view| Atomics::notify_with_count(&view.words, word, 1).unwrap_throw());
}
