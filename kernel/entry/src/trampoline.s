// Where the other CPUs start: real mode, at a page below 1 MiB that this code is copied to. It reaches
// long mode with the boot page tables and the boot GDT, then goes on at the kernel's own address.
// Source: Intel SDM volume 3, 9.4 "Multiple-Processor (MP) Initialization".

.section .rodata.trampoline, "a", @progbits
.global trampoline_start
.global trampoline_end
.set TRAMPOLINE, 0x8000

.code16
trampoline_start:
    cli
    cld
    xorw %ax, %ax
    movw %ax, %ds
    lgdtl (TRAMPOLINE + trampoline_gdt_pointer - trampoline_start)
    movl %cr0, %eax
    orl $1, %eax
    movl %eax, %cr0
    ljmpl $24, $(TRAMPOLINE + trampoline_32 - trampoline_start)

.code32
trampoline_32:
    movw $16, %ax
    movw %ax, %ds
    movw %ax, %ss
    movl $(boot_pml4 - KERNEL_BASE), %eax
    movl %eax, %cr3
    movl %cr4, %eax
    orl $0xa0, %eax                     // PAE, PGE
    movl %eax, %cr4
    movl $0xc0000080, %ecx              // IA32_EFER
    rdmsr
    orl $0x900, %eax                    // LME, NXE
    wrmsr
    movl %cr0, %eax
    andl $0x9fffffff, %eax              // caches on: CD and NW clear
    orl $0x80010001, %eax               // PG, WP, PE
    movl %eax, %cr0
    ljmpl $8, $(TRAMPOLINE + trampoline_64 - trampoline_start)

.code64
trampoline_64:
    movabsq $ap_start, %rax
    jmpq *%rax

.balign 8
trampoline_gdt_pointer:
    .word 31
    .long boot_gdt - KERNEL_BASE
trampoline_end:

.section .text
// At the kernel's own address now: the kernel's page tables have no identity mapping, so take them first,
// then the stack, which only they map.
.type ap_start, @function
ap_start:
    xorl %eax, %eax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw %ax, %fs
    movw %ax, %gs
    movq ap_cr3(%rip), %rax
    movq %rax, %cr3
    movq ap_stack(%rip), %rsp
    xorl %ebp, %ebp
    movl ap_index(%rip), %edi
    call ap_entry
    ud2

.section .data
.balign 8
.global ap_cr3
.global ap_stack
.global ap_index
ap_cr3: .quad 0
ap_stack: .quad 0
ap_index: .quad 0
