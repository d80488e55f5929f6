//! A global allocator for threads that share one wasm memory. Rust's own for this target is one heap with one spin lock:
//! threads that make many objects spend most of their time waiting for it.
//!
//! Small blocks have size classes. A thread takes and frees them from lists of its own, without a lock; from time to time
//! it fetches a batch of them, or gives one back, under a lock of the class. There the blocks of a class lie in spans:
//! pieces of 64 KiB at addresses that are multiples of that, so a block's address tells its span. A span without a block
//! in use goes back to the system's heap.
//!
//! Threads fetch from different spans, as far as there are `CENTRES` for them: what two of them make at once shares no line
//! of a processor's cache, nor a list of the garbage collector, which are by pieces of memory too. For that a thread does
//! not use what another one made and it freed: such blocks wait in a list of their own until there is a batch of them, and
//! go back to their spans.
//!
//! Large blocks, and small ones of uncommon alignment, are the system heap's, behind a lock whose waiters sleep.
//!
//! Why none from the registry: those with heaps for each thread want an operating system's memory, or segments of many
//! megabytes for each thread, of which a wasm memory has few.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The allocator: `#[global_allocator] static HEAP: Heap = Heap;`.
#[derive(Debug)]
pub struct Heap;

/// Alignment of all small blocks.
const ALIGN: usize = 8;
/// Greater ones are large.
const LARGEST: usize = 2048;
/// Classes: steps of 8 up to 128 bytes, of 16 up to 256, then four to each doubling.
const CLASSES: usize = 16 + 8 + 12;

const SPAN: usize = 64 << 10;
/// What a span asks of the system: less than its piece, so that the system's own notes fit between two spans and these
/// lie side by side.
const SPAN_LAYOUT: Layout = match Layout::from_size_align(SPAN - 64, SPAN) {
    Ok(layout) => layout,
    Err(_) => unreachable!(),
};
/// Where a span's first block is.
const FIRST: usize = size_of::<Span>();
/// So many empty spans are kept for the next class that needs one.
const SPARE: usize = 16;

const fn class_of(size: usize) -> usize {
    match size {
        0..=128 => size.saturating_sub(1) / 8,
        129..=256 => 16 + (size - 129) / 16,
        _ => {
            let doubling = (size - 1).ilog2() as usize;
            24 + (doubling - 8) * 4 + (((size - 1) >> (doubling - 2)) & 3)
        }
    }
}

/// The size of a class's blocks.
const fn size_in(class: usize) -> usize {
    match class {
        0..16 => (class + 1) * 8,
        16..24 => 128 + (class - 15) * 16,
        _ => (5 + (class - 24) % 4) << (6 + (class - 24) / 4),
    }
}

/// How many blocks a thread fetches or gives back at once. It keeps at the most twice as many.
const fn batch_in(class: usize) -> usize {
    match 4096 / size_in(class) {
        0..4 => 4,
        count @ 4..64 => count,
        _ => 64,
    }
}

/// The class of a block, if it is a small one.
fn small(layout: Layout) -> Option<usize> {
    (layout.size() <= LARGEST && layout.align() <= ALIGN).then(|| class_of(layout.size()))
}

// --- A thread's own lists

/// A block that nobody uses.
struct Block {
    next: *mut Block,
}

struct List {
    first: Cell<*mut Block>,
    count: Cell<usize>,
}

impl List {
    const fn new() -> List {
        List { first: Cell::new(ptr::null_mut()), count: Cell::new(0) }
    }

    /// Puts in a block of the list's class that nobody uses.
    unsafe fn push(&self, block: *mut Block) {
        // SAFETY: the caller's promise.
        unsafe { block.write(Block { next: self.first.get() }) };
        self.first.set(block);
        self.count.set(self.count.get() + 1);
    }

    /// Takes one out; null if there is none.
    fn pop(&self) -> *mut Block {
        let block = self.first.get();
        if !block.is_null() {
            // SAFETY: the list's blocks are nobody's, and were written by `push`.
            self.first.set(unsafe { (*block).next });
            self.count.set(self.count.get() - 1);
        }
        block
    }
}

/// What `Cache::ready` is in a thread whose own variables have been set up.
const READY: usize = 0x5ea1_ab1e;

struct Cache {
    ready: Cell<usize>,
    /// Which of the centres this thread fetches from, once it has; `SHARES` before that.
    centre: Cell<usize>,
    /// Blocks of its own centre's spans, to be used again.
    lists: [List; CLASSES],
    /// Blocks of other spans.
    strange: [List; CLASSES],
}

thread_local! {
    // Without a destructor: those of others free memory too. `flush` stands for it.
    static CACHE: Cache = const {
        Cache {
            ready: Cell::new(READY),
            centre: Cell::new(SHARES),
            lists: [const { List::new() }; CLASSES],
            strange: [const { List::new() }; CLASSES],
        }
    };
}

/// Gives back what this thread keeps for itself: to be called when it ends, or may not do anything for long.
pub fn flush() {
    CACHE.with(|cache| {
        for (class, list) in cache.lists.iter().enumerate().chain(cache.strange.iter().enumerate()) {
            spill(class, list, list.count.get());
        }
    });
}

/// Whether a small block is of this thread's own spans: if not, the thread that made it may be using the same line.
#[inline]
pub fn own(block: *mut u8) -> bool {
    // SAFETY: a small block lies in a span, whose centre stays the same while a block of it is out.
    CACHE.with(|cache| unsafe { (*Span::of(block.cast())).centre } == cache.centre.get())
}

/// A block, when the thread has none of this class.
#[cold]
#[inline(never)]
fn refill(class: usize, cache: &Cache) -> *mut Block {
    // In wasm the memory for a new thread's own variables is asked for before it has any: they seem to lie at the end of
    // the first thread's stack then, which holds zeros. That thread gets its block, and keeps none.
    let ready = cache.ready.get() == READY;
    let number = if ready { cache.centre() } else { 0 };
    let mut centre = lock(&CENTRES[number][class]);
    let block = centre.take(class, number);
    if block.is_null() || !ready {
        return block;
    }
    for _ in 1..batch_in(class) {
        let more = centre.take(class, number);
        if more.is_null() {
            break;
        }
        // SAFETY: it was just taken, of this class.
        unsafe { cache.lists[class].push(more) };
    }
    block
}

/// Gives back so many blocks of a thread's list.
#[cold]
#[inline(never)]
fn spill(class: usize, list: &List, count: usize) {
    let mut held: Option<(usize, MutexGuard<'_, Centre>)> = None;
    for _ in 0..count {
        let block = list.pop();
        // SAFETY: the list has so many blocks, and a span's centre stays the same while a block of it is out.
        let number = unsafe { (*Span::of(block)).centre };
        let centre = match held.take() {
            Some((same, centre)) if same == number => centre,
            other => {
                // One at a time.
                drop(other);
                lock(&CENTRES[number][class])
            }
        };
        let (_, centre) = held.insert((number, centre));
        // SAFETY: the block is of this class and of this centre.
        unsafe { centre.give(class, block) };
    }
}

impl Cache {
    /// Which of the centres this thread fetches from: threads that begin one after the other have different ones.
    fn centre(&self) -> usize {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        if self.centre.get() == SHARES {
            self.centre.set(THREADS.fetch_add(1, Ordering::Relaxed) % SHARES);
        }
        self.centre.get()
    }
}

// --- A class's spans

/// The head of a span. All but its centre is read and written under that one's lock only.
#[repr(C, align(32))]
struct Span {
    /// The number of the centre that has it.
    centre: usize,
    blocks: Blocks,
    /// Its neighbours in the list of spans that have blocks.
    previous: *mut Span,
    next: *mut Span,
}

/// The blocks of a span.
struct Blocks {
    /// Those that were given back.
    free: *mut Block,
    /// Where those begin that were never used.
    fresh: usize,
    /// How many are with threads.
    used: usize,
}

impl Span {
    /// The span of a block.
    fn of(block: *mut Block) -> *mut Span {
        block.map_addr(|address| address & !(SPAN - 1)).cast()
    }
}

impl Blocks {
    /// Whether all its blocks are with threads.
    fn is_out(&self, class: usize) -> bool {
        self.free.is_null() && self.fresh + size_in(class) > SPAN_LAYOUT.size()
    }
}

/// So many centres has each class: more of them share fewer lines, and keep more spans that are hardly used.
const SHARES: usize = 8;

/// The spans of a class that have blocks, of one centre.
struct Centre {
    first: *mut Span,
}

// SAFETY: what the pointers lead to is used by whoever holds the lock.
unsafe impl Send for Centre {}

static CENTRES: [[Mutex<Centre>; CLASSES]; SHARES] =
    [const { [const { Mutex::new(Centre { first: ptr::null_mut() }) }; CLASSES] }; SHARES];

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Centre {
    /// A block; null if there is no memory. `number` is this centre's.
    fn take(&mut self, class: usize, number: usize) -> *mut Block {
        if self.first.is_null() {
            let span = lock(&SPANS).get();
            if span.is_null() {
                return ptr::null_mut();
            }
            let blocks = Blocks { free: ptr::null_mut(), fresh: FIRST, used: 0 };
            let head = Span { centre: number, blocks, previous: ptr::null_mut(), next: ptr::null_mut() };
            // SAFETY: a span that was just got is ours, as large and aligned as a head needs.
            unsafe { span.write(head) };
            self.link(span);
        }
        let first = self.first;
        // SAFETY: linked spans are this centre's, and we hold its lock.
        let span = unsafe { &mut (*first).blocks };
        let mut block = span.free;
        if block.is_null() {
            block = first.map_addr(|address| address + span.fresh).cast();
            span.fresh += size_in(class);
        } else {
            // SAFETY: the span's free blocks are nobody's, and were written by `give`.
            span.free = unsafe { (*block).next };
        }
        span.used += 1;
        if span.is_out(class) {
            self.unlink(first);
        }
        block
    }

    /// Takes back a block of this class, from one of this centre's spans, that nobody uses.
    unsafe fn give(&mut self, class: usize, block: *mut Block) {
        let this = Span::of(block);
        // SAFETY: the span is this centre's, and we hold its lock.
        let span = unsafe { &mut (*this).blocks };
        let was_out = span.is_out(class);
        // SAFETY: nobody uses it.
        unsafe { block.write(Block { next: span.free }) };
        span.free = block;
        span.used -= 1;
        if was_out {
            self.link(this);
        } else if span.used == 0 {
            self.unlink(this);
            lock(&SPANS).put(this);
        }
    }

    fn link(&mut self, span: *mut Span) {
        // SAFETY: all of these are spans of this centre, and we hold its lock.
        unsafe {
            (*span).previous = ptr::null_mut();
            (*span).next = self.first;
            if !self.first.is_null() {
                (*self.first).previous = span;
            }
        }
        self.first = span;
    }

    fn unlink(&mut self, span: *mut Span) {
        // SAFETY: as in `link`.
        unsafe {
            let (previous, next) = ((*span).previous, (*span).next);
            if previous.is_null() {
                self.first = next;
            } else {
                (*previous).next = next;
            }
            if !next.is_null() {
                (*next).previous = previous;
            }
        }
    }
}

// --- All spans

/// Spans that no class has.
struct Spans {
    spare: [*mut Span; SPARE],
    count: usize,
}

// SAFETY: as for `Centre`.
unsafe impl Send for Spans {}

static SPANS: Mutex<Spans> = Mutex::new(Spans { spare: [ptr::null_mut(); SPARE], count: 0 });

/// How many spans the system has given and not got back.
static OUT: AtomicUsize = AtomicUsize::new(0);

/// How many bytes the system has given for small blocks, used or not.
pub fn held() -> usize {
    OUT.load(Ordering::Relaxed) * SPAN
}

impl Spans {
    fn get(&mut self) -> *mut Span {
        if self.count > 0 {
            self.count -= 1;
            return self.spare[self.count];
        }
        // SAFETY: the layout is not empty.
        let span = unsafe { system(|| System.alloc(SPAN_LAYOUT)) };
        if !span.is_null() {
            OUT.fetch_add(1, Ordering::Relaxed);
        }
        span.cast()
    }

    fn put(&mut self, span: *mut Span) {
        if self.count < SPARE {
            self.spare[self.count] = span;
            self.count += 1;
            return;
        }
        // SAFETY: `get` got it from there, with this layout.
        unsafe { system(|| System.dealloc(span.cast(), SPAN_LAYOUT)) };
        OUT.fetch_sub(1, Ordering::Relaxed);
    }
}

// --- The system's heap

/// Asks the system's heap. In wasm that has a lock whose waiters spin, for as long as its holder is not given a processor
/// perhaps; whoever waits for this one sleeps.
unsafe fn system<T>(ask: impl FnOnce() -> T) -> T {
    static SYSTEM: Mutex<()> = Mutex::new(());
    let _alone = lock(&SYSTEM);
    ask()
}

// SAFETY: a small block is its class's in `alloc` and in `dealloc`, by its layout. It is in one list at a time: a
// thread's own, that of its span, or none while it is used. No two blocks of a span overlap, and none its head.
unsafe impl GlobalAlloc for Heap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(class) = small(layout) else {
            // SAFETY: the caller's promise.
            return unsafe { system(|| System.alloc(layout)) };
        };
        CACHE.with(|cache| {
            let block = cache.lists[class].pop();
            if block.is_null() { refill(class, cache) } else { block }.cast()
        })
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(class) = small(layout) else {
            // SAFETY: the caller's promise; it came from there, having this layout.
            return unsafe { system(|| System.dealloc(block, layout)) };
        };
        CACHE.with(|cache| {
            let list = if own(block) { &cache.lists[class] } else { &cache.strange[class] };
            // SAFETY: the caller uses it no longer, and it is of this class, having this layout.
            unsafe { list.push(block.cast()) };
            if list.count.get() > 2 * batch_in(class) {
                spill(class, list, batch_in(class));
            }
        });
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if small(layout).is_none() {
            // SAFETY: the caller's promise.
            return unsafe { system(|| System.alloc_zeroed(layout)) };
        }
        // SAFETY: the caller's promise.
        let block = unsafe { self.alloc(layout) };
        if !block.is_null() {
            // SAFETY: it has that size.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the size fits.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (small(layout), small(new)) {
            // SAFETY: the caller's promise; it came from there, having this layout.
            (None, None) => return unsafe { system(|| System.realloc(block, layout, size)) },
            (Some(old), Some(new)) if old == new => return block,
            _ => {}
        }
        // SAFETY: the caller's promise; two blocks do not overlap.
        unsafe {
            let moved = self.alloc(new);
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(block, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_hold_their_sizes() {
        for size in 0..=LARGEST {
            let class = class_of(size);
            assert!(class < CLASSES && size_in(class) >= size, "{size} bytes in blocks of {}", size_in(class));
            assert!(class == 0 || size_in(class - 1) < size, "{size} bytes fit into a smaller block");
        }
        for class in 0..CLASSES {
            assert!(size_in(class) % ALIGN == 0 && size_in(class) >= size_of::<Block>());
        }
        assert_eq!(size_in(CLASSES - 1), LARGEST);
        assert_eq!(FIRST % ALIGN, 0);
    }
}
