#include "autonet/text/concat.h"

#include <charconv>

namespace autonet::text {
namespace {

template <std::size_t kSize, typename Number>
std::string_view written(std::array<char, kSize>& digits, Number number) {
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  return {digits.data(), static_cast<std::size_t>(result.ptr - digits.data())};
}

}  // namespace

void Piece::write(long long number) {
  text_ = written(digits_, number);
}
void Piece::write(unsigned long long number) {
  text_ = written(digits_, number);
}
void Piece::write(double number) {
  text_ = written(digits_, number);
}

std::string join(std::initializer_list<Piece> pieces) {
  std::size_t size = 0;
  for (const Piece& piece : pieces) size += piece.text().size();
  std::string all;
  all.reserve(size);
  for (const Piece& piece : pieces) all += piece.text();
  return all;
}

}  // namespace autonet::text
