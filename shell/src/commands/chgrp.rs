//! `chgrp`: sets groups.

use super::{chown::own, support::owner};
use crate::{env::Changes, io::Outcome, process::Process};

command!(
    "chgrp",
    "chgrp [-Rhf] GROUP FILE... | chgrp [-Rhf] --reference=FILE FILE...",
    "Sets the group of files: root or a number; -R of all below directories, too, -h of links themselves, -f complains less."
);

async fn run(p: Process) -> Outcome {
    own(&p, &COMMAND, |text| Some(Changes { gid: Some(owner::number(text)?), ..Changes::default() })).await
}
