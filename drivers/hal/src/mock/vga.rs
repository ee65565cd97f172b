//! A text screen's memory and its CRT controller.

use std::{sync::Mutex, vec, vec::Vec};

use super::lock;
use crate::{Registers, TextBuffer};

/// Display memory of a fixed number of cells. Panics on a store that leaves it, as a stray write to
/// the real one would hit the next page or nothing.
#[derive(Debug)]
pub struct FakeVgaMemory {
    cells: Mutex<Vec<u16>>,
    stored: Mutex<usize>,
}

impl FakeVgaMemory {
    /// Memory with garbage in it.
    pub fn new(cells: usize) -> Self {
        Self { cells: Mutex::new(vec![0xcafe; cells]), stored: Mutex::new(0) }
    }

    /// What it holds.
    pub fn cells(&self) -> Vec<u16> {
        lock(&self.cells).clone()
    }

    /// How many cells were stored since this was last asked.
    pub fn take_stored(&self) -> usize {
        core::mem::take(&mut lock(&self.stored))
    }
}

impl TextBuffer for &FakeVgaMemory {
    fn store(&mut self, first: usize, new: &[u16]) {
        let mut cells = lock(&self.cells);
        let size = cells.len();
        assert!(
            first + new.len() <= size,
            "{} cells were stored at {first}: the screen has {size} cells",
            new.len()
        );
        cells[first..first + new.len()].copy_from_slice(new);
        *lock(&self.stored) += new.len();
    }
}

/// The CRT controller's cursor registers. Panics when another one is written: it would change the
/// mode, and a monitor of the time could be damaged.
#[derive(Debug, Default)]
pub struct FakeCrtc {
    state: Mutex<(Option<u8>, [u8; 16])>,
}

impl FakeCrtc {
    /// Where the cursor is shown, if it is.
    pub fn cursor(&self) -> Option<usize> {
        let (_, registers) = *lock(&self.state);
        (registers[0x0a] & 0x20 == 0)
            .then_some(usize::from(registers[0x0e]) << 8 | usize::from(registers[0x0f]))
    }
}

impl Registers for FakeCrtc {
    fn read8(&self, offset: usize) -> u8 {
        panic!("offset {offset} read: the driver keeps what it wrote");
    }

    fn write8(&self, offset: usize, value: u8) {
        let (index, registers) = &mut *lock(&self.state);
        match offset {
            0 => *index = Some(value),
            1 => {
                let index = index.expect("data was written before a register was selected");
                assert!(
                    matches!(index, 0x0a | 0x0b | 0x0e | 0x0f),
                    "register {index:#04x} was written: it is not the cursor's"
                );
                registers[usize::from(index)] = value;
            }
            _ => panic!("offset {offset} written: the controller has an index and a data port"),
        }
    }
}
