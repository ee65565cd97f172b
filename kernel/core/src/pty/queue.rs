//! The queues of a terminal: the ring that pipes are made of, with both of its sides behind the terminal's lock.
//!
//! The lock is there for what a pipe does not have: signals throw away what was typed and what was to be shown, echo
//! and programs write to one queue, and a change of the modes makes readable what was not. Copies are of whole slices.

use pollux_executor::sync::{ByteConsumer, ByteProducer, byte_ring};
use pollux_shell::{env::Result, errno::Errno};

pub(super) struct Queue {
    producer: ByteProducer,
    /// Has always seen all that the other side has sent.
    consumer: ByteConsumer,
}

impl Queue {
    /// An empty queue with all its memory; `ENOMEM` when that cannot be had.
    pub fn new(capacity: usize) -> Result<Queue> {
        let (producer, consumer) = byte_ring(capacity, 0).ok_or(Errno::ENOMEM)?;
        Ok(Queue { producer, consumer })
    }

    pub fn len(&self) -> usize {
        self.consumer.len_seen()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds bytes, for which the caller knows that there is room.
    pub fn push(&mut self, bytes: &[u8]) {
        let fits = match bytes {
            [key] => self.producer.push_byte(*key),
            run => self.producer.push(run) == run.len(),
        };
        debug_assert!(fits, "a terminal's queue has overflown");
        self.consumer.len(usize::MAX);
    }

    /// Takes as many as there are and fit.
    pub fn take(&mut self, buf: &mut [u8]) -> usize {
        if buf.len() == 1 && !self.is_empty() {
            buf[0] = self.consumer.seen()[0];
            self.consumer.consume(1);
            return 1;
        }
        let mut taken = 0;
        while taken < buf.len() && !self.is_empty() {
            let piece = self.consumer.seen();
            let n = piece.len().min(buf.len() - taken);
            buf[taken..taken + n].copy_from_slice(&piece[..n]);
            self.consumer.consume(n);
            taken += n;
        }
        taken
    }

    /// Drops what is there.
    pub fn clear(&mut self) {
        self.consumer.consume(self.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_what_came_in_over_the_end_of_its_memory() {
        let mut queue = Queue::new(8).unwrap();
        let mut buf = [0; 8];
        for round in 0..10 {
            queue.push(b"abcde");
            assert_eq!((queue.take(&mut buf[..3]), &buf[..3]), (3, &b"abc"[..]), "round {round}");
            queue.push(b"fghijk");
            assert_eq!((queue.len(), queue.take(&mut buf), &buf), (8, 8, b"defghijk"));
            assert!(queue.is_empty());
        }
        queue.push(b"gone");
        queue.clear();
        assert_eq!((queue.len(), queue.take(&mut buf)), (0, 0));
        queue.push(b"12345678");
        assert_eq!((queue.take(&mut buf), &buf), (8, b"12345678"));
    }
}
