//! What is exported is read by others: readers that know the formats, and `babeltrace2` where it is installed.

#[path = "../../tests/src/guest/readers/mod.rs"]
mod readers;

use std::{fs, process::Command};

use pollux_trace::{
    EVENTS, Event, Record, Snapshot,
    export::{Export, Names, Perfetto, ctf},
};
use proptest::prelude::*;
use readers::{ctf::Layout, trace_events};

fn names() -> Names {
    let mut names = Names::new(|code, out| write!(out, "code {code}"));
    names.insert(7, "dd \"quick\"\n");
    names.insert(8, "cat");
    names
}

fn bytes(mut export: impl Export) -> Vec<u8> {
    let mut out = Vec::new();
    while export.fill(&mut out, usize::MAX) {}
    out
}

fn perfetto(snapshot: &Snapshot) -> String {
    String::from_utf8(bytes(Perfetto::new(snapshot, &names()))).unwrap()
}

/// Records of two CPUs in the order of time, a microsecond apart: the CPU, the event, its numbers.
fn snapshot(steps: &[(usize, Event, [u64; 2])]) -> Snapshot {
    let record = |(i, &(cpu, event, numbers)): (usize, &(usize, Event, [u64; 2]))| Record {
        event,
        cpu,
        task: if cpu == 0 { 7 } else { 0 },
        at_ns: 5_000_000_001 + 1000 * i as u64,
        numbers,
    };
    Snapshot { records: steps.iter().enumerate().map(record).collect(), lost: vec![3, 0, 0] }
}

/// `dd` is polled, is interrupted, wakes `cat`, which the other CPU polls out of sleep.
fn a_pipeline() -> Snapshot {
    use Event::*;
    snapshot(&[
        (1, IdleEnter, [0, 0]),
        (0, PollBegin, [7, 20]),
        (0, PipeSend, [1, 65536]),
        (0, Wake, [8, 7 << 2 | 1]),
        (0, IrqEnter, [33, 0]),
        (0, IrqLeave, [33, 900]),
        (1, IrqEnter, [250, 0]),
        (1, IrqLeave, [250, 800]),
        (1, IdleLeave, [7000, 0]),
        (1, PollBegin, [8, 5000]),
        (0, PollEnd, [7, 9000]),
        (1, PollEnd, [8, 2000]),
    ])
}

#[test]
fn polls_interrupts_and_sleep_are_slices_on_the_tracks_of_cpus_and_wakes_are_arrows() {
    let events = trace_events::read(&perfetto(&a_pipeline())).unwrap();
    let slices: Vec<_> = events.slices.iter().map(|s| (s.track.as_str(), s.name.as_str(), s.depth)).collect();
    assert_eq!(
        slices,
        [
            ("CPU 0", "interrupt 33", 1),
            ("CPU 1", "interrupt 250", 1),
            ("CPU 1", "idle", 0),
            ("CPU 0", "dd \"quick\"\n", 0),
            ("CPU 1", "cat", 0),
        ]
    );
    let dd = &events.slices[3];
    assert_eq!((dd.from_us, dd.to_us), (5_000_001.001, 5_000_010.001));
    assert_eq!(events.arrows, [("dd \"quick\"\n".into(), "cat".into())]);
    assert_eq!(events.instants, ["pipe:send", "sched:wake"]);
}

#[test]
fn what_the_ring_has_cut_begins_or_ends_at_its_edge() {
    use Event::*;
    let events = trace_events::read(&perfetto(&snapshot(&[
        (0, PipeSend, [1, 1]),
        (0, IrqLeave, [33, 9]),
        (0, PollEnd, [7, 9000]),
        (0, Wake, [8, 2]),
        (0, Wake, [9, 2]),
        (0, PollBegin, [8, 1]),
    ])))
    .unwrap();
    let slices: Vec<_> =
        events.slices.iter().map(|s| (s.name.as_str(), s.depth, s.to_us - s.from_us)).collect();
    let expected =
        [("interrupt 33", 1), ("dd \"quick\"\n", 0), ("between polls", 0), ("between polls", 0), ("cat", 0)];
    assert_eq!(slices.iter().map(|s| (s.0, s.1)).collect::<Vec<_>>(), expected);
    assert!((slices[1].2 - 2.0).abs() < 0.01, "from the first record to its end: {slices:?}");
    assert_eq!(events.arrows, [("between polls".into(), "cat".into())], "nobody polled task 9");
}

#[test]
fn an_empty_snapshot_is_a_whole_file() {
    let events = trace_events::read(&perfetto(&Snapshot::default())).unwrap();
    assert!(events.slices.is_empty());
    assert!(bytes(ctf::Stream::new(&Snapshot::default(), &names(), 0)).is_empty());
}

/// Every event once on CPU 0, with numbers that tell the fields apart.
fn every_event() -> Snapshot {
    snapshot(&EVENTS.iter().map(|&event| (0, event, [event as u64 + 100, u64::MAX])).collect::<Vec<_>>())
}

#[test]
fn a_stream_is_read_by_what_the_metadata_says() {
    let layout = Layout::of(&ctf::metadata()).unwrap();
    let (events, discarded) = layout.read(&bytes(ctf::Stream::new(&every_event(), &names(), 0))).unwrap();
    assert_eq!((events.len(), discarded), (EVENTS.len(), 3));
    for (i, (event, &expected)) in events.iter().zip(EVENTS).enumerate() {
        assert_eq!(event.name, expected.name());
        assert_eq!(event.number("timestamp"), Some(5_000_000_001 + 1000 * i as u64));
        assert_eq!((event.number("task"), event.text("task_name")).1, Some("dd \"quick\"\n"));
    }
    let of = |name: &str| events.iter().find(|event| event.name == name).unwrap();
    assert_eq!(of("pipe:send").number("bytes"), Some(u64::MAX));
    assert_eq!(of("poll:begin").number("delay_ns"), Some(u64::MAX));
    assert_eq!(of("sched:wake").text("by"), Some(&*format!("code {}", u64::MAX)));
    assert!(bytes(ctf::Stream::new(&every_event(), &names(), 1)).is_empty(), "nothing happened there");
}

#[test]
fn babeltrace2_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("metadata"), ctf::metadata()).unwrap();
    let (snapshot, names) = (a_pipeline(), names());
    for cpu in [0, 1] {
        let stream = ctf::Stream::new(&snapshot, &names, cpu);
        fs::write(folder.path().join(stream.file_name()), bytes(stream)).unwrap();
    }
    let output = match Command::new("babeltrace2").arg("--clock-seconds").arg(folder.path()).output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("not checked: babeltrace2 is not installed");
            return;
        }
        Err(error) => panic!("babeltrace2: {error}"),
    };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(text.lines().count(), snapshot.records.len(), "{text}");
    let line = text.lines().nth(2).unwrap();
    assert!(line.contains("pipe:send") && line.contains("pipe = 1, bytes = 65536"), "{line}");
    assert!(line.starts_with("[5.000002001]"), "{line}");
}

proptest! {
    /// Whatever is recorded, in whatever order: the files keep the rules, and nothing is left out.
    #[test]
    fn any_records_make_files_that_keep_the_rules(
        steps in prop::collection::vec((0_usize..3, 0..EVENTS.len(), 7_u64..10, 0_u64..5), 0..200),
    ) {
        let steps: Vec<_> =
            steps.into_iter().map(|(cpu, event, a, b)| (cpu, EVENTS[event], [a, b])).collect();
        let snapshot = snapshot(&steps);
        if let Err(error) = trace_events::read(&perfetto(&snapshot)) {
            prop_assert!(false, "{error}");
        }
        let layout = Layout::of(&ctf::metadata()).unwrap();
        let mut count = 0;
        for cpu in 0..3 {
            count += layout.read(&bytes(ctf::Stream::new(&snapshot, &names(), cpu))).unwrap().0.len();
        }
        prop_assert_eq!(count, snapshot.records.len());
    }
}
