#!/bin/sh
# Stands in for systemd and for `service` in a lab phone system: start, stop, restart and ask after what process 1 keeps.
lab=/run/lab told=/run/handed/told
if [ "${0##*/}" = service ]; then
  [ $# -ge 2 ] || { echo "Usage: service NAME start|stop|restart|reload|status" >&2; exit 1; }
  set -- "$2" "$1"
fi
action='' units='' code=0
for word; do case $word in -*) ;; *) [ -z "$action" ] && action=$word || units="$units ${word%.service}" ;; esac; done

running() { [ -e $lab/$1.pid ] && kill -0 "$(cat $lab/$1.pid)" 2> /dev/null || [ "$(cut -d ' ' -f 1 $told/$1 2> /dev/null)" = up ]; }
until_gone() { # NAME
  turns=900
  while [ "$(cat $lab/$1.pid 2> /dev/null)" = "$process" ] && [ -n "$process" ]; do
    [ $turns = 0 ] && kill -KILL "$process"
    turns=$((turns - 1)); sleep 0.1
  done
}
stop() { # NAME
  : > $lab/$1.asked
  process=$(cat $lab/$1.pid 2> /dev/null) && kill -TERM "$process"
  until_gone $1
}
start() { # NAME
  rm -f $lab/$1.off; turns=300
  until [ -e $lab/$1.pid ] || [ $turns = 0 ]; do turns=$((turns - 1)); sleep 0.1; done
  [ -e $lab/$1.pid ]
}

case $action in daemon-reload | daemon-reexec | enable | disable | reset-failed | list-units | '') exit 0 ;; esac
for unit in $units; do
  case $unit in
    mysql | mysqld | mariadb) name=mariadb ;;
    asterisk) name=asterisk ;;
    ssh | sshd) continue ;; # each connection has its own: there is nothing to start again
    *) echo "Unit $unit.service could not be found." >&2; code=5; continue ;;
  esac
  [ -e $told/$name ] || { echo "Unit $unit.service could not be found." >&2; code=5; continue; }
  case $action in
    is-active | status)
      running $name && echo active || { echo inactive; code=3; }
      continue ;;
  esac
  [ "$(id -u)" = 0 ] || { echo "Failed to $action $unit.service: Access denied" >&2; exit 4; }
  case $action in
    start) start $name || code=1 ;;
    stop) : > $lab/$name.off; stop $name ;;
    restart | try-restart | force-reload) stop $name; start $name || code=1 ;;
    reload) [ $name = asterisk ] && asterisk -rx 'core reload' > /dev/null ;;
    *) echo "Unknown operation $action." >&2; code=1 ;;
  esac
done
exit $code
