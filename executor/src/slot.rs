//! Room for a task in a static: a task that needs no allocation.

use core::{
    cell::UnsafeCell,
    fmt,
    future::Future,
    mem::MaybeUninit,
    panic::Location,
    ptr::NonNull,
    // Not the shim's: loom's cannot be in a static.
    sync::atomic::{AtomicBool, Ordering::*},
};

use crate::{
    executor::Executor,
    join::JoinHandle,
    task::{
        cell,
        info::TaskName,
        slab::{Chunk, Shape},
    },
};

/// Room for one task at a time, of up to `SIZE` bytes: [`TaskSlot::size_of`] says how many a future needs.
/// Free again when its task has ended and nobody holds a handle or a waker of it.
///
/// ```
/// # use pollux_executor::TaskSlot;
/// static BLINK: TaskSlot<1024> = TaskSlot::new();
/// // executor.spawn_in(&BLINK, "blink", async { ... })
/// ```
#[repr(C)] // the room comes first: a pointer to it is a pointer to the slot
pub struct TaskSlot<const SIZE: usize> {
    room: UnsafeCell<MaybeUninit<Room<SIZE>>>,
    taken: AtomicBool,
}

/// A chunk with one cell.
#[repr(C, align(64))]
struct Room<const SIZE: usize> {
    chunk: Chunk,
    cell: Cell<SIZE>,
}

#[repr(C, align(64))]
struct Cell<const SIZE: usize>([u8; SIZE]);

// SAFETY: the room belongs to the one who has set `taken`, and then to the task by the rules of the task
// module; it is reached through pointers only.
unsafe impl<const SIZE: usize> Sync for TaskSlot<SIZE> {}

/// The slot holds a task already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotTaken;

impl fmt::Display for SlotTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the slot holds a task that has not ended, or of which a handle or a waker is left")
    }
}

impl core::error::Error for SlotTaken {}

impl<const SIZE: usize> TaskSlot<SIZE> {
    /// An empty slot.
    pub const fn new() -> TaskSlot<SIZE> {
        TaskSlot { room: UnsafeCell::new(MaybeUninit::uninit()), taken: AtomicBool::new(false) }
    }

    /// The bytes that a task with a future of this type needs.
    pub const fn size_of<F: Future>(_: &F) -> usize {
        cell::size_of::<F>()
    }

    /// Whether it holds a task.
    pub fn is_taken(&self) -> bool {
        self.taken.load(Relaxed)
    }

    pub(crate) const SHAPE: Shape = Shape::of_one::<Cell<SIZE>>();

    fn take(&'static self) -> bool {
        // Acquire: partner of the Release in `give_back`.
        !self.taken.swap(true, Acquire)
    }

    /// Where the chunk is, with its cell behind it. The pointer is to the whole slot, for [`TaskSlot::give_back`].
    pub(crate) fn chunk(&'static self) -> NonNull<Chunk> {
        NonNull::from(self).cast()
    }

    /// Frees the slot to which the chunk belongs.
    ///
    /// # Safety
    /// It came from [`TaskSlot::chunk`] of a slot of this size that was taken, and is used no more.
    pub(crate) unsafe fn give_back(chunk: NonNull<Chunk>) {
        // SAFETY: the chunk is at the beginning of its slot, which is static, and the pointer is to all of it. (No reference
        // to the slot is made of it.)
        unsafe {
            let slot = chunk.cast::<TaskSlot<SIZE>>();
            (*slot.as_ptr()).taken.store(false, Release); // partner: the Acquire in `take`
        }
    }
}

impl<const SIZE: usize> Default for TaskSlot<SIZE> {
    fn default() -> Self {
        TaskSlot::new()
    }
}

impl Executor {
    /// Starts a task in a slot, without allocating. A future that is too large for the slot does not compile.
    /// Not in a handler.
    #[track_caller]
    pub fn spawn_in<F, const SIZE: usize>(
        &'static self,
        slot: &'static TaskSlot<SIZE>,
        name: &str,
        f: F,
    ) -> Result<JoinHandle<F::Output>, SlotTaken>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        const {
            assert!(cell::size_of::<F>() <= SIZE, "the task does not fit into the slot");
            assert!(
                cell::align_of::<F>() <= align_of::<Cell<SIZE>>(),
                "the future asks for too large an alignment"
            );
        }
        // Of the others the slab says so.
        debug_assert!(!self.platform.in_interrupt(), "an interrupt handler spawned a task");
        if !slot.take() {
            return Err(SlotTaken);
        }
        let here = self.here();
        let birth = self.birth(here, TaskName::new(name), None, None, Location::caller());
        // SAFETY: the slot is ours, and large enough.
        let task = unsafe { cell::new_in::<F, SIZE>(self, slot, birth, f) };
        Ok(self.begin::<F>(here, task, false, None))
    }
}
