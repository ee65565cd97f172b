//! Files that QEMU passes to the guest (QEMU, docs/specs/fw_cfg.rst), through the two ports: a 16-bit
//! selector and an 8-bit data port. No allocation and no interrupts, so that a panic handler can use it.
//!
//! The device has one position for all: who reads owns the ports. In a panic, make a new [`FwCfg`].

use pollux_hal::Registers;

use crate::Absent;

const SELECTOR: usize = 0;
const DATA: usize = 1;

const KEY_SIGNATURE: u16 = 0x0000;
const KEY_DIRECTORY: u16 = 0x0019;
/// A directory entry's name, with its final zero.
const NAME_SIZE: usize = 56;

/// The device. The register window starts at port 0x510 and is 2 bytes long.
#[derive(Debug)]
pub struct FwCfg<R> {
    regs: R,
    /// Which item the data port shows, and the next byte's place in it.
    at: Option<(u16, u32)>,
}

/// An open file: a place in it. It costs nothing to keep or to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    key: u16,
    size: u32,
    position: u32,
}

impl File {
    /// Bytes in the file.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Where the next read starts.
    pub fn position(&self) -> u32 {
        self.position
    }

    /// Moves to `position`, at most to the end. Going back makes the next read skip from the start, a
    /// port access a byte.
    pub fn seek(&mut self, position: u32) {
        self.position = position.min(self.size);
    }
}

/// An entry of the directory.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The file, at its start.
    pub file: File,
    name: [u8; NAME_SIZE],
}

impl Entry {
    /// The name; bytes, because a host may pass anything.
    pub fn name(&self) -> &[u8] {
        self.name.split(|byte| *byte == 0).next().unwrap_or_default()
    }
}

impl<R: Registers> FwCfg<R> {
    /// Looks for the device by its signature.
    pub fn new(regs: R) -> Result<Self, Absent> {
        let mut device = Self { regs, at: None };
        let mut signature = [0; 4];
        device.read_item(KEY_SIGNATURE, 0, &mut signature);
        if &signature == b"QEMU" { Ok(device) } else { Err(Absent) }
    }

    /// Calls `visit` with each file until it returns `false`.
    pub fn list(&mut self, mut visit: impl FnMut(&Entry) -> bool) {
        let mut count = [0; 4];
        self.read_item(KEY_DIRECTORY, 0, &mut count);
        // A selector has 14 bits for the item, the first 32 of which are no files.
        let count = u32::from_be_bytes(count).min(0x3fff);
        for number in 0..count {
            // struct FWCfgFile: size be32, select be16, reserved 16, name
            let mut raw = [0; 8 + NAME_SIZE];
            self.read_item(KEY_DIRECTORY, 4 + number * raw.len() as u32, &mut raw);
            let mut entry = Entry {
                file: File {
                    size: u32::from_be_bytes([raw[0], raw[1], raw[2], raw[3]]),
                    key: u16::from_be_bytes([raw[4], raw[5]]),
                    position: 0,
                },
                name: [0; NAME_SIZE],
            };
            entry.name.copy_from_slice(&raw[8..]);
            if !visit(&entry) {
                return;
            }
        }
    }

    /// Finds a file by its whole name.
    pub fn open(&mut self, name: &str) -> Option<File> {
        let mut found = None;
        self.list(|entry| {
            if entry.name() == name.as_bytes() {
                found = Some(entry.file);
            }
            found.is_none()
        });
        found
    }

    /// Reads from the file's position on, moves it and says how many bytes it read: all of `buf` or up
    /// to the end.
    pub fn read(&mut self, file: &mut File, buf: &mut [u8]) -> usize {
        let rest = (file.size - file.position) as usize;
        let count = rest.min(buf.len());
        self.read_item(file.key, file.position, &mut buf[..count]);
        file.position += count as u32;
        count
    }

    fn read_item(&mut self, key: u16, position: u32, buf: &mut [u8]) {
        let mut at = match self.at {
            Some((selected, at)) if selected == key && at <= position => at,
            _ => {
                self.regs.write16(SELECTOR, key);
                0
            }
        };
        while at < position {
            self.regs.read8(DATA);
            at += 1;
        }
        for byte in &mut *buf {
            *byte = self.regs.read8(DATA);
        }
        self.at = Some((key, at + buf.len() as u32));
    }
}
