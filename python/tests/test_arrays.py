"""Arrays in and out."""
import gc
import sys

import numpy as np
import pytest

import autonet


def same_memory(array):
    """True if a leaf made of the array shares its memory: a later change is seen."""
    x = autonet.Tape().variable(array)
    before = x.numpy()
    array[...] = array + 1
    after = (x * 1).numpy()
    return not np.array_equal(before, after)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numpy_arrays_are_shared_whatever_their_strides(dtype):
    base = np.arange(24, dtype=dtype).reshape(2, 3, 4)
    for view in (base, base[::-1], base[:, ::2, ::-1], base.T, base[1, 2], base[0:0], np.broadcast_to(base[0], (2, 3, 4))):
        x = autonet.Tape().variable(view)
        assert x.shape == view.shape and x.dtype == view.dtype
        np.testing.assert_array_equal(x.numpy(), view)
        np.testing.assert_array_equal((x + 0).numpy(), view)
    assert same_memory(base) and same_memory(base[:, ::-2])


def test_other_numbers_are_copied_as_float64():
    for value in (3, 2.5, [1, 2], np.arange(3), np.array([True, False]), np.float16([1, 2]), [[1.0], [2.0]]):
        x = autonet.Tape().variable(value)
        assert x.dtype == np.float64
        np.testing.assert_array_equal(x.numpy(), np.asarray(value, "float64"))


def test_arrays_are_kept_alive_and_let_go():
    array = np.arange(1000.0)
    count = sys.getrefcount(array)
    x = autonet.Tape().variable(array)
    assert sys.getrefcount(array) > count
    y = x + 1
    del x, y
    gc.collect()
    assert sys.getrefcount(array) == count


def test_results_are_arrays_of_their_own():
    x = np.ones(3)
    gradient = autonet.grad(lambda x: (x * x).sum())(x)
    gradient[:] = 7
    same = autonet.vjp(lambda x: x, x)[0]
    same[:] = 7
    np.testing.assert_array_equal(x, np.ones(3))


def test_unaligned_and_swapped_numbers():
    raw = np.zeros(33, np.uint8)
    odd = raw[1:].view(np.float64)
    odd[:] = [1, 2, 3, 4]
    np.testing.assert_array_equal(autonet.Tape().variable(odd).numpy(), [1, 2, 3, 4])
    np.testing.assert_array_equal(autonet.Tape().variable(np.arange(3.0).astype(">f8")).numpy(), [0, 1, 2])


def test_too_many_axes():
    with pytest.raises(TypeError, match="more than 6 axes"):
        autonet.Tape().variable(np.zeros((1,) * 7))


def test_torch_tensors_in_and_out():
    torch = pytest.importorskip("torch")
    x = torch.arange(6, dtype=torch.float32).reshape(2, 3)
    gradient = torch.from_dlpack(autonet.grad(lambda x: (x * x).sum())(x))
    assert gradient.dtype == torch.float32
    assert torch.equal(gradient, 2 * x)
    leaf = autonet.Tape().variable(x.T)
    x += 1
    np.testing.assert_array_equal((leaf * 1).numpy(), x.numpy().T)  # shared, not copied
