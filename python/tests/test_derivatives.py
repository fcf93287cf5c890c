"""Derivatives of recorded functions."""
import numpy as np
import pytest

import autonet

SEED = 7


@pytest.fixture
def random():
    print("seed", SEED)
    return np.random.default_rng(SEED)


def rosenbrock(x):
    return autonet.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def test_gradient_by_hand():
    x = np.array([-1.2, 1.0])
    by_hand = [-400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]), 200 * (x[1] - x[0] ** 2)]
    np.testing.assert_allclose(autonet.grad(rosenbrock)(x), by_hand, rtol=1e-13)


def test_value_dtype_and_shape_are_those_of_the_argument():
    for dtype in ("float32", "float64"):
        value, gradient = autonet.value_and_grad(lambda x: autonet.sum(x * x))(np.ones((2, 3), dtype))
        assert value.shape == () and value.dtype == dtype and float(value) == 6
        assert gradient.shape == (2, 3) and gradient.dtype == dtype
        np.testing.assert_array_equal(gradient, np.full((2, 3), 2, dtype))


def test_hessian_and_products_agree(random):
    x, u = random.normal(size=4), random.normal(size=4)
    h = autonet.hessian(rosenbrock)(x)
    np.testing.assert_allclose(h, h.T, rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(autonet.hvp(rosenbrock, [x], [u])[0], h @ u, rtol=1e-12, atol=1e-9)
    step = 1e-6
    g = autonet.grad(rosenbrock)
    np.testing.assert_allclose(h @ u, (g(x + step * u) - g(x - step * u)) / (2 * step), rtol=1e-6, atol=1e-5)


def test_forward_and_reverse_mode_agree(random):
    w, x = random.normal(size=(3, 5)), random.normal(size=(4, 3))
    f = lambda x, w: autonet.tanh(x @ w).sum(axis=1)
    us = [random.normal(size=x.shape), random.normal(size=w.shape)]
    y, forward = autonet.jvp(f, (x, w), us)
    same, pull_back = autonet.vjp(f, x, w)
    ybar = random.normal(size=4)
    np.testing.assert_array_equal(y, same)
    np.testing.assert_allclose(y, np.tanh(x @ w).sum(1), rtol=1e-13)
    reverse = sum((g * u).sum() for g, u in zip(pull_back(ybar), us))
    np.testing.assert_allclose(forward @ ybar, reverse, rtol=1e-12)


def test_jacobian_by_hand(random):
    a = random.normal(size=(3, 4))
    x = random.normal(size=4)
    np.testing.assert_allclose(autonet.jacobian(lambda x: (a * x).sum(axis=1) ** 2)(x),
                               2 * (a @ x)[:, None] * a, rtol=1e-12)


def test_gradients_nest(random):
    x = random.normal(size=3)
    cubic = lambda x: (x ** 3).sum()
    second = autonet.grad(lambda x: autonet.grad(cubic)(x).sum())
    np.testing.assert_allclose(second(x), 6 * x, rtol=1e-12)
    third = autonet.grad(lambda x: second(x).sum())
    np.testing.assert_allclose(third(x), np.full(3, 6.0), rtol=1e-12)


def test_several_arguments(random):
    a, b = random.normal(size=3), random.normal(size=3)
    ga, gb = autonet.grad(lambda a, b: (a * b).sum(), argnums=(0, 1))(a, b)
    np.testing.assert_array_equal(ga, b)
    np.testing.assert_array_equal(gb, a)
    with pytest.raises(TypeError, match="argument 2"):
        autonet.grad(lambda a, b: (a * b).sum(), argnums=2)(a, b)


@pytest.mark.parametrize("index", [
    0, -1, slice(1, 3), slice(None, None, -1), slice(3, 0, -2), (slice(None), 1), (..., 0), (None, 2), (1, ..., None),
    slice(2, 2),
])
def test_parts_are_those_of_numpy(random, index):
    x = random.normal(size=(4, 3, 2))
    y, pull_back = autonet.vjp(lambda x: x[index] * 1.0, x)
    np.testing.assert_array_equal(y, x[index])
    ybar = random.normal(size=y.shape)
    expected = np.zeros_like(x)
    expected[index] = ybar
    np.testing.assert_array_equal(pull_back(ybar)[0], expected)


def test_operators_are_those_of_numpy(random):
    a, b = random.uniform(0.5, 2, size=(2, 3)), random.uniform(0.5, 2, size=3)
    for f in (lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b, lambda a, b: a ** b,
              lambda a, b: 2 - a / b, lambda a, b: 2 / a + b, lambda a, b: -a + 3 * abs(b), lambda a, b: 2 ** a * b,
              lambda a, b: a.T, lambda a, b: a.reshape(3, 2), lambda a, b: a.transpose(1, 0), lambda a, b: a.max()):
        y, _ = autonet.vjp(f, a, b)
        np.testing.assert_allclose(y, f(a, b), rtol=1e-14)
    # An array of NumPy's on the left records too.
    np.testing.assert_allclose(autonet.grad(lambda x: (b * x).sum())(a), np.broadcast_to(b, (2, 3)))


def test_convolution_in_both_readings(random):
    x, w = random.normal(size=(2, 6, 5, 3)), random.normal(size=(3, 3, 3, 4))
    kernel_flipped = np.flip(w, (0, 1))
    y = autonet.vjp(lambda x, w: autonet.conv2d(x, w, padding=1), x, w)[0]
    np.testing.assert_allclose(y, autonet.vjp(lambda x, w: autonet.convolve(x, w, padding=1), x, kernel_flipped)[0],
                               rtol=1e-12)
    by_hand = sum(x[:, 0:3, 0:3, c, None] * w[None, :, :, c] for c in range(3)).sum((1, 2))
    np.testing.assert_allclose(y[:, 1, 1], by_hand, rtol=1e-12)


def test_errors_have_the_text_of_the_library():
    with pytest.raises(autonet.Error, match=r"\[2,3\].*\[4\]"):
        autonet.grad(lambda x: (x + np.ones(4)).sum())(np.ones((2, 3)))
    with pytest.raises(autonet.Error, match="must be a scalar"):
        autonet.grad(lambda x: x)(np.ones(3))
    with pytest.raises(TypeError, match="must return a Var"):
        autonet.grad(lambda x: 3.0)(np.ones(3))
    with pytest.raises(TypeError, match="array of numbers"):
        autonet.grad(lambda x: x.sum())("text")
    with pytest.raises(IndexError, match="outside of axis 0"):
        autonet.grad(lambda x: x[5])(np.ones(3))


def test_a_tape_lives_as_long_as_its_values():
    x = autonet.Tape().variable(np.arange(3.0))
    y = x * 2
    del x
    np.testing.assert_array_equal(y.numpy(), [0, 2, 4])
