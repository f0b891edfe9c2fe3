"""Clones as `.nam` files: what torch plays is what the player of such files plays."""

import json

import numpy as np
import pytest
import torch

from export import nam as writer
from gate import Chain, Nam
from gate.errors import ContractError, UsageError
from gate.modelfile import nam
from training.clone.networks import Recurrent, Stack, WaveNet

RATE = 48_000

TOLERANCE = 1e-5
"""Of sound at about full scale: both are float32."""

NETS = {
    "lstm": lambda: Recurrent(6, 2),
    "wavenet": lambda: WaveNet((Stack(4, 3, (1, 2, 4)), Stack(2, 2, (1, 8))), head_scale=0.5),
    "gated": lambda: WaveNet((Stack(3, 2, (1, 3), gated=True),), head_scale=0.5),
}


@pytest.fixture(params=NETS)
def net(request):
    torch.manual_seed(0)
    return NETS[request.param]().eval()


def test_the_file_plays_as_the_network_does(net, tmp_path):
    """From the first sample on."""
    path = tmp_path / "amp.nam"
    writer.write(net, path, name="Mine")
    x = np.random.default_rng(0).uniform(-0.5, 0.5, 800).astype(np.float32)
    with torch.no_grad():
        expected = net(torch.from_numpy(x)[None], net.start(1))[0][0].numpy()
    assert np.abs(Chain([Nam(path)])(x, RATE) - expected).max() < TOLERANCE


def test_metadata_are_kept(tmp_path):
    """Loudness, levels, names and the rate come back as they were given."""
    path = tmp_path / "amp.nam"
    said = {
        "name": "Twin",
        "gear_type": "amp",
        "loudness": -20.5,
        "input_level_dbu": 18.3,
        "output_level_dbu": 12.3,
    }
    writer.write(NETS["lstm"](), path, rate=44_100, **said)
    file = nam.read(path)
    assert said.items() <= file.metadata.items() and file.rate == 44_100
    assert (file.level("loudness"), file.level("gain")) == (-20.5, None)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"colour": "red"}, "expected one of name, modeled_by,"),
        ({"gear_type": "banjo"}, "gear_type: expected one of amp, pedal,"),
        ({"loudness": float("nan")}, "loudness: expected a finite number, got nan; leave it out"),
    ],
)
def test_metadata_that_the_format_does_not_know_are_refused(said, words):
    """Nothing is written that a player would trip over."""
    with pytest.raises(UsageError) as caught:
        writer.document(NETS["lstm"](), **said)
    assert words in str(caught.value)


def test_a_broken_network_is_not_written(tmp_path):
    """Weights that are no numbers are refused, and so is a network of another kind; nothing is left on disk."""
    net = NETS["wavenet"]()
    with torch.no_grad():
        net.arrays[0].rechannel.weight[0] = np.nan
    for broken, error in ((net, ContractError), (torch.nn.Linear(1, 1), UsageError)):
        with pytest.raises(error):
            writer.write(broken, tmp_path / "amp.nam")
    assert list(tmp_path.iterdir()) == []


def test_older_players_find_their_keys():
    """An ungated WaveNet has the keys of version 0.5 beside the newer ones; a gated one says that it needs 0.7."""
    plain, gated = (writer.document(NETS[name]()) for name in ("wavenet", "gated"))
    stack = plain["config"]["layers"][0]
    assert (plain["version"], stack["head_size"], stack["head"]["out_channels"], stack["activation"]) == (
        "0.5.4",
        2,
        2,
        "Tanh",
    )
    assert gated["version"] == "0.7.0" and json.loads(json.dumps(gated)) == gated


def test_loudness_is_the_rms_in_db():
    """Of what the network makes of a sound."""
    net = NETS["wavenet"]()
    x = np.random.default_rng(0).uniform(-0.5, 0.5, 800).astype(np.float32)
    with torch.no_grad():
        y = net(torch.from_numpy(x)[None], net.start(1))[0].numpy()
    assert writer.loudness_db(net, x) == pytest.approx(20 * np.log10(np.sqrt((y**2).mean())), abs=1e-3)
