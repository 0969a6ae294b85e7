//! What every method of a repository has: where it runs, its arguments, and what it returns.

use proc_macro2::Span;
use syn::{FnArg, GenericParam, Ident, Pat, PatType, Safety, Type, spanned::Spanned as _};

use super::{
    argument::{Argument, Form},
    shape::{Kind, Shape},
};
use crate::{errors::Errors, types};

/// The checked parts of a method's signature.
pub(super) struct Signature {
    pub(super) executor: Executor,
    /// Those that become a part of the query.
    pub(super) arguments: Vec<Argument>,
    /// The last two of a method that returns a page.
    pub(super) paging: Option<Paging>,
    pub(super) shape: Shape,
}

/// The first parameter: where to run.
pub(super) struct Executor {
    pub(super) ident: Ident,
    pub(super) access: Access,
    pub(super) ty: Type,
}

/// What may be done there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Reads,
    Writes,
}

/// `number: u64, size: u64`
#[derive(Debug)]
pub(super) struct Paging {
    pub(super) number: Ident,
    pub(super) size: Ident,
}

const EXPECTED_EXECUTOR: &str = "the first parameter says where to run: `db: &impl Executor`, or `db: &impl WriteExecutor` for what writes";

impl Signature {
    /// `None` if a part is missing; the mistakes are in `errors`.
    pub(super) fn read(signature: &syn::Signature, errors: &mut Errors) -> Option<Self> {
        refuse_qualifiers(signature, errors);
        let mut parameters = parameters(signature, errors)?;
        let first = if parameters.is_empty() {
            errors.at(signature.ident.span(), EXPECTED_EXECUTOR);
            None
        } else {
            Some(parameters.remove(0))
        };
        let executor = first.and_then(|(ident, argument)| executor(ident, &argument.ty, errors));
        let mut arguments: Vec<_> = parameters
            .into_iter()
            .map(|(ident, argument)| Argument::new(ident, &argument.ty))
            .collect();
        let shape = match Shape::read(&signature.output) {
            Ok(shape) => shape,
            Err(message) => {
                match &signature.output {
                    syn::ReturnType::Default => errors.at(signature.ident.span(), message),
                    syn::ReturnType::Type(_, ty) => errors.on(ty, message),
                }
                return None;
            }
        };
        check_async(signature, &shape, errors);
        let paging = match shape.kind {
            Kind::Page => Some(paging(signature.ident.span(), &mut arguments, errors)?),
            _ => None,
        };
        Some(Self {
            executor: executor?,
            arguments,
            paging,
            shape,
        })
    }

    /// Notes that a method writes where it may only read.
    pub(super) fn require_write(&self, why: &str, errors: &mut Errors) {
        if self.executor.access == Access::Reads {
            errors.on(
                &self.executor.ty,
                format!("{why}: take `&impl WriteExecutor`"),
            );
        }
    }
}

fn refuse_qualifiers(signature: &syn::Signature, errors: &mut Errors) {
    if let Some(word) = &signature.constness {
        errors.on(word, "a query can't be `const`");
    }
    if let Safety::Unsafe(word) = &signature.safety {
        errors.on(word, "a query isn't `unsafe`");
    }
    if let Some(abi) = &signature.abi {
        errors.on(abi, "a query is a plain `async fn`");
    }
    for parameter in &signature.generics.params {
        if !matches!(parameter, GenericParam::Lifetime(_)) {
            errors.on(
                parameter,
                "a query has no generic types: where to run is `&impl Executor`, and an argument has a type of its own",
            );
        }
    }
}

/// The parameters with their names; `None` if one has none.
fn parameters<'a>(
    signature: &'a syn::Signature,
    errors: &mut Errors,
) -> Option<Vec<(&'a Ident, &'a PatType)>> {
    let mut parameters = Vec::new();
    let mut complete = true;
    for input in &signature.inputs {
        match input {
            FnArg::Receiver(receiver) => {
                errors.on(
                    receiver,
                    "a query is called on the repository itself, `Accounts::find_by_owner(..)`: it takes no `self`",
                );
                complete = false;
            }
            FnArg::Typed(argument) => match &*argument.pat {
                Pat::Ident(name)
                    if name.by_ref.is_none()
                        && name.mutability.is_none()
                        && name.subpat.is_none() =>
                {
                    parameters.push((&name.ident, argument));
                }
                pattern => {
                    errors.on(pattern, "expected a plain name");
                    complete = false;
                }
            },
        }
    }
    complete.then_some(parameters)
}

fn executor(ident: &Ident, ty: &Type, errors: &mut Errors) -> Option<Executor> {
    let access = match types::bare(ty) {
        Type::Reference(reference) if reference.mutability.is_none() => {
            access(types::bare(&reference.elem))
        }
        _ => None,
    };
    if access.is_none() {
        errors.on(ty, EXPECTED_EXECUTOR);
    }
    Some(Executor {
        ident: ident.clone(),
        access: access?,
        ty: ty.clone(),
    })
}

fn access(ty: &Type) -> Option<Access> {
    if let Type::ImplTrait(bounds) = ty {
        let bound = types::bound_named(bounds, &["WriteExecutor", "Executor"])?;
        return Some(if bound.ident == "WriteExecutor" {
            Access::Writes
        } else {
            Access::Reads
        });
    }
    let segment = types::last_segment(ty)?;
    if segment.ident == "Database" || segment.ident == "Session" {
        return Some(Access::Writes);
    }
    if segment.ident == "UnitOfWork" {
        // Whatever isn't known to write is only let read.
        return Some(match types::type_arguments(segment)[..] {
            [] => Access::Writes,
            [mode] if types::is_named(mode, "ReadWrite") => Access::Writes,
            _ => Access::Reads,
        });
    }
    None
}

fn check_async(signature: &syn::Signature, shape: &Shape, errors: &mut Errors) {
    match (signature.asyncness, shape.kind) {
        (Some(word), Kind::Stream) => errors.on(
            word,
            "a stream is returned at once and waits when it is read: `fn` without `async`",
        ),
        (None, kind) if kind != Kind::Stream => {
            errors.at(
                signature.fn_token.span,
                "a query waits for the database: `async fn`",
            );
        }
        _ => {}
    }
}

/// Takes the last two arguments, which say which page.
fn paging(method: Span, arguments: &mut Vec<Argument>, errors: &mut Errors) -> Option<Paging> {
    let at = arguments.len().checked_sub(2);
    let last: Vec<_> = at.map(|at| arguments.split_off(at)).unwrap_or_default();
    let is_u64 =
        |argument: &Argument| argument.form == Form::Number && types::is_named(&argument.ty, "u64");
    match &last[..] {
        [number, size]
            if number.name == "number" && size.name == "size" && is_u64(number) && is_u64(size) =>
        {
            Some(Paging {
                number: number.ident.clone(),
                size: size.ident.clone(),
            })
        }
        found => {
            let span = found
                .first()
                .map_or(method, |argument| argument.ident.span());
            errors.at(
                span,
                "a method that returns a page ends with the arguments `number: u64, size: u64`",
            );
            None
        }
    }
}

/// Where a return type is pointed at.
pub(super) fn return_span(signature: &Signature) -> Span {
    signature.shape.ty.span()
}
