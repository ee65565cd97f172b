//! `./run.sh perf record`: what is to be recorded while a command runs, and where that goes.
//!
//! The guest makes the files and sends them over the channel; `files` puts them where they belong, and `stacks` makes flame
//! graphs of samples, whose addresses have names here only.

pub mod files;
pub mod options;
pub mod stacks;

pub use options::Recording;
