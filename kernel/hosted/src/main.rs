//! Pollux as a Linux program: the kernel objects, the shell and the executor of the kernel, on threads
//! instead of CPUs. Files, pipes, jobs and the terminal are Pollux's own; of the host it takes threads,
//! time, random bytes and three file descriptors.
#![deny(unsafe_code)]

mod backtrace;
mod console;
mod cpus;
mod klog;
mod machine;
mod options;
mod script;
mod stdio;

use std::{
    io::IsTerminal,
    os::unix::process::CommandExt,
    process::Command,
    sync::{Arc, mpsc},
};

use pollux_core::{session::Session, system::CoreSystem};
use pollux_executor::Executor;
use pollux_memory::ThreadHeap;
use pollux_shell::env::Power;

use options::{Action, Options};

/// The kernel's heap.
#[global_allocator]
static HEAP: ThreadHeap = ThreadHeap;

/// The commands besides the shell's, sorted by name.
static COMMANDS: [pollux_shell::process::Command; 4] = {
    let [perf, tasks, trace] = pollux_inspect::COMMANDS;
    [pollux_inside::COMMAND, perf, tasks, trace]
};

/// The status when the program itself fails, as the launcher has it.
const FAILED: u8 = 250;

/// What ends the program.
pub enum Event {
    /// The shell ended with this status.
    Ended(u8),
    /// Somebody switched the machine off or asked for a reboot.
    Power(Power, u8),
    /// The system could not be put together.
    Failed(String),
    /// The host sent this signal.
    Signal(i32),
}

fn main() {
    let options = match options::parse() {
        Ok(Action::Run(options)) => options,
        Ok(Action::Parse(file)) => exit(script::check(&file).unwrap_or_else(|message| fail(&message))),
        Ok(Action::Help) => return print!("{}", options::HELP),
        Err(message) => fail(&message),
    };
    klog::init();
    console::restore_on_panic();
    let executor = cpus::start(options.cpus, options.pin).unwrap_or_else(|message| fail(&message));
    let (events, received) = mpsc::channel();
    let machine = Arc::new(machine::Host::new(executor, events.clone()));
    let interactive = options.command.is_none() && std::io::stdin().is_terminal();
    let console = if interactive { Some(console::open(&events).unwrap_or_else(|m| fail(&m))) } else { None };
    let terminal = console.as_ref().map(|console| console.terminal().clone());
    let report = events.clone();
    let init = async move {
        let event = match run(executor, machine, options, terminal).await {
            Ok(status) => Event::Ended(status),
            Err(message) => Event::Failed(message),
        };
        let _ = report.send(event); // nobody listens only when the program ends already
    };
    if let Err(error) = executor.spawn("init", init) {
        fail(&error.to_string());
    }
    let event = received.recv().expect("this function holds a sender");
    if let Some(console) = console {
        console.close(!matches!(event, Event::Signal(_)));
    }
    match event {
        Event::Ended(status) => exit(status),
        Event::Power(Power::Reboot, _) if interactive => {
            let error = Command::new("/proc/self/exe").args(std::env::args_os().skip(1)).exec();
            fail(&format!("starting anew: {error}"))
        }
        Event::Power(_, status) => exit(status),
        Event::Signal(number) => exit(128 + number as u8),
        Event::Failed(message) => fail(&message),
    }
}

/// Puts the system together and runs the shell on it.
async fn run(
    executor: &'static Executor,
    machine: Arc<machine::Host>,
    options: Options,
    terminal: Option<Arc<pollux_core::pty::Slave>>,
) -> Result<u8, String> {
    let system = CoreSystem::new(executor, machine, &COMMANDS).await.map_err(|error| error.to_string())?;
    #[cfg(debug_assertions)]
    cpus::watch_wakes(system.jobs());
    if let Some(bytes) = options.archive {
        let bytes = Arc::<[u8]>::from(bytes);
        system.mount_host(bytes).await.map_err(|error| format!("/host: {error}"))?;
    }
    let term = std::env::var("TERM").unwrap_or_else(|_| "dumb".into());
    let session = Session::new(term.as_bytes());
    let exit = match (terminal, options.command) {
        (Some(terminal), _) => {
            system.set_console(&terminal).map_err(|error| error.to_string())?;
            session.interactive(&system, &terminal, || {}).await
        }
        // Without a terminal and without a command the commands come from standard input.
        (None, command) => {
            let text = command.unwrap_or_else(|| b"sh".into());
            session.command(&system, &text, stdio::files()).await
        }
    };
    exit.map(|exit| exit.status()).map_err(|error| error.to_string())
}

fn exit(status: u8) -> ! {
    std::process::exit(status.into())
}

fn fail(message: &str) -> ! {
    console::restore();
    eprintln!("pollux: {message}");
    exit(FAILED)
}
