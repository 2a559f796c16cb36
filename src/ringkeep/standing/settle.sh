# Once, from first.sh: the phone system's files over the image's, an account to come in by, and its databases.
set -x
mkdir -p /var/lib/ringkeep-lab
rm -rf /etc/asterisk /var/lib/asterisk/astdb.sqlite3
cp -a --no-preserve=ownership /run/handed/tree/. /
rm -rf /ringkeep
data=$(cat /run/handed/data); modules=$(cat /run/handed/modules)
for name in documentation sounds agi-bin static-http firmware images keys; do
  [ -e "$data/$name" ] || { [ -e /usr/share/asterisk/$name ] && mkdir -p "$data" && cp -a /usr/share/asterisk/$name "$data/"; }
done
[ -d "$data/sounds/en" ] || { mkdir -p "$data/sounds"; cp -a /usr/share/asterisk/sounds/. "$data/sounds/"; }
if [ -s /run/handed/named-modules ] && [ ! -d "$(cat /run/handed/named-modules)" ]; then
  mkdir -p "$(dirname "$(cat /run/handed/named-modules)")"; ln -s "$modules" "$(cat /run/handed/named-modules)"
fi
mkdir -p /var/spool/asterisk/voicemail /var/spool/asterisk/monitor /var/spool/asterisk/outgoing /var/spool/asterisk/tmp
mkdir -p /var/log/asterisk/cdr-csv /var/log/asterisk/cdr-custom /var/log/asterisk/cel-custom
chown -R asterisk:asterisk /etc/asterisk /var/lib/asterisk /var/spool/asterisk /var/log/asterisk
chmod 1777 /var/tmp; chmod u+s /usr/bin/sudo; chmod 440 /etc/sudoers; chmod 755 /etc/sudoers.d
id -u ringkeep > /dev/null 2>&1 || useradd --create-home --shell /bin/sh --password '*' ringkeep
install -d -m 700 -o ringkeep -g ringkeep /home/ringkeep/.ssh
install -m 600 -o ringkeep -g ringkeep /run/handed/authorized_keys /home/ringkeep/.ssh/authorized_keys
if grep -q '^NoNewPrivs:.*1' /proc/self/status; then install -D -m 600 /run/handed/authorized_keys /root/.ssh/authorized_keys; chmod 700 /root /root/.ssh; fi
install -m 440 /run/handed/sudoers /etc/sudoers.d/ringkeep
install -m 600 /run/handed/host_key /etc/ssh/ringkeep_host_key
cat > /etc/ssh/ringkeep_sshd <<END
HostKey /etc/ssh/ringkeep_host_key
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100:30:200
Subsystem sftp internal-sftp
END
# The image has these empty, for drills; here they would say that this is the product they belong to.
for name in freepbx.conf amportal.conf issabelpbx.conf odbc.ini odbcinst.ini; do [ -s /etc/$name ] || rm -f /etc/$name; done
if ls /run/handed/databases/*.sql > /dev/null 2>&1; then
  id -u mysql > /dev/null 2>&1 || useradd --system --home-dir /var/lib/mysql --no-create-home --shell /usr/sbin/nologin mysql
  mkdir -p /var/lib/mysql /etc/mysql/conf.d; chown mysql:mysql /var/lib/mysql /run/mysqld
  printf '[mysqld]\ninnodb_log_file_size=8M\ninnodb_buffer_pool_size=24M\n' > /etc/mysql/conf.d/small.cnf
  mysql_install_db --user=mysql --datadir=/var/lib/mysql --skip-test-db --auth-root-authentication-method=socket > /dev/null
  mariadbd --user=mysql --skip-networking --socket=/run/mysqld/mysqld.sock --datadir=/var/lib/mysql &
  turn=0; until mysqladmin ping > /dev/null 2>&1 || [ $turn = 200 ]; do sleep 0.1; turn=$((turn + 1)); done
  for dump in /run/handed/databases/*.sql; do
    name=$(basename "$dump" .sql); mysql -e "create database if not exists \`$name\`"; sed '1{/^\/\*M!999999/d}' "$dump" | mysql "$name"
  done
  said() { sed -n "s/^ *\$amp_conf\[.$1.\] *= *['\"]\([A-Za-z0-9_.-]*\)['\"].*/\1/p" /etc/freepbx.conf 2> /dev/null; }
  [ -z "$(said AMPDBUSER)" ] || mysql <<END
grant all on asterisk.* to '$(said AMPDBUSER)'@'localhost' identified by '$(said AMPDBPASS)';
grant all on asteriskcdrdb.* to '$(said AMPDBUSER)'@'localhost';
END
  mysqladmin shutdown; wait
fi
touch /var/lib/ringkeep-lab/settled
