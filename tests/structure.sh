#!/usr/bin/env bash
# Checks the structure: which folder includes which, what host programs see, what stays out of the library, that what is not public is
# in an inner namespace, and how long a file may be.
#
#   tests/structure.sh [ROOT]       checks the tree at ROOT (default: this one)
#   tests/structure.sh --self-test  plants a mistake of each kind in a copy and fails if one is not found
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
exchange: exchange train models data check ops autograd text
cli: cli exchange train models data check ops autograd text
python: python exchange train models data check ops autograd text
END
}

check() {
  local root=$1 status=0 folder allowed line file
  complain() { printf '%s\n' "$*"; status=1; }
  cd "$root"
  while IFS=: read -r folder allowed; do
    while IFS= read -r line; do complain "$line"; done < <(
      grep -nrE '^#include "[a-z_]+/' --include='*.h' --include='*.cc' "$folder" |
        awk -F: -v folder="$folder" -v allowed=" $allowed " '{
          split($0, parts, "\"")
          sub(/^autonet\//, "", parts[2])
          sub(/\/.*/, "", parts[2])
          if (!index(allowed, " " parts[2] " ")) print $1 ":" $2 ": " folder " must not include " parts[2] "/"
        }' || true)
  done < <(arrows)
  outside() { # the rule, a pattern that breaks it, the folders that it holds for
    local rule=$1 pattern=$2; shift 2
    while IFS= read -r line; do complain "$line: $rule"; done \
      < <(grep -nrE "$pattern" --include='*.h' --include='*.cc' "$@" || true)
  }
  # A header that host programs include is named "autonet/…" everywhere, and includes no other kind.
  local public
  public=$(grep -rhoE '^#include ["<]autonet/[a-z0-9_/]+\.h' --include='*.h' --include='*.cc' \
    autonet.h text autograd ops check data models train exchange cli tests examples bench | sed 's|.*["<]autonet/||' | sort -u)
  while IFS= read -r file; do
    while IFS= read -r line; do complain "$file:$line: a public header includes only public headers"; done \
      < <(grep -nE '^#include ("|<(nlohmann|spdlog|hwy|CLI|Eigen|zlib|png))' "$file" | grep -v '"autonet/' \
        | grep -v "^[0-9]*:#include <Eigen/Core>$" || true)
    [[ $file == autograd/eigen.h ]] || ! grep -q '<Eigen/' "$file" || complain "$file: Eigen stays in autograd/eigen.h"
  done <<<"$public"
  while IFS= read -r line; do complain "$line"; done < <(
    grep -nrE '^#include "[a-z_]+/' --include='*.h' --include='*.cc' \
      text autograd ops check data models train exchange cli tests examples bench |
      awk -F: -v public="$public" 'BEGIN { split(public, list, "\n"); for (i in list) is_public[list[i]] = 1 }
        { split($0, parts, "\"")
          if (parts[2] in is_public) print $1 ":" $2 ": a public header is included as \"autonet/…\"" }' || true)
  outside 'JSON stays in models, train and cli' '#include <nlohmann' text autograd ops check data exchange
  outside 'logging and command lines stay in cli' '#include <(spdlog|CLI)/' text autograd ops check data models train exchange
  outside 'the library neither prints nor exits' \
    '#include <(iostream|print)>|std::(cout|cerr|clog)\b|[^a-z_:n]printf\(|std::exit\(|std::abort\(' \
    text autograd ops check data models train exchange
  outside 'no command runs a shell or another program' '\b(system|popen|posix_spawnp?|exec[lv][pe]*)\(' \
    text autograd ops check data models train exchange cli
  outside 'use text::concat' 'std::to_string' text autograd ops check data models train exchange cli
  while IFS= read -r file; do
    [[ $file == ops/cpu/* ]] || complain "$file: SIMD stays in ops/cpu"
  done < <(grep -lrE '#include <hwy/' --include='*.h' --include='*.cc' text autograd ops check data models train exchange cli || true)
  while IFS= read -r file; do
    [[ $file == train/mpi/* ]] || complain "$file: MPI stays in train/mpi"
  done < <(grep -lrE '#include <mpi\.h>' --include='*.h' --include='*.cc' text autograd ops check data models train exchange cli || true)
  for folder in cpu text cli; do # none of these folders is public
    while IFS= read -r line; do complain "$line: outside namespace autonet::$folder"; done < <(
      find ops/cpu text cli -path "*$folder/*.h" -exec awk -v name="autonet::$folder" '
        FNR == 1 { inside = 0 }
        $0 == "namespace " name " {" { inside = 1 }
        !inside && !/^($|#|\/\/|HWY_)/ { print FILENAME ":" FNR }
        $0 == "}  // namespace " name { inside = 0 }' {} +)
  done
  while read -r line file; do
    [[ $file == total ]] || ((line <= 350)) || complain "$file: $line lines; split it, as 350 are allowed"
  done < <(find text autograd ops check data models train exchange cli tests examples bench fuzz \
    \( -name '*.h' -o -name '*.cc' \) -exec wc -l {} +)
  return $status
}

self_test() {
  local planted failed=0
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' EXIT
  plant() { # what, file, text
    rm -rf "${copy:?}"/*
    cp -r "$here"/{autonet.h,text,autograd,ops,check,data,models,train,exchange,cli,python,tests,examples,bench,fuzz} "$copy"
    printf '%b' "$3" >>"$copy/$2"
    if (check "$copy") >/dev/null; then
      echo "not found: $1"
      failed=1
    fi
  }
  plant 'a wrong arrow' autograd/shape.cc '#include "ops/conv2d.h"\n'
  plant 'an arrow out of text' text/table.cc '#include "autograd/error.h"\n'
  plant 'an arrow upwards' ops/conv2d.cc '#include "models/model.h"\n'
  plant 'JSON in ops' ops/conv2d.cc '#include <nlohmann/json.hpp>\n'
  plant 'logging in train' train/fit.cc '#include <spdlog/spdlog.h>\n'
  plant 'printing' train/fit.cc 'void f() { std::cout << 1; }\n'
  plant 'a shell' cli/fit.cc 'int f() { return std::system("ls"); }\n'
  plant 'SIMD elsewhere' train/fit.cc '#include <hwy/highway.h>\n'
  plant 'MPI elsewhere' train/fit.cc '#include <mpi.h>\n'
  plant 'std::to_string' train/fit.cc 'const auto text = std::to_string(1);\n'
  plant 'a public routine' ops/cpu/pool.h 'namespace autonet {\nvoid f();\n}  // namespace autonet\n'
  plant 'a public text' text/table.h 'void f();\n'
  plant 'a public part of the program' cli/command.h 'namespace autonet {\nvoid f();\n}\n'
  plant 'an internal header in a public one' ops/conv2d.h '#include "ops/window_keys.h"\n'
  plant 'Eigen in a public header' ops/conv2d.h '#include <Eigen/Core>\n'
  plant 'JSON in a public header' models/model.h '#include <nlohmann/json.hpp>\n'
  plant 'a public header by another name' ops/pool.cc '#include "ops/conv2d.h"\n'
  planted=$(printf '//\\n%.0s' {1..351})
  plant 'a long file' train/fit.cc "$planted"
  plant 'a long test' tests/main.cc "$planted"
  return $failed
}

if [[ ${1:-} == --self-test ]]; then self_test; else check "${1:-$here}"; fi
