//! What somebody at the shell waits for.

use std::{
    ffi::CString,
    fs::{self, File},
    io::{self, Read, Write},
    os::unix::ffi::OsStrExt,
    path::PathBuf,
};

use crate::{
    Result,
    meter::{Measured, Meter},
    process,
};

/// Whether busybox is there: without it a row would measure how it fails.
pub fn check(meter: &Meter) -> Result<()> {
    match fs::metadata(&meter.busybox) {
        Ok(_) => Ok(()),
        Err(error) => Err(io::Error::other(format!("{}: {error}", meter.busybox.display()))),
    }
}

/// Runs busybox with these arguments and `/dev/null` for its standard streams, each time a new process.
fn busybox(meter: &Meter, arguments: &[&str]) -> Result<Measured> {
    check(meter)?;
    let program = CString::new(meter.busybox.as_os_str().as_bytes())?;
    let arguments =
        arguments.iter().map(|it| CString::new(*it)).collect::<std::result::Result<Vec<_>, _>>()?;
    let arguments: Vec<_> = arguments.iter().map(|it| &**it).collect();
    let null = File::options().read(true).write(true).open("/dev/null")?;
    meter.each(|times| (0..times).try_for_each(|_| process::run(&program, &arguments, [&null; 3])))
}

pub fn shell_start(meter: &Meter) -> Result<Measured> {
    busybox(meter, &["sh", "-c", "exit"])
}

pub fn exec(meter: &Meter) -> Result<Measured> {
    busybox(meter, &["true"])
}

pub fn fork(meter: &Meter) -> Result<Measured> {
    meter.each(|times| (0..times).try_for_each(|_| process::process(|| Ok(()))?.wait()))
}

pub fn pipeline(meter: &Meter) -> Result<Measured> {
    let text = "cat < /dev/null | cat | cat | cat | cat | cat | cat | cat | cat | cat";
    busybox(meter, &["sh", "-c", text])
}

pub fn dd_pipe(meter: &Meter) -> Result<Measured> {
    let text = "dd if=/dev/zero bs=1M count=100 2> /dev/null | cat > /dev/null";
    Ok(busybox(meter, &["sh", "-c", text])?.moving(100 << 20))
}

pub fn ls(meter: &Meter) -> Result<Measured> {
    const FILES: usize = 1000;
    check(meter)?;
    let folder = scratch();
    fs::create_dir(&folder)?;
    for number in 0..FILES {
        File::create(folder.join(format!("file-{number}")))?;
    }
    let measured = busybox(meter, &["sh", "-c", &format!("ls -la {} | cat > /dev/null", folder.display())]);
    fs::remove_dir_all(&folder)?;
    measured
}

pub fn open_read_close(meter: &Meter) -> Result<Measured> {
    const BYTES: usize = 4096;
    let path = scratch();
    File::create(&path)?.write_all(&[0; BYTES])?;
    let mut block = vec![0; BYTES];
    let measured = meter.each(|times| {
        for _ in 0..times {
            if File::open(&path)?.read(&mut block)? != BYTES {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    });
    fs::remove_file(&path)?;
    Ok(measured?.moving(BYTES))
}

pub fn read_zero(meter: &Meter) -> Result<Measured> {
    const BYTES: usize = 4096;
    let mut zero = File::open("/dev/zero")?;
    let mut block = vec![0; BYTES];
    let measured = meter.each(|times| (0..times).try_for_each(|_| zero.read_exact(&mut block)));
    Ok(measured?.moving(BYTES))
}

/// A name of our own among the temporary files.
fn scratch() -> PathBuf {
    std::env::temp_dir().join(format!("pollux-peer-{}", std::process::id()))
}
