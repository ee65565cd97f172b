//! Panics and faults: the end of one task where that is safe, a report and the end of the machine otherwise.
//!
//! A panic ends just its task when a task is running, the CPU is not in a handler and holds no lock. Its stack
//! cannot be unwound, so its future is leaked; its descriptors are closed by the system.

use alloc::string::String;
use core::{
    fmt::{self, Write},
    panic::PanicInfo,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use pollux_shell::env::Memory;
use x86_64::instructions::{hlt, interrupts};

use crate::{
    arch::{apic, idt::Frame},
    backtrace, cpu,
    dev::{self, power},
    klog::DebugConsole,
    mem::frames,
    run,
    sync::CpuLocal,
};

/// The CPU that reports, once the machine is going down: all others halt, in their NMI handler at the latest.
static REPORTER: AtomicUsize = AtomicUsize::new(NOBODY);
const NOBODY: usize = usize::MAX;

/// The most of a task's panic message that is kept.
const MESSAGE: usize = 256;

struct Message {
    bytes: [u8; MESSAGE],
    len: usize,
}

static MESSAGES: [CpuLocal<Message>; cpu::MAX] =
    [const { CpuLocal::new(Message { bytes: [0; MESSAGE], len: 0 }) }; cpu::MAX];

impl Write for Message {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            if self.len + c.len_utf8() > MESSAGE {
                return Err(fmt::Error);
            }
            self.len += c.encode_utf8(&mut self.bytes[self.len..]).len();
        }
        Ok(())
    }
}

/// Whether the machine is going down.
pub fn stopping() -> bool {
    REPORTER.load(Ordering::Acquire) != NOBODY
}

/// Whether it is the CPU that calls which has stopped all others, and it writes no report.
pub fn is_left_alone() -> bool {
    REPORTER.load(Ordering::Acquire) == cpu::index() && !REPORTING.load(Ordering::Relaxed)
}

/// Stops this CPU for good.
pub fn halt() -> ! {
    interrupts::disable();
    loop {
        hlt();
    }
}

/// The message of the panic that this CPU has just come back from. Empty when there is no memory for it: that may be
/// what the panic was about.
pub fn take_message() -> String {
    let mut text = String::new();
    if text.try_reserve_exact(MESSAGE).is_ok() {
        // SAFETY: this CPU's own; the closure only copies, into memory that is there.
        unsafe {
            MESSAGES[cpu::index()].with(|message| {
                text.push_str(str::from_utf8(&message.bytes[..message.len]).unwrap_or("(no message)"));
            });
        }
    }
    text
}

#[panic_handler]
fn on_panic(info: &PanicInfo<'_>) -> ! {
    let cpu = cpu::index();
    let ends_a_task = !stopping()
        && !cpu::in_interrupt()
        && cpu::locks_held() == 0
        && interrupts::are_enabled()
        && cpu::current().recovery.is_active()
        && run::try_executor().is_some_and(|executor| executor.current_task(cpu).is_some());
    if !ends_a_task {
        report(format_args!("{}", PanicText(info)), None);
    }
    if let Some(task) = run::executor().current_task(cpu) {
        log::error!("task {} ({}) panicked: {}", task.id, task.name, PanicText(info));
    }
    // For want of memory many may end so at once, and where each was then says nothing.
    if frames::left() > Memory::Out {
        backtrace::each(None, |line| log::error!("  {line}"));
    }
    // SAFETY: this CPU's own; the closure formats into the buffer and does not come back here. A panic in a
    // Display implementation would come to `on_panic` again, with interrupts off, and end the machine.
    unsafe {
        MESSAGES[cpu].with(|message| {
            message.len = 0;
            // A message that does not fit is cut.
            let _ = write!(message, "{}", PanicText(info));
        });
        // SAFETY: `recovery.run` is active, on this stack.
        cpu::current().recovery.resume()
    }
}

/// `message, at file:line`.
struct PanicText<'a>(&'a PanicInfo<'a>);

impl fmt::Display for PanicText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.message())?;
        self.0.location().map_or(Ok(()), |at| write!(f, ", at {}:{}", at.file(), at.line()))
    }
}

/// Ends the machine after an exception of the processor.
pub fn fault(frame: &Frame, what: fmt::Arguments<'_>) -> ! {
    report(what, Some(frame))
}

/// Stops all other CPUs for good, unless one of them has stopped this one first.
pub fn stop_others() {
    interrupts::disable();
    match REPORTER.compare_exchange(NOBODY, cpu::index(), Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) if run::try_executor().is_some() => apic::stop_others(),
        Ok(_) => {} // the others have not been started
        Err(reporter) if reporter == cpu::index() => {}
        Err(_) => halt(),
    }
}

/// Set while the report is being written: a panic in it must not start another.
static REPORTING: AtomicBool = AtomicBool::new(false);

fn report(what: fmt::Arguments<'_>, frame: Option<&Frame>) -> ! {
    stop_others();
    if REPORTING.swap(true, Ordering::Relaxed) {
        let _ = writeln!(DebugConsole, "panic: again, in the report: {what}");
        power::leave_with_panic();
    }
    let mut out = Report;
    // Neither of the report's ends can fail.
    let _ = writeln!(out, "panic: {what}");
    let cpu = cpu::index();
    let task = run::try_executor().and_then(|executor| executor.current_task(cpu));
    let _ = match task {
        Some(task) => writeln!(out, "panic: on CPU {cpu}, in task {} ({})", task.id, task.name),
        None => writeln!(out, "panic: on CPU {cpu}, in no task"),
    };
    if let Some(frame) = frame {
        let _ = writeln!(out, "panic: {frame:x?}");
    }
    backtrace::each(frame, |line| {
        let _ = writeln!(out, "panic:   {line}");
    });
    let _ = writeln!(out, "panic: end of report");
    power::leave_with_panic()
}

/// Where a report goes: the debug console and, in an interactive session, the serial console.
struct Report;

impl Write for Report {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        dev::console::write_sync(text.as_bytes());
        DebugConsole.write_str(text)
    }
}
