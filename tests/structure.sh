#!/usr/bin/env bash
# Holds the structure: who includes whom, what stays out of the library, how long a file may be.
#
#   tests/structure.sh [ROOT]       checks the tree at ROOT (default: this one)
#   tests/structure.sh --self-test  plants a mistake of each kind in a copy and demands that it is found
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# folder: the folders that it may include
arrows() {
  cat <<'END'
text: text
autograd: autograd text
ops: ops autograd text
check: check ops autograd text
data: data autograd text
models: models ops data autograd text
train: train models data check ops autograd text
cli: cli train models data check ops autograd text
END
}

check() {
  local root=$1 status=0 folder allowed line file included
  complain() { printf '%s\n' "$*"; status=1; }
  cd "$root"
  while IFS=: read -r folder allowed; do
    while IFS=: read -r file line included; do
      included=${included#*\"}
      included=${included%%/*}
      [[ " $allowed " == *" $included "* ]] || complain "$file:$line: $folder must not include $included/"
    done < <(grep -nrE '^#include "[a-z_]+/' --include='*.h' --include='*.cc' "$folder" || true)
  done < <(arrows)
  outside() { # pattern, folders that may not have it
    local pattern=$1; shift
    while IFS= read -r line; do complain "$line: must not be here"; done \
      < <(grep -nrE "$pattern" --include='*.h' --include='*.cc' "$@" || true)
  }
  outside '#include <nlohmann' text autograd ops check data
  outside '#include <(spdlog|CLI)/' text autograd ops check data models train
  outside '#include <(iostream|print)>|std::(cout|cerr|clog)\b|[^a-z_:n]printf\(|std::exit\(|std::abort\(' text autograd ops check data models train
  while IFS= read -r file; do
    [[ $file == ops/cpu/* ]] || complain "$file: SIMD stays in ops/cpu"
  done < <(grep -lrE '#include <hwy/' --include='*.h' --include='*.cc' text autograd ops check data models train cli || true)
  while read -r line file; do
    [[ $file == total ]] || ((line <= 500)) || complain "$file: $line lines, 500 at most; is there a seam?"
  done < <(find text autograd ops check data models train cli -name '*.h' -o -name '*.cc' | xargs wc -l)
  return $status
}

self_test() {
  local planted failed=0
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' EXIT
  plant() { # what, file, text
    rm -rf "${copy:?}"/*
    cp -r "$here"/{text,autograd,ops,check,data,models,train,cli} "$copy"
    printf '%b' "$3" >>"$copy/$2"
    if (check "$copy") >/dev/null; then
      echo "not found: $1"
      failed=1
    fi
  }
  plant 'a wrong arrow' autograd/shape.cc '#include "ops/conv2d.h"\n'
  plant 'an arrow upwards' ops/conv2d.cc '#include "models/model.h"\n'
  plant 'JSON in ops' ops/conv2d.cc '#include <nlohmann/json.hpp>\n'
  plant 'logging in train' train/fit.cc '#include <spdlog/spdlog.h>\n'
  plant 'printing' train/fit.cc 'void f() { std::cout << 1; }\n'
  plant 'SIMD elsewhere' train/fit.cc '#include <hwy/highway.h>\n'
  planted=$(printf '//\\n%.0s' {1..501})
  plant 'a long file' train/fit.cc "$planted"
  return $failed
}

if [[ ${1:-} == --self-test ]]; then self_test; else check "${1:-$here}"; fi
