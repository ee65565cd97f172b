//! The launcher's channel on the second serial port: frames as `docs/channel.md` has them.
//!
//! One task reads frames; whoever has something to say sends whole frames through one lock. The standard streams
//! of a command are ordinary pipes, each with a task that copies between the pipe and the frames: so end of
//! file, broken pipe and backpressure are the pipes' own.

use alloc::{string::String, sync::Arc, vec::Vec};
use core::{
    future::{Future, poll_fn},
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
};

use embassy_sync::{channel::Channel, signal::Signal};
use futures_util::future::{Either, select};
use pollux_core::{pipe, waits::Wait};
use pollux_drivers::uart16550::{Config, Uart};
use pollux_executor::{Executor, JoinHandle, sync::Mutex};
use pollux_shell::{
    env::{File, WindowSize},
    errno::Errno,
};
use pollux_trace::export::Export;
use spin::LazyLock;

use super::outlet::{Copying, Outlet};
use crate::{
    arch::port::Ports,
    mem::frames,
    run,
    sync::{IrqLock, IrqRawMutex},
};

/// COM2.
// SAFETY: COM2's ports, used by this driver alone. A serial port does no DMA.
static PORT: Uart<Ports, IrqLock<()>> = Uart::new(unsafe { Ports::new(0x2f8, 8) }, IrqLock::new(()));
/// The ISA interrupt of COM2.
pub const IRQ: u8 = 3;

/// How many bytes of data one frame carries at most, in either direction.
const DATA: usize = 16 * 1024;

static PRESENT: AtomicBool = AtomicBool::new(false);
/// Held while a frame is sent, so that frames never mix.
static SENDING: LazyLock<Mutex<()>> = LazyLock::new(|| Mutex::new(()));
/// What the launcher sent of standard input; empty for its end. One demand at a time keeps one slot enough.
static INPUT: Channel<IrqRawMutex, Vec<u8>, 1> = Channel::new();
/// The launcher's outputs 1 and 2 are gone.
static CLOSED: [Signal<IrqRawMutex, ()>; 2] = [const { Signal::new() }; 2];
/// Those of the outputs that are copied to it.
static OUTLETS: [Outlet; 2] = [const { Outlet::new() }; 2];
/// The size of the launcher's terminal, when it has become another one.
static WINDOW: Signal<IrqRawMutex, WindowSize> = Signal::new();

/// Looks for the port. Without it, frames go nowhere and no command can be passed.
pub fn init() -> bool {
    let present = PORT.init(Config::default()).is_ok();
    PRESENT.store(present, Ordering::Relaxed);
    present
}

/// The port's interrupt.
pub fn on_interrupt() {
    PORT.on_interrupt();
}

/// Starts the task that reads frames.
pub fn start() {
    if PRESENT.load(Ordering::Relaxed) {
        run::start("channel", read_frames());
    }
}

/// Sends one frame.
pub async fn send(kind: u8, payload: &[u8]) {
    if !PRESENT.load(Ordering::Relaxed) {
        return;
    }
    let length = u16::try_from(payload.len()).expect("a frame's payload fits in 16 bits");
    let _sending = SENDING.lock().await;
    let [low, high] = length.to_le_bytes();
    port(PORT.write_all(&[kind, low, high])).await;
    port(PORT.write_all(payload)).await;
}

/// Waits until everything has left the port.
pub async fn flush() {
    if PRESENT.load(Ordering::Relaxed) {
        let _sending = SENDING.lock().await;
        port(PORT.flush()).await;
    }
}

/// Waits until what a command has written is on its way.
pub async fn outputs_through() {
    for outlet in &OUTLETS {
        outlet.through().await;
    }
}

/// Sends a measurement.
pub async fn measurement(name: &str, value: u64, unit: &str) {
    let text: String = alloc::format!("{name} {value} {unit}");
    send(b'M', text.as_bytes()).await;
}

/// Sends a file, piece by piece: the launcher may be as slow as it is.
pub async fn file(name: &str, content: &mut (dyn Export + Send)) {
    send(b'F', name.as_bytes()).await;
    let mut piece = Vec::new();
    loop {
        let more = content.fill(&mut piece, DATA);
        for part in piece.chunks(DATA) {
            send(b'B', part).await;
        }
        piece.clear();
        if !more {
            break;
        }
    }
    send(b'C', &[]).await;
}

async fn read_frames() {
    loop {
        let mut header = [0; 3];
        read_exact(&mut header).await;
        let [kind, low, high] = header;
        let mut payload = alloc::vec![0; usize::from(u16::from_le_bytes([low, high]))];
        read_exact(&mut payload).await;
        match (kind, payload.as_slice()) {
            (b'P', bytes) => send(b'P', bytes).await,
            (b'I', _) => Wait::Outside.told(INPUT.send(payload)).await,
            (b'W', &[rows_low, rows_high, cols_low, cols_high]) => WINDOW.signal(WindowSize {
                rows: u16::from_le_bytes([rows_low, rows_high]),
                cols: u16::from_le_bytes([cols_low, cols_high]),
            }),
            (b'H', [output @ 1..=2]) => CLOSED[usize::from(*output) - 1].signal(()),
            _ => log::error!("channel: frame of unknown type {kind:#x} with {} bytes", payload.len()),
        }
    }
}

/// Waits until the launcher's terminal has another size.
pub async fn resized() -> WindowSize {
    Wait::Outside.told(WINDOW.wait()).await
}

/// Has the task tell that it waits for the port.
#[track_caller]
fn port<F: Future>(future: F) -> impl Future<Output = F::Output> {
    Wait::Device(IRQ.into()).told(future)
}

async fn read_exact(mut buf: &mut [u8]) {
    while !buf.is_empty() {
        let n = port(PORT.read(buf)).await;
        buf = &mut buf[n..];
    }
}

/// The standard streams of a command, over the channel.
pub struct Streams {
    /// Standard input, output and error.
    pub files: [Arc<dyn File>; 3],
    /// The tasks that copy the outputs; they end when all has been sent.
    pub outputs: [JoinHandle<()>; 2],
}

/// Makes the streams and starts their tasks.
pub fn streams(executor: &'static Executor) -> Result<Streams, Errno> {
    let (stdin, input) = pipe::pipe(pipe::CAPACITY)?;
    let (output, stdout) = pipe::pipe(pipe::CAPACITY)?;
    let (errors, stderr) = pipe::pipe(pipe::CAPACITY)?;
    let feeder = executor
        .spawn("stdin", copy_input(Arc::new(pipe::WriteEnd::new(input))))
        .map_err(|_| Errno::ENOMEM)?;
    let outputs = [
        executor
            .spawn("stdout", copy_output(0, Arc::new(pipe::ReadEnd::new(output)), OUTLETS[0].copy()))
            .map_err(|_| Errno::ENOMEM)?,
        executor
            .spawn("stderr", copy_output(1, Arc::new(pipe::ReadEnd::new(errors)), OUTLETS[1].copy()))
            .map_err(|_| Errno::ENOMEM)?,
    ];
    // What a command says when memory is out must get out.
    frames::protect(feeder.id());
    outputs.iter().for_each(|output| frames::protect(output.id()));
    let files: [Arc<dyn File>; 3] = [
        Arc::new(pipe::ReadEnd::new(stdin)),
        Arc::new(pipe::WriteEnd::new(stdout)),
        Arc::new(pipe::WriteEnd::new(stderr)),
    ];
    Ok(Streams { files, outputs })
}

/// Asks the launcher for as much as fits in a frame, and again when the pipe has taken it.
async fn copy_input(pipe: Arc<pipe::WriteEnd>) {
    loop {
        send(b'D', &(DATA as u32).to_le_bytes()).await;
        let data = Wait::Outside.told(INPUT.receive()).await;
        if data.is_empty() {
            return;
        }
        let mut rest = data.as_slice();
        while !rest.is_empty() {
            match poll_fn(|cx| pipe.poll_write_outside(cx, rest)).await {
                Ok(n) => rest = &rest[n..],
                Err(_) => return, // nobody reads any more
            }
        }
    }
}

/// Sends what comes out of the pipe, until its end or until the launcher's output is gone.
async fn copy_output(output: usize, pipe: Arc<pipe::ReadEnd>, copying: Copying<'static>) {
    let (kind, closed) = (b"OE"[output], &CLOSED[output]);
    let mut buf = alloc::vec![0; DATA];
    loop {
        // The first is asked first: a writer that is always ready must not keep us from seeing the end.
        let read = {
            let next = copying.next(|cx| pipe.poll_read_outside(cx, &mut buf));
            match select(pin!(closed.wait()), next).await {
                Either::Left(_) => return, // dropping the read end tells the writers
                Either::Right((read, _)) => read,
            }
        };
        match read {
            Ok(n) if n > 0 => send(kind, &buf[..n]).await,
            _ => return,
        }
    }
}
