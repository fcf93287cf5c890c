// Layers of images.
#include <algorithm>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

#include "exchange/export_layer.h"
#include "models/layers/window_keys.h"

namespace autonet::exchange {
namespace {

using internal::Extent;

std::vector<Index> extent(const LayerExport& e, const char* key) {
  const Extent both = e.fields().get<Extent>(key);
  return {both[0], both[1]};
}

/// Strides, pads, dilations and kernel of a layer's window.
std::vector<AttributeProto> window_attributes(const LayerExport& e, const Window& window,
                                              bool dilations = true) {
  const AxisWindow& r = window.rows;
  const AxisWindow& s = window.cols;
  std::vector<AttributeProto> attributes = {
      attribute("kernel_shape", extent(e, "kernel")),
      attribute("strides", std::vector<Index>{r.stride, s.stride}),
      attribute("pads", std::vector<Index>{r.lo, s.lo, r.hi, s.hi})};
  if (dilations) {
    attributes.push_back(
        attribute("dilations", std::vector<Index>{r.kernel_dilation, s.kernel_dilation}));
  }
  return attributes;
}

/// Cuts off what negative margins cut off, as ONNX's convolutions have none, and sets them to 0.
std::string cropped(const LayerExport& e, std::string x, Window& window) {
  std::vector<Index> pads(8, 0);  // of the axes N, C, H, W: before all, then behind all
  const auto take = [](Index& margin) { return std::exchange(margin, std::max<Index>(margin, 0)); };
  pads[2] = std::min<Index>(take(window.rows.lo), 0);
  pads[3] = std::min<Index>(take(window.cols.lo), 0);
  pads[6] = std::min<Index>(take(window.rows.hi), 0);
  pads[7] = std::min<Index>(take(window.cols.hi), 0);
  if (std::ranges::all_of(pads, [](Index p) { return p == 0; })) return x;
  const Shape& image = e.input().shape;
  if (image[0] + pads[2] + pads[6] < 1 || image[1] + pads[3] + pads[7] < 1) {
    throw ModelError(text::concat("layer \"", e.layer.name,
                                  "\": its padding cuts off the whole image, ",
                                  "for which ONNX has no form"));
  }
  return e.out.node("Pad", {x, e.out.wholes("crop", pads)});
}

Value conv2d(const LayerExport& e) {
  Window window = internal::window_of(e.layer);
  const std::string x = cropped(e, e.first(), window);
  std::vector<std::string> inputs = {x,
                                     e.out.weight("weight", e.parameters[0].permute({3, 2, 0, 1}))};
  if (e.parameters.size() > 1) inputs.push_back(e.out.weight("bias", e.parameters[1]));
  auto attributes = window_attributes(e, window);
  attributes.push_back(attribute("group", e.fields().whole("groups")));
  return e.in_first(e.out.node("Conv", inputs, attributes));
}

/// The margins of "same" follow from the output, whose rows are (rows - 1) stride + span - margins
/// + more.
Value conv2d_transpose(const LayerExport& e) {
  const Extent kernel = e.fields().get<Extent>("kernel");
  const Extent stride = e.fields().get<Extent>("stride");
  const Extent dilation = e.fields().get<Extent>("dilation");
  Extent more = e.fields().get<Extent>("more");
  const auto& padding = e.fields().get<internal::Padding>("padding");
  std::vector<Index> pads(4);
  for (size_t i = 0; i < 2; ++i) {
    const Index span = internal::dilated(kernel[i], dilation[i]);
    pads[i] = (i == 0 ? padding.rows : padding.cols)[0];
    pads[i + 2] = (i == 0 ? padding.rows : padding.cols)[1];
    if (padding.type == internal::Padding::Type::same) {
      const Index margin = std::max<Index>(0, span - stride[i]);
      pads[i] = margin / 2;
      pads[i + 2] = margin - margin / 2;
      more[i] = std::max<Index>(0, stride[i] - span);
    }
  }
  // [R,S,K/groups,C] to [C,K/groups,R,S]
  std::vector<std::string> inputs = {e.first(),
                                     e.out.weight("weight", e.parameters[0].permute({3, 2, 0, 1}))};
  if (e.parameters.size() > 1) inputs.push_back(e.out.weight("bias", e.parameters[1]));
  return e.in_first(e.out.node(
      "ConvTranspose", inputs,
      {attribute("kernel_shape", extent(e, "kernel")), attribute("strides", extent(e, "stride")),
       attribute("dilations", extent(e, "dilation")), attribute("pads", pads),
       attribute("output_padding", std::vector<Index>{more[0], more[1]}),
       attribute("group", e.fields().whole("groups"))}));
}

Value max_pool(const LayerExport& e) {
  const Window window = internal::window_of(e.layer);
  return e.in_first(e.out.node("MaxPool", {e.first()}, window_attributes(e, window, false)));
}

Value average_pool(const LayerExport& e) {
  auto attributes = window_attributes(e, internal::window_of(e.layer), false);
  attributes.push_back(
      attribute("count_include_pad", Index{e.fields().flag("count_padding") ? 1 : 0}));
  return e.in_first(e.out.node("AveragePool", {e.first()}, attributes));
}

Value global_average(const LayerExport& e) {
  if (e.input().shape.rank() == 3) {
    const std::string pooled = e.out.node("GlobalAveragePool", {e.first()});
    return e.in_last(e.out.node("Flatten", {pooled}, {attribute("axis", Index{1})}));
  }
  std::vector<std::string> inputs = {e.last()};
  std::vector<AttributeProto> attributes = {attribute("keepdims", Index{0})};
  if (e.out.opset() < 18) {
    attributes.push_back(attribute("axes", std::vector<Index>{1}));
  } else {
    inputs.push_back(e.out.wholes("axes", {1}));
  }
  return e.in_last(e.out.node("ReduceMean", inputs, attributes));
}

Value upsample(const LayerExport& e) {
  const std::vector<Index> factor = extent(e, "factor");
  Array scales = Array::uninitialized({{4}, DType::f32});
  for (Index i = 0; i < 4; ++i)
    scales.set({i}, i < 2 ? 1.0 : static_cast<double>(factor[static_cast<size_t>(i - 2)]));
  const bool nearest = e.fields().text("method") == "nearest";
  std::vector<AttributeProto> attributes = {
      attribute("mode", nearest ? "nearest" : "linear"),
      attribute("coordinate_transformation_mode", nearest ? "asymmetric" : "half_pixel")};
  if (nearest) attributes.push_back(attribute("nearest_mode", "floor"));
  return e.in_first(
      e.out.node("Resize", {e.first(), "", e.out.weight("scales", scales)}, attributes));
}

}  // namespace

std::map<std::string, WriteLayer> image_layers() {
  return {{"conv2d", conv2d},
          {"conv2d_transpose", conv2d_transpose},
          {"max_pool2d", max_pool},
          {"avg_pool2d", average_pool},
          {"global_avg_pool", global_average},
          {"upsample", upsample}};
}

}  // namespace autonet::exchange
