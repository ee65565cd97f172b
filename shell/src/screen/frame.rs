//! The rows that are on the screen, and the bytes that make them others: only rows that differ are sent.

use alloc::{format, vec::Vec};

use super::Size;

/// What the screen was told to show. A new one knows nothing of the screen.
#[derive(Default)]
pub(super) struct Frame {
    rows: Vec<Option<Vec<u8>>>,
    size: Option<Size>,
}

impl Frame {
    /// Whether nothing was shown yet.
    pub fn is_empty(&self) -> bool {
        self.size.is_none()
    }

    /// The bytes that bring the screen from what it shows to `rows`.
    pub fn update(&mut self, mut rows: Vec<Vec<u8>>, cursor: Option<(usize, usize)>, size: Size) -> Vec<u8> {
        if self.size != Some(size) {
            // What a terminal does to its rows when it changes its size is its own affair.
            self.rows = alloc::vec![None; size.rows];
            self.size = Some(size);
        }
        rows.resize(size.rows, Vec::new());
        let mut out = b"\x1b[?25l".to_vec();
        for (number, (shown, row)) in self.rows.iter_mut().zip(rows).enumerate() {
            if shown.as_ref() != Some(&row) {
                // Erased first: after a full row the cursor may still be in its last column.
                out.extend_from_slice(format!("\x1b[{};1H\x1b[m\x1b[2K", number + 1).as_bytes());
                out.extend_from_slice(&row);
                *shown = Some(row);
            }
        }
        out.extend_from_slice(b"\x1b[m");
        if let Some((row, col)) = cursor {
            out.extend_from_slice(format!("\x1b[{};{}H\x1b[?25h", row + 1, col + 1).as_bytes());
        }
        out
    }
}
