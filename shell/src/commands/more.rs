//! `more`: text page by page, forward; a form of [`super::less`] that is done at the end.

use super::less;
use crate::{io::Outcome, process::Process};

command!(
    "more",
    "more [+COMMAND] [FILE...]",
    "Shows text page by page and ends with its last page; Space goes on, Enter by a line, b back, q leaves."
);

async fn run(p: Process) -> Outcome {
    less::run_more(&p, &COMMAND).await
}
