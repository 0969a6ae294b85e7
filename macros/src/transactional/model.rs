//! A transactional function whose parts fit together.

use proc_macro2::Span;
use syn::{
    Expr, FnArg, Ident, Pat, PatType, Path, ReceiverKind, ReturnType, Type, TypeReference,
    ext::IdentExt as _, parse_quote_spanned, spanned::Spanned as _,
};

use super::attrs::{Once, Options};
use crate::{errors::Errors, function::Function, path::located, types, word::ungrouped};

/// A transactional function.
pub(super) struct Transactional {
    /// As callers see it: they pass where to run, and get a unit of work begun there.
    pub(super) function: Function,
    pub(super) options: Options,
    /// The name of the unit of work.
    pub(super) unit: Ident,
    /// `UnitOfWork` as written, so that its import is used.
    pub(super) unit_type: Path,
    pub(super) mode: Mode,
    pub(super) returns: Box<Type>,
    /// The arguments that each run needs a copy of; empty when there is one run.
    pub(super) copied: Vec<Copied>,
    /// What makes two calls the same one, if the caller says.
    pub(super) key: Option<Key>,
}

/// A key of the caller's.
pub(super) struct Key {
    pub(super) expression: Expr,
    /// The arguments that must be the same where the key is.
    pub(super) compared: Vec<Compared>,
}

/// An argument by which a mistake is found: a key that is used for something else.
pub(super) struct Compared {
    pub(super) ident: Ident,
    /// Its type, to point at if it can't be compared.
    pub(super) span: Span,
}

/// An argument passed by value.
#[derive(Debug)]
pub(super) struct Copied {
    pub(super) ident: Ident,
    pub(super) is_mut: bool,
    /// Its type, to point at if it can't be copied.
    pub(super) span: Span,
}

/// Whether the unit of work may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    ReadWrite,
    ReadOnly,
}

/// The parameter that is the unit of work.
struct UnitParameter {
    place: usize,
    ident: Option<Ident>,
    mode: Mode,
    /// `UnitOfWork` or `UnitOfWork<ReadOnly>` as written.
    ty: Path,
}

impl Transactional {
    /// # Errors
    /// The function, to stand in for what can't be made; the mistakes are in `errors`.
    pub(super) fn read(
        mut function: Function,
        options: Options,
        errors: &mut Errors,
    ) -> Result<Self, Box<Function>> {
        let signature = &function.signature;
        if signature.asyncness.is_none() {
            errors.at(
                signature.fn_token.span,
                "a transactional function is `async`",
            );
        }
        if function.body.is_none() {
            errors.at(
                signature.ident.span(),
                "a transactional function has a body: it is what runs in the unit of work",
            );
        }
        let returns = result_type(&function, errors);
        let unit = unit_parameter(&function, errors);
        if let Some(unit) = &unit {
            check_mode(unit, &options, errors);
            rewrite(&mut function, unit);
        }
        let (Some(returns), Some(unit)) = (returns, unit) else {
            return Err(Box::new(function));
        };
        let Some(ident) = unit.ident else {
            return Err(Box::new(function));
        };
        let key = match &options.exactly_once {
            Some(Once::Keyed(expression)) => Some(Key {
                compared: compared(&function, unit.place, expression, errors),
                expression: (**expression).clone(),
            }),
            _ => None,
        };
        let copied = if options.run_again() {
            refuse_moved_self(&function, &options, errors);
            take_copied(&mut function, unit.place)
        } else {
            Vec::new()
        };
        Ok(Self {
            function,
            options,
            unit: ident,
            unit_type: unit.ty,
            mode: unit.mode,
            returns,
            copied,
            key,
        })
    }
}

/// `Result<T, E>`; notes any other type.
fn result_type(function: &Function, errors: &mut Errors) -> Option<Box<Type>> {
    const EXPECTED: &str = "a transactional function returns `Result<T, E>`, where `E` is made `From<wharf::Error>`: an `Err` rolls back";
    match &function.signature.output {
        ReturnType::Type(_, ty) if types::is_named(ty, "Result") => {
            if let Some(found) = types::first_impl_trait(ty) {
                errors.on(
                    found,
                    "a transactional function names the type that it returns",
                );
                return None;
            }
            Some(ty.clone())
        }
        ReturnType::Type(_, ty) => {
            errors.on(ty, EXPECTED);
            None
        }
        ReturnType::Default => {
            errors.at(function.signature.ident.span(), EXPECTED);
            None
        }
    }
}

/// The one parameter of type `&UnitOfWork`; notes none, and a second one.
fn unit_parameter(function: &Function, errors: &mut Errors) -> Option<UnitParameter> {
    let mut found: Option<UnitParameter> = None;
    let mut misplaced = false;
    for (place, input) in function.signature.inputs.iter().enumerate() {
        let FnArg::Typed(argument) = input else {
            continue;
        };
        match types::bare(&argument.ty) {
            Type::Reference(TypeReference {
                mutability: None,
                elem,
                ..
            }) if types::is_named(elem, "UnitOfWork") => {
                if found.is_some() {
                    errors.on(argument, "a transactional function has one unit of work");
                    continue;
                }
                found = read_unit(place, argument, elem, errors);
                misplaced |= found.is_none();
            }
            ty if types::is_named(referenced(ty), "UnitOfWork") => {
                errors.on(
                    &argument.ty,
                    "a unit of work is passed by shared reference: `&UnitOfWork`",
                );
                misplaced = true;
            }
            _ => {}
        }
    }
    if found.is_none() && !misplaced {
        errors.at(
            function.signature.ident.span(),
            "a transactional function has a parameter `uow: &UnitOfWork`, or `uow: &UnitOfWork<ReadOnly>`",
        );
    }
    found
}

fn referenced(ty: &Type) -> &Type {
    match ty {
        Type::Reference(reference) => types::bare(&reference.elem),
        ty => ty,
    }
}

fn read_unit(
    place: usize,
    argument: &PatType,
    elem: &Type,
    errors: &mut Errors,
) -> Option<UnitParameter> {
    let Type::Path(path) = types::bare(elem) else {
        return None;
    };
    let segment = path.path.segments.last()?;
    let mode = match types::type_arguments(segment)[..] {
        [] => Some(Mode::ReadWrite),
        [mode] if types::is_named(mode, "ReadWrite") => Some(Mode::ReadWrite),
        [mode] if types::is_named(mode, "ReadOnly") => Some(Mode::ReadOnly),
        _ => None,
    };
    if mode.is_none() {
        errors.on(
            &path.path,
            "expected `UnitOfWork`, `UnitOfWork<ReadWrite>` or `UnitOfWork<ReadOnly>`",
        );
    }
    let ident = match &*argument.pat {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => {
            if name.mutability.is_some() {
                errors.on(&argument.pat, "a unit of work is shared: it needs no `mut`");
            }
            Some(name.ident.clone())
        }
        // `_: &UnitOfWork` would be a transaction that nothing can run in.
        pattern => {
            errors.on(pattern, "the unit of work needs a plain name, like `uow`");
            None
        }
    };
    Some(UnitParameter {
        place,
        ident,
        mode: mode?,
        ty: path.path.clone(),
    })
}

/// Notes a function that says two things about writing.
fn check_mode(unit: &UnitParameter, options: &Options, errors: &mut Errors) {
    if unit.mode == Mode::ReadOnly && options.exactly_once.is_some() {
        errors.on(
            &unit.ty,
            "`exactly_once` is for what writes: reading twice does no harm",
        );
    }
    match (unit.mode, options.read_only) {
        (Mode::ReadWrite, Some(_)) => errors.on(
            &unit.ty,
            "a `read_only` function takes `&UnitOfWork<ReadOnly>`",
        ),
        (Mode::ReadOnly, None) => errors.on(
            &unit.ty,
            "this unit of work only reads: say `#[transactional(read_only)]`",
        ),
        _ => {}
    }
}

/// Makes the parameter what callers pass: where to run.
fn rewrite(function: &mut Function, unit: &UnitParameter) {
    let Some(FnArg::Typed(argument)) = function.signature.inputs.get_mut(unit.place) else {
        return;
    };
    let Type::Reference(reference) = types::bare_mut(&mut argument.ty) else {
        return;
    };
    let span = located(unit.ty.span());
    *reference.elem = match unit.mode {
        Mode::ReadWrite => parse_quote_spanned!(span=> impl ::wharf::__private::WriteExecutor),
        Mode::ReadOnly => parse_quote_spanned!(span=> impl ::wharf::__private::Executor),
    };
}

/// Notes a `self` that the first run would use up.
fn refuse_moved_self(function: &Function, options: &Options, errors: &mut Errors) {
    let option = match options.exactly_once {
        Some(_) => "exactly_once",
        None => "retry",
    };
    if let Some(receiver) = function.signature.receiver()
        && matches!(receiver.kind, ReceiverKind::Value)
    {
        errors.on(
            receiver,
            format!("with `{option}` the body may run again: take `&self`"),
        );
    }
}

/// The arguments by value. Their `mut` moves to the copy, which is what the body changes.
fn take_copied(function: &mut Function, unit: usize) -> Vec<Copied> {
    let mut copied = Vec::new();
    for (place, input) in function.signature.inputs.iter_mut().enumerate() {
        let FnArg::Typed(argument) = input else {
            continue;
        };
        if place == unit || matches!(types::bare(&argument.ty), Type::Reference(_)) {
            continue;
        }
        if let Pat::Ident(name) = &mut *argument.pat {
            copied.push(Copied {
                ident: name.ident.clone(),
                is_mut: name.mutability.take().is_some(),
                span: argument.ty.span(),
            });
        }
    }
    copied
}

/// The arguments but for `self`, the unit and the key.
fn compared(function: &Function, unit: usize, key: &Expr, errors: &mut Errors) -> Vec<Compared> {
    let key = match ungrouped(key) {
        Expr::Path(path) => path.path.get_ident(),
        _ => None,
    };
    let mut compared = Vec::new();
    for (place, input) in function.signature.inputs.iter().enumerate() {
        let FnArg::Typed(argument) = input else {
            continue;
        };
        match &*argument.pat {
            _ if place == unit => {}
            Pat::Ident(name) if Some(&name.ident) == key => {}
            Pat::Ident(name) => compared.push(Compared {
                ident: name.ident.clone(),
                span: argument.ty.span(),
            }),
            pattern => errors.on(
                pattern,
                "with a key each argument needs a plain name: whoever uses the key again must give the same",
            ),
        }
    }
    compared
}

/// The name of the function, for errors and traces.
pub(super) fn name(function: &Function) -> String {
    function.signature.ident.unraw().to_string()
}
