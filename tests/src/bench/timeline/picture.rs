//! The picture of a run, an SVG that needs nothing else: a lane for each CPU with what it polled and the wakes between them,
//! and below it a lane for each stage with when it ran, when it had been woken and waited for a CPU, and when it waited.
//!
//! Every slice has its times in its attributes as well, in nanoseconds since the keystroke.

use std::{collections::BTreeMap, fmt::Write};

use super::{
    events::{Poll, Wake},
    run::{Role, Run, Task},
    slices::{self, Slice},
};
use crate::bench::page::escape;

/// How many slices a picture may have: some hundred kilobytes.
const SLICES: usize = 3000;
/// How many wakes are drawn. More would hide what they connect.
const WAKES: usize = 120;
/// Colours for stages, which people who see fewer colours tell apart as well (Okabe and Ito, 2008).
const COLOURS: [&str; 7] = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#b8a800"];

const WIDTH: f64 = 1200.0;
const LEFT: f64 = 90.0;
const PLOT: f64 = WIDTH - LEFT - 30.0;
const TOP: f64 = 50.0;
const CPU_LANE: f64 = 26.0;
/// There is room above a lane for the wakes that stay on its CPU.
const CPU_PITCH: f64 = 46.0;
const STAGE_LANE: f64 = 14.0;
const STAGE_PITCH: f64 = 22.0;
const AXIS: f64 = 44.0;
const LEGEND_ITEM: f64 = 154.0;
const LEGEND_ROW: f64 = 20.0;

/// A picture, and what is not in it as it was.
pub struct Picture {
    pub svg: String,
    /// Polls with less between them are drawn as one; 0 if each is drawn by itself.
    pub grain_ns: u64,
    pub has_wakes: bool,
}

/// Draws a run.
pub fn draw(run: &Run) -> Picture {
    let on_cpu = |cpu| run.polls.iter().filter(|poll| poll.cpu == cpu).copied().collect::<Vec<_>>();
    let cpus: Vec<_> = (0..run.cpus).map(on_cpu).collect();
    let lanes: Vec<_> =
        run.tasks_in(Role::Shell).chain(run.tasks_in(Role::Stage)).map(|task| Lane::of(run, task)).collect();
    let grain_ns = grain(run.prompt_ns, &cpus, &lanes);
    let has_wakes = run.wakes.len() <= WAKES;
    let stages_top = TOP + run.cpus as f64 * CPU_PITCH + AXIS;
    let bottom = stages_top + lanes.len() as f64 * STAGE_PITCH;
    let scale = Scale { span_ns: run.prompt_ns.max(1) };

    let mut svg = String::new();
    for (cpu, polls) in cpus.iter().enumerate() {
        let _ = writeln!(svg, "<g class='cpu' data-cpu='{cpu}'>");
        let y = cpu_top(cpu);
        svg += &lane_label(&format!("CPU {cpu}"), y, CPU_LANE);
        for slice in slices::of(polls, grain_ns) {
            let style = style(run, slice.main_task());
            svg += &rect(&scale, &style, &slice, (y, CPU_LANE), &title(run, &slice, &format!("CPU {cpu}")));
        }
        svg += "</g>\n";
    }
    if has_wakes {
        svg += "<g class='wakes'>\n";
        run.wakes.iter().for_each(|wake| svg += &arrow(&scale, wake));
        svg += "</g>\n";
    }
    svg += &axis(&scale, stages_top - AXIS);
    for (nth, lane) in lanes.iter().enumerate() {
        svg += &lane.draw(run, &scale, stages_top + nth as f64 * STAGE_PITCH, grain_ns);
    }
    svg += &axis(&scale, bottom);
    svg += &mark(&scale, "key", 0, "Enter", bottom);
    svg += &mark(&scale, "prompt", run.prompt_ns, "prompt", bottom);
    let (legend, rows) = legend(run, bottom + AXIS);
    svg += &legend;
    let height = bottom + AXIS + rows as f64 * LEGEND_ROW;
    let head = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' class='timeline' viewBox='0 0 {WIDTH} {height}' width='{WIDTH}' \
         height='{height}'>\n<style>{}</style>\n\
         <defs><marker id='tip' viewBox='0 0 6 6' refX='6' refY='3' markerWidth='5' markerHeight='5' orient='auto'>\
         <path d='M0 0 6 3 0 6z' /></marker></defs>\n",
        rules()
    );
    Picture { svg: head + &svg + "</svg>\n", grain_ns, has_wakes }
}

/// How fine the picture is: as fine as it can be with no more slices than there may be.
fn grain(span_ns: u64, cpus: &[Vec<Poll>], lanes: &[Lane]) -> u64 {
    let of_lanes = lanes.iter().flat_map(|lane| [&lane.polls, &lane.queued]);
    let all: Vec<_> = cpus.iter().chain(of_lanes).collect();
    let fits = |grain: &u64| all.iter().map(|polls| slices::of(polls, *grain).len()).sum::<usize>() <= SLICES;
    let grains = std::iter::successors(Some(span_ns / 8192), |grain| Some(grain * 2 + 1));
    let finer = grains.take_while(|grain| *grain < span_ns);
    std::iter::once(0).chain(finer).find(fits).unwrap_or(span_ns)
}

/// The lane of a stage or of the shell.
struct Lane<'a> {
    task: &'a Task,
    polls: Vec<Poll>,
    /// When it had been woken and was not yet polled, as if that were polls.
    queued: Vec<Poll>,
}

impl<'a> Lane<'a> {
    fn of(run: &Run, task: &'a Task) -> Lane<'a> {
        let polls: Vec<_> = run.polls.iter().filter(|poll| poll.task == task.number).copied().collect();
        let wakes = run.wakes.iter().filter(|wake| wake.task == task.number);
        let woken: BTreeMap<u64, u64> = wakes.map(|wake| (wake.to_ns, wake.from_ns)).collect();
        let mut ready_from = task.from_ns;
        let mut queued = Vec::new();
        for poll in &polls {
            // It may have been woken in the middle of its last poll.
            let from_ns = woken.get(&poll.from_ns).map_or(poll.from_ns, |woken_ns| ready_from.max(*woken_ns));
            if from_ns < poll.from_ns {
                queued.push(Poll { from_ns, to_ns: poll.from_ns, ..*poll });
            }
            ready_from = poll.to_ns;
        }
        Lane { task, polls, queued }
    }

    fn draw(&self, run: &Run, scale: &Scale, y: f64, grain_ns: u64) -> String {
        let Task { number, name, from_ns, to_ns, .. } = self.task;
        let place = (y, STAGE_LANE);
        let style = style(run, *number);
        let mut svg = format!("<g class='stage' data-task='{number}'>\n");
        svg += &lane_label(name, y, STAGE_LANE);
        let life = Slice { from_ns: *from_ns, to_ns: *to_ns, shares: Vec::new() };
        svg += &rect(scale, &format!("waits {style}"), &life, place, &format!("{name}: waits"));
        for slice in slices::of(&self.queued, grain_ns) {
            let title = title(run, &slice, "woken, and waits for a CPU");
            svg += &rect(scale, &format!("queued {style}"), &slice, place, &title);
        }
        for slice in slices::of(&self.polls, grain_ns) {
            svg += &rect(scale, &format!("ran {style}"), &slice, place, &title(run, &slice, "runs"));
        }
        svg + "</g>\n"
    }
}

/// Where times lie.
struct Scale {
    span_ns: u64,
}

impl Scale {
    fn x(&self, at_ns: u64) -> f64 {
        LEFT + at_ns as f64 / self.span_ns as f64 * PLOT
    }
}

/// Where the lane of a CPU begins.
fn cpu_top(cpu: usize) -> f64 {
    TOP + cpu as f64 * CPU_PITCH + (CPU_PITCH - CPU_LANE)
}

/// Nanoseconds as microseconds.
pub fn us(ns: u64) -> String {
    format!("{}.{}", ns / 1000, ns % 1000 / 100)
}

fn rect(scale: &Scale, style: &str, slice: &Slice, (y, height): (f64, f64), title: &str) -> String {
    let (from_ns, to_ns) = (slice.from_ns, slice.to_ns);
    let x = scale.x(from_ns);
    // What is thinner is not seen.
    let width = (scale.x(to_ns) - x).max(0.4);
    format!(
        "<rect class='slice {style}' x='{x:.2}' y='{y}' width='{width:.2}' height='{height}' data-from='{from_ns}' \
         data-to='{to_ns}'><title>{}, from {} to {} µs</title></rect>\n",
        escape(title),
        us(from_ns),
        us(to_ns)
    )
}

/// Whose polls a slice has, and where or what they are.
fn title(run: &Run, slice: &Slice, about: &str) -> String {
    let shares = slice.shares.iter().map(|share| {
        let polls = if share.polls == 1 { String::new() } else { format!(" in {} pieces", share.polls) };
        let name = run.tasks.iter().find(|task| task.number == share.task).map_or("?", |task| &task.name);
        format!("{name}: {about}, {} µs{polls}", us(share.busy_ns))
    });
    shares.collect::<Vec<_>>().join("; ")
}

/// The class with a task's colour.
fn style(run: &Run, number: u64) -> String {
    let stage = run.tasks_in(Role::Stage).position(|task| task.number == number);
    let is_shell = run.tasks_in(Role::Shell).any(|task| task.number == number);
    match stage {
        Some(nth) => format!("stage-{}", nth % COLOURS.len()),
        None if is_shell => "shell".into(),
        None => "other".into(),
    }
}

/// The picture's style. The page has rules for rectangles and lines of its own, which these go before.
fn rules() -> String {
    let mut rules = String::from(
        "svg.timeline{max-width:none}.timeline text{font:12px monospace;fill:#222}.timeline .shell{fill:#555}\
         .timeline .other{fill:#bbb}.timeline .waits{opacity:.18}.timeline .queued{opacity:.5}\
         .timeline .wakes path{fill:none;stroke:#222;stroke-width:.6}.timeline line.tick{stroke:#ccc}\
         .timeline line.key,.timeline line.prompt{stroke:#b00;stroke-width:1.5}.timeline .lane{fill:#f4f4f4}",
    );
    for (nth, colour) in COLOURS.iter().enumerate() {
        let _ = write!(rules, ".timeline .stage-{nth}{{fill:{colour}}}");
    }
    rules
}

fn lane_label(name: &str, y: f64, height: f64) -> String {
    format!(
        "<rect class='lane' x='{LEFT}' y='{y}' width='{PLOT}' height='{height}' />\
         <text class='label' x='{:.1}' y='{:.1}' text-anchor='end'>{}</text>\n",
        LEFT - 8.0,
        y + height / 2.0 + 4.0,
        escape(name)
    )
}

/// From the lane where the wake happened to the lane where the task was polled; on one CPU in a bow above it.
fn arrow(scale: &Scale, wake: &Wake) -> String {
    let (from, to) = (scale.x(wake.from_ns), scale.x(wake.to_ns));
    let path = if wake.from_cpu == wake.to_cpu {
        let y = cpu_top(wake.from_cpu);
        format!("M{from:.2} {y} Q{:.2} {} {to:.2} {y}", (from + to) / 2.0, y - 16.0)
    } else if wake.from_cpu < wake.to_cpu {
        format!("M{from:.2} {} L{to:.2} {}", cpu_top(wake.from_cpu) + CPU_LANE, cpu_top(wake.to_cpu))
    } else {
        format!("M{from:.2} {} L{to:.2} {}", cpu_top(wake.from_cpu), cpu_top(wake.to_cpu) + CPU_LANE)
    };
    format!("<path marker-end='url(#tip)' d='{path}' />\n")
}

/// The axis below a group of lanes.
fn axis(scale: &Scale, y: f64) -> String {
    let step = tick_step(scale.span_ns);
    let mut svg = String::from("<g class='axis'>\n");
    for at_ns in (0..=scale.span_ns / step).map(|nth| nth * step) {
        let x = scale.x(at_ns);
        let _ = write!(
            svg,
            "<line class='tick' x1='{x:.1}' x2='{x:.1}' y1='{:.1}' y2='{:.1}' />\
             <text x='{x:.1}' y='{:.1}' text-anchor='middle'>{}</text>",
            y + 4.0,
            y + 9.0,
            y + 21.0,
            at_ns as f64 / 1000.0
        );
    }
    let _ = writeln!(svg, "<text x='{:.1}' y='{:.1}' text-anchor='end'>µs</text></g>", LEFT - 12.0, y + 21.0);
    svg
}

/// A round time, of which up to ten lie in a span.
fn tick_step(span_ns: u64) -> u64 {
    let mut step = 1;
    for factor in [2, 5, 10].iter().cycle() {
        if span_ns / step <= 10 {
            break;
        }
        let power = 10_u64.pow(step.ilog10());
        step = power * factor;
    }
    step
}

/// A line over all lanes, with its name above.
fn mark(scale: &Scale, kind: &str, at_ns: u64, name: &str, bottom: f64) -> String {
    let x = scale.x(at_ns);
    format!(
        "<line class='{kind}' data-at='{at_ns}' x1='{x:.1}' x2='{x:.1}' y1='{:.1}' y2='{bottom:.1}' />\
         <text x='{x:.1}' y='{:.1}' text-anchor='middle'>{name}</text>\n",
        TOP - 24.0,
        TOP - 30.0
    )
}

/// What the colours mean, and how many rows that takes.
fn legend(run: &Run, y: f64) -> (String, usize) {
    let named = run.tasks.iter().filter(|task| task.role != Role::Other);
    let mut items: Vec<_> =
        named.map(|task| (format!("ran {}", style(run, task.number)), task.name.clone())).collect();
    items.push(("queued shell".into(), "woken, no CPU yet".into()));
    items.push(("waits shell".into(), "waits".into()));
    let others: Vec<_> = run.tasks_in(Role::Other).map(|task| task.name.as_str()).collect();
    if !others.is_empty() {
        items.push(("other".into(), others.join(", ")));
    }
    let in_row = (PLOT / LEGEND_ITEM) as usize;
    let mut svg = String::from("<g class='legend'>\n");
    for (nth, (style, name)) in items.iter().enumerate() {
        let x = LEFT + (nth % in_row) as f64 * LEGEND_ITEM;
        let y = y + (nth / in_row) as f64 * LEGEND_ROW;
        let _ = writeln!(
            svg,
            "<rect class='{style}' x='{x}' y='{y}' width='14' height='12' /><text x='{}' y='{}'>{}</text>",
            x + 19.0,
            y + 10.0,
            escape(name)
        );
    }
    (svg + "</g>\n", items.len().div_ceil(in_row))
}
