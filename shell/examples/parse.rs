//! How fast the parser is: `cargo run --release -p pollux-shell --example parse FILE`. With dash installed, `dash -n FILE`
//! is measured beside it in the same run; from its time that of an empty file is taken off.

use std::{env, fs, process::Command, sync::Arc, time::Instant};

use pollux_shell::lang::Parser;

/// The best of so many runs.
const RUNS: usize = 20;

fn main() {
    let path = env::args().nth(1).expect("usage: parse FILE");
    let source: Arc<[u8]> = fs::read(&path).expect("the file can be read").into();
    let size = source.len() as f64;

    let mut commands = 0;
    let ours = best(|| {
        let mut parser = Parser::new(source.clone());
        commands = 0;
        loop {
            match parser.next_command() {
                Ok(Some(list)) => commands += list.items.len(),
                Ok(None) => break,
                Err(error) => panic!("{}", error.render(&path, &source)),
            }
        }
    });
    println!("{size} bytes, {commands} commands");
    println!("ours    {:8.3} ms {:7.1} MB/s", ours * 1e3, size / ours / 1e6);

    let dash = |file: &str| best(|| drop(Command::new("dash").args(["-n", file]).output()));
    if Command::new("dash").args(["-c", ":"]).status().is_ok() {
        let theirs = dash(&path) - dash("/dev/null");
        println!("dash -n {:8.3} ms {:7.1} MB/s", theirs * 1e3, size / theirs / 1e6);
    }
}

/// The shortest time that `work` took, in seconds.
fn best(mut work: impl FnMut()) -> f64 {
    let time = |_| {
        let began = Instant::now();
        work();
        began.elapsed().as_secs_f64()
    };
    (0..RUNS).map(time).fold(f64::INFINITY, f64::min)
}
