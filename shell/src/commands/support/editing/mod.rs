//! What `ed`, `ex` and `vi` have in common: lines that remember how they were, addresses, searches, files.
//!
//! Lines are counted from 1 here, as people address them; 0 is the place before the first.

pub mod address;
pub mod buffer;
pub mod child;
pub mod file;
pub mod finder;
mod gap;
