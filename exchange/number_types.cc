#include "exchange/number_types.h"

#include <bit>
#include <cmath>
#include <limits>

#include "exchange/step_function.h"

namespace autonet::exchange {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// What a floating-point type makes of its codes.
enum class Codes : std::int8_t {
  ieee,     // infinities and NaNs with the largest exponent
  one_nan,  // the largest code is NaN; no infinities
  fnuz,     // -0 is NaN; no infinities
  finite,   // neither
};

struct Real {
  int exponent_bits = 0;
  int fraction_bits = 0;
  int bias = 0;
  Codes codes = Codes::ieee;
  double largest = 0.0;
};

enum class Kind : std::int8_t { real, unsigned_whole, signed_whole, truth };

struct TypeInfo {
  Element type;
  const char* name;
  int bits;
  Kind kind;
  Real real = {};
};

constexpr TypeInfo kTypes[] = {
    {Element::float32, "float", 32, Kind::real},
    {Element::float64, "double", 64, Kind::real},
    {Element::float16, "float16", 16, Kind::real, {5, 10, 15, Codes::ieee, 65504.0}},
    {Element::bfloat16, "bfloat16", 16, Kind::real, {8, 7, 127, Codes::ieee, 0x1.FEp127}},
    {Element::float8e4m3fn, "float8e4m3fn", 8, Kind::real, {4, 3, 7, Codes::one_nan, 448.0}},
    {Element::float8e4m3fnuz, "float8e4m3fnuz", 8, Kind::real, {4, 3, 8, Codes::fnuz, 240.0}},
    {Element::float8e5m2, "float8e5m2", 8, Kind::real, {5, 2, 15, Codes::ieee, 57344.0}},
    {Element::float8e5m2fnuz, "float8e5m2fnuz", 8, Kind::real, {5, 2, 16, Codes::fnuz, 57344.0}},
    {Element::float4e2m1, "float4e2m1", 4, Kind::real, {2, 1, 1, Codes::finite, 6.0}},
    {Element::uint8, "uint8", 8, Kind::unsigned_whole},
    {Element::int8, "int8", 8, Kind::signed_whole},
    {Element::uint16, "uint16", 16, Kind::unsigned_whole},
    {Element::int16, "int16", 16, Kind::signed_whole},
    {Element::uint32, "uint32", 32, Kind::unsigned_whole},
    {Element::int32, "int32", 32, Kind::signed_whole},
    {Element::uint64, "uint64", 64, Kind::unsigned_whole},
    {Element::int64, "int64", 64, Kind::signed_whole},
    {Element::uint4, "uint4", 4, Kind::unsigned_whole},
    {Element::int4, "int4", 4, Kind::signed_whole},
    {Element::uint2, "uint2", 2, Kind::unsigned_whole},
    {Element::int2, "int2", 2, Kind::signed_whole},
    {Element::boolean, "bool", 8, Kind::truth},
};

constexpr const TypeInfo* info_of(Element type) {
  for (const TypeInfo& info : kTypes) {
    if (info.type == type) return &info;
  }
  return nullptr;
}

double from_bits(std::uint64_t bits, const Real& real) {
  const auto width = static_cast<unsigned>(real.exponent_bits + real.fraction_bits);
  const std::uint64_t sign_bit = std::uint64_t{1} << width;
  const std::uint64_t exponents =
      (std::uint64_t{1} << static_cast<unsigned>(real.exponent_bits)) - 1;
  const std::uint64_t fractions =
      (std::uint64_t{1} << static_cast<unsigned>(real.fraction_bits)) - 1;
  const std::uint64_t exponent = bits >> static_cast<unsigned>(real.fraction_bits) & exponents;
  const std::uint64_t fraction = bits & fractions;
  const double sign = (bits & sign_bit) != 0 ? -1.0 : 1.0;
  if (real.codes == Codes::fnuz && bits == sign_bit) return kNan;
  if (exponent == exponents) {
    if (real.codes == Codes::ieee) return fraction == 0 ? sign * kInfinity : kNan;
    if (real.codes == Codes::one_nan && fraction == fractions) return kNan;
  }
  const int scale = 1 - real.bias - real.fraction_bits;
  if (exponent == 0) return sign * std::ldexp(static_cast<double>(fraction), scale);
  return sign * std::ldexp(static_cast<double>(fraction + fractions + 1),
                           scale + static_cast<int>(exponent) - 1);
}

/// x rounded to the nearest number of the type, of two equally near ones to the even one.
double rounded(double x, const Real& real, bool saturate) {
  if (std::isnan(x)) return real.codes == Codes::finite ? -0.0 : x;  // as in NumPy's ml_dtypes
  double y = x;
  if (x != 0.0 && !std::isinf(x)) {
    int exponent = 0;
    (void)std::frexp(x, &exponent);
    const int unit = std::max(exponent, 2 - real.bias) - real.fraction_bits - 1;
    y = std::ldexp(std::nearbyint(std::ldexp(x, -unit)), unit);
  }
  if (std::abs(y) > real.largest) {
    const bool stays = saturate || real.codes == Codes::finite;
    return stays                       ? std::copysign(real.largest, x)
           : real.codes == Codes::ieee ? std::copysign(kInfinity, x)
                                       : kNan;
  }
  return real.codes == Codes::fnuz && y == 0.0 ? 0.0 : y;
}

template <Element kType, bool kSaturate>
double rounded_to(double x) {
  constexpr Real kReal = info_of(kType)->real;
  return rounded(x, kReal, kSaturate);
}

template <int kBits, bool kSigned>
double modulo(double x) {
  const double range = std::ldexp(1.0, kBits);
  const double low = kSigned ? -range / 2 : 0.0;
  if (x >= low && x < low + range) return x;
  return x - range * std::floor((x - low) / range);
}

template <Element kType>
Var round_array(Var x, bool saturate) {
  // Of types with 16 bits, too large numbers are infinite.
  constexpr bool kSmall = info_of(kType)->bits < 16;
  return record_step(info_of(kType)->name,
                     kSmall && saturate ? rounded_to<kType, true> : rounded_to<kType, false>, x);
}

template <Element kType>
Var wrap_array(Var x) {
  constexpr TypeInfo kInfo = *info_of(kType);
  return record_step(kInfo.name, modulo<kInfo.bits, kInfo.kind == Kind::signed_whole>, x);
}

std::int64_t sign_extended(std::uint64_t bits, int width) {
  const auto shift = static_cast<unsigned>(64 - width);
  return std::bit_cast<std::int64_t>(bits << shift) >> shift;
}

}  // namespace

const char* name_of(Element type) {
  if (const TypeInfo* info = info_of(type)) return info->name;
  switch (type) {
    case Element::string:
      return "string";
    case Element::complex64:
      return "complex64";
    case Element::complex128:
      return "complex128";
    case Element::float8e8m0:
      return "float8e8m0";
    default:
      return "undefined";
  }
}

bool is_supported(Element type) {
  return info_of(type) != nullptr;
}

DType dtype_of(Element type) {
  return is_real(type) && type != Element::float64 ? DType::f32 : DType::f64;
}

bool is_whole(Element type) {
  const TypeInfo* info = info_of(type);
  return info != nullptr && info->kind != Kind::real && info->kind != Kind::truth;
}

bool is_real(Element type) {
  const TypeInfo* info = info_of(type);
  return info != nullptr && info->kind == Kind::real;
}

int bits_of(Element type) {
  const TypeInfo* info = info_of(type);
  return info == nullptr ? 0 : info->bits;
}

Limits limits_of(Element type) {
  const TypeInfo& info = *info_of(type);
  if (info.kind == Kind::unsigned_whole) return {0.0, std::ldexp(1.0, info.bits) - 1.0};
  const double half = std::ldexp(1.0, info.bits - 1);
  return {-half, half - 1.0};
}

double number_of(std::uint64_t bits, Element type) {
  const TypeInfo& info = *info_of(type);
  switch (info.kind) {
    case Kind::truth:
      return bits == 0 ? 0.0 : 1.0;
    case Kind::unsigned_whole:
      return static_cast<double>(bits);
    case Kind::signed_whole:
      return static_cast<double>(sign_extended(bits, info.bits));
    case Kind::real:
      break;
  }
  if (type == Element::float32) return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  if (type == Element::float64) return std::bit_cast<double>(bits);
  return from_bits(bits, info.real);
}

bool is_exact(std::uint64_t bits, Element type) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  if (type == Element::uint64) {
    return bits <= std::uint64_t{kExact} || bits == std::numeric_limits<std::uint64_t>::max();
  }
  if (type != Element::int64) return true;
  const auto whole = std::bit_cast<std::int64_t>(bits);
  return (whole >= -kExact && whole <= kExact) ||
         whole == std::numeric_limits<std::int64_t>::max() ||
         whole <= std::numeric_limits<std::int64_t>::min() + 1;
}

Var wrapped(Var x, Element type, bool saturate) {
  switch (type) {
    case Element::uint2:
      return wrap_array<Element::uint2>(x);
    case Element::int2:
      return wrap_array<Element::int2>(x);
    case Element::uint4:
      return wrap_array<Element::uint4>(x);
    case Element::int4:
      return wrap_array<Element::int4>(x);
    case Element::uint8:
      return wrap_array<Element::uint8>(x);
    case Element::int8:
      return wrap_array<Element::int8>(x);
    case Element::uint16:
      return wrap_array<Element::uint16>(x);
    case Element::int16:
      return wrap_array<Element::int16>(x);
    case Element::uint32:
      return wrap_array<Element::uint32>(x);
    case Element::int32:
      return wrap_array<Element::int32>(x);
    case Element::float16:
      return round_array<Element::float16>(x, saturate);
    case Element::bfloat16:
      return round_array<Element::bfloat16>(x, saturate);
    case Element::float8e4m3fn:
      return round_array<Element::float8e4m3fn>(x, saturate);
    case Element::float8e4m3fnuz:
      return round_array<Element::float8e4m3fnuz>(x, saturate);
    case Element::float8e5m2:
      return round_array<Element::float8e5m2>(x, saturate);
    case Element::float8e5m2fnuz:
      return round_array<Element::float8e5m2fnuz>(x, saturate);
    case Element::float4e2m1:
      return round_array<Element::float4e2m1>(x, saturate);
    default:
      return x;
  }
}

}  // namespace autonet::exchange
