# Runs one server for as long as somebody holds the other end of standard input.
#
#   sh -c "$(cat supervisor.sh)" supervisor DIRECTORY SIGNAL SETUP SERVER [ARGUMENT..]
#
# SETUP is shell text. It and the server run in DIRECTORY, which is removed in the end. The end comes when standard
# input closes, which the kernel does for a process however it died, or when the server is gone.
#
# The file `process` has the number of the server for as long as it runs. Who ends the server, or fears that it will end,
# and wants it back makes the file `ended` before, and then writes a line.
directory=$1 signal=$2 setup=$3
shift 3
# The end is announced by the pipe alone. A hangup does come: the kernel sends it to a process group that loses its
# parent while one of its processes is stopped.
trap '' HUP INT TERM
exec 3<&0 </dev/null

if (eval "$setup" 3<&-); then
    while true; do
        "$@" 3<&- &
        server=$!
        echo "$server" >process
        (
            read -r line <&3
            # A stopped server would not see the signal.
            kill -s CONT "$server"
            # Repeated, because a server which has just started may not listen to the signal yet.
            attempt=0
            while kill -s "$signal" "$server"; do
                attempt=$((attempt + 1))
                if [ "$attempt" -eq 80 ]; then signal=KILL; fi
                sleep 0.1
            done 2>/dev/null
        ) &
        watchdog=$!
        wait "$server"
        result=$?
        # Else the watchdog would outlive the server: its signal could meet another process with the same number, and the
        # line that follows would be its own.
        kill -s KILL "$watchdog"
        wait "$watchdog" 2>/dev/null
        rm process
        [ -e ended ] || break
        read -r line <&3 || break
        rm ended
    done
else
    result=1
fi

# A second attempt, because the children of a server that was killed alone may still be writing.
rm -rf -- "$directory" || { sleep 1; rm -rf -- "$directory"; }
exit "$result"
