//! Memory that processes share: blocks of bytes in the kernel's buffer, each with a number, some with a name. No process's
//! own memory is shared with another, so bytes are copied in and out.

use js_sys::Atomics;
use wasm_bindgen::prelude::*;

use super::{MEMORY, MOST_PIPES, PIPE, PIPE_WORDS, exchange_if, live, load, notify, own, store, wait, with};

/// Blocks: state, where it begins, bytes, how many have it, two words of its name.
pub const MOST_BLOCKS: u32 = 1024;
pub const BLOCK_WORDS: u32 = 6;
/// The first of them; before it, a lock for making and ending blocks.
pub const BLOCK: u32 = LOCK + 1;
const LOCK: u32 = PIPE + MOST_PIPES * PIPE_WORDS;
/// What all blocks hold together at the most.
pub const MOST_BYTES: u32 = 64 << 20;
/// Blocks begin at multiples of this.
const ALIGNMENT: u32 = 8;

const FREE: i32 = 0;
const USED: i32 = 1;

fn word(block: u32, which: u32) -> u32 {
    BLOCK + block * BLOCK_WORDS + which
}

/// Does this while no other thread or process makes or ends a block. The lock says which process has it.
fn alone<T>(then: impl FnOnce() -> T) -> T {
    let own = own() as i32 + 1;
    live();
    while !exchange_if(LOCK, 0, own) {
        let holder = load(LOCK);
        if holder != 0 {
            wait(LOCK, holder, None);
        }
    }
    let result = then();
    unlock(own);
    result
}

fn unlock(holder: i32) {
    if exchange_if(LOCK, holder, 0) {
        notify(LOCK);
    }
}

/// A process that has ended holds no lock.
pub fn process_ended(number: u32) {
    unlock(number as i32 + 1);
}

/// A name as two words; no name is two zeros.
fn words_of(name: &str) -> (i32, i32) {
    // FNV-1a.
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    (hash as i32, ((hash >> 32) as i32) | 1)
}

fn used() -> impl Iterator<Item = u32> {
    (0..MOST_BLOCKS).filter(|block| load(word(*block, 0)) == USED)
}

fn named(name: &str) -> Option<u32> {
    let (low, high) = words_of(name);
    used().find(|block| (load(word(*block, 4)), load(word(*block, 5))) == (low, high))
}

/// Why there is no new block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoBlock {
    /// Another one has the name.
    Exists,
    /// There are too many, or too little room.
    Full,
}

/// A new block of zeros that the caller has; under a name it is there until [`unlink`], whoever has it.
pub fn new_block(name: Option<&str>, size: u32) -> Result<u32, NoBlock> {
    alone(|| {
        if name.is_some_and(|name| named(name).is_some()) {
            return Err(NoBlock::Exists);
        }
        let block = (0..MOST_BLOCKS).find(|block| load(word(*block, 0)) == FREE).ok_or(NoBlock::Full)?;
        let mut taken: Vec<(u32, u32)> = used()
            .map(|block| (load(word(block, 1)) as u32, (load(word(block, 2)) as u32).next_multiple_of(ALIGNMENT)))
            .collect();
        taken.sort_unstable();
        let mut from = 0;
        for (start, bytes) in taken {
            if start - from >= size {
                break;
            }
            from = start + bytes;
        }
        if size > MOST_BYTES - from {
            return Err(NoBlock::Full);
        }
        with(|view| view.bytes.fill(0, MEMORY + from, MEMORY + from + size));
        let (low, high) = name.map_or((0, 0), words_of);
        let users = 1 + i32::from(name.is_some());
        for (which, value) in [from as i32, size as i32, users, low, high].into_iter().enumerate() {
            store(word(block, which as u32 + 1), value);
        }
        store(word(block, 0), USED);
        Ok(block)
    })
}

/// The block of that name, which the caller has from now on, too.
pub fn find_block(name: &str) -> Option<u32> {
    alone(|| named(name).inspect(|block| keep(*block)))
}

fn keep(block: u32) {
    store(word(block, 3), load(word(block, 3)) + 1);
}

/// One more has it.
pub fn keep_block(block: u32) {
    alone(|| keep(block));
}

/// One fewer has it; what nobody has is free again.
pub fn drop_block(block: u32) {
    alone(|| let_go(block));
}

fn let_go(block: u32) {
    let users = load(word(block, 3)) - 1;
    store(word(block, 3), users);
    if users <= 0 {
        store(word(block, 0), FREE);
    }
}

/// Takes its name away; false if it has none.
pub fn unlink_block(name: &str) -> bool {
    alone(|| match named(name) {
        Some(block) => {
            store(word(block, 4), 0);
            store(word(block, 5), 0);
            let_go(block);
            true
        }
        None => false,
    })
}

/// How many bytes it has.
pub fn block_size(block: u32) -> u32 {
    load(word(block, 2)) as u32
}

fn span(block: u32, from: u32, size: u32) -> Option<u32> {
    let inside = from.checked_add(size).is_some_and(|end| end <= block_size(block));
    inside.then(|| MEMORY + load(word(block, 1)) as u32 + from)
}

/// So many bytes of it from there on; none if they are not in it.
pub fn read_block(block: u32, from: u32, size: u32) -> Option<Vec<u8>> {
    let start = span(block, from, size)?;
    let mut bytes = vec![0; size as usize];
    with(|view| {
        // One number of four bytes is never seen half written.
        if size == 4 && start % 4 == 0 {
            bytes.copy_from_slice(&load(start / 4).to_le_bytes());
        } else if size == 1 {
            bytes[0] = view.bytes.get_index(start);
        } else {
            view.bytes.subarray(start, start + size).copy_to(&mut bytes);
        }
    });
    Some(bytes)
}

/// Writes them into it from there on; false if they are not in it.
pub fn write_block(block: u32, from: u32, bytes: &[u8]) -> bool {
    let Some(start) = u32::try_from(bytes.len()).ok().and_then(|size| span(block, from, size)) else { return false };
    with(|view| match bytes {
        [a, b, c, d] if start % 4 == 0 => {
            Atomics::store(&view.words, start / 4, i32::from_le_bytes([*a, *b, *c, *d])).unwrap_throw();
        }
        _ => view.bytes.subarray(start, start + bytes.len() as u32).copy_from(bytes),
    });
    true
}
