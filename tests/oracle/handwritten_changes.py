"""Changes that people make in files they wrote themselves: the sample phone system, without any database."""

from __future__ import annotations

from pathlib import Path

from tests.oracle.nights import Case, Night

SABA = Path(__file__).parents[2] / "samples/saba/etc/asterisk"
PHONES, TRUNKS, INBOUND, MENUS, PEOPLE, OUT = (
    "pjsip.d/phones.conf", "pjsip.d/trunks.conf", "extensions.d/10-inbound.conf", "extensions.d/20-menus.conf", "extensions.d/30-people.conf",
    "extensions.d/50-outbound.conf",
)  # fmt: skip
NEW_PHONE = """
[299](phone)
auth = 299
aors = 299
callerid = "Intern" <299>

[299](phone-auth)
username = 299
password = canary-new-phone

[299](phone-aor)
"""


def saba() -> Night:
    """The sample phone system."""
    files = {str(path.relative_to(SABA)): path.read_text("utf-8") for path in sorted(SABA.rglob("*.conf"))}
    return Night("asterisk", files, {}, {})


def phone_removed(night: Night) -> None:
    text = night.files[PHONES]
    start = text.index("[251](")
    end = text.index("\n[", text.index("](phone-aor)", start))
    night.files[PHONES] = text[:start] + text[end:]
    night.lines("voicemail.conf", lambda line: line.startswith("251 =>"))
    night.lines(PEOPLE, lambda line: line.startswith("exten => 251,hint"))
    night.sub(PEOPLE, "exten => _25[01],1", "exten => _25[0],1")


CASES = (
    Case("comments and white space", lambda n: (n.sub("rtp.conf", "rtpstart = 10000", "rtpstart=10000 ; as before"), n.add(PHONES, "\n; a remark\n"))[0], ()),
    Case("phone renamed", lambda n: n.sub(PHONES, 'callerid = "Reception" <200>', 'callerid = "Front desk" <200>'),
         (("changed", "extension", "200", "name", "Reception", "Front desk"),), "Extension 200 is now called Front desk, was Reception"),
    Case("phone's password", lambda n: n.sub(PHONES, "a6AVlDV2OflRCARQVW4C", "canary-200"), (("changed", "extension", "200", "secret", None, None),)),
    Case("phone may no longer dial abroad", lambda n: n.within(PHONES, "[201](phone,management)", "context = internal-abroad", "context = internal"),
         (("changed", "extension", "201", "context", "internal-abroad", "internal"),)),
    Case("phone added", lambda n: n.add(PHONES, NEW_PHONE), (("added", "extension", "299", None, None, None),)),
    Case("one codec for one phone", lambda n: n.sub(PHONES, "[200](phone-auth)", "[200](+)\nallow = opus\n\n[200](phone-auth)"),
         (("changed", "extension", "200", "codecs", "alaw, ulaw, g722", "alaw, ulaw, g722, opus"),)),
    Case("codecs of both trunks by their template", lambda n: n.sub("pjsip.conf", "allow = alaw,ulaw\n", "allow = alaw\n"),
         (("changed", "trunk", "carrier-a, carrier-b", "codecs", "alaw, ulaw", "alaw"),)),
    Case("mailbox removed", lambda n: n.lines("voicemail.conf", lambda line: line.startswith("214 =>"))[0],
         (("removed", "mailbox", "214", None, None, None),)),
    Case("mailbox PIN", lambda n: n.sub("voicemail.conf", "210 => 3987,", "210 => 424242,"), (("changed", "mailbox", "210", "pin", None, None),)),
    Case("queue member added", lambda n: n.add("queues.conf", "member => PJSIP/220,0,Support Manager,PJSIP/220\n"),
         (("added", "queue", "301", "members", None, "220"),), "now answers"),
    Case("queue strategy", lambda n: n.sub("queues.conf", "strategy = rrmemory", "strategy = leastrecent"),
         (("changed", "queue", "300", "strategy", "rrmemory", "leastrecent"),)),
    Case("menu key", lambda n: n.sub(MENUS, "exten => 2,1,Goto(menu-en,start,1)", "exten => 2,1,Goto(menu-fa,start,1)"),
         (("changed", "menu", "menu-language", "key 2", "menu menu-en", "menu menu-fa"),)),
    Case("opening hours", lambda n: n.sub(INBOUND, " same => n,GotoIfTime(*,*,20-24,mar?closed)             ; Nowruz\n same => n,GotoIfTime(08:00-17:00,sat-wed,*,*?open)",
                                          " same => n,GotoIfTime(*,*,20-24,mar?closed)             ; Nowruz\n same => n,GotoIfTime(08:00-15:00,sat-wed,*,*?open)"),
         (("changed", "time_condition", "numbers,982188880100", "times", "08:00-17:00 sat-wed; 08:00-13:00 thu",
           "08:00-15:00 sat-wed; 08:00-13:00 thu"),), "Opening hours 982188880100 (numbers) are now 08:00-15:00 sat-wed"),
    Case("DID added", lambda n: n.sub(INBOUND, "[office-closed]", "exten => 982188880300,1,Goto(queues,sales,1)\n\n[office-closed]"),
         (("added", "inbound_route", "982188880300", None, None, "queue 300"),)),
    Case("trunk server", lambda n: (n.sub(TRUNKS, "contact = sip:198.51.100.20:5060", "contact = sip:198.51.100.99:5060"),
                                    n.sub(TRUNKS, "match = 198.51.100.20", "match = 198.51.100.99"))[0],
         (("changed", "trunk", "carrier-b", "server", "198.51.100.20", "198.51.100.99"),)),
    Case("outbound pattern", lambda n: n.sub(OUT, "exten => _900ZXXXXXXX.,1,Goto(carriers,${EXTEN:1},1)",
                                             "exten => _900ZXXXXXXX.,1,Goto(carriers,${EXTEN:1},1)\nexten => _8ZXXXXXXX,1,Goto(carriers,${EXTEN:1},1)"),
         (("added", "outbound_route", "abroad,_8ZXXXXXXX", None, None, None),)),
    Case("dialplan line", lambda n: n.sub(PEOPLE, " same => n,VoiceMail(${EXTEN}@default,u)\n", " same => n,VoiceMail(${EXTEN}@default,us)\n"),
         (("changed", "dialplan", "ring,_2XX", "lines", "VoiceMail(${EXTEN}@default,u)", "VoiceMail(${EXTEN}@default,us)"),)),
    Case("module not loaded", lambda n: n.add("modules.conf", "\nnoload = chan_iax2.so\n"),
         (("added", "setting", "modules.conf [modules] noload", None, None, "chan_iax2.so"),)),
    Case("RTP ports", lambda n: n.sub("rtp.conf", "rtpend = 10999", "rtpend = 11999"),
         (("changed", "setting", "rtp.conf [general] rtpend", None, "10999", "11999"),)),
    Case("manager user added", lambda n: n.add("manager.conf", "\n[dialer]\nsecret = canary-ami\nread = all\n"),
         (("added", "manager_user", "dialer", None, None, None),)),
    Case("manager's password", lambda n: n.sub("manager.conf", "7tCWSNsWvXuYF8YWJ5WjACVb", "canary-ami"),
         (("changed", "manager_user", "wallboard", "secret", None, None),)),
    Case("file added", lambda n: n.files.update({"acl2.conf": "[one]\npermit=10.0.0.0/8\n"}), (("added", "file", "acl2.conf", None, None, None),)),
    Case("global variable", lambda n: n.sub("extensions.conf", "QUEUE_SECONDS = 45", "QUEUE_SECONDS = 90"),
         (("changed", "setting", "[globals] QUEUE_SECONDS", None, "45", "90"),)),
    Case("phone removed with its mailbox and its pattern", phone_removed,
         (("removed", "extension", "251", None, None, None),
          ("removed", "dialplan", "people,_25[01]", None, "Goto(ring,${EXTEN},1)", None),
          ("added", "dialplan", "people,_25[0]", None, None, "Goto(ring,${EXTEN},1)"))),
)  # fmt: skip
