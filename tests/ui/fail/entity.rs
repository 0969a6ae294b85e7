//! What `#[derive(Entity)]` refuses, each message once.

use wharf::prelude::*;

#[derive(Entity)]
#[entity(tabel = "accounts")]
struct UnknownWord {
    #[id]
    id: i64,
}

#[derive(Entity)]
#[entity(table = 3)]
struct NoText {
    #[id]
    id: i64,
}

#[derive(Entity)]
#[entity(table = "a", table = "b")]
struct Twice {
    #[id]
    id: i64,
}

#[derive(Entity)]
#[entity = "accounts"]
struct NoList {
    #[id]
    id: i64,
}

#[derive(Entity)]
#[entity(table = "a.b.c")]
struct NoTable {
    #[id]
    id: i64,
}

#[derive(Entity)]
struct NoId {
    id: i64,
}

#[derive(Entity)]
struct NoNames(i64);

#[derive(Entity)]
enum NoStructure {
    A,
}

#[derive(Entity)]
struct Generic<T> {
    #[id]
    id: T,
}

#[derive(Entity)]
struct FieldWords {
    #[id(generate)]
    id: i64,
    #[id]
    other: i64,
    #[version(1)]
    version: i64,
    #[version]
    #[version]
    second_version: i64,
    #[tenant]
    tenant: String,
    #[belongs_to]
    customer: i64,
    #[column(nam = "x")]
    unknown: i64,
    #[column(name = "")]
    empty: i64,
    #[column(json = true)]
    value: i64,
    #[column(name = "value")]
    same_name: i64,
    #[column(skip, json)]
    skipped_json: i64,
    #[column(skip, name = "y")]
    skipped_name: i64,
    #[belongs_to(Customer)]
    #[column(skip)]
    skipped: i64,
}

#[derive(Entity)]
struct Contradictions {
    #[id]
    #[unique]
    #[index]
    #[column(json)]
    id: i64,
    #[created_at]
    #[updated_at]
    at: i64,
    #[unique]
    #[index]
    unique_index: i64,
    #[index]
    #[column(json)]
    json_index: i64,
    #[version]
    #[belongs_to(Customer)]
    version: i64,
}

#[derive(Entity)]
struct GeneratedReference {
    #[id(generated)]
    #[belongs_to(Customer)]
    id: i64,
}

fn main() {}
