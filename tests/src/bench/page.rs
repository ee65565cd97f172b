//! `report.html`: one file with everything in it. For each benchmark the distribution of its samples, and how its median went
//! from run to run on the same machine; how much faster Pollux was than Linux when it last stood beside it; and a pipeline from
//! the keystroke to the prompt.

use std::fmt::Write;

use pollux_figures::line::time;
use serde_json::Value;

use super::{figure::Figure, ratios};

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 60.0;
/// Bars of a distribution.
const BARS: usize = 40;
/// What Pollux stands beside, as the history calls it, and as people do.
const BESIDE: &[(&str, &str)] = &[
    ("linux", "Beside Linux in the same emulator"),
    ("host", "The hosted build beside Linux on this machine"),
];
/// How many runs of the history are drawn.
const RUNS: usize = 50;

/// The page of a run; `history` has a line of JSON for each run on record, this one last, and `timeline` is the part about that.
pub fn html(machine: &Value, figures: &[Figure], history: &str, timeline: &str) -> String {
    let all: Vec<Value> = history.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let runs: Vec<&Value> = all.iter().filter(|run| run["machine"] == *machine).collect();
    let commit = runs.last().and_then(|run| run["commit"].as_str()).unwrap_or("unknown");
    let mut page = format!(
        "<!doctype html>\n<meta charset=utf-8>\n<title>Pollux: bench</title>\n<style>\n\
         body{{font:14px/1.4 system-ui,sans-serif;margin:2em;color:#222}}table{{border-collapse:collapse}}\n\
         td,th{{padding:.3em .8em;border-bottom:1px solid #ddd;text-align:right;vertical-align:middle}}\n\
         td:first-child,th:first-child{{text-align:left;font-family:monospace}}.noisy{{color:#b50}}\n\
         svg{{display:block}}rect{{fill:#469}}line{{stroke:#b50}}polyline{{fill:none;stroke:#469}}circle{{fill:#469}}\n\
         svg text{{font:12px monospace}}rect.slower{{fill:#b50}}line.interval{{stroke:#222}}\n\
         </style>\n<h1>Pollux: bench</h1>\n<p>Commit {commit}; {}.</p>\n\
         <p>Distribution: from the least to the 99th percentile, the median as a line. History: medians of the last \
         {RUNS} runs on such a machine, from 0 to the highest.</p>\n<table>\n<tr><th>benchmark<th>median<th>95 %\n\
         <th>p95<th>p99<th>max<th>variation<th>outliers<th>rate<th>distribution<th>history\n",
        escape(&machine.to_string())
    );
    for figure in figures {
        let rate =
            figure.bytes.map_or(String::new(), |bytes| format!("{:.0} MB/s", bytes * 1000.0 / figure.median));
        let before: Vec<f64> =
            runs.iter().filter_map(|run| run["median_ns"][&figure.name].as_f64()).collect();
        let _ = writeln!(
            page,
            "<tr{}><td>{}<td>{}<td>{} to {}<td>{}<td>{}<td>{}<td>{:.1} %<td>{}<td>{rate}<td>{}<td>{}",
            if figure.noisy { " class=noisy" } else { "" },
            escape(&figure.name),
            time(figure.median),
            time(figure.low),
            time(figure.high),
            time(figure.p95),
            time(figure.p99),
            time(figure.max),
            figure.variation * 100.0,
            figure.outliers,
            distribution(figure),
            course(&before[before.len().saturating_sub(RUNS)..]),
        );
    }
    page += "</table>\n";
    page += timeline;
    for (beside, title) in BESIDE {
        if let Some(run) = all.iter().rfind(|run| run["machine"]["beside"] == *beside) {
            page += &format!("<h2>{title}</h2>\n{}", ratios::section(run));
        }
    }
    page
}

fn distribution(figure: &Figure) -> String {
    let least = figure.samples.iter().copied().fold(f64::INFINITY, f64::min);
    let span = (figure.p99 - least).max(f64::MIN_POSITIVE);
    let mut bars = [0_u32; BARS];
    for &sample in figure.samples.iter().filter(|&&sample| sample <= figure.p99) {
        bars[(((sample - least) / span * BARS as f64) as usize).min(BARS - 1)] += 1;
    }
    let highest = f64::from(bars.iter().copied().max().unwrap_or(1).max(1));
    let mut svg = format!("<svg width={WIDTH} height={HEIGHT}>");
    let width = WIDTH / BARS as f64;
    for (at, &count) in bars.iter().enumerate().filter(|(_, count)| **count > 0) {
        let height = f64::from(count) / highest * HEIGHT;
        let _ = write!(
            svg,
            "<rect x={:.1} y={:.1} width={:.1} height={height:.1} />",
            at as f64 * width,
            HEIGHT - height,
            width - 1.0
        );
    }
    let median = (figure.median - least) / span * WIDTH;
    svg + &format!("<line x1={median:.1} x2={median:.1} y1=0 y2={HEIGHT} /></svg>")
}

fn course(medians: &[f64]) -> String {
    let highest = medians.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let step = WIDTH / medians.len().saturating_sub(1).max(1) as f64;
    let points: Vec<_> = medians
        .iter()
        .enumerate()
        .map(|(at, median)| {
            format!("{:.1},{:.1}", at as f64 * step, HEIGHT - 2.0 - median / highest * (HEIGHT - 4.0))
        })
        .collect();
    match &points[..] {
        [] => String::new(),
        [.., last] => {
            let (x, y) = last.split_once(',').unwrap_or(("0", "0"));
            let points = points.join(" ");
            format!(
                "<svg width={WIDTH} height={HEIGHT}><polyline points='{points}' /><circle cx={x} cy={y} r=2 /></svg>"
            )
        }
    }
}

pub(in crate::bench) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_page_has_a_row_with_two_plots_and_only_runs_of_such_a_machine() {
        let figure = Figure::of("a/b", vec![1.0, 2.0, 3.0, 9.0], Some(4096.0)).unwrap();
        let machine = json!({ "smp": 2 });
        let run = |smp, median: f64| json!({ "commit": "c0ffee", "machine": { "smp": smp }, "median_ns": { "a/b": median } });
        let history = format!("{}\n{}\n{}\n", run(2, 4.0), run(1, 8.0), run(2, 2.0));
        let page = html(&machine, &[figure], &history, "<h2>times</h2>");
        assert!(
            page.contains("Commit c0ffee") && page.contains("class=noisy") && page.contains("2048000 MB/s"),
            "{page}"
        );
        assert!(page.contains("<h2>times</h2>"), "{page}");
        assert_eq!(page.matches("<rect").count(), 4, "{page}");
        assert!(page.contains("<polyline points='0.0,2.0 300.0,30.0' />"), "{page}");
        assert!(!page.contains("http"), "nothing is fetched");
    }

    #[test]
    fn the_last_run_beside_linux_is_drawn_whatever_was_measured_since() {
        let machine = json!({ "smp": 2 });
        let run = |beside: &str, times: f64| {
            let row = json!({ "times": times, "low": times / 2.0, "high": times * 2.0, "linux_ns": times, "pollux_ns": 1.0 });
            json!({ "commit": "c0ffee", "machine": { "smp": 2, "beside": beside }, "ratio": { "a/b": row } })
                .to_string()
        };
        let alone = json!({ "machine": machine, "median_ns": { "a/b": 1.0 } }).to_string();
        let page =
            html(&machine, &[], &[run("linux", 3.0), run("linux", 40.0), alone.clone()].join("\n"), "");
        assert!(page.contains("Beside Linux in the same emulator") && page.contains(">40.0 ["), "{page}");
        assert!(!page.contains(">3.00 [") && !page.contains("hosted build"), "{page}");
        assert!(html(&machine, &[], &run("host", 2.0), "").contains("The hosted build beside Linux"));
        assert!(!html(&machine, &[], &alone, "").contains("Linux"));
    }
}
