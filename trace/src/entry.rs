//! What the kernel does at a tracepoint that is on: [`Block::happened`] in assembler, for each event by itself.
//!
//! ```text
//!   entry::<PipeSend>
//!     count!            Values::add
//!     name!             names::pack, Ring::push    of a task that is spawned
//!     record!           record::pack, Ring::push
//!     watched           saves the other registers, and calls watch::happened
//! ```
//!
//! One that is counted and recorded and not watched, as is usual, goes straight through; for others each is asked for.
//!
//! What the compiler made of it took nearly three times as many instructions, as a call that changes few registers saves all that the
//! compiler might use. What Rust checks cannot fail here: nothing is on before there is a block for each CPU, nothing is recorded
//! before that has a ring, and they stay for good. The tests compare both.
//!
//! It takes two words off the stack, the event's numbers (of a spawn the second is the address of the name), and changes RAX, RCX, RDX, RDI and the
//! flags, no other register. It sets up no frame: who samples a CPU here sees who called the function that has the tracepoint, and not
//! that function.
#![allow(unsafe_code)]

use core::{arch::naked_asm, mem::offset_of};

use crate::{
    Block, EVENTS, Event, MODES, Modes, PLACES, Polled, Values, events, record,
    ring::{Buffer, KIND, KIND_BITS},
    watch,
};

/// Where the numbers of the event are on the stack of an entry: behind the way back.
const A: usize = 8;
const B: usize = A + 8;

const fn has_value(event: usize) -> bool {
    events::ABOUT[event].value.is_some()
}

const fn has_name(event: usize) -> bool {
    event == Event::TaskSpawn as usize
}

/// What is usually done where an event is on, all of it.
const fn straight(event: usize) -> Modes {
    let all = Modes::COUNT.union(Modes::RECORD);
    if has_name(event) { all.union(Modes::NAME) } else { all }
}

/// Where the value is on the stack.
const fn value_at(event: usize) -> usize {
    if matches!(events::ABOUT[event].value, Some(events::Value::First)) { A } else { B }
}

/// Where its [`Values`] are in the block's.
const fn values_at(event: usize) -> usize {
    if has_value(event) { PLACES.0[event] as usize * size_of::<Values>() } else { 0 }
}

/// `Values::add`, or one more; it ends with the lines after it. Of the registers RDI is needed afterwards.
macro_rules! count {
    () => {
        "
        .if {has_value}
            mov rax, [rdi + {values}]
            mov rdx, [rsp + {value}]
            lock add [rax + {total}], rdx
            cmp rdx, [rax + {min}]
            jb 50f
        20:
            cmp rdx, [rax + {max}]
            ja 60f
        30: # the bucket, as `bucket_of` has it
            mov rcx, rdx
            or rcx, 4
            bsr rcx, rcx
            sub ecx, 2
            shr rdx, cl
            lea rcx, [rdx + 4 * rcx]
            lock inc dword ptr [rax + 4 * rcx + {buckets}]
        .else
            lock inc qword ptr [rdi + {count}]
        .endif
        "
    };
}

/// A value beyond any before, at a label of [`count`]: becomes that word, if nothing is beyond it by now, and goes on at another.
macro_rules! extreme {
    ($at:literal, $word:literal, not beyond: $jump:literal, on: $back:literal) => {
        concat!(
            $at,
            ":
                mov rcx, rax
                mov rax, [rcx + {",
            $word,
            "}]
            55: # the word may change meanwhile, by a handler or a reset
                cmp rdx, rax
                ",
            $jump,
            " 57f
                lock cmpxchg [rcx + {",
            $word,
            "}], rdx
                jne 55b
            57:
                mov rax, rcx
                jmp ",
            $back,
            "
            "
        )
    };
}

/// What is rare in [`count`]: somewhere behind it, and before another one, as the labels are the nearest of their number.
macro_rules! count_extremes {
    () => {
        concat!(
            ".if {has_value}\n",
            extreme!("50", "min", not beyond: "jae", on: "20b"),
            extreme!("60", "max", not beyond: "jbe", on: "30b"),
            ".endif\n"
        )
    };
}

/// The beginning of `Ring::push`: of the ring in RDI it takes the next slot, whose address is in RDI then. RCX is needed for [`whole`].
macro_rules! slot {
    ($head:literal, $buffer:literal) => {
        concat!(
            "
            mov ecx, {BYTES}
            xadd [rdi + {",
            $head,
            "}], rcx # needs no lock: only this CPU writes there
            mov rdx, [rdi + {",
            $buffer,
            "}]
            mov edi, [rdx + {mask}]
            and edi, ecx
            add rdi, [rdx + {start}]
            mov dword ptr [rdi], 0 # not whole from here on
            "
        )
    };
}

/// The end of `Ring::push`.
macro_rules! whole {
    ($kind:literal) => {
        concat!(
            "
            lea eax, [{kinds_for_each_byte} * rcx + {",
            $kind,
            "}]
            mov [rdi], eax # x86 shows stores in their order
            "
        )
    };
}

/// `names::pack` and `Ring::push`. No register is needed afterwards.
macro_rules! name {
    () => {
        concat!(
            slot!("names_head", "names_buffer"),
            "
            mov rax, [rsp + {b}]
            push qword ptr [rax]
            pop qword ptr [rdi + 8]
            push qword ptr [rax + 8]
            pop qword ptr [rdi + 16]
            mov rax, [rsp + {a}]
            mov [rdi + 24], rax
            ",
            whole!("name_kind")
        )
    };
}

/// `record::pack` and `Ring::push`. No register is needed afterwards.
macro_rules! record {
    () => {
        concat!(
            "mov rax, [rdi + {polled}]",
            slot!("head", "buffer"),
            "
            cmp qword ptr [rax + {task}], 0
            mov eax, [rax + {number}]
            jnz 70f
            xor eax, eax
        70:
            mov [rdi + 4], eax
            mov rax, [rsp + {a}]
            mov [rdi + 16], rax
        .if {has_name}
            mov qword ptr [rdi + 24], 0
        .else
            mov rax, [rsp + {b}]
            mov [rdi + 24], rax
        .endif
            rdtsc
            mov [rdi + 8], eax
            mov [rdi + 12], edx
            ",
            whole!("kind")
        )
    };
}

/// Defines that function. How it loads the address of the [`Block`] of its CPU to RDI is said, with the operands of that.
macro_rules! entry {
    ($name:ident $block:literal $($operands:tt)*) => {
        #[unsafe(naked)]
        pub(crate) unsafe extern "C" fn $name<const EVENT: usize>() {
            naked_asm!(
                $block,
                "cmp byte ptr [rip + {modes} + {event}], {STRAIGHT}",
                "jne 80f",
                count!(),
                ".if {has_name}",
                name!(),
                $block,
                ".endif",
                record!(),
                "ret 16",
                count_extremes!(),
                "80:", // something else than those
                "test byte ptr [rip + {modes} + {event}], {COUNT}",
                "jz 81f",
                count!(),
                "81:",
                ".if {has_name}",
                "test byte ptr [rip + {modes} + {event}], {NAME}",
                "jz 83f",
                name!(),
                $block,
                "83:",
                ".endif",
                "test byte ptr [rip + {modes} + {event}], {RECORD}",
                "jz 86f",
                record!(),
                "86:",
                ".if {is_watched}",
                "mov edi, {event}",
                "test byte ptr [rip + {modes} + {event}], {WATCH}",
                "jnz {watched}",
                ".endif",
                "ret 16",
                count_extremes!(),
                modes = sym MODES,
                event = const EVENT,
                STRAIGHT = const straight(EVENT).bits(),
                COUNT = const Modes::COUNT.bits(),
                NAME = const Modes::NAME.bits(),
                RECORD = const Modes::RECORD.bits(),
                WATCH = const Modes::WATCH.bits(),
                has_value = const has_value(EVENT) as usize,
                has_name = const has_name(EVENT) as usize,
                is_watched = const watch::is_part(EVENTS[EVENT]) as usize,
                watched = sym watched,
                value = const value_at(EVENT),
                a = const A,
                b = const B,
                values = const offset_of!(Block, values),
                total = const values_at(EVENT) + offset_of!(Values, total),
                min = const values_at(EVENT) + offset_of!(Values, min),
                max = const values_at(EVENT) + offset_of!(Values, max),
                buckets = const values_at(EVENT) + offset_of!(Values, buckets),
                count = const offset_of!(Block, counts) + 8 * EVENT,
                head = const offset_of!(Block, ring.head),
                buffer = const offset_of!(Block, ring.buffer),
                names_head = const offset_of!(Block, names.head),
                names_buffer = const offset_of!(Block, names.buffer),
                mask = const offset_of!(Buffer<{ record::WORDS }>, mask),
                start = const offset_of!(Buffer<{ record::WORDS }>, start),
                polled = const offset_of!(Block, polled),
                task = const offset_of!(Polled, task),
                number = const offset_of!(Polled, number),
                BYTES = const 8 * record::WORDS,
                kinds_for_each_byte = const (1 << KIND_BITS) / (8 * record::WORDS),
                kind = const record::kind(EVENTS[EVENT]),
                name_kind = const KIND,
                $($operands)*
            )
        }
    };
}

#[cfg(target_os = "none")]
entry!(entry "mov rdi, gs:[pollux_trace_block]"); // how far behind GS that is, `link!` says

/// The end of an entry that calls [`watch::happened`]: the event is in RDI.
#[unsafe(naked)]
unsafe extern "C" fn watched() {
    extern "C" fn look(event: usize, a: u64, b: u64) {
        #[cfg(test)]
        tests::LOOKED.lock().push((event, a, b));
        if let Some(block) = crate::call::here() {
            watch::happened(EVENTS[event], block.polled.id(), a, b);
        }
    }
    naked_asm!(
        "push rbp", // for who walks the stack, the tracepoint has called
        "mov rbp, rsp",
        "push rax", // for the stack to be aligned
        "push rsi",
        "push r8",
        "push r9",
        "push r10",
        "push r11",
        "mov rsi, [rbp + 8 + {A}]",
        "mov rdx, [rbp + 8 + {B}]",
        "call {look}",
        "pop r11",
        "pop r10",
        "pop r9",
        "pop r8",
        "pop rsi",
        "pop rax",
        "pop rbp",
        "ret 16",
        A = const A,
        B = const B,
        look = sym look,
    )
}

/// Against what is said in Rust, with a block for each.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Stats, record::Record, tests::ALONE};
    use core::{
        ptr,
        sync::atomic::{AtomicPtr, AtomicU64, Ordering::Relaxed},
    };
    use proptest::prelude::*;
    use std::{boxed::Box, collections::BTreeSet, thread, vec, vec::Vec};

    /// What was watched.
    pub(super) static LOOKED: spin::Mutex<Vec<(usize, u64, u64)>> = spin::Mutex::new(Vec::new());
    static BLOCK: AtomicPtr<Block> = AtomicPtr::new(ptr::null_mut());
    entry!(on_host "mov rdi, [rip + {block}]" block = sym BLOCK);

    /// What registers have at a tracepoint, and so must have behind it: those that an ordinary call may change, but for four.
    const KEPT: [u64; 4] = [15, 16, 17, 18];

    /// The event happens to what is in [`BLOCK`].
    fn enter<const EVENT: usize>(a: u64, b: u64) {
        let mut kept = KEPT;
        let [rsi, r8, r9, r11] = &mut kept;
        let stack: u64;
        // SAFETY: as in `call`. `watched` calls Rust, which here may change vector registers, too.
        unsafe {
            core::arch::asm!(
                "mov r10, rsp",
                "push {b}",
                "push {a}",
                "call {entry}",
                "sub r10, rsp",
                a = in(reg) a,
                b = in(reg) b,
                entry = sym on_host::<EVENT>,
                inout("rsi") *rsi,
                inout("r8") *r8,
                inout("r9") *r9,
                inout("r11") *r11,
                out("r10") stack,
                clobber_abi("C"),
            );
        }
        assert_eq!((kept, stack), (KEPT, 0));
    }

    /// It happens twice: in assembler, and in Rust to that one.
    fn happens<const EVENT: usize>(rust: &Block, a: u64, b: u64) {
        enter::<EVENT>(a, b);
        rust.happened::<EVENT>(a, b);
    }

    /// So does the spawn of a task.
    fn spawned(rust: &Block, task: u64, name: &[AtomicU64; 2]) {
        enter::<SPAWN>(task, name.as_ptr().addr() as u64);
        rust.spawned(task, name);
    }

    const FIRST: usize = Event::IdleLeave as usize;
    const SECOND: usize = Event::FileRead as usize;
    const COUNTED: usize = Event::Kick as usize;
    const WATCHED: usize = Event::HeapFree as usize;
    /// Counted, watched, and with a name.
    const SPAWN: usize = Event::TaskSpawn as usize;

    fn block(polled: &'static Polled) -> &'static Block {
        let block: &Block = Box::leak(Box::new(Block::new(polled).unwrap()));
        block.ring.make(*crate::SIZES.start()).unwrap();
        block.ring.set_size(*crate::SIZES.start());
        block.names.make(crate::NAMES).unwrap();
        block.names.set_size(crate::NAMES);
        block
    }

    /// What was counted and recorded, but for the times, which are not before that and grow.
    fn seen(block: &Block, mut before: u64) -> (Vec<Stats>, Vec<Record>, Vec<[u64; 4]>, [u64; 2]) {
        let stats = EVENTS.iter().map(|&event| {
            let mut stats = Stats::default();
            block.add_to(event, &mut stats);
            stats
        });
        let mut records = Vec::new();
        let lost = block.ring.read(|words| {
            let record = record::unpack(words, 0, |ticks| ticks).unwrap();
            assert!(record.at_ns >= before);
            before = record.at_ns;
            records.push(Record { at_ns: 0, ..record });
        });
        let mut names = Vec::new();
        let lost_names = block.names.read(|words| names.push(words));
        (stats.collect(), records, names, [lost, lost_names])
    }

    fn value() -> impl Strategy<Value = u64> {
        (0_u32..64).prop_flat_map(|bits| (1 << bits >> 1)..=u64::MAX >> (63 - bits))
    }

    proptest! {
        #[test]
        fn an_entry_does_what_is_said_in_rust(
            steps in prop::collection::vec(
                (0..5_usize, 0..16_u8, value(), value(), prop::option::of(value()), 1..200_usize),
                1..30,
            ),
        ) {
            let _alone = ALONE.lock();
            // SAFETY: every x86_64 has it.
            let began = unsafe { core::arch::x86_64::_rdtsc() };
            let polled: &Polled = Box::leak(Box::new(Polled::new(0)));
            let (ours, rust) = (block(polled), block(polled));
            BLOCK.store(ptr::from_ref(ours).cast_mut(), Relaxed);
            for (which, modes, a, b, task, times) in steps {
                polled.number.store(task.unwrap_or(9), Relaxed);
                polled.task.store(task.map_or(ptr::null_mut(), |_| ptr::without_provenance_mut(1 << 32)), Relaxed);
                let name = [a, b].map(AtomicU64::new);
                let event: usize = [FIRST, SECOND, COUNTED, WATCHED, SPAWN][which];
                MODES[event].store(modes, Relaxed);
                for _ in 0..times {
                    match which {
                        0 => happens::<FIRST>(rust, a, b),
                        1 => happens::<SECOND>(rust, a, b),
                        2 => happens::<COUNTED>(rust, a, b),
                        3 => happens::<WATCHED>(rust, a, b),
                        _ => spawned(rust, a, &name),
                    }
                }
                MODES[event].store(0, Relaxed);
                let b = if event == SPAWN { name.as_ptr().addr() as u64 } else { b };
                let watched = which >= 3 && modes & Modes::WATCH.bits() != 0;
                let looked = core::mem::take(&mut *LOOKED.lock());
                prop_assert_eq!(looked, if watched { vec![(event, a, b); times] } else { vec![] });
            }
            prop_assert_eq!(seen(ours, began), seen(rust, 0));
        }
    }

    /// While one CPU writes, another reads: each record is whole, and none is gone without being counted.
    #[test]
    fn a_reader_sees_whole_records_only() {
        let _alone = ALONE.lock();
        static POLLED: Polled = Polled::new(7);
        let block = block(&POLLED);
        BLOCK.store(ptr::from_ref(block).cast_mut(), Relaxed);
        POLLED.task.store(ptr::dangling_mut(), Relaxed);
        MODES[SECOND].store((Modes::COUNT | Modes::RECORD).bits(), Relaxed);
        let last = 6_000_000;
        let writer = thread::spawn(move || {
            (1..=last).for_each(|i| enter::<SECOND>(i, i * 5));
        });
        let read = |before: &mut u64| {
            let mut taken = 0;
            let lost = block.ring.read(|words| {
                let record = record::unpack(words, 0, |ticks| ticks).unwrap();
                let i = record.numbers[0];
                assert_eq!((record.event as usize, record.task, record.numbers[1]), (SECOND, 7, i * 5));
                assert!(*before < i);
                (*before, taken) = (i, taken + 1);
            });
            (taken, lost)
        };
        while !writer.is_finished() {
            read(&mut 0);
        }
        writer.join().unwrap();
        MODES[SECOND].store(0, Relaxed);
        let mut before = 0;
        let kept = *crate::SIZES.start() as u64;
        assert_eq!((read(&mut before), before), ((kept, last - kept), last));
    }

    /// As when a handler counts in the middle, or a counter is set back.
    #[test]
    fn the_least_and_the_greatest_value_are_kept_though_another_counts() {
        let _alone = ALONE.lock();
        static POLLED: Polled = Polled::new(0);
        let block = block(&POLLED);
        BLOCK.store(ptr::from_ref(block).cast_mut(), Relaxed);
        MODES[SECOND].store(Modes::COUNT.bits(), Relaxed);
        let both = spin::Barrier::new(2);
        let seen = spin::Mutex::new(BTreeSet::new());
        let count = |mine: u64, between: &dyn Fn()| {
            for _ in 0..10_000 {
                both.wait();
                for step in [2, 4, 6] {
                    enter::<SECOND>(0, 100 - step - mine);
                    enter::<SECOND>(0, 100 + step + mine);
                }
                both.wait();
                between();
            }
        };
        thread::scope(|scope| {
            scope.spawn(|| count(1, &|| ()));
            count(0, &|| {
                let mut stats = Stats::default();
                block.add_to(EVENTS[SECOND], &mut stats);
                seen.lock().insert((stats.count, stats.min(), stats.max));
                block.values.iter().for_each(Values::reset);
            });
        });
        MODES[SECOND].store(0, Relaxed);
        assert_eq!(seen.into_inner(), BTreeSet::from([(12, 93, 107)]));
    }
}
