//! `uptime`: how long the system has been running.

use alloc::{format, string::String, vec::Vec};

use super::support::civil::Civil;
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("uptime", "uptime [-p | -s]", "Prints the time and how long the system has run; -p in words, -s since when.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "ps", &[("pretty", 'p'), ("since", 's')]).await?;
    let (now, up) = (p.sys.now(), p.sys.uptime());
    let minutes = up.as_secs() / 60;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let text = match options.last_of("ps") {
        Some('p') => {
            let parts = [(days, "day"), (hours, "hour"), (minutes, "minute")];
            let shown = parts.iter().filter(|(count, unit)| *count > 0 || *unit == "minute" && days + hours == 0);
            let words: Vec<String> = shown.map(|(count, unit)| plural(*count, unit)).collect();
            format!("up {}", words.join(", "))
        }
        Some(_) => {
            let since = Civil::new(now.saturating_sub(up));
            format!("{} {}", since.date(), since.time())
        }
        None => {
            let days = if days > 0 { format!("{}, ", plural(days, "day")) } else { String::new() };
            let rest = if hours > 0 { format!("{hours:2}:{minutes:02}") } else { format!("{minutes} min") };
            format!(" {} up {days}{rest}", Civil::new(now).time())
        }
    };
    let mut out = Output::new(&p);
    out.write_line(text.as_bytes()).await?;
    out.finish(0).await
}

fn plural(count: u64, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
