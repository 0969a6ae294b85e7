//! The seam to sqlx: connections, what goes over them, and what came back. Holds no pool and decides no retry.
//!
//! Terms: a *request* is one SQL text with its encoded arguments; an *answer* is everything the server said to it; an
//! *exchange* is a request and its whole answer; a *wire* is a connection with at most one exchange on it.
//!
//! `sqlx` is named nowhere above this module, except in `__private`.

mod answer;
mod arguments;
mod array_text;
mod cell;
mod class;
mod column_type;
mod connect;
mod connection;
mod control;
mod dialect;
mod failure;
mod gather;
mod hold;
mod interrupt;
mod json;
mod kind;
#[cfg(feature = "mysql")]
mod mysql;
mod param;
mod position;
#[cfg(feature = "postgres")]
mod postgres;
mod probe;
mod raw;
mod report;
mod request;
mod reset;
mod setting;
#[cfg(feature = "sqlite")]
mod sqlite;
mod state;
mod statements;
mod stop;
mod stream;
mod stream_limit;
#[cfg(any(feature = "chrono", feature = "time"))]
mod text_time;
mod value;
mod wire;

pub use sqlx;
#[cfg(feature = "migrate")]
pub(crate) use sqlx::migrate::Migrator;

pub(crate) use answer::Answer;
pub use answer::By;
pub(crate) use array_text::array_literal;
pub use cell::{Cell, Row};
pub(crate) use column_type::{column_type, postgres_column_type};
pub(crate) use connect::{Endpoint, MOST_STATEMENTS, Role};
pub(crate) use connection::Connection;
pub(crate) use control::SharedControl;
pub use dialect::Dialect;
pub(crate) use failure::commit_unknown;
pub(crate) use gather::gather;
pub(crate) use hold::Hold;
pub(crate) use json::{hex, json_text, push_array};
pub use kind::Kind;
pub use param::Param;
#[cfg(test)]
pub(crate) use position::parse_lsn;
pub(crate) use position::{Gtid, GtidSet, GtidState, Position};
pub(crate) use probe::Prober;
pub use raw::RawConnection;
pub(crate) use report::{History, ProbeFailure, Report, Switch, WorkerFailure};
pub(crate) use request::{Command, Operation, Request};
pub(crate) use setting::Setting;
pub(crate) use statements::StatementCounts;
pub(crate) use stop::{Stop, Stopper, stop};
pub(crate) use stream::{RowStream, channel as row_channel};
#[cfg(feature = "json")]
pub use value::Json;
#[cfg(feature = "json")]
pub(crate) use value::json_param;
pub use value::{Element, FromRow, Operand, ToParam, Value};
pub(crate) use wire::{Settled, Wire};
