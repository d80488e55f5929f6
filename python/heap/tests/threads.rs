//! The allocator under real threads: this test's own, and everything that the test's program does besides.

use std::alloc::{GlobalAlloc, Layout};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use gilscope_heap::{Heap, flush, held};

#[global_allocator]
static HEAP: Heap = Heap;

const THREADS: usize = 8;
const ROUNDS: usize = 200_000;

/// A block that knows what it must hold.
struct Filled {
    block: *mut u8,
    layout: Layout,
    with: u8,
}

// SAFETY: its block is nobody else's.
unsafe impl Send for Filled {}

impl Filled {
    fn new(size: usize, align: usize, with: u8) -> Filled {
        let layout = Layout::from_size_align(size, align).unwrap();
        // SAFETY: no size here is zero.
        let block = unsafe { HEAP.alloc(layout) };
        assert!(!block.is_null() && block.addr().is_multiple_of(align));
        // SAFETY: the block has that size.
        unsafe { block.write_bytes(with, size) };
        Filled { block, layout, with }
    }

    fn resize(&mut self, size: usize) {
        let kept = self.layout.size().min(size);
        // SAFETY: the block has that layout.
        self.block = unsafe { HEAP.realloc(self.block, self.layout, size) };
        self.layout = Layout::from_size_align(size, self.layout.align()).unwrap();
        self.check(kept);
        // SAFETY: the block has that size now.
        unsafe { self.block.write_bytes(self.with, size) };
    }

    fn check(&self, size: usize) {
        // SAFETY: so many bytes of it were written.
        let bytes = unsafe { std::slice::from_raw_parts(self.block, size) };
        assert!(bytes.iter().all(|byte| *byte == self.with), "somebody else wrote to a block");
    }
}

impl Drop for Filled {
    fn drop(&mut self) {
        self.check(self.layout.size());
        // SAFETY: the block has that layout, and nobody uses it.
        unsafe { HEAP.dealloc(self.block, self.layout) };
    }
}

/// Numbers that look random, the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// Makes, keeps, resizes, sends and drops blocks of all sizes.
fn work(number: usize, others: &[Sender<Filled>], mine: &Receiver<Filled>) {
    let mut dice = Dice(0x9e37_79b9 + number as u64);
    let mut kept: Vec<Filled> = Vec::new();
    for round in 0..ROUNDS {
        let most = [16, 64, 300, 2048, 5000][dice.below(5)];
        let size = 1 + dice.below(most);
        let align = [1, 4, 8, 8, 16, 64][dice.below(6)];
        let block = Filled::new(size, align, round as u8);
        match dice.below(4) {
            0 => drop(block),
            // Who has ended takes none: then the error has it, and drops it.
            1 => drop(others[dice.below(others.len())].send(block)),
            _ => kept.push(block),
        }
        if kept.len() > 2000 {
            // Half of them, from anywhere: spans empty in no order.
            for _ in 0..1000 {
                kept.swap_remove(dice.below(kept.len()));
            }
        }
        if let Some(last) = kept.last_mut().filter(|_| round % 5 == 0) {
            last.resize(1 + dice.below(3000));
        }
        kept.extend(mine.try_recv());
    }
}

#[test]
fn blocks_of_many_threads_stay_apart_and_all_memory_comes_back() {
    // The second round finds what the first one left: if that is less each time, it would grow without end.
    let mut after = Vec::new();
    for _ in 0..3 {
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..THREADS).map(|_| channel()).unzip();
        thread::scope(|scope| {
            for (number, mine) in receivers.into_iter().enumerate() {
                let others = senders.clone();
                scope.spawn(move || {
                    work(number, &others, &mine);
                    drop(others);
                    drop(mine);
                    flush();
                });
            }
        });
        drop(senders);
        flush();
        after.push(held());
    }
    // Each of the 36 classes may keep a span, and 16 are spare.
    assert!(
        after.iter().all(|held| *held <= (36 + 16 + 12) * (64 << 10)),
        "{after:?} bytes are held when none is used"
    );
    assert!(after[2] <= after[0] + (8 << 16), "{after:?}: it grows");
}

#[test]
fn zeroed_blocks_are_zero() {
    for size in [1, 24, 200, 1500, 2048, 2049, 100_000] {
        let layout = Layout::from_size_align(size, 8).unwrap();
        drop(Filled::new(size, 8, 0xff));
        // SAFETY: the size is not zero; the block is used as far as it goes, and freed once.
        unsafe {
            let block = HEAP.alloc_zeroed(layout);
            assert!(std::slice::from_raw_parts(block, size).iter().all(|byte| *byte == 0));
            HEAP.dealloc(block, layout);
        }
    }
}
