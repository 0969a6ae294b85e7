//! The macros of Wharf. They check what was written and emit short code; what that code does is in `wharf::__private`.
//!
//! Each macro is a folder with the same stages: `attrs` (tokens to words), `model` (checked facts) and `expand` (facts to
//! tokens). All mistakes of an item are reported at once, each at the word that is wrong.
//!
//! Programs use these through the crate `wharf`, which documents them.

mod case;
mod column;
mod entity;
mod errors;
mod function;
mod path;
mod repository;
mod row;
mod suggest;
mod transactional;
mod types;
mod value;
mod word;

#[cfg(test)]
mod pretty;

use proc_macro::TokenStream;

/// Makes a structure the row of a table.
///
/// ```ignore
/// #[derive(Entity, Debug, Clone)]
/// #[entity(table = "accounts")]
/// pub struct Account {
///     #[id]
///     pub id: i64,
///     pub owner: String,
///     #[version]
///     pub version: i64,
/// }
/// ```
///
/// The table is `schema.name` or `name`; without `#[entity]` it is the structure's name in snake case with an `s`.
///
/// | on a field | it is |
/// |---|---|
/// | `#[id]`, `#[id(generated)]` | what identifies a row, given by the program or assigned by the database; one field is |
/// | `#[version]` | an integer that every update checks and raises |
/// | `#[created_at]`, `#[updated_at]` | the time of the insert, and of the last write |
/// | `#[unique]`, `#[index]` | unique, or indexed, in the table that `create_table` makes |
/// | `#[belongs_to(Customer)]` | the id of another entity's row, or an `Option` of one |
/// | `#[column(name = "..")]` | called otherwise in the database |
/// | `#[column(json)]` | stored as a JSON document (feature `json`) |
/// | `#[column(skip)]` | not stored; read as its default |
#[proc_macro_derive(
    Entity,
    attributes(
        entity, id, version, created_at, updated_at, column, unique, index, tenant, belongs_to
    )
)]
pub fn derive_entity(input: TokenStream) -> TokenStream {
    entity::derive(input.into()).into()
}

/// Makes a structure of a row's columns, found by the names of its fields.
///
/// `#[column(name = "..")]` on a field is the column's name, `#[column(json)]` reads a JSON document (feature `json`), and
/// `#[column(skip)]` takes the type's default.
#[proc_macro_derive(Row, attributes(column))]
pub fn derive_row(input: TokenStream) -> TokenStream {
    row::derive(input.into()).into()
}

/// Makes a newtype, or an enum without fields, a column type.
///
/// A newtype is stored as its field. An enum is stored as the name of its variant, or as its number with
/// `#[value(integer)]`.
///
/// ```ignore
/// #[derive(Value)]
/// pub struct Email(String);
///
/// #[derive(Value)]
/// #[value(rename_all = "snake_case")]
/// pub enum State {
///     InTransit,
///     #[value(name = "gone")]
///     Lost,
/// }
/// ```
///
/// `rename_all` is `snake_case`, `lowercase`, `UPPERCASE`, `kebab-case`, `SCREAMING_SNAKE_CASE`, `camelCase` or
/// `PascalCase`, which is also the default.
#[proc_macro_derive(Value, attributes(value))]
pub fn derive_value(input: TokenStream) -> TokenStream {
    value::derive(input.into()).into()
}

/// Gives a unit struct the functions of a repository, and writes the methods without bodies in an `impl` block.
///
/// ```ignore
/// #[repository(Account)]
/// pub struct Accounts;
///
/// #[repository]
/// impl Accounts {
///     pub async fn find_by_owner_order_by_balance_desc(db: &impl Executor, owner: &str) -> Result<Vec<Account>>;
///
///     #[query("SELECT {Account} FROM accounts WHERE balance >= :floor")]
///     pub async fn richer_than(db: &impl Executor, floor: i64) -> Result<Vec<Account>>;
/// }
/// ```
///
/// # Names that are queries
/// `find`, `get`, `count`, `exists` or `delete`, then `_by_` and conditions: fields joined by `_and_` and `_or_`, of which
/// `_and_` binds tighter. A field is compared by `=`, or as its suffix says.
///
/// | suffix | arguments | suffix | arguments |
/// |---|---|---|---|
/// | `_ne` `_gt` `_gte` `_lt` `_lte` | 1 | `_is_null` `_is_not_null` | 0 |
/// | `_between` | 2 | `_is_true` `_is_false` | 0 |
/// | `_in` `_not_in` | a slice | `_ignore_case`, also after the ones on the left | 1 `&str` |
/// | `_like` `_starts_with` `_ends_with` `_contains` | 1 `&str` | | |
///
/// `find` takes `_first_` or `_top10_` before `by`, and ends with `_order_by_balance_desc_owner_asc`; without conditions it
/// is `find_order_by_..`. `_in` of an empty slice finds nothing, `_not_in` everything.
///
/// Where a field's name contains such a word, the arguments decide: the reading is taken whose fields are called like the
/// arguments, else the one that takes the most words for what they are above. So `find_by_terms_and_conditions` with one
/// argument is about one field.
///
/// # SQL
/// `#[query("..")]` is checked while compiling. `:name` binds an argument, `IN (:names)` takes a slice, `{Account}` or
/// `{Account as a}` stands for an entity's columns. Engines can have texts of their own: `#[query("..", mysql = "..")]`.
/// What writes, locks or can't be understood takes `&impl WriteExecutor`.
///
/// # What a method returns
/// `Result<..>` of a `Vec<T>`, an `Option<T>`, a `T` (its absence is an error) or a `Page<T>` (the last arguments are then
/// `number: u64, size: u64`); or `impl Stream<Item = Result<T>>`, without `async`. A `T` is the entity, and with SQL also a
/// `#[derive(Row)]` structure, a tuple or a single value. What returns no rows returns `u64`, `bool` or, with SQL, `()`.
#[proc_macro_attribute]
pub fn repository(arguments: TokenStream, item: TokenStream) -> TokenStream {
    repository::attribute(arguments.into(), item.into()).into()
}

/// Runs an async function in a unit of work: begun before it, committed by its `Ok`, rolled back by anything else.
///
/// ```ignore
/// #[transactional(isolation = Serializable, retry = 5, timeout = "2s")]
/// pub async fn transfer(&self, uow: &UnitOfWork, from: i64, to: i64) -> Result<(), BankError> { .. }
/// ```
///
/// Callers pass where to run instead of the unit of work: a `Database`, a `Session`, or the unit of work that this one is
/// to be a part of. The error type is made `From<wharf::Error>`.
///
/// | option | |
/// |---|---|
/// | `isolation = Serializable` | a level of `Isolation`; default: the engine's own |
/// | `read_only` | for `&UnitOfWork<ReadOnly>`: can run on a replica |
/// | `timeout = "2s"` | for the whole, retries included: `ms`, `s` or `m` |
/// | `retry = 5` | how often it runs again when it lost against others; arguments by value are cloned for each run |
/// | `propagation = nested` | inside another one: a savepoint (default), `join` a part of it, `requires_new` on its own |
/// | `exactly_once` | a commit whose answer is lost is found out about, and the method run again only if nothing was applied; arguments by value are cloned for each run |
/// | `exactly_once = key` | the same, and calls with the same key are one call, of whatever process: the method runs once, and what it returned is returned again. `key` is an expression over the arguments that implements `Display`; the other arguments are `Debug`, and the value is `Serialize + DeserializeOwned` |
#[proc_macro_attribute]
pub fn transactional(options: TokenStream, item: TokenStream) -> TokenStream {
    transactional::attribute(options.into(), item.into()).into()
}
