//! What Wharf promises a program, as laws that hold on SQLite, PostgreSQL and MariaDB alike.
//!
//! A law is written once; `on_all_engines!` makes a test of it for each engine, with a database of its own.

#[macro_use]
mod harness;

mod altered;
mod borrowing;
mod bulk;
mod crud;
mod derived;
mod entities;
mod errors;
mod filter;
mod ground;
mod hooks;
mod locks;
mod migrations;
mod nesting;
mod once;
mod opening;
mod pages;
mod pool;
mod propagation;
mod query;
mod raw;
mod recorder;
mod retries;
mod savepoints;
mod sessions;
mod stopping;
mod streams;
mod times;
mod traces;
mod types;
mod units;
mod values;
mod versions;
