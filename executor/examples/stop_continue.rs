//! Stop and continue, as ^Z and `fg` do it: wakes are held, and come when the scope goes on:
//! `cargo run -p pollux-executor --example stop_continue`.

mod common;

use pollux_executor::sync::channel;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let executor = common::executor(2);
    let job = executor.scope()?;
    let (sender, mut numbers) = channel::<u32>(4);
    let sum = job.spawn("sum", async move {
        let mut sum = 0;
        while let Some(number) = numbers.recv().await {
            sum += number;
        }
        sum
    })?;
    common::wait_for(sender.send(1))?;

    job.stop();
    common::wait_for(sender.send(2))?; // its wake is held
    drop(sender); // and so is this one
    println!("stopped: {job:?}, finished: {}", sum.is_finished());
    assert!(!sum.is_finished());

    job.resume();
    let sum = common::wait_for(sum)?;
    println!("continued: the sum is {sum}");
    assert_eq!(sum, 3);
    Ok(())
}
