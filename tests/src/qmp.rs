//! QEMU's control protocol (QMP): lines of JSON over a socket.

use std::{
    io::{self, BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

/// QEMU answers at once; one that does not for this long is stuck.
const REPLY_TIMEOUT: Duration = Duration::from_secs(10);

/// What QEMU tells on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The machine ends, for this reason.
    Shutdown(String),
    /// The machine was paused.
    Stop,
    /// The machine goes on.
    Resume,
    /// QEMU has closed the line.
    End,
}

/// A connection.
pub struct Qmp {
    stream: UnixStream,
    replies: Receiver<Result<Value, String>>,
}

impl Qmp {
    /// Takes over a connection that QEMU made. `on_event` is called on another thread.
    pub fn new(stream: UnixStream, mut on_event: impl FnMut(Event) + Send + 'static) -> io::Result<Qmp> {
        let reader = BufReader::new(stream.try_clone()?);
        let (reply, replies) = mpsc::channel();
        thread::spawn(move || {
            for line in reader.lines().map_while(Result::ok) {
                match understand(&line) {
                    Some(Line::Event(event)) => on_event(event),
                    // Nobody may wait for it any more.
                    Some(Line::Reply(answer)) => drop(reply.send(answer)),
                    None => {}
                }
            }
            on_event(Event::End);
        });
        let mut qmp = Qmp { stream, replies };
        // Its answer is read with that of the first command. A QEMU that is gone tells `Event::End`.
        let _ = qmp.send("qmp_capabilities", &json!({}));
        Ok(qmp)
    }

    /// Runs a command and returns its answer, or says why there is none.
    pub fn execute(&mut self, command: &str, arguments: &Value) -> Result<Value, String> {
        while self.replies.try_recv().is_ok() {}
        self.send(command, arguments).map_err(|error| format!("QMP: {error}"))?;
        loop {
            let reply =
                self.replies.recv_timeout(REPLY_TIMEOUT).map_err(|_| "QEMU does not answer".to_owned())?;
            match reply {
                // The answer to `qmp_capabilities`, which has no id.
                Ok(answer) if answer["id"].is_null() => {}
                Ok(answer) => return Ok(answer["return"].clone()),
                Err(error) => return Err(format!("QMP: {command}: {error}")),
            }
        }
    }

    /// Runs a command of the human monitor and returns what it prints.
    pub fn monitor(&mut self, line: &str) -> Result<String, String> {
        let answer = self.execute("human-monitor-command", &json!({ "command-line": line }))?;
        Ok(answer.as_str().unwrap_or_default().to_owned())
    }

    fn send(&mut self, command: &str, arguments: &Value) -> io::Result<()> {
        let mut message = json!({ "execute": command, "arguments": arguments });
        if command != "qmp_capabilities" {
            message["id"] = json!(command);
        }
        writeln!(self.stream, "{message}")
    }
}

#[derive(Debug, PartialEq)]
enum Line {
    Event(Event),
    Reply(Result<Value, String>),
}

fn understand(line: &str) -> Option<Line> {
    let message: Value = serde_json::from_str(line).ok()?;
    if message.get("return").is_some() {
        return Some(Line::Reply(Ok(message)));
    }
    if let Some(error) = message.get("error") {
        return Some(Line::Reply(Err(error["desc"].as_str().unwrap_or("unknown error").to_owned())));
    }
    let event = match message["event"].as_str()? {
        "SHUTDOWN" => Event::Shutdown(message["data"]["reason"].as_str().unwrap_or("unknown").to_owned()),
        "STOP" => Event::Stop,
        "RESUME" => Event::Resume,
        _ => return None,
    };
    Some(Line::Event(event))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_and_replies_are_told_apart() {
        let shutdown = r#"{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-reset"}}"#;
        assert_eq!(understand(shutdown), Some(Line::Event(Event::Shutdown("guest-reset".into()))));
        assert_eq!(understand(r#"{"event": "RTC_CHANGE"}"#), None);
        assert_eq!(understand(r#"{"QMP": {"version": {}}}"#), None);
        let failed = r#"{"id": 1, "error": {"class": "GenericError", "desc": "no"}}"#;
        assert_eq!(understand(failed), Some(Line::Reply(Err("no".into()))));
        assert!(matches!(understand(r#"{"return": {}}"#), Some(Line::Reply(Ok(_)))));
    }

    #[test]
    fn a_command_gets_its_own_answer() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let qemu = thread::spawn(move || {
            let mut lines = BufReader::new(theirs.try_clone().unwrap()).lines();
            let mut theirs = theirs;
            let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
            writeln!(theirs, r#"{{"QMP": {{}}}}"#).unwrap();
            assert_eq!(next()["execute"], "qmp_capabilities");
            writeln!(theirs, r#"{{"return": {{}}}}"#).unwrap();
            let command = next();
            assert_eq!(command["arguments"]["command-line"], "info cpus");
            writeln!(theirs, "{}", json!({ "return": "* CPU #0", "id": command["id"] })).unwrap();
            writeln!(theirs, r#"{{"event": "STOP"}}"#).unwrap();
        });
        let (send, events) = mpsc::channel();
        let mut qmp = Qmp::new(ours, move |event| send.send(event).unwrap()).unwrap();
        assert_eq!(qmp.monitor("info cpus").unwrap(), "* CPU #0");
        assert_eq!(events.iter().collect::<Vec<_>>(), [Event::Stop, Event::End]);
        qemu.join().unwrap();
    }
}
