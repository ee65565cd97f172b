//! Both sides of a terminal together: who waits for what, and who is woken.

use super::*;
use crate::testing::{Woken, now, pending};
use alloc::{boxed::Box, string::String, sync::Arc, vec, vec::Vec};
use core::future::poll_fn;
use pollux_shell::{
    env::{Attributes, BoxFuture, Exit, File, Modes, Pid, Signal, Stage, Terminal},
    errno::Errno,
};

fn terminal() -> (Master, Arc<Slave>) {
    pair(WindowSize { rows: 24, cols: 80 }).unwrap()
}

fn read(slave: &Slave, len: usize) -> Vec<u8> {
    let mut buf = vec![0; len];
    let n = now(poll_fn(|cx| slave.poll_read(cx, &mut buf))).unwrap();
    buf.truncate(n);
    buf
}

fn shown(master: &Master) -> Vec<u8> {
    let mut buf = vec![0; 65536];
    let n = now(master.read_output(&mut buf));
    buf.truncate(n);
    buf
}

#[derive(Default)]
struct FakeJob(spin::Mutex<Vec<Signal>>);

impl Job for FakeJob {
    fn spawn(&self, _stage: Stage) -> Result<Pid> {
        Err(Errno::ENOSYS)
    }
    fn signal(&self, signal: Signal) {
        self.0.lock().push(signal);
    }
    fn wait(&self) -> BoxFuture<'_, Vec<Exit>> {
        Box::pin(core::future::ready(Vec::new()))
    }
    fn try_wait(&self) -> Option<Vec<Exit>> {
        None
    }
}

#[test]
fn a_sleeping_reader_wakes_at_the_end_of_the_line() {
    let (master, slave) = terminal();
    let mut buf = [0; 16];
    let woken = Woken::new();
    assert!(slave.poll_read(&mut woken.context(), &mut buf).is_pending());
    now(master.write_input(b"ab")).unwrap();
    assert_eq!(woken.count(), 0, "half a line is nothing to read");
    now(master.write_input(b"\r")).unwrap();
    assert_eq!(woken.count(), 1);
    assert_eq!(read(&slave, 16), b"ab\n");
    assert_eq!(shown(&master), b"ab\r\n");
}

#[test]
fn interrupt_reaches_the_foreground_job_and_no_other() {
    let (master, slave) = terminal();
    let (first, second) = (Arc::new(FakeJob::default()), Arc::new(FakeJob::default()));
    slave.set_foreground(Some(first.clone()));
    now(master.write_input(b"\x1a")).unwrap();
    slave.set_foreground(Some(second.clone()));
    now(master.write_input(b"\x03\x1c")).unwrap();
    slave.set_foreground(None);
    now(master.write_input(b"\x03")).unwrap();
    assert_eq!(*first.0.lock(), [Signal::Tstp]);
    assert_eq!(*second.0.lock(), [Signal::Int, Signal::Quit]);
}

#[test]
fn keys_wait_for_the_reader_and_none_is_lost() {
    let (master, slave) = terminal();
    let line = [&[b'k'; 62][..], b"\r"].concat();
    let keys = line.repeat(200);
    let woken = Woken::new();
    let mut typing = Box::pin(master.write_input(&keys));
    let mut got = Vec::new();
    loop {
        let typed = typing.as_mut().poll(&mut woken.context()).is_ready();
        let before = woken.count();
        got.extend(read(&slave, 4096));
        if typed {
            break;
        }
        while got.len() < keys.len() && slave.shared.state.lock().ldisc.is_readable() {
            got.extend(read(&slave, 4096));
        }
        assert!(woken.count() > before, "reading must wake the one who types");
    }
    while got.len() < keys.len() {
        got.extend(read(&slave, 4096));
    }
    let expected: Vec<u8> = keys.iter().map(|&key| if key == b'\r' { b'\n' } else { key }).collect();
    assert!(got == expected, "the lines differ");
}

#[test]
fn output_waits_for_the_screen_and_interrupt_frees_it() {
    let (master, slave) = terminal();
    let woken = Woken::new();
    let mut cx = woken.context();
    while slave.poll_write(&mut cx, &[b'y'; 1000]).is_ready() {}
    assert_eq!(woken.count(), 0);
    let mut some = [0; 100];
    assert_eq!(now(master.read_output(&mut some)), 100);
    assert_eq!(woken.count(), 0, "not for every few bytes");
    now(master.write_input(b"\x03")).unwrap();
    assert_eq!(woken.count(), 1);
    assert_eq!(shown(&master), b"^C", "the flood is gone at once");
}

#[test]
fn it_is_known_how_much_programs_have_written_and_keys_are_none_of_that() {
    let (master, slave) = terminal();
    let write = |text: &[u8]| now(poll_fn(|cx| slave.poll_write(cx, text))).unwrap();
    assert_eq!((write(b"one\n"), slave.written()), (4, 4), "a newline is one byte, and two on the screen");
    now(master.write_input(b"x")).unwrap();
    assert_eq!(shown(&master), b"one\r\nx");
    assert_eq!((write(b"two"), slave.written()), (3, 7));
}

#[test]
fn a_writer_goes_on_when_half_of_the_output_is_shown() {
    let (master, slave) = terminal();
    let woken = Woken::new();
    while slave.poll_write(&mut woken.context(), &[b'y'; 1000]).is_ready() {}
    let mut half = vec![0; output::LIMIT / 2];
    assert_eq!(now(master.read_output(&mut half)), half.len());
    assert_eq!(woken.count(), 1);
}

#[test]
fn xoff_holds_the_screen_and_xon_wakes_it() {
    let (master, slave) = terminal();
    now(master.write_input(b"\x13")).unwrap();
    assert_eq!(now(poll_fn(|cx| slave.poll_write(cx, b"text"))), Ok(4));
    let woken = Woken::new();
    let mut buf = [0; 16];
    assert!(master.poll_output(&mut woken.context(), &mut buf).is_pending());
    now(master.write_input(b"\x11")).unwrap();
    assert_eq!(woken.count(), 1);
    assert_eq!(shown(&master), b"text");
}

#[test]
fn draining_ends_when_all_is_shown() {
    let (master, slave) = terminal();
    now(slave.drain());
    assert_eq!(now(poll_fn(|cx| slave.poll_write(cx, b"text"))), Ok(4));
    let woken = Woken::new();
    let mut drained = Box::pin(slave.drain());
    assert!(drained.as_mut().poll(&mut woken.context()).is_pending());
    shown(&master);
    assert_eq!(woken.count(), 1);
    assert!(drained.as_mut().poll(&mut woken.context()).is_ready());
}

#[test]
fn hanging_up_ends_reads_writes_and_the_job() {
    let (master, slave) = terminal();
    let job = Arc::new(FakeJob::default());
    slave.set_foreground(Some(job.clone()));
    let woken = Woken::new();
    assert!(slave.poll_read(&mut woken.context(), &mut [0; 4]).is_pending());
    drop(master);
    assert_eq!(woken.count(), 1);
    assert_eq!(read(&slave, 4), b"");
    assert_eq!(now(poll_fn(|cx| slave.poll_write(cx, b"x"))), Err(Errno::EIO));
    assert_eq!(*job.0.lock(), [Signal::Hup, Signal::Cont], "a stopped one hears of it, too");
}

#[test]
fn the_last_program_leaves_its_output_and_then_the_end() {
    let (master, slave) = terminal();
    assert_eq!(now(poll_fn(|cx| slave.poll_write(cx, b"bye"))), Ok(3));
    drop(slave);
    assert_eq!(shown(&master), b"bye");
    assert_eq!(shown(&master), b"");
    assert_eq!(now(master.write_input(b"x")), Err(Errno::EIO));
}

#[test]
fn one_end_of_file_gives_one_empty_read() {
    let (master, slave) = terminal();
    now(master.write_input(b"\x04")).unwrap();
    assert_eq!(read(&slave, 4), b"");
    let mut buf = [0; 4];
    pending(poll_fn(|cx| slave.poll_read(cx, &mut buf)));
}

#[test]
fn modes_and_size_are_what_was_set() {
    let (master, slave) = terminal();
    let controls = slave.terminal().unwrap();
    controls.set_modes(Modes::RAW);
    assert_eq!(controls.modes(), Modes::RAW);
    let size = WindowSize { rows: 50, cols: 132 };
    master.set_size(size);
    assert_eq!(controls.size(), size);
}

#[test]
fn leaving_canonical_mode_wakes_the_reader_of_half_a_line() {
    let (master, slave) = terminal();
    let woken = Woken::new();
    assert!(slave.poll_read(&mut woken.context(), &mut [0; 4]).is_pending());
    now(master.write_input(b"ls")).unwrap();
    slave.set_modes(Modes::RAW);
    assert_eq!(woken.count(), 1);
    assert_eq!(read(&slave, 4), b"ls");
}

#[test]
fn an_interrupt_key_gets_through_a_full_queue() {
    let (master, slave) = terminal();
    let job = Arc::new(FakeJob::default());
    slave.set_foreground(Some(job.clone()));
    now(master.write_input(b"a line that nobody reads yet\r")).unwrap();
    let woken = Woken::new();
    let fill = |keys: &[u8]| master.poll_input(&mut woken.context(), keys);
    while let core::task::Poll::Ready(taken) = fill(&[b'x'; 100]) {
        assert!(taken.unwrap() > 0);
    }
    assert!(fill(b"more").is_pending(), "there is no room for what does not signal");
    assert_eq!(fill(b"more\x03rest"), core::task::Poll::Ready(Ok(5)), "all up to the key is taken");
    assert_eq!(*job.0.lock(), [Signal::Int]);
    now(master.write_input(b"a\r")).unwrap();
    assert_eq!(read(&slave, 16), b"a\n", "what was typed before the key is gone");
}

#[test]
fn output_held_by_xoff_is_shown_when_the_last_program_is_gone() {
    let (master, slave) = terminal();
    now(master.write_input(b"\x13")).unwrap();
    now(poll_fn(|cx| slave.poll_write(cx, b"bye"))).unwrap();
    drop(slave);
    assert_eq!(shown(&master), b"bye");
}

/// A terminal of that number: in the table of who is asked those without one, of all tests, are the same.
#[cfg(debug_assertions)]
fn numbered(number: u32) -> (Master, Arc<Slave>) {
    let master = Master { shared: shared(WindowSize { rows: 24, cols: 80 }, Some(number)).unwrap() };
    let slave = master.open_slave().unwrap();
    (master, slave)
}

/// Each waits as it should, and then for what is there and nobody has told.
#[cfg(debug_assertions)]
#[test]
fn wakes_of_readers_and_writers_that_are_lost_are_told_of() {
    let cpu = crate::testing::Cpu::new();
    let jobs = Jobs::new(cpu.executor);
    let lost = || {
        cpu.run();
        cpu.lost_wakes(&jobs)
    };
    let spawn = |name: &str, run: core::pin::Pin<Box<dyn Future<Output = ()> + Send>>| {
        drop(cpu.executor.spawn(name, run).unwrap());
    };
    let (master, slave) = numbered(70);
    let master = Arc::new(master);
    let shows = master.clone();
    spawn("console", Box::pin(async move { while shows.read_output(&mut [0; 10]).await > 0 {} }));
    let reads = slave.clone();
    let read = async move { while poll_fn(|cx| reads.poll_read(cx, &mut [0; 10])).await.is_ok() {} };
    spawn("reader", Box::pin(read));
    assert_eq!(lost(), []);
    {
        let state = &mut *master.shared.state.lock();
        let _ = state.output.write(Modes::empty(), b"text");
        state.ldisc.feed_all(b"line\n", &mut state.output);
    }
    let told = [(String::from("console"), Wait::Output(71)), (String::from("reader"), Wait::Keys(71))];
    assert_eq!(lost(), told);

    let (master, slave) = numbered(71);
    let (fills, types) = (slave.clone(), Arc::new(master));
    let master = types.clone();
    let fill = async move { while poll_fn(|cx| fills.poll_write(cx, &[b'x'; 5000])).await.is_ok() {} };
    spawn("writer", Box::pin(fill));
    slave.set_attributes(Attributes { modes: Modes::empty(), ..slave.attributes() });
    spawn("typist", Box::pin(async move { while types.write_input(&[b'x'; 5000]).await.is_ok() {} }));
    assert_eq!(lost(), []);
    {
        let state = &mut *master.shared.state.lock();
        state.output.clear();
        while state.ldisc.read(&mut [0; 5000]).is_some_and(|count| count > 0) {}
    }
    let told = [(String::from("writer"), Wait::Screen(72)), (String::from("typist"), Wait::KeysRead(72))];
    assert_eq!(lost(), told);
}
