#pragma once

#include <array>
#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace autonet::text {

/// One argument of concat(): text, a character, a number, or a value with a member str() (a Shape).
/// It refers to the text it was given, so it must not outlive the expression that makes it.
class Piece {
 public:
  Piece(std::string_view text) : text_(text) {}
  Piece(const std::string& text) : text_(text) {}
  Piece(const char* text) : text_(text) {}
  Piece(char character) : digits_{character}, text_(digits_.data(), 1) {}
  template <std::integral T>
  requires(!std::is_same_v<T, bool>) Piece(T number) {
    if constexpr (std::is_signed_v<T>) {
      write(static_cast<long long>(number));
    } else {
      write(static_cast<unsigned long long>(number));
    }
  }
  Piece(double number) { write(number); }
  template <typename T>
  requires requires(const T& value) {
    { value.str() } -> std::convertible_to<std::string>;
  }
  Piece(const T& value) : owned_(value.str()), text_(owned_) {}
  Piece(const Piece&) = delete;
  Piece& operator=(const Piece&) = delete;

  std::string_view text() const { return text_; }

 private:
  void write(long long number);
  void write(unsigned long long number);
  void write(double number);

  std::array<char, 32> digits_{};
  std::string owned_;
  std::string_view text_;
};

/// The pieces one after the other: what concat() calls.
std::string join(std::initializer_list<Piece> pieces);

/// The arguments one after the other: concat("axis ", 2, " of ", shape). Numbers are in decimal,
/// and a floating-point number has the fewest digits that read back as the same number: 0.1, 1e-05.
template <typename... Args>
std::string concat(const Args&... args) {
  return join({Piece(args)...});
}

/// The words or numbers with `separator` between them.
template <typename Words>
std::string joined(const Words& words, std::string_view separator) {
  std::string all;
  std::string_view between;
  for (const auto& word : words) {
    all += concat(between, word);
    between = separator;
  }
  return all;
}

}  // namespace autonet::text
