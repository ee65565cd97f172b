//! What was counted.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::time::Duration;

use bstr::{BStr, ByteSlice};
use pollux_shell::io::{Ended, Output};
use pollux_trace::{Event, Modes, Stats, Unit};

use super::{Call, table};

const HEAD: [&str; 10] = ["EVENT", "COUNT", "RATE/s", "TOTAL", "MIN", "MEAN", "P50", "P95", "P99", "MAX"];

/// The row of an event, in the order of the heading.
pub fn row(name: String, event: Event, stats: &Stats, elapsed_ns: u64) -> Vec<String> {
    let mut row = Vec::from([name, stats.count.to_string(), table::rate(stats.count, elapsed_ns)]);
    if let Some((_, unit)) = event.value()
        && stats.count > 0
    {
        let percentiles = [500, 950, 990].map(|thousandths| stats.percentile(thousandths));
        let [p50, p95, p99] = percentiles;
        let values = [stats.total, stats.min(), stats.mean(), p50, p95, p99, stats.max];
        row.extend(values.map(|value| table::shown(value, unit)));
    }
    row
}

/// A table of events, with its heading.
pub fn rows(events: impl Iterator<Item = (Event, Stats)>, elapsed_ns: u64) -> Vec<Vec<String>> {
    let mut rows = Vec::from([HEAD.map(String::from).to_vec()]);
    rows.extend(events.map(|(event, stats)| row(event.name().into(), event, &stats, elapsed_ns)));
    rows
}

fn is_counted(event: Event) -> bool {
    pollux_trace::modes(event).contains(Modes::COUNT)
}

/// The events that are named, or all, but only those with something to show. Of named ones that have nothing it is said.
async fn of_interest(
    call: &Call,
    named: &[&BStr],
    has_something: impl Fn(Event) -> bool,
) -> Result<Vec<Event>, Ended> {
    let (events, others): (Vec<_>, Vec<_>) =
        call.events(named).await?.into_iter().partition(|&event| has_something(event));
    if events.is_empty() && (named.is_empty() || others.len() > 1) {
        let what = if named.is_empty() { "nothing" } else { "nothing of that" };
        return Err(call.fail(format!("{what} is counted; perf enable switches it on")).await);
    }
    if !named.is_empty() && !others.is_empty() {
        let names: Vec<_> = others.iter().map(|event| event.name()).collect();
        let told = format!("not counted: {}; perf enable switches it on", names.join(" "));
        let ended = call.fail(told).await;
        if events.is_empty() {
            return Err(ended);
        }
    }
    Ok(events)
}

/// Shows what was counted: of each event, with `-c` of each CPU, with `-H` the histograms.
pub async fn stats(call: Call) -> Result<u8, Ended> {
    let options = call.options("cH").await?;
    let events = of_interest(&call, &options.operands, |event| {
        is_counted(event) || pollux_trace::stats(event, None).count > 0
    });
    let events = events.await?;
    let elapsed_ns = pollux_trace::counted_ns();
    let mut out = Output::new(&call.p);
    out.write_line(format!("counted for {}", table::time(elapsed_ns)).as_bytes()).await?;
    let mut rows =
        self::rows(events.iter().map(|&event| (event, pollux_trace::stats(event, None))), elapsed_ns);
    if options.has('c') {
        let cpus = pollux_trace::places();
        let of_event = |event: Event| {
            (0..cpus).map(move |cpu| {
                let name = if cpu + 1 < cpus { format!("  CPU {cpu}") } else { "  no CPU".into() };
                row(name, event, &pollux_trace::stats(event, Some(cpu)), elapsed_ns)
            })
        };
        let heading = rows.remove(0);
        let merged = rows;
        rows = Vec::from([heading]);
        for (&event, all) in events.iter().zip(merged) {
            rows.push(all);
            rows.extend(of_event(event));
        }
    }
    for line in table::lines(&rows, 1) {
        out.write_line(line.as_bytes()).await?;
    }
    if options.has('H') {
        for &event in &events {
            histogram(&mut out, event).await?;
        }
    }
    out.finish(0).await
}

/// A bar for each bucket that is not empty.
async fn histogram(out: &mut Output<'_>, event: Event) -> Result<(), Ended> {
    const WIDTH: u64 = 50;
    let (stats, unit) =
        (pollux_trace::stats(event, None), event.value().map_or(Unit::Number, |(_, unit)| unit));
    let most = stats.histogram().map(|(_, n)| n).max().unwrap_or(0);
    if most == 0 {
        return Ok(());
    }
    out.write_line(format!("\n{}:", event.name()).as_bytes()).await?;
    for (from, n) in stats.histogram() {
        let bar = "#".repeat((n * WIDTH).div_ceil(most) as usize);
        out.write_line(format!("{:>10} {n:>8} {bar}", table::shown(from, unit)).as_bytes()).await?;
    }
    Ok(())
}

/// Shows again and again what came since the last time. What is above its threshold is marked.
pub async fn monitor(call: Call) -> Result<u8, Ended> {
    let options = call.options("i:n:w:").await?;
    let seconds = match options.value('i') {
        Some(text) => call.number("seconds", text, 1..=3600_u64).await?,
        None => 1,
    };
    let mut left = match options.value('n') {
        Some(text) => Some(call.number("count", text, 1..=MOST).await?),
        None => None,
    };
    let mut thresholds = Vec::new();
    for &(_, text) in options.given.iter().filter(|(option, _)| *option == 'w') {
        match threshold(text) {
            Ok(threshold) => thresholds.push(threshold),
            Err(why) => return Err(call.usage(&format!("-w '{text}': {why}")).await),
        }
    }
    let mut events = of_interest(&call, &options.operands, is_counted).await?;
    for &(event, _) in &thresholds {
        if !is_counted(event) {
            let name = event.name();
            return Err(call.fail(format!("{name} is not counted; perf enable {name} switches it on")).await);
        }
        events.push(event);
    }
    events.sort_unstable();
    events.dedup();
    let is_named =
        |event: Event| !options.operands.is_empty() || thresholds.iter().any(|(of, _)| *of == event);
    let mut out = Output::new(&call.p);
    let live = out.is_terminal();
    let all =
        |events: &[Event]| events.iter().map(|&event| pollux_trace::stats(event, None)).collect::<Vec<_>>();
    let (mut before, mut since_ns) = (all(&events), pollux_trace::now_ns());
    while left != Some(0) {
        call.p.sys.sleep(Duration::from_secs(seconds)).await;
        let (now, now_ns) = (all(&events), pollux_trace::now_ns());
        let elapsed_ns = now_ns - since_ns;
        let came = events
            .iter()
            .zip(now.iter().zip(&before))
            .map(|(&event, (now, before))| (event, now.since(before)));
        // What has never come would hide what has.
        let came: Vec<_> = came
            .zip(&now)
            .filter(|((event, _), now)| now.count > 0 || is_named(*event))
            .map(|(came, _)| came)
            .collect();
        let rows = rows(came.iter().cloned(), elapsed_ns);
        if live {
            out.push(b"\x1b[H\x1b[2J");
        }
        let lines = table::lines(&rows, 1);
        let room = if live { call.rows().saturating_sub(2).max(2) } else { usize::MAX };
        for (at, line) in lines.iter().enumerate().take(room) {
            let above = at > 0 && is_above(&thresholds, came[at - 1].0, came[at - 1].1.count, elapsed_ns);
            let (begin, end) = match (above, live) {
                (true, true) => ("\x1b[7m", " !\x1b[m"),
                (true, false) => ("", " !"),
                (false, _) => ("", ""),
            };
            out.write_line(format!("{begin}{line}{end}").as_bytes()).await?;
        }
        let more = lines.len().saturating_sub(room);
        let below = if more > 0 { format!("{more} more; name some to see them") } else { "".into() };
        out.write_line(below.as_bytes()).await?;
        out.flush().await?;
        (before, since_ns) = (now, now_ns);
        left = left.map(|left| left - 1);
    }
    out.finish(0).await
}

/// The most moments that can be asked for.
pub const MOST: u64 = 1_000_000_000;

/// An event, and how often a second is too often; or what is wrong with the text.
fn threshold(text: &BStr) -> Result<(Event, u64), String> {
    let (event, rate) = text.split_once_str("=").ok_or("it has the form EVENT=RATE")?;
    let event = Event::named(event)
        .ok_or_else(|| format!("there is no event '{}'; perf list shows them", event.as_bstr()))?;
    let rate = rate.to_str().ok().and_then(|rate| rate.parse().ok());
    Ok((event, rate.ok_or("a rate is a whole number of events a second")?))
}

fn is_above(thresholds: &[(Event, u64)], event: Event, count: u64, elapsed_ns: u64) -> bool {
    let above = |most: u64| u128::from(count) * 1_000_000_000 > u128::from(most) * u128::from(elapsed_ns);
    thresholds.iter().any(|&(of, most)| of == event && above(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_passed_by_a_fraction_too() {
        let thresholds = [threshold("sched:wake=1".into()).unwrap()];
        let above = |event, count| is_above(&thresholds, event, count, 10_000_000_000);
        assert!(above(Event::Wake, 19), "1.9 a second");
        assert!(!above(Event::Wake, 10) && !above(Event::Kick, 19));
    }

    #[test]
    fn what_is_wrong_with_a_threshold_is_said() {
        let wrong = |text: &str| threshold(text.into()).unwrap_err();
        assert_eq!(wrong("pipe"), "it has the form EVENT=RATE");
        assert_eq!(wrong("pipe=1"), "there is no event 'pipe'; perf list shows them");
        assert!(wrong("pipe:send=x").contains("whole number"));
    }
}
