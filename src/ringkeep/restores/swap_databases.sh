# The databases of one restore, for swap.sh, which reads this as databases.sh: MariaDB's or MySQL's tables, SQLite's files, Asterisk's own.
#
# The tables to come are loaded into NAME_ringkeep_new; one RENAME TABLE of all of them swaps them for those that go, into
# NAME_ringkeep_old. How far it is can be seen from what lies where, so every step may be repeated, in either direction.
client=mariadb
command -v mariadb >/dev/null 2>&1 || client=mysql

login() { # found once, while the phone system's files are its own: what comes may hold another one
    if [ -f "$here/my.cnf" ] || [ ! -f "$here/login.sh" ]; then return 0; fi
    set --
    while IFS= read -r name; do set -- "$@" "$name"; done <"$here/databases"
    sh "$here/login.sh" "$@" >"$here/my.cnf.new" 2>"$here/login.said" </dev/null ||
        die rights "no login of the database server may make and rename tables here ($(tr '\t\n' '  ' <"$here/login.said"))"
    mv -f -- "$here/my.cnf.new" "$here/my.cnf"
}

forget_login() { rm -f -- "$here/my.cnf" "$here/my.cnf.new" "$here/login.said"; }

server() { # the client with what it is told
    login
    if [ -f "$here/my.cnf" ]; then set -- --defaults-extra-file="$here/my.cnf" "$@"; fi
    "$client" "$@"
}

sql() { server -N -B -e "SET SESSION lock_wait_timeout=20; $1" </dev/null; }

tables() { # nothing for a database that is not there
    sql "SELECT table_name FROM information_schema.tables WHERE table_schema='$1' ORDER BY 1"
}

load() { # into a database beside; only whole tables can be swapped in one go
    new=${1}_ringkeep_new old=${1}_ringkeep_old
    command -v "$client" >/dev/null 2>&1 || die failed "there is no MariaDB or MySQL here, and the backup has the database $1: install it first"
    left=$(tables "$old") || die failed "the database server does not answer"
    [ -z "$left" ] || die busy "$old holds what an earlier restore left: end that first"
    : >"$here/made.$1"
    sql "DROP DATABASE IF EXISTS \`$new\`; CREATE DATABASE \`$new\`; CREATE DATABASE IF NOT EXISTS \`$old\`; CREATE DATABASE IF NOT EXISTS \`$1\`" || die failed "no database can be made"
    # A dump is data: no command of the client in it is obeyed, and no file of this machine is read for it.
    loaded "$1" "$new" || die failed "the database $1 could not be loaded: $(why_not)"
    bad=$(sql "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema IN ('$1','$new') AND (table_type<>'BASE TABLE' OR table_name REGEXP '[^A-Za-z0-9_\$-]')") || die failed "the database $1 could not be read"
    odd=$(sql "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema IN ('$1','$new')") || die failed "the database $1 could not be read"
    [ "$bad$odd" = 00 ] || die unsafe "the database $1 has views, triggers or odd names: its tables cannot be swapped in one go"
    tables "$new" >"$here/tables.$1" || die failed "the database $1 could not be read"
}

loaded() { # DATABASE INTO
    # Collations that this server has not, MySQL 8's before MariaDB 11.4.5 and MariaDB 11's before 10.10: the nearest that all have.
    change=
    has_collation utf8mb4_0900_ai_ci || change='s/utf8mb4_0900_[a-z0-9_]*/utf8mb4_unicode_520_ci/g;'
    has_collation uca1400_ai_ci || change="$change"'s/\(utf8mb[34]\)_uca1400_[a-z0-9_]*/\1_unicode_520_ci/g;'
    as_data=--binary-mode
    if ! "$client" --help 2>/dev/null | grep -q -e "$as_data"; then # MariaDB 5.5's client is one: dumps.py has looked at what it gets
        [ "$(head -n 1 "$here/databases.d/$1.sql")" = '-- ringkeep: plain' ] ||
            die unsafe "the database $1 holds what only a newer client of the database may load: MariaDB 10 or MySQL 5.6"
        as_data=--skip-named-commands
    fi
    sed "/^INSERT /b; $change" <"$here/databases.d/$1.sql" | server $as_data --local-infile=0 --one-database "$2" 2>"$here/load.said"
}

has_collation() { [ "$(sql "SELECT COUNT(*) FROM information_schema.collations WHERE collation_name='$1'")" = 1 ]; }

why_not() { # the client's number and line; its words may hold rows, and so are told of few errors only
    sed -n 's/^\(ERROR 1\(044\|115\|142\|193\|227\|273\|286\) .*\)/\1/p; t; s/^\(ERROR [0-9]* ([0-9A-Z]*) at line [0-9]*\).*/\1/p' "$here/load.said" | head -c 300
    rm -f -- "$here/load.said"
}

renamed() { # DATABASE a list of renames: all of them or none
    [ -z "$2" ] || sql "RENAME TABLE ${2#, }" || die failed "the tables of $1 could not be swapped"
}

look() { # DATABASE: what lies where, in lines
    waiting=$(tables "${1}_ringkeep_new") && stands=$(tables "$1") && gone=$(tables "${1}_ringkeep_old") ||
        die failed "the database server does not answer"
    wanted=$(cat "$here/tables.$1") going=$(cat "$here/databases.d/$1.gone") new=${1}_ringkeep_new old=${1}_ringkeep_old
}

among() { # a name without signs that mean anything to the shell, in lines
    case "
$2
" in *"
$1
"*) ;; *) return 1 ;; esac
}

tables_forward() {
    look "$1"
    list=
    for table in $stands; do
        if among "$table" "$gone"; then continue; fi
        if among "$table" "$wanted"; then
            among "$table" "$waiting" || continue # it is the new one
        else
            among "$table" "$going" || continue # it stays
        fi
        list="$list, \`$1\`.\`$table\` TO \`$old\`.\`$table\`"
    done
    for table in $waiting; do list="$list, \`$new\`.\`$table\` TO \`$1\`.\`$table\`"; done
    renamed "$1" "$list"
}

tables_backward() {
    look "$1"
    list=
    for table in $wanted; do
        if among "$table" "$waiting" || ! among "$table" "$stands"; then continue; fi
        list="$list, \`$1\`.\`$table\` TO \`$new\`.\`$table\`"
    done
    for table in $gone; do list="$list, \`$old\`.\`$table\` TO \`$1\`.\`$table\`"; done
    renamed "$1" "$list"
}

drop_beside() { # only what this restore made
    [ -e "$here/made.$1" ] || return 0
    sql "DROP DATABASE IF EXISTS \`${1}_ringkeep_new\`; DROP DATABASE IF EXISTS \`${1}_ringkeep_old\`" ||
        die failed "the databases beside $1 could not be removed"
    rm -f -- "$here/made.$1"
}

# -- SQLite ----------------------------------------------------------------------------------------------------------

# Whoever writes to an SQLite database holds it open, and the journal of what he has begun would be played into a file that takes
# its name: so its content is exchanged by SQLite itself, in one transaction that waits for his.
poured() { # FROM INTO
    turn=0
    until if command -v sqlite3 >/dev/null 2>&1; then
        printf ".timeout 20000\n.restore '%s'\n" "$1" | sqlite3 -batch "$2" >/dev/null 2>"$here/sqlite.said" && [ ! -s "$here/sqlite.said" ]
    else
        python3 -c 'import sqlite3, sys
a, b = (sqlite3.connect(x, timeout=20) for x in sys.argv[1:]); a.backup(b); b.close()' "$1" "$2" 2>/dev/null
    fi; do
        turn=$((turn + 1))
        [ $turn -lt 10 ] || return 1
        sleep 1
    done
}

knows_sqlite() { command -v sqlite3 >/dev/null 2>&1 || command -v python3 >/dev/null 2>&1; }

# -- Asterisk's own database -------------------------------------------------------------------------------------------

# A damaged one cannot be exchanged by SQLite, and no Asterisk starts with it. So the file takes its name, and then Asterisk is restarted,
# or started where it was down: the one that ran holds the old file open, and SQLite lets it write no more to a file that has been moved.
comes_whole() { grep -q "^state$tab" "$here/units" && command -v asterisk >/dev/null 2>&1; }

says() { timeout 20 asterisk -rx "$1" 2>/dev/null </dev/null; }

is_down() { # nothing listens at its socket; one that is only slow is not meant
    command -v asterisk >/dev/null 2>&1 || return
    says 'core show uptime' >/dev/null
    [ $? = 1 ]
}

asterisk_again() { # it may have died of what is mended now, and too often for whatever keeps it to try once more
    started
    turn=0
    while is_down && [ $turn != 60 ]; do
        turn=$((turn + 1))
        sleep 1
    done
}

keeps_states() { # the Asterisk that runs writes to the file that is there
    says 'database put ringkeep restore 1' | grep -q success && says 'database del ringkeep restore' >/dev/null
}

started() ( # by what keeps it here; what that starts does not hold our lock
    exec >/dev/null 2>&1 </dev/null 9>&-
    PATH=/usr/local/sbin:/usr/local/bin:$PATH
    if [ ! -d /run/systemd/system ]; then
        timeout 180 service asterisk start
        return
    fi
    for ask in is-active is-enabled; do
        for name in freepbx asterisk; do # FreePBX's service stays active when its Asterisk has died
            if systemctl "$ask" "$name"; then
                systemctl reset-failed "$name" # it may have died too often to be started again
                timeout 180 systemctl restart "$name"
                return
            fi
        done
    done
)

restarted() { if says 'core show uptime' >/dev/null; then console "$here/reload"; else started; fi; }

asterisk_with_states() { # until it runs with them
    restarted
    turn=0
    until keeps_states || [ $turn = 60 ]; do
        turn=$((turn + 1))
        [ $((turn % 15)) != 0 ] || restarted # it began with the file of before, between two of our steps
        sleep 1
    done
}

# What runs with a damaged one below it is left running: it could not be started again.
asterisk_without_states() { if says 'core show uptime' >/dev/null; then says 'core reload' >/dev/null; else started; fi; }

state_forward() { # with its journals: SQLite would play one into a file that takes the name
    there "$new" || return 0
    for end in -journal -wal -shm ''; do
        if there "$now$end" && ! there "$old$end"; then mv -f -T -- "$now$end" "$old$end" || return; fi
    done
    rm -f -- "$now-journal" "$now-wal" "$now-shm"
    mv -f -T -- "$new" "$now"
}

state_backward() {
    if ! there "$new" && { [ "$was" = none ] || there "$old"; }; then
        rm -f -- "$now-journal" "$now-wal" "$now-shm"
        ! there "$now" || mv -f -T -- "$now" "$new" || return
    fi
    for end in '' -journal -wal -shm; do
        ! there "$old$end" || mv -f -T -- "$old$end" "$now$end" || return
    done
}
