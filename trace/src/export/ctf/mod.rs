//! Common Trace Format 1.8 (diamon.org/ctf/v1.8.3): a folder with `metadata`, a text that says how the rest is laid out,
//! and a stream of binary packets for each CPU.

mod metadata;
mod stream;

pub use metadata::metadata;
pub use stream::Stream;

/// The first word of a packet.
const MAGIC: u32 = 0xc1fc_1fc1;
