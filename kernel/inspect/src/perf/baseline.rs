//! Counts that are kept in a file, and the comparison with them.
//!
//! The file is text: a line that says of which build and CPUs it is, the time that was counted, and a line an event:
//! its name, count, mean and 95th percentile.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use bstr::{BStr, BString, ByteSlice};
use pollux_shell::{
    env::OpenFlags,
    errno::Errno,
    io::{self, Ended, Output},
};
use pollux_trace::{EVENTS, Event};

use super::{Call, table};
use crate::system;

/// Where baselines are.
const DIRECTORIES: [&str; 2] = ["/var", "/var/perf"];
/// The baseline that `load` has chosen.
const CHOSEN: &str = "/var/perf/.chosen";

/// What a baseline says of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    event: Event,
    count: u64,
    mean: u64,
    p95: u64,
}

struct Baseline {
    elapsed_ns: u64,
    lines: Vec<Line>,
}

impl Baseline {
    /// What is counted now.
    fn now() -> Baseline {
        let line = |&event: &Event| {
            let stats = pollux_trace::stats(event, None);
            (stats.count > 0).then(|| Line {
                event,
                count: stats.count,
                mean: stats.mean(),
                p95: stats.percentile(950),
            })
        };
        Baseline { elapsed_ns: pollux_trace::counted_ns(), lines: EVENTS.iter().filter_map(line).collect() }
    }

    fn to_text(&self, build: &str) -> String {
        let mut text = format!("{build}\n{}\n", self.elapsed_ns);
        for Line { event, count, mean, p95 } in &self.lines {
            text += &format!("{} {count} {mean} {p95}\n", event.name());
        }
        text
    }

    /// Out of a file's text; or why not.
    fn parse(text: &[u8], build: &str) -> Result<Baseline, String> {
        let damaged = || String::from("this is no baseline");
        let mut lines = text.to_str().map_err(|_| damaged())?.lines();
        let of = lines.next().ok_or_else(damaged)?;
        if of != build {
            return Err(format!("it is of another build or machine: {of}; this one: {build}"));
        }
        let elapsed_ns = lines.next().and_then(|line| line.parse().ok()).ok_or_else(damaged)?;
        let lines = lines.map(|line| {
            let mut words = line.split(' ');
            let event = Event::named(words.next()?.as_bytes())?;
            let mut number = || words.next()?.parse().ok();
            Some(Line { event, count: number()?, mean: number()?, p95: number()? })
        });
        Ok(Baseline { elapsed_ns, lines: lines.collect::<Option<_>>().ok_or_else(damaged)? })
    }
}

/// `save`, `load`, `show`.
pub async fn baseline(call: Call) -> Result<u8, Ended> {
    let options = call.options("").await?;
    match options.operands.as_slice() {
        [what, name] if *what == "save" => {
            let now = Baseline::now();
            if now.lines.is_empty() {
                return Err(call.fail("nothing was counted; perf enable switches it on".into()).await);
            }
            let text = now.to_text(&build(&call).await?);
            write(&call, path(&call, name).await?.as_bstr(), text.as_bytes()).await?;
            Ok(0)
        }
        [what, name] if *what == "load" => {
            read(&call, name).await?;
            write(&call, CHOSEN.into(), name).await?;
            Ok(0)
        }
        [what, rest @ ..] if *what == "show" && rest.len() <= 1 => {
            let name = match rest {
                [name] => (*name).into(),
                _ => chosen(&call).await?,
            };
            show(&call, read(&call, name.as_bstr()).await?).await
        }
        _ => Err(call.usage("it takes save NAME, load NAME or show [NAME]").await),
    }
}

/// Compares what is counted now with a baseline, as far as it is a [`cost`]. Status 1 when something is worse.
pub async fn check(call: Call) -> Result<u8, Ended> {
    let options = call.options_only("b:e:t:").await?;
    let Some(text) = options.value('t') else {
        return Err(call
            .usage("-t PERCENT is missing: from how many percent more on it is a regression")
            .await);
    };
    let percent = call.number("percent", text, 0..=1_000_000_u64).await?;
    let words: Vec<&BStr> = options.given.iter().filter(|(o, _)| *o == 'e').map(|(_, word)| *word).collect();
    let events = call.events(&words).await?;
    let name = match options.value('b') {
        Some(name) => name.into(),
        None => chosen(&call).await?,
    };
    let (mut before, now) = (read(&call, name.as_bstr()).await?, Baseline::now());
    before.lines.retain(|line| events.contains(&line.event));
    let compared = match compare(&before, &now) {
        Ok(compared) => compared,
        Err(Incomparable::NotCounted) => {
            return Err(call
                .fail(format!("nothing that is in '{name}' was counted; perf enable switches it on"))
                .await);
        }
        Err(Incomparable::NoCosts) => {
            let names: Vec<&str> = before.lines.iter().map(|line| line.event.name()).collect();
            return Err(call
                .fail(format!("more of {} is neither better nor worse: see --help", names.join(", ")))
                .await);
        }
    };
    let mut rows = Vec::from([["EVENT", "WHAT", "BASELINE", "NOW", "CHANGE", ""].map(String::from).to_vec()]);
    let mut worse = false;
    for one in compared {
        let is_worse = one.is_worse(percent);
        worse |= is_worse;
        let shown = |value| match one.what {
            RATE => format!("{}.{:03}/s", value / 1000, value % 1000),
            _ => table::time(value),
        };
        let mark = if is_worse { "WORSE" } else { "" };
        let cells = [one.event.name(), one.what, &shown(one.before), &shown(one.now), &one.change(), mark];
        rows.push(cells.map(String::from).to_vec());
    }
    let mut out = Output::new(&call.p);
    for line in table::lines(&rows, 2) {
        out.write_line(line.as_bytes()).await?;
    }
    out.finish(u8::from(worse)).await
}

/// What it is worse to have more of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cost {
    /// The value of the event: a time that something takes, or comes too late.
    Value,
    /// That it happens: nobody wants it to.
    Rate,
    /// Both.
    Both,
}

/// What of an event costs something. Most do not: more bytes through a pipe, more messages, more tasks, are more work done,
/// and who does it twice as fast has twice as many of them in a second.
fn cost(event: Event) -> Option<Cost> {
    use Event::*;
    match event {
        TaskComplete | PollBegin | PollEnd | IrqLeave | TimerFire => Some(Cost::Value),
        PollLong | LockContended => Some(Cost::Both),
        TaskPanic | Stuck | PageFault => Some(Cost::Rate),
        _ => None,
    }
}

/// How the rate of an event is called, in events in 1000 s, so that seldom ones can be compared.
const RATE: &str = "rate";

/// A cost before, and now.
#[derive(Debug, PartialEq, Eq)]
struct Compared {
    event: Event,
    what: &'static str,
    before: u64,
    now: u64,
}

impl Compared {
    fn is_worse(&self, percent: u64) -> bool {
        u128::from(self.now) * 100 > u128::from(self.before) * u128::from(100 + percent)
    }

    fn change(&self) -> String {
        let (before, now) = (i128::from(self.before), i128::from(self.now));
        let change = (now - before) * 1000 / before.max(1);
        format!("{}{}.{}%", if change < 0 { "-" } else { "+" }, change.abs() / 10, change.abs() % 10)
    }
}

/// Why nothing is compared.
#[derive(Debug, PartialEq, Eq)]
enum Incomparable {
    /// What is in the baseline was not counted now.
    NotCounted,
    /// Nothing of it costs anything.
    NoCosts,
}

fn compare(before: &Baseline, now: &Baseline) -> Result<Vec<Compared>, Incomparable> {
    let mut compared = Vec::new();
    let mut is_counted = false;
    for old in &before.lines {
        let event = old.event;
        let Some(new) = now.lines.iter().find(|new| new.event == event) else { continue };
        is_counted = true;
        let rate = |line: &Line, ns: u64| {
            (u128::from(line.count) * 1_000_000_000_000 / u128::from(ns.max(1))) as u64
        };
        let mut add = |what, before, now| compared.push(Compared { event, what, before, now });
        let cost = cost(event);
        if let Some(Cost::Value | Cost::Both) = cost {
            add("mean", old.mean, new.mean);
            add("p95", old.p95, new.p95);
        }
        if let Some(Cost::Rate | Cost::Both) = cost {
            add(RATE, rate(old, before.elapsed_ns), rate(new, now.elapsed_ns));
        }
    }
    match (compared.is_empty(), is_counted) {
        (false, _) => Ok(compared),
        (true, true) => Err(Incomparable::NoCosts),
        (true, false) => Err(Incomparable::NotCounted),
    }
}

async fn show(call: &Call, baseline: Baseline) -> Result<u8, Ended> {
    let mut rows = Vec::from([["EVENT", "COUNT", "RATE/s", "MEAN", "P95"].map(String::from).to_vec()]);
    for line in &baseline.lines {
        let mut row = Vec::from([line.event.name().to_string(), line.count.to_string()]);
        row.push(table::rate(line.count, baseline.elapsed_ns));
        if let Some((_, unit)) = line.event.value() {
            row.extend([line.mean, line.p95].map(|value| table::shown(value, unit)));
        }
        rows.push(row);
    }
    let mut out = Output::new(&call.p);
    out.write_line(format!("counted for {}", table::time(baseline.elapsed_ns)).as_bytes()).await?;
    for line in table::lines(&rows, 1) {
        out.write_line(line.as_bytes()).await?;
    }
    out.finish(0).await
}

/// What figures depend on: the kernel and how many CPUs it has.
async fn build(call: &Call) -> Result<String, Ended> {
    let version = io::slurp(&call.p, "/proc/version".into()).await?;
    let cpus = system::core(&call.p).await?.executor().cpus();
    Ok(format!("{}, {cpus} CPUs", version.trim_ascii().as_bstr()))
}

async fn path(call: &Call, name: &BStr) -> Result<BString, Ended> {
    if name.is_empty() || name.starts_with(b".") || name.contains(&b'/') {
        return Err(call.usage(&format!("'{name}' cannot be the name of a baseline")).await);
    }
    Ok(format!("{}/{name}", DIRECTORIES[1]).into())
}

async fn read(call: &Call, name: &BStr) -> Result<Baseline, Ended> {
    let path = path(call, name).await?;
    let build = build(call).await?;
    if let Err(Errno::ENOENT) = call.p.sys.stat(path.as_bstr()).await {
        return Err(call.fail(format!("there is no baseline '{name}'; perf baseline save makes one")).await);
    }
    let text = io::slurp(&call.p, path.as_bstr()).await?;
    match Baseline::parse(&text, &build) {
        Ok(baseline) => Ok(baseline),
        Err(why) => Err(call.fail(format!("baseline '{name}': {why}")).await),
    }
}

async fn chosen(call: &Call) -> Result<BString, Ended> {
    match call.p.sys.stat(CHOSEN.into()).await {
        Ok(_) => Ok(io::slurp(&call.p, CHOSEN.into()).await?.into()),
        Err(_) => Err(call.fail("no baseline was chosen: perf baseline load NAME, or -b NAME".into()).await),
    }
}

async fn write(call: &Call, path: &BStr, text: &[u8]) -> Result<(), Ended> {
    for directory in DIRECTORIES {
        match call.p.sys.mkdir(directory.into(), 0o755).await {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(error) => return Err(call.fail(format!("{directory}: {error}")).await),
        }
    }
    let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNC;
    let result = match call.p.open(path, flags).await {
        Ok(file) => file.write_all(text).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(()) => Ok(()),
        Err(error) => Err(call.fail(format!("{path}: {error}")).await),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_costs_is_compared() {
        let at = |elapsed_ns, lines: &[(Event, u64, u64)]| Baseline {
            elapsed_ns,
            lines: lines
                .iter()
                .map(|&(event, count, mean)| Line { event, count, mean, p95: 2 * mean })
                .collect(),
        };
        let second = 1_000_000_000;
        let before = at(
            second,
            &[
                (Event::PollEnd, 10, 100),
                (Event::PipeSend, 10, 1000),
                (Event::IdleLeave, 3, 5),
                (Event::TaskPanic, 2, 0),
            ],
        );
        let now = at(
            2 * second,
            &[
                (Event::PollEnd, 90, 110),
                (Event::PipeSend, 99, 9000),
                (Event::IdleLeave, 9, 9),
                (Event::TaskPanic, 2, 0),
            ],
        );
        let one = |event, what, before, now| Compared { event, what, before, now };
        let expected = [
            one(Event::PollEnd, "mean", 100, 110),
            one(Event::PollEnd, "p95", 200, 220),
            one(Event::TaskPanic, RATE, 2000, 1000),
        ];
        let compared = compare(&before, &now).unwrap();
        assert_eq!(compared, expected);
        assert_eq!([9, 10].map(|percent| compared[0].is_worse(percent)), [true, false]);
        assert!(!compared[2].is_worse(0) && compare(&now, &before).unwrap()[2].is_worse(99));
        assert_eq!([&compared[0], &compared[2]].map(Compared::change), ["+10.0%", "-50.0%"]);
        let moved = at(second, &[(Event::PipeSend, 10, 1000)]);
        assert_eq!(compare(&moved, &now), Err(Incomparable::NoCosts), "more bytes are no regression");
        assert_eq!(compare(&before, &at(second, &[])), Err(Incomparable::NotCounted));
    }

    /// What is said of an event in the help of check-regression is what is done.
    #[test]
    fn the_help_names_what_is_compared() {
        let help = super::super::SUBS.iter().find(|sub| sub.name == "check-regression").unwrap().summary;
        for &event in EVENTS {
            assert_eq!(help.contains(event.name()), cost(event).is_some(), "{}", event.name());
        }
        let (times, rates) = help.split_once("how often a second").unwrap();
        for (event, cost) in EVENTS.iter().filter_map(|&event| Some((event, cost(event)?))) {
            assert_eq!(times.contains(event.name()), cost != Cost::Rate, "{}", event.name());
            assert_eq!(rates.contains(event.name()), cost != Cost::Value, "{}", event.name());
        }
    }

    #[test]
    fn a_baseline_comes_out_of_its_text_again_and_of_no_other_build() {
        let line = Line { event: Event::PollEnd, count: 5, mean: 70, p95: 90 };
        let text = Baseline { elapsed_ns: 33, lines: Vec::from([line]) }.to_text("Pollux 1, 2 CPUs");
        let back = Baseline::parse(text.as_bytes(), "Pollux 1, 2 CPUs").unwrap();
        assert_eq!((back.elapsed_ns, back.lines), (33, Vec::from([line])));
        let error = Baseline::parse(text.as_bytes(), "Pollux 2, 2 CPUs").err().unwrap();
        assert!(error.contains("another build"), "{error}");
        assert!(Baseline::parse(b"x\n1\npoll:end 1 2\n", "x").is_err(), "a number is missing");
        assert!(Baseline::parse(b"", "x").is_err());
    }
}
