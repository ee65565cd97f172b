//! The timeline of records that are known.

use quick_xml::{Reader, events::Event};
use serde_json::{Value, json};

use super::{
    events::{Events, Poll, Wake},
    picture,
    run::{Role, Run, Task},
    with_picture, without,
};

/// Events as the guest writes them. Times are microseconds.
#[derive(Default)]
struct Trace(Vec<Value>);

impl Trace {
    fn of_cpus(cpus: usize) -> Trace {
        let track = |cpu: usize| json!({ "ph": "M", "name": "thread_name", "pid": 1, "tid": cpu + 1, "args": { "name": format!("CPU {cpu}") } });
        Trace((0..cpus).map(track).collect())
    }

    fn event(&mut self, phase: &str, cpu: usize, us: f64, more: Value) {
        let mut event = json!({ "ph": phase, "pid": 1, "tid": cpu + 1, "ts": us });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.0.push(event);
    }

    /// A poll of a task, which tells these things on its way.
    fn poll(&mut self, cpu: usize, from: f64, to: f64, task: &str, told: &[(f64, &str, Value)]) {
        self.event("B", cpu, from, json!({ "cat": "poll", "name": "x", "args": { "task": task } }));
        for (us, name, arguments) in told {
            self.event("i", cpu, *us, json!({ "s": "t", "name": name, "args": arguments }));
        }
        self.event("E", cpu, to, json!({}));
    }

    fn read(self, lost: u64) -> Events {
        let text = json!({ "traceEvents": self.0, "otherData": { "records lost on CPU 0": 0, "records lost on CPU 1": lost } });
        Events::read(&text.to_string()).unwrap()
    }
}

/// Two stages on two CPUs, behind a run that is over. The keystroke is at 1000 µs, the prompt at 1060.
fn recorded() -> Trace {
    let mut trace = Trace::of_cpus(2);
    let key = |us| (us, "pty:in", json!({ "pty": 0, "bytes": 1 }));
    let shown = |us| (us, "pty:out", json!({ "pty": 0, "bytes": 9 }));
    let begin = |us, pid: u64| (us, "shell:begin", json!({ "pid": pid }));
    let end = |us, pid: u64| (us, "shell:end", json!({ "pid": pid, "status": 0 }));
    let spawn = |us, task| (us, "task:spawn", json!({ "task": task }));
    trace.poll(0, 10.0, 20.0, "3(serial)", &[key(15.0)]);
    trace.poll(0, 30.0, 50.0, "5(sh)", &[begin(35.0, 7), end(40.0, 7), shown(45.0)]);
    // What was going on when the key came.
    trace.poll(1, 980.0, 1001.0, "4(power)", &[]);
    trace.poll(0, 1000.0, 1002.0, "3(serial)", &[key(1001.5)]);
    trace.event("s", 0, 1001.0, json!({ "id": 1 }));
    trace.event("B", 1, 1003.0, json!({ "cat": "poll", "name": "sh", "args": { "task": "5(sh)" } }));
    trace.event("f", 1, 1003.0, json!({ "id": 1, "bp": "e" }));
    for (us, name, arguments) in
        [spawn(1005.0, "8(<seq>)"), begin(1006.0, 8), spawn(1007.0, "9(tail)"), begin(1008.0, 9)]
    {
        trace.event("i", 1, us, json!({ "s": "t", "name": name, "args": arguments }));
    }
    trace.event("E", 1, 1010.0, json!({}));
    trace.poll(0, 1009.0, 1020.0, "8(<seq>)", &[]);
    trace.poll(1, 1015.0, 1030.0, "9(tail)", &[shown(1029.0)]);
    trace.poll(0, 1031.0, 1061.5, "5(sh)", &[end(1032.0, 8), end(1033.0, 9), shown(1040.0), shown(1060.0)]);
    trace.poll(0, 2000.0, 2010.0, "3(serial)", &[key(2005.0)]);
    trace
}

#[test]
fn the_last_pipeline_is_cut_out_between_its_key_and_its_prompt() {
    let run = Run::last_of(&recorded().read(0)).unwrap();
    assert_eq!((run.cpus, run.prompt_ns), (2, 60_000));
    let tasks: Vec<_> =
        run.tasks.iter().map(|task| (task.name.as_str(), task.role, task.from_ns, task.to_ns)).collect();
    assert_eq!(
        tasks,
        [
            ("<seq>", Role::Stage, 6_000, 32_000),
            ("tail", Role::Stage, 8_000, 33_000),
            ("sh", Role::Shell, 0, 60_000),
            ("serial", Role::Other, 0, 60_000),
            ("power", Role::Other, 0, 60_000),
        ]
    );
    let polls: Vec<_> =
        run.polls.iter().map(|poll| (poll.cpu, poll.task, poll.from_ns, poll.to_ns)).collect();
    assert_eq!(
        polls,
        [
            (1, 4, 0, 1_000),
            (0, 3, 0, 2_000),
            (1, 5, 3_000, 10_000),
            (0, 8, 9_000, 20_000),
            (1, 9, 15_000, 30_000),
            (0, 5, 31_000, 60_000)
        ]
    );
    assert_eq!(run.wakes, [Wake { task: 5, from_cpu: 0, from_ns: 1_000, to_cpu: 1, to_ns: 3_000 }]);
}

#[test]
fn what_is_missing_is_named() {
    let mut late = recorded();
    late.0.retain(|event| event["tid"] != 2 || event["ts"].as_f64().is_none_or(|us| us > 1002.0));
    assert_eq!(
        Run::last_of(&late.read(12)).unwrap_err(),
        "the ring of CPU 1 was too small: 12 records were overwritten, and with them what came after the keystroke"
    );
    assert!(Run::last_of(&recorded().read(12)).is_ok(), "what was lost was before the keystroke");
    assert_eq!(
        Run::last_of(&Trace::of_cpus(2).read(0)).unwrap_err(),
        "no key that started a pipeline was recorded"
    );
    let without = |name: &str, nth: usize| {
        let mut trace = recorded();
        let places: Vec<_> = (0..trace.0.len()).filter(|&at| trace.0[at]["name"] == name).collect();
        trace.0.remove(places[nth]);
        Run::last_of(&trace.read(0))
    };
    assert_eq!(without("shell:end", 2).unwrap_err(), "the end of tail was not recorded");
    assert_eq!(without("pty:out", 3).unwrap().prompt_ns, 40_000);
}

/// An element's name, and its attributes.
type Element = (String, Vec<(String, String)>);

/// What a picture has.
fn elements(svg: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(svg);
    let (mut elements, mut depth) = (Vec::new(), 0);
    loop {
        let event = reader.read_event().expect("well-formed XML");
        depth += match &event {
            Event::Start(_) => 1,
            Event::End(_) => -1,
            _ => 0,
        };
        match event {
            Event::Start(element) | Event::Empty(element) => {
                let attributes = element.attributes().map(|attribute| {
                    let attribute = attribute.expect("an attribute in quotes");
                    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                    (text(attribute.key.as_ref()), text(&attribute.value))
                });
                let name = String::from_utf8(element.name().as_ref().to_vec()).unwrap();
                elements.push((name, attributes.collect()));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    elements
}

#[test]
fn every_slice_is_where_its_time_is_and_says_what_it_is() {
    let run = Run::last_of(&recorded().read(0)).unwrap();
    let svg = picture::draw(&run).svg;
    let elements = elements(&svg);
    let of_class = |class: &str| {
        let has = |attributes: &[(String, String)]| {
            attributes.iter().any(|(key, value)| key == "class" && value.split(' ').any(|word| word == class))
        };
        elements.iter().filter(|(_, attributes)| has(attributes)).count()
    };
    // Six polls on CPUs; those of the shell and the stages in their lanes, on three lives; and the shell was woken before one.
    assert_eq!(of_class("slice"), 6 + 4 + 3 + 1);
    assert_eq!(of_class("queued"), 1 + 1, "and one in the legend");
    assert_eq!((of_class("ran"), of_class("waits")), (4 + 3, 3 + 1));
    assert!(svg.contains("<title>&lt;seq&gt;: CPU 0, 11.0 µs, from 9.0 to 20.0 µs</title>"), "{svg}");
    assert!(
        svg.contains("<title>sh: woken, and waits for a CPU, 2.0 µs, from 1.0 to 3.0 µs</title>"),
        "{svg}"
    );
    // The plot is 1080 wide, for 60 µs; it begins at 90.
    assert!(
        svg.contains("x='252.00' y='70' width='198.00' height='26' data-from='9000' data-to='20000'"),
        "{svg}"
    );
    assert!(svg.contains("<line class='prompt' data-at='60000' x1='1170.0'"), "{svg}");
    assert_eq!(elements.iter().filter(|(name, _)| name == "path").count(), 1 + 1, "the tip, and a wake");
}

#[test]
fn a_long_run_makes_no_large_picture() {
    let poll = |n: u64| Poll { cpu: (n % 2) as usize, task: n % 3, from_ns: n * 1000, to_ns: n * 1000 + 900 };
    let task = |number: u64| Task {
        number,
        name: format!("stage {number}"),
        role: Role::Stage,
        from_ns: 0,
        to_ns: 100_000_000,
    };
    let wake = Wake { task: 1, from_cpu: 0, from_ns: 1, to_cpu: 1, to_ns: 2 };
    let run = Run {
        cpus: 2,
        prompt_ns: 100_000_000,
        tasks: (0..3).map(task).collect(),
        polls: (0..100_000).map(poll).collect(),
        wakes: vec![wake; 1000],
    };
    let section = with_picture(&run);
    assert!(section.len() < 900_000 && section.contains("is drawn as one"), "{} bytes", section.len());
    assert!(section.contains("too many wakes"));
    assert!(
        section.contains("<td>stage 1<td>33333<td>29999.7<td>0.9<td>0, 1<td>0.0<td>100000.0"),
        "{section:.9000}"
    );
}

#[test]
fn a_reason_stands_where_the_picture_would() {
    assert!(without("a < b").contains("<p>There is no timeline: a &lt; b.</p>"));
}
