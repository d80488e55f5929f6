//! Host tests: the core with real threads. One binary, a module for each room.
#![cfg(not(target_arch = "wasm32"))]

mod analysis;
mod chart;
mod executor;
mod export;
mod gil;
mod imports;
mod kept;
mod methods;
mod program_traces;
mod programs;
mod source;
mod surroundings;
mod time;
mod trace;
mod workload;
