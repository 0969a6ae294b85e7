#!/bin/sh
# A compiler for the workspace's own crates that leaves out the keeping of connection state. The cancellation matrix
# must fail when built with it:
#   RUSTC_WORKSPACE_WRAPPER=$PWD/tests/without-state.sh cargo test -p wharf-tests --test matrix
compiler=$1
shift
exec "$compiler" "$@" --cfg wharf_without_state
