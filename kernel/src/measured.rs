//! What the `bench` command needs of the hardware.

use alloc::boxed::Box;
use core::task::Waker;

use pollux_inside::Hardware;
use pollux_shell::{
    env::{BoxFuture, Result},
    errno::Errno,
};
use x86_64::{VirtAddr, instructions::tlb};

use crate::{arch::idt, dev::channel, mem::frames, sync::IrqLock};

/// The most frames that are taken at once: they are kept on the stack.
const MOST_FRAMES: usize = 512;

/// Who is woken by the next interrupt that is for measuring.
static WOKEN: IrqLock<Option<Waker>> = IrqLock::new(None);

struct Measured;

/// Lets `bench` have the hardware.
pub fn install() {
    idt::on(idt::MEASURE, on_interrupt);
    pollux_inside::install(&Measured);
}

fn on_interrupt() {
    if let Some(waker) = &*WOKEN.lock() {
        waker.wake_by_ref();
    }
}

impl Hardware for Measured {
    fn frame(&self) -> Result<()> {
        let frame = frames::alloc().ok_or(Errno::ENOMEM)?;
        // SAFETY: taken above, and not used.
        unsafe { frames::free(frame) };
        Ok(())
    }

    fn frames(&self, count: usize) -> Result<()> {
        let mut taken = [const { None }; MOST_FRAMES];
        let taken = taken.get_mut(..count).ok_or(Errno::EINVAL)?;
        taken.iter_mut().for_each(|frame| *frame = frames::alloc());
        let all = taken.iter().all(Option::is_some);
        for frame in taken.iter().flatten() {
            // SAFETY: taken above, and not used.
            unsafe { frames::free(*frame) };
        }
        if all { Ok(()) } else { Err(Errno::ENOMEM) }
    }

    fn flush_page(&self, nth: u64) {
        // Whatever lies there: it is translated anew when it is used.
        let first = (&raw const WOKEN).expose_provenance() as u64;
        tlb::flush(VirtAddr::new_truncate(first.wrapping_add(nth << 12)));
    }

    fn flush_all(&self) {
        tlb::flush_all();
    }

    fn interrupt(&self) {
        idt::interrupt::<{ idt::SPURIOUS }>();
    }

    fn interrupt_to_wake(&self, waker: &Waker) {
        let before = WOKEN.lock().replace(waker.clone());
        drop(before); // outside the lock
        // The acknowledgement finds no interrupt in service, which the local APIC ignores.
        idt::interrupt::<{ idt::MEASURE }>();
    }

    fn drain(&self) -> BoxFuture<'static, ()> {
        Box::pin(channel::flush())
    }
}
