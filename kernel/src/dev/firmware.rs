//! Files that the launcher passes through QEMU's fw_cfg.

use alloc::vec::Vec;

use pollux_drivers::fw_cfg::FwCfg;

use crate::{arch::port::Ports, panic, sync::IrqLock};

/// Whoever holds this owns the device.
static OWNER: IrqLock<()> = IrqLock::new(());

fn with<R>(tries: Option<usize>, f: impl FnOnce(&mut FwCfg<Ports>) -> Option<R>) -> Option<R> {
    let _owner = match tries {
        _ if panic::stopping() => OWNER.force(),
        Some(tries) => OWNER.try_lock(tries)?,
        None => OWNER.lock(),
    };
    // SAFETY: the two ports of fw_cfg, used only here and one at a time; it reads host files, without DMA.
    let ports = unsafe { Ports::new(0x510, 2) };
    f(&mut FwCfg::new(ports).ok()?)
}

/// Whole files, by one look through the device's directory, which takes a trip to the host for each of its bytes; `None` where
/// there is none.
pub fn read<const N: usize>(names: [&str; N]) -> [Option<Vec<u8>>; N] {
    let contents = with(None, |device| {
        let mut files = [None; N];
        device.list(|entry| {
            if let Some(place) = names.iter().position(|name| entry.name() == name.as_bytes()) {
                files[place] = Some(entry.file);
            }
            true
        });
        Some(files.map(|file| {
            let mut file = file?;
            let mut content = alloc::vec![0; file.size() as usize];
            let n = device.read(&mut file, &mut content);
            content.truncate(n);
            Some(content)
        }))
    });
    contents.unwrap_or([const { None }; N])
}

/// How often [`each_line`] tries to get the device: as long as another CPU takes to read a file, and more.
const TRIES: usize = 10_000_000;

/// The longest line that [`each_line`] gives whole.
const LINE: usize = 256;

/// Gives every line of a file to `visit`, without allocating; the end of a longer line than 256 bytes is left out.
/// Says whether there is such a file. Another CPU that has the device for too long, or code on this one that was interrupted
/// with it, counts as none: backtraces are written from everywhere.
pub fn each_line(name: &str, mut visit: impl FnMut(&[u8])) -> bool {
    with(Some(TRIES), |device| {
        let mut file = device.open(name)?;
        let (mut line, mut len, mut chunk) = ([0; LINE], 0, [0; 512]);
        loop {
            let n = device.read(&mut file, &mut chunk);
            if n == 0 {
                return Some(());
            }
            for &byte in &chunk[..n] {
                if byte == b'\n' {
                    visit(&line[..len]);
                    len = 0;
                } else if len < LINE {
                    line[len] = byte;
                    len += 1;
                }
            }
        }
    })
    .is_some()
}
