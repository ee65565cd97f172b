//! The fake is trusted by every other test, so it has its own.

use alloc::{boxed::Box, string::String, sync::Arc, vec};
use bstr::ByteSlice;
use core::{future::poll_fn, task::Poll, time::Duration};

use super::*;
use crate::{
    env::{BoxFuture, Exit, FileType, SeekFrom, Signals, Stage},
    fd::{Fd, FdTable},
};

fn stage(name: &'static str, fds: Arc<FdTable>, run: BoxFuture<'static, u8>) -> Stage<'static> {
    Stage { name: name.into(), command: name.into(), fds, signals: Signals::new(), run }
}

fn null(sys: &FakeSystem) -> Arc<dyn File> {
    sys.block_on(sys.open("/dev/null".into(), OpenFlags::READ | OpenFlags::WRITE)).unwrap()
}

fn stdio(sys: &FakeSystem) -> Arc<FdTable> {
    FdTable::with_stdio(null(sys), null(sys), null(sys))
}

#[test]
fn a_pipe_blocks_when_full_ends_and_breaks() {
    let sys = FakeSystem::new();
    let (read, write) = sys.pipe().unwrap();
    let writer = async move {
        let mut sent = 0;
        while sent < 1000 {
            sent += poll_fn(|cx| write.poll_write(cx, &[7; 100])).await.unwrap();
        }
        sent
    };
    let reader = async {
        let (mut got, mut buf) = (0, [0; 10]);
        loop {
            match poll_fn(|cx| read.poll_read(cx, &mut buf)).await.unwrap() {
                0 => return got,
                n => got += n,
            }
        }
    };
    let (sent, got) = sys.block_on(futures_util::future::join(writer, reader));
    assert_eq!(sent, got);

    let (read, write) = sys.pipe().unwrap();
    drop(read);
    assert_eq!(sys.block_on(poll_fn(|cx| write.poll_write(cx, b"x"))), Err(Errno::EPIPE));
}

#[test]
#[should_panic(expected = "deadlock: nothing can run; stages that wait: [\"100 stuck\"]")]
fn a_deadlock_is_named() {
    let sys = FakeSystem::new();
    let job = sys.new_job().unwrap();
    job.spawn(stage("stuck", stdio(&sys), Box::pin(core::future::pending()))).unwrap();
    sys.block_on(job.wait());
}

#[test]
fn sleeping_moves_the_clock_only_when_all_wait() {
    let sys = FakeSystem::new();
    let job = sys.new_job().unwrap();
    for seconds in [30, 10] {
        let clone = sys.clone();
        let run = async move {
            clone.sleep(Duration::from_secs(seconds)).await;
            clone.uptime().as_secs() as u8
        };
        job.spawn(stage("sleeper", stdio(&sys), Box::pin(run))).unwrap();
    }
    assert_eq!(sys.block_on(job.wait()), [Exit::Code(30), Exit::Code(10)]);
    assert_eq!(sys.uptime(), Duration::from_secs(30));
}

#[test]
fn a_signal_drops_the_future_and_closes_its_files() {
    let sys = FakeSystem::new();
    let (read, write) = sys.pipe().unwrap();
    let fds = FdTable::with_stdio(null(&sys), write, null(&sys));
    let (job, witness) = (sys.new_job().unwrap(), Arc::new(()));
    let kept = witness.clone();
    let run = async move {
        let _kept = kept;
        core::future::pending::<u8>().await
    };
    let pid = job.spawn(stage("victim", fds, Box::pin(run))).unwrap();
    assert_eq!(job.try_wait(), None);
    sys.kill(pid, Signal::Term).unwrap();
    assert_eq!(job.try_wait(), Some(vec![Exit::Signaled(Signal::Term)]));
    assert_eq!(Arc::strong_count(&witness), 1);
    assert_eq!(sys.block_on(poll_fn(|cx| read.poll_read(cx, &mut [0]))), Ok(0), "its end is closed");
    assert_eq!(sys.kill(pid, Signal::Term), Err(Errno::ESRCH));
    assert_eq!(sys.kill(1, Signal::Term), Err(Errno::EPERM));
}

#[test]
fn a_stopped_stage_goes_on_after_cont() {
    let sys = FakeSystem::new();
    let job = sys.new_job().unwrap();
    job.spawn(stage("stage", stdio(&sys), Box::pin(async { 3 }))).unwrap();
    job.signal(Signal::Tstp);
    sys.block_on(sys.sleep(Duration::from_secs(1)));
    assert_eq!(job.try_wait(), None);
    job.signal(Signal::Cont);
    assert_eq!(sys.block_on(job.wait()), [Exit::Code(3)]);
}

#[test]
fn a_panic_ends_one_stage() {
    let sys = FakeSystem::new();
    let job = sys.new_job().unwrap();
    job.spawn(stage("bad", stdio(&sys), Box::pin(async { panic!("on {}", "purpose") }))).unwrap();
    job.spawn(stage("good", stdio(&sys), Box::pin(async { 0 }))).unwrap();
    assert_eq!(sys.block_on(job.wait()), [Exit::Panicked("on purpose".into()), Exit::Code(0)]);
}

#[test]
fn files_are_made_moved_and_removed() {
    let sys = FakeSystem::new();
    sys.set_file("/a/b/file", "content");
    sys.mount_at("/mnt");
    sys.block_on(async {
        assert_eq!(sys.stat("/a/./b/../b//file".into()).await.unwrap().size, 7);
        assert_eq!(sys.stat("/a/b/file/".into()).await, Err(Errno::ENOTDIR));
        assert_eq!(sys.stat("/a/x/file".into()).await, Err(Errno::ENOENT));
        assert_eq!(sys.rmdir("/a/b".into()).await, Err(Errno::ENOTEMPTY));
        assert_eq!(sys.rename("/a".into(), "/a/b/c".into()).await, Err(Errno::EINVAL));
        assert_eq!(sys.rename("/a".into(), "/mnt/a".into()).await, Err(Errno::EXDEV));
        sys.rename("/a".into(), "/z".into()).await.unwrap();
        assert_eq!(sys.file("/z/b/file").unwrap(), b"content");
        let names = sys.read_dir("/".into()).await.unwrap();
        assert_eq!(names.len(), 5, "dev mnt proc tmp z");
        assert_eq!(names.iter().find(|e| e.name == "z").unwrap().metadata.kind, FileType::Directory);
        sys.unlink("/z/b/file".into()).await.unwrap();
        sys.rmdir("/z/b".into()).await.unwrap();
        assert!(!sys.exists("/z/b"));
    });
}

#[test]
fn an_open_file_seeks_appends_and_faults() {
    let sys = FakeSystem::new();
    sys.set_file("/f", "0123456789");
    sys.block_on(async {
        let fds = FdTable::with_stdio(null_in(&sys).await, null_in(&sys).await, null_in(&sys).await);
        let file = sys.open("/f".into(), OpenFlags::READ).await.unwrap();
        assert_eq!(file.seek(SeekFrom::End(-3)), Ok(7));
        let fd = Fd::new(&fds, fds.insert(file).unwrap());
        let mut buf = [0; 8];
        assert_eq!(fd.read(&mut buf).await, Ok(3));
        assert_eq!(buf[..3].as_bstr(), "789");
        assert_eq!(fd.write_all(b"x").await, Err(Errno::EBADF));

        let append = sys.open("/f".into(), OpenFlags::WRITE | OpenFlags::APPEND).await.unwrap();
        Fd::new(&fds, fds.insert(append).unwrap()).write_all(b"ab").await.unwrap();
        assert_eq!(sys.file("/f").unwrap().as_bstr(), "0123456789ab");

        sys.fail_open("/f", Errno::EIO);
        assert_eq!(sys.open("/f".into(), OpenFlags::READ).await.err(), Some(Errno::EIO));
    });
    sys.fail_pipes_after(1);
    assert!(sys.pipe().is_ok());
    assert_eq!(sys.pipe().err(), Some(Errno::ENOMEM));
}

async fn null_in(sys: &FakeSystem) -> Arc<dyn File> {
    sys.open("/dev/null".into(), OpenFlags::READ | OpenFlags::WRITE).await.unwrap()
}

#[test]
fn the_terminal_gives_lines_end_of_file_and_signals() {
    let sys = FakeSystem::new();
    let terminal = sys.terminal();
    terminal.type_when_idle("one\ntw");
    terminal.type_when_idle("o\x04\x04");
    let read = |len: usize| {
        let terminal = terminal.clone();
        async move {
            let mut buf = vec![0; len];
            let n = poll_fn(|cx| terminal.poll_read(cx, &mut buf)).await.unwrap();
            String::from_utf8(buf[..n].to_vec()).unwrap()
        }
    };
    sys.block_on(async {
        assert_eq!(read(99).await, "one\n");
        assert_eq!(read(99).await, "two");
        assert_eq!(read(99).await, "");
    });

    let job = sys.new_job().unwrap();
    let sleep = sys.sleep(Duration::from_secs(9));
    job.spawn(stage(
        "sleep",
        stdio(&sys),
        Box::pin(async {
            sleep.await;
            0
        }),
    ))
    .unwrap();
    crate::env::Terminal::set_foreground(&*terminal, Some(job.clone()));
    terminal.type_when_idle("\x03");
    assert_eq!(sys.block_on(job.wait()), [Exit::Signaled(Signal::Int)]);
    assert_eq!(sys.uptime(), Duration::ZERO, "keys come before the clock moves");
}

#[test]
fn nobody_gets_endless_io_in_one_poll() {
    let sys = FakeSystem::new();
    let zero = sys.block_on(sys.open("/dev/zero".into(), OpenFlags::READ)).unwrap();
    let mut polls_used = 0;
    let job = sys.new_job().unwrap();
    let fds = FdTable::with_stdio(zero, null(&sys), null(&sys));
    let stdin = Fd::new(&fds, 0);
    let run = async move {
        loop {
            stdin.read(&mut [0; 8]).await.unwrap();
        }
    };
    job.spawn(stage("endless", fds, Box::pin(run))).unwrap();
    sys.block_on(poll_fn(|cx| {
        polls_used += 1;
        cx.waker().wake_by_ref();
        if polls_used == 3 { Poll::Ready(()) } else { Poll::Pending }
    }));
    job.signal(Signal::Kill);
    assert_eq!(job.try_wait(), Some(vec![Exit::Signaled(Signal::Kill)]));
}
