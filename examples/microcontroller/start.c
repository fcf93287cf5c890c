/* What a Cortex-M4 does after reset: the stack pointer and the first instruction come from the vector table. The
   floating-point unit is switched on; then the C library's start sets its memory up and calls main(). */
#include <stdint.h>

extern uint32_t stack_top;
void _start(void);

void reset(void) {
  *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20; /* CPACR: allow the floating-point unit */
  __asm volatile("dsb\n isb");
  _start();
  for (;;) {
  }
}

static void stop(void) {
  for (;;) {
  }
}

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
    &stack_top, (const void *)reset, (const void *)stop, (const void *)stop,
    (const void *)stop, (const void *)stop, (const void *)stop,
};
