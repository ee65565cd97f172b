//! A wake that is lost is found, and no other wait is taken for one.

use super::*;
use crate::{jobs::Jobs, testing::Cpu, waits::Wait};
use alloc::{boxed::Box, string::ToString};
use pollux_shell::{
    env::{Signals, Stage},
    fd::FdTable,
};

/// A stage that goes on with one poll of a file after the other until that fails or says 0.
fn stage(
    file: Arc<dyn File>,
    poll: fn(&dyn File, &mut Context<'_>) -> Poll<Result<usize>>,
) -> Stage<'static> {
    let fds = Arc::new(FdTable::default());
    fds.set(0, file.clone()).unwrap();
    let run = Box::pin(async move {
        while let Ok(1..) = poll_fn(|cx| poll(&*file, cx)).await {}
        0
    });
    Stage { name: "user".into(), command: "user 1".into(), fds, signals: Signals::new(), run }
}

#[test]
fn a_reader_that_was_not_woken_is_told_of_once() {
    let cpu = Cpu::new();
    let jobs = Jobs::new(cpu.executor);
    let (reader, mut writer) = pipe(CAPACITY).unwrap();
    let wait = Wait::PipeBytes(reader.shared.number);
    let end = Arc::new(ReadEnd::new(reader));
    let _pid = jobs.new_job().spawn(stage(end, |file, cx| file.poll_read(cx, &mut [0; 10]))).unwrap();
    assert_eq!(cpu.lost_wakes(&jobs), [], "there is still something queued");
    cpu.run();
    assert_eq!(cpu.lost_wakes(&jobs), [], "it waits as it should");
    let woken = Woken::new();
    assert!(writer.poll_put_one(&mut woken.context(), b"lost").is_ready());
    assert_eq!(cpu.lost_wakes(&jobs), [("user".to_string(), wait)]);
    assert_eq!(cpu.lost_wakes(&jobs), [], "once is enough");
    // The next wake makes it go on, and it waits anew.
    assert_eq!(now(writer.write(b"found")), Ok(5));
    assert_eq!(cpu.lost_wakes(&jobs), [], "it is queued");
    cpu.run();
    assert_eq!(cpu.lost_wakes(&jobs), []);
    assert!(writer.poll_put_one(&mut woken.context(), b"again").is_ready());
    assert_eq!(cpu.lost_wakes(&jobs), [("user".to_string(), wait)], "this is another one");
}

#[test]
fn a_writer_that_was_not_woken_is_told_of() {
    let cpu = Cpu::new();
    let jobs = Jobs::new(cpu.executor);
    let (mut reader, writer) = pipe(CAPACITY).unwrap();
    let wait = Wait::PipeRoom(writer.shared.number);
    let end = Arc::new(WriteEnd::new(writer));
    let _pid = jobs.new_job().spawn(stage(end, |file, cx| file.poll_write(cx, &[7; 5000]))).unwrap();
    cpu.run();
    assert_eq!(cpu.lost_wakes(&jobs), [], "it is full");
    let (woken, mut buf) = (Woken::new(), vec![0; CAPACITY]);
    while let Poll::Ready(1..) = reader.poll_take(&mut woken.context(), &mut buf) {}
    assert_eq!(cpu.lost_wakes(&jobs), [("user".to_string(), wait)]);
}

#[test]
fn tasks_that_are_no_stages_are_told_of_at_both_ends() {
    let cpu = Cpu::new();
    let jobs = Jobs::new(cpu.executor);
    let (reader, mut writer) = pipe(CAPACITY).unwrap();
    let bytes = Wait::PipeBytes(reader.shared.number);
    let end = Arc::new(ReadEnd::new(reader));
    let reads =
        async move { while let Ok(1..) = poll_fn(|cx| end.poll_read_outside(cx, &mut [0; 10])).await {} };
    drop(cpu.executor.spawn("reads", reads).unwrap());
    let (mut reader, full) = pipe(CAPACITY).unwrap();
    let room = Wait::PipeRoom(full.shared.number);
    let end = Arc::new(WriteEnd::new(full));
    let writes =
        async move { while let Ok(1..) = poll_fn(|cx| end.poll_write_outside(cx, &[7; 5000])).await {} };
    drop(cpu.executor.spawn("writes", writes).unwrap());
    cpu.run();
    assert_eq!(cpu.lost_wakes(&jobs), [], "both wait as they should");
    let woken = Woken::new();
    assert!(writer.poll_put_one(&mut woken.context(), b"lost").is_ready());
    while let Poll::Ready(1..) = reader.poll_take(&mut woken.context(), &mut vec![0; CAPACITY]) {}
    assert_eq!(cpu.lost_wakes(&jobs), [("reads".to_string(), bytes), ("writes".to_string(), room)]);
    drop((reader, writer));
    cpu.run();
    assert_eq!(cpu.lost_wakes(&jobs), []);
}
