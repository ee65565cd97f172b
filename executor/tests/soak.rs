//! Ten million operations at random on four threads: every task that is created completes or is cancelled, and
//! all memory comes back. `POLLUX_SEED` replays a seed; the interleaving of the threads is the machine's own.

mod support;

use pollux_executor::{
    Executor, JoinError, JoinHandle, Scope,
    sync::{Receiver, Sender, channel},
    yield_now,
};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    task::{Poll, Waker},
    time::Duration,
};
use support::{Machine, Random};

/// Bytes that are allocated at the moment.
static OUTSTANDING: AtomicI64 = AtomicI64::new(0);

struct Counting;

// SAFETY: passes everything on to the system's allocator and counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        OUTSTANDING.fetch_add(layout.size() as i64, Relaxed);
        // SAFETY: the caller keeps this function's contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        OUTSTANDING.fetch_sub(layout.size() as i64, Relaxed);
        // SAFETY: the caller keeps this function's contract, which is the same.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static HEAP: Counting = Counting;

const THREADS: usize = 4;
const OPERATIONS: u64 = if cfg!(miri) { 5_000 } else { 10_000_000 };
const DRIVERS: u64 = 8;

#[derive(Default)]
struct Counts {
    created: AtomicU64,
    completed: AtomicU64,
    cancelled: AtomicU64,
    operations: AtomicU64,
}

/// Counts the end of a task, whoever has its handle: a guard in its future.
struct End {
    counts: Arc<Counts>,
    completed: bool,
}

impl End {
    fn new(counts: &Arc<Counts>) -> End {
        counts.created.fetch_add(1, Relaxed);
        End { counts: counts.clone(), completed: false }
    }
}

impl End {
    fn complete(mut self) {
        self.completed = true;
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let count = if self.completed { &self.counts.completed } else { &self.counts.cancelled };
        count.fetch_add(1, Relaxed);
    }
}

/// A task that never ends by itself; wakers of such tasks lie in a common pool, and anyone may use them.
async fn sleeper(end: End, wakers: Arc<Mutex<Vec<Waker>>>, over: Arc<AtomicBool>) {
    std::future::poll_fn(|cx| {
        if over.load(Relaxed) {
            return Poll::Ready(());
        }
        let mut wakers = wakers.lock().unwrap();
        if wakers.len() < 64 {
            wakers.push(cx.waker().clone());
        }
        Poll::Pending
    })
    .await;
    end.complete();
}

struct Driver {
    executor: &'static Executor,
    random: Random,
    counts: Arc<Counts>,
    handles: Vec<JoinHandle<u64>>,
    scopes: Vec<Scope>,
    stopped: Option<usize>,
    sender: Sender<u64>,
    receiver: Receiver<u64>,
    wakers: Arc<Mutex<Vec<Waker>>>,
    over: Arc<AtomicBool>,
}

impl Driver {
    fn new(
        executor: &'static Executor,
        seed: u64,
        counts: &Arc<Counts>,
        wakers: &Arc<Mutex<Vec<Waker>>>,
    ) -> Driver {
        let (sender, receiver) = channel(8);
        Driver {
            executor,
            random: Random(seed),
            counts: counts.clone(),
            handles: Vec::with_capacity(64),
            scopes: (0..4).map(|_| executor.scope().unwrap()).collect(),
            stopped: None,
            sender,
            receiver,
            wakers: wakers.clone(),
            over: Arc::default(),
        }
    }

    fn child(&mut self) -> impl Future<Output = u64> + Send + 'static {
        let (end, value, yields) = (End::new(&self.counts), self.random.next(), self.random.below(4));
        async move {
            for _ in 0..yields {
                yield_now().await;
            }
            end.complete();
            value
        }
    }

    async fn operation(&mut self) {
        let scope = self.random.below(4) as usize;
        match self.random.below(16) {
            0..3 => {
                let child = self.child();
                self.handles.push(self.executor.spawn("child", child).unwrap());
            }
            3 => {
                let (cpu, child) = (self.random.below(THREADS as u64) as usize, self.child());
                self.handles.push(self.executor.spawn_on(cpu, "pinned", child).unwrap());
            }
            4 => {
                let child = self.child();
                self.handles.push(self.scopes[scope].spawn("in scope", child).unwrap());
            }
            5 => {
                let sleeper = sleeper(End::new(&self.counts), self.wakers.clone(), self.over.clone());
                drop(self.scopes[scope].spawn("sleeper", sleeper).unwrap());
                // Not without bound: they end with their scope.
                if self.scopes[scope].tasks() > 32 {
                    self.stopped = self.stopped.filter(|&stopped| stopped != scope);
                    self.scopes[scope] = self.executor.scope().unwrap();
                }
            }
            6..9 => {
                let waker = self.wakers.lock().unwrap().pop();
                waker.into_iter().for_each(Waker::wake);
            }
            9 => match self.stopped.take() {
                Some(stopped) => self.scopes[stopped].resume(),
                None => {
                    self.scopes[scope].stop();
                    self.stopped = Some(scope);
                }
            },
            10 => drop(self.handles.pop()),
            11 => self.handles.last().into_iter().for_each(JoinHandle::cancel),
            12 => {
                // Both ends are this task's, so it must not wait for room.
                if self.sender.try_send(1).is_err() || self.random.below(4) == 0 {
                    while self.receiver.try_recv().is_ok() {}
                }
                if self.sender.try_send(2).is_err() {
                    self.receiver.recv().await.unwrap();
                }
                self.receiver.recv().await.unwrap();
                self.sender.send(3).await.unwrap();
            }
            13 => {
                let mut nap = Box::pin(self.executor.sleep(Duration::from_nanos(self.random.below(20_000))));
                // Polled once, and dropped, or waited for.
                let fired = std::future::poll_fn(|cx| Poll::Ready(nap.as_mut().poll(cx).is_ready())).await;
                if !fired && self.random.below(64) == 0 {
                    nap.await;
                }
            }
            14 => yield_now().await,
            _ => {
                // A task of a stopped scope would never end.
                if let Some(stopped) = self.stopped.take() {
                    self.scopes[stopped].resume();
                }
                if self.handles.len() > 40 {
                    for handle in self.handles.drain(..) {
                        match handle.await {
                            Ok(_) | Err(JoinError::Cancelled) => {}
                            Err(JoinError::Panicked(why)) => panic!("{why}"),
                        }
                    }
                }
            }
        }
        self.counts.operations.fetch_add(1, Relaxed);
    }

    async fn finish(mut self) {
        self.over.store(true, Relaxed);
        self.stopped.take().into_iter().for_each(|stopped| self.scopes[stopped].resume());
        for handle in self.handles.drain(..) {
            assert!(!matches!(handle.await, Err(JoinError::Panicked(_))));
        }
        for scope in self.scopes.drain(..) {
            let join = scope.join();
            drop(scope);
            join.await;
        }
    }
}

#[test]
fn ten_million_random_operations_lose_nobody_and_leak_nothing() {
    let seed =
        std::env::var("POLLUX_SEED").map_or(0x5EED, |seed| seed.parse().expect("a number in POLLUX_SEED"));
    println!("POLLUX_SEED={seed}");
    // The first run makes what is made once in a program; then ten times the operations must leave as much
    // behind as few do, which is the executor itself: it is made for good.
    run(seed, OPERATIONS / 100);
    let few = run(seed, OPERATIONS / 10);
    let many = run(seed, OPERATIONS);
    assert_eq!(many, few, "bytes that are left");
}

/// Runs so many operations on a machine of their own. Returns by how many bytes more are allocated after it.
fn run(seed: u64, operations: u64) -> i64 {
    let before = OUTSTANDING.load(Relaxed);
    let machine = Machine::start(THREADS);
    let executor = machine.executor;
    let counts: Arc<Counts> = Arc::default();
    let wakers = Arc::default();
    let drivers: Vec<_> = (0..DRIVERS)
        .map(|n| {
            let (counts, wakers) = (counts.clone(), Arc::clone(&wakers));
            let drive = async move {
                let mut driver = Driver::new(executor, seed + n, &counts, &wakers);
                for _ in 0..operations / DRIVERS {
                    driver.operation().await;
                }
                driver.finish().await;
            };
            executor.spawn("driver", drive).unwrap()
        })
        .collect();
    drivers.into_iter().for_each(|driver| machine.block_on(driver).unwrap());
    drop(wakers);
    let last = async move {
        // Detached tasks end by themselves.
        let others = || {
            let mut tasks = 0;
            executor.tasks(&mut |_| tasks += 1);
            tasks > 1
        };
        while others() {
            yield_now().await;
        }
    };
    machine.block_on(executor.spawn("last", last).unwrap()).unwrap();
    machine.stop();
    executor.trim();
    let count = |counter: &AtomicU64| counter.load(Relaxed);
    assert_eq!(count(&counts.operations), operations / DRIVERS * DRIVERS);
    assert_eq!(count(&counts.created), count(&counts.completed) + count(&counts.cancelled));
    assert!(count(&counts.completed) > 0 && count(&counts.cancelled) > 0);
    drop(counts);
    OUTSTANDING.load(Relaxed) - before
}
