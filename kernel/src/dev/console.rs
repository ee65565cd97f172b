//! The console: the first serial port and, side by side with it, the VGA screen and the PS/2 keyboard. All are
//! one terminal: what one shows the other shows, and keys of both come to the same line discipline.

use alloc::sync::Arc;
use core::{
    future::Future,
    sync::atomic::{AtomicBool, Ordering},
};

use pollux_core::{pty::Master, waits::Wait};
use pollux_drivers::{
    ps2::Keyboard,
    uart16550::{Config, Uart},
    vga::Terminal,
};
use pollux_executor::{Executor, JoinHandle, sync::Mutex};
use pollux_hal::TextBuffer;
use spin::LazyLock;

use super::{
    KernelClock, channel,
    outlet::{Copying, Outlet},
};
use crate::{
    arch::port::Ports,
    mem::{frames, paging, phys::PhysAddr},
    run,
    sync::IrqLock,
};

// SAFETY: COM1's ports, used by this driver alone. A serial port does no DMA.
static SERIAL: Uart<Ports, IrqLock<()>> = Uart::new(unsafe { Ports::new(0x3f8, 8) }, IrqLock::new(()));
// SAFETY: the i8042's ports, used by this driver alone (and to reset the machine, after which nothing matters).
static KEYBOARD: Keyboard<Ports, IrqLock<()>> =
    Keyboard::new(unsafe { Ports::new(0x60, 5) }, IrqLock::new(()));

/// The ISA interrupt of COM1.
pub const SERIAL_IRQ: u8 = 4;
/// The ISA interrupt of the keyboard.
pub const KEYBOARD_IRQ: u8 = 1;

/// Whose turn it is to write to the serial port: what is shown, or who waits until it has left before the power goes.
static TURN: LazyLock<Mutex<()>> = LazyLock::new(|| Mutex::new(()));
static HAS_SERIAL: AtomicBool = AtomicBool::new(false);
/// Reports of panics go to the serial console, too: set while a person sits there.
static INTERACTIVE: AtomicBool = AtomicBool::new(false);

static OUTLET: Outlet = Outlet::new();

/// The memory of the text screen.
struct VgaMemory(*mut u16);

const VGA_MEMORY: PhysAddr = PhysAddr(0xb8000);
const CELLS: usize = 80 * 25;

// SAFETY: the mapping is the same on every CPU, and the one owner of this is its only user.
unsafe impl Send for VgaMemory {}

impl TextBuffer for VgaMemory {
    fn store(&mut self, first: usize, cells: &[u16]) {
        assert!(first + cells.len() <= CELLS, "beyond the screen");
        for (i, &cell) in cells.iter().enumerate() {
            // SAFETY: within the 80 x 25 cells that `start` mapped; it is device memory, hence volatile.
            unsafe { self.0.add(first + i).write_volatile(cell) };
        }
    }
}

/// Looks for the serial port and the keyboard; says which are there.
pub fn init() -> (bool, bool) {
    let serial = SERIAL.init(Config::default()).is_ok();
    HAS_SERIAL.store(serial, Ordering::Relaxed);
    (serial, KEYBOARD.init(&KernelClock).is_ok())
}

/// The serial port's interrupt.
pub fn on_serial() {
    SERIAL.on_interrupt();
}

/// The keyboard's interrupt.
pub fn on_keyboard() {
    KEYBOARD.on_interrupt();
}

/// Connects a terminal's master to the devices. The handle ends when the terminal has been closed and all of its
/// output has been shown.
///
/// # Panics
/// If memory for the tasks runs out, at boot.
pub fn start(executor: &'static Executor, master: Master) -> JoinHandle<()> {
    INTERACTIVE.store(true, Ordering::Relaxed);
    let master = Arc::new(master);
    let serial = HAS_SERIAL.load(Ordering::Relaxed);
    if serial {
        run::start("serial", serial_input(master.clone()));
    }
    run::start("keyboard", keyboard_input(master.clone()));
    run::start("window", follow_window(master.clone()));
    let task = executor
        .spawn("console", output(master, serial, OUTLET.copy()))
        .expect("memory for the console task");
    frames::protect(task.id());
    task
}

/// Waits until what has been written to the terminal is shown.
pub async fn output_through() {
    OUTLET.through().await;
}

/// Waits until what has been handed to the serial port has left it.
pub async fn flush() {
    if HAS_SERIAL.load(Ordering::Relaxed) {
        let _turn = TURN.lock().await;
        on_port(SERIAL.flush()).await;
    }
}

/// Writes past all buffers and locks, for the report of a panic.
pub fn write_sync(bytes: &[u8]) {
    if INTERACTIVE.load(Ordering::Relaxed) && HAS_SERIAL.load(Ordering::Relaxed) {
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            match part.strip_suffix(b"\n") {
                Some(line) => {
                    SERIAL.write_sync(line);
                    SERIAL.write_sync(b"\r\n");
                }
                None => {
                    SERIAL.write_sync(part);
                }
            }
        }
    }
}

async fn follow_window(master: Arc<Master>) {
    loop {
        master.set_size(channel::resized().await);
    }
}

async fn output(master: Arc<Master>, serial: bool, copying: Copying<'static>) {
    let memory = paging::map_device(VGA_MEMORY, 2 * CELLS as u64);
    // SAFETY: the VGA's cursor registers, used by this terminal alone.
    let cursor = unsafe { Ports::new(0x3d4, 2) };
    let mut screen = memory.map(|address| Terminal::new(VgaMemory(address as *mut u16), cursor));
    let mut buf = alloc::vec![0; 4096];
    loop {
        let n = copying.next(|cx| master.poll_output(cx, &mut buf)).await;
        if n == 0 {
            break;
        }
        if let Some(screen) = &mut screen {
            screen.write(&buf[..n]);
            // A question about the cursor is answered by the screen where there is no terminal on the line.
            let mut reply = [0; 64];
            let answered = screen.take_reply(&mut reply);
            if !serial && answered > 0 && master.write_input(&reply[..answered]).await.is_err() {
                break;
            }
        }
        if serial {
            let _turn = TURN.lock().await;
            on_port(SERIAL.write_all(&buf[..n])).await;
        }
    }
    flush().await;
}

/// Has the task tell that it waits for the serial port.
#[track_caller]
fn on_port<F: Future>(future: F) -> impl Future<Output = F::Output> {
    Wait::Device(SERIAL_IRQ.into()).told(future)
}

async fn serial_input(master: Arc<Master>) {
    let mut buf = [0; 512];
    loop {
        let n = on_port(SERIAL.read(&mut buf)).await;
        if master.write_input(&buf[..n]).await.is_err() {
            return; // the terminal has been closed
        }
    }
}

async fn keyboard_input(master: Arc<Master>) {
    let mut keys = KEYBOARD.keys();
    let mut buf = [0; 64];
    loop {
        let n = Wait::Device(KEYBOARD_IRQ.into()).told(keys.read(&mut buf)).await;
        if master.write_input(&buf[..n]).await.is_err() {
            return;
        }
    }
}
