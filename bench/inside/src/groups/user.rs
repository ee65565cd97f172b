//! What somebody at the shell waits for.

use alloc::{boxed::Box, format, sync::Arc};

use bstr::{BStr, BString};
use pollux_shell::{
    env::{BoxFuture, Exit, OpenFlags, Result, Stage, System},
    errno::Errno,
    fd::{Fd, FdTable},
    io::buffer,
    process::Process,
    sh,
    shell::Shell,
};

use crate::meter::{Measured, Meter};

/// Runs a stage in a job of its own and waits for its status.
async fn stage(meter: &Meter, fds: Arc<FdTable>, run: BoxFuture<'static, u8>) -> Result<()> {
    let job = meter.system.new_job()?;
    let signals = Default::default();
    job.spawn(Stage { name: "bench".into(), command: "bench".into(), fds, signals, run })?;
    match job.wait().await.pop() {
        Some(Exit::Code(0)) => Ok(()),
        _ => Err(Errno::EIO),
    }
}

/// Runs `sh -c text` in a stage whose standard streams are `/dev/null`, but for standard error.
async fn shell(meter: &Meter, text: &str) -> Result<()> {
    let null = meter.system.open(BStr::new("/dev/null"), OpenFlags::READ | OpenFlags::WRITE).await?;
    let fds = FdTable::with_stdio(null.clone(), null, meter.process.fds.get(2)?);
    let process = Process {
        sys: meter.system.clone(),
        args: ["sh", "-c", text].map(BString::from).into(),
        env: meter.process.env.clone(),
        cwd: meter.process.cwd.clone(),
        umask: meter.process.umask,
        fds: fds.clone(),
        signals: Default::default(),
    };
    stage(meter, fds, sh::run(process)).await
}

pub async fn shell_start(meter: &Meter) -> Result<Measured> {
    commands(meter, "exit").await
}

/// Each runs the text in a shell of its own.
async fn commands(meter: &Meter, text: &str) -> Result<Measured> {
    meter
        .each(|times| async move {
            for _ in 0..times {
                shell(meter, text).await?;
            }
            Ok(())
        })
        .await
}

/// A shell that is there already runs the line again and again, as one does that somebody types at.
pub async fn pipeline(meter: &Meter) -> Result<Measured> {
    const LINE: &[u8] = b"cat < /dev/null | cat | cat | cat | cat | cat | cat | cat | cat | cat";
    meter
        .each(|times| async move {
            let null = meter.system.open(BStr::new("/dev/null"), OpenFlags::READ | OpenFlags::WRITE).await?;
            let fds = FdTable::with_stdio(null.clone(), null, meter.process.fds.get(2)?);
            let mut shell = Shell::new(meter.system.clone(), (*meter.process.env).clone(), fds);
            for _ in 0..times {
                if shell.run_script(LINE, b"bench").await != 0 {
                    return Err(Errno::EIO);
                }
            }
            Ok(())
        })
        .await
}

pub async fn no_op(meter: &Meter) -> Result<Measured> {
    meter
        .each(|times| async move {
            for _ in 0..times {
                stage(meter, Arc::new(FdTable::default()), Box::pin(async { 0 })).await?;
            }
            Ok(())
        })
        .await
}

pub async fn dd_pipe(meter: &Meter) -> Result<Measured> {
    let text = "dd if=/dev/zero bs=1M count=100 status=none | cat > /dev/null";
    Ok(commands(meter, text).await?.moving(100 << 20))
}

pub async fn ls(meter: &Meter) -> Result<Measured> {
    const FILES: usize = 1000;
    let folder = format!("/tmp/bench-{}", meter.executor().now_ns());
    meter.system.mkdir(BStr::new(&folder), 0o777).await?;
    for number in 0..FILES {
        let name = format!("{folder}/file-{number}");
        drop(meter.system.open(BStr::new(&name), OpenFlags::WRITE | OpenFlags::CREATE).await?);
    }
    let measured = commands(meter, &format!("ls -la {folder} | cat > /dev/null")).await;
    shell(meter, &format!("rm -r {folder}")).await?;
    measured
}

pub async fn open_read_close(meter: &Meter) -> Result<Measured> {
    const BYTES: usize = 4096;
    let name = format!("/tmp/bench-{}", meter.executor().now_ns());
    let path = BStr::new(&name);
    let fds = Arc::new(FdTable::default());
    fds.set(0, meter.system.open(path, OpenFlags::WRITE | OpenFlags::CREATE).await?)?;
    Fd::new(&fds, 0).write_all(&buffer(BYTES)?).await?;
    let fds = &fds;
    let measured = meter.each(|times| async move {
        let mut block = buffer(BYTES)?;
        for _ in 0..times {
            fds.set(0, meter.system.open(path, OpenFlags::READ).await?)?;
            if Fd::new(fds, 0).read(&mut block).await? != BYTES {
                return Err(Errno::EIO);
            }
            fds.close(0);
        }
        Ok(())
    });
    let measured = measured.await;
    meter.system.unlink(path).await?;
    Ok(measured?.moving(BYTES as u64))
}

pub async fn read_zero(meter: &Meter) -> Result<Measured> {
    const BYTES: usize = 4096;
    let fds = Arc::new(FdTable::default());
    fds.set(0, meter.system.open(BStr::new("/dev/zero"), OpenFlags::READ).await?)?;
    let zero = &Fd::new(&fds, 0);
    let measured = meter.each(|times| async move {
        let mut block = buffer(BYTES)?;
        for _ in 0..times {
            zero.read(&mut block).await?;
        }
        Ok(())
    });
    Ok(measured.await?.moving(BYTES as u64))
}
