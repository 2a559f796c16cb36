"""Lab phone systems that stand: a whole writable server with sshd, phones and calls, until `ringkeep lab down`.

up -> supervisor (a process of its own, in the background)
        sealed namespaces: the far end's Asterisk, the wire, the name service      (lab)
          a user namespace of its own: the phone system's server                   (machine)
            process 1, Asterisk, MariaDB, one sshd a connection
"""
