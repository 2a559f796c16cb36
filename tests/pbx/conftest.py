"""A machine with FreePBX 16's real configuration."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.pbx.machine import Here, Machine, usable

SYSTEMS = Path(__file__).parents[3] / "shared/systems"
PASSWORD = "canary\"se'cret\\1"  # as PHP reads what stands below
FREEPBX_CONF = """<?php
$amp_conf['AMPDBUSER'] = 'freepbxuser';
$amp_conf['AMPDBPASS'] = 'canary"se\\'cret\\\\1';
"""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Not yet any product: /etc/asterisk with one file."""
    if not usable():
        pytest.skip("no unprivileged bubblewrap on this machine")
    made = Machine(tmp_path / "machine")
    made.write("etc/asterisk/extensions.conf", "[from-internal]\nexten => 1000,1,Dial(PJSIP/1000)\n")
    made.set_state(CF__1000="555")
    return made


@pytest.fixture
def freepbx(machine: Machine) -> Machine:
    """FreePBX 16 as generated, with its links into the web root."""
    if not SYSTEMS.is_dir():
        pytest.skip("the real systems are not beside this checkout")
    configuration = machine.root / "etc/asterisk"
    shutil.copytree(SYSTEMS / "freepbx16/etc-asterisk", configuration, dirs_exist_ok=True)
    for line in (SYSTEMS / "freepbx16/symlinks.txt").read_text().splitlines():
        name, _, target = line.partition(" -> ")
        text = (configuration / name).read_bytes()
        machine.write(target.lstrip("/"), text)
        (configuration / name).unlink()
        (configuration / name).symlink_to(target)
    machine.write("etc/freepbx.conf", FREEPBX_CONF)
    module = "<module><rawname>framework</rawname><version>16.0.33</version></module>\n"
    machine.write("var/www/html/admin/modules/framework/module.xml", module.replace("><", ">\n<"))
    return machine


@pytest.fixture
def here(machine: Machine) -> Here:
    """A connection to it."""
    return Here(machine)
