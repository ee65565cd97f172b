//! QEMU's fw_cfg device behind its selector and data ports.
//!
//! Panics on an 8-bit write to the selector, on wide reads of the data port, and on data that is read
//! before an item was selected.

use std::{sync::Mutex, vec::Vec};

use super::lock;
use crate::Registers;

const FIRST_FILE: u16 = 0x20;

/// The device with its files.
#[derive(Debug)]
pub struct FakeFwCfg {
    files: Vec<Vec<u8>>,
    directory: Vec<u8>,
    /// Item, next byte, selections so far.
    state: Mutex<(Option<u16>, usize, usize)>,
}

impl FakeFwCfg {
    /// A device with these files (name, content).
    pub fn new(files: &[(&str, &[u8])]) -> Self {
        let mut directory = (files.len() as u32).to_be_bytes().to_vec();
        for (number, (name, content)) in files.iter().enumerate() {
            directory.extend((content.len() as u32).to_be_bytes());
            directory.extend((FIRST_FILE + number as u16).to_be_bytes());
            directory.extend([0, 0]);
            let mut field = [0; 56];
            field[..name.len()].copy_from_slice(name.as_bytes());
            directory.extend(field);
        }
        let files = files.iter().map(|(_, content)| content.to_vec()).collect();
        Self { files, directory, state: Mutex::new((None, 0, 0)) }
    }

    /// How often an item was selected, that is, read from its start.
    pub fn selections(&self) -> usize {
        lock(&self.state).2
    }
}

impl Registers for FakeFwCfg {
    fn read8(&self, offset: usize) -> u8 {
        assert!(offset == 1, "offset {offset} read: data is at offset 1");
        let (selected, position, _) = &mut *lock(&self.state);
        let item: &[u8] = match selected.expect("data was read before an item was selected") {
            0 => b"QEMU",
            0x19 => &self.directory,
            key => self.files.get(usize::from(key - FIRST_FILE)).map_or(&[], |content| &content[..]),
        };
        *position += 1;
        item.get(*position - 1).copied().unwrap_or(0)
    }

    fn write8(&self, offset: usize, _value: u8) {
        panic!("8-bit write at offset {offset}: the selector takes 16 bits, and data is not written");
    }

    fn write16(&self, offset: usize, value: u16) {
        assert!(offset == 0, "offset {offset} written: the selector is at offset 0");
        let (selected, position, selections) = &mut *lock(&self.state);
        (*selected, *position) = (Some(value), 0);
        *selections += 1;
    }
}
