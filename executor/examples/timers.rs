//! Sleeping, and giving up after a time: `cargo run -p pollux-executor --example timers`.

mod common;

use std::{future::pending, pin::pin, time::Duration};

use futures_util::future::{Either, select};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let executor = common::executor(1);
    let before = executor.now_ns();
    common::wait_for(executor.sleep(Duration::from_millis(5)));
    let slept = Duration::from_nanos(executor.now_ns() - before);
    println!("slept for {slept:?}");
    assert!(slept >= Duration::from_millis(5), "never less than was asked for");

    // A timer is a future, so a limit of time is a race against one. The loser is dropped, which takes it out of
    // the wheel.
    let patience = executor.spawn("patience", async move {
        let (answer, time) = (pin!(pending::<u8>()), pin!(executor.sleep(Duration::from_millis(5))));
        match select(answer, time).await {
            Either::Left((answer, _)) => Some(answer),
            Either::Right(_) => None,
        }
    })?;
    let answer = common::wait_for(patience)?;
    println!("the answer: {answer:?}");
    assert_eq!(answer, None);
    Ok(())
}
