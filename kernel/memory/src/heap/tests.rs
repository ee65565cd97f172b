use std::{
    alloc as host,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    vec::Vec,
};

use super::*;

/// Pages from the host, and a count of them.
#[derive(Default)]
struct HostPages {
    pages: AtomicUsize,
    limit: Option<usize>,
    nudged: AtomicBool,
    /// Where each run in use begins, how long it was and is, and its alignment: the host takes it back whole.
    runs: Mutex<Vec<(usize, usize, usize, usize)>>,
}

// SAFETY: the host's memory, given back when all of its pages are.
unsafe impl Pages for HostPages {
    fn alloc(&self, count: usize, align: usize) -> *mut u8 {
        if self.limit.is_some_and(|limit| self.pages.load(SeqCst) + count > limit) {
            return ptr::null_mut();
        }
        self.pages.fetch_add(count, SeqCst);
        // SAFETY: not empty.
        let start = unsafe { host::alloc(Layout::from_size_align(count * PAGE, align).unwrap()) };
        self.runs.lock().unwrap().push((start.addr(), count, count, align));
        start
    }

    unsafe fn free(&self, start: *mut u8, count: usize) {
        self.pages.fetch_sub(count, SeqCst);
        let mut runs = self.runs.lock().unwrap();
        let holds = |&(first, _, left, _): &(usize, usize, usize, usize)| {
            (first..first + left * PAGE).contains(&start.addr())
        };
        let at = runs.iter().position(holds).expect("these pages are not in use");
        let (first, length, left, align) = runs[at];
        assert_eq!(start.addr() + count * PAGE, first + left * PAGE, "only the end of a run can be freed");
        runs[at].2 = left - count;
        if runs[at].2 == 0 {
            runs.swap_remove(at);
            // SAFETY: as it was allocated; all of it has been given back.
            unsafe { host::dealloc(start, Layout::from_size_align(length * PAGE, align).unwrap()) };
        }
    }

    fn nudge(&self, _: usize) {
        self.nudged.store(true, SeqCst);
    }
}

impl HostPages {
    fn limited(pages: usize) -> HostPages {
        let mut source = HostPages::default();
        source.limit = Some(pages);
        source
    }
}

impl Drop for HostPages {
    fn drop(&mut self) {
        assert!(thread::panicking() || self.runs.lock().unwrap().is_empty(), "pages are left over");
    }
}

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).unwrap()
}

/// Memory in use, full of its own mark.
struct Held {
    memory: *mut u8,
    layout: Layout,
    mark: u8,
}

// SAFETY: memory that nobody else uses.
unsafe impl Send for Held {}

type TestHeap<const CPUS: usize> = Heap<HostPages, CPUS>;

impl Held {
    fn new<const CPUS: usize>(heap: &TestHeap<CPUS>, cpu: usize, layout: Layout, mark: u8) -> Option<Held> {
        // SAFETY: each test has one thread for each CPU, and layouts are not empty.
        let memory = unsafe { heap.alloc(cpu, layout) };
        if memory.is_null() {
            return None;
        }
        assert!(memory.addr().is_multiple_of(layout.align()), "{layout:?} at {memory:?}");
        // SAFETY: so long.
        unsafe { memory.write_bytes(mark, layout.size()) };
        Some(Held { memory, layout, mark })
    }

    fn check(&self) {
        // Both ends and the middle: all of it would take Miri minutes.
        for at in [0, self.layout.size() / 2, self.layout.size() - 1] {
            // SAFETY: within, and written by `new`.
            let there = unsafe { self.memory.add(at).read() };
            assert_eq!(there, self.mark, "byte {at} of {:?} was overwritten", self.layout);
        }
    }

    fn free<const CPUS: usize>(self, heap: &TestHeap<CPUS>, cpu: usize) {
        self.check();
        // SAFETY: allocated from this heap with this layout, used no more; one thread for each CPU.
        unsafe { heap.free(cpu, self.memory, self.layout) };
    }

    fn resize<const CPUS: usize>(mut self, heap: &TestHeap<CPUS>, cpu: usize, size: usize) -> Held {
        self.check();
        // SAFETY: as in `free`.
        let memory = unsafe { heap.realloc(cpu, self.memory, self.layout, size) };
        if memory.is_null() {
            return self;
        }
        let kept = size.min(self.layout.size());
        self.memory = memory;
        self.layout = layout(size, self.layout.align());
        // SAFETY: what the old one had is there, the rest is new.
        unsafe {
            assert_eq!([memory.read(), memory.add(kept - 1).read()], [self.mark; 2], "resized to {size}");
            memory.write_bytes(self.mark, size);
        }
        self
    }
}

fn trim<const CPUS: usize>(heap: &TestHeap<CPUS>) {
    // SAFETY: the test's other threads have ended.
    (0..CPUS).for_each(|cpu| unsafe { heap.trim(cpu) });
}

fn pages<const CPUS: usize>(heap: &TestHeap<CPUS>) -> usize {
    heap.source().pages.load(SeqCst)
}

/// Numbers without a pattern (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn layout(&mut self) -> Layout {
        let size = match self.below(20) {
            0 => 1 + self.below(20_000),
            1..5 => 1 + self.below(2100),
            _ => 1 + self.below(200),
        };
        layout(size, 1 << if self.below(8) == 0 { self.below(13) } else { self.below(5) })
    }
}

#[test]
fn a_slab_goes_through_its_life() {
    let heap = TestHeap::<1>::new(HostPages::default());
    let capacity = Class::of(layout(500, 8)).unwrap().capacity();
    let one = |mark| Held::new(&heap, 0, layout(500, 8), mark).unwrap();
    let mut first: Vec<Held> = (0..capacity as u8).map(one).collect();
    assert_eq!(pages(&heap), 1);
    let second = one(200);
    assert_eq!(pages(&heap), 2, "the first slab is full");
    first.pop().unwrap().free(&heap, 0);
    let more: Vec<Held> = (0..capacity as u8 - 1).map(one).collect();
    assert_eq!(
        pages(&heap),
        2,
        "the second slab is used up before the first one is partial and current again"
    );
    first.push(one(201));
    assert_eq!(pages(&heap), 2, "what came back is used before new pages are");
    let third = one(202);
    assert_eq!(pages(&heap), 3);
    first.into_iter().chain(more).for_each(|object| object.free(&heap, 0));
    assert_eq!(pages(&heap), 2, "the first slab was full and is empty: gone");
    second.free(&heap, 0);
    assert_eq!(pages(&heap), 1);
    third.free(&heap, 0);
    assert_eq!(pages(&heap), 1, "the current slab stays");
    assert_eq!(heap.usage(), Usage { slabs: PAGE, objects: 0, pages: 0 });
    trim(&heap);
    assert_eq!((pages(&heap), heap.usage()), (0, Usage::default()));
}

#[test]
fn what_another_cpu_frees_comes_back_when_the_owner_looks() {
    let heap = TestHeap::<2>::new(HostPages::default());
    let objects: Vec<Held> =
        (0..200).map(|mark| Held::new(&heap, 0, layout(2048, 16), mark).unwrap()).collect();
    let before = pages(&heap);
    let mut objects = objects.into_iter();
    objects.by_ref().take(31).for_each(|object| object.free(&heap, 1));
    assert!(!heap.source().nudged.load(SeqCst), "62 KiB wait");
    objects.next().unwrap().free(&heap, 1);
    assert!(heap.source().nudged.swap(false, SeqCst), "64 KiB wait");
    objects.by_ref().take(100).for_each(|object| object.free(&heap, 1));
    assert!(!heap.source().nudged.load(SeqCst), "the owner knows");
    assert_eq!(pages(&heap), before, "nobody but the owner gives slabs back");
    // SAFETY: the test's only thread.
    assert!(unsafe { heap.collect(0) });
    assert!(pages(&heap) < before / 2);
    objects.for_each(|object| object.free(&heap, 0));
    trim(&heap);
    assert_eq!(heap.usage(), Usage::default());
}

#[test]
fn a_refusal_leaves_everything_as_it_was() {
    let heap = TestHeap::<1>::new(HostPages::limited(5));
    let mut held: Vec<Held> = std::iter::from_fn(|| Held::new(&heap, 0, layout(1000, 8), 7)).collect();
    assert_eq!(held.len(), 5 * 4, "5 pages of 4 objects");
    assert!(Held::new(&heap, 0, layout(3 * PAGE, 8), 8).is_none());
    let grown = held.pop().unwrap().resize(&heap, 0, 5000);
    assert_eq!(grown.layout.size(), 1000, "there is no room to grow: it stays where and as it is");
    held.push(grown);
    held.pop().unwrap().free(&heap, 0);
    held.push(Held::new(&heap, 0, layout(1000, 8), 9).expect("what was freed can be had again"));
    held.into_iter().for_each(|object| object.free(&heap, 0));
    trim(&heap);
    assert_eq!((pages(&heap), heap.usage()), (0, Usage::default()));
}

#[test]
fn memory_that_shrinks_gives_its_pages_back() {
    let heap = TestHeap::<1>::new(HostPages::default());
    let held = Held::new(&heap, 0, layout(10 * PAGE, 8), 1).unwrap();
    let at = held.memory;
    let held = held.resize(&heap, 0, 4 * PAGE - 1).resize(&heap, 0, 4 * PAGE);
    assert_eq!((held.memory, pages(&heap)), (at, 4));
    let held = held.resize(&heap, 0, 100).resize(&heap, 0, 112);
    assert_eq!((pages(&heap), heap.usage()), (1, Usage { slabs: PAGE, objects: 112, pages: 0 }));
    held.free(&heap, 0);
    trim(&heap);
}

/// Threads for CPUs that hand each other what they have. Under Miri this shows data races, too.
#[test]
fn cpus_that_free_each_others_objects_never_share_one() {
    const CPUS: usize = 3;
    let rounds = if cfg!(miri) { 300 } else { 60_000 };
    let heap = TestHeap::<CPUS>::new(HostPages::default());
    let passed: Mutex<Vec<Held>> = Mutex::new(Vec::new());
    thread::scope(|threads| {
        for cpu in 0..CPUS {
            let (heap, passed) = (&heap, &passed);
            threads.spawn(move || {
                let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ (cpu as u64 + 1));
                let mut held: Vec<Held> = Vec::new();
                for round in 0..rounds {
                    match random.below(10) {
                        0..5 => held.extend(Held::new(heap, cpu, random.layout(), round as u8)),
                        5..7 if !held.is_empty() => {
                            let at = random.below(held.len());
                            held.swap_remove(at).free(heap, cpu);
                        }
                        7 if !held.is_empty() => {
                            let at = random.below(held.len());
                            let size = random.layout().size();
                            let resized = held.swap_remove(at).resize(heap, cpu, size);
                            held.push(resized);
                        }
                        8 if !held.is_empty() => {
                            let at = random.below(held.len());
                            passed.lock().unwrap().push(held.swap_remove(at));
                        }
                        9 => {
                            let theirs = passed.lock().unwrap().pop();
                            theirs.into_iter().for_each(|object| object.free(heap, cpu));
                        }
                        // SAFETY: this thread's own CPU.
                        _ => unsafe { heap.trim(cpu) },
                    }
                    if held.len() > 500 {
                        held.drain(..400).for_each(|object| object.free(heap, cpu));
                    }
                }
                held.into_iter().for_each(|object| object.free(heap, cpu));
            });
        }
    });
    passed.into_inner().unwrap().into_iter().for_each(|object| object.free(&heap, 0));
    trim(&heap);
    assert_eq!((pages(&heap), heap.usage()), (0, Usage::default()));
}
