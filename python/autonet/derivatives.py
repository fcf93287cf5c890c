"""Derivatives of functions that are written with autonet's operators."""
import builtins

import numpy as np

from . import _core


def _record(f, xs, threads=1):
    """Calls f on recorded values of xs. Gives its result and those values."""
    recorded = [x for x in xs if isinstance(x, _core.Var)]
    if recorded:  # a call inside another function: record on its tape
        home = recorded[0]
        variables = [x if isinstance(x, _core.Var) else _core.constant_beside(home, x) for x in xs]
    else:
        tape = _core.Tape(threads)
        variables = [tape.variable(x) for x in xs]
    y = f(*variables)
    if not isinstance(y, _core.Var):
        raise TypeError(f"the function must return a Var computed from its arguments, got {type(y).__name__}")
    return y, variables, bool(recorded)


def _numbers(values, inside):
    return list(values) if inside else [value.numpy() for value in values]


def _check_numbers(xs, argnums):
    for number in argnums:
        if not 0 <= number < len(xs):
            raise TypeError(f"argnums names argument {number}, but the function was called with {len(xs)}")


def value_and_grad(f, argnums=0):
    """A function that gives f and its gradient, for an f that returns one number.

    `argnums` says by which argument, or arguments, to differentiate; the gradient is an array of the shape and dtype of
    that argument, or a tuple of them. Called inside another such function, it gives recorded values, so that gradients
    can be differentiated again.
    """
    single = isinstance(argnums, int)
    numbers = (argnums,) if single else tuple(argnums)

    def value_and_gradient(*xs):
        _check_numbers(xs, numbers)
        y, variables, inside = _record(f, xs)
        gradients = _core.record_grad(y, [variables[i] for i in numbers])
        value, *gradients = _numbers([y, *gradients], inside)
        return value, gradients[0] if single else tuple(gradients)

    return value_and_gradient


def grad(f, argnums=0):
    """The gradient of f, a function that returns one number: grad(f)(x) has the shape of x. See value_and_grad."""
    both = value_and_grad(f, argnums)
    return lambda *xs: both(*xs)[1]


def vjp(f, *xs):
    """f(*xs), and a function that gives ybar^T df/dx, a tuple with an entry for each of xs, for a ybar of f's shape."""
    y, variables, inside = _record(f, xs)

    def pull_back(ybar):
        return tuple(_numbers(_core.record_vjp(y, variables, ybar), inside))

    return _numbers([y], inside)[0], pull_back


def jvp(f, xs, us):
    """f(*xs) and its derivative along the directions us, one for each of xs, by forward mode: exact, without a step."""
    if len(xs) != len(us):
        raise TypeError(f"jvp() got {len(xs)} arrays and {len(us)} directions")
    y, variables, inside = _record(f, xs)
    return tuple(_numbers([y, _core.record_jvp(y, variables, us)], inside))


def hvp(f, xs, us):
    """The product of the Hessian of f, which returns one number, with the directions us: a list, one entry for each x.

    It is the gradient of <gradient, u>, and costs about as much as two gradients.
    """
    if len(xs) != len(us):
        raise TypeError(f"hvp() got {len(xs)} arrays and {len(us)} directions")
    y, variables, inside = _record(f, xs)
    gradients = _core.record_grad(y, variables)
    slope = builtins.sum(_core.sum(g * u) for g, u in zip(gradients, us))
    return _numbers(_core.record_grad(slope, variables), inside)


def jacobian(f):
    """A function that gives the Jacobian of f, of the shape of f's result followed by that of x, row by row."""

    def rows(x):
        y, pull_back = vjp(f, x)
        columns = []
        for i in range(y.size):
            ybar = np.zeros(y.size, y.dtype)
            ybar[i] = 1
            columns.append(pull_back(ybar.reshape(y.shape))[0])
        return np.stack(columns).reshape(y.shape + columns[0].shape) if columns else np.zeros(y.shape + np.shape(x))

    return rows


def hessian(f):
    """A function that gives the Hessian of f, which returns one number: of the shape of x twice, row by row."""
    return jacobian(grad(f))
