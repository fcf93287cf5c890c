"""Checks of gradients from anywhere."""
import numpy as np
import pytest

import autonet


def test_a_recorded_function():
    f = lambda x, w: autonet.relu(autonet.conv2d(x, w, padding=1, stride=2))
    print("seed 3")
    random = np.random.default_rng(3)
    report = autonet.check_grad(f, random.normal(size=(2, 5, 4, 2)), random.normal(size=(3, 3, 2, 3)), order=2)
    assert report, str(report)
    assert report.verdict == "PASSED" and "PASSED" in str(report)
    assert [t["name"] for t in report.tensors] == ["x0", "x1"]


def test_a_gradient_written_by_hand_and_one_with_a_mistake():
    f = lambda x: np.sum(np.sin(x) * x)
    right = lambda x: np.sin(x) + x * np.cos(x)
    x0 = np.linspace(-1, 2, 7)
    report = autonet.check_gradient(f, right, x0)
    assert report, str(report)
    assert report.tensors[0]["taylor_order"] > 1.9
    wrong = autonet.check_gradient(f, lambda x: 2 * right(x), x0)
    assert not wrong and wrong.verdict == "FAILED"
    assert any("2" in finding for finding in wrong.findings), wrong.findings


def test_a_layer_with_a_backward_pass():
    forward = lambda x, w: x @ w
    report = autonet.check_gradient(forward, lambda x, w, ybar: (ybar @ w.T, x.T @ ybar),
                                    np.ones((2, 3)), np.ones((3, 4)) / 3, names=["x", "w"])
    assert report, str(report)
    wrong = autonet.check_gradient(forward, lambda x, w, ybar: (ybar @ w.T, (x.T @ ybar) * 1.001),
                                   np.ones((2, 3)), np.ones((3, 4)) / 3, names=["x", "w"])
    assert not wrong and "w" in wrong.findings[0]


def test_exceptions_of_the_function_arrive():
    with pytest.raises(ZeroDivisionError):
        autonet.check_gradient(lambda x: float(x.sum()), lambda x: 1 // 0, np.ones(3))
    with pytest.raises(ZeroDivisionError):
        autonet.check_grad(lambda x: 1 // 0, np.ones(3))


def test_pytorch_gradients():
    torch = pytest.importorskip("torch")

    def f(x, w):
        return torch.nn.functional.gelu(torch.nn.functional.conv2d(x, w, padding=1)).square().mean()

    def gradient(x, w):
        x, w = x.requires_grad_(), w.requires_grad_()
        return torch.autograd.grad(f(x, w), (x, w))

    torch.manual_seed(1)
    x0, w0 = torch.randn(1, 2, 5, 4), torch.randn(3, 2, 3, 3)
    report = autonet.check_gradient(f, gradient, x0, w0)
    assert report, str(report)
    assert not autonet.check_gradient(f, lambda x, w: [g.flip(-1) for g in gradient(x, w)], x0, w0)


def test_jax_gradients():
    jax = pytest.importorskip("jax")

    def f(x, w):
        y = jax.lax.conv_general_dilated(x, w, (1, 1), "SAME")
        return jax.numpy.mean(jax.nn.gelu(y, approximate=False) ** 2)

    gradient = jax.grad(f, (0, 1))
    before = jax.config.jax_enable_x64
    try:
        jax.config.update("jax_enable_x64", True)
        random = np.random.default_rng(1)
        x0, w0 = (jax.numpy.asarray(random.normal(size=shape)) for shape in ((1, 2, 5, 4), (3, 2, 3, 3)))
        report = autonet.check_gradient(f, gradient, x0, w0)
        assert report, str(report)
        assert not autonet.check_gradient(f, lambda x, w: [g[..., ::-1] for g in gradient(x, w)], x0, w0)
        # A layer: its backward pass for a gradient by its result.
        backward = lambda x, ybar: jax.vjp(jax.nn.softmax, x)[1](ybar)[0]
        assert autonet.check_gradient(jax.nn.softmax, backward, x0[0, 0])
        assert not autonet.check_gradient(jax.nn.softmax, lambda x, ybar: 1.01 * backward(x, ybar), x0[0, 0])
        jax.config.update("jax_enable_x64", False)
        with pytest.raises(TypeError, match="jax_enable_x64"):
            autonet.check_gradient(f, gradient, x0.astype("float32"), w0.astype("float32"))
    finally:
        jax.config.update("jax_enable_x64", before)
