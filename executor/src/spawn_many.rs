//! Starting many tasks at once.

use core::{future::Future, panic::Location};

use crate::{
    cpu::Cpu,
    executor::Executor,
    join::JoinHandle,
    platform::OutOfMemory,
    shim::{Ordering::*, count},
    task::{TaskPtr, cell, info::TaskName},
};

/// After how many tasks the CPUs are told of them. They are told of the first one at once.
const TOLD_AT_ONCE: u32 = 32;

impl Executor {
    /// Starts a task for each future, and gives their handles to `handles`, in order. It costs less than to spawn
    /// them one by one: the clock is read and other CPUs are told once for many. None goes to the LIFO slot. Not in
    /// a handler.
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
        let mut batch = Batch { executor: self, here: self.here(), now_ns: 0, until_told: 0 };
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

/// Puts new tasks into a queue, and tells of them, at the latest when dropped.
struct Batch {
    executor: &'static Executor,
    here: Option<&'static Cpu>,
    now_ns: u64,
    until_told: u32,
}

impl Batch {
    fn push(&mut self, task: TaskPtr) {
        let executor = self.executor;
        task.header().trace_spawn();
        let tell = self.until_told == 0;
        if tell {
            self.now_ns = self.here.map_or_else(|| executor.now_ns(), |cpu| cpu.near.clock_ns.load(Relaxed));
            self.until_told = TOLD_AT_ONCE;
        }
        self.until_told -= 1;
        match self.here {
            Some(cpu) => {
                let (header, near) = (task.header(), &cpu.near);
                header.queued_ns.store(self.now_ns, Relaxed);
                header.set_woken_by(cpu.waking_code());
                count(&near.wakes, 1);
                executor.push_ring(cpu, task);
            }
            None => executor.push_injector(task, self.now_ns),
        }
        if tell {
            executor.wake_any();
        }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.executor.wake_any();
    }
}
