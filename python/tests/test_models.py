"""Models: training, prediction, files."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading

import numpy as np
import pytest

import autonet

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"
SMALL = json.dumps({
    "input": [8], "outputs": 1,
    "layers": [{"type": "linear", "units": 4, "activation": "tanh"}, {"type": "linear", "units": 1}],
    "loss": "mean_squared_error", "training": {"epochs": 3, "batch_size": 5},
})


def digits():
    """200 images of the digits that autonet draws, and their labels."""
    model = autonet.Model.load(MODELS / "quickstart.json")
    data = autonet.load_data(model)
    return model, data


def test_fit_predict_save_load(tmp_path):
    model, data = digits()
    x, y = data["train"]
    seen = []
    trained = model.fit(x, y, validation=data["validation"], epochs=2, on_epoch=seen.append)
    assert [e["epoch"] for e in seen] == [1, 2] and len(trained.epochs) == 2
    assert seen[1]["train"]["loss"] < seen[0]["train"]["loss"]
    xt, yt = data["test"]
    prediction = trained.predict(xt)
    np.testing.assert_allclose(prediction.outputs.sum(1), 1, rtol=1e-5)
    accuracy = np.mean(prediction.classes == yt)
    assert abs(trained.evaluate(xt, yt)["accuracy"] - accuracy) < 1e-12
    assert accuracy > 0.5
    for ending in ("npz", "safetensors"):
        path = tmp_path / f"net.{ending}"
        trained.save(path)
        again = autonet.load_trained(path)
        np.testing.assert_array_equal(again.predict(xt).outputs, prediction.outputs)
    with np.load(tmp_path / "net.npz") as arrays:
        for name, numbers in trained.parameters.items():
            np.testing.assert_array_equal(arrays[name], numbers)


def test_without_arrays_the_models_own_data_are_used():
    model, data = digits()
    own = model.fit(epochs=1, threads=1).parameters
    given = model.fit(*data["train"], validation=data["validation"], epochs=1, threads=2).parameters
    for name in own:
        np.testing.assert_array_equal(own[name], given[name])


def test_bytes_are_those_of_the_program(tmp_path):
    """convnet1 trained from NumPy arrays gives the checkpoint of the program, byte for byte."""
    program = pathlib.Path(os.environ.get("AUTONET_PROGRAM", ROOT / "build" / "autonet"))
    if not program.exists():
        pytest.skip(f"there is no program {program}")
    if not os.environ.get("AUTONET_DATA"):
        pytest.skip("AUTONET_DATA does not name the folder of USPS")
    shutil.copy(MODELS / "convnet1.json", tmp_path)
    subprocess.run([program, "fit", "convnet1.json", "--epochs", "1", "--checkpoint", "program.npz"], cwd=tmp_path,
                   check=True, capture_output=True)
    model = autonet.Model.load(tmp_path / "convnet1.json")
    data = autonet.load_data(model)
    model.fit(*data["train"], validation=data["validation"], epochs=1, checkpoint=str(tmp_path / "python.npz"))
    assert (tmp_path / "python.npz").read_bytes() == (tmp_path / "program.npz").read_bytes()


def test_regression_and_errors():
    model = autonet.Model.parse(SMALL)
    print("seed 1")
    x = np.random.default_rng(1).normal(size=(20, 8))
    trained = model.fit(x, x.sum(1, keepdims=True))
    assert trained.predict(x).classes is None
    assert set(trained.evaluate(x, x.sum(1))) == {"loss", "rmse"}
    assert set(trained.epochs[0]["train"]) == {"loss", "rmse"}
    # Outputs that are exactly right have an error of 0, and are still no classes.
    exact = autonet.Model.parse(SMALL).fit(np.zeros((20, 8)), np.zeros(20), epochs=1)
    assert exact.epochs[0]["train"]["rmse"] == 0
    with pytest.raises(autonet.DataError, match=r"\[20,7\]"):
        model.fit(x[:, :7], x.sum(1))
    with pytest.raises(autonet.ModelError, match="unknown key"):
        autonet.Model.parse('{"layer": []}')
    with pytest.raises(autonet.Error):
        autonet.Model.load("no/such/file.json")
    with pytest.raises(TypeError, match="targets"):
        model.fit(x)
    x[3, 2] = np.nan
    with pytest.raises(autonet.DataError, match="finite"):
        model.fit(x, np.zeros(20))


def test_an_exception_in_on_epoch_ends_the_run_and_saves(tmp_path):
    model, data = digits()
    path = tmp_path / "run.npz"

    def on_epoch(report):
        if report["epoch"] == 1:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        model.fit(*data["train"], epochs=3, checkpoint=str(path), on_epoch=on_epoch)
    assert path.exists()
    resumed = model.fit(*data["train"], checkpoint=str(path), resume=True)
    whole = model.fit(*data["train"], epochs=3)
    for name, numbers in whole.parameters.items():
        np.testing.assert_array_equal(resumed.parameters[name], numbers)


def test_ctrl_c_ends_the_run_and_saves(tmp_path):
    model, data = digits()
    path = tmp_path / "run.npz"
    started = threading.Event()

    def press():
        started.wait()
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press).start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(*data["train"], epochs=100000, checkpoint=str(path), on_epoch=lambda _: started.set())
    assert path.exists()


def test_python_runs_while_a_model_trains():
    model, data = digits()
    counted = 0
    done = threading.Event()

    def train():
        model.fit(*data["train"], epochs=2)
        done.set()

    thread = threading.Thread(target=train)
    thread.start()
    while not done.is_set():
        counted += 1
        done.wait(0.001)
    thread.join()
    assert counted > 1


def test_many_threads_ask_one_predictor():
    model, data = digits()
    trained = model.fit(*data["train"], epochs=1)
    predict = autonet.Predictor(trained, max_batch=8)
    x = data["test"][0][:50]
    expected = trained.predict(x).outputs
    answers = [None] * 8

    def ask(i):
        answers[i] = predict(x).outputs

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for answer in answers:
        np.testing.assert_allclose(answer, expected, rtol=1e-5, atol=1e-7)
        np.testing.assert_array_equal(answer, answers[0])


def test_a_model_can_be_checked():
    model = autonet.Model.load(MODELS / "convnet_gradcheck.json")
    report = autonet.check_model(model)
    assert report, str(report)
