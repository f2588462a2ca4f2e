"""The C library's allocator, told what a server of many threads needs; only glibc is."""

import ctypes

_M_ARENA_MAX = -8  # glibc's malloc.h
_ARENAS = 2


def share_arenas() -> None:
    """Let the threads of this process, and of those forked from it, share two arenas.

    By itself glibc gives an arena to each of many threads, and each keeps its own free memory.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Return what is free to the system: after a rush that is most of what the rush took.

    Better now and then than with each block: for fresh memory the kernel has to clear every page,
    which makes a cutout twice as costly.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
