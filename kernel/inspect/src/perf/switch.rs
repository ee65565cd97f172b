//! Which events are counted, and with what memory.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use pollux_shell::io::{Ended, Output};
use pollux_trace::{Event, Modes, OutOfMemory, samples};

use super::{Call, table};

/// The tracepoints, and what is done at each.
pub async fn list(call: Call) -> Result<u8, Ended> {
    let options = call.options("v").await?;
    let events = call.events(&options.operands).await?;
    let mut rows = Vec::from([["EVENT", "COUNTED", "RECORDED", "NUMBERS"].map(String::from).to_vec()]);
    for &event in &events {
        let modes = pollux_trace::modes(event);
        let mark = |mode| if modes.contains(mode) { "yes" } else { "-" }.to_string();
        let numbers: Vec<String> = event
            .arguments()
            .into_iter()
            .flatten()
            .map(|(name, unit)| format!("{name}:{}", format!("{unit:?}").to_lowercase()))
            .collect();
        rows.push([event.name().into(), mark(Modes::COUNT), mark(Modes::RECORD), numbers.join(" ")].to_vec());
    }
    let mut out = Output::new(&call.p);
    let (heading, lines) = {
        let mut lines = table::lines(&rows, 4).into_iter();
        (lines.next().unwrap_or_default(), lines)
    };
    out.write_line(heading.as_bytes()).await?;
    for (event, line) in events.into_iter().zip(lines) {
        out.write_line(line.as_bytes()).await?;
        if options.has('v') {
            out.write_line(format!("    {}", event.words()).as_bytes()).await?;
        }
    }
    out.finish(0).await
}

/// Has events be counted.
pub async fn enable(call: Call) -> Result<u8, Ended> {
    let options = call.options("").await?;
    let events = call.events(&options.operands).await?;
    match count(&events) {
        Ok(()) => Ok(0),
        Err(error) => Err(call.no_memory(error).await),
    }
}

/// Has them all be counted, or none.
pub fn count(events: &[Event]) -> Result<(), OutOfMemory> {
    pollux_trace::prepare()?;
    events.iter().try_for_each(|&event| pollux_trace::enable(event, Modes::COUNT))
}

/// Has events no longer be counted; what was counted stays.
pub async fn disable(call: Call) -> Result<u8, Ended> {
    let options = call.options("").await?;
    for event in call.events(&options.operands).await? {
        pollux_trace::disable(event, Modes::COUNT);
    }
    Ok(0)
}

/// Begins to count anew.
pub async fn reset(call: Call) -> Result<u8, Ended> {
    call.options_only("").await?;
    pollux_trace::reset();
    Ok(0)
}

/// Shows or sets the rate of samples and the sizes of rings.
pub async fn configure(call: Call) -> Result<u8, Ended> {
    let options = call.options_only("r:b:").await?;
    let rate = match options.value('r') {
        Some(text) => Some(call.number("rate", text, samples::RATES).await?),
        None => None,
    };
    let records = match options.value('b') {
        Some(text) => Some(call.number("records", text, pollux_trace::SIZES).await?),
        None => None,
    };
    if let Some(records) = records
        && let Err(error) = pollux_trace::resize(records.next_power_of_two())
    {
        return Err(call.no_memory(error).await);
    }
    if let Some(rate) = rate {
        super::command::set_usual_rate(rate);
    }
    if rate.is_some() || records.is_some() {
        return Ok(0);
    }
    let mut out = Output::new(&call.p);
    let (rate, records, kept) = (super::command::usual_rate(), pollux_trace::records(), samples::capacity());
    out.write_line(format!("samples a second      {rate}").as_bytes()).await?;
    let room = |room: usize, usual: usize| match room {
        0 => format!("{usual}, from the first time on"),
        room => format!("{room}"),
    };
    let (records, kept) = (room(records, pollux_trace::RECORDS), room(kept, samples::SAMPLES));
    out.write_line(format!("records of each CPU   {records}").as_bytes()).await?;
    out.write_line(format!("samples of each CPU   {kept}").as_bytes()).await?;
    out.write_line(format!("memory                {} KiB", pollux_trace::memory() / 1024).as_bytes()).await?;
    out.finish(0).await
}
