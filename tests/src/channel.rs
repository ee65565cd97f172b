//! The launcher's end of COM2: the command's standard streams, and what the guest tells about itself.
//!
//! Three threads, so that no direction waits for another: one reads frames and writes the outputs, one
//! reads standard input when the guest asks for it, one writes frames. An output that blocks stops the
//! reading of frames; the serial line fills up and the guest waits, as a command waits on a full pipe.

use std::{
    io::{self, ErrorKind, Read, Write},
    os::unix::net::UnixStream,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{self, Sender},
    },
    thread,
};

use crate::frame::{self, FromGuest, MAX_PAYLOAD, Measurement, Output, Size, TestEvent, ToGuest};

/// What the guest tells about itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// It switches off with this status.
    Exit(u8),
    /// It will reset the machine.
    Reboot,
    /// A measurement.
    Measure(Measurement),
    /// An in-guest test.
    Test(TestEvent),
    /// A standard stream of the launcher failed, or the guest broke the protocol.
    Trouble(String),
    /// The line is closed.
    End,
}

/// Where the command's standard streams lead.
pub struct Streams {
    /// Standard input, or end of file at once.
    pub input: Box<dyn Read + Send>,
    /// Standard output.
    pub output: Box<dyn Write + Send>,
    /// Standard error.
    pub errors: Box<dyn Write + Send>,
    /// The files that the guest sends.
    pub files: Box<dyn Files>,
}

/// Takes files that the guest sends, one after the other.
pub trait Files: Send {
    /// One begins.
    fn begin(&mut self, name: &str) -> io::Result<()>;
    /// The next bytes of it.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// It is complete.
    fn complete(&mut self) -> io::Result<()>;
}

/// For who has asked for no files.
pub struct NoFiles;

impl Files for NoFiles {
    fn begin(&mut self, name: &str) -> io::Result<()> {
        Err(io::Error::other(format!("the guest sent the file {name:?}, and nobody has asked for files")))
    }

    fn write(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn complete(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A running channel.
pub struct Channel {
    heard: Arc<AtomicU64>,
    blocked: Arc<AtomicBool>,
    send: Sender<ToGuest>,
}

impl Channel {
    /// Starts the threads. `on_event` is called on them.
    pub fn start(
        stream: UnixStream,
        streams: Streams,
        on_event: impl Fn(Event) + Send + Clone + 'static,
    ) -> io::Result<Channel> {
        let heard = Arc::new(AtomicU64::new(0));
        let blocked = Arc::new(AtomicBool::new(false));
        let (send, frames) = mpsc::channel::<ToGuest>();
        let (demand, demands) = mpsc::channel::<u32>();

        let mut writer = stream.try_clone()?;
        thread::spawn(move || {
            for frame in frames {
                if writer.write_all(&frame.encode()).is_err() {
                    // The guest is gone; the reader finds out and tells.
                    return;
                }
            }
        });

        let input = Input { source: streams.input, send: send.clone(), ended: false };
        let tell = on_event.clone();
        thread::spawn(move || {
            let mut input = input;
            for wanted in demands {
                if let Err(error) = input.answer(wanted) {
                    tell(Event::Trouble(format!("reading standard input: {error}")));
                }
            }
        });

        let outputs = Outputs {
            sinks: [Some(streams.output), Some(streams.errors)],
            files: streams.files,
            refused: false,
            send: send.clone(),
            blocked: blocked.clone(),
        };
        let count = heard.clone();
        thread::spawn(move || {
            listen(stream, outputs, &demand, &count, &on_event);
            on_event(Event::End);
        });
        Ok(Channel { heard, blocked, send })
    }

    /// How many frames the guest has sent.
    pub fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }

    /// Whether the guest's output waits for somebody who reads it.
    pub fn blocked(&self) -> bool {
        self.blocked.load(Ordering::Relaxed)
    }

    /// Asks the guest whether it is there.
    pub fn ping(&self) {
        // A line that is closed is told by `Event::End`.
        let _ = self.send.send(ToGuest::Ping);
    }

    /// Tells the guest how large the terminal is now.
    pub fn resize(&self, size: Size) {
        // As above.
        let _ = self.send.send(ToGuest::Window(size));
    }
}

fn listen(
    mut stream: UnixStream,
    mut outputs: Outputs,
    demand: &Sender<u32>,
    heard: &AtomicU64,
    on_event: &impl Fn(Event),
) {
    loop {
        let frame = match frame::read(&mut stream) {
            Ok(Some(frame)) => frame,
            Ok(None) => return,
            // QEMU ended within a frame; how it ended tells more.
            Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => {
                return;
            }
            Err(error) => return on_event(Event::Trouble(format!("the channel: {error}"))),
        };
        heard.fetch_add(1, Ordering::Relaxed);
        match frame {
            FromGuest::Pong => {}
            FromGuest::Demand(wanted) => {
                // The thread of the input lives as long as this one.
                let _ = demand.send(wanted);
            }
            FromGuest::Data(output, data) => {
                if let Err(error) = outputs.write(output, &data) {
                    let name = match output {
                        Output::Out => "output",
                        Output::Err => "error",
                    };
                    on_event(Event::Trouble(format!("writing standard {name}: {error}")));
                }
            }
            FromGuest::Exit(status) => on_event(Event::Exit(status)),
            FromGuest::Reboot => on_event(Event::Reboot),
            FromGuest::Measure(measurement) => on_event(Event::Measure(measurement)),
            FromGuest::Test(event) => on_event(Event::Test(event)),
            FromGuest::File(name) => outputs.take_file(true, |files| files.begin(&name), on_event),
            FromGuest::FileData(data) => outputs.take_file(false, |files| files.write(&data), on_event),
            FromGuest::FileEnd => outputs.take_file(false, |files| files.complete(), on_event),
        }
    }
}

struct Input {
    source: Box<dyn Read + Send>,
    send: Sender<ToGuest>,
    ended: bool,
}

impl Input {
    /// Answers one demand with what there is, at least one byte unless the input has ended.
    fn answer(&mut self, wanted: u32) -> io::Result<()> {
        let mut data = vec![0; usize::try_from(wanted).unwrap_or(MAX_PAYLOAD).clamp(1, MAX_PAYLOAD)];
        // A terminal would go on after its end of file; a command asks once too often more easily
        // than a person types ^D twice.
        let result = if self.ended { Ok(0) } else { self.source.read(&mut data) };
        let length = *result.as_ref().unwrap_or(&0);
        self.ended |= length == 0;
        data.truncate(length);
        // A closed line is told by the reader of frames.
        let _ = self.send.send(ToGuest::Input(data));
        result.map(drop)
    }
}

struct Outputs {
    sinks: [Option<Box<dyn Write + Send>>; 2],
    files: Box<dyn Files>,
    /// The file that comes now cannot be taken.
    refused: bool,
    send: Sender<ToGuest>,
    blocked: Arc<AtomicBool>,
}

impl Outputs {
    /// Writes all of it. After a failure the guest is told that nobody reads any more, and what it had
    /// sent until it heard that is dropped; a reader that is gone (EPIPE) is no failure of ours.
    fn write(&mut self, output: Output, data: &[u8]) -> io::Result<()> {
        let sink = &mut self.sinks[output as usize - 1];
        let Some(writer) = sink else { return Ok(()) };
        self.blocked.store(true, Ordering::Relaxed);
        let result = writer.write_all(data).and_then(|()| writer.flush());
        self.blocked.store(false, Ordering::Relaxed);
        let Err(error) = result else { return Ok(()) };
        *sink = None;
        // A closed line is told by the reader of frames.
        let _ = self.send.send(ToGuest::Hangup(output));
        if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
    }
}

impl Outputs {
    /// Has the files take something. After a failure, which is told, the rest of that file is dropped.
    fn take_file(
        &mut self,
        begins: bool,
        take: impl FnOnce(&mut dyn Files) -> io::Result<()>,
        on_event: &impl Fn(Event),
    ) {
        if self.refused && !begins {
            return;
        }
        self.blocked.store(true, Ordering::Relaxed);
        let result = take(&mut *self.files);
        self.blocked.store(false, Ordering::Relaxed);
        self.refused = result.is_err();
        if let Err(error) = result {
            on_event(Event::Trouble(error.to_string()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::Receiver;

    /// A guest made of the other end of the socket.
    struct Guest {
        line: UnixStream,
        events: Receiver<Event>,
        channel: Channel,
    }

    fn guest(input: impl Read + Send + 'static, output: impl Write + Send + 'static) -> Guest {
        let (ours, line) = UnixStream::pair().unwrap();
        let (send, events) = mpsc::channel();
        let streams = Streams {
            input: Box::new(input),
            output: Box::new(output),
            errors: Box::new(io::sink()),
            files: Box::new(NoFiles),
        };
        let channel = Channel::start(ours, streams, move |event| drop(send.send(event))).unwrap();
        Guest { line, events, channel }
    }

    impl Guest {
        fn hears(&mut self) -> Vec<u8> {
            let mut head = [0; 3];
            self.line.read_exact(&mut head).unwrap();
            let mut frame = head.to_vec();
            frame.resize(3 + usize::from(u16::from_le_bytes([head[1], head[2]])), 0);
            self.line.read_exact(&mut frame[3..]).unwrap();
            frame
        }
    }

    #[test]
    fn input_comes_when_it_is_asked_for_and_ends_once() {
        let mut guest = guest(&b"hello"[..], io::sink());
        guest.line.write_all(b"D\x04\0\x03\0\0\0").unwrap();
        assert_eq!(guest.hears(), b"I\x03\0hel");
        guest.line.write_all(b"D\x04\0\xff\xff\xff\xff").unwrap();
        assert_eq!(guest.hears(), b"I\x02\0lo");
        for _ in 0..2 {
            guest.line.write_all(b"D\x04\0\x10\0\0\0").unwrap();
            assert_eq!(guest.hears(), b"I\0\0");
        }
    }

    #[test]
    fn an_input_that_fails_ends_and_is_told() {
        struct Folder;
        impl Read for Folder {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("is a folder"))
            }
        }
        let mut guest = guest(Folder, io::sink());
        guest.line.write_all(b"D\x04\0\x10\0\0\0").unwrap();
        assert_eq!(guest.hears(), b"I\0\0");
        assert_eq!(
            guest.events.recv().unwrap(),
            Event::Trouble("reading standard input: is a folder".into())
        );
    }

    #[test]
    fn output_is_passed_on_and_the_rest_is_told() {
        let (mut reader, writer) = io::pipe().unwrap();
        let mut guest = guest(io::empty(), writer);
        guest.line.write_all(b"O\x03\0a\0\xffP\0\0X\x01\0\x09").unwrap();
        let mut data = [0; 3];
        reader.read_exact(&mut data).unwrap();
        assert_eq!(data, *b"a\0\xff");
        assert_eq!(guest.events.recv().unwrap(), Event::Exit(9));
        assert_eq!(guest.channel.heard(), 3);
        drop(guest.line);
        assert_eq!(guest.events.recv().unwrap(), Event::End);
    }

    #[test]
    fn the_guest_hears_that_nobody_reads_its_output() {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let mut guest = guest(io::empty(), writer);
        guest.line.write_all(b"O\x01\0yO\x01\0yX\x01\0\x01").unwrap();
        assert_eq!(guest.hears(), b"H\x01\0\x01");
        assert_eq!(guest.events.recv().unwrap(), Event::Exit(1), "EPIPE is no trouble");
    }

    #[test]
    fn a_full_disk_is_trouble() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut guest = guest(io::empty(), full);
        guest.line.write_all(b"O\x01\0y").unwrap();
        assert_eq!(guest.hears(), b"H\x01\0\x01");
        assert!(
            matches!(guest.events.recv().unwrap(), Event::Trouble(text) if text.contains("standard output"))
        );
    }

    #[test]
    fn a_file_that_nobody_wants_is_told_once() {
        let mut guest = guest(io::empty(), io::sink());
        guest.line.write_all(b"F\x01\0aB\x01\0xC\0\0X\x01\0\x02").unwrap();
        assert!(
            matches!(guest.events.recv().unwrap(), Event::Trouble(text) if text.contains("the file \"a\""))
        );
        assert_eq!(guest.events.recv().unwrap(), Event::Exit(2));
    }

    #[test]
    fn nonsense_on_the_line_is_told() {
        let mut guest = guest(io::empty(), io::sink());
        guest.line.write_all(b"?\0\0").unwrap();
        assert!(matches!(guest.events.recv().unwrap(), Event::Trouble(text) if text.contains("'?'")));
    }
}
