//! Where tasks live: chunks of cells of one size, which are also the list of all tasks.
//!
//! ```text
//!   spawn ◀── magazine of this CPU ◀── refill ── chunks (one lock) ◀── heap
//!   free  ──▶ (up to 64 cells a size) ── flush ──▶ chunks          ──▶ heap, when a fifth one is empty
//! ```
//!
//! A cell begins with a header that is there for as long as the chunk is, task or no task: what a snapshot
//! looks at is always a header, and its state says whether there is a task. So a spawn and an end enter the
//! task into no list, and a snapshot stops nobody: it only keeps chunks from coming and going meanwhile.
//!
//! A task that is too large for the sizes, or is aligned to more than a cache line, has a chunk of its own. So has
//! one in a [`TaskSlot`](crate::TaskSlot), which holds both.
//!
//! Magazines are for task context. Each belongs to one CPU, and one to all foreign threads.

use alloc::alloc::{alloc, dealloc};
use core::{
    alloc::Layout,
    cell::{Cell, UnsafeCell},
    ptr::{self, NonNull},
};

use spin::mutex::{SpinMutex, SpinMutexGuard};

use super::{
    Header,
    info::TaskInfo,
    list::{Links, List, Which},
};
use crate::{
    executor::Executor,
    queue::spares::{Spare, Spares},
    shim::{AtomicU16, Ordering::*},
};

/// Sizes of cells go in steps of this many bytes.
const STEP: usize = 64;
const CLASSES: usize = 32;
/// Cells begin at the edge of a cache line, which fits any task whose future asks for no more.
const ALIGN: usize = 64;
/// The first chunk of a size has about so many bytes, and at least so many cells; the next ones are as large as all before them
/// together, up to the second number of bytes: the heap is asked, and gives its cache lines, for many cells at once.
const CHUNK_BYTES: usize = 8 << 10;
const CHUNK_CELLS: usize = 4;
const LARGEST_CHUNK: usize = 64 << 10;
const MOST_CELLS: usize = 1 << u8::BITS;
/// How many chunks of a size may be empty; more go back to the heap.
const SPARE: u32 = 4;
/// How many cells of a size a magazine holds at most, and how many a refill or a flush moves.
const KEPT: u16 = 64;
const MOVED: usize = 16;
/// How many tasks a snapshot copies in one hold of the lock, and how many cells it looks at.
const AT_ONCE: usize = 16;
const LOOKS: u32 = 256;
/// How often a panic handler tries for a lock that may never be released.
const TRIES: usize = 10_000;

/// How the cell of one kind of task is made: a constant for each type of future.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// Which cells fit; [`CLASSES`] for a chunk of its own.
    class: usize,
    chunk: Layout,
    first: usize,
    stride: usize,
    cells: u32,
}

impl Shape {
    pub(crate) const fn of<T>() -> Shape {
        let layout = Layout::new::<T>();
        let class = layout.size().div_ceil(STEP) - 1;
        // Miri should see each task as an allocation of its own.
        if cfg!(miri) || layout.align() > ALIGN || class >= CLASSES {
            return Shape::chunk(CLASSES, layout.size(), layout.align(), 1);
        }
        Shape::of_class(class)
    }

    const fn of_class(class: usize) -> Shape {
        let stride = (class + 1) * STEP;
        let cells = CHUNK_BYTES / stride;
        Shape::chunk(class, stride, ALIGN, if cells < CHUNK_CELLS { CHUNK_CELLS } else { cells })
    }

    /// That of another chunk for these cells, when there are so many already.
    fn next(&self, cells: usize) -> Shape {
        let most = (LARGEST_CHUNK / self.stride).min(MOST_CELLS);
        Shape::chunk(self.class, self.stride, ALIGN, cells.clamp(self.cells as usize, most))
    }

    /// The shape of one cell in a static.
    pub(crate) const fn of_one<T>() -> Shape {
        Shape::chunk(CLASSES, size_of::<T>(), align_of::<T>(), 1)
    }

    const fn chunk(class: usize, stride: usize, align: usize, cells: usize) -> Shape {
        assert!(
            cells <= MOST_CELLS && CLASSES < 1 << u8::BITS,
            "a cell knows its index and class by a byte each"
        );
        let align = if align < ALIGN { ALIGN } else { align };
        let first = size_of::<Chunk>().next_multiple_of(align);
        match Layout::from_size_align(first + stride * cells, align) {
            Ok(chunk) => Shape { class, chunk, first, stride, cells: cells as u32 },
            Err(_) => panic!("a task is too large"),
        }
    }
}

/// Some cells, and what is known about them. All of it belongs to who holds the lock of the chunks.
pub(crate) struct Chunk {
    shape: Shape,
    /// Chunks are numbered in the order of the list.
    number: Cell<u64>,
    /// The cells that have a header; the others follow them.
    begun: Cell<u32>,
    /// The cells that are not in `free`: tasks, and what magazines hold.
    used: Cell<u32>,
    free: Cell<*mut Header>,
    all: UnsafeCell<Links<Chunk>>,
    roomy: UnsafeCell<Links<Chunk>>,
}

/// The list of all chunks.
struct All;
/// The list of those of one class that have a cell to give.
struct Roomy;

impl Which for All {
    type Node = Chunk;
    fn links(chunk: &Chunk) -> &UnsafeCell<Links<Chunk>> {
        &chunk.all
    }
}

impl Which for Roomy {
    type Node = Chunk;
    fn links(chunk: &Chunk) -> &UnsafeCell<Links<Chunk>> {
        &chunk.roomy
    }
}

impl Chunk {
    fn new(shape: Shape) -> Chunk {
        Chunk {
            shape,
            number: Cell::new(0),
            begun: Cell::new(0),
            used: Cell::new(0),
            free: Cell::new(ptr::null_mut()),
            all: Links::new(),
            roomy: Links::new(),
        }
    }

    /// The cell with that index.
    ///
    /// # Safety
    /// `chunk` points to a living chunk with its cells, and has so many.
    unsafe fn cell(chunk: NonNull<Chunk>, index: u32) -> NonNull<Header> {
        // SAFETY: the chunk is alive, and the cell is within its allocation.
        unsafe {
            let shape = &chunk.as_ref().shape;
            chunk.byte_add(shape.first + shape.stride * index as usize).cast()
        }
    }

    /// The chunk of a cell.
    ///
    /// # Safety
    /// The cell is in a living chunk of that shape, and the pointer came from [`Chunk::cell`].
    unsafe fn of(cell: NonNull<Header>, shape: &Shape) -> NonNull<Chunk> {
        // SAFETY: the cell is alive. It is so far from the begin of its chunk, over all of which the pointer reaches.
        unsafe { cell.byte_sub(shape.first + shape.stride * cell.as_ref().index()).cast() }
    }

    /// A cell with a header and no task.
    ///
    /// # Safety
    /// `chunk` is alive, has such a cell, and the caller has it to itself.
    unsafe fn take(chunk: NonNull<Chunk>, executor: &'static Executor) -> NonNull<Header> {
        // SAFETY: by the promise.
        let this = unsafe { chunk.as_ref() };
        this.used.set(this.used.get() + 1);
        if let Some(cell) = NonNull::new(this.free.get()) {
            // SAFETY: a cell that is free has a header, which links it to the next.
            this.free.set(unsafe { cell.as_ref() }.next.load(Relaxed));
            return cell;
        }
        let index = this.begun.get();
        this.begun.set(index + 1);
        // SAFETY: it has so many cells, and nothing is in this one yet.
        unsafe {
            let cell = Chunk::cell(chunk, index);
            cell.write(Header::new(executor, index as u8, this.shape.class as u8));
            cell
        }
    }
}

/// The chunks of an executor.
#[repr(align(128))]
pub(crate) struct Slab(SpinMutex<Chunks>);

// SAFETY: chunks are reached with the lock held only.
unsafe impl Send for Slab {}
// SAFETY: as above.
unsafe impl Sync for Slab {}

/// In a bare lock: nothing that runs in its hold can panic, and no handler takes it.
struct Chunks {
    all: List<All>,
    roomy: [List<Roomy>; CLASSES],
    /// How many cells of a class there are. One more for those that have a chunk of their own.
    cells: [usize; CLASSES + 1],
    /// How many of a class have no cell in use.
    empty: [u32; CLASSES],
    /// The number of the next chunk.
    number: u64,
    /// How many have gone: while this stays, a pointer to a chunk stays good.
    removals: u64,
}

impl Chunks {
    fn adopt(&mut self, chunk: NonNull<Chunk>) {
        // SAFETY: the caller has just made it.
        let this = unsafe { chunk.as_ref() };
        self.cells[this.shape.class] += this.shape.cells as usize;
        this.number.set(self.number);
        self.number += 1;
        // SAFETY: it is in no list, and `dismiss` comes before it is freed.
        unsafe { self.all.push(chunk) };
    }

    fn dismiss(&mut self, chunk: NonNull<Chunk>) {
        // SAFETY: the caller frees it later.
        let shape = &unsafe { chunk.as_ref() }.shape;
        self.cells[shape.class] -= shape.cells as usize;
        self.removals += 1;
        // SAFETY: `adopt` put it there.
        unsafe { self.all.remove(chunk) };
    }

    /// A cell of some chunk that has one to give.
    fn take(&mut self, class: usize, executor: &'static Executor) -> Option<NonNull<Header>> {
        let chunk = self.roomy[class].first()?;
        // SAFETY: what is in the list is alive and ours while we hold the lock; it has a cell to give.
        unsafe {
            let this = chunk.as_ref();
            self.empty[class] -= u32::from(this.used.get() == 0);
            let cell = Chunk::take(chunk, executor);
            if this.used.get() == this.shape.cells {
                self.roomy[class].remove(chunk);
            }
            Some(cell)
        }
    }

    /// Puts a cell of that class back. If its chunk is empty then, and more than `spare` of its class are, the chunk is the
    /// caller's to free.
    fn put(&mut self, cell: NonNull<Header>, class: usize, spare: u32) -> Option<NonNull<Chunk>> {
        // SAFETY: a cell that comes back is alive, and so is its chunk, which is ours while we hold the lock.
        let (chunk, this) = unsafe {
            let chunk = Chunk::of(cell, &Shape::of_class(class));
            (chunk, chunk.as_ref())
        };
        // SAFETY: as above.
        unsafe { cell.as_ref() }.next.store(this.free.get(), Relaxed);
        this.free.set(cell.as_ptr());
        if this.used.get() == this.shape.cells {
            // SAFETY: a chunk without a cell to give is not in the list.
            unsafe { self.roomy[class].push(chunk) };
        }
        this.used.set(this.used.get() - 1);
        if this.used.get() > 0 {
            return None;
        }
        if self.empty[class] < spare {
            // It begins anew, so that neighbours are taken one after the other.
            this.free.set(ptr::null_mut());
            this.begun.set(0);
            self.empty[class] += 1;
            return None;
        }
        // SAFETY: it has cells to give, so it is in the list.
        unsafe { self.roomy[class].remove(chunk) };
        self.dismiss(chunk);
        Some(chunk)
    }

    /// Takes out a chunk that has no cell in use.
    fn remove_empty(&mut self) -> Option<NonNull<Chunk>> {
        let class = self.empty.iter().position(|&empty| empty > 0)?;
        // SAFETY: what is in the list is alive and ours while we hold the lock.
        let chunk = self.roomy[class].iter().find(|chunk| unsafe { chunk.as_ref() }.used.get() == 0)?;
        self.empty[class] -= 1;
        // SAFETY: it was found there.
        unsafe { self.roomy[class].remove(chunk) };
        self.dismiss(chunk);
        Some(chunk)
    }
}

/// Gives a chunk's memory back.
///
/// # Safety
/// It came from the heap, is in no list, and none of its cells is in use.
unsafe fn free_chunk(chunk: NonNull<Chunk>) {
    // SAFETY: by the promise; `new_chunk` allocated it with this layout.
    unsafe { dealloc(chunk.as_ptr().cast(), chunk.as_ref().shape.chunk) };
}

fn new_chunk(shape: Shape) -> Option<NonNull<Chunk>> {
    // SAFETY: the layout has room for a chunk's head, so it is not empty.
    let chunk = NonNull::new(unsafe { alloc(shape.chunk) })?.cast::<Chunk>();
    // SAFETY: fresh memory, large enough and aligned.
    unsafe { chunk.write(Chunk::new(shape)) };
    Some(chunk)
}

impl Slab {
    pub(crate) fn new() -> Slab {
        Slab(SpinMutex::new(Chunks {
            all: List::new(),
            roomy: [const { List::new() }; CLASSES],
            cells: [0; CLASSES + 1],
            empty: [0; CLASSES],
            number: 1,
            removals: 0,
        }))
    }

    /// A cell with a header and no task, for the caller alone; `None` when there is no memory.
    #[inline(always)]
    pub(crate) fn allocate(
        &self,
        shape: &'static Shape,
        executor: &'static Executor,
        magazine: &Magazine,
    ) -> Option<NonNull<Header>> {
        // What a magazine gives does not come from the heap, which would notice.
        debug_assert!(!executor.platform.in_interrupt(), "an interrupt handler spawned a task");
        match magazine.take(shape.class) {
            Some(cell) => Some(cell),
            None => self.allocate_slow(shape, executor, magazine),
        }
    }

    #[cold]
    fn allocate_slow(
        &self,
        shape: &'static Shape,
        executor: &'static Executor,
        magazine: &Magazine,
    ) -> Option<NonNull<Header>> {
        if shape.class == CLASSES {
            let chunk = new_chunk(*shape)?;
            // SAFETY: it is new, and has one cell.
            let cell = unsafe { Chunk::take(chunk, executor) };
            self.0.lock().adopt(chunk);
            return Some(cell);
        }
        let mut chunks = self.0.lock();
        if chunks.roomy[shape.class].first().is_none() {
            let next = shape.next(chunks.cells[shape.class]);
            drop(chunks); // the heap has a lock of its own
            let chunk = new_chunk(next).or_else(|| new_chunk(*shape))?;
            chunks = self.0.lock();
            chunks.adopt(chunk);
            chunks.empty[shape.class] += 1;
            // SAFETY: it is new, has cells to give, and is taken out before it is freed.
            unsafe { chunks.roomy[shape.class].push(chunk) };
        }
        let cell = chunks.take(shape.class, executor);
        // Of those without a header a CPU begins one, which stays in its cache until the task is there. Foreign threads,
        // which may spawn many in a row, begin as many as the chunk has already: a few tasks need no more.
        let mut to_begin = if ptr::eq(magazine, &executor.outside) { None } else { Some(1) };
        for _ in 1..MOVED {
            let Some(chunk) = chunks.roomy[shape.class].first() else { break };
            // SAFETY: what is in the list is alive and ours while we hold the lock.
            let this = unsafe { chunk.as_ref() };
            if this.free.get().is_null() {
                let left = to_begin.get_or_insert(this.begun.get());
                *left = left.saturating_sub(1);
                if *left == 0 {
                    break;
                }
            }
            let Some(more) = chunks.take(shape.class, executor) else { break };
            // SAFETY: the cell is of this class, and nobody else's.
            if !unsafe { magazine.keep(shape.class, more) } {
                let _still_used = chunks.put(more, shape.class, u32::MAX);
                break;
            }
        }
        cell
    }

    /// Gives a cell back.
    ///
    /// # Safety
    /// It came from `allocate` with this shape, has no task any more, and is nobody's.
    #[inline(always)]
    pub(crate) unsafe fn free(&self, cell: NonNull<Header>, shape: &'static Shape, magazine: &Magazine) {
        // SAFETY: the caller gives us the cell.
        unsafe {
            if !magazine.keep(shape.class, cell) {
                self.free_slow(cell, shape, magazine);
            }
        }
    }

    /// # Safety
    /// As for [`Slab::free`].
    #[cold]
    unsafe fn free_slow(&self, cell: NonNull<Header>, shape: &Shape, magazine: &Magazine) {
        if shape.class == CLASSES {
            // SAFETY: a cell that comes back is alive, and so is its chunk.
            let chunk = unsafe { Chunk::of(cell, shape) };
            self.0.lock().dismiss(chunk);
            // SAFETY: its only cell is the caller's, who has given it up.
            return unsafe { free_chunk(chunk) };
        }
        self.put(cell, shape.class, magazine, SPARE);
    }

    /// Puts a cell back, and others of its class with it. So many empty chunks are kept.
    fn put(&self, cell: NonNull<Header>, class: usize, magazine: &Magazine, spare: u32) {
        let cells = core::iter::once(cell).chain(core::iter::from_fn(|| magazine.take(class)));
        let mut emptied = [None; MOVED];
        let mut chunks = self.0.lock();
        for (emptied, cell) in emptied.iter_mut().zip(cells) {
            *emptied = chunks.put(cell, class, spare);
        }
        drop(chunks); // the heap has a lock of its own
        for chunk in emptied.into_iter().flatten() {
            // SAFETY: it is in no list, and all its cells have come back.
            unsafe { free_chunk(chunk) };
        }
    }

    /// Enters a chunk of one cell that is in a static.
    ///
    /// # Safety
    /// `chunk` points to room for a chunk's head, with a cell of that shape behind it, all of it the caller's;
    /// [`Slab::leave`] comes before they are used for anything else.
    pub(crate) unsafe fn enter(
        &self,
        chunk: NonNull<Chunk>,
        shape: Shape,
        executor: &'static Executor,
    ) -> NonNull<Header> {
        // SAFETY: by the promise.
        let cell = unsafe {
            chunk.write(Chunk::new(shape));
            Chunk::take(chunk, executor)
        };
        self.0.lock().adopt(chunk);
        cell
    }

    /// Takes out the chunk of a cell that is in a static, and returns it.
    ///
    /// # Safety
    /// The cell came from [`Slab::enter`] with that shape, has no task any more, and is nobody's.
    pub(crate) unsafe fn leave(&self, cell: NonNull<Header>, shape: &Shape) -> NonNull<Chunk> {
        // SAFETY: the cell is alive, and so is its chunk.
        let chunk = unsafe { Chunk::of(cell, shape) };
        self.0.lock().dismiss(chunk);
        chunk
    }

    /// Gives all memory that no task needs back to the heap.
    pub(crate) fn trim<'a>(&self, magazines: impl Iterator<Item = &'a Magazine>) {
        for magazine in magazines {
            for class in (0..CLASSES).filter(|&class| !magazine.0[class].is_empty()) {
                while let Some(cell) = magazine.take(class) {
                    self.put(cell, class, magazine, 0);
                }
            }
        }
        loop {
            let empty = self.0.lock().remove_empty();
            let Some(chunk) = empty else { break };
            // SAFETY: it is in no list, and none of its cells is in use.
            unsafe { free_chunk(chunk) };
        }
    }

    /// Calls `visit` for each task, with no lock held. Tasks that come or go meanwhile may be missed.
    pub(crate) fn visit(&self, visit: &mut dyn FnMut(TaskInfo)) {
        self.visit_under(|| Some(self.0.lock()), visit);
    }

    /// [`Slab::visit`] that never waits long; false if it gave up.
    pub(crate) fn try_visit(&self, visit: &mut dyn FnMut(TaskInfo)) -> bool {
        self.visit_under(|| self.try_lock(), visit)
    }

    fn visit_under<'a>(
        &'a self,
        lock: impl Fn() -> Option<SpinMutexGuard<'a, Chunks>>,
        visit: &mut dyn FnMut(TaskInfo),
    ) -> bool {
        let mut place = Place { chunk: None, number: 0, removals: 0, cell: 0 };
        loop {
            let mut found: [Option<TaskInfo>; AT_ONCE] = [const { None }; AT_ONCE];
            let Some(chunks) = lock() else { return false };
            let more = place.copy(&chunks, &mut found);
            drop(chunks);
            found.into_iter().flatten().for_each(&mut *visit);
            if !more {
                return true;
            }
        }
    }

    fn try_lock(&self) -> Option<SpinMutexGuard<'_, Chunks>> {
        (0..TRIES).find_map(|_| self.0.try_lock())
    }

    /// What is known of the task at that address, if there is one. Never waits long, so that a panic handler
    /// can ask even when the panic came with the lock held.
    pub(crate) fn find(&self, address: *mut Header) -> Option<TaskInfo> {
        let chunks = self.try_lock()?;
        chunks.all.iter().find_map(|chunk| {
            // SAFETY: what is in the list is alive and ours while we hold the lock.
            let this = unsafe { chunk.as_ref() };
            let offset = address.addr().checked_sub(chunk.addr().get() + this.shape.first)?;
            let index = u32::try_from(offset / this.shape.stride).ok()?;
            // SAFETY: such a cell has been begun, so it has a header.
            (index < this.begun.get()).then(|| unsafe { Chunk::cell(chunk, index).as_ref() }.info())?
        })
    }
}

/// How far a snapshot is.
struct Place {
    /// The chunk that it is at, good while `removals` is that of the chunks.
    chunk: Option<NonNull<Chunk>>,
    /// The number of that one, or of the one after the last.
    number: u64,
    removals: u64,
    /// The next cell in it.
    cell: u32,
}

impl Place {
    /// Copies what fits; false if that was all there is.
    fn copy(&mut self, chunks: &Chunks, found: &mut [Option<TaskInfo>]) -> bool {
        if self.chunk.is_none() || self.removals != chunks.removals {
            // SAFETY: what is in the list is alive and ours while we hold the lock.
            let number = |chunk: &NonNull<Chunk>| unsafe { chunk.as_ref() }.number.get();
            self.chunk = chunks.all.iter().find(|chunk| number(chunk) >= self.number);
            self.removals = chunks.removals;
            if self.chunk.is_none_or(|chunk| number(&chunk) != self.number) {
                self.cell = 0;
            }
        }
        let mut found = found.iter_mut();
        let mut looks = 0;
        while let Some(chunk) = self.chunk {
            // SAFETY: it is in the list, and so alive and ours while we hold the lock.
            let this = unsafe { chunk.as_ref() };
            self.number = this.number.get();
            while self.cell < this.begun.get() {
                if looks == LOOKS {
                    return true;
                }
                looks += 1;
                // SAFETY: such a cell has been begun, so it has a header.
                let info = unsafe { Chunk::cell(chunk, self.cell).as_ref() }.info();
                if info.is_some() {
                    let Some(slot) = found.next() else { return true };
                    *slot = info;
                }
                self.cell += 1;
            }
            // SAFETY: it is in the list.
            self.chunk = unsafe { chunks.all.after(chunk) };
            self.cell = 0;
        }
        false
    }
}

/// Free cells at hand, a list for each class. See the module.
pub(crate) struct Magazine([Spares<Header>; CLASSES]);

impl Magazine {
    pub(crate) fn new() -> Magazine {
        Magazine(core::array::from_fn(|_| Spares::new()))
    }

    #[inline]
    fn take(&self, class: usize) -> Option<NonNull<Header>> {
        self.0.get(class)?.take()
    }

    /// Keeps a cell; false if there are enough.
    ///
    /// # Safety
    /// The cell is of this class, has a header and no task, and is the caller's, who gives it up.
    #[inline]
    pub(crate) unsafe fn keep(&self, class: usize, cell: NonNull<Header>) -> bool {
        // SAFETY: the caller gives us the cell, which lives until it is taken out and given back.
        self.0.get(class).is_some_and(|list| unsafe { list.keep(cell, KEPT) })
    }
}

impl Spare for Header {
    /// No CPU has a free cell's task.
    fn depth(&self) -> &AtomicU16 {
        &self.owner
    }
}
