"""Changes in a small house whose owner wrote everything by hand: PJSIP by templates, chan_sip, IAX and DAHDI beside each other."""

from __future__ import annotations

from tests.oracle.nights import Case, Night

DIALPLAN = """\
[general]
static=yes
[globals]
RINGT=20
[internal]
include => phones
include => features
include => outbound
[inside]
include => phones
include => features
[phones]
exten => _1XX,1,Dial(PJSIP/${EXTEN},${RINGT})
 same => n,VoiceMail(${EXTEN}@default,u)
 same => n,Hangup()
exten => 300,1,Answer()
 same => n,Queue(sales,t,,,60)
 same => n,Goto(phones,100,1)
exten => 310,1,Dial(PJSIP/101&PJSIP/102,25)
 same => n,VoiceMail(101@default,u)
[features]
exten => *97,1,VoiceMailMain(${CALLERID(num)}@default)
exten => 800,1,ConfBridge(800)
[outbound]
exten => _9X.,1,Dial(PJSIP/${EXTEN:1}@carrier,60)
 same => n,Congestion()
exten => _00X.,1,Dial(IAX2/intl/${EXTEN},60)
[from-carrier]
exten => 02188880100,1,GotoIfTime(08:00-17:00,sat-wed,*,*?open,s,1)
 same => n,Goto(closed,s,1)
exten => 02188880101,1,Goto(phones,300,1)
exten => 02188880102,1,Dial(PJSIP/100&PJSIP/103,30)
 same => n,Hangup()
[open]
exten => s,1,Answer()
 same => n,Background(custom/main)
 same => n,WaitExten(5)
exten => 1,1,Goto(phones,300,1)
exten => 2,1,Goto(phones,310,1)
exten => 0,1,Goto(phones,100,1)
exten => i,1,Goto(open,s,1)
exten => t,1,Goto(phones,100,1)
[closed]
exten => s,1,Answer()
 same => n,Playback(custom/closed)
 same => n,VoiceMail(100@default,u)
[from-intl]
include => day|09:00-18:00|mon-fri|*|*
include => night
[day]
exten => _X.,1,Goto(phones,300,1)
[night]
exten => _X.,1,Goto(closed,s,1)
"""
PHONE = """
[{0}](phone)
auth={0}
aors={0}
callerid=Person {0} <{0}>
mailboxes={0}@default
[{0}](pauth)
username={0}
password=canary-{0}
[{0}](paor)
"""
PJSIP = """\
[udp]
type=transport
protocol=udp
bind=0.0.0.0
[phone](!)
type=endpoint
context=internal
disallow=all
allow=ulaw,alaw
[pauth](!)
type=auth
auth_type=userpass
[paor](!)
type=aor
max_contacts=1
"""
CARRIER = """\
[carrier]
type=endpoint
context=from-carrier
disallow=all
allow=alaw
outbound_auth=carrier
aors=carrier
[carrier]
type=auth
auth_type=userpass
username=acme
password=canary-carrier
[carrier]
type=aor
contact=sip:sip.carrier.example:5060
[carrier]
type=identify
endpoint=carrier
match=198.51.100.7
[carrier]
type=registration
outbound_auth=carrier
server_uri=sip:sip.carrier.example
client_uri=sip:acme@sip.carrier.example
"""
OTHERS = {
    "sip.conf": """\
[general]
context=default
allowguest=no
[desk](!)
type=friend
host=dynamic
context=internal
[150](desk)
secret=canary-150
callerid="Old Desk" <150>
mailbox=150@default
[151](desk)
secret=canary-151
callerid="Other Desk" <151>
""",
    "iax.conf": """\
[general]
bindport=4569
[intl]
type=friend
host=203.0.113.44
username=intlacct
secret=canary-iax
context=from-intl
trunk=yes
""",
    "voicemail.conf": """\
[general]
format=wav
[default]
100 => 1234,Person 100,p100@x.example
101 => 2345,Person 101,p101@x.example
102 => 3456,Person 102
150 => 4567,Old Desk
""",
    "queues.conf": """\
[general]
persistentmembers=yes
[tmpl](!)
strategy=ringall
timeout=15
[sales](tmpl)
member => PJSIP/101,0,Ali
member => PJSIP/102,1,Sara
""",
    "confbridge.conf": """\
[general]
[default_user]
type=user
pin=7788
""",
    "manager.conf": """\
[general]
enabled=yes
port=5038
[mon]
secret=canary-monitor
deny=0.0.0.0/0.0.0.0
permit=127.0.0.1/255.255.255.255
read=all
write=
""",
    "chan_dahdi.conf": """\
[channels]
context=from-pstn
signalling=fxs_ks
group=1
channel => 1-4
context=internal
signalling=fxo_ks
callerid="Fax" <180>
channel => 5
""",
    "res_parking.conf": """\
[default]
parkext=>700
parkpos=>701-720
context=>parkedcalls
""",
}


def house() -> Night:
    """The phone system."""
    phones = "".join(PHONE.format(number) for number in range(100, 105))
    return Night("asterisk", {"extensions.conf": DIALPLAN, "pjsip.conf": PJSIP + phones + CARRIER, **OTHERS}, {}, {})


E, P = "extensions.conf", "pjsip.conf"
HOURS = "from-carrier,02188880100"
CASES = (
    Case("allow in two lines, another order of mailboxes, a step in full",
         lambda n: (n.sub(P, "allow=ulaw,alaw", "allow=ulaw\nallow=alaw"), n.sub(E, " same => n,WaitExten(5)", "exten => s,n,WaitExten(5) ; seconds"))[0], ()),
    Case("hours", lambda n: n.sub(E, "08:00-17:00,sat-wed", "08:00-16:00,sat-thu"),
         (("changed", "time_condition", HOURS, "times", "08:00-17:00 sat-wed", "08:00-16:00 sat-thu"),),
         "Opening hours 02188880100 (from-carrier) are now 08:00-16:00 sat-thu, were 08:00-17:00 sat-wed"),
    Case("hours of an include", lambda n: n.sub(E, "day|09:00-18:00", "day|10:00-18:00"),
         (("changed", "time_condition", "from-intl,day", "times", "09:00-18:00 mon-fri", "10:00-18:00 mon-fri"),)),
    Case("half a day more", lambda n: n.sub(E, "*,*?open,s,1)\n", "*,*?open,s,1)\n same => n,GotoIfTime(08:00-12:00,thu,*,*?open,s,1)\n"),
         (("changed", "time_condition", HOURS, "times", "08:00-17:00 sat-wed", "08:00-17:00 sat-wed; 08:00-12:00 thu"),)),
    Case("where calls go when it is closed", lambda n: n.sub(E, "Goto(closed,s,1)\nexten => 02188880101", "Goto(phones,300,1)\nexten => 02188880101"),
         (("changed", "time_condition", HOURS, "outside", "mailbox 100", "queue 300"),)),
    Case("what is said when it is closed", lambda n: n.sub(E, "custom/closed", "custom/holiday"),
         (("changed", "dialplan", "closed,s", "lines", "Playback(custom/closed)", "Playback(custom/holiday)"),),
         "Callers of s in closed now hear custom/holiday, was custom/closed"),
    Case("two things in one line", lambda n: n.sub(E, "Dial(PJSIP/101&PJSIP/102,25)", "Dial(PJSIP/101&PJSIP/102&PJSIP/103,35)"),
         (("added", "ring_group", "310", "members", None, "103"), ("changed", "ring_group", "310", "ring_s", "25", "35"))),
    Case("a number that rings two phones removed", lambda n: n.sub(E, "exten => 02188880102,1,Dial(PJSIP/100&PJSIP/103,30)\n same => n,Hangup()\n", ""),
         (("removed", "inbound_route", "02188880102", None, "ring group 02188880102", None),)),
    Case("other members and another strategy", lambda n: (n.sub("queues.conf", "PJSIP/101,0,Ali", "PJSIP/103,0,Reza"),
                                                          n.sub("queues.conf", "strategy=ringall", "strategy=rrmemory"))[0],
         (("removed", "queue", "300", "members", "101", None), ("added", "queue", "300", "members", None, "103"),
          ("changed", "queue", "300", "strategy", "ringall", "rrmemory"))),
    Case("penalty", lambda n: n.sub("queues.conf", "PJSIP/102,1,Sara", "PJSIP/102,3,Sara"),
         (("changed", "queue", "300", "penalty", "102 (1)", "102 (3)"),), "The penalty of extension 102 (Person 102) in queue sales (300) is now 3, was 1"),
    Case("a phone only inside", lambda n: n.sub(P, "[103](phone)\n", "[103](phone)\ncontext=inside\n"),
         (("changed", "extension", "103", "context", "internal", "inside"),), "may now only dial inside"),
    Case("a context that is not there", lambda n: n.sub(P, "[103](phone)\n", "[103](phone)\ncontext=nowhere\n"),
         (("changed", "extension", "103", "context", "internal", "nowhere"),), "does not exist in the dialplan"),
    Case("a way out over another trunk", lambda n: n.sub(E, "Dial(PJSIP/${EXTEN:1}@carrier,60)", "Dial(IAX2/intl/${EXTEN:1},60)"),
         (("changed", "outbound_route", "outbound,_9X.", "trunks", "carrier", "intl"),), "Outbound route _9X. (outbound) now uses trunk intl, was carrier"),
    Case("the account at the carrier", lambda n: (n.sub(P, "username=acme", "username=acme2"), n.sub(P, "sip:acme@", "sip:acme2@"))[0],
         (("changed", "trunk", "carrier", "registration", "acme@sip.carrier.example:5060", "acme2@sip.carrier.example:5060"),)),
    Case("IAX server and secret", lambda n: (n.sub("iax.conf", "203.0.113.44", "203.0.113.55"), n.sub("iax.conf", "canary-iax", "other"))[0],
         (("changed", "trunk", "intl", "server", "203.0.113.44", "203.0.113.55"), ("changed", "trunk", "intl", "secret", None, None))),
    Case("guests", lambda n: n.sub("sip.conf", "allowguest=no", "allowguest=yes"),
         (("changed", "setting", "sip.conf [general] allowguest", None, "no", "yes"),), "The permission to call in without a password is now yes"),
    Case("analogue phone renamed", lambda n: n.sub("chan_dahdi.conf", '"Fax"', '"Fax room"'), (("changed", "extension", "180", "name", "Fax", "Fax room"),)),
    Case("parking positions", lambda n: n.sub("res_parking.conf", "701-720", "701-710"),
         (("changed", "parking_lot", "700", "positions", "701-720", "701-710"),)),
    Case("manager user's password", lambda n: n.sub("manager.conf", "canary-monitor", "other"), (("changed", "manager_user", "mon", "secret", None, None),)),
)  # fmt: skip
