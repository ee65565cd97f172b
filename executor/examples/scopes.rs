//! Scopes: tasks with one fate, in a tree, with a limit: `cargo run -p pollux-executor --example scopes`.

mod common;

use std::future::pending;

use pollux_executor::{JoinError, SpawnError};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let executor = common::executor(2);
    let server = executor.scope()?;
    let connection = server.child()?;
    server.set_limit(3);

    let listener = server.spawn("listener", pending::<()>())?;
    let reader = connection.spawn("reader", pending::<()>())?;
    let _writer = connection.spawn("writer", pending::<()>())?;
    let full = connection.spawn("one too many", async {}).err();
    println!("{} tasks; a fourth: {}", server.tasks(), full.expect("the limit is three"));
    assert_eq!(full, Some(SpawnError::Full));

    // The end of a connection ends its tasks, and no others.
    let join = connection.join();
    connection.cancel();
    common::wait_for(join);
    println!("the connection is closed; {} task is left", server.tasks());
    assert_eq!(common::wait_for(reader), Err(JoinError::Cancelled));
    assert!(!listener.is_finished() && server.tasks() == 1);

    // Dropping a scope cancels what is in it.
    let join = server.join();
    drop(server);
    common::wait_for(join);
    println!("the server is down");
    assert!(listener.is_finished());
    Ok(())
}
