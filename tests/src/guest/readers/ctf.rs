//! Reads Common Trace Format 1.8 (diamon.org/ctf/v1.8.3), as far as byte-aligned little-endian integers and strings go, by what the
//! metadata says.

use std::collections::HashMap;

/// A field: its type and its name.
type Field = (String, String);

/// The layout that a metadata text describes.
#[derive(Debug, Default)]
pub struct Layout {
    /// Bytes of each type of integers.
    sizes: HashMap<String, usize>,
    packet_header: Vec<Field>,
    packet_context: Vec<Field>,
    event_header: Vec<Field>,
    event_context: Vec<Field>,
    /// By the number: the name and its fields.
    events: HashMap<u64, (String, Vec<Field>)>,
}

/// A value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// An integer.
    Number(u64),
    /// A string.
    Text(String),
}

/// An event: its name, and all its fields with those of its header and context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub name: String,
    /// The values by their names.
    pub fields: HashMap<String, Value>,
}

impl Event {
    /// A number of it.
    pub fn number(&self, field: &str) -> Option<u64> {
        match self.fields.get(field)? {
            Value::Number(number) => Some(*number),
            Value::Text(_) => None,
        }
    }

    /// A string of it.
    pub fn text(&self, field: &str) -> Option<&str> {
        match self.fields.get(field)? {
            Value::Number(_) => None,
            Value::Text(text) => Some(text),
        }
    }
}

impl Layout {
    /// Reads a metadata text.
    pub fn of(metadata: &str) -> Result<Layout, String> {
        let text = metadata.strip_prefix("/* CTF 1.8 */").ok_or("the first line does not say CTF 1.8")?;
        let mut layout = Layout::default();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (statement, after) = statement(rest)?;
            layout.take(statement).ok_or_else(|| format!("this statement has no meaning: {statement}"))?;
            rest = after.trim_start();
        }
        Ok(layout)
    }

    fn take(&mut self, statement: &str) -> Option<()> {
        let (head, body) = statement.split_once('{')?;
        let (body, tail) = body.rsplit_once('}')?;
        match head.trim() {
            "typealias integer" => {
                let bits: usize = value(body, "size")?.parse().ok()?;
                self.sizes.insert(tail.trim().strip_prefix(":= ")?.to_owned(), bits / 8);
            }
            "trace" => {
                (value(body, "byte_order")? == "le").then_some(())?;
                self.packet_header = fields(body, "packet.header")?;
            }
            "stream" => {
                self.packet_context = fields(body, "packet.context")?;
                self.event_header = fields(body, "event.header")?;
                self.event_context = fields(body, "event.context")?;
            }
            "event" => {
                let name = value(body, "name")?.trim_matches('"').to_owned();
                self.events.insert(value(body, "id")?.parse().ok()?, (name, fields(body, "fields")?));
            }
            "env" | "clock" => {}
            _ => return None,
        }
        Some(())
    }

    /// Reads a stream: its events, and how many the packets say were discarded.
    pub fn read(&self, mut bytes: &[u8]) -> Result<(Vec<Event>, u64), String> {
        let (mut events, mut discarded) = (Vec::new(), 0);
        while !bytes.is_empty() {
            let mut packet = bytes;
            let mut head = Event { name: String::new(), fields: HashMap::new() };
            self.fields(&self.packet_header, &mut packet, &mut head)?;
            self.fields(&self.packet_context, &mut packet, &mut head)?;
            if head.number("magic") != Some(0xc1fc_1fc1) {
                return Err(format!("a packet does not begin with the magic number: {head:?}"));
            }
            let size = head.number("packet_size").ok_or("a packet without a size")? as usize / 8;
            discarded = head.number("events_discarded").unwrap_or(0);
            let used = bytes.len() - packet.len();
            let mut content = bytes.get(used..size).ok_or("a packet is longer than the stream")?;
            while !content.is_empty() {
                events.push(self.event(&mut content)?);
            }
            bytes = &bytes[size..];
        }
        Ok((events, discarded))
    }

    fn event(&self, bytes: &mut &[u8]) -> Result<Event, String> {
        let mut event = Event { name: String::new(), fields: HashMap::new() };
        self.fields(&self.event_header, bytes, &mut event)?;
        let id = event.number("id").ok_or("an event without a number")?;
        let (name, fields) = self.events.get(&id).ok_or_else(|| format!("no event has the number {id}"))?;
        event.name.clone_from(name);
        self.fields(&self.event_context, bytes, &mut event)?;
        self.fields(fields, bytes, &mut event)?;
        Ok(event)
    }

    fn fields(&self, fields: &[Field], bytes: &mut &[u8], event: &mut Event) -> Result<(), String> {
        for (kind, name) in fields {
            let value = if kind == "string" {
                let end = bytes.iter().position(|&byte| byte == 0).ok_or("a string without an end")?;
                let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
                *bytes = &bytes[end + 1..];
                Value::Text(text)
            } else {
                let size = *self.sizes.get(kind).ok_or_else(|| format!("no type is called {kind}"))?;
                let (number, rest) = bytes.split_at_checked(size).ok_or("a number is cut")?;
                *bytes = rest;
                Value::Number(number.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
            };
            event.fields.insert(name.clone(), value);
        }
        Ok(())
    }
}

/// The first statement, up to the semicolon outside of braces, and what follows.
fn statement(text: &str) -> Result<(&str, &str), String> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return Ok((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    Err(format!("a statement has no end: {text}"))
}

/// What stands after `name =`.
fn value<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let settings = body.split(';').filter_map(|setting| setting.split_once('='));
    settings
        .map(|(key, value)| (key.trim(), value.trim()))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// The fields of `name := struct { ... }`.
fn fields(body: &str, name: &str) -> Option<Vec<Field>> {
    let (_, after) = body.split_once(&format!("{name} := struct {{"))?;
    let (inside, _) = after.split_once('}')?;
    let declarations = inside.split(';').map(str::trim).filter(|declaration| !declaration.is_empty());
    declarations
        .map(|declaration| declaration.split_once(' ').map(|(kind, name)| (kind.into(), name.into())))
        .collect()
}
