//! `id`: who the user is. The system has one user and one group, root, both with number 0.

use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("id", "id [-u | -g | -G] [-nr] [USER]", "Prints the user's and group's numbers and names; -u the user's, -g or -G the group's, -n the name instead.");

async fn run(p: Process) -> Outcome {
    let long = [("user", 'u'), ("group", 'g'), ("groups", 'G'), ("name", 'n'), ("real", 'r')];
    let options = io::options(&p, &COMMAND, "ugGnr", &long).await?;
    let one = options.last_of("ugG").is_some();
    if !one && options.last_of("nr").is_some() {
        return Err(io::usage(&p, &COMMAND, "-n and -r go with -u, -g or -G").await);
    }
    let mut out = Output::new(&p);
    let mut status = 0;
    let text: &[u8] = match (one, options.has('n')) {
        (false, _) => b"uid=0(root) gid=0(root) groups=0(root)",
        (true, true) => b"root",
        (true, false) => b"0",
    };
    if options.operands.is_empty() {
        out.write_line(text).await?;
    }
    for user in &options.operands {
        if *user == "root" || *user == "0" {
            out.write_line(text).await?;
        } else {
            out.flush().await?;
            io::complain(&p, alloc::format!("'{user}': no such user")).await;
            status = 1;
        }
    }
    out.finish(status).await
}
