"""Checks of gradients: of recorded functions, of models, and of any other function."""
import sys

import numpy as np

from . import _core
from ._core import check_model

__all__ = ["check_grad", "check_gradient", "check_model"]


def check_grad(f, *x0, order=1, seed=1, names=()):
    """Checks the recorded gradient of f, written with autonet's functions, at x0.

    The evidence does not use the rules: the complex step, differences and whole numbers. f may return any shape; it is
    called several times, on arrays of float64 and once of float32. With order=2 the gradient of the gradient is checked
    too. The result is true if the check passed; str() of it is a report.
    """
    return _core.check_grad_of(f, [np.asarray(x, "float64") for x in x0], order, seed, list(names))


def _library_of(x):
    """The name of the library that x is an array of."""
    return type(x).__module__.split(".")[0]


def _as_in(like, x):
    """The NumPy array x as an array of the library that `like` is of."""
    library = _library_of(like)
    if library == "torch":
        return sys.modules["torch"].from_numpy(x)
    if library in ("jax", "jaxlib"):
        converted = sys.modules["jax"].numpy.asarray(x)
        if converted.dtype != x.dtype:
            raise TypeError(
                "check_gradient() needs JAX in double precision; call this first: "
                'jax.config.update("jax_enable_x64", True)')
        return converted
    return x


def _as_numpy(x):
    if _library_of(x) == "torch":
        x = x.detach()
    return np.asarray(x)


def check_gradient(f, gradient, *x0, names=(), seed=1, rtol=1e-6, atol=1e-9, max_elements=200, batch=0):
    """Checks a gradient from anywhere: written by hand, or by PyTorch, JAX or another library.

    f(*xs) returns a number, and gradient(*xs) an array for each x (one array if there is one x). Or f returns an array:
    then gradient(*xs, ybar) is a backward pass, from the gradient by f's result to the gradients by each x. Both are
    called with arrays of float64 of the library that x0 is of. JAX has them after
    jax.config.update("jax_enable_x64", True).

    The report says what is wrong: a factor, a flip, an exchange of axes, a border, one index. It is true if the check
    passed; str() of it is the report.
    """
    if not x0:
        raise TypeError("check_gradient() needs a point x0 at which to check")
    points = [np.asarray(_as_numpy(x), "float64") for x in x0]

    def arguments(xs):
        return [_as_in(x0[i] if i < len(x0) else x0[0], x) for i, x in enumerate(xs)]

    def value(*xs):
        return _as_numpy(f(*arguments(xs)))

    def slopes(*xs):
        gradients = gradient(*arguments(xs))
        if not isinstance(gradients, (tuple, list)):
            gradients = [gradients]
        return [_as_numpy(g) for g in gradients]

    layer = value(*(x.copy() for x in points)).ndim > 0
    return _core.check_gradient_of(value, slopes, points, layer, list(names), seed, rtol, atol, max_elements, batch)
