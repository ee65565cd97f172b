//! The cell of a task with its future's type known, and the table of functions that know it.

use alloc::string::String;
use core::{
    cell::UnsafeCell,
    future::Future,
    pin::Pin,
    ptr::NonNull,
    task::{Context, Poll, Waker},
};

use super::{
    Birth, Header, TaskPtr,
    slab::{Magazine, Shape},
};
use crate::{executor::Executor, join::JoinError, platform::OutOfMemory, slot::TaskSlot};

/// What the task holds at the moment.
enum Stage<F: Future> {
    Future(F),
    Output(Result<F::Output, JoinError>),
    Gone,
}

#[repr(C)] // the header comes first: a pointer to it is a pointer to the cell
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
    /// Takes the output of a completed task to where a handle wants it: room for a `Poll<Result<F::Output, JoinError>>`, which is ready then.
    /// Panics if it was taken before.
    pub(crate) take_output: unsafe fn(TaskPtr, NonNull<()>),
    /// Drops what is left and gives the cell back, by way of the magazine of who calls.
    pub(crate) free: unsafe fn(TaskPtr, &Magazine),
}

/// The table of a cell that has had no task yet: nobody has a reference to one, so nothing is called.
pub(crate) static NO_TASK: VTable =
    Functions::<core::future::Ready<()>>::table(Functions::<core::future::Ready<()>>::free);

struct Functions<F>(F);

impl<F: Future> Functions<F> {
    const TABLE: &'static VTable = &Self::table(Self::free);

    const fn table(free: unsafe fn(TaskPtr, &Magazine)) -> VTable {
        VTable {
            poll: Self::poll,
            drop_future: Self::drop_future,
            store_failure: Self::store_failure,
            drop_output: Self::drop_output,
            take_output: Self::take_output,
            free,
        }
    }

    const SHAPE: &'static Shape = &Shape::of::<TaskCell<F>>();

    /// Where the stage of a task is that was made from an `F`.
    fn stage(task: TaskPtr) -> *mut Stage<F> {
        let cell: NonNull<TaskCell<F>> = task.as_ptr().cast();
        // SAFETY: this table is only in the header of a cell which has room for a `TaskCell<F>`.
        unsafe { UnsafeCell::raw_get(&raw const (*cell.as_ptr()).stage) }
    }

    unsafe fn poll(task: TaskPtr, cx: &mut Context<'_>) -> Poll<()> {
        let stage = Self::stage(task);
        // SAFETY: the caller has the stage to itself.
        let Stage::Future(future) = (unsafe { &mut *stage }) else {
            debug_assert!(false, "a task without a future was polled");
            // SAFETY: the caller polls, so the task is RUNNING and not to be dropped. The future is there from before the
            // task begins. Only who is RUNNING takes it away, and then completes the task: DONE, from which no state is
            // RUNNING again.
            unsafe { core::hint::unreachable_unchecked() }
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
        // SAFETY: the caller has the stage to itself; the future is dropped in place, as pinning asks,
        // and then overwritten without another drop.
        unsafe {
            if core::mem::needs_drop::<F>()
                && let Stage::Future(future) = &mut *stage
            {
                // Said before, since the drop may panic and a second one must not follow.
                task.header().set_dropping(true);
                core::ptr::drop_in_place(future);
                stage.write(Stage::Gone);
                task.header().set_dropping(false);
            } else {
                stage.write(Stage::Gone);
            }
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
        drop(unsafe { Self::output(task) });
    }

    unsafe fn take_output(task: TaskPtr, to: NonNull<()>) {
        // SAFETY: the caller has the stage to itself, after completion, and gives room of this type.
        unsafe {
            let output = Self::output(task).expect("a join handle was polled after it was ready");
            to.cast::<Poll<Result<F::Output, JoinError>>>().write(Poll::Ready(output));
        }
    }

    unsafe fn output(task: TaskPtr) -> Option<Result<F::Output, JoinError>> {
        // SAFETY: the caller has the stage to itself, after completion.
        let stage = unsafe { &mut *Self::stage(task) };
        debug_assert!(!matches!(stage, Stage::Future(_)), "a completed task still had its future");
        match core::mem::replace(stage, Stage::Gone) {
            Stage::Output(output) => Some(output),
            _ => None,
        }
    }

    unsafe fn free(task: TaskPtr, magazine: &Magazine) {
        // SAFETY: the last reference is gone, so nobody else reaches the cell; it came from `allocate` of
        // this shape in `new`.
        unsafe {
            let waker = Self::empty(task);
            task.header().executor.slab.free(task.as_ptr(), Self::SHAPE, magazine);
            drop(waker);
        }
    }

    /// Drops what a task has left, but for the waker of who joined it.
    ///
    /// # Safety
    /// The last reference is gone.
    #[inline(always)]
    unsafe fn empty(task: TaskPtr) -> Option<Waker> {
        // SAFETY: nobody else reaches the cell. The stage is `Gone` or an output, once.
        unsafe {
            core::ptr::drop_in_place(Self::stage(task));
            task.header().end()
        }
    }
}

/// The functions for a task in a slot.
struct InSlot<F, const SIZE: usize>(F);

impl<F: Future, const SIZE: usize> InSlot<F, SIZE> {
    const TABLE: &'static VTable = &Functions::<F>::table(Self::free);

    unsafe fn free(task: TaskPtr, _: &Magazine) {
        // SAFETY: the last reference is gone, so nobody else reaches the cell; it was entered in `new_in`,
        // with a slot of this size.
        unsafe {
            drop(Functions::<F>::empty(task));
            let chunk = task.header().executor.slab.leave(task.as_ptr(), &TaskSlot::<SIZE>::SHAPE);
            TaskSlot::<SIZE>::give_back(chunk);
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

/// Makes a task. It has two references: life and the join handle's.
#[inline(always)]
pub(crate) fn new<F: Future>(
    executor: &'static Executor,
    birth: Birth,
    future: F,
    magazine: &Magazine,
) -> Result<TaskPtr, OutOfMemory> {
    let cell = executor.slab.allocate(Functions::<F>::SHAPE, executor, magazine).ok_or(OutOfMemory)?;
    // SAFETY: the cell is ours, of this shape.
    Ok(unsafe { fill(cell, birth, Functions::<F>::TABLE, future) })
}

/// Makes a task in a slot, with the same two references.
///
/// # Safety
/// The slot is the caller's by `take`, and is large and aligned enough.
pub(crate) unsafe fn new_in<F: Future, const SIZE: usize>(
    executor: &'static Executor,
    slot: &'static TaskSlot<SIZE>,
    birth: Birth,
    future: F,
) -> TaskPtr {
    // SAFETY: the caller gives us the slot.
    unsafe {
        let cell = executor.slab.enter(slot.chunk(), TaskSlot::<SIZE>::SHAPE, executor);
        fill(cell, birth, InSlot::<F, SIZE>::TABLE, future)
    }
}

/// # Safety
/// The cell is ours, has a header and no task, and room for the future; the table's `free` fits it.
#[inline(always)]
unsafe fn fill<F: Future>(
    cell: NonNull<Header>,
    birth: Birth,
    vtable: &'static VTable,
    future: F,
) -> TaskPtr {
    // SAFETY: the caller gives us the cell; the references counted in the header keep it from here on.
    unsafe {
        let task = TaskPtr::from_raw(cell);
        Functions::<F>::stage(task).write(Stage::Future(future));
        task.header().begin(birth, vtable);
        task
    }
}
