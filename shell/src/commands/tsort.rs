//! `tsort`: orders names so that of each pair the first comes first. It holds them in memory, as the last pair may
//! concern the first name.

use alloc::{collections::BTreeMap, vec::Vec};
use bstr::{BString, ByteSlice};

use super::support::files::Files;
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "tsort",
    "tsort [FILE]",
    "Reads pairs of names and prints all names in an order in which the first of each pair comes first. Holds them in memory."
);

/// One name: which come after it, and how many pairs hold it back.
#[derive(Default)]
struct Node {
    name: BString,
    after: Vec<usize>,
    before: usize,
    printed: bool,
}

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "", &[]).await?;
    if let Some(extra) = options.operands.get(1) {
        return Err(io::usage(&p, &COMMAND, &alloc::format!("extra operand '{extra}'")).await);
    }
    let mut files = Files::new(&p, &options.operands);
    let mut nodes: Vec<Node> = Vec::new();
    let mut known: BTreeMap<BString, usize> = BTreeMap::new();
    let mut first = None;
    while let Some(mut lines) = files.next().await {
        while let Some(line) = files.line(lines.next_line().await).await {
            for word in line.fields_with(char::is_whitespace) {
                let index = *known.entry(word.into()).or_insert_with(|| {
                    nodes.push(Node { name: word.into(), ..Node::default() });
                    nodes.len() - 1
                });
                match first.take() {
                    None => first = Some(index),
                    Some(earlier) if earlier != index => {
                        nodes[earlier].after.push(index);
                        nodes[index].before += 1;
                    }
                    Some(_) => {}
                }
            }
        }
    }
    if files.status != 0 {
        return Ok(1);
    }
    if first.is_some() {
        io::complain(&p, "the input has an odd number of names: each pair needs two".into()).await;
        return Ok(1);
    }
    let mut out = Output::new(&p);
    let mut status = 0;
    let mut ready: alloc::collections::VecDeque<usize> =
        (0..nodes.len()).filter(|index| nodes[*index].before == 0).collect();
    let mut left = nodes.len();
    while left > 0 {
        let Some(index) = ready.pop_front() else {
            // What is left goes round. One name of a loop is let go first.
            status = 1;
            out.flush().await?;
            let index = in_loop(&nodes);
            io::complain(&p, alloc::format!("the input has a loop through {}", nodes[index].name)).await;
            nodes[index].before = 0;
            ready.push_back(index);
            continue;
        };
        if core::mem::replace(&mut nodes[index].printed, true) {
            continue;
        }
        left -= 1;
        out.write_line(&nodes[index].name).await?;
        for next in core::mem::take(&mut nodes[index].after) {
            let node = &mut nodes[next];
            if node.before > 0 {
                node.before -= 1;
                if node.before == 0 {
                    ready.push_back(next);
                }
            }
        }
    }
    out.finish(status).await
}

/// A name on a loop: going back from one that is held back for as many steps as there are names ends on one.
fn in_loop(nodes: &[Node]) -> usize {
    let mut holder = alloc::vec![0; nodes.len()];
    let mut start = 0;
    for (index, node) in nodes.iter().enumerate().filter(|(_, node)| !node.printed) {
        start = index;
        for next in &node.after {
            holder[*next] = index;
        }
    }
    (0..nodes.len()).fold(start, |index, _| holder[index])
}
