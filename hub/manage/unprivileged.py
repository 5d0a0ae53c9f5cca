"""How a program that refuses to run as root is run by root, without loosening the mode of any folder.

It gets the user `nobody` and one capability: to search and read folders whose mode forbids it (dac_read_search, or
dac_override where a container has only that). So the home, the checkout and all folders above keep their modes, and
only what the program writes changes its owner. access(2) asks the real user and forgets capabilities unless the
securebit no_setuid_fixup is set, and PostgreSQL asks it about its own binaries. no-new-privs and the bounding set keep
the program from gaining more.
"""

import os
import pwd
import shutil
import signal
from pathlib import Path

from hub.manage.home import HomeError

_CAPABILITIES = (("dac_read_search", 2), ("dac_override", 1))  # bits of linux/capability.h, the lesser first


def as_unprivileged(death_signal: signal.Signals) -> list[str]:
    """The words to put before a command. Empty when this process is not root.

    A change of user clears the parent-death signal, so setpriv sets `death_signal` anew.
    Raises HomeError where root lacks the tool or the capability.
    """
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        raise HomeError("Run as root, the embedded PostgreSQL needs setpriv (Debian: util-linux). Or run as a user.")
    nobody = pwd.getpwnam("nobody")
    capability = _capability()
    return [
        "setpriv",
        f"--reuid={nobody.pw_uid}",
        f"--regid={nobody.pw_gid}",
        "--clear-groups",
        "--securebits=+no_setuid_fixup",
        f"--inh-caps=-all,+{capability}",
        f"--ambient-caps=-all,+{capability}",
        f"--bounding-set=-all,+{capability}",
        "--no-new-privs",
        f"--pdeathsig={death_signal.name.removeprefix('SIG')}",
        "--",
    ]


def give_away(folder: Path) -> None:
    """Make `folder` the property of the user that `as_unprivileged` names. Nothing to do when not root."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)


def _capability() -> str:
    bounding = int(Path("/proc/self/status").read_text().split("CapBnd:")[1].split()[0], 16)
    for name, bit in _CAPABILITIES:
        if bounding >> bit & 1:
            return name
    raise HomeError("This root user may not search private folders. Run as an ordinary user, or set HUB_DATABASE_URL.")
