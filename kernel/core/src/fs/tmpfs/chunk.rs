//! A chunk of a file's data, which can be lent: who reads it in place, or a pipe on its way, keeps it while the file
//! goes on.
//!
//! ```text
//!   Own --lend--> Lent --write, nobody else has it--> Lent
//!                      --write, somebody has it-----> Own, a copy; theirs stays as it was
//! ```
//!
//! A chunk is a frame: the kernel's allocator hands out an object of a whole page from the frames that the CPU has
//! at hand, without a header, and takes it back there. A selftest sees to that. What counts who has it lies elsewhere,
//! and is made when it is first lent: before the file's lock is taken, as a panic for lack of memory would end more than
//! one task with a lock held.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::ops::Deref;
use pollux_shell::{env::Result, errno::Errno};

/// Bytes in a chunk.
pub(super) const CHUNK: usize = 4096;

/// A chunk of one file.
pub(super) enum Chunk {
    /// That nobody else has, or ever had.
    Own(Box<[u8; CHUNK]>),
    /// That others may have.
    Lent(Arc<Frame>),
}

/// The bytes of a chunk that was lent. They change only while one has it alone.
#[derive(Default)]
pub(super) struct Frame(Option<Box<[u8; CHUNK]>>);

impl Chunk {
    /// A chunk with these bytes at `start` and zeros around them; each byte is written once.
    pub fn with(start: usize, bytes: &[u8]) -> Result<Chunk> {
        let mut chunk = Vec::new();
        chunk.try_reserve_exact(CHUNK).map_err(|_| Errno::ENOMEM)?;
        chunk.resize(start, 0);
        chunk.extend_from_slice(bytes);
        chunk.resize(CHUNK, 0);
        Ok(Chunk::Own(chunk.into_boxed_slice().try_into().expect("it has the size of a chunk")))
    }

    /// Its frame, for one more to have it. `fresh` is used up, and no memory is asked for.
    pub fn lend(self, fresh: Arc<Frame>) -> (Chunk, Arc<Frame>) {
        let frame = match self {
            Chunk::Lent(frame) => frame,
            Chunk::Own(bytes) => {
                let mut frame = fresh;
                Arc::get_mut(&mut frame).expect("a fresh one is nobody else's").0 = Some(bytes);
                frame
            }
        };
        (Chunk::Lent(frame.clone()), frame)
    }

    /// The bytes, to be changed; they are copied when somebody else has them.
    pub fn writable(&mut self) -> Result<&mut [u8; CHUNK]> {
        if let Chunk::Lent(frame) = self
            && Arc::get_mut(frame).is_none()
        {
            *self = Chunk::with(0, frame)?;
        }
        Ok(match self {
            Chunk::Own(bytes) => bytes,
            Chunk::Lent(frame) => {
                let frame = Arc::get_mut(frame).expect("nobody else has it, and only the file lends it");
                frame.0.as_mut().expect("a frame that was lent has bytes")
            }
        })
    }
}

impl Deref for Chunk {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Chunk::Own(bytes) => &**bytes,
            Chunk::Lent(frame) => frame,
        }
    }
}

impl Deref for Frame {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_deref().expect("a frame that was lent has bytes")
    }
}

/// A frame as the owner of bytes that are lent.
pub(super) struct Loan(pub Arc<Frame>);

impl AsRef<[u8]> for Loan {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
