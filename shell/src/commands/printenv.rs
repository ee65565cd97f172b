//! `printenv`: prints environment variables.

use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("printenv", "printenv [NAME...]", "Prints the values of variables, or all with their names.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "", &[]).await?;
    let mut out = Output::new(&p);
    let mut status = 0;
    if options.operands.is_empty() {
        for (name, value) in &*p.env {
            out.write_all(&[name, b"=", value, b"\n"]).await?;
        }
    }
    for name in &options.operands {
        match p.env.get(*name) {
            Some(value) => out.write_all(&[value, b"\n"]).await?,
            None => status = 1,
        }
    }
    out.finish(status).await
}
