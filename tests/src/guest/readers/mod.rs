//! Readers of the files that `./run.sh perf record` writes. They know the formats, and nothing of who wrote them.

pub mod ctf;
pub mod trace_events;
