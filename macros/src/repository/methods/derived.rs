//! A method whose name is its query: what the name says, checked against what the method returns.

use syn::{Ident, ext::IdentExt as _};

use super::{
    name::{Limit, Name, Place, Verb},
    shape::{Kind, Shape},
    signature::Signature,
};
use crate::errors::Errors;

/// A query that was read out of a name.
#[derive(Debug)]
pub(super) struct Derived {
    pub(super) name: Name,
    pub(super) run: Run,
}

/// The function of the runtime that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    All,
    Optional,
    One,
    Page,
    Stream,
    Count,
    Exists,
    /// Says how many rows were deleted.
    Delete,
    /// Says whether any row was.
    DeleteAny,
}

impl Derived {
    /// `None` if it can't be made; the mistakes are in `errors`.
    pub(super) fn read(ident: &Ident, signature: &Signature, errors: &mut Errors) -> Option<Self> {
        let name = match Name::read(&ident.unraw().to_string(), &signature.arguments) {
            Ok(name) => name,
            Err(mistake) => {
                match mistake.place {
                    Place::Name => errors.at(ident.span(), mistake.message),
                    Place::Argument(place) => {
                        errors.on(&signature.arguments[place].ty, mistake.message);
                    }
                }
                return None;
            }
        };
        for field in fields(&name) {
            if field_ident(field, ident).is_none() {
                errors.at(
                    ident.span(),
                    format!("`{field}` can't be the name of a field"),
                );
            }
        }
        if name.verb == Verb::Delete {
            let why = format!("`{}` writes", ident.unraw());
            signature.require_write(&why, errors);
        }
        let run = run(&name, &signature.shape);
        if run.is_none() {
            errors.on(&signature.shape.ty, allowed(&name));
        }
        Some(Self { name, run: run? })
    }
}

fn run(name: &Name, shape: &Shape) -> Option<Run> {
    match (name.verb, name.limit, shape.kind) {
        (Verb::Find, None | Some(Limit::Top(_)), Kind::Many) => Some(Run::All),
        (Verb::Find, None | Some(Limit::Top(_)), Kind::Stream) => Some(Run::Stream),
        (Verb::Find, None, Kind::Page) => Some(Run::Page),
        (Verb::Find, None | Some(Limit::First), Kind::Optional) => Some(Run::Optional),
        (Verb::Find, None | Some(Limit::First), Kind::One) | (Verb::Get, None, Kind::One)
            if !shape.is_scalar() =>
        {
            Some(Run::One)
        }
        (Verb::Count, ..) if shape.is_one("u64") => Some(Run::Count),
        (Verb::Exists, ..) if shape.is_one("bool") => Some(Run::Exists),
        (Verb::Delete, ..) if shape.is_one("u64") => Some(Run::Delete),
        (Verb::Delete, ..) if shape.is_one("bool") => Some(Run::DeleteAny),
        _ => None,
    }
}

/// What a name may return.
fn allowed(name: &Name) -> String {
    let (form, allowed) = match (name.verb, name.limit) {
        (Verb::Find, Some(Limit::First)) => (
            "find_first_by_...",
            "one entity: `Result<Option<T>>`, or `Result<T>` when its absence is an error",
        ),
        (Verb::Find, Some(Limit::Top(_))) => (
            "find_top<N>_by_...",
            "entities: `Result<Vec<T>>` or `impl Stream<Item = Result<T>>`",
        ),
        (Verb::Find, None) => (
            "find_by_...",
            "entities: `Result<Vec<T>>`, `Result<Option<T>>`, `Result<T>`, `Result<Page<T>>` or `impl Stream<Item = Result<T>>`",
        ),
        (Verb::Get, _) => (
            "get_by_...",
            "one entity, whose absence is an error: `Result<T>`; others begin with `find_by_`",
        ),
        (Verb::Count, _) => ("count_by_...", "a number: `Result<u64>`"),
        (Verb::Exists, _) => ("exists_by_...", "yes or no: `Result<bool>`"),
        (Verb::Delete, _) => (
            "delete_by_...",
            "how many rows it deleted, `Result<u64>`, or whether any, `Result<bool>`",
        ),
    };
    format!("`{form}` returns {allowed}")
}

/// All fields that a name mentions.
fn fields(name: &Name) -> impl Iterator<Item = &str> {
    let conditions = name.conditions.iter().flatten();
    let conditions = conditions.map(|condition| condition.field.as_str());
    conditions.chain(name.orders.iter().map(|sort| sort.field.as_str()))
}

/// A field, at the name of the method: there the compiler says that it doesn't exist.
pub(super) fn field_ident(field: &str, method: &Ident) -> Option<Ident> {
    let mut ident = match syn::parse_str::<Ident>(field) {
        Ok(ident) => ident,
        // A keyword; four of them can't be written raw.
        Err(_) if !matches!(field, "self" | "Self" | "super" | "crate" | "_") => {
            syn::parse_str(&format!("r#{field}")).ok()?
        }
        Err(_) => return None,
    };
    ident.set_span(method.span());
    Some(ident)
}
