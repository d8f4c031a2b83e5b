//! The binary as people start, stop and kill it, and what it leaves behind.

mod backup;
mod clocks;
mod kill;
mod kill_loop;
mod paused;
mod secrets;
mod starting;
mod support;
