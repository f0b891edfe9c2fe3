#!/usr/bin/env bash
# neural-amp-modeler 0.13.0: a WaveNet with PReLU comes back from its own .nam file with other slopes than it was taught.
#
# PReLU is one of the activations that the trainer offers; its slopes are learned. The file has them (negative_slopes), init_from_nam
# takes their number from there and leaves their values, so each is PyTorch's first guess, 0.25. Nothing warns, and the model that was
# read plays another sound. What reads the file by itself has the slopes. Two other forms that the package writes, it does not
# read at all: a ConvNet and a container of several sizes ("slimmable").
# Here: our player takes the slopes from the file; its golden data have PReLU in them, and it reads both other forms.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
packages neural-amp-modeler==0.13.0
cat > slopes.py <<'PYTHON'
import json, sys
from pathlib import Path
import torch
from nam.models import factory, init_from_nam

torch.manual_seed(0)
head = {"out_channels": 1, "kernel_size": 1, "bias": True}
x = torch.sin(torch.arange(4800) / 20.0)
for name, slope in (("first guess", 0.25), ("learned", 0.9)):
    stack = {"input_size": 1, "condition_size": 1, "channels": 2, "dilations": [1, 2], "kernel_size": 3, "head": head,
             "activation": {"name": "PReLU", "num_parameters": 2}}
    net = factory.init("WaveNet", kwargs={"config": {"layers_configs": [stack], "sample_rate": 48000}})
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, torch.nn.PReLU):
                module.weight.fill_(slope)
    net.eval()
    net.export(".", basename="one")
    file = json.loads(Path("one.nam").read_text())
    again = init_from_nam(file)
    again.eval()
    with torch.no_grad():
        off = float((net(x, pad_start=True) - again(x, pad_start=True)).abs().max())
    said = [a["negative_slopes"] for a in file["config"]["layers"][0]["activation"]] == [[torch.tensor(slope).item()] * 2] * 2
    print(f"slopes {slope} ({name}): in the file {said}, output the same {off < 1e-6}")
    print(f"largest difference {off:.3f}", file=sys.stderr)
PYTHON
got="$("$PY" slopes.py 2> >(grep "largest" >&2))"
seen "$got"
described "slopes 0.25 (first guess): in the file True, output the same True
slopes 0.9 (learned): in the file True, output the same False" "$got"
