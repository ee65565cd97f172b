//! Linux's time by Pollux's, as bars: for each row from 1 to the median ratio, on a logarithmic scale, with its interval as a
//! line across. What is slower than Linux reaches to the left.

use std::fmt::Write;

use pollux_figures::line::time;
use serde_json::{Map, Value, json};

use super::page::escape;

/// Where the bars begin, behind the names, and how wide the scale is.
const LEFT: f64 = 330.0;
const WIDTH: f64 = 500.0;
/// Behind it are the figures.
const FIGURES: f64 = 330.0;
const ROW: f64 = 20.0;

/// A row of the bars, and how it is kept in the history.
pub struct Ratio {
    pub name: String,
    pub times: f64,
    pub low: f64,
    pub high: f64,
    pub linux_ns: f64,
    pub pollux_ns: f64,
}

/// The rows as the history has them.
pub fn to_value(rows: &[Ratio]) -> Value {
    let row = |row: &Ratio| {
        let Ratio { name, times, low, high, linux_ns, pollux_ns } = row;
        let value =
            json!({ "times": times, "low": low, "high": high, "linux_ns": linux_ns, "pollux_ns": pollux_ns });
        (name.clone(), value)
    };
    Value::Object(rows.iter().map(row).collect::<Map<_, _>>())
}

fn of_value(run: &Value) -> Vec<Ratio> {
    let rows = run["ratio"].as_object().into_iter().flatten();
    rows.filter_map(|(name, row)| {
        let number = |key: &str| row[key].as_f64().filter(|number| *number > 0.0);
        Some(Ratio {
            name: name.clone(),
            times: number("times")?,
            low: number("low")?,
            high: number("high")?,
            linux_ns: number("linux_ns")?,
            pollux_ns: number("pollux_ns")?,
        })
    })
    .collect()
}

/// What the page says of a run beside Linux.
pub fn section(run: &Value) -> String {
    let rows = of_value(run);
    let least = rows.iter().map(|row| row.low.min(row.times)).fold(1.0, f64::min).log10();
    let most = rows.iter().map(|row| row.high.max(row.times)).fold(10.0, f64::max).log10();
    let x = |ratio: f64| LEFT + (ratio.log10() - least) / (most - least) * WIDTH;
    let height = (rows.len() as f64 + 1.0) * ROW;
    let mut svg = format!(
        "<p>Commit {}; {}.</p>\n<p>Linux's time / Pollux's, from 1 on, each tenfold a line; across: the 95 % interval of the \
         median.</p>\n<svg width={} height={height}>",
        run["commit"].as_str().unwrap_or("unknown"),
        escape(&run["machine"].to_string()),
        LEFT + WIDTH + FIGURES
    );
    for power in least.ceil() as i32..=most.floor() as i32 {
        let at = x(10_f64.powi(power));
        let _ = write!(
            svg,
            "<line x1={at:.1} x2={at:.1} y1={ROW} y2={height} /><text x={at:.1} y=14 text-anchor=middle>{}</text>",
            10_f64.powi(power)
        );
    }
    for (at, row) in rows.iter().enumerate() {
        let (top, one, end) = ((at as f64 + 1.0) * ROW, x(1.0), x(row.times));
        let (middle, text) = (top + ROW / 2.0, top + 14.0);
        let class = if row.times < 1.0 { " class=slower" } else { "" };
        let _ = writeln!(
            svg,
            "<text x=0 y={text}>{}</text><rect{class} x={:.1} y={:.1} width={:.1} height={:.1} />\
             <line class=interval x1={:.1} x2={:.1} y1={middle} y2={middle} />\
             <text x={:.1} y={text}>{} [{}, {}]: {} / {}</text>",
            escape(&row.name),
            one.min(end),
            top + 3.0,
            (end - one).abs(),
            ROW - 6.0,
            x(row.low),
            x(row.high),
            LEFT + WIDTH + 10.0,
            digits(row.times),
            digits(row.low),
            digits(row.high),
            time(row.linux_ns),
            time(row.pollux_ns),
        );
    }
    svg + "</svg>\n"
}

/// A ratio in three digits.
pub fn digits(ratio: f64) -> String {
    match ratio {
        ratio if ratio < 10.0 => format!("{ratio:.2}"),
        ratio if ratio < 100.0 => format!("{ratio:.1}"),
        ratio => format!("{ratio:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, times: f64) -> Ratio {
        let (low, high) = (times / 2.0, times * 2.0);
        Ratio { name: name.into(), times, low, high, linux_ns: 1000.0 * times, pollux_ns: 1000.0 }
    }

    #[test]
    fn bars_reach_from_one_to_the_ratio_on_either_side() {
        let rows = [row("faster", 50.0), row("slower", 0.2)];
        let svg = section(&json!({ "commit": "c0ffee", "machine": {}, "ratio": to_value(&rows) }));
        // The scale is from 0.1 to 100, so that 1 is a third of its way.
        assert!(svg.contains("<rect x=496.7 y=23.0 width=283.2 height=14.0 />"), "{svg}");
        assert!(svg.contains("<rect class=slower x=380.2 y=43.0 width=116.5 height=14.0 />"), "{svg}");
        assert!(svg.contains("<line class=interval x1=330.0 x2=430.3 y1=50 y2=50 />"), "{svg}");
        assert!(svg.contains("50.0 [25.0, 100]: 50.00 us / 1.000 us"), "{svg}");
        assert_eq!(svg.matches("text-anchor=middle").count(), 4, "{svg}");
    }

    #[test]
    fn what_is_no_ratio_is_not_drawn() {
        let run = json!({ "ratio": { "a": { "times": 0.0 }, "b": 3 } });
        assert!(!section(&run).contains("<rect"));
        assert!(!section(&json!({})).contains("<rect"));
    }
}
