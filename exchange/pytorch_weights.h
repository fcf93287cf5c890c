#pragma once

#include <string>
#include <utility>
#include <vector>

#include "autonet/models/model.h"
#include "autonet/train/checkpoint.h"

namespace autonet {

/// The weights of a model under the names and in the layouts of PyTorch's modules, as the
/// state_dict of a network whose modules are named like the layers:
///
///   layer                  autonet                                  PyTorch
///   conv2d                 weight [R,S,C/groups,K]                  weight [K,C/groups,R,S]
///   conv2d_transpose       weight [R,S,K,C]                         weight [C,K,R,S]
///   linear                 weight [inputs,units]                    weight [units,inputs]
///   batch_norm             running_variance                         running_var
///   lstm                   weight, recurrent_weight [inputs,4u]     weight_ih_l0, weight_hh_l0
///   [4u,…]
///                          bias, with forget_bias apart             bias_ih_l0, bias_hh_l0 of
///                          zeros
///   attention              weight, output_weight                    in_proj_weight,
///   out_proj.weight
///
/// "conv_1/weight" becomes "conv_1.weight". PyTorch flattens an image [C,H,W] in another order than
/// autonet does an image [H,W,C], so the weights of layers that read a flattened image are
/// reordered. What is not listed keeps its layout. Throws Error if the weights are not the model's,
/// ModelError if a layer has no counterpart: an lstm without bias but with a forget_bias, or a
/// flattened image that is joined with other values.
ArrayFile to_pytorch(const Model& model, const Weights& weights);

/// The reverse: the weights of a model from the arrays of a state_dict, in the model's precision.
///
/// `modules` says which module of PyTorch a layer is: pairs such as {"conv_1", "features.0"}. Other
/// layers have the module of their own name. If no layer finds its module by name and none is
/// given, layers and modules are taken in order: the modules sorted by name, "2.weight" before
/// "10.weight". Throws ModelError, in which the file is called `path`, if arrays are missing, left
/// over or of another shape, naming all of them with both shapes.
Weights from_pytorch(const Model& model, const ArrayFile& file, const std::string& path,
                     const std::vector<std::pair<std::string, std::string>>& modules = {});

}  // namespace autonet
