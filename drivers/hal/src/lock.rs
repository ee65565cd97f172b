//! Keeping a handler and its driver's tasks apart.

/// A lock that the handler of a device and the tasks of its driver share, one for each device.
///
/// Turning interrupts off is not enough: the handler may run on another CPU than the task. Turning
/// them off is needed all the same: a handler that interrupts the holder on its own CPU would spin for
/// ever. So an implementation must, in this order, turn off interrupts on this CPU and then take a spin
/// lock, and undo both in the opposite order, restoring the interrupt flag that it found. A section
/// releases to the next one: what is stored inside one is seen inside all later ones.
///
/// For the user: keep sections short (a FIFO's worth of register accesses), do not wake, allocate or
/// log inside, and never nest two sections of the same lock. The lock guards the device rather than
/// data, because drivers forbid unsafe code: state that only sections touch is held in relaxed atomics.
pub trait IrqLock {
    /// Runs `section` alone: with interrupts off on this CPU, and no other section of this lock
    /// running anywhere.
    fn with<R>(&self, section: impl FnOnce() -> R) -> R;
}

impl<T: IrqLock> IrqLock for &T {
    fn with<R>(&self, section: impl FnOnce() -> R) -> R {
        (**self).with(section)
    }
}
