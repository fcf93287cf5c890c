#!/usr/bin/env bash
# Writes strokes.json as C, compiles it for a Cortex-M4 and lets it learn on the board mps2-an386, emulated by QEMU.
#
#   examples/microcontroller/run.sh [AUTONET]     AUTONET: the program, build/autonet by default
#
# Needs Debian's gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm. Without them the exit status is 77.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
autonet=${1:-$here/../../build/autonet}
for tool in arm-none-eabi-gcc qemu-system-arm; do
  if ! command -v "$tool" >/dev/null; then
    echo "SKIPPED: learning on an emulated Cortex-M4, as $tool is not installed"
    exit 77
  fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$autonet" export "$here/strokes.json" --initial --c "$work" --train >&2
arm-none-eabi-gcc -std=c99 -O2 -Wall -Wextra -Wconversion -Werror \
  -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 --specs=rdimon.specs \
  -T "$here/mps2.ld" -I "$work" "$here/start.c" "$here/learn.c" "$work/strokes.c" -lm -o "$work/learn.elf"
arm-none-eabi-size "$work/learn.elf" >&2
timeout 300 qemu-system-arm -M mps2-an386 -display none -serial none -monitor none \
  -semihosting-config enable=on,target=native -kernel "$work/learn.elf"
