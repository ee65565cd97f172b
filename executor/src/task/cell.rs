//! The block of a task with its future's type known, and the table of functions that know it.

use alloc::string::String;
use core::{
    cell::UnsafeCell,
    future::Future,
    pin::Pin,
    ptr::NonNull,
    task::{Context, Poll},
};

use super::{
    Birth, Header, Phase, TaskPtr,
    pool::{Pool, Shape},
};
use crate::{join::JoinError, platform::OutOfMemory, slot::TaskSlot};

/// What the task holds at the moment.
enum Stage<F: Future> {
    Future(F),
    Output(Result<F::Output, JoinError>),
    Gone,
}

#[repr(C)] // the header comes first: a pointer to it is a pointer to the block
struct TaskCell<F: Future> {
    header: Header,
    stage: UnsafeCell<Stage<F>>,
}

/// How a task failed to have an output.
pub(crate) enum Failure {
    Cancelled,
    Panicked(String),
}

/// The functions that know the future's type. All are unsafe: the caller must have the stage to itself
/// by the rules of [`super`].
pub(crate) struct VTable {
    /// Polls; when ready, the future has been dropped and the output stored.
    pub(crate) poll: unsafe fn(TaskPtr, &mut Context<'_>) -> Poll<()>,
    /// Drops the future and leaves nothing.
    pub(crate) drop_future: unsafe fn(TaskPtr),
    /// Stores a failure over whatever is there, without dropping that.
    pub(crate) store_failure: unsafe fn(TaskPtr, Failure),
    /// Drops the output, if it is still there.
    pub(crate) drop_output: unsafe fn(TaskPtr),
    /// Drops what is left and gives the memory back, to the pool of this CPU if there is one.
    pub(crate) free: unsafe fn(NonNull<Header>, Option<&Pool>),
}

struct Functions<F>(F);

impl<F: Future> Functions<F> {
    const TABLE: &'static VTable = &Self::table(Self::free);

    const fn table(free: unsafe fn(NonNull<Header>, Option<&Pool>)) -> VTable {
        VTable {
            poll: Self::poll,
            drop_future: Self::drop_future,
            store_failure: Self::store_failure,
            drop_output: Self::drop_output,
            free,
        }
    }

    const SHAPE: Shape = Shape::of::<TaskCell<F>>();

    fn stage(task: TaskPtr) -> *mut Stage<F> {
        let cell: NonNull<TaskCell<F>> = task.as_ptr().cast();
        // SAFETY: this table is only in the header of a `TaskCell<F>`, which is alive.
        unsafe { cell.as_ref() }.stage.get()
    }

    unsafe fn poll(task: TaskPtr, cx: &mut Context<'_>) -> Poll<()> {
        let stage = Self::stage(task);
        // SAFETY: the caller has the stage to itself.
        let Stage::Future(future) = (unsafe { &mut *stage }) else {
            unreachable!("a task without a future was polled")
        };
        // SAFETY: the future does not move from spawn until `drop_in_place` below.
        match unsafe { Pin::new_unchecked(future) }.poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(output) => {
                // SAFETY: still ours alone.
                unsafe {
                    Self::drop_future(task);
                    stage.write(Stage::Output(Ok(output)));
                }
                Poll::Ready(())
            }
        }
    }

    unsafe fn drop_future(task: TaskPtr) {
        let stage = Self::stage(task);
        // Said before, since the drop may panic and a second one must not follow.
        task.header().set_phase(Phase::Dropping);
        // SAFETY: the caller has the stage to itself; the future is dropped in place, as pinning asks,
        // and then overwritten without another drop.
        unsafe {
            if let Stage::Future(future) = &mut *stage {
                core::ptr::drop_in_place(future);
            }
            stage.write(Stage::Gone);
        }
    }

    unsafe fn store_failure(task: TaskPtr, failure: Failure) {
        let error = match failure {
            Failure::Cancelled => JoinError::Cancelled,
            Failure::Panicked(message) => JoinError::Panicked(message),
        };
        // SAFETY: the caller has the stage to itself and wants what is there to be forgotten.
        unsafe { Self::stage(task).write(Stage::Output(Err(error))) };
    }

    unsafe fn drop_output(task: TaskPtr) {
        // SAFETY: the caller has the stage to itself, after completion.
        drop(unsafe { take_output_as::<F>(task) });
    }

    unsafe fn free(header: NonNull<Header>, pool: Option<&Pool>) {
        let cell: NonNull<TaskCell<F>> = header.cast();
        // SAFETY: the last reference is gone, so nobody else reaches the block; it came from `allocate`
        // of this shape in `new`.
        unsafe {
            core::ptr::drop_in_place(cell.as_ptr());
            Self::SHAPE.deallocate(cell.cast(), pool);
        }
    }
}

/// The functions for a task in a slot.
struct InSlot<F, const SIZE: usize>(F);

impl<F: Future, const SIZE: usize> InSlot<F, SIZE> {
    const TABLE: &'static VTable = &Functions::<F>::table(Self::free);

    unsafe fn free(header: NonNull<Header>, _: Option<&Pool>) {
        let cell: NonNull<TaskCell<F>> = header.cast();
        // SAFETY: the last reference is gone, so nobody else reaches the room; it came from `take` of a
        // slot of this size.
        unsafe {
            core::ptr::drop_in_place(cell.as_ptr());
            TaskSlot::<SIZE>::give_back(cell.cast());
        }
    }
}

/// The bytes that a task with such a future takes.
pub(crate) const fn size_of<F: Future>() -> usize {
    core::mem::size_of::<TaskCell<F>>()
}

/// The alignment of a task with such a future.
pub(crate) const fn align_of<F: Future>() -> usize {
    core::mem::align_of::<TaskCell<F>>()
}

/// Allocates a task. It has two references: life and the join handle's.
pub(crate) fn new<F: Future>(birth: Birth, future: F, pool: Option<&Pool>) -> Result<TaskPtr, OutOfMemory> {
    let block = Functions::<F>::SHAPE.allocate(pool).ok_or(OutOfMemory)?.cast::<TaskCell<F>>();
    // SAFETY: the block is fresh and has the layout of a `TaskCell<F>`.
    Ok(unsafe { fill(block, birth, Functions::<F>::TABLE, future) })
}

/// Makes a task in a slot, with the same two references.
///
/// # Safety
/// The room came from `take` of a slot of this size, and is large and aligned enough.
pub(crate) unsafe fn new_in<F: Future, const SIZE: usize>(
    room: NonNull<u8>,
    birth: Birth,
    future: F,
) -> TaskPtr {
    // SAFETY: the caller gives us the room.
    unsafe { fill(room.cast(), birth, InSlot::<F, SIZE>::TABLE, future) }
}

/// # Safety
/// The block is ours and has room for the cell; the table's `free` fits it.
unsafe fn fill<F: Future>(
    block: NonNull<TaskCell<F>>,
    birth: Birth,
    vtable: &'static VTable,
    future: F,
) -> TaskPtr {
    // SAFETY: the caller gives us the block; the references counted in the header keep it alive from
    // here on.
    unsafe {
        block.write(TaskCell {
            header: Header::new(birth, vtable),
            stage: UnsafeCell::new(Stage::Future(future)),
        });
        TaskPtr::from_raw(block.cast())
    }
}

/// Takes the output of a completed task, if it is still there.
///
/// # Safety
/// The task was made from an `F`, and the caller has the stage to itself, after completion.
unsafe fn take_output_as<F: Future>(task: TaskPtr) -> Option<Result<F::Output, JoinError>> {
    // SAFETY: the caller has the stage to itself.
    let stage = unsafe { &mut *Functions::<F>::stage(task) };
    match core::mem::replace(stage, Stage::Gone) {
        Stage::Output(output) => Some(output),
        Stage::Gone => None,
        Stage::Future(_) => unreachable!("a completed task still had its future"),
    }
}

/// A function that takes the output out, for a handle that knows its type but not the future's.
pub(crate) type Take<T> = unsafe fn(TaskPtr) -> Option<Result<T, JoinError>>;

/// The [`Take`] for tasks made from an `F`.
pub(crate) fn take_of<F: Future>() -> Take<F::Output> {
    take_output_as::<F>
}
