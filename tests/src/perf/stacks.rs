//! From the stacks that the guest sends to what a person reads: names for addresses, and a picture.

use std::{collections::BTreeMap, fs, path::Path};

use inferno::flamegraph;

use super::{Recording, files};
use crate::{
    failure::{Context, Failure, Result},
    symbols::Symbols,
};

/// Writes what is wanted of the stacks in that file.
pub fn write(recording: &Recording, stacks: &Path, symbols: &Symbols, title: &str) -> Result<()> {
    let raw = fs::read_to_string(stacks).context(|| "reading the stacks".into())?;
    let folded = name(&raw, symbols);
    if folded.is_empty() {
        return Err(Failure::new(
            "there are no samples: nothing ran at any of the times when the profiler looked; \
             a longer command or a higher rate (-F) gives some",
        ));
    }
    if let Some(path) = &recording.folded {
        files::write(path, folded.as_bytes())?;
    }
    if let Some(path) = &recording.flamegraph {
        files::write(path, &picture(&folded, title)?)?;
    }
    Ok(())
}

/// The stacks with names for addresses; what has become equal is one line.
fn name(raw: &str, symbols: &Symbols) -> String {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for line in raw.lines() {
        let Some((stack, count)) = line.rsplit_once(' ') else { continue };
        let frames = stack.split(';').map(|frame| {
            let address = frame.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok());
            // An address is one behind what was executed: where a call returns to, which may lie past the function's end.
            let place = address.and_then(|address| address.checked_sub(1));
            place.and_then(|place| symbols.find(place)).unwrap_or(frame)
        });
        let frames: Vec<String> = frames.map(|frame| frame.replace(';', ":")).collect();
        let stack = own(&frames).join(";");
        *counts.entry(stack).or_default() += count.parse().unwrap_or(0);
    }
    counts.iter().map(|(stack, count)| format!("{stack} {count}\n")).collect()
}

/// A stack without how the CPU came to poll the task: that is the same for all tasks, and another for the first CPU than for
/// the rest, so that a task would be in the picture twice.
fn own(frames: &[String]) -> Vec<&str> {
    let [task, stack @ ..] = frames else { return Vec::new() };
    let tick = stack.iter().position(|name| name.contains("::Executor>::tick"));
    let poll = stack.iter().position(|name| name.contains("::task::cell::") && name.ends_with("::poll"));
    let stack = match (poll, tick) {
        (Some(at), _) if at + 1 < stack.len() => &stack[at + 1..],
        (_, Some(at)) => &stack[at..],
        _ => stack,
    };
    std::iter::once(task).chain(stack).map(String::as_str).collect()
}

fn picture(folded: &str, title: &str) -> Result<Vec<u8>> {
    let mut options = flamegraph::Options::default();
    options.title = title.to_owned();
    options.deterministic = true;
    let mut svg = Vec::new();
    flamegraph::from_lines(&mut options, folded.lines(), &mut svg)
        .context(|| "drawing the flame graph".into())?;
    Ok(svg)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quick_xml::{Reader, events::Event};

    fn symbols() -> Symbols {
        Symbols::read("0000000000001000 run\n0000000000002000 <A as B>::poll\n0000000000003000 copy\n")
    }

    #[test]
    fn addresses_get_names_and_equal_stacks_become_one() {
        let raw = "dd;0x1010;0x3000;0x3004 2\ndd;0x1010;0x3000;0x3008 3\ncat;0x1010 1\n(no task);0x7 4\n";
        let expected = "(no task);0x7 4\ncat;run 1\ndd;run;<A as B>::poll;copy 5\n";
        assert_eq!(name(raw, &symbols()), expected, "0x3000 is the end of the function before it");
    }

    #[test]
    fn a_task_is_there_once_whichever_cpus_polled_it() {
        let tick = "pollux_executor::run::<impl pollux_executor::executor::Executor>::tick";
        let symbols = Symbols::read(&format!(
            "1000 kernel_entry\n2000 ap_entry\n3000 {tick}\n4000 pollux_executor::task::cell::Functions<F>::poll\n5000 cat\n6000 end\n"
        ));
        let raw = "cat;0x1001;0x3001;0x4001;0x5001 2\ncat;0x2001;0x3001;0x4001;0x5001 3\ncat;0x2001;0x3001;0x4001 1\n\
                   (no task);0x2001;0x3001 1\n(no task);0x2001 1\n";
        let expected = format!(
            "(no task);ap_entry 1\n(no task);{tick} 1\ncat;cat 5\n\
                                cat;{tick};pollux_executor::task::cell::Functions<F>::poll 1\n"
        );
        assert_eq!(name(raw, &symbols), expected);
    }

    #[test]
    fn the_picture_is_an_svg_with_the_names() {
        let svg = picture("dd;run;<A as B>::poll 5\ncat;run 1\n", "dd | cat & more").unwrap();
        let mut reader = Reader::from_reader(&*svg);
        let (mut elements, mut depth, mut text) = (Vec::new(), 0, String::new());
        loop {
            match reader.read_event().expect("well-formed XML") {
                Event::Start(element) => {
                    elements.push(String::from_utf8_lossy(element.name().as_ref()).into_owned());
                    depth += 1;
                }
                Event::End(_) => depth -= 1,
                Event::Text(words) => text += &String::from_utf8_lossy(&words),
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!((depth, elements[0].as_str()), (0, "svg"));
        for name in ["dd (5 samples, 83.33%)", "cat (1 samples, 16.67%)"] {
            assert!(text.contains(name), "{name} is not in {text}");
        }
    }

    #[test]
    fn no_samples_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let stacks = folder.path().join("samples");
        fs::write(&stacks, "").unwrap();
        let error = write(&Recording::default(), &stacks, &symbols(), "").unwrap_err();
        assert!(error.message.starts_with("there are no samples"), "{error}");
    }
}
