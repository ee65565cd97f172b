//! The memory of a text screen.

/// Character cells of a VGA text mode, row after row: the low byte is the glyph (code page 437 in the
/// adapter's own font), the high byte the colours (IBM VGA XGA Technical Reference, 1992, 2-19).
///
/// The memory is slow and never read back: whoever draws keeps a copy and stores whole stretches.
pub trait TextBuffer {
    /// Stores `cells` from cell number `first` on. Panics when they reach beyond the screen.
    fn store(&mut self, first: usize, cells: &[u16]);
}

impl<T: TextBuffer + ?Sized> TextBuffer for &mut T {
    fn store(&mut self, first: usize, cells: &[u16]) {
        (**self).store(first, cells);
    }
}
