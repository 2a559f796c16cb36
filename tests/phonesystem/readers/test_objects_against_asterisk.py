"""Real Asterisk 16 and 22 load awkward phones, trunks, mailboxes and wizards: we read the same ones."""

from __future__ import annotations

from functools import cache

import pytest

from tests.oracle.configurations import Folder
from tests.oracle.objects import Answers, ours, real

VERSIONS = (16, 22)
OK = "[ok]\ntype=endpoint\ncontext=inside\naors=ok\n[ok]\ntype=aor\n"
AWKWARD: dict[str, dict[str, str]] = {
    "a type in another case is none": {"pjsip.conf": OK + "[A]\ntype=Endpoint\n[B]\nTYPE=endpoint\nconTEXT=b\n[OK]\ntype=endpoint\n"},
    "the first type of a section counts": {"pjsip.conf": OK + "[two]\ntype=endpoint\ntype=aor\n[three]\ntype=aor\ntype=endpoint\n"},
    "an aor twice leaves no aor at all": {"pjsip.conf": OK + "[ok]\ntype=aor\nmax_contacts=2\n[z]\ntype=aor\n"},
    "an endpoint twice leaves no endpoint at all": {"pjsip.conf": OK + "[z]\ntype=endpoint\n[z]\ntype=endpoint\n"},
    "an unknown type and none": {"pjsip.conf": OK + "[x]\ntype=nothing\n[y]\na=1\n"},
    "a template is nobody": {"pjsip.conf": OK + "[t](!)\ntype=endpoint\n[u](t)\n[ok](+)\nlanguage=fr\n"},
    "adding by type": {"pjsip.conf": OK + "[ok](+type=endpoint)\nlanguage=fr\n"},
    "parts that are not there": {"pjsip.conf": OK + "[x]\ntype=endpoint\naors=none\nauth=none\n"},
    "names with blanks": {"pjsip.conf": OK + "[x y]\ntype=endpoint\n[y z]\ntype=aor\n"},
    "the last of two values": {"pjsip.conf": OK + "[e]\ntype=endpoint\ncontext=a\ncontext=b\naors=a,b\nauth=q\nauth=r\n"},
    "names of callers": {"pjsip.conf": OK + '[e]\ntype=endpoint\ncallerid="Pat O\\\'Brien" <12>\n[f]\ntype=endpoint\ncallerid=Bea <13>\n'},
    "a refused file": {"pjsip.conf": OK + "[x\n"},
    "nothing": {"pjsip.conf": ""},
    "a wizard of a carrier": {
        "pjsip.conf": OK + "[udp]\ntype=transport\nbind=127.0.0.1:5091\n",
        "pjsip_wizard.conf": "[t](!)\ntype=wizard\nsends_auth=yes\nsends_registrations=yes\noutbound_auth/username=u\n"
        "outbound_auth/password=p\n[w](t)\nremote_hosts=127.0.0.5:41060,127.0.0.6\nendpoint/context=in\n"
        "[v](t)\nremote_hosts=127.0.0.7\nserver_uri_pattern=sip:${REMOTE_HOST}:5070\nclient_uri_pattern=sip:x@${REMOTE_HOST}\n",
    },
    "a wizard of a phone": {
        "pjsip.conf": OK,
        "pjsip_wizard.conf": "[w]\ntype=wizard\naccepts_auth=yes\naccepts_registrations=yes\ninbound_auth/username=w\n"
        "inbound_auth/password=p\nendpoint/callerid=Wiz <44>\nendpoint/mailboxes=44@default\naor/max_contacts=2\n",
    },
    "a wizard with its own match and contact": {
        "pjsip.conf": "",
        "pjsip_wizard.conf": "[w]\ntype=wizard\nremote_hosts=127.0.0.9\nidentify/match=10.0.0.1\naor/contact=sip:10.0.0.1\n",
    },
    "a wizard that names no host": {"pjsip.conf": "", "pjsip_wizard.conf": "[w]\ntype=wizard\nendpoint/context=in\n"},
    "sections that are no wizard": {"pjsip.conf": OK + "[w]\ntype=wizard\n", "pjsip_wizard.conf": "[x]\ntype=endpoint\n[y]\na=1\n"},
    "peers, users and friends of IAX2": {
        "iax.conf": "[general]\ncontext=g\n[p]\ntype=peer\nhost=dynamic\n[u]\ntype=user\n[f]\ntype=friend\nhost=127.0.0.1\n"
        "[g]\ntype=friend\n[n]\nhost=127.0.0.1\n[t](!)\ntype=peer\nhost=dynamic\n[h](t)\n"
    },
    "peers of chan_sip": {
        "sip.conf": "[general]\n[p]\ntype=peer\nhost=dynamic\n[u]\ntype=user\n[f]\ntype=friend\nhost=127.0.0.1\n[n]\nhost=127.0.0.1\n"
        "[t](!)\ntype=friend\nhost=dynamic\n[301](t)\n[302](t)\n"
    },
    "queues with members of every form": {
        "queues.conf": "[general]\n[q]\nstrategy=rrmemory\nmember => PJSIP/1\nmember => Local/2@x/n,5,Ana\n[t](!)\nstrategy=linear\n[r](t)\nmember=>SIP/3\n"
    },
    "mailboxes": {
        "voicemail.conf": "[general]\nformat=wav\n[zonemessages]\nx=UTC|Q\n[default]\n1=>1,Ana,a@example.com\n2 => 22,Bea\n3=>\n[other]\n1=>1,C D\n"
    },
}  # fmt: skip


def folder(name: str) -> Folder:
    files = {path: text.encode() for path, text in AWKWARD[name].items()}
    return Folder(name, files, list(files))


@cache
def loaded(version: int) -> dict[str, Answers]:
    """What that Asterisk loads of every folder; one boot."""
    return dict(zip(AWKWARD, real([folder(name) for name in AWKWARD], version), strict=True))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", AWKWARD)
def test_what_is_read_is_what_real_asterisk_loads(name: str, version: int) -> None:
    mine = ours(folder(name))
    for kind, had in loaded(version)[name].items():
        assert (kind, mine.get(kind, {})) == (kind, dict(had.objects)), had.complaints
