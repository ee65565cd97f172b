//! All tasks that have not ended, for snapshots. One list a CPU (and one for foreign threads), so that
//! CPUs that spawn do not meet.

use alloc::vec::Vec;

use spin::mutex::SpinMutex;

use crate::{
    platform::OutOfMemory,
    shim::{AtomicU64, Ordering::*},
    task::{
        Header, TaskPtr,
        info::TaskInfo,
        list::{InRegistry, List},
    },
};

/// How many tasks a snapshot copies in one hold of the lock.
const AT_ONCE: usize = 16;
/// How often a panic handler tries for a lock that may never be released.
const TRIES: usize = 10_000;

/// How many numbers a list takes at once.
const IDS: u64 = 64;

/// A bare lock: nothing that runs in its hold can panic, and no handler takes it.
#[repr(align(128))]
struct Shard(SpinMutex<Tasks>);

struct Tasks {
    list: List<InRegistry>,
    /// The next number, and where the next ones begin that are not ours.
    next_id: u64,
    ids_end: u64,
}

/// See the module.
pub(crate) struct Registry {
    shards: Vec<Shard>,
    next_ids: AtomicU64,
}

impl Registry {
    pub(crate) fn new(shards: usize) -> Result<Registry, OutOfMemory> {
        let mut list = Vec::new();
        list.try_reserve_exact(shards).map_err(|_| OutOfMemory)?;
        let empty = || Tasks { list: List::new(), next_id: 0, ids_end: 0 };
        list.extend((0..shards).map(|_| Shard(SpinMutex::new(empty()))));
        Ok(Registry { shards: list, next_ids: AtomicU64::new(1) })
    }

    /// Numbers a new task and takes it in. The list stays in the order of the numbers.
    pub(crate) fn insert(&self, task: TaskPtr) {
        let mut tasks = self.shards[task.header().shard as usize].0.lock();
        if tasks.next_id == tasks.ids_end {
            tasks.next_id = self.next_ids.fetch_add(IDS, Relaxed);
            tasks.ids_end = tasks.next_id + IDS;
        }
        task.header().id.store(tasks.next_id, Relaxed);
        tasks.next_id += 1;
        // SAFETY: it is new, so in no list; `remove` is called before its life reference goes.
        unsafe { tasks.list.push(task) };
    }

    /// Takes out a task that has ended.
    pub(crate) fn remove(&self, task: TaskPtr) {
        // SAFETY: `insert` put it there, and it ends once.
        unsafe { self.shards[task.header().shard as usize].0.lock().list.remove(task) };
    }

    /// Calls `visit` for each task, with no lock held. Tasks that come or go meanwhile may be missed.
    pub(crate) fn visit(&self, visit: &mut dyn FnMut(TaskInfo)) {
        for shard in &self.shards {
            let mut after = 0;
            loop {
                let mut found: [Option<TaskInfo>; AT_ONCE] = [const { None }; AT_ONCE];
                let mut n = 0;
                shard.0.lock().list.each(|task| {
                    let header = task.header();
                    if header.id.load(Relaxed) > after {
                        found[n] = Some(header.info());
                        n += 1;
                    }
                    n < AT_ONCE
                });
                for info in found.into_iter().flatten() {
                    after = info.id.0;
                    visit(info);
                }
                if n < AT_ONCE {
                    break;
                }
            }
        }
    }

    /// Finds the task at that address, if there is one. Never waits long, so that a panic handler can
    /// ask even when the panic came with a lock held.
    pub(crate) fn find(&self, address: *mut Header) -> Option<TaskInfo> {
        let mut info = None;
        for shard in &self.shards {
            let Some(mut tasks) = (0..TRIES).find_map(|_| shard.0.try_lock()) else { continue };
            tasks.list.each(|task| {
                if task.as_ptr().as_ptr() == address {
                    info = Some(task.header().info());
                }
                info.is_none()
            });
            if info.is_some() {
                break;
            }
        }
        info
    }
}
