//! The first tasks: bring up the devices, put the system together, run what the launcher asked for, switch off.

use alloc::{format, string::ToString, sync::Arc, vec::Vec};
use core::{future::poll_fn, sync::atomic::AtomicU64};

use bstr::ByteSlice;
use pollux_core::{machine::Machine, pty, session::Session, system::CoreSystem};
use pollux_drivers::rtc;
use pollux_executor::Executor;
use pollux_inspect::recording::Recording;
use pollux_shell::{
    env::{Exit, File, Power, WindowSize},
    process::Command,
    terminal::{Attributes, Terminal},
};

use crate::{
    acpi,
    arch::{clock, idt, ioapic, port::Ports},
    boot::start_info::{Region, StartInfo},
    cpu,
    dev::{
        KernelClock,
        channel::{self, Streams},
        console, firmware, power,
    },
    machine::{POWER_REQUEST, Pc},
    measured,
    mem::{
        frames,
        phys::{PAGE, PhysAddr},
    },
    run, selftest,
};

/// The size of the text screen. A serial line does not tell the size of its window.
const WINDOW: WindowSize = WindowSize { rows: 25, cols: 80 };
/// What the console understands, by its name in terminfo.
const TERM: &[u8] = b"linux";

/// The commands besides the shell's, sorted by name.
static COMMANDS: [Command; 4] = {
    let [perf, tasks, trace] = pollux_inspect::COMMANDS;
    [pollux_inside::COMMAND, perf, tasks, trace]
};

/// What the launcher asks for, and with what.
struct Orders {
    request: Request,
    /// The size of the terminal that the launcher runs in.
    window: Option<WindowSize>,
    /// What is to be recorded meanwhile.
    recording: Option<Vec<u8>>,
}

/// What is to be run.
enum Request {
    Interactive,
    Command(Vec<u8>),
    SelfTest(Vec<u8>),
}

/// Finds the devices and starts the first tasks. They run once the CPUs run the executor.
///
/// # Panics
/// If memory runs out: a machine that cannot start its first task cannot start.
pub fn start(executor: &'static Executor, info: &'static StartInfo, machine: &acpi::Machine) {
    let (serial, keyboard) = console::init();
    let channel = channel::init();
    for (present, irq, handler) in [
        (serial, console::SERIAL_IRQ, console::on_serial as idt::Handler),
        (keyboard, console::KEYBOARD_IRQ, console::on_keyboard),
        (channel, channel::IRQ, channel::on_interrupt),
    ] {
        if present && !ioapic::route(&machine.topology, irq, idt::FIRST_IRQ + irq, handler) {
            log::error!("no I/O APIC takes ISA interrupt {irq}: its device is deaf");
        }
    }
    channel::start();
    measured::install();

    let pc = Arc::new(Pc {
        boot_time: AtomicU64::new(boot_time(machine.century_register)),
        cmdline: info.cmdline().into(),
    });
    let module = info.module;
    run::start("init", init(executor, pc, module));
    run::start("power", power_switch());
}

/// Time since the epoch at time zero of the kernel's clock, in seconds.
fn boot_time(century_register: u8) -> u64 {
    // SAFETY: the CMOS ports, used here alone and before anything else runs.
    let ports = unsafe { Ports::new(0x70, 2) };
    let century = (century_register != 0).then_some(century_register);
    match rtc::read(&ports, &KernelClock, century) {
        Ok(now) => now - clock::now_ns() / 1_000_000_000,
        Err(error) => {
            log::warn!("{error}: time starts at the epoch");
            0
        }
    }
}

async fn init(executor: &'static Executor, machine: Arc<dyn Machine>, module: Option<Region>) {
    let system = CoreSystem::new(executor, machine, &COMMANDS).await.expect("memory for the file systems");
    run::watch_wakes(system.jobs());
    if let Some(module) = module {
        mount_archive(&system, module).await;
    }
    let Orders { request, window, recording } = orders();
    let status = match request {
        Request::Interactive => {
            let session = interactive(executor, &system, window.unwrap_or(WINDOW));
            recorded(executor, &system, recording, session).await
        }
        Request::Command(text) => {
            recorded(executor, &system, recording, command(executor, &system, &text)).await
        }
        Request::SelfTest(filter) => return selftest::run(executor, &filter).await,
    };
    finish(Power::Off, status).await;
}

fn orders() -> Orders {
    let names = ["opt/pollux/command", "opt/pollux/selftest", "opt/pollux/window", "opt/pollux/perf"];
    let [command, selftest, window, recording] = firmware::read(names);
    let request = match (command, selftest) {
        (Some(command), _) => Request::Command(command),
        (None, Some(filter)) => Request::SelfTest(filter),
        (None, None) => Request::Interactive,
    };
    Orders { request, window: window.and_then(|text| window_size(&text)), recording }
}

async fn mount_archive(system: &Arc<CoreSystem>, module: Region) {
    let length = (module.end - module.start) as usize;
    // SAFETY: the loader put the module there; the frame allocator never hands its frames out, so the bytes
    // stay as they are for good; the direct map covers them.
    let bytes: &'static [u8] =
        unsafe { core::slice::from_raw_parts(PhysAddr(module.start).as_ptr(), length) };
    if let Err(error) = system.mount_host(bytes).await {
        log::error!("/host: the files of the initial RAM disk are not there: {error}");
    }
}

/// A person's session at the console. Returns the status of the shell.
async fn interactive(executor: &'static Executor, system: &Arc<CoreSystem>, window: WindowSize) -> u8 {
    let (master, slave) = pty::pair(window).expect("memory for the console's terminal");
    let console = console::start(executor, master);
    system.set_console(&slave).expect("memory for /dev/console");
    let measure = move || match executor.spawn("measure", measure_prompt(clock::now_ns())) {
        Ok(task) => drop(task),
        Err(error) => log::warn!("no report of the time to the prompt: {error}"),
    };
    let mut exit = Session::new(TERM).interactive(system, &slave, measure).await;
    // The person does not lose the machine with the shell.
    while let Ok(Exit::Panicked(message)) = exit {
        slave.set_attributes(Attributes::SANE);
        show(&*slave, format!("sh: panicked: {message}\nsh: this is a new one\n").as_bytes()).await;
        exit = Session::new(TERM).interactive(system, &slave, || ()).await;
    }
    drop(slave);
    // The console's task ends when the last output has left the port; it is never cancelled.
    let _ = console.await;
    exit.map_or(1, |exit| exit.status())
}

/// A size as the launcher tells it: rows and columns.
fn window_size(text: &[u8]) -> Option<WindowSize> {
    let (rows, cols) = text.to_str().ok()?.split_once(' ')?;
    Some(WindowSize { rows: rows.parse().ok()?, cols: cols.parse().ok()? })
}

/// Writes to a terminal, until it is all there or cannot be.
async fn show(terminal: &impl File, mut text: &[u8]) {
    while let Ok(count @ 1..) = poll_fn(|cx| terminal.poll_write(cx, text)).await {
        text = &text[count..];
    }
}

async fn measure_prompt(ns: u64) {
    channel::measurement("boot_to_prompt", ns, "ns").await;
    let frames::Count { total, free, .. } = frames::count();
    channel::measurement("memory_at_prompt", (total - free) as u64 * PAGE, "bytes").await;
    channel::measurement("cpus", cpu::count() as u64, "CPUs").await;
}

/// Runs a command for the launcher and returns its status.
async fn command(executor: &'static Executor, system: &Arc<CoreSystem>, text: &[u8]) -> u8 {
    let Streams { files, outputs } = match channel::streams(executor) {
        Ok(streams) => streams,
        Err(error) => return complain(&error.to_string()).await,
    };
    let exit = Session::new(TERM).command(system, text, files).await;
    for output in outputs {
        // Ends when all has been sent; it is never cancelled.
        let _ = output.await;
    }
    match exit {
        Ok(exit) => exit.status(),
        Err(error) => complain(&format!("{}: {error}", text.as_bstr())).await,
    }
}

/// Runs this, and if there is an order to record it, does so and sends that. Returns the status of what ran.
async fn recorded(
    executor: &'static Executor,
    system: &Arc<CoreSystem>,
    order: Option<Vec<u8>>,
    run: impl Future<Output = u8>,
) -> u8 {
    let Some(order) = order else { return run.await };
    let machine = system.machine();
    let recording = Recording::parse(&order.to_str_lossy()).and_then(|recording| {
        recording.start(machine.cpus(), machine.memory().free)?;
        Ok(recording)
    });
    let recording = match recording {
        Ok(recording) => recording,
        Err(error) => return complain(&format!("perf: {error}")).await,
    };
    let status = run.await;
    match recording.stop(executor) {
        Ok(recorded) => {
            for (name, mut content) in recorded.files() {
                channel::file(&name, &mut *content).await;
            }
            for (what, count, unit) in recorded.counts() {
                channel::measurement(what, count, unit).await;
            }
            status
        }
        Err(error) => complain(&format!("perf: {error}")).await,
    }
}

/// Says on standard error what went wrong, and returns the status for that.
async fn complain(what: &str) -> u8 {
    channel::send(b'E', format!("pollux: {what}\n").as_bytes()).await;
    1
}

/// Switches off or starts anew when a command asks for it.
async fn power_switch() {
    loop {
        let (what, status) = POWER_REQUEST.wait().await;
        finish(what, status).await;
    }
}

/// Lets out what has been written, tells the launcher, then does it.
pub async fn finish(what: Power, status: u8) {
    console::output_through().await;
    channel::outputs_through().await;
    console::flush().await;
    match what {
        Power::Off => channel::send(b'X', &[status]).await,
        Power::Reboot => channel::send(b'R', &[]).await,
    }
    channel::flush().await;
    power::set(what);
    log::error!("the machine does not switch off by itself; it is safe to do so now");
}
