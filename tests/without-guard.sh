#!/bin/sh
# A compiler for the workspace's own crates that leaves out the question what became of a lost commit. The laws of
# `exactly_once` must fail when built with it:
#   RUSTC_WORKSPACE_WRAPPER=$PWD/tests/without-guard.sh cargo test -p wharf-tests --test matrix once::
compiler=$1
shift
exec "$compiler" "$@" --cfg wharf_without_guard
