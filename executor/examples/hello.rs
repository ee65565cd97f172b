//! A task, its handle and its output: `cargo run -p pollux-executor --example hello`.

mod common;

fn main() {
    let executor = common::executor(2);
    let hello = executor.spawn("hello", async { String::from("hello") }).expect("memory for a task");
    // A handle is a future too, so one task can wait for another.
    let world = executor.spawn("world", async { hello.await.map(|hello| hello + ", world") });
    let greeting = common::wait_for(world.expect("memory for a task")).expect("nobody cancels it");
    println!("{}", greeting.as_deref().unwrap_or("?"));
    assert_eq!(greeting.as_deref(), Ok("hello, world"));
}
