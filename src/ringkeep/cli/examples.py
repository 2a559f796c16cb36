"""Commands as one would type them: {verb: ((command, what it is for), ...)}. A test lets every verb read its own."""

from __future__ import annotations

_ = str  # marks the texts of this module for translation

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "": (
        ("ringkeep enrol ssh://ringkeep@192.0.2.10 --name saba-hq", _("the first phone system: it is told what to do there")),
        ("ringkeep serve", _("look after all of them from now on")),
        ("ringkeep status", _("how they stand")),
        ("ringkeep --lang fa --help", _("all of this in Persian")),
        ("ringkeep --install-completion", _("let the shell complete commands and options")),
    ),
    "prove": (
        ("ringkeep prove /srv/copies/saba", _("a copy of a server's files")),
        ("ringkeep prove 20261125-saba.tar.gz --calls full --html report.html", _("FreePBX's own backup, with every menu key, and a report to hand on")),
        ("ringkeep prove /srv/copies/saba --asterisk 22", _("would it ring after an upgrade to Asterisk 22?")),
    ),
    "read": (("ringkeep read /srv/copies/saba", ""), ("ringkeep read backup.tar.gz --json", "")),
    "route": (
        ("ringkeep route /srv/copies/saba 02122334455", _("what a caller of this number meets now")),
        ("ringkeep route /srv/copies/saba 02122334455 --at 2026-11-27T22:00 --svg call.svg", _("at another time, as a picture")),
        ("ringkeep route /srv/copies/saba --all", _("every number that can be called from outside")),
    ),
    "check": (
        ("ringkeep check /srv/copies/saba", ""),
        ("ringkeep check /srv/copies/saba --rates prices.csv", _("also whether the cheapest trunk is taken")),
    ),
    "diff": (("ringkeep diff /srv/copies/monday /srv/copies/tuesday", ""),),
    "serve": (
        ("ringkeep serve", _("pages on http://127.0.0.1:8080, for this machine only")),
        ("ringkeep serve --tunnels 0.0.0.0:2222", _("also for phone systems that dial out to us")),
    ),
    "status": (("ringkeep status", ""), ("ringkeep status saba-hq --json", "")),
    "enrol": (
        ("ringkeep enrol ssh://ringkeep@192.0.2.10 --name saba-hq", _("first time: prints the commands that let Ringkeep in; run them there, then this again")),
        ("ringkeep enrol ssh://root@192.0.2.10:2022 --name saba-hq --key ~/.ssh/id_ed25519 --customer 'Saba Trading'", _("with a key that is let in already")),
        ("ringkeep enrol ssh://ringkeep@192.0.2.10 --name saba-hq --window 23:00-04:00 --busy 08:00-18:00", ""),
        ("ringkeep enrol --again --name saba-hq --window 02:00-04:00", _("other rules, another login or address, or a host key that has changed")),
    ),
    "account": (("ringkeep account ssh://ringkeep@192.0.2.10 --name saba-hq --from 192.0.2.7", ""),),
    "tunnel": (
        ("ringkeep tunnel saba-hq --server care.example.com:2222", _("prints the script for the phone system")),
        ("ringkeep tunnel saba-hq --key 'ssh-ed25519 AAAA... ringkeep-saba-hq'", _("lets in the key that the script printed there")),
    ),
    "systems": (("ringkeep systems", ""),),
    "retire": (("ringkeep retire saba-hq", ""),),
    "alarms": (("ringkeep alarms", ""),),
    "jobs": (("ringkeep jobs", ""),),
    "job": (
        ("ringkeep job backup:1:asked:2026-11-25T10:00:00.000000", _("its log; `ringkeep jobs` lists the ids")),
        ("ringkeep job backup:1:asked:2026-11-25T10:00:00.000000 --cancel", ""),
    ),
    "backup": (("ringkeep backup saba-hq", ""), ("ringkeep backup saba-hq --later", _("do not wait for it"))),
    "backups": (
        ("ringkeep backups saba-hq", ""),
        ("ringkeep backups saba-hq latest", _("what changed since the one before, and what is not in it")),
    ),
    "drill": (("ringkeep drill saba-hq", ""), ("ringkeep drill saba-hq --backup saba-hq-20261125-0130 --calls full", "")),
    "drills": (("ringkeep drills saba-hq", ""),),
    "restore": (
        ("ringkeep restore saba-hq --dry-run", _("only say what would change")),
        ("ringkeep restore saba-hq --only extensions:201,voicemail:201", _("bring one person's extension and messages back")),
        ("ringkeep restore saba-hq --to spare", _("all of it to another server, which takes no carrier's calls yet")),
    ),
    "export": (("ringkeep export saba-hq /srv/export --backup saba-hq-20261125-0130", ""),),
    "verify": (
        ("ringkeep verify", _("all repositories, a tenth of the data")),
        ("ringkeep verify saba-hq --read 100%", _("every byte of one customer's")),
    ),
    "forget": (("ringkeep forget saba-hq --dry-run", ""),),
    "destination": (("ringkeep destination add oncall --stdin", ""),),
    "destination add": (
        ("ringkeep destination add oncall --stdin < address", _("the address is on the first line of the file")),
        ("ringkeep destination add hook https://example.com/hook --customer 'Saba Trading'", ""),
    ),
    "destination test": (("ringkeep destination test oncall", ""),),
    "destination list": (("ringkeep destination list", ""),),
    "destination remove": (("ringkeep destination remove oncall", ""),),
    "repository": (("ringkeep repository show", ""),),
    "repository set": (
        ("ringkeep repository set 'Saba Trading' directory /srv/backups/saba", _("a folder of this machine, or one mounted from the company's file server")),
        ("ringkeep repository set 'Saba Trading' s3 s3://s3.example.com/ringkeep/saba --credential-file key.json", ""),
        ("ringkeep repository set 'Saba Trading' directory /srv/backups/saba --keep-daily 30 --plain-copy /srv/plain", ""),
    ),
    "repository show": (("ringkeep repository show 'Saba Trading'", ""),),
    "repository rotate": (("ringkeep repository rotate 'Saba Trading'", ""),),
    "keys": (("ringkeep keys escrow /media/stick/ringkeep.escrow", ""),),
    "keys escrow": (("ringkeep keys escrow /media/stick/ringkeep.escrow", ""),),
    "keys restore": (("ringkeep keys restore /media/stick/ringkeep.escrow", _("on a new machine, with an empty RINGKEEP_HOME")),),
    "keys rotate": (("ringkeep keys rotate", ""),),
    "lab": (("ringkeep lab build", ""),),
    "lab build": (("ringkeep lab build", ""), ("ringkeep lab build 22 --again", "")),
    "lab list": (("ringkeep lab list", ""),),
    "lab remove": (("ringkeep lab remove 16", ""),),
    "lab up": (
        ("ringkeep lab up saba", _("the sample phone system")),
        ("ringkeep lab up /srv/copies/saba --name trial --asterisk 16", _("a copy of your own")),
    ),
    "lab down": (("ringkeep lab down saba", ""), ("ringkeep lab down saba --delete", "")),
    "lab systems": (("ringkeep lab systems", ""),),
}  # fmt: skip
