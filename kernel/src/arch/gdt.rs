//! Each CPU's GDT and TSS. The TSS gives double fault, NMI and machine check stacks of their own
//! (Intel SDM volume 3, 7.14.5 "Interrupt Stack Table").

use x86_64::{
    VirtAddr,
    instructions::{
        segmentation::{CS, DS, ES, SS, Segment},
        tables::load_tss,
    },
    structures::{
        gdt::{Descriptor, GlobalDescriptorTable},
        tss::TaskStateSegment,
    },
};

use crate::{cpu, mem::stack};

/// The stack of double faults, in the interrupt stack table.
pub const DOUBLE_FAULT_STACK: u16 = 0;
/// The stack of non-maskable interrupts.
pub const NMI_STACK: u16 = 1;
/// The stack of machine checks.
pub const MACHINE_CHECK_STACK: u16 = 2;

const FAULT_STACK_SIZE: u64 = 32 * 1024;

/// The tables of one CPU.
pub struct Segments {
    gdt: GlobalDescriptorTable,
    tss: TaskStateSegment,
}

impl Segments {
    /// Empty tables, for a static.
    pub const fn new() -> Self {
        Self { gdt: GlobalDescriptorTable::new(), tss: TaskStateSegment::new() }
    }
}

/// Gives the CPU that calls its tables, with fresh fault stacks. Once a CPU.
///
/// # Panics
/// If memory for the stacks runs out.
pub fn init() {
    let cpu = cpu::current();
    // SAFETY: `segments` is of this CPU, which comes here once; nothing in the closure comes back here. The
    // tables lie in a static, so the references that the CPU keeps to them stay valid.
    unsafe {
        cpu.segments.with(|segments| {
            let segments: &'static mut Segments = &mut *(segments as *mut Segments);
            for index in [DOUBLE_FAULT_STACK, NMI_STACK, MACHINE_CHECK_STACK] {
                let stack = stack::alloc(FAULT_STACK_SIZE).expect("memory for the fault stacks");
                segments.tss.interrupt_stack_table[index as usize] = VirtAddr::new(stack.top);
            }
            let code = segments.gdt.append(Descriptor::kernel_code_segment());
            let data = segments.gdt.append(Descriptor::kernel_data_segment());
            let tss = segments.gdt.append(Descriptor::tss_segment(&segments.tss));
            segments.gdt.load();
            CS::set_reg(code);
            SS::set_reg(data);
            DS::set_reg(data);
            ES::set_reg(data);
            load_tss(tss);
        });
    }
}
