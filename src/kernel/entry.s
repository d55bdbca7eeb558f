# Ring-0 machine code: the way from ring 3 into the kernel and back. Assembled at boot, placed at the start of RAM, run at its
# direct-map address; the same in every address space, supervisor-only.
#
# In ring 3, sscratch holds the address of the current task's trap frame (memory/trap-frame.ts); in ring 0 it holds zero.
# Interrupts are off in ring 0. The names in capitals are defined by boot.ts from memory/layout.ts and memory/trap-frame.ts.

    .text
    .option norelax

# Every trap comes here (stvec). Stores the program's registers in its frame and hands over to the TypeScript kernel.
    .globl trap_entry
    .p2align 6
trap_entry:
    csrrw   sp, sscratch, sp
    beqz    sp, trap_in_ring0
    sd      ra, 8(sp)
    sd      gp, 24(sp)
    sd      tp, 32(sp)
    sd      t0, 40(sp)
    sd      t1, 48(sp)
    sd      t2, 56(sp)
    sd      s0, 64(sp)
    sd      s1, 72(sp)
    sd      a0, 80(sp)
    sd      a1, 88(sp)
    sd      a2, 96(sp)
    sd      a3, 104(sp)
    sd      a4, 112(sp)
    sd      a5, 120(sp)
    sd      a6, 128(sp)
    sd      a7, 136(sp)
    sd      s2, 144(sp)
    sd      s3, 152(sp)
    sd      s4, 160(sp)
    sd      s5, 168(sp)
    sd      s6, 176(sp)
    sd      s7, 184(sp)
    sd      s8, 192(sp)
    sd      s9, 200(sp)
    sd      s10, 208(sp)
    sd      s11, 216(sp)
    sd      t3, 224(sp)
    sd      t4, 232(sp)
    sd      t5, 240(sp)
    sd      t6, 248(sp)
    csrrw   t0, sscratch, zero          # the program's sp; from here on we are in ring 0
    csrr    t1, sepc
    csrr    t2, sstatus
    csrr    t3, stval
    csrr    t4, scause
    sd      t0, 16(sp)
    sd      t1, 0(sp)
    sd      t2, FRAME_STATUS(sp)
    sd      t3, FRAME_BADADDR(sp)
    sd      t4, FRAME_CAUSE(sp)
    li      s0, HART_AREA
    .if KPTI
    ld      t0, HART_NEXT_SATP(s0)      # the kernel's page table of this address space
    csrw    satp, t0
    .if FLUSH_AT_SWITCH
    sfence.vma
    .endif
    .endif
    ld      s1, HART_GATE(s0)
    sw      zero, 0(s1)                 # the gate: TypeScript takes over

# The TypeScript kernel is done: HART_NEXT_FRAME says whose registers to load. s0 and s1 are as above.
    .globl resume
resume:
    ld      sp, HART_NEXT_FRAME(s0)
    ld      s2, HART_CURRENT_FRAME(s0)
    bne     sp, s2, switch_registers
load_registers:
    .if KPTI
    ld      t0, HART_USER_SATP(s0)
    csrw    satp, t0
    .if FLUSH_AT_SWITCH
    sfence.vma
    .endif
    .endif
    ld      t1, 0(sp)
    ld      t2, FRAME_STATUS(sp)
    csrw    sscratch, sp
    csrw    sepc, t1
    csrw    sstatus, t2
    ld      ra, 8(sp)
    ld      gp, 24(sp)
    ld      tp, 32(sp)
    ld      t0, 40(sp)
    ld      t1, 48(sp)
    ld      t2, 56(sp)
    ld      s0, 64(sp)
    ld      s1, 72(sp)
    ld      a0, 80(sp)
    ld      a1, 88(sp)
    ld      a2, 96(sp)
    ld      a3, 104(sp)
    ld      a4, 112(sp)
    ld      a5, 120(sp)
    ld      a6, 128(sp)
    ld      a7, 136(sp)
    ld      s2, 144(sp)
    ld      s3, 152(sp)
    ld      s4, 160(sp)
    ld      s5, 168(sp)
    ld      s6, 176(sp)
    ld      s7, 184(sp)
    ld      s8, 192(sp)
    ld      s9, 200(sp)
    ld      s10, 208(sp)
    ld      s11, 216(sp)
    ld      t3, 224(sp)
    ld      t4, 232(sp)
    ld      t5, 240(sp)
    ld      t6, 248(sp)
    ld      sp, 16(sp)
    sret

# Another task's frame: its FP registers replace those of the task before (s2), which are stored if they changed.
switch_registers:
    sd      sp, HART_CURRENT_FRAME(s0)
    li      t3, SSTATUS_FS
    csrs    sstatus, t3                 # FP instructions work in ring 0 until sstatus is loaded below
    ld      t0, FRAME_STATUS(s2)
    and     t1, t0, t3
    bne     t1, t3, load_float          # not dirty: the frame has them already
    fsd     f0, FRAME_FP+0(s2)
    fsd     f1, FRAME_FP+8(s2)
    fsd     f2, FRAME_FP+16(s2)
    fsd     f3, FRAME_FP+24(s2)
    fsd     f4, FRAME_FP+32(s2)
    fsd     f5, FRAME_FP+40(s2)
    fsd     f6, FRAME_FP+48(s2)
    fsd     f7, FRAME_FP+56(s2)
    fsd     f8, FRAME_FP+64(s2)
    fsd     f9, FRAME_FP+72(s2)
    fsd     f10, FRAME_FP+80(s2)
    fsd     f11, FRAME_FP+88(s2)
    fsd     f12, FRAME_FP+96(s2)
    fsd     f13, FRAME_FP+104(s2)
    fsd     f14, FRAME_FP+112(s2)
    fsd     f15, FRAME_FP+120(s2)
    fsd     f16, FRAME_FP+128(s2)
    fsd     f17, FRAME_FP+136(s2)
    fsd     f18, FRAME_FP+144(s2)
    fsd     f19, FRAME_FP+152(s2)
    fsd     f20, FRAME_FP+160(s2)
    fsd     f21, FRAME_FP+168(s2)
    fsd     f22, FRAME_FP+176(s2)
    fsd     f23, FRAME_FP+184(s2)
    fsd     f24, FRAME_FP+192(s2)
    fsd     f25, FRAME_FP+200(s2)
    fsd     f26, FRAME_FP+208(s2)
    fsd     f27, FRAME_FP+216(s2)
    fsd     f28, FRAME_FP+224(s2)
    fsd     f29, FRAME_FP+232(s2)
    fsd     f30, FRAME_FP+240(s2)
    fsd     f31, FRAME_FP+248(s2)
    frcsr   t1
    sw      t1, FRAME_FCSR(s2)
    li      t1, SSTATUS_FS_CLEAN
    xor     t0, t0, t1
    xor     t0, t0, t3                  # Dirty becomes Clean
    sd      t0, FRAME_STATUS(s2)
load_float:
    ld      t0, FRAME_STATUS(sp)
    and     t0, t0, t3
    beqz    t0, load_registers          # FS = Off: the program may not use them
    fld     f0, FRAME_FP+0(sp)
    fld     f1, FRAME_FP+8(sp)
    fld     f2, FRAME_FP+16(sp)
    fld     f3, FRAME_FP+24(sp)
    fld     f4, FRAME_FP+32(sp)
    fld     f5, FRAME_FP+40(sp)
    fld     f6, FRAME_FP+48(sp)
    fld     f7, FRAME_FP+56(sp)
    fld     f8, FRAME_FP+64(sp)
    fld     f9, FRAME_FP+72(sp)
    fld     f10, FRAME_FP+80(sp)
    fld     f11, FRAME_FP+88(sp)
    fld     f12, FRAME_FP+96(sp)
    fld     f13, FRAME_FP+104(sp)
    fld     f14, FRAME_FP+112(sp)
    fld     f15, FRAME_FP+120(sp)
    fld     f16, FRAME_FP+128(sp)
    fld     f17, FRAME_FP+136(sp)
    fld     f18, FRAME_FP+144(sp)
    fld     f19, FRAME_FP+152(sp)
    fld     f20, FRAME_FP+160(sp)
    fld     f21, FRAME_FP+168(sp)
    fld     f22, FRAME_FP+176(sp)
    fld     f23, FRAME_FP+184(sp)
    fld     f24, FRAME_FP+192(sp)
    fld     f25, FRAME_FP+200(sp)
    fld     f26, FRAME_FP+208(sp)
    fld     f27, FRAME_FP+216(sp)
    fld     f28, FRAME_FP+224(sp)
    fld     f29, FRAME_FP+232(sp)
    fld     f30, FRAME_FP+240(sp)
    fld     f31, FRAME_FP+248(sp)
    lw      t0, FRAME_FCSR(sp)
    fscsr   t0
    j       load_registers

# The TypeScript kernel enters here, between a gate and `resume`, when it goes on to work for another address space.
    .globl switch_address_space
switch_address_space:
    ld      t0, HART_NEXT_SATP(s0)
    csrw    satp, t0
    .if FLUSH_AT_SWITCH
    sfence.vma
    .endif
    sw      zero, 0(s1)
    j       resume

# A trap while in ring 0 is a bug: gate value 1 makes the TypeScript kernel panic.
trap_in_ring0:
    li      s0, HART_AREA
    ld      s1, HART_GATE(s0)
    li      t0, 1
    sw      t0, 0(s1)
halt:
    wfi
    j       halt
