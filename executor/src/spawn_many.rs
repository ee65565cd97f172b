//! Starting many tasks at once.

use core::{future::Future, panic::Location};

use crate::{
    cpu::Cpu,
    executor::Executor,
    join::JoinHandle,
    platform::OutOfMemory,
    shim::{Ordering::*, count},
    task::{
        TaskPtr, cell,
        info::{TaskName, WokenBy},
    },
};

/// After how many tasks the CPUs are told of them, and get those of a foreign thread. They are told of the first one at once.
const TOLD_AT_ONCE: u32 = 32;

impl Executor {
    /// Starts a task for each future, and gives their handles to `handles`, in order. It costs less than to spawn
    /// them one by one: the clock is read and other CPUs are told once for many, and those of a foreign thread go into a queue
    /// together. None goes to the LIFO slot. Not in a handler.
    ///
    /// If memory runs out, the tasks that were started run, and have their handles; the future for which there was
    /// none is dropped, and no further one is asked for.
    #[track_caller]
    pub fn spawn_many<F>(
        &'static self,
        name: &str,
        futures: impl IntoIterator<Item = F>,
        handles: &mut impl Extend<JoinHandle<F::Output>>,
    ) -> Result<(), OutOfMemory>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (name, spawned_at) = (TaskName::new(name), Location::caller());
        let mut batch = Batch { executor: self, here: self.here(), now_ns: 0, until_told: 0, linked: None };
        let mut result = Ok(());
        handles.extend(futures.into_iter().map_while(|future| {
            let birth = self.birth(batch.here, name, None, None, spawned_at);
            match cell::new(self, birth, future, self.magazine(batch.here)) {
                Ok(task) => {
                    // SAFETY: the task was made from an `F`, and the handle's reference is counted from the start.
                    let handle = unsafe { JoinHandle::new(task) };
                    batch.push(task);
                    Some(handle)
                }
                Err(error) => {
                    result = Err(error);
                    None
                }
            }
        }));
        result
    }
}

/// Puts new tasks into a queue, and tells of them, at the latest when dropped. On a CPU that is its ring; a foreign
/// thread's tasks are linked here first, and go to the injector together.
struct Batch {
    executor: &'static Executor,
    here: Option<&'static Cpu>,
    now_ns: u64,
    until_told: u32,
    /// The oldest and the newest that are linked here, and how many.
    linked: Option<(TaskPtr, TaskPtr, usize)>,
}

impl Batch {
    fn push(&mut self, task: TaskPtr) {
        let executor = self.executor;
        task.header().trace_spawn();
        let first = self.until_told == 0;
        if first {
            self.now_ns = self.here.map_or_else(|| executor.now_ns(), |cpu| cpu.near.clock_ns.load(Relaxed));
            self.until_told = TOLD_AT_ONCE;
        }
        self.until_told -= 1;
        let header = task.header();
        header.queued_ns.store(self.now_ns, Relaxed);
        match self.here {
            Some(cpu) => {
                header.set_woken_by(cpu.near.wakes_as());
                count(&cpu.near.wakes, 1);
                executor.push_ring(cpu, task);
            }
            None => {
                header.set_woken_by(WokenBy::code_off(None, None));
                let (oldest, count) = match self.linked {
                    Some((oldest, newest, count)) => {
                        newest.header().next.store(task.as_ptr().as_ptr(), Relaxed);
                        (oldest, count + 1)
                    }
                    None => (task, 1),
                };
                self.linked = Some((oldest, task, count));
            }
        }
        if first {
            self.tell();
        }
    }

    fn tell(&mut self) {
        if let Some((oldest, newest, count)) = self.linked.take() {
            // SAFETY: the tasks are scheduled, and in no queue but this chain; their life references are held until they end.
            unsafe { self.executor.injector.push_linked(oldest.as_ptr(), newest.as_ptr(), count) };
        }
        self.executor.wake_any();
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.tell();
    }
}
