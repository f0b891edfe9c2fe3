"""`.nam` files that are none, or too much: refused with a sentence, before anything is made of them."""

import json

import numpy as np
import pytest

from gate import Nam
from gate.errors import ContractError, PresetError
from gate.modelfile import nam
from gate.plugins.nam.networks import program
from gate.plugins.registry import from_text, to_dict
from tests.gate.plugins.test_nam import file_of, golden


def config_of(name, **changes):
    """A golden model's configuration with other keys."""
    return json.loads(golden(name)[0])["config"] | changes


def layers_of(**changes):
    """A plain WaveNet's configuration with other keys in its first stack."""
    config = config_of("wavenet-plain")
    config["layers"][0] |= changes
    return config


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"\x00\x01", "(form): expected JSON, got something else; give a .nam file"),
        (b"[" * 100_000, "(form): expected JSON"),
        (b"[1]", "(form): expected a JSON object, got list; give a .nam file"),
        (b"{}", "(version): expected three numbers with points, got None; export it again"),
        (b'{"version": "0.9.0"}', "(version): expected 0.5 to 0.7, got 0.9.0; export it for one of these"),
        (b'{"version": "0.5.0", "architecture": "LSTM"}', "(config): expected an object, got NoneType"),
        (
            b'{"version": "0.5.0", "architecture": "Sequential", "config": {}}',
            "(architecture): expected one of LSTM, WaveNet, ConvNet, Linear, SlimmableContainer, got 'Sequential'",
        ),
        (b'{"version": "0.5.0", "weights": [NaN]}', "(numbers): got NaN"),
    ],
)
def test_what_is_no_model_is_refused(text, said):
    """By its first wrong line."""
    with pytest.raises(ContractError) as caught:
        nam.parse(text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (None, "expected a list of 1 to 2097152 numbers, got NoneType"),
        ([], "expected a list of 1 to 2097152 numbers, got 0"),
        ([1.0, "2"], "expected numbers, got something else among them"),
        ([1.0, [2.0]], "expected numbers, got something else among them"),
        ([True], "expected numbers"),
        ([1e39], "expected finite numbers, got one that is not"),
        ([10**400], "expected numbers"),
    ],
)
def test_weights_are_finite_numbers(weights, said):
    """Everything else is refused."""
    with pytest.raises(ContractError) as caught:
        file_of(weights=weights)
    assert said in str(caught.value)


@pytest.mark.parametrize("rate", [0, -1, 48_000.5, "48000", 1e9, True])
def test_a_rate_is_a_whole_number_of_hz(rate):
    """Of those that this program knows."""
    with pytest.raises(ContractError, match="sample_rate"):
        file_of(sample_rate=rate)


@pytest.mark.parametrize(
    ("name", "config", "said"),
    [
        ("lstm", config_of("lstm", hidden_size=4096), "(weights): expected more than"),
        ("lstm", config_of("lstm", hidden_size=2), "(weights): expected"),
        (
            "lstm",
            config_of("lstm", hidden_size=-3),
            "(hidden_size): expected a whole number from 1 to 4096, got -3",
        ),
        ("lstm", config_of("lstm", num_layers=1 << 40), "(num_layers): expected a whole number from 1 to 64"),
        ("lstm", config_of("lstm", input_size=2), "(input_size): expected 1, got 2; export a mono model"),
        ("wavenet-plain", layers_of(channels=4096), "(layers): expected stacks that fit one another"),
        (
            "wavenet-plain",
            layers_of(dilations=[1, 1 << 40, 3]),
            "(dilations): expected a whole number from 1 to 524288",
        ),
        (
            "wavenet-plain",
            layers_of(dilations=[1 << 19] * 3),
            "(dilations): expected at most 524288 frames back",
        ),
        ("wavenet-plain", layers_of(activation=["ELU"] * 3), "(activation): expected one of Identity, Tanh"),
        (
            "wavenet-plain",
            layers_of(activation=["Tanh"]),
            "(activation): expected 3, one for each layer, got 1",
        ),
        ("wavenet-plain", layers_of(groups_input=3), "(groups): expected a divisor of 4 and 4, got 3"),
        ("wavenet-plain", layers_of(condition_size=2), "(layers): expected 1 channels of condition"),
        ("wavenet-plain", {"layers": []}, "(layers): expected a list of 1 to 256 stacks"),
    ],
)
def test_a_configuration_that_cannot_be_played_is_refused(name, config, said):
    """By the line that is wrong, and without taking memory for it."""
    with pytest.raises(ContractError) as caught:
        program(file_of(name, config=config))
    assert said in str(caught.value)


def test_containers_are_in_order():
    """Sizes rise to 1, and containers do not lie in one another for ever."""
    models = config_of("container")["submodels"]
    for listed in ([], models[::-1], models[:1], [{"max_value": 1.0}]):
        with pytest.raises(ContractError):
            file_of("container", config={"submodels": listed})
    inner = json.loads(golden("container")[0])
    for _ in range(nam.DEEPEST):
        inner = inner | {"config": {"submodels": [{"max_value": 1.0, "model": inner}]}}
    with pytest.raises(ContractError, match="deep"):
        nam.parse(json.dumps(inner).encode())


def test_a_slimmable_network_is_sliced_to_its_first_channels():
    """At the smallest size it is the network that its first channels are."""
    stack = {
        "input_size": 1, "condition_size": 1, "head_size": 1, "channels": 2, "kernel_size": 2, "dilations": [1],
        "activation": "Tanh", "gated": False, "head_bias": False,
    }  # fmt: skip
    method = {"method": "slice_channels_uniform", "kwargs": {"allowed_channels": [1, 2]}}
    rng = np.random.default_rng(0)
    shapes = [(2, 1), (2, 2, 2), (2,), (2, 1), (2, 2), (2,), (1, 2), (1,)]
    full = [rng.uniform(-1, 1, shape) for shape in shapes]
    first = [w[tuple(slice(0, 1) if k < 2 else slice(None) for k in range(w.ndim))] for w in full]

    def model(stack, parts):
        weights = [float(w) for part in parts for w in part.ravel()]
        config = {"layers": [stack], "head": None, "head_scale": 1.0}
        return file_of(config=config, weights=weights)

    small, slim = model(stack | {"channels": 1}, first), model(stack | {"slimmable": method}, full)
    one, other = program(small), program(slim, 0.3)
    assert np.array_equal(one.weights, other.weights) and np.array_equal(one.steps, other.steps)
    assert not np.array_equal(program(slim).weights, one.weights)


def test_files_and_texts(tmp_path):
    """A file by its name, in a text and in a session's table; one that is not there is the presets' error."""
    path = tmp_path / "amp.nam"
    path.write_bytes(golden("lstm")[0])
    plugin = from_text(f"nam:{path},input=6,normalised=on")
    assert isinstance(plugin, Nam) and (plugin.input_db, plugin.normalised) == (6.0, 1.0)
    assert to_dict(plugin)["file"] == str(path)
    with pytest.raises(PresetError, match="does not exist"):
        from_text(f"nam:{tmp_path / 'nowhere.nam'}")
