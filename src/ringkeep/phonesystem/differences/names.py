"""The names of objects and fields as sentences about differences use them."""

from __future__ import annotations

from collections.abc import Mapping

from ringkeep.phonesystem.sentences import Sentence

NAMES: Mapping[str, Sentence] = {
    "extension": Sentence("extension {id}"), "mailbox": Sentence("mailbox {id}"), "queue": Sentence("queue {id}"),
    "ring_group": Sentence("ring group {id}"), "menu": Sentence("menu {id}"), "time_condition": Sentence("opening hours {id}"),
    "night_switch": Sentence("night switch {id}"), "inbound_route": Sentence("number {id}"), "outbound_route": Sentence("outbound route {id}"),
    "trunk": Sentence("trunk {id}"), "announcement": Sentence("announcement {id}"), "conference": Sentence("conference {id}"),
    "feature_code": Sentence("feature code {id}"), "follow_me": Sentence("follow-me of extension {id}"), "paging_group": Sentence("paging group {id}"),
    "parking_lot": Sentence("parking lot {id}"), "music_class": Sentence("music on hold {id}"), "outside_number": Sentence("outside number {id}"),
    "direct_access": Sentence("dial-in access {id}"), "call_state": Sentence("call states of extension {id}"), "file": Sentence("file {id}"),
    "manager_user": Sentence("manager user {id} (AMI)"), "prompt": Sentence("recording {id}"),
    "setting": Sentence("setting {id}"), "dialplan": Sentence("dialplan {id}"), "table": Sentence("table {id}"),
}  # fmt: skip
TITLED: Mapping[str, Sentence] = {
    "extension": Sentence("extension {id} ({title})"), "mailbox": Sentence("mailbox {id} ({title})"), "queue": Sentence("queue {title} ({id})"),
    "ring_group": Sentence("ring group {title} ({id})"), "menu": Sentence("menu {title}"), "time_condition": Sentence("opening hours {title}"),
    "night_switch": Sentence("night switch {title}"), "inbound_route": Sentence("number {id} ({title})"),
    "outbound_route": Sentence("outbound route {title}"), "announcement": Sentence("announcement {title}"),
    "conference": Sentence("conference {title} ({id})"), "feature_code": Sentence("feature code {id} ({title})"),
    "paging_group": Sentence("paging group {title} ({id})"), "parking_lot": Sentence("parking lot {title} ({id})"),
    "outside_number": Sentence("outside number {title}"), "direct_access": Sentence("dial-in access {title}"),
}  # fmt: skip
PLURALS: Mapping[str, Sentence] = {
    "extension": Sentence("extensions"), "trunk": Sentence("trunks"), "time_condition": Sentence("opening hours"), "queue": Sentence("queues"),
    "mailbox": Sentence("mailboxes"), "menu": Sentence("menus"), "ring_group": Sentence("ring groups"), "inbound_route": Sentence("numbers"),
    "outbound_route": Sentence("outbound routes"), "announcement": Sentence("announcements"),
}  # fmt: skip
DESTINATIONS: Mapping[str, Sentence] = {
    **{kind: NAMES[kind] for kind in (
        "extension", "mailbox", "queue", "ring_group", "menu", "time_condition", "night_switch", "announcement", "conference", "paging_group",
        "parking_lot", "follow_me",
    )},
    "outbound": Sentence("trunk {id}"), "number": Sentence("outside number {id}"), "disa": Sentence("dial-in access {id}"),
    "voicemail_group": Sentence("voicemail group {id}"), "directory": Sentence("the directory"), "hangup": Sentence("hang up"),
    "busy": Sentence("the busy tone"), "congestion": Sentence("the congestion tone"), "ring": Sentence("endless ringing"),
    "music": Sentence("music on hold"),
}  # fmt: skip
FIELDS: Mapping[str, Sentence] = {
    "name": Sentence("the name"), "title": Sentence("the name"), "technology": Sentence("the technology"), "context": Sentence("the context"),
    "username": Sentence("the user name"), "secret": Sentence("the SIP password"), "mailbox": Sentence("the mailbox"),
    "transport": Sentence("the transport"), "permit": Sentence("the list of networks allowed"), "codecs": Sentence("the list of codecs"),
    "media_encryption": Sentence("the encryption of speech"), "language": Sentence("the language"), "outbound_caller": Sentence("the number shown outside"),
    "ring_s": Sentence("the ringing time in seconds"), "server": Sentence("the server"), "port": Sentence("the port"), "match": Sentence("the list of sending addresses"),
    "enabled": Sentence("the switch"), "max_channels": Sentence("the most calls at once"), "registration": Sentence("the registration"),
    "registration_secret": Sentence("the password of the registration"), "pin": Sentence("the PIN"), "email": Sentence("the mail address"),
    "strategy": Sentence("the ring strategy"), "members": Sentence("the list of members"), "wait_s": Sentence("the longest wait in seconds"),
    "destination": Sentence("the destination"), "prompts": Sentence("the recording"), "timeout_s": Sentence("the time to press a key in seconds"),
    "direct_dial": Sentence("the permission to key an extension"), "times": Sentence("the list of times"), "zone": Sentence("the time zone"), "inside": Sentence("the destination inside the hours"),
    "outside": Sentence("the destination outside the hours"), "override": Sentence("the override of the clock"), "day": Sentence("the destination by day"),
    "night": Sentence("the destination by night"), "is_night": Sentence("the position of the switch"), "patterns": Sentence("the list of patterns"),
    "trunks": Sentence("the order of trunks"), "strip": Sentence("the number of digits cut off"), "prepend": Sentence("what is put in front"),
    "emergency": Sentence("the mark as emergency route"), "number": Sentence("the number"), "positions": Sentence("the range of parking positions"),
    "mode": Sentence("the kind of music"), "directory": Sentence("the folder of music"), "has_pin": Sentence("the PIN of the access"),
    "numbers": Sentence("the list of numbers"), "music": Sentence("the music on hold"), "order": Sentence("the order of outbound routes"),
    "dialplan": Sentence("the generated dialplan"), "do_not_disturb": Sentence("do not disturb"), "call_waiting": Sentence("call waiting"),
    "forward_always": Sentence("call forwarding"), "forward_busy": Sentence("call forwarding when busy"), "forward_unanswered": Sentence("call forwarding when unanswered"),
    "code": Sentence("the code"), "penalty": Sentence("the penalty"), "lines": Sentence("the lines"), "musicclass": Sentence("the music on hold"), "annmsg_id": Sentence("the announcement to callers"),
    "joinannounce_id": Sentence("the announcement to callers who begin to wait"), "agentannounce_id": Sentence("the announcement to who answers"),
    "announce-frequency": Sentence("the pause in seconds between announcements of the place in line"), "attach": Sentence("the recording in the mail"),
    "periodic-announce-frequency": Sentence("the pause in seconds between periodic announcements"), "maxlen": Sentence("the most callers who wait"),
    "invalid_recording": Sentence("the recording after a wrong key"), "timeout_recording": Sentence("the recording after no key"),
}  # fmt: skip
RECORDINGS = {
    "annmsg_id",
    "joinannounce_id",
    "agentannounce_id",
    "invalid_recording",
    "timeout_recording",
}  # by their number
SETTINGS: Mapping[str, Sentence] = {  # by the last word of a setting's name, whatever file or table holds it
    "externip": Sentence("the public address of the phone system"), "externaddr": Sentence("the public address of the phone system"),
    "external_media_address": Sentence("the public address for speech"), "external_signaling_address": Sentence("the public address for signalling"),
    "localnets": Sentence("the list of own networks"), "localnet": Sentence("the list of own networks"), "local_net": Sentence("the list of own networks"),
    "rtpstart": Sentence("the first port for speech"), "rtpend": Sentence("the last port for speech"),
    "allowguest": Sentence("the permission to call in without a password"), "bindport": Sentence("the port for signalling"),
}  # fmt: skip
SECRETS: Mapping[tuple[str, str], Sentence] = {
    ("extension", "secret"): Sentence("the SIP password of {bare} changed"),
    ("trunk", "secret"): Sentence("the SIP password of {bare} changed"),
    ("trunk", "registration_secret"): Sentence("the password with which {bare} registers changed"),
    ("mailbox", "pin"): Sentence("the PIN of {bare} changed"),
    ("conference", "pin"): Sentence("the PIN of {bare} changed"),
    ("outbound_route", "password"): Sentence("the password of {thing} changed"),
    ("manager_user", "secret"): Sentence("the password of {bare} changed"),
}
