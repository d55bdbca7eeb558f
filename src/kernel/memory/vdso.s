# The vDSO's code: what a program can call without a trap. Position-independent; it lies in one page, right after the page
# with the kernel's time data (vdso.ts, struct of the VVAR_ constants), which it finds relative to its own page.
#
# The time is what the kernel wrote at the last tick plus the ticks of the timebase since then; a sequence number that is odd
# while the kernel writes, and must be the same after reading as before, makes the two one (Linux's lib/vdso/gettimeofday.c).

    .text
    .option norelax

# int clock_gettime(clockid_t a0, struct timespec *a1)
    .globl __vdso_clock_gettime
    .p2align 2
__vdso_clock_gettime:
    addi    sp, sp, -16
    sd      s0, 8(sp)
    addi    s0, sp, 16                  # a frame, so that profilers can unwind
    auipc   a5, 0xfffff                 # this page's predecessor
    srli    a5, a5, 12
    slli    a5, a5, 12
    li      t0, 11
    bgtu    a0, t0, clock_gettime_trap
    li      t0, 1
    sll     t0, t0, a0
    andi    t1, t0, VVAR_PRECISE_CLOCKS
    beqz    t1, coarse
    slli    a2, a0, 4                   # 16 bytes a clock
    add     a2, a2, a5
precise_again:
    lw      a3, VVAR_SEQUENCE(a5)
    andi    t1, a3, 1
    bnez    t1, precise_again
    lw      t1, VVAR_MODE(a5)
    fence   r, r
    beqz    t1, clock_gettime_trap      # the timebase is not to be used
    rdtime  a4
    ld      t2, VVAR_LAST_TICK(a5)
    ld      a6, VVAR_LONGEST(a5)
    lwu     t3, VVAR_MULTIPLIER(a5)
    lw      t4, VVAR_SHIFT(a5)
    ld      t5, VVAR_CLOCKS+8(a2)       # nanoseconds, shifted
    ld      t6, VVAR_CLOCKS+0(a2)       # seconds
    sub     a4, a4, t2
    bgtu    a4, a6, clock_gettime_trap  # so long ago that the product would overflow
    mul     a4, a4, t3
    add     a4, a4, t5
    srl     a4, a4, t4
    fence   r, r
    lw      t1, VVAR_SEQUENCE(a5)
    bne     t1, a3, precise_again
    li      t0, 1000000000
    mv      t1, zero
    bltu    a4, t0, precise_done
precise_second:
    addi    t1, t1, 1
    sub     a4, a4, t0
    bgeu    a4, t0, precise_second
precise_done:
    add     t6, t6, t1
    sd      t6, 0(a1)
    sd      a4, 8(a1)
    mv      a0, zero
    ld      s0, 8(sp)
    addi    sp, sp, 16
    ret
coarse:
    andi    t1, t0, VVAR_COARSE_CLOCKS
    beqz    t1, clock_gettime_trap
    addi    a2, a0, -5                  # CLOCK_REALTIME_COARSE
    slli    a2, a2, 4
    add     a2, a2, a5
coarse_again:
    lw      a3, VVAR_SEQUENCE(a5)
    andi    t1, a3, 1
    bnez    t1, coarse_again
    fence   r, r
    ld      t5, VVAR_COARSE+8(a2)
    ld      t6, VVAR_COARSE+0(a2)
    fence   r, r
    lw      t1, VVAR_SEQUENCE(a5)
    bne     t1, a3, coarse_again
    sd      t6, 0(a1)
    sd      t5, 8(a1)
    mv      a0, zero
    ld      s0, 8(sp)
    addi    sp, sp, 16
    ret
clock_gettime_trap:
    ld      s0, 8(sp)
    addi    sp, sp, 16
    li      a7, 113
    ecall
    ret

# int gettimeofday(struct timeval *a0, struct timezone *a1)
    .globl __vdso_gettimeofday
    .p2align 2
__vdso_gettimeofday:
    bnez    a1, gettimeofday_trap
    beqz    a0, gettimeofday_none
    addi    sp, sp, -16
    sd      ra, 8(sp)
    sd      a0, 0(sp)
    mv      a1, a0
    li      a0, 0
    jal     ra, __vdso_clock_gettime
    ld      a1, 0(sp)
    ld      ra, 8(sp)
    addi    sp, sp, 16
    ld      a2, 8(a1)
    li      a3, 1000
    divu    a2, a2, a3
    sd      a2, 8(a1)
gettimeofday_none:
    mv      a0, zero
    ret
gettimeofday_trap:
    li      a7, 169
    ecall
    ret

# int clock_getres(clockid_t a0, struct timespec *a1)
    .globl __vdso_clock_getres
    .p2align 2
__vdso_clock_getres:
    li      a7, 114
    ecall
    ret

# int getcpu(unsigned *a0, unsigned *a1, void *a2)
    .globl __vdso_getcpu
    .p2align 2
__vdso_getcpu:
    li      a7, 168
    ecall
    ret

# int riscv_flush_icache(void *a0, void *a1, unsigned long a2)
    .globl __vdso_flush_icache
    .p2align 2
__vdso_flush_icache:
    li      a7, 259
    ecall
    ret

# int riscv_hwprobe(pairs, count, cpu count, cpus, flags)
    .globl __vdso_riscv_hwprobe
    .p2align 2
__vdso_riscv_hwprobe:
    li      a7, 258
    ecall
    ret

# A signal handler returns here. Unwinders know these two instructions: exactly these, neither compressed.
    .globl __vdso_rt_sigreturn
    .p2align 2
    .option push
    .option norvc
__vdso_rt_sigreturn:
    li      a7, 139
    ecall
    .option pop
__vdso_end:
    .globl __vdso_end
