"""Graph-based automatic differentiation and training of small networks.

    import autonet
    import numpy as np

    def f(x):
        return autonet.sum(autonet.sin(x) * x)

    autonet.grad(f)(np.array([1.0, 2.0]))        # f'(x)
    autonet.hvp(f, [x], [v])                     # second derivatives
    autonet.check_grad(f, x).passed              # proves the first

    model = autonet.Model.load("model.json")
    trained = model.fit(images, labels)
    trained.predict(images).classes

Arrays are NumPy arrays or any tensors in memory of the processor that speak DLPack. Those of float32
and float64 are read without a copy.
"""
from ._core import (CheckReport, DataError, Error, Model, ModelError, Prediction, Predictor, Tape, Trained, Var, abs,
                    arctan2, argmax, avg_pool2d, binary_cross_entropy, broadcast_to, clip, concatenate, conv2d,
                    convolve, cos, cross_entropy, cumsum, einsum, elu, embedding, equal, erf, erfc, exp, expm1, flip,
                    gelu, layer_norm, leaky_relu, load_data, load_trained, log, log1p, log_softmax, matmul, max,
                    max_pool2d, maximum, mean, mean_squared_error, minimum, norm, not_equal, pad, relu, sigmoid, sign,
                    sin, softmax, softmax_cross_entropy, softplus, sort, sqrt, square, stack, sum, take_along_axis,
                    tan, tanh, var, where)
from .checking import check_grad, check_gradient, check_model
from .derivatives import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

__all__ = [name for name in dir() if not name.startswith("_") and name not in ("checking", "derivatives")]
