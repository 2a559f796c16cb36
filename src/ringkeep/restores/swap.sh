#!/bin/sh
# One restore on a phone system: all of it, or exactly what was. Sent by Ringkeep, run as root; removed at the end.
#
# sh swap.sh room | stage | swap SECONDS | resume | rollback | confirm | state | clean      (guard: by itself)
#
# The folder this file lies in belongs to one restore; its name is the restore's id. In it, all written by Ringkeep:
#   units      OP<tab>FOLDER<tab>NAME   put: FOLDER/.ringkeep-ID/new/NAME takes the place of FOLDER/NAME; gone: it goes;
#              base: put, of an SQLite database; state: put, of Asterisk's own as a whole
#   folders    every FOLDER once        roots      where folders may really lie
#   owners     WHAT IS STAGED<tab>LIKE WHAT: of what the backup does not say the owner
#   need       BYTES<tab>FOLDER         sums       sha256sum's lines of what is staged
#   stands     the same lines with the names that it will have
#   expected   sha256sum's lines of what is to be replaced, as the plan saw it
#   cron       the folder of cron's own files, where there is one
#   databases  NAME a line, with databases.d/NAME.sql: tables to come, NAME.gone: names of tables to go; astdb, astdb.back, reload: lines for Asterisk's console
# databases.sh, login.sh: what this program reads, and what finds the login of the database server (databases.py)
# and by this program: phase, journal, before (what was there), deadline; my.cnf, that login, only while it is needed.
#
# phases: staging staged swapping swapped confirmed | rolling-back rolled-back
# How far a unit is can be seen from the files alone: what is new waits in new/, what was is linked to old/ before the
# rename that replaces it. So every step may be repeated, in either direction, wherever it was killed.
set -u
umask 077
export LC_ALL=C
here=$(cd -P -- "$(dirname -- "$0")" && pwd) || exit 2
mark=.ringkeep-${here##*/}
tab=$(printf '\t')

die() { # WORD what happened
    printf 'ringkeep: %s\n' "$*" >&2
    exit 3
}

. "$here/databases.sh"

there() { [ -e "$1" ] || [ -L "$1" ]; }

phase() { if [ -f "$here/phase" ]; then cat "$here/phase"; else echo new; fi; }

enter() { # PHASE [safe]: with `safe`, it and all before it is on disk when the next step begins, also if the power goes
    [ "${2-}" != safe ] || sync
    printf '%s\n' "$1" >"$here/phase.new" && mv -f "$here/phase.new" "$here/phase" || die no-room "the journal cannot be written"
    printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" >>"$here/journal"
    [ "${2-}" != safe ] || sync
}

uptime_s() { read -r up rest </proc/uptime && printf '%s\n' "${up%%.*}"; }

# -- before ---------------------------------------------------------------------------------------------------------

room() { # 5 % or 64 MB beyond what is needed stay free, whichever is less
    while IFS=$tab read -r bytes folder; do
        set -- $(df -P -k -- "$folder" | tail -n 1)
        shift $(($# - 6))
        spare=$(($2 / 20))
        [ "$spare" -gt 65536 ] && spare=65536
        [ $(($4 - spare)) -ge $((bytes / 1024 + 1)) ] || die no-room "$folder needs $bytes bytes and has $4 KiB free"
    done <"$here/need"
}

inside_roots() { # no link leads out of where a phone system's files lie
    while IFS= read -r folder; do
        real=$(cd -P -- "$folder" 2>/dev/null && pwd) || die changed "$folder is not there any more"
        allowed=
        while IFS= read -r root; do
            case $root in
            =*) [ "$real" != "${root#=}" ] || allowed=1 ;; # this folder itself, nothing below it
            *) # a phone system may keep a whole part elsewhere
                root=$(cd -P -- "$root" 2>/dev/null && pwd) || continue
                case $real/ in "${root%/}"/*) allowed=1 ;; esac
                ;;
            esac
        done <"$here/roots"
        [ "$allowed" ] || die unsafe "$folder leads to $real, where no file of a restore belongs"
    done <"$here/folders"
}

stage() { # the tar comes on standard input
    case $(phase) in new | staging | staged) ;; *) die late "it is $(phase)" ;; esac
    enter staging
    [ ! -s "$here/databases" ] || login
    clear_staged
    inside_roots
    room
    while IFS= read -r folder; do
        mkdir -- "$folder/$mark" "$folder/$mark/new" "$folder/$mark/old" || die no-room "$folder cannot be written"
    done <"$here/folders"
    tar -x -p -f - -C / || die no-room "what was sent could not be unpacked"
    [ ! -s "$here/sums" ] || (cd / && sha256sum -c --status "$here/sums") || die damaged "what was unpacked is not what was sent"
    while IFS=$tab read -r new like; do
        there "$like" || like=${like%/*}
        chown -R -h --reference="$like" -- "$new" || die failed "$new cannot be given to its owner"
    done <"$here/owners"
    while IFS= read -r name; do load "$name"; done <"$here/databases"
    while IFS=$tab read -r op folder name; do
        if there "$folder/$name"; then echo was; else echo none; fi
    done <"$here/units" >"$here/before"
    enter staged safe
}

clear_staged() { while IFS= read -r folder; do rm -rf -- "$folder/$mark"; done <"$here/folders"; }

# -- the swap, and back ------------------------------------------------------------------------------------------------

each() { # FUNCTION for every unit with what was there before
    failed=
    while IFS=$tab read -r op folder name <&3 && read -r was <&4; do
        new=$folder/$mark/new/$name old=$folder/$mark/old/$name now=$folder/$name
        "$1" && continue
        [ "$1" = backward ] || die failed "$now could not be moved"
        failed=$now # the way back leaves out nothing that it can bring back
    done 3<"$here/units" 4<"$here/before"
    [ -z "$failed" ] || die failed "$failed could not be moved"
}

aside() { # what somebody made here meanwhile
    stray=$folder/$mark/stray.$$
    mkdir -p -- "$stray" && mv -- "$now" "$stray/"
}

forward() {
    [ "$op" != state ] || { state_forward; return; }
    if [ "$op" = gone ]; then
        if there "$old" || ! there "$now"; then return 0; fi
        mv -- "$now" "$old"
        return
    fi
    there "$new" || return 0
    if [ "$op" = base ] && there "$now" && knows_sqlite; then
        there "$old" || { poured "$now" "$old.part" && mv -- "$old.part" "$old"; } || return
        poured "$new" "$now" && rm -f -- "$new"
        return
    fi
    if [ "$was" = none ]; then # what somebody made here meanwhile stays; the check at the end finds it
        mv -n -T -- "$new" "$now" 2>/dev/null || there "$now"
        return
    fi
    if [ -d "$now" ] || { [ -d "$new" ] && there "$now"; }; then # a folder or a link to one: mv would move into it
        if there "$old"; then aside; else mv -- "$now" "$old"; fi || return
    elif there "$now" && ! there "$old"; then # linked, so that the name is never without a file
        ln -P -- "$now" "$old" 2>/dev/null || mv -- "$now" "$old" || return
    fi
    mv -f -- "$new" "$now"
}

backward() {
    [ "$op" != state ] || { state_backward; return; }
    if [ "$was" = none ]; then
        if [ "$op" = gone ] || there "$new" || ! there "$now"; then return 0; fi
        if [ -d "$now" ] && [ ! -L "$now" ] && theirs; then leave_theirs; else mv -T -- "$now" "$new"; fi
        return
    fi
    there "$old" || return 0
    if [ "$op" = base ] && there "$now" && knows_sqlite; then
        poured "$old" "$now" && rm -f -- "$old"
        return
    fi
    if [ "$op" != gone ] && there "$new" && there "$now" && [ ! -d "$now" ]; then
        rm -f -- "$old" # only linked so far
        return
    fi
    if there "$now" && { [ -d "$now" ] || [ -d "$old" ]; }; then aside || return; fi
    mv -f -- "$old" "$now"
}

inside() { (cd / && find "${now#/}" -type f -exec sha256sum {} +); }

theirs() { inside | grep -Fxv -f "$here/stands" >/dev/null; } # a message that was left in a mailbox meanwhile, say

leave_theirs() { # of a folder that came as a whole, only what came goes
    inside | grep -Fx -f "$here/stands" | while IFS= read -r line; do rm -f -- "/${line#*  }" || return; done
    find "$now" -depth -type d -empty -delete
}

nothing_new() { # since it was sent
    while IFS=$tab read -r op folder name <&3 && read -r was <&4; do
        [ "$was" = was ] || [ "$op" = state ] || ! there "$folder/$name" || die changed "$folder/$name has been made since the plan was made"
    done 3<"$here/units" 4<"$here/before"
}

swap() {
    case $(phase) in
    staged)
        [ ! -s "$here/expected" ] || (cd / && sha256sum -c --status "$here/expected") || die changed "files have changed since the plan was made"
        nothing_new
        printf '%s %s\n' "$(cat /proc/sys/kernel/random/boot_id)" "$(($(uptime_s) + $1))" >"$here/deadline"
        start_guard
        enter swapping safe
        ;;
    swapping) ;;
    swapped) return 0 ;;
    *) die late "it is $(phase)" ;;
    esac
    while IFS= read -r name; do tables_forward "$name"; done <"$here/databases" # what may have to wait comes first
    each forward
    console "$here/astdb"
    if comes_whole; then asterisk_with_states; elif is_down; then asterisk_again; else console "$here/reload"; fi
    enter swapped
}

rollback() {
    case $(phase) in
    new | staging | staged)
        clear_staged
        while IFS= read -r name; do drop_beside "$name"; done <"$here/databases"
        forget_login
        enter rolled-back
        return
        ;;
    rolled-back) return 0 ;;
    confirmed) die late "it is confirmed" ;;
    esac
    enter rolling-back safe
    each backward
    while IFS= read -r name; do tables_backward "$name"; done <"$here/databases"
    console "$here/astdb.back"
    if comes_whole; then asterisk_without_states; else console "$here/reload"; fi
    forget_login
    enter rolled-back safe
    no_guard
}

confirm() {
    case $(phase) in swapped) enter confirmed safe ;; confirmed) ;; *) die late "it is $(phase)" ;; esac
    no_guard
    clean
}

clean() { # what was, or what was to come, is not wanted any more
    case $(phase) in confirmed | rolled-back) ;; *) die late "it is $(phase)" ;; esac
    while IFS= read -r name; do drop_beside "$name"; done <"$here/databases"
    clear_staged
    forget_login
    rm -rf -- "$here/databases.d"
}

console() { # lines for Asterisk's console; a phone system whose Asterisk is down takes them from its files when it starts
    [ -s "$1" ] && command -v asterisk >/dev/null 2>&1 || return 0
    [ "$(wc -l <"$1")" -lt 20 ] || ! at_its_socket "$1" || return 0
    while IFS= read -r line <&5; do
        timeout 60 asterisk -rx "$line" >/dev/null 2>&1 </dev/null || return 0
    done 5<"$1"
}

# What `asterisk -rx` does for each line, in one process: 200 phones have 8,000 states, and so many processes took six minutes.
at_its_socket() {
    socket=$(timeout 60 asterisk -rx 'core show settings' 2>/dev/null </dev/null | sed -n 's/^ *Run.Sockets directory: *//p' | head -n 1)/asterisk.ctl
    [ -S "$socket" ] || return
    timeout 300 perl -MSocket -e 'while (<STDIN>) {
        chomp; my $s;
        socket($s, PF_UNIX, SOCK_STREAM, 0) && connect($s, sockaddr_un($ARGV[0])) && syswrite($s, "cli quit after $_\0") or exit 1;
        1 while sysread($s, my $said, 4096);
    }' "$socket" <"$1" >/dev/null 2>&1 ||
        timeout 300 python3 -c 'import socket, sys
for line in sys.stdin.buffer:
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(sys.argv[1]); s.sendall(b"cli quit after " + line.rstrip(b"\n") + b"\0")
        while s.recv(4096): pass' "$socket" <"$1" >/dev/null 2>&1
}

# -- if Ringkeep does not come back ---------------------------------------------------------------------------------------

start_guard() {
    if [ -s "$here/cron" ]; then # lives through a restart of the machine
        printf 'PATH=/usr/sbin:/usr/bin:/sbin:/bin\n* * * * * root sh %s late\n' "$here/swap.sh" >"$(cat "$here/cron")/ringkeep-${here##*/}"
    fi
    setsid sh "$here/swap.sh" guard </dev/null >/dev/null 2>&1 9>&- &
}

no_guard() { [ ! -s "$here/cron" ] || rm -f "$(cat "$here/cron")/ringkeep-${here##*/}"; }

is_late() {
    read -r boot until_s <"$here/deadline" || return 1
    [ "$boot" != "$(cat /proc/sys/kernel/random/boot_id)" ] || [ "$(uptime_s)" -ge "$until_s" ]
}

late() { # from cron, each minute
    case $(phase) in swapping | swapped | rolling-back) if is_late; then locked && rollback; fi ;; *) no_guard ;; esac
}

guard() {
    while :; do
        case $(phase) in staged | swapping | swapped | rolling-back) ;; *) return 0 ;; esac
        if is_late; then
            locked
            case $(phase) in swapping | swapped | rolling-back) rollback ;; esac
            return
        fi
        sleep 1
    done
}

locked() { # the kernel lets go of it when we die
    exec 9>"$here/lock"
    flock -w 600 9 || die busy "another run of this restore is still at work"
}

# ----------------------------------------------------------------------------------------------------------------------

case ${1-} in
state) phase ;;
room) room ;;
guard | late) "$1" ;;
stage | rollback | confirm | clean) locked && "$1" ;;
swap) locked && swap "${2:-600}" ;;
resume) # the way it was going
    locked
    case $(phase) in
    swapping) swap 0 ;;
    rolling-back) rollback ;;
    *) phase ;;
    esac
    ;;
*) die usage "room, stage, swap, resume, rollback, confirm, state or clean" ;;
esac
