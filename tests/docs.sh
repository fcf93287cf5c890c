#!/usr/bin/env bash
# Holds that every public name is documented: classes, functions, members, fields, types and enum values of
# namespace autonet, without its inner namespaces. docs/Doxyfile says what is public.
#
#   tests/docs.sh [ROOT]       checks the tree at ROOT (default: this one)
#   tests/docs.sh --self-test  plants undocumented names in a copy and demands that each is found
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if ! command -v doxygen >/dev/null; then
  echo 'SKIPPED: whether every public name is documented, as doxygen is not installed'
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Prints the undocumented names of the tree at $1, and what Doxygen warns of in its comments.
undocumented() {
  cd "$1"
  {
    cat docs/Doxyfile
    printf '%s\n' 'INPUT = autonet.h docs/site autograd ops check data models train exchange' "OUTPUT_DIRECTORY = $work" \
      'EXTRACT_ALL = YES' 'GENERATE_HTML = NO' 'GENERATE_XML = YES' 'XML_PROGRAMLISTING = NO'
  } | doxygen - 2>&1 | grep -E '^[^ ]+:[0-9]+: ' || true # not what it says of its own settings
  perl docs/site/undocumented.pl "$work"/xml/*.xml
}

plant() { # text, to stand at the end of ops/conv2d.h
  rm -rf "$work/copy"
  mkdir "$work/copy"
  cp -r "$here"/{autonet.h,docs,autograd,ops,check,data,models,train,exchange} "$work/copy"
  printf '%s\n' 'namespace autonet {' "$1" '}  // namespace autonet' >>"$work/copy/ops/conv2d.h"
  undocumented "$work/copy" >"$work/found"
}

self_test() {
  local name failed=0
  plant 'int planted_function(int x);
    class PlantedClass {};
    using PlantedType = int;
    enum class PlantedEnum { a };
    /// A class whose members have no comment.
    class Plant {
     public:
      int planted_member() const;
      int planted_field = 0;
      enum class Documented { planted_value, other };  ///< An enum.
    };'
  for name in planted_function PlantedClass PlantedType PlantedEnum planted_member planted_field planted_value; do
    grep -q "\b$name," "$work/found" || { echo "not found: $name"; failed=1; }
  done
  plant '/// A class whose members have a comment, or are private or deleted.
    class Plant {
     public:
      int planted_field = 0;  ///< A field.
      Plant(const Plant&) = delete;
     private:
      int planted_member() const;
    };
    namespace internal {
    struct Plant {};
    int planted_function();
    }'
  if grep -iE '\b(plant(ed_.*)?|internal),' "$work/found"; then
    echo 'found, but documented or not public'
    failed=1
  fi
  return $failed
}

if [[ ${1:-} == --self-test ]]; then
  self_test
else
  undocumented "${1:-$here}" >"$work/found"
  cat "$work/found"
  [[ ! -s $work/found ]]
fi
