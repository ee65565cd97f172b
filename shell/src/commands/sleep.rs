//! `sleep`: waits.

use alloc::format;
use core::time::Duration;

use super::support::numbers;
use crate::{
    io::{self, Outcome},
    process::Process,
};

command!("sleep", "sleep NUMBER[smhd]...", "Waits for so many seconds (s), minutes (m), hours (h) or days (d), added up.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "+#", &[]).await?;
    if options.operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let mut total = Duration::ZERO;
    for text in &options.operands {
        match numbers::duration(text) {
            Some(time) => total = total.saturating_add(time),
            None => return Err(io::usage(&p, &COMMAND, &format!("invalid time interval '{text}'")).await),
        }
    }
    p.sys.sleep(total).await;
    Ok(0)
}
