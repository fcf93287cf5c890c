#include <cstdio>

#include "autograd/check_grad.h"

namespace autonet {

const char* name_of(Verdict verdict) {
  return verdict == Verdict::passed   ? "PASSED"
         : verdict == Verdict::failed ? "FAILED"
                                      : "INCONCLUSIVE";
}

std::string to_text(const CheckReport& report) {
  std::string text;
  for (const TensorCheck& t : report.tensors) {
    char line[200];
    std::snprintf(line, sizeof line,
                  " %s  checked %lld of %lld, kinks %lld, relative error %.1e, along directions "
                  "%.1e: %s",
                  t.shape.str().c_str(), static_cast<long long>(t.checked),
                  static_cast<long long>(t.total), static_cast<long long>(t.kinks),
                  t.worst_relative, t.direction_error, name_of(t.verdict));
    text += t.name + line + (t.diagnosis.empty() ? "" : " (" + t.diagnosis + ")") + "\n";
  }
  return text + name_of(report.verdict) + "\n";
}

}  // namespace autonet
