// The first instructions. A PVH loader (QEMU's -kernel among them) enters here in 32-bit protected mode,
// paging off, with the physical address of the start info in %ebx.
// Source: Xen's "x86/HVM direct boot ABI (PVH)", docs/misc/pvh.pandoc.

.set KERNEL_BASE, 0xffffffff80000000

.section .note.pvh, "a", @note
.balign 4
.long 4, 4, 18                          // name size, descriptor size, XEN_ELFNOTE_PHYS32_ENTRY
.asciz "Xen"
.long pvh_start - KERNEL_BASE

.section .boot.text, "ax", @progbits
.code32
.global pvh_start
pvh_start:
    cli
    cld
    // The kernel's image starts at 2 MiB: a page directory that maps the first GiB serves both the
    // identity mapping that this code runs in and the kernel's own addresses.
    movl $(boot_pd - KERNEL_BASE), %edi
    movl $0x83, %eax                    // present, writable, 2 MiB
    movl $512, %ecx
1:  movl %eax, (%edi)
    movl $0, 4(%edi)
    addl $0x200000, %eax
    addl $8, %edi
    loop 1b
    movl $(boot_pd - KERNEL_BASE + 3), (boot_pdpt_low - KERNEL_BASE)
    movl $(boot_pd - KERNEL_BASE + 3), (boot_pdpt_high - KERNEL_BASE + 510 * 8)
    movl $(boot_pdpt_low - KERNEL_BASE + 3), (boot_pml4 - KERNEL_BASE)
    movl $(boot_pdpt_high - KERNEL_BASE + 3), (boot_pml4 - KERNEL_BASE + 511 * 8)

    movl $(boot_pml4 - KERNEL_BASE), %eax
    movl %eax, %cr3
    movl %ebx, %esi                     // cpuid and wrmsr need ebx alone
    call enter_long_mode
    lgdt (boot_gdt_pointer - KERNEL_BASE)
    ljmp $8, $(boot_long_mode - KERNEL_BASE)

// Switches on PAE, long mode, no-execute, write protection and paging. %cr3 is set. Uses eax, ecx, edx.
enter_long_mode:
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
    ret

.code64
boot_long_mode:
    movabsq $1f, %rax
    jmpq *%rax
1:  xorl %eax, %eax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw %ax, %fs
    movw %ax, %gs
    movq $boot_stack_top, %rsp
    xorl %ebp, %ebp
    movl %esi, %edi                     // the start info
    call kernel_entry
    ud2

.section .rodata
.balign 8
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff            // 64-bit code
    .quad 0x00cf93000000ffff            // data
    .quad 0x00cf9b000000ffff            // 32-bit code, for the other CPUs' start
boot_gdt_pointer:
    .word boot_gdt_pointer - boot_gdt - 1
    .long boot_gdt - KERNEL_BASE

.section .bss.boot, "aw", @nobits
.balign 4096
.global boot_pml4
boot_pml4: .skip 4096
boot_pdpt_low: .skip 4096
boot_pdpt_high: .skip 4096
boot_pd: .skip 4096
boot_stack: .skip 32768
boot_stack_top:
