//! Frames of the launcher's channel, COM2: see `docs/channel.md`.

use std::io::{self, Read};

/// The most payload that one frame carries.
pub const MAX_PAYLOAD: usize = u16::MAX as usize;

/// What the launcher tells the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToGuest {
    /// Are you there?
    Ping,
    /// Standard input, at most [`MAX_PAYLOAD`] bytes; none is end of file.
    Input(Vec<u8>),
    /// Nobody reads this output any more.
    Hangup(Output),
    /// The terminal has another size.
    Window(Size),
}

/// The size of a terminal in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Lines.
    pub rows: u16,
    /// Characters in each.
    pub columns: u16,
}

/// An output of the command in the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Standard output.
    Out = 1,
    /// Standard error.
    Err = 2,
}

impl ToGuest {
    /// The frame as it goes over the wire.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            ToGuest::Ping => encode(b'P', b""),
            ToGuest::Input(data) => encode(b'I', data),
            ToGuest::Hangup(output) => encode(b'H', &[*output as u8]),
            ToGuest::Window(Size { rows, columns }) => {
                encode(b'W', &[rows.to_le_bytes(), columns.to_le_bytes()].concat())
            }
        }
    }
}

fn encode(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).expect("a payload fits into 16 bits");
    let mut frame = vec![kind];
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// What the guest tells the launcher.
#[derive(Clone, Debug, PartialEq)]
pub enum FromGuest {
    /// The answer to a ping, or hello.
    Pong,
    /// Send up to so many bytes of standard input.
    Demand(u32),
    /// Output of the command.
    Data(Output, Vec<u8>),
    /// The guest switches off with this status.
    Exit(u8),
    /// The guest resets the machine because it was asked to.
    Reboot,
    /// A measurement.
    Measure(Measurement),
    /// An event of the in-guest tests.
    Test(TestEvent),
    /// A file of that name begins.
    File(String),
    /// The next bytes of it.
    FileData(Vec<u8>),
    /// There are no more of them.
    FileEnd,
}

/// A figure that the guest measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// What was measured.
    pub name: String,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: String,
}

/// An event of the in-guest tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestEvent {
    /// So many tests will run.
    Plan(usize),
    /// This test begins.
    Start(String),
    /// This test passed.
    Pass(String),
    /// This test failed, and why.
    Fail(String, String),
    /// All of the plan was run.
    Done,
}

/// Reads the next frame; `None` at the end of the stream. A frame that breaks the protocol, or that
/// the end of the stream cuts, is an error of kind `InvalidData` or `UnexpectedEof`.
pub fn read(stream: &mut impl Read) -> io::Result<Option<FromGuest>> {
    let mut kind = [0];
    loop {
        match stream.read(&mut kind) {
            Ok(0) => return Ok(None),
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut payload = vec![0; usize::from(u16::from_le_bytes(length))];
    stream.read_exact(&mut payload)?;
    decode(kind[0], payload).map(Some)
}

fn decode(kind: u8, payload: Vec<u8>) -> io::Result<FromGuest> {
    match (kind, payload.as_slice()) {
        (b'P', _) => Ok(FromGuest::Pong),
        (b'D', &[a, b, c, d]) => Ok(FromGuest::Demand(u32::from_le_bytes([a, b, c, d]))),
        (b'O', _) => Ok(FromGuest::Data(Output::Out, payload)),
        (b'E', _) => Ok(FromGuest::Data(Output::Err, payload)),
        (b'X', &[status]) => Ok(FromGuest::Exit(status)),
        (b'R', []) => Ok(FromGuest::Reboot),
        (b'M', text) => measurement(text).map(FromGuest::Measure).ok_or_else(|| broken(kind, text)),
        (b'T', text) => test_event(text).map(FromGuest::Test).ok_or_else(|| broken(kind, text)),
        (b'F', name) => Ok(FromGuest::File(String::from_utf8_lossy(name).into_owned())),
        (b'B', _) => Ok(FromGuest::FileData(payload)),
        (b'C', []) => Ok(FromGuest::FileEnd),
        (_, payload) => Err(broken(kind, payload)),
    }
}

fn broken(kind: u8, payload: &[u8]) -> io::Error {
    let start = &payload[..payload.len().min(40)];
    let message = format!(
        "the guest sent a frame that is none: type {:?}, {} bytes: \"{}\"",
        char::from(kind),
        payload.len(),
        start.escape_ascii()
    );
    io::Error::new(io::ErrorKind::InvalidData, message)
}

fn measurement(text: &[u8]) -> Option<Measurement> {
    let mut words = std::str::from_utf8(text).ok()?.split_whitespace();
    let name = words.next()?.to_owned();
    let value = words.next()?.parse().ok()?;
    Some(Measurement { name, value, unit: words.collect::<Vec<_>>().join(" ") })
}

fn test_event(text: &[u8]) -> Option<TestEvent> {
    let text = String::from_utf8_lossy(text);
    let (word, rest) = text.split_once(' ').unwrap_or((&text, ""));
    match word {
        "plan" => rest.parse().ok().map(TestEvent::Plan),
        "start" => Some(TestEvent::Start(rest.to_owned())),
        "pass" => Some(TestEvent::Pass(rest.to_owned())),
        "fail" => {
            let (name, reason) = rest.split_once(' ').unwrap_or((rest, ""));
            Some(TestEvent::Fail(name.to_owned(), reason.to_owned()))
        }
        "done" => Some(TestEvent::Done),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(mut bytes: &[u8]) -> io::Result<Vec<FromGuest>> {
        let mut frames = Vec::new();
        while let Some(frame) = read(&mut bytes)? {
            frames.push(frame);
        }
        Ok(frames)
    }

    #[test]
    fn frames_to_the_guest_are_type_length_payload() {
        assert_eq!(ToGuest::Ping.encode(), b"P\0\0");
        assert_eq!(ToGuest::Input(b"ab".to_vec()).encode(), b"I\x02\0ab");
        assert_eq!(ToGuest::Hangup(Output::Err).encode(), b"H\x01\0\x02");
        assert_eq!(ToGuest::Input(vec![0; 0x1234]).encode()[..3], *b"I\x34\x12");
    }

    #[test]
    fn frames_from_the_guest_are_read_one_after_the_other() {
        let bytes = b"P\x01\0xD\x04\0\0\x01\0\0O\x02\0\0\xffE\0\0F\x01\0aB\x02\0\0\x01C\0\0X\x01\0\x07R\0\0";
        let expected = vec![
            FromGuest::Pong,
            FromGuest::Demand(256),
            FromGuest::Data(Output::Out, vec![0, 0xff]),
            FromGuest::Data(Output::Err, vec![]),
            FromGuest::File("a".into()),
            FromGuest::FileData(vec![0, 1]),
            FromGuest::FileEnd,
            FromGuest::Exit(7),
            FromGuest::Reboot,
        ];
        assert_eq!(read_all(bytes).unwrap(), expected);
    }

    #[test]
    fn texts_are_measurements_and_test_events() {
        let measured = read_all(b"M\x0e\0boot 412.5 MiB").unwrap();
        let boot = Measurement { name: "boot".into(), value: 412.5, unit: "MiB".into() };
        assert_eq!(measured, [FromGuest::Measure(boot)]);
        let event = |text: &str| test_event(text.as_bytes());
        assert_eq!(event("plan 3"), Some(TestEvent::Plan(3)));
        assert_eq!(event("start a::b"), Some(TestEvent::Start("a::b".into())));
        assert_eq!(event("fail a it is 3"), Some(TestEvent::Fail("a".into(), "it is 3".into())));
        assert_eq!(event("done"), Some(TestEvent::Done));
        assert_eq!(event("plan x"), None);
        assert_eq!(event("maybe"), None);
    }

    #[test]
    fn a_frame_that_breaks_the_protocol_is_named() {
        let error = read_all(b"Z\x02\0hi").unwrap_err();
        assert_eq!(error.to_string(), "the guest sent a frame that is none: type 'Z', 2 bytes: \"hi\"");
        assert_eq!(read_all(b"X\x02\0hi").unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(read_all(b"O\x02\0h").unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
