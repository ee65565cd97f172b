//! `./run.sh bench` with a guest that tells what figures it is told to: what is kept, what is compared, and what is left
//! when it dies.

use std::{fs, path::PathBuf, process::Output};

use super::{Launcher, errors};

/// A checkout of its own, with a guest whose `bench` is these steps.
struct Bench {
    launcher: Launcher,
    qemu: &'static str,
}

const FAST: &str = "figure a/b 100\nfigure c/d 200\nexit 0";

impl Bench {
    fn new() -> Bench {
        let bench = Bench { launcher: Launcher::new(), qemu: "7.2.0" };
        fs::create_dir(bench.path("root")).unwrap();
        bench
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.launcher.home.path().join(inside)
    }

    fn run(&self, steps: &str, arguments: &str) -> Output {
        let arguments = ["bench"].into_iter().chain(arguments.split_whitespace()).collect::<Vec<_>>();
        let mut command = self.launcher.command(&arguments);
        command.env("FAKE_QEMU_BENCH", steps).env("FAKE_QEMU_VERSION", self.qemu);
        command.env("POLLUX_ROOT", self.path("root"));
        command.output().unwrap()
    }

    fn read(&self, inside: &str) -> String {
        let path = self.path(inside);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

#[track_caller]
fn ended(output: &Output, status: i32, said: &str) {
    let errors = errors(output);
    assert_eq!(output.status.code(), Some(status), "{errors}");
    assert!(errors.contains(said), "{said:?} is not in {errors}");
}

#[test]
fn a_timed_run_is_told_at_five_percent_and_fails_at_ten() {
    let bench = Bench::new();
    ended(&bench.run(FAST, "--save mine"), 0, "saved as ");
    assert!(bench.read("root/bench/baselines/mine.json").contains("\"a/b\": 100.0"));
    for (ns, status, said) in [(104, 0, ""), (107, 0, "a/b: slower"), (111, 1, "a/b: FAILS")] {
        let output = bench.run(&format!("figure a/b {ns}\nfigure c/d 200\nexit 0"), "--check mine");
        ended(&output, status, said);
        assert_eq!(errors(&output).contains("a/b: "), !said.is_empty(), "{ns}: {}", errors(&output));
    }
}

#[test]
fn a_counted_run_is_told_at_one_percent_and_fails_at_three() {
    let bench = Bench::new();
    ended(&bench.run(FAST, "--icount --save"), 0, "saved as ");
    assert!(bench.read("root/bench/baselines/icount.json").contains("\"icount\": true"));
    for (ns, status, said) in [("100.9", 0, ""), ("102", 0, "a/b: slower"), ("104", 1, "a/b: FAILS")] {
        let output = bench.run(&format!("figure a/b {ns}\nfigure c/d 200\nexit 0"), "--icount --check");
        ended(&output, status, said);
    }
    ended(
        &bench.run("figure a/b 100\nexit 0", "--icount --check"),
        1,
        "c/d: FAILS: in the baseline, and not",
    );
    let allow = bench.path("root/bench/baselines/icount.allow.json");
    fs::write(allow, r#"{ "a/b": { "percent": 20, "reason": "it grew" } }"#).unwrap();
    let slow = "figure a/b 115\nfigure c/d 200\nexit 0";
    ended(
        &bench.run(slow, "--icount --check"),
        0,
        "a/b: slower: 115.0 ns was 100.0 ns, 15.0 % more (allowed: 20 %: it grew)",
    );
}

#[test]
fn rows_that_were_named_are_all_that_saving_changes() {
    let bench = Bench::new();
    ended(&bench.run(FAST, "--save mine"), 0, "saved as ");
    ended(&bench.run("figure c/d 300\nexit 0", "--save mine c/d"), 0, "saved as ");
    let saved = bench.read("root/bench/baselines/mine.json");
    assert!(saved.contains("\"a/b\": 100.0") && saved.contains("\"c/d\": 300.0"), "{saved}");
    ended(&bench.run("figure c/d 300\nexit 0", "--save mine"), 0, "saved as ");
    assert!(!bench.read("root/bench/baselines/mine.json").contains("a/b"));
}

#[test]
fn a_baseline_of_another_qemu_or_none_is_refused_before_anything_is_measured() {
    let mut bench = Bench::new();
    ended(&bench.run(FAST, "--check mine"), 250, "there is no baseline mine");
    bench.run(FAST, "--save mine");
    bench.qemu = "9.0.0";
    let output = bench.run(FAST, "--check mine");
    ended(&output, 250, "made with qemu \"7.2.0\", and this is qemu \"9.0.0\"");
    assert_eq!(output.stdout, b"");
    ended(&bench.run(FAST, "--smp 3 --check mine"), 250, "cannot be compared");
}

#[test]
fn the_gate_compares_or_says_that_it_has_not() {
    let mut bench = Bench::new();
    bench.run(FAST, "--icount --save");
    let test = |bench: &Bench, steps: &str| {
        let mut command = bench.launcher.command(&["test", "guest: bench: no more"]);
        command.env("FAKE_QEMU_BENCH", steps).env("FAKE_QEMU_VERSION", bench.qemu);
        let output = command.env("POLLUX_ROOT", bench.path("root")).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (status, said) = test(&bench, FAST);
    assert!(status == Some(0) && said.contains("2 rows compared") && said.contains("... ok"), "{said}");
    let (status, said) = test(&bench, "figure a/b 104\nfigure c/d 200\nexit 0");
    assert!(status == Some(1) && said.contains("... FAILED\n    a/b: FAILS: 104.0 ns"), "{said}");
    let (status, said) = test(&bench, "figure a/b 100\nquit 81");
    assert!(status == Some(1) && said.contains("ended with 251, after 1 rows"), "{said}");
    bench.qemu = "9.0.0";
    let (status, said) = test(&bench, FAST);
    assert!(status == Some(1) && said.contains("... not run: not compared: the baseline icount"), "{said}");
    assert!(!said.contains("... ok"), "{said}");
}

#[test]
fn a_guest_that_dies_leaves_the_finished_rows_and_its_status() {
    let bench = Bench::new();
    for (end, status, said) in [
        ("log panic: oh\nquit 81", 251, "the guest panicked"),
        ("reset", 253, "the guest reset itself"),
        ("exit 1", 1, ""),
    ] {
        let output = bench.run(&format!("figure a/b 100\n{end}"), "--save mine");
        ended(&output, status, said);
        assert!(String::from_utf8_lossy(&output.stdout).contains("a/b "), "{output:?}");
        assert!(!bench.path("root/bench/baselines/mine.json").exists(), "half a run is no baseline");
    }
    assert_eq!(bench.read("target/bench/history.jsonl").matches(r#""a/b":100.0"#).count(), 3);
    assert!(bench.read("target/bench/report.html").contains("a/b"));
}

#[test]
fn the_history_has_each_run_with_commit_and_machine() {
    let bench = Bench::new();
    let git = |arguments: &[&str]| {
        let mut git = std::process::Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@b"]).args(arguments);
        assert!(git.current_dir(bench.path("root")).output().unwrap().status.success(), "{arguments:?}");
    };
    git(&["init"]);
    git(&["commit", "--allow-empty", "-m", "first"]);
    bench.run(FAST, "");
    bench.run(FAST, "--icount");
    let history = bench.read("target/bench/history.jsonl");
    let runs: Vec<serde_json::Value> =
        history.lines().map(|run| serde_json::from_str(run).unwrap()).collect();
    assert_eq!(runs.len(), 2);
    for (run, icount) in runs.iter().zip([false, true]) {
        assert_eq!(run["commit"].as_str().map(str::len), Some(7), "{run}");
        assert_eq!(
            (&run["machine"]["qemu"], &run["machine"]["icount"]),
            (&"7.2.0".into(), &icount.into()),
            "{run}"
        );
        assert_eq!(run["median_ns"]["c/d"], 200.0, "{run}");
    }
}

#[test]
fn a_run_without_a_timeline_says_why_and_is_none_the_worse() {
    let bench = Bench::new();
    ended(&bench.run(FAST, ""), 0, "no timeline: QEMU did not start");
    assert!(bench.read("target/bench/report.html").contains("There is no timeline: QEMU did not start"));
    for (arguments, reason) in
        [("--icount", "instructions were counted"), ("a", "only some benchmarks were run")]
    {
        let output = bench.run(FAST, arguments);
        ended(&output, 0, "");
        assert!(!errors(&output).contains("no timeline"), "nobody has asked for it: {}", errors(&output));
        let report = bench.read("target/bench/report.html");
        assert!(report.contains(&format!("There is no timeline: {reason}")), "{report}");
    }
}
