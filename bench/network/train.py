"""Train the network for a number of minutes: `python -m bench.network.train FOLDER OUT`."""

import argparse
import copy
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bench.network.drawings import Array, Rng
from bench.network.generate import SHARD, WEIGHT_STEPS
from bench.network.model import Network, unfold
from bench.network.network_input import to_channels
from bench.network.scenes import BACKGROUND, HOLE

BATCH = 16
_DECAY = 0.995  # of the averaged weights
_WARMUP = 150  # steps
BACKGROUND_WEIGHT, HOLE_WEIGHT = 0.4, 6.0  # factors of the weights in the scenes
TRIES = 3  # scenes of which one with a hole is preferred, in every second draw


class Scenes:
    """The newest scenes of a folder that `generate` writes to."""

    def __init__(self, folder: Path) -> None:
        """Wait for a first file."""
        self.folder = folder
        self.shards: dict[Path, tuple[float, dict[str, Array]]] = {}
        self.refresh()
        while len(self.shards) < 4:
            time.sleep(5)
            self.refresh()

    def refresh(self) -> None:
        """Read new and changed files."""
        for file in sorted(self.folder.glob("*.npz")):
            changed = file.stat().st_mtime
            if file not in self.shards or self.shards[file][0] != changed:
                with np.load(file) as data:
                    self.shards[file] = changed, {key: data[key] for key in data.files}

    def batch(self, rng: Rng, size: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return inputs, labels and weights of random scenes."""
        shards = list(self.shards.values())
        inputs, labels, weights = [], [], []
        for _ in range(size):
            for _ in range(TRIES if rng.random() < 0.5 else 1):
                shard = shards[rng.integers(len(shards))][1]
                number = rng.integers(SHARD)
                if (shard["labels"][number] == HOLE).any():
                    break
            color = shard["color"][number]
            if rng.random() < 0.3:  # the background's color is an estimate
                color = color + rng.normal(0, 0.4, 3)
            one = to_channels(shard["image"][number], color)
            mark = shard["labels"][number]
            weight = shard["weights"][number].astype(np.float32) / WEIGHT_STEPS
            weight[mark == BACKGROUND] *= BACKGROUND_WEIGHT
            weight[mark == HOLE] *= HOLE_WEIGHT
            if rng.random() < 0.5:
                one, mark, weight = one[..., ::-1], mark[:, ::-1], weight[:, ::-1]
            if rng.random() < 0.3:
                one = np.concatenate([one[rng.permutation(3)], one[3:]])
            inputs.append(np.ascontiguousarray(one))
            labels.append(np.ascontiguousarray(mark))
            weights.append(np.ascontiguousarray(weight))
        stacked = torch.from_numpy(np.stack(inputs)).contiguous(memory_format=torch.channels_last)
        return (
            stacked,
            torch.from_numpy(np.stack(labels)).long(),
            torch.from_numpy(np.stack(weights)),
        )


def loss_of(logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted cross-entropy."""
    losses = functional.cross_entropy(unfold(logits), labels, reduction="none")
    return (losses * weights).sum() / weights.sum()


def rate(step: int, progress: float, peak: float) -> float:
    """Return the learning rate: a warm-up, then half a cosine over the time."""
    return peak * min(1.0, step / _WARMUP) * max(0.5 * (1 + float(np.cos(np.pi * progress))), 0.003)


def average(mean: Network, network: Network, step: int) -> None:
    """Move the averaged weights toward the current ones."""
    decay = min(_DECAY, (1 + step) / (10 + step))
    with torch.no_grad():
        for old, new in zip(mean.state_dict().values(), network.state_dict().values(), strict=True):
            old.copy_(old * decay + new * (1 - decay) if old.is_floating_point() else new)


def train(scenes: Scenes, network: Network, minutes: float, peak: float, out: Path) -> Network:
    """Train, saving the averaged weights now and then; return them."""
    mean = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), lr=peak, weight_decay=0.01)
    rng, start, step, recent = np.random.default_rng(0), time.monotonic(), 0, 0.0
    network.train().to(memory_format=torch.channels_last)
    while (progress := (time.monotonic() - start) / (60 * minutes)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate(step, progress, peak)
        inputs, labels, weights = scenes.batch(rng, BATCH)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = network(inputs)
        loss = loss_of(logits.float(), labels, weights)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimizer.step()
        average(mean, network, step)
        step += 1
        recent = loss.item() if step == 1 else 0.98 * recent + 0.02 * loss.item()
        if step % 50 == 0:
            torch.save(mean.state_dict(), out)
            scenes.refresh()
            print(f"{time.monotonic() - start:6.0f} s, step {step}, loss {recent:.4f}", flush=True)
    torch.save(mean.state_dict(), out)
    return mean


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.network.train", description=__doc__)
    parser.add_argument("folder", type=Path, help="of scenes")
    parser.add_argument("out", type=Path, help="PyTorch weights to write")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--resume", type=Path, help="weights to begin with")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    cv2.setNumThreads(1)
    network = Network()
    if options.resume:
        network.load_state_dict(torch.load(options.resume))
    train(Scenes(options.folder), network, options.minutes, options.rate, options.out)


if __name__ == "__main__":
    main()
