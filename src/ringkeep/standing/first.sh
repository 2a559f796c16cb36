# Process 1 of a lab phone system's server: what an init would do. It starts Asterisk and MariaDB, again when they end, and
# ends them in order when it is told to (SIGTERM). sshd has no part in it: each connection is given one of its own.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
ulimit -S -v unlimited
lab=/run/lab           # NAME.pid; NAME.off: it is to stay down; NAME.asked: its end was asked for; down: all is to end
told=/run/handed/told  # NAME: "STATE SINCE STARTS ENDS CODE", for the outside
mkdir -p $lab /run/sshd /run/asterisk /run/lock /run/mysqld /var/log/asterisk
cp /run/handed/hosts /etc/hosts; cp /run/handed/resolv.conf /etc/resolv.conf
[ -e /var/lib/ringkeep-lab/settled ] || sh /run/handed/settle > /var/log/settling 2>&1
chown asterisk:asterisk /run/asterisk
for name in systemctl service; do install -m 755 /run/handed/$name /usr/local/sbin/$name; ln -sf ../sbin/$name /usr/local/bin/$name; done

tell() { # NAME STATE STARTS ENDS CODE
  echo "$2 $(date +%s) $3 $4 $5" > $told/.$1 && mv $told/.$1 $told/$1
}

# Keep one running. What ends within ten seconds of its start is started later each time: 0.5 s, 1 s ... 30 s.
keep() { # NAME COMMAND...
  name=$1; shift; pause=0.5 starts=0 ends=0 code=-
  until [ -e $lab/down ]; do
    if [ -e $lab/$name.off ]; then
      tell $name off $starts $ends $code
      while [ -e $lab/$name.off ]; do [ -e $lab/down ] && return; sleep 0.2; done
    fi
    rm -f $lab/$name.asked
    console=/var/log/$name.console
    [ "$(stat -c %s $console 2> /dev/null || echo 0)" -lt 1000000 ] || : > $console
    "$@" >> $console 2>&1 < /dev/null &
    echo $! > $lab/$name.pid
    starts=$((starts + 1)) began=$(date +%s); tell $name up $starts $ends $code
    wait $!; left=$?
    rm -f $lab/$name.pid
    [ -e $lab/down ] && return
    if [ -e $lab/$name.asked ]; then pause=0.5; continue; fi
    code=$left ends=$((ends + 1))
    [ $(($(date +%s) - began)) -lt 10 ] || pause=0.5
    tell $name waiting $starts $ends $code
    sleep $pause
    case $pause in 0.5) pause=1 ;; 1) pause=2 ;; 2) pause=4 ;; 4) pause=8 ;; 8) pause=16 ;; *) pause=30 ;; esac
  done
}

# SIGTERM is to both what `core stop now` and `mysqladmin shutdown` are, and needs neither a configuration nor a password.
end() { # NAME SECONDS: in order within that time, otherwise at once
  process=$(cat $lab/$1.pid 2> /dev/null) || return 0
  kill -TERM "$process"; turns=$(($2 * 10))
  while kill -0 "$process" 2> /dev/null; do
    if [ $turns = 0 ]; then kill -KILL "$process"; tell $1 cut - - -; return 1; fi
    turns=$((turns - 1)); sleep 0.1
  done
  tell $1 ended - - -
}

down() {
  trap '' TERM
  : > $lab/down
  end asterisk 10
  end mariadb 15
  kill -TERM -1; sleep 0.2
  sync
  exit 0
}
trap down TERM

if [ -d /var/lib/mysql/mysql ]; then
  chown mysql:mysql /run/mysqld
  keep mariadb mariadbd --user=mysql --skip-networking --socket=/run/mysqld/mysqld.sock --datadir=/var/lib/mysql &
fi
keep asterisk asterisk -f -U asterisk -G asterisk &
: > /run/handed/up
while :; do wait; sleep 1; done
