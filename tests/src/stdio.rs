//! The launcher's own standard streams, unbuffered and as bytes.
//!
//! Whoever shares them with us (a terminal, an `ssh`) may have made them non-blocking; then we wait
//! instead of failing.

use std::{
    io::{self, Read, Write},
    os::fd::{AsFd, OwnedFd},
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
};

/// One of the standard streams.
#[derive(Debug)]
pub struct Stdio(OwnedFd);

impl Stdio {
    /// A stream that shares this descriptor.
    pub fn new(fd: impl AsFd) -> io::Result<Stdio> {
        Ok(Stdio(fd.as_fd().try_clone_to_owned()?))
    }

    fn retry<T>(&self, wait_for: PollFlags, mut call: impl FnMut() -> Result<T, Errno>) -> io::Result<T> {
        loop {
            match call() {
                Err(Errno::INTR) => {}
                // An interrupted or failed poll only means that the call is tried again.
                Err(Errno::AGAIN) => drop(poll(&mut [PollFd::new(&self.0, wait_for)], None)),
                result => return Ok(result?),
            }
        }
    }
}

impl Read for Stdio {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.retry(PollFlags::IN, || rustix::io::read(&self.0, &mut *buf))
    }
}

impl Write for Stdio {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.retry(PollFlags::OUT, || rustix::io::write(&self.0, buf))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn a_stream_that_does_not_block_is_waited_for() {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        rustix::io::ioctl_fionbio(&reader, true).unwrap();
        rustix::io::ioctl_fionbio(&writer, true).unwrap();
        let data: Vec<u8> = (0..300_000u32).map(|n| n.to_le_bytes()[1]).collect();
        let expected = data.clone();
        let mut out = Stdio::new(&writer).unwrap();
        drop(writer);
        let sender = thread::spawn(move || out.write_all(&data).unwrap());
        let mut got = Vec::new();
        Stdio::new(&reader).unwrap().read_to_end(&mut got).unwrap();
        sender.join().unwrap();
        assert!(got == expected, "{} of {} bytes came through", got.len(), expected.len());
    }
}
