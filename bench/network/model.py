"""The network: a U-Net of plain convolutions, trained by `bench.network.train`."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.network.network_input import CHANNELS, SIDE

CLASSES = 5
WIDTHS = (16, 24, 32, 40, 48)  # channels at 128, 64, 32, 16 and 8 px
_SPLIT = 4  # pixels of the output that one pixel of the last layer holds


def _conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _conv(width, width)
        self.second = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.second(self.first(x)))


class _Context(nn.Module):
    """Add what the whole image contains to every pixel of 8 x 8."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.pooled, self.joined = _conv(width, width, 1), _conv(2 * width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        side = SIDE // 32
        pooled = self.pooled(functional.avg_pool2d(x, side))
        spread = functional.interpolate(pooled, scale_factor=float(side), mode="nearest")
        return self.joined(torch.cat([x, spread], 1))


class Network(nn.Module):
    """Map (n, CHANNELS, 256, 256) to logits (n, CLASSES * 4, 128, 128), four pixels in each."""

    def __init__(self) -> None:
        """Create it with random weights."""
        super().__init__()
        a, b, c, d, e = WIDTHS
        self.down1 = _conv(CHANNELS, a, 3, 2)
        self.down2 = nn.Sequential(_conv(a, b, 3, 2), _Residual(b))
        self.down3 = nn.Sequential(_conv(b, c, 3, 2), _Residual(c))
        self.down4 = nn.Sequential(_conv(c, d, 3, 2), _Residual(d), _Residual(d))
        self.down5 = nn.Sequential(_conv(d, e, 3, 2), _Residual(e), _Context(e), _Residual(e))
        self.narrow4, self.up4 = _conv(e, d, 1), _conv(d, d)
        self.narrow3, self.up3 = _conv(d, c, 1), _conv(c, c)
        self.narrow2, self.up2 = _conv(c, b, 1), _Residual(b)
        self.narrow1, self.up1 = _conv(b, a, 1), _conv(a, a)
        self.head = nn.Conv2d(a, CLASSES * _SPLIT, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        at128 = self.down1(x)
        at64 = self.down2(at128)
        at32 = self.down3(at64)
        at16 = self.down4(at32)
        deep = self.down5(at16)
        deep = self.up4(at16 + _double(self.narrow4(deep)))
        deep = self.up3(at32 + _double(self.narrow3(deep)))
        deep = self.up2(at64 + _double(self.narrow2(deep)))
        deep = self.up1(at128 + _double(self.narrow1(deep)))
        return self.head(deep)


def _double(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def unfold(logits: Tensor) -> Tensor:
    """Return (n, CLASSES, 256, 256) logits."""
    return functional.pixel_shuffle(logits, 2)
