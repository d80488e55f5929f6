//! Host tests: the core with real threads. One binary, a module for each room.

mod analysis;
mod gil;
mod imports;
mod methods;
mod surroundings;
mod time;
mod trace;
mod workload;
