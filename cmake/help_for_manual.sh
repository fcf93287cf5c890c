#!/bin/sh
# The help of the program at $AUTONET_PROGRAM, with "$ " before each example, by which help2man knows them.
"$AUTONET_PROGRAM" "$@" | sed 's/^  autonet /  $ autonet /'
