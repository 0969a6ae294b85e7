# Makes the data of a stopped PostgreSQL server those of a replica.
#
#   sh -c "$(cat rejoin.sh)" rejoin PORT-OF-THE-PRIMARY
#
# Runs in the server's directory, where the file `configuration` is its new postgresql.auto.conf.
if ! pg_rewind --target-pgdata=data --no-sync \
    --source-server="host=127.0.0.1 port=$1 user=postgres dbname=postgres"; then
    # What it needs may be recycled already, and what it leaves when it fails is of no use. The directory itself stays:
    # the server finds its old shared memory by it.
    rm -rf data/*
    pg_basebackup -D data -h 127.0.0.1 -p "$1" -U postgres -X stream -c fast --no-sync || exit
fi
# The slots are the primary's.
rm -rf data/pg_replslot/* && : >data/standby.signal && cat configuration >data/postgresql.auto.conf
