//! What `./run.sh --help` prints.

/// The help.
pub const TEXT: &str = "\
Pollux: an async kernel, in QEMU.

usage: ./run.sh [OPTIONS] [-- QEMU ARGS]          a shell in this terminal
       ./run.sh [OPTIONS] -c CMD [-- QEMU ARGS]   run CMD, print its output, exit with its status
       ./run.sh [OPTIONS] < SCRIPT                run the commands that standard input says
       ./run.sh test [NAME]                       all tests, or those whose names contain NAME
       ./run.sh host [-c CMD]                     the same system as a Linux program, without QEMU
       ./run.sh bench [NAME]                      pipes, scheduler and so on measured in the guest: bench --help
       ./run.sh bench --vs-linux                  Pollux beside Linux in the same emulator
       ./run.sh bench shell                       the shell measured in the guest, beside its goals
       ./run.sh bench executor [FILTER]           the executor measured beside others
       ./run.sh perf record CMD [FILES]           run CMD, and write down what the kernel did: see below
       ./run.sh fuzz [TARGET] [SECONDS]           random input, by cargo-fuzz: fuzz --help
       ./run.sh debug [OPTIONS]                   wait for gdb, and print the line that attaches it

In the shell, `exit` or Ctrl-A X leaves; Ctrl-A ? shows every CPU with its backtrace and every task with what it waits for, also
when the guest hangs; Ctrl-A C is QEMU's monitor and back, Ctrl-A H tells the rest, and Ctrl-A Ctrl-A is a Ctrl-A.

options:
  -c CMD            run CMD with the guest's `sh -c`; standard input, output and error are its own
  --smp N           CPUs, 1 to 64 (default 2)
  --mem MIB         memory, 32 or more (default 256)
  --accel tcg|kvm   who executes: QEMU's emulator or this processor (default: kvm where it works)
  --icount          count instructions, each 2 ns of the guest's time, from a fixed date and seed: every run
                    is the same (TCG only)
  --display         also open a window with the VGA text console and the PS/2 keyboard
  --files DIR       show the guest a copy of DIR under /host
  --hang-after S    seconds without a sign of life until the guest counts as hung (default 30; 0: never)
  --log FILE        the kernel log (default: target/pollux/log-PID.txt, and log-last.txt after a good end)
  -h, --help        this text
  -- QEMU ARGS      further arguments for QEMU

with perf record, at least one of FILES:
  --perfetto FILE   trace events in JSON, for ui.perfetto.dev or chrome://tracing: what ran where and who woke it
  --ctf FOLDER      the same in the Common Trace Format, for babeltrace2 or Trace Compass
  --flamegraph FILE a picture (SVG) of the stacks in which time went
  --folded FILE     those stacks as text, for other tools
                    One FILE can be -, which is standard output; what CMD prints goes to standard error then
  -F HZ             look at the stacks so often, 100 to 100000 times a second (default 1000)
  -e EVENTS         record these events or groups, with commas between them, or all (default: all but mem)
  -b RECORDS        keep so many for each CPU, 1024 to 65536 (default: 16384, or what memory allows)

exit status: that of the guest's shell or of CMD, exactly, or
  130 and the like  ended by a signal: 128 and its number
  250               the launcher or QEMU failed, and why is said on standard error
  251               the guest panicked; its report is shown
  252               the guest hangs
  253               the guest reset itself (triple fault) or ended without a status
With -c a `reboot` ends the run with status 0; in the shell it boots again.

environment:
  POLLUX_QEMU       the QEMU to run (default: qemu-system-x86_64)
  POLLUX_KERNEL     a kernel to run as it is, instead of building this one
  POLLUX_NO_INSTALL set to anything: install nothing that is missing, only say what to type

examples:
  ./run.sh -c 'seq 1 1000 | grep 7 | wc -l'
  printf 'b\\na\\nb\\n' | ./run.sh -c 'sort | uniq -c'
  ./run.sh --smp 4 --files . -c 'ls -la /host'
  ./run.sh perf record 'seq 100000 | wc -l' --perfetto trace.json
  ./run.sh --hang-after 5 -c 'echo hang > /proc/fault'; echo $?
";
