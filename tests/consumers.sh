#!/usr/bin/env bash
# Builds and runs host programs against autonet in one of the ways in which people get it.
#
#   tests/consumers.sh BUILD installed      from cmake --install of BUILD, moved to a folder with a space in its name
#   tests/consumers.sh BUILD pkg-config     the same, by pkg-config
#   tests/consumers.sh BUILD subdirectory   by add_subdirectory, static; the core alone, which builds in half the time
#   tests/consumers.sh BUILD fetch          by FetchContent of a local folder, shared; the core alone
#   tests/consumers.sh BUILD shared         the whole as shared libraries, and from an install of them; for ./dev full-check
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$(cd "$1" && pwd)
how=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
host=$work/a\ host
cp -r "$root/tests/consumers" "$host"
prefix=$work/an\ install

fail() { echo "$*"; exit 1; }

# install [BUILD]
install() {
  cmake --install "${1:-$build}" --prefix "$work/first" >/dev/null
  mv "$work/first" "$prefix" # what is installed can be moved
}

# consume NAME OPTIONS…: configures the host project with these options, builds it and runs its programs.
programs=(gradients training)
targets=(all)
consume() {
  local name=$1 program; shift
  cmake -G Ninja -S "$host" -B "$work/$name" "$@" >"$work/log" 2>&1 || { cat "$work/log"; fail "$name: configuring failed"; }
  cmake --build "$work/$name" --target "${targets[@]}" >"$work/log" 2>&1 || { tail -n 40 "$work/log"; fail "$name: building failed"; }
  for program in "${programs[@]}"; do run "$name" "$work/$name/$program"; done
}

# consume_installed NAME OPTIONS…: hosts of GCC and Clang, C++20 and 23, with and without RTTI.
consume_installed() {
  local name=$1 standard; shift
  consume "$name, C++20" "-DCMAKE_PREFIX_PATH=$prefix" -DCMAKE_CXX_STANDARD=20 -DHOST_CMAKE_CXX_STANDARD=20 "$@"
  consume "$name, C++23 without RTTI" "-DCMAKE_PREFIX_PATH=$prefix" -DCMAKE_CXX_STANDARD=23 -DHOST_CMAKE_CXX_STANDARD=23 \
    -DCMAKE_CXX_FLAGS=-fno-rtti "$@"
  if ! command -v clang++ >/dev/null; then
    echo 'SKIPPED: a host compiled by Clang, as clang++ is not installed'
    return
  fi
  for standard in 20 23; do
    consume "$name, Clang, C++$standard" "-DCMAKE_PREFIX_PATH=$prefix" -DCMAKE_CXX_COMPILER=clang++ \
      -DCMAKE_CXX_STANDARD=$standard -DHOST_CMAKE_CXX_STANDARD=$standard "$@"
  done
}

run() {
  local name=$1; shift
  "$@" >"$work/out" 2>&1 || { cat "$work/out"; fail "$name: ${1##*/} failed"; }
  echo "$name: $(head -n 1 "$work/out")"
}

# Every installed header compiles by itself, with warnings as errors and nothing else in the include path.
every_header_alone() {
  local header
  cd "$prefix/include"
  ! find . -type f -not -path './autonet/*' | grep . || fail 'more than autonet/ is installed'
  ! grep -rnE '#include [<"](nlohmann|spdlog|hwy|CLI|ops/cpu)' . || fail 'a public header includes an internal package'
  ! grep -rl '<Eigen/' . | grep -v autograd/eigen.h || fail 'Eigen is included outside of eigen.h'
  while IFS= read -r header; do
    echo "#include <$header>"
    [[ $header == autonet/autograd/eigen.h ]] || ${CXX:-c++} -std=c++20 -I. -Wall -Wextra -Wpedantic -Wconversion -Werror \
      -fsyntax-only -x c++ - <<<"#include <$header>" >"$work/log" 2>&1 || { cat "$work/log"; fail "$header does not compile by itself"; }
  done < <(find autonet -name '*.h' | sort) | tail -n 1
}

# A host in the standard library's debug mode must not link with a library that is not, as their vectors differ.
debug_mode_is_refused() {
  if "$@" -D_GLIBCXX_DEBUG >"$work/log" 2>&1; then fail 'a host with -D_GLIBCXX_DEBUG links'; fi
  grep -q 'autonet_is_not_built_with_GLIBCXX_DEBUG' "$work/log" || { cat "$work/log"; fail 'the linker does not say why'; }
  echo 'with -D_GLIBCXX_DEBUG: refused by the linker'
}

by_fetch=(-DAUTONET_HOW=fetch "-DAUTONET_SOURCE=$root" -DBUILD_SHARED_LIBS=ON -DCMAKE_BUILD_TYPE=Release
  -DHOST_CMAKE_BUILD_TYPE=Release)

# The shared libraries show the names of autonet alone.
names_are_autonets() {
  local library
  for library in "$work"/fetch/_deps/autonet-build/libautonet_*.so; do
    nm -DC --defined-only "$library" | awk '{ $1 = $2 = ""; print }' | grep -vE ' (.* for )?(guard variable for )?autonet::' \
      | grep -v GLIBC >"$work/log" || true
    ! grep . "$work/log" || fail "${library##*/} shows names that are not autonet's"
  done
}

case $how in
  installed)
    install
    consume_installed static
    every_header_alone
    (cd "$work" && run 'the program' "$prefix/bin/autonet" fit quickstart --epochs 0)
    [[ -e $work/quickstart.npz ]] || fail 'the installed program did not save where it was called'
    for file in share/autonet/models/model.schema.json share/bash-completion/completions/autonet; do
      [[ -s $prefix/$file ]] || fail "$file is not installed"
    done
    if command -v help2man >/dev/null; then
      grep -q 'check\\-grad' "$prefix/share/man/man1/autonet.1" || fail 'the manual page names no commands'
      [[ -s $prefix/share/man/man1/autonet-check-grad.1 ]] || fail 'a command has no manual page'
    else
      echo 'SKIPPED: manual pages, as help2man is not installed'
    fi
    ;;
  pkg-config)
    command -v pkg-config >/dev/null || { echo 'SKIPPED: hosts that use it, as pkg-config is not installed'; exit 77; }
    install
    export PKG_CONFIG_PATH=$prefix/lib/pkgconfig:$prefix/lib64/pkgconfig:$prefix/lib/$(uname -m)-linux-gnu/pkgconfig
    eval "flags=($(pkg-config --cflags --libs autonet))"
    compile=("${CXX:-c++}" -std=c++20 "$host/training.cc" -o "$work/training" "${flags[@]}")
    "${compile[@]}"
    LD_LIBRARY_PATH=$(pkg-config --variable=libdir autonet) run pkg-config "$work/training"
    debug_mode_is_refused "${compile[@]}"
    ;;
  subdirectory)
    programs=(gradients) targets=(gradients)
    consume subdirectory -DAUTONET_HOW=subdirectory "-DAUTONET_SOURCE=$root"
    ;;
  fetch)
    programs=(gradients) targets=(gradients)
    consume fetch "${by_fetch[@]}"
    names_are_autonets
    ;;
  shared)
    consume fetch "${by_fetch[@]}" -DAUTONET_INSTALL=ON
    names_are_autonets
    install "$work/fetch/_deps/autonet-build"
    consume_installed shared
    ;;
  *) fail "no such way: $how" ;;
esac
