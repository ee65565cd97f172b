//! Reads the timeline of a pipeline out of a page: the picture as XML, with its lanes and what is in them.

use std::collections::BTreeMap;

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

/// A slice of a lane. Times are since the keystroke.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// When it begins and ends.
    pub from_ns: u64,
    /// See `from_ns`.
    pub to_ns: u64,
    /// Nobody runs: a task waits, for something or for a CPU.
    pub waits: bool,
    /// What it says of itself.
    pub title: String,
}

/// What is in a picture.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// By their labels.
    pub lanes: BTreeMap<String, Vec<Slice>>,
    /// When the prompt was written.
    pub prompt_ns: u64,
}

impl Timeline {
    /// Reads the picture in a page.
    pub fn read(page: &str) -> Result<Timeline, String> {
        let start = page.find("<svg xmlns").ok_or("there is no picture")?;
        let end = page[start..].find("</svg>").ok_or("the picture has no end")? + start + "</svg>".len();
        let mut reader = Reader::from_str(&page[start..end]);
        let mut timeline = Timeline::default();
        let mut lane = Vec::new();
        let (mut name, mut is_label, mut text, mut depth) = (None, false, String::new(), 0);
        loop {
            match reader.read_event().map_err(|error| format!("the picture is no XML: {error}"))? {
                Event::Start(element) => {
                    depth += 1;
                    text.clear();
                    match element.name().as_ref() {
                        b"rect" => lane.push(slice(&element)?),
                        b"text" => is_label = attribute(&element, "class")?.as_deref() == Some("label"),
                        _ => {}
                    }
                }
                Event::Empty(element) if attribute(&element, "class")?.as_deref() == Some("prompt") => {
                    timeline.prompt_ns = number(&element, "data-at")?;
                }
                Event::Text(words) => text += &String::from_utf8_lossy(&words),
                Event::End(element) => {
                    depth -= 1;
                    match element.name().as_ref() {
                        b"title" => {
                            lane.last_mut().ok_or("a title of nothing")?.title.clone_from(&text);
                        }
                        b"text" if is_label => name = Some(text.clone()),
                        b"g" => {
                            let slices = std::mem::take(&mut lane);
                            timeline.lanes.extend(name.take().map(|name| (name, slices)));
                        }
                        _ => {}
                    }
                }
                Event::Eof if depth == 0 => return Ok(timeline),
                Event::Eof => return Err("the picture ends in the middle".into()),
                _ => {}
            }
        }
    }
}

fn slice(element: &BytesStart) -> Result<Slice, String> {
    let class = attribute(element, "class")?.unwrap_or_default();
    let waits = class.split(' ').any(|word| ["waits", "queued"].contains(&word));
    let (from_ns, to_ns) = (number(element, "data-from")?, number(element, "data-to")?);
    Ok(Slice { from_ns, to_ns, waits, title: String::new() })
}

fn attribute(element: &BytesStart, name: &str) -> Result<Option<String>, String> {
    let attribute = element.try_get_attribute(name).map_err(|error| format!("{element:?}: {error}"))?;
    Ok(attribute.map(|attribute| String::from_utf8_lossy(&attribute.value).into_owned()))
}

fn number(element: &BytesStart, name: &str) -> Result<u64, String> {
    let value = attribute(element, name)?.and_then(|value| value.parse().ok());
    value.ok_or_else(|| format!("no number {name}: {element:?}"))
}
