"""How many connections and files a process may have open."""

import resource

_WANTED = 4096  # a thousand callers, and what is opened for them


def allow_many() -> None:
    """Raise the soft limit, which is 1024 on many systems, as far as the hard one lets us.

    A server that can't accept for want of a descriptor would end.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED if hard == resource.RLIM_INFINITY else min(_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
